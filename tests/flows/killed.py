"""A process that does one deed and is killed at the n-th step of it: no goodbye, no roll-back of its own.

Steps are every statement of a transaction (before it runs) and every commit (before anybody hears of it).
"""

import asyncio
import os
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Any

import msgspec

from tests.flows.houses import QuickHasher, Seat, Time, open_house
from twolatch import rotation
from twolatch.activation import flows as activation
from twolatch.activation import transfer
from twolatch.activation.claim import claim
from twolatch.authenticators import gate, store
from twolatch.custody import importing
from twolatch.house import House
from twolatch.kinds.phone import said
from twolatch.protocol.messages import Answer, Claim
from twolatch.protocol.pskc.sealing import FileKey
from twolatch.settings import Settings
from twolatch.storage.db import Tx
from twolatch.wires.wrapping import keeper_of
from twolatch.words.warrants import Operator

KILLED = 9
BOX_KEY = bytes(range(16))


@dataclass(frozen=True)
class Deed:
    """What is done: `claim` and `approve` carry their message, `confirm` a session and a number, `collect` cookies,
    `transfer` the device that moves, as its number, `import` a maker's file; `new keys` and `seal anew` nothing."""

    what: str
    message: bytes = b""
    number: str = ""
    token: str = ""
    pre: str = ""
    browser: str = ""

    async def do(self, house: House) -> Any:
        now = house.clock.now()
        if self.what == "claim":
            return await claim(house, msgspec.json.decode(self.message, type=Claim), "192.0.2.9", now)
        if self.what == "approve":
            return await gate.prove(house, said(msgspec.json.decode(self.message, type=Answer)), now)
        if self.what == "import":
            return await importing.take_in(house, Operator(), self.message, FileKey(BOX_KEY), "2026-11-22", now)
        if self.what == "new keys":
            return await rotation.begin(house, keeper_of(house.settings), now)
        if self.what == "seal anew":
            return await rotation.seal_anew(house)
        if self.what == "transfer":
            one = await store.find(house.db, house.keys, self.number)
            return one and await transfer.begin(house, one, "192.0.2.9", now)
        seat = Seat(house, pre=self.pre, browser=self.browser, token=self.token)
        if self.what == "collect":
            return await seat.collect()
        who = await seat.who()
        return who and await activation.confirm(house, who, self.number, now)


class Mortal:
    """A database whose process ends at its n-th step."""

    def __init__(self, db: Any, at: int) -> None:
        self._db, self._left = db, at

    def __getattr__(self, name: str) -> Any:
        return getattr(self._db, name)

    def step(self) -> None:
        self._left -= 1
        if self._left == 0:
            os._exit(KILLED)

    async def write(self, work: Callable[[Tx], Awaitable[Any]]) -> Any:
        done = await self._db.write(lambda tx: work(MortalTx(tx, self.step)))
        self.step()
        return done


class MortalTx:
    def __init__(self, tx: Any, step: Callable[[], None]) -> None:
        self._tx, self._step = tx, step
        self.after = tx.after

    async def row(self, sql: str, /, **values: Any) -> Any:
        self._step()
        return await self._tx.row(sql, **values)

    async def rows(self, sql: str, /, **values: Any) -> Any:
        self._step()
        return await self._tx.rows(sql, **values)

    async def run(self, sql: str, /, **values: Any) -> Any:
        self._step()
        return await self._tx.run(sql, **values)

    def later(self, sql: str, /, **values: Any) -> None:
        self._step()
        self._tx.later(sql, **values)


def live(settings: Settings, seconds: float, deed: Deed, at: int) -> None:
    """The whole life of the process: ends with KILLED at its n-th step, or with 0 when there was none."""

    async def run() -> None:
        time = Time()
        time.seconds = seconds
        async with open_house(settings, time) as house:
            db: Any = Mortal(house.db, at)
            hasher: Any = QuickHasher()
            await deed.do(replace(house, db=db, hasher=hasher))

    asyncio.run(run())
