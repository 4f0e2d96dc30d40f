"""Mistakes that people make in such a house, made on purpose: the seeds have to find each of them."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

from tests.simulation import database
from twolatch.authenticators import gate, outcome
from twolatch.faces import stream
from twolatch.kinds.phone import Phone
from twolatch.login import flows as login
from twolatch.wires.signals import Listening
from twolatch.words.refusals import Refusal
from twolatch.words.verdicts import Accepted, Copied, Genuine

Mistake = Callable[[], AbstractContextManager[Any]]


def said_otherwise(*pairs: tuple[str, str]) -> Mistake:
    """Statements with these words say those instead."""

    def spoken(sql: str) -> str:
        for meant, said in pairs:
            sql = sql.replace(meant, said)
        return sql

    return lambda: patch.object(database, "spoken", spoken)


@contextmanager
def counted_after_the_look() -> Iterator[None]:
    async def approve(house: Any, case: Any, now: int) -> outcome.Done | Refusal | None:
        verdict = case.kind.check(case.record, case.challenge.memory, case.said.content, now)
        paid = await gate._pay(house, case, now)
        if isinstance(paid, Refusal):
            return paid
        if not isinstance(verdict, Accepted):
            return await outcome.count_wrong(house, case, paid, now)
        return await gate._accept(house, case, verdict, now)

    with patch.object(gate, "_approve", approve):
        yield


@contextmanager
def held_is_not_looked_at_again() -> Iterator[None]:
    """Who began by the password alone collects, whatever was activated meanwhile."""
    room: Any = login.authenticators

    async def held_by(db: Any, keys: Any, user: str) -> Any:
        return [] if isinstance(db, database.MortalTx) else await room.held_by(db, keys, user)

    with patch.object(login, "authenticators", SimpleNamespace(**{**vars(room), "held_by": held_by})):
        yield


@contextmanager
def a_signal_is_the_truth() -> Iterator[None]:
    """A stream that reads only when it was told to."""

    async def looks(
        listening: Listening, lives: float, known: str, tell: Callable[[], Awaitable[str]]
    ) -> AsyncGenerator[bytes | None, None]:
        end = asyncio.get_running_loop().time() + lives
        with listening:
            yield stream.event("look", known)
            while (left := end - asyncio.get_running_loop().time()) > 0:
                is_told = await listening.heard(min(stream.BEAT_SECONDS, left))
                yield stream.event("look", await tell()) if is_told else None

    with patch.object(stream, "looks", looks):
        yield


@contextmanager
def no_epoch_is_looked_at() -> Iterator[None]:
    right = Phone.origin

    def origin(self: Phone, record: Any, answer: Any) -> Any:
        found = right(self, record, answer)
        return Genuine() if isinstance(found, Copied) else found

    with patch.object(Phone, "origin", origin):
        yield


MISTAKES: dict[str, Mistake] = {
    "a code that was claimed can be claimed": said_otherwise(
        ("state = 'issued' AND", "state IN ('issued', 'claimed') AND")
    ),
    "an approval serves again": said_otherwise(
        ("AND user_id = :user AND state = 'approved'", "AND user_id = :user AND state IN ('approved', 'consumed')"),
        ("AND pre = :pre AND stage = 'open'", "AND pre = :pre AND stage <> 'over'"),
    ),
    "the older question of a browser waits on": said_otherwise(
        ("AND (browser = :browser OR", "AND (browser = :browser AND 1 = 0 OR")
    ),
    "a guess is counted after the look": counted_after_the_look,
    "what is held is not looked at again": held_is_not_looked_at_again,
    "a signal is the truth": a_signal_is_the_truth,
    "no epoch is looked at": no_epoch_is_looked_at,
}
