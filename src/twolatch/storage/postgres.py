"""PostgreSQL: a bounded pool, READ COMMITTED, collisions tried again.

Sessions are read-only unless a transaction says otherwise, so a change that slipped into a read is refused as
it is on SQLite. Every new connection is checked, because an administrator can change a role's or a database's
settings while we run.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from functools import partial
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import asyncpg

from twolatch.storage.asyncpg_talk import (
    DRIVER_FAULTS,
    PostgresTx,
    fetch,
    fetch_first,
    number_from_text,
    told,
)
from twolatch.storage.budget import RetryBudget
from twolatch.storage.faults import CollidedWrites, StorageBusy, StorageFault, UnsafeDatabase
from twolatch.storage.history import FACTS, History
from twolatch.storage.lending import Direct, Lender
from twolatch.storage.shapes import Database, Dialect, Row, T, Tx
from twolatch.storage.transaction import fulfil, only_talking

POOL_SIZE = 8
ACQUIRE_PATIENCE = 5.0  # seconds
ATTEMPTS = 6
LONGEST_PAUSE = 0.02  # seconds before the second attempt; doubles with each
COMMAND_PATIENCE = 30.0  # seconds until a server that no longer answers counts as gone
ALONE_PATIENCE = 86_400.0  # a step that rewrites a large table
KEPT_STATEMENTS = 1_024
MIGRATION_LOCK = 0x74776F6C61746368  # "twolatch"
SETTINGS = {
    "application_name": "twolatch",
    "default_transaction_read_only": "on",
    "lock_timeout": "10s",
    "idle_in_transaction_session_timeout": "60s",
    # What a login asks finds its rows by an index, whatever the values: planning anew would only cost.
    "plan_cache_mode": "force_generic_plan",
}
LIFT_LIMITS = ("SET LOCAL lock_timeout = 0", "SET LOCAL idle_in_transaction_session_timeout = 0")


class PostgresDatabase:
    def __init__(self, lender: Lender, history: History) -> None:
        self._lender, self._history = lender, history
        self._again = RetryBudget()

    @property
    def dialect(self) -> Dialect:
        return "postgresql"

    @property
    def timeline(self) -> str:
        return self._history.timeline

    async def forked(self) -> None:
        await self._history.forked()

    def follow(self, other: Database) -> None:
        assert isinstance(other, PostgresDatabase)
        self._history.follow(other._history)

    async def rows(self, sql: str, /, **values: Any) -> list[Row]:
        return await self._with(lambda connection: fetch(connection, sql, values))

    async def row(self, sql: str, /, **values: Any) -> Row | None:
        return await self._with(lambda connection: fetch_first(connection, sql, values))

    async def write(self, work: Callable[[Tx], Awaitable[T]]) -> T:
        return await self._write(work, is_alone=False)

    async def alone(self, work: Callable[[Tx], Awaitable[T]]) -> T:
        return await self._write(work, is_alone=True)

    async def close(self) -> None:
        await self._lender.close()

    async def _write(self, work: Callable[[Tx], Awaitable[T]], *, is_alone: bool) -> T:
        self._again.earn()
        for attempt in range(ATTEMPTS):
            try:
                return await self._write_once(work, is_alone=is_alone)
            except CollidedWrites:
                if attempt == ATTEMPTS - 1 or not self._again.spend():
                    raise
            await asyncio.sleep(random.uniform(0, LONGEST_PAUSE * 2**attempt))  # noqa: S311 - keeps no secret
        raise AssertionError("unreachable")

    async def _write_once(self, work: Callable[[Tx], Awaitable[T]], *, is_alone: bool) -> T:
        wishes: list[Callable[[], None]] = []

        async def on(connection: Any) -> T:
            tx = PostgresTx(connection, patience=ALONE_PATIENCE if is_alone else None)
            result = await in_transaction(connection, tx, work, is_alone=is_alone)
            wishes.extend(tx.wishes)
            return result

        result = await self._with(on)
        fulfil(wishes)
        return result

    async def _with(self, work: Callable[[Any], Awaitable[T]]) -> T:
        """Run `work` on a connection; one that saw a fault is looked after before anybody else gets it."""
        connection = await self._lender.take()
        try:
            result = await work(connection)
        except BaseException:
            await self._lender.drop(connection)
            raise
        self._lender.put_back(connection)
        return result


async def in_transaction(connection: Any, tx: PostgresTx, work: Callable[[Tx], Awaitable[T]], *, is_alone: bool) -> T:
    """Run `work` between BEGIN and COMMIT; whatever goes wrong before COMMIT is rolled back."""
    await command(connection, "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE")
    try:
        if is_alone:
            for statement in (*LIFT_LIMITS, f"SELECT pg_advisory_xact_lock({MIGRATION_LOCK})"):
                await tx.run(statement)
        result = await only_talking(work(tx), tx)
        await tx.settle()
        tx.must_be_sound()
    except BaseException:
        await take_back(connection)
        raise
    finally:
        tx.is_over = True
    if await command(connection, "COMMIT") != "COMMIT":
        raise StorageFault("PostgreSQL rolled the transaction back at COMMIT")
    return result


async def command(connection: Any, text: str) -> str:
    try:
        return str(await connection.execute(text))
    except DRIVER_FAULTS as fault:
        raise told(fault) from None


async def take_back(connection: Any) -> None:
    """Roll back; a connection that cannot even do that is thrown away and its server rolls back for it."""
    try:
        await connection.execute("ROLLBACK")
    except DRIVER_FAULTS:
        with suppress(asyncpg.InterfaceError):  # it fell and the pool took it back already
            connection.terminate()


async def open_postgres(
    url: str, *, pool_size: int | None = None, acquire_patience: float = ACQUIRE_PATIENCE
) -> PostgresDatabase:
    """Open a pool. `pool_size` wins over the one in the url. Raises UnsafeDatabase, StorageFault."""
    dsn, size = without_pool_size(url)
    size, history = pool_size or size, History()
    try:
        pool = await asyncpg.create_pool(
            dsn,
            connection_class=Direct,
            min_size=0,  # the driver would keep up the least by itself, and complain by tracebacks while it cannot
            max_size=size,
            init=partial(make_ready, history),
            reset=leave_as_it_is,
            command_timeout=COMMAND_PATIENCE,
            timeout=ACQUIRE_PATIENCE,
            max_inactive_connection_lifetime=1.0,  # what comes back to the pool is not needed at the moment
            statement_cache_size=KEPT_STATEMENTS,
            max_cached_statement_lifetime=0,
            server_settings=SETTINGS,
        )
        lender = Lender(pool, size, acquire_patience)
        lender.put_back(await lender.take())
    except DRIVER_FAULTS as fault:
        raise told(fault) from None
    return PostgresDatabase(lender, history)


def without_pool_size(url: str) -> tuple[str, int]:
    """The address without our own parameter, and its value. Raises StorageFault for a size below 1."""
    parts = urlsplit(url)
    wishes = parse_qsl(parts.query, keep_blank_values=True)
    sizes = [value for name, value in wishes if name == "pool_size"]
    if not all(size.isdecimal() and int(size) > 0 for size in sizes):
        raise StorageFault("pool_size in the database address must be a whole number above 0")
    query = urlencode([(name, value) for name, value in wishes if name != "pool_size"])
    return urlunsplit(parts._replace(query=query)), int(sizes[-1]) if sizes else POOL_SIZE


async def leave_as_it_is(_connection: Any) -> None:
    """No session state is ever set: asyncpg's RESET ALL would be a round trip for nothing."""


async def make_ready(history: History, connection: Any) -> None:
    """Check a new connection and teach it that SUM() of whole numbers is a whole number, as on SQLite."""
    facts = await connection.fetchrow(
        "SELECT current_setting('fsync') AS fsync, current_setting('server_encoding') AS encoding,"
        f" current_setting('synchronous_commit') AS synchronous_commit, pg_is_in_recovery() AS is_replica, {FACTS}"
    )
    if (reason := why_unsafe(facts)) is not None:
        raise (StorageBusy if facts["is_replica"] else UnsafeDatabase)(reason)  # a standby may be promoted any moment
    history.must_be_ours(facts)
    await connection.set_type_codec(
        "numeric", schema="pg_catalog", encoder=str, decoder=number_from_text, format="text"
    )


def why_unsafe(facts: Mapping[str, Any]) -> str | None:
    """Why a server with these settings may forget acknowledged commits, or None if it is sound."""
    if facts["fsync"] != "on":
        return "PostgreSQL runs with fsync=off: a power cut may destroy it. Set fsync = on and restart it."
    if facts["synchronous_commit"] == "off":
        return (
            "PostgreSQL has synchronous_commit=off here: a crash brings used codes back. Set it to on in"
            " postgresql.conf, and ALTER DATABASE ... and ALTER ROLE ... RESET synchronous_commit."
        )
    if facts["encoding"] != "UTF8":
        return f"The database's encoding is {facts['encoding']}. Create it with ENCODING 'UTF8'."
    if facts["is_replica"]:
        return "This PostgreSQL is a standby and may be behind. Connect to the primary."
    return None
