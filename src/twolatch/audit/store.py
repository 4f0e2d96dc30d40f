"""The log, appended to and never changed; beside it the order of its lines, the checkpoints and how far they went."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from twolatch.protocol import chain
from twolatch.storage.db import Database, Row, Tx
from twolatch.words.events import Event
from twolatch.words.limits import SECOND

_encode = msgspec.json.Encoder(order="deterministic").encode

_decode = msgspec.json.Decoder(dict[str, Any]).decode

Fact = str | int | bool | None

# A transaction that wrote a line may commit after one with a higher number. None lives this long.
LATEST = 120 * SECOND


@dataclass(frozen=True, slots=True)
class Line:
    """One row, read back; `at` in ms."""

    number: int
    at: int
    event: Event
    object: str
    facts: Mapping[str, Any]
    user: str = ""


async def of_objects(db: Database, objects: Sequence[str], events: Sequence[Event]) -> list[Line]:
    """All lines of these events of custody about these things, the oldest first."""
    names = {f"e{number}": event.value for number, event in enumerate(events)}
    things = {f"o{number}": one for number, one in enumerate(objects)}
    rows = await db.rows(
        f"""SELECT number, at, event, object, facts, user_id FROM audit
            WHERE object IN ({_listed(things)}) AND substr(event, 1, 8) = 'custody:'
              AND event IN ({_listed(names)}) ORDER BY number""",  # noqa: S608
        **names,
        **things,
    )
    return [_line(row, row["user_id"] or "") for row in rows]


def _listed(names: Iterable[str]) -> str:
    """`:e0, :e1`; a list of nothing finds nothing."""
    return ", ".join(f":{name}" for name in names) or "NULL"


def _line(row: Row, user: str) -> Line:
    facts = _decode(row["facts"])
    return Line(int(row["number"]), int(row["at"]), Event(row["event"]), row["object"] or "", facts, user)


async def of_user(db: Database, user: str, events: Sequence[Event], before: int | None, most: int) -> list[Line]:
    """The client's newest `most` lines of these events, or those with numbers below `before`."""
    names = {f"e{number}": event.value for number, event in enumerate(events)}
    rows = await db.rows(
        f"""SELECT number, at, event, object, facts FROM audit
            WHERE user_id = :user AND number < :before AND event IN ({_listed(names)})
            ORDER BY number DESC LIMIT :most""",  # noqa: S608 our own words
        user=user,
        before=(1 << 62) if before is None else before,
        most=most,
        **names,
    )
    return [_line(row, user) for row in rows]


async def write(tx: Tx, now: int, event: Event, user: str | None, obj: str | None = None, **facts: Fact) -> None:
    """`facts` hold ids, codes and labels that were cleaned and cut; never a secret, a digit or a PIN."""
    tx.later(
        "INSERT INTO audit (at, event, user_id, object, facts) VALUES (:at, :event, :user_id, :object, :facts)",
        at=now,
        event=event.value,
        user_id=user,
        object=obj,
        facts=_encode(facts).decode(),
    )


@dataclass(frozen=True, slots=True)
class Head:
    """The last chained line; hash of zeros before the first."""

    number: int
    hash: bytes


@dataclass(frozen=True, slots=True)
class Link:
    """One line in its place."""

    number: int
    line: int
    hash: bytes


@dataclass(frozen=True, slots=True)
class Delivery:
    """How far a sink is; `failing_since` in ms, 0 while it takes what it gets."""

    number: int
    failing_since: int
    fault: str


async def head(db: Database) -> Head:
    row = await db.row("SELECT number, hash FROM audit_chain ORDER BY number DESC LIMIT 1")
    return Head(int(row["number"]), bytes(row["hash"])) if row else Head(0, chain.BEGINNING)


async def unchained(db: Database, now: int, most: int) -> list[Row]:
    floor = await db.row("SELECT line FROM audit_chain WHERE at < :old ORDER BY at DESC LIMIT 1", old=now - LATEST)
    return await db.rows(
        """SELECT audit.number AS line, audit.at, audit.event, audit.user_id, audit.object, audit.facts
           FROM audit LEFT JOIN audit_chain ON audit_chain.line = audit.number
           WHERE audit.number > :floor AND audit_chain.line IS NULL ORDER BY audit.number LIMIT :most""",
        floor=int(floor["line"]) if floor else 0,
        most=most,
    )


def content(number: int, row: Row) -> bytes:
    """The line's bytes, as they are hashed and exported."""
    return chain.line(number, row["at"], row["event"], row["user_id"], row["object"], row["facts"])


async def append(tx: Tx, links: Sequence[Link], now: int) -> None:
    """Its work raises ConstraintBroken when another process was faster: the number is the place, and there is one of
    each."""
    for one in links:
        tx.later(
            "INSERT INTO audit_chain (number, line, hash, at) VALUES (:number, :line, :hash, :now)",
            number=one.number,
            line=one.line,
            hash=one.hash,
            now=now,
        )


async def last_checkpoint(db: Database) -> tuple[int, int]:
    """Its number and its time (ms); zeros before the first."""
    row = await db.row("SELECT number, at FROM audit_checkpoints ORDER BY number DESC LIMIT 1")
    return (int(row["number"]), int(row["at"])) if row else (0, 0)


async def keep_checkpoint(tx: Tx, number: int, now: int, note: str) -> None:
    await tx.run(
        """INSERT INTO audit_checkpoints (number, at, note) VALUES (:number, :now, :note)
           ON CONFLICT (number) DO NOTHING""",
        number=number,
        now=now,
        note=note,
    )


async def checkpoints(db: Database, after: int, most: int) -> list[tuple[int, str]]:
    rows = await db.rows(
        "SELECT number, note FROM audit_checkpoints WHERE number > :after ORDER BY number LIMIT :most",
        after=after,
        most=most,
    )
    return [(int(row["number"]), str(row["note"])) for row in rows]


async def delivery(db: Database, sink: str) -> Delivery:
    row = await db.row("SELECT number, failing_since, fault FROM audit_sinks WHERE sink = :sink", sink=sink)
    return Delivery(int(row["number"]), int(row["failing_since"]), row["fault"]) if row else Delivery(0, 0, "")


async def keep_delivery(tx: Tx, sink: str, number: int, failing_since: int, fault: str) -> None:
    """A sink never falls back: of two processes that delivered, the one that came further counts."""
    await tx.run(
        """INSERT INTO audit_sinks (sink, number, failing_since, fault) VALUES (:sink, :number, :since, :fault)
           ON CONFLICT (sink) DO UPDATE SET failing_since = :since, fault = :fault,
             number = CASE WHEN audit_sinks.number < :number THEN :number ELSE audit_sinks.number END""",
        sink=sink,
        number=number,
        since=failing_since,
        fault=fault,
    )


async def chained(db: Database, after: int, most: int) -> list[Row]:
    """Lines in their order, each with its place and its hash."""
    return await db.rows(
        """SELECT audit_chain.number, audit_chain.hash, audit.at, audit.event, audit.user_id, audit.object, audit.facts
           FROM audit_chain LEFT JOIN audit ON audit.number = audit_chain.line
           WHERE audit_chain.number > :after ORDER BY audit_chain.number LIMIT :most""",
        after=after,
        most=most,
    )
