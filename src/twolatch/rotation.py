"""Changing the keys of a site while it runs: new data keys, everything sealed anew, the old ones dropped.

Each step may be cut off anywhere and begun again. A new key closes nothing before every process has had time to learn
of it; an old one is dropped only when nothing is sealed under it, and not within the hour: a process that was slow to
change may have used it until then.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass

import structlog
from msgspec.structs import replace

from twolatch import audit
from twolatch.authenticators import store as authenticators
from twolatch.house import House, WrongClock, WrongKey
from twolatch.house import store as house_store
from twolatch.house.keys import Purpose, number_of
from twolatch.house.store import KNOWN_IN, DataKey, Sealed, add_key, data_keys, drop_key, new_key, rewrap
from twolatch.people import store as people
from twolatch.storage.db import Row, StorageFault, Tx
from twolatch.wires.wrapping import Keeper
from twolatch.words.events import Event
from twolatch.words.limits import HOUR, SECOND

log = structlog.get_logger("keys")

EVERY = 30  # seconds between two looks at the table of keys
SLOW = HOUR
AUTHENTICATORS = Sealed("authenticators", "secret")
SEALED = (
    Sealed("server_keys", "sealed", "name", ""),
    Sealed("challenges", "sealed"),
    Sealed("notices", "sealed"),
    Sealed("documents", "sealed", user="account_id", batch=5),
    Sealed("cards", "sealed"),
    Sealed("proposals", "sealed", user="client_id"),
    Sealed("proposals", "said", user="client_id"),
    Sealed("proposals", "cargo", user="client_id", batch=5),
    Sealed("proposals", "given", user="client_id"),
    Sealed("orders", "sealed"),
    Sealed("case_notes", "sealed"),
    AUTHENTICATORS,
)


@dataclass(frozen=True, slots=True)
class Standing:
    """`under`: how many values each key still closes, or passwords it peppers; by number."""

    keys: list[DataKey]
    under: dict[int, int]

    def old(self) -> list[DataKey]:
        """Those that a newer one of their purpose has followed."""
        last = {one.purpose: one.number for one in self.keys}
        return [one for one in self.keys if one.number < last[one.purpose]]


async def run(house: House, keeper: Callable[[], Keeper]) -> None:
    """Until cancelled: what another process made is learned in time."""
    while True:
        await asyncio.sleep(EVERY)
        await run_once(house, keeper)


async def run_once(house: House, keeper: Callable[[], Keeper]) -> None:
    """A keeper that is away stops nothing: what is known already goes on."""
    try:
        await house_store.refresh(house.db, house.keys, keeper, house.clock.now())
    except (StorageFault, WrongKey, WrongClock) as fault:
        log.error("keys_not_learned", reason=str(fault))


async def begin(house: House, keeper: Keeper, now: int) -> int:
    """From when (ms) new values are closed with new keys. A rotation that was cut off goes on with the keys it made."""
    rows = await data_keys(house.db)
    if any(one.purpose is Purpose.SEAL for one in Standing(rows, {}).old()):  # an old pepper may stay for ever
        return max(one.from_at for one in rows if one.purpose is Purpose.SEAL)
    number, made = max(one.number for one in rows) + 1, []
    for at, purpose in enumerate((Purpose.SEAL, Purpose.PEPPER)):
        made.append(await new_key(keeper, number + at, purpose, now, now + KNOWN_IN))

    async def work(tx: Tx) -> None:
        for one in made:
            if await add_key(tx, one):
                await audit.write(tx, now, Event.KEY_MADE, None, None, number=one.number, purpose=one.purpose.value)

    await house.db.write(work)
    return now + KNOWN_IN


async def seal_anew(house: House, tell: Callable[[str, int], None] = lambda where, done: None) -> int:
    """Closes with the newest key whatever an older one closed. Returns how many values; `tell(where, so far)`."""
    done = 0
    for of in SEALED:
        async for rows in _batches(house, of):
            for row in rows:
                if number_of(bytes(row["sealed"])) != house.keys.closes_with:
                    done += await house.db.write(_anew(house, of, row["row"], row["owner"], bytes(row["sealed"])))
            tell(of.where, done)
    return done


async def _batches(house: House, of: Sealed) -> AsyncIterator[list[Row]]:
    after = ""
    while rows := await house_store.sealed_after(house.db, of, after):
        after = rows[-1]["row"]
        yield rows


def _anew(house: House, of: Sealed, row: str, owner: str, seen: bytes) -> Callable[[Tx], Awaitable[bool]]:
    async def work(tx: Tx) -> bool:
        sealed = house.keys.seal(of.where, row, owner, house.keys.open(of.where, row, owner, seen))
        if of is AUTHENTICATORS:
            return await _with_its_mac(tx, house, row, seen, sealed)
        return await house_store.put_sealed(tx, of, row, seen, sealed)

    return work


async def _with_its_mac(tx: Tx, house: House, row: str, seen: bytes, sealed: bytes) -> bool:
    """An authenticator's row, with the MAC over it. A forged one is left alone: no MAC of ours is put under it."""
    try:
        one = await authenticators.find(tx, house.keys, row)
    except authenticators.ForgedRow:
        return False
    if one is None or one.secret != seen:
        return False
    return await authenticators.advance(tx, house.keys, one, replace(one, secret=sealed))


async def standing(house: House) -> Standing:
    under: dict[int, int] = {}
    for of in SEALED:
        async for rows in _batches(house, of):
            for row in rows:
                number = number_of(bytes(row["sealed"]))
                under[number] = under.get(number, 0) + 1
    keys = await data_keys(house.db)
    for one in keys:
        if one.purpose is Purpose.PEPPER:
            under[one.number] = await people.with_pepper(house.db, one.number)
    return Standing(keys, under)


async def drop_old(house: House, now: int) -> list[int]:
    """Drops the keys nothing needs any more; their numbers. A pepper stays until its last password was renewed."""
    found = await standing(house)
    settled = {one.purpose for one in found.keys if one.from_at + SLOW <= now and one not in found.old()}
    ripe = [one for one in found.old() if not found.under.get(one.number) and one.purpose in settled]

    async def work(tx: Tx) -> None:
        for one in ripe:
            await drop_key(tx, one.number)
            await audit.write(tx, now, Event.KEY_DROPPED, None, None, number=one.number, purpose=one.purpose.value)

    await house.db.write(work)
    return [one.number for one in ripe]


async def move(house: House, old: Keeper, new: Keeper, now: int) -> int:
    """Another keeper, or another key of it. The data keys stay, so running processes notice nothing; a start asks the
    new keeper. Returns how many keys. All of them in one transaction: nobody finds half of them."""
    rows = await data_keys(house.db)
    roots = [await old.unwrap(one.wrapped, one.about) for one in rows]
    wrapped = [await new.wrap(root, one.about) for root, one in zip(roots, rows, strict=True)]
    for one, root, sealed in zip(rows, roots, wrapped, strict=True):
        if await new.unwrap(sealed, one.about) != root:
            raise WrongKey(f"the new keeper {new.name!r} does not give back what it was given; nothing was changed")

    async def work(tx: Tx) -> None:
        for one, sealed in zip(rows, wrapped, strict=True):
            if not await rewrap(tx, one, new.name, sealed):
                raise WrongKey("the keys were changed by somebody else meanwhile; nothing was changed here")
        await audit.write(tx, now, Event.KEYS_MOVED, None, None, to=new.name, count=len(rows))

    await house.db.write(work)
    return len(rows)


def seconds_until(at: int, now: int) -> float:
    return max(0, at - now) / SECOND
