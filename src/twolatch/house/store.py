"""Facts of the site and its sealed keys."""

import os
from collections.abc import Callable
from dataclasses import dataclass, field

from twolatch.house.keys import AUDIT, PIN, SIGNING, VAPID, Keys, Purpose, WrongKey, fresh_private_der
from twolatch.storage.db import Database, Row, Tx
from twolatch.wires.wrapping import Keeper
from twolatch.words.limits import MINUTE

FIRST = (Purpose.MACS, Purpose.SEAL, Purpose.PEPPER)  # with the numbers 1, 2, 3
KNOWN_IN = 3 * MINUTE  # a new key closes nothing before every process has had time to learn of it


@dataclass(frozen=True, slots=True)
class DataKey:
    """One row. `from_at` (ms): new values are closed with it from then on."""

    number: int
    purpose: Purpose
    keeper: str
    wrapped: bytes = field(repr=False)
    created_at: int
    from_at: int

    @property
    def about(self) -> bytes:
        return about(self.number, self.purpose)


def about(number: int, purpose: Purpose) -> bytes:
    return f"twolatch/v1/data-key/{number}/{purpose.value}".encode()


async def open_keys(db: Database, keeper: Keeper, now: int) -> Keys:
    """The data keys, unwrapped, and the site's key pairs; both are made on the first start.

    Raises WrongKey with a foreign master key, and when the keeper cannot be had.
    """
    rows = await data_keys(db) or await _first_keys(db, keeper, now)
    keys = Keys({})
    for row in rows:
        keys.learn(row.purpose, row.number, await _root(keeper, row), is_used=row.from_at <= now)
    await _load_pairs(db, keys)
    return keys


async def refresh(db: Database, keys: Keys, keeper: Callable[[], Keeper], now: int) -> None:
    """What another process made meanwhile is learned, and used when its time has come. The keeper is asked for new
    keys alone."""
    for row in await data_keys(db):
        if not keys.knows(row.purpose, row.number):
            keys.learn(row.purpose, row.number, await _root(keeper(), row), is_used=False)
        if row.from_at <= now:
            keys.use(row.purpose, row.number)


async def _root(keeper: Keeper, row: DataKey) -> bytes:
    if row.keeper != keeper.name:
        raise WrongKey(
            f"the keys of this database are kept by {row.keeper!r}, not by {keeper.name!r}: "
            "set TWOLATCH_KEY_PROVIDER as it was, or change the keeper with `twolatch keys move`"
        )
    return await keeper.unwrap(row.wrapped, row.about)


async def _first_keys(db: Database, keeper: Keeper, now: int) -> list[DataKey]:
    made = [await new_key(keeper, number, purpose, now, now) for number, purpose in enumerate(FIRST, 1)]

    async def work(tx: Tx) -> None:
        for one in made:
            await add_key(tx, one)

    await db.write(work)
    return await data_keys(db)  # of two that start at once, one was first


async def new_key(keeper: Keeper, number: int, purpose: Purpose, now: int, from_at: int) -> DataKey:
    wrapped = await keeper.wrap(os.urandom(32), about(number, purpose))
    return DataKey(number, purpose, keeper.name, wrapped, now, from_at)


async def data_keys(db: Database | Tx) -> list[DataKey]:
    """The oldest first."""
    rows = await db.rows(
        "SELECT number, purpose, keeper, wrapped, created_at, from_at FROM data_keys ORDER BY number"
    )
    return [
        DataKey(
            int(row["number"]), Purpose(row["purpose"]), row["keeper"], bytes(row["wrapped"]), int(row["created_at"]),
            int(row["from_at"]),
        )
        for row in rows
    ]  # fmt: skip


async def add_key(tx: Tx, one: DataKey) -> bool:
    """False when there is one of this number."""
    return bool(
        await tx.run(
            """INSERT INTO data_keys (number, purpose, keeper, wrapped, created_at, from_at)
               VALUES (:number, :purpose, :keeper, :wrapped, :created_at, :from_at) ON CONFLICT (number) DO NOTHING""",
            number=one.number,
            purpose=one.purpose.value,
            keeper=one.keeper,
            wrapped=one.wrapped,
            created_at=one.created_at,
            from_at=one.from_at,
        )
    )


async def rewrap(tx: Tx, one: DataKey, keeper: str, wrapped: bytes) -> bool:
    """False when somebody else has changed it since it was read."""
    return bool(
        await tx.run(
            "UPDATE data_keys SET keeper = :keeper, wrapped = :wrapped WHERE number = :number AND wrapped = :seen",
            number=one.number, keeper=keeper, wrapped=wrapped, seen=one.wrapped,
        )
    )  # fmt: skip


async def drop_key(tx: Tx, number: int) -> None:
    await tx.run("DELETE FROM data_keys WHERE number = :number", number=number)


@dataclass(frozen=True, slots=True)
class Sealed:
    """A column of sealed values: what names its row, and what else the values are bound to. `batch` rows at a time."""

    table: str
    column: str
    row: str = "id"
    user: str = "user_id"
    batch: int = 200

    @property
    def where(self) -> str:
        return f"{self.table}.{self.column}"


async def sealed_after(db: Database, of: Sealed, after: str) -> list[Row]:
    """`row`, `owner`, `sealed` of the rows that follow `after`, in order."""
    user = of.user or "''"
    return await db.rows(
        f"""SELECT {of.row} AS row, {user} AS owner, {of.column} AS sealed FROM {of.table}
            WHERE {of.row} > :after AND {of.column} IS NOT NULL ORDER BY {of.row} LIMIT :most""",  # noqa: S608 our own words
        after=after,
        most=of.batch,
    )


async def put_sealed(tx: Tx, of: Sealed, row: str, seen: bytes, sealed: bytes) -> bool:
    """False when somebody has written it anew since it was read."""
    sql = f"UPDATE {of.table} SET {of.column} = :sealed WHERE {of.row} = :row AND {of.column} = :seen"  # noqa: S608
    return bool(await tx.run(sql, row=row, seen=seen, sealed=sealed))


async def _load_pairs(db: Database, keys: Keys) -> None:
    """Opens the site's key pairs, making them on the first start."""

    async def work(tx: Tx) -> dict[str, bytes]:
        for name in (SIGNING, PIN, VAPID, AUDIT):
            sealed = keys.seal("server_keys.sealed", name, "", fresh_private_der(name))
            await tx.run(
                "INSERT INTO server_keys (name, sealed) VALUES (:name, :sealed) ON CONFLICT (name) DO NOTHING",
                name=name,
                sealed=sealed,
            )
        return {row["name"]: bytes(row["sealed"]) for row in await tx.rows("SELECT name, sealed FROM server_keys")}

    for name, sealed in (await db.write(work)).items():
        keys.keep(name, keys.open("server_keys.sealed", name, "", sealed))


async def fact(db: Database | Tx, name: str) -> str | None:
    row = await db.row("SELECT value FROM facts WHERE name = :name", name=name)
    return None if row is None else str(row["value"])


async def keep_fact(tx: Tx, name: str, value: str) -> None:
    await tx.run(
        "INSERT INTO facts (name, value) VALUES (:name, :value) ON CONFLICT (name) DO UPDATE SET value = :value",
        name=name,
        value=value,
    )


async def count_up(tx: Tx, name: str, least: int) -> int:
    """One more than it was, and more than `least`; never less than what somebody else counts at the same time."""
    row = await tx.row(
        """INSERT INTO facts (name, value) VALUES (:name, :first) ON CONFLICT (name) DO UPDATE SET value = CAST(1 +
             CASE WHEN CAST(facts.value AS BIGINT) > :least THEN CAST(facts.value AS BIGINT) ELSE :least END AS TEXT)
           RETURNING value""",
        name=name, first=str(least + 1), least=least,
    )  # fmt: skip
    assert row
    return int(row["value"])


async def begin_fact(tx: Tx, name: str, value: str) -> None:
    """Keeps what is there already: of two processes that begin at once one is right."""
    await tx.run(
        "INSERT INTO facts (name, value) VALUES (:name, :value) ON CONFLICT (name) DO NOTHING", name=name, value=value
    )


@dataclass(frozen=True, slots=True)
class SiteTime:
    """`mark`: the latest time (ms) that is known to have been decided at, in this `turn` of it; `moved`: how far (ms) a
    rehearsal's clock is ahead; `server`: the database server's own time (ms), 0 where it is a file or was not asked."""

    mark: int
    turn: int
    moved: int
    server: int


async def site_time(db: Database, *, asks_server: bool) -> SiteTime:
    rows = await db.rows("SELECT name, value FROM facts WHERE name IN ('clock', 'clock_moved')")
    facts = {row["name"]: str(row["value"]) for row in rows}
    turn, _, mark = facts.get("clock", "0.0").partition(".")
    server = 0
    if asks_server and db.dialect == "postgresql":
        row = await db.row("SELECT CAST(date_part('epoch', clock_timestamp()) * 1000 AS BIGINT) AS now")
        server = int(row["now"]) if row else 0
    return SiteTime(int(mark), int(turn), int(facts.get("clock_moved", 0)), server)


async def keep_mark(tx: Tx, *, mark: int, turn: int) -> None:
    """The later one stays, and only a new turn takes it back: the digits compare as the numbers do."""
    await tx.run(
        """INSERT INTO facts (name, value) VALUES ('clock', :value)
           ON CONFLICT (name) DO UPDATE SET value = :value WHERE facts.value < :value""",
        value=f"{turn:06d}.{mark:016d}",
    )


async def moved(tx: Tx) -> int:
    return int(await fact(tx, "clock_moved") or 0)


async def keep_moved(tx: Tx, by: int) -> None:
    await keep_fact(tx, "clock_moved", str(by))


async def sweep(tx: Tx, *, challenges: int, sessions: int) -> None:
    """Drops what ended before the given times (ms)."""
    await tx.run("DELETE FROM challenges WHERE expires_at < :before", before=challenges)
    await tx.run("DELETE FROM attempts WHERE expires_at < :before AND tell_at = 0", before=challenges)
    await tx.run("DELETE FROM activations WHERE expires_at < :before AND state <> 'active'", before=challenges)
    await tx.run("DELETE FROM notices WHERE state <> 'waiting' AND created_at < :before", before=challenges)
    await tx.run("DELETE FROM hand_overs WHERE expires_at < :before", before=challenges)
    await tx.run("DELETE FROM known_sessions WHERE created_at < :before", before=sessions)
    await tx.run("DELETE FROM authorizations WHERE created_at < :before", before=sessions)
    await tx.run("DELETE FROM sessions WHERE ends_at < :before", before=sessions)


async def end_everything(tx: Tx, now: int) -> dict[str, int]:
    """All that is pending and every session, on every client. Returns how many of each."""
    return {
        "challenges": await tx.run(
            "UPDATE challenges SET state = 'cancelled', ended_at = :now WHERE state IN ('pending', 'approved')", now=now
        ),
        "attempts": await tx.run("UPDATE attempts SET stage = 'over' WHERE stage = 'open'"),
        "activations": await tx.run(
            "UPDATE activations SET state = 'cancelled' WHERE state IN ('issued', 'claimed')"
        ),
        "proposals": await tx.run(
            """UPDATE proposals SET state = 'expired', ended_at = :now, cargo = NULL
               WHERE state = 'open'""",
            now=now,
        ),
        "cases": await tx.run(
            "UPDATE cases SET state = 'closed', closed_at = :now WHERE state = 'open'", now=now
        ),
        "hand_overs": await tx.run("UPDATE hand_overs SET stage = 'over' WHERE stage IN ('asked', 'issued')"),
        "authorizations": await tx.run("UPDATE authorizations SET state = 'over' WHERE state = 'open'"),
        "sessions": await tx.run("UPDATE sessions SET ended_at = :now WHERE ended_at = 0", now=now),
    }
