"""SQLite: one file, one writer thread with group commit, reads in the event loop.

Opened only if an acknowledged COMMIT survives a power cut: write-ahead log with synchronous=FULL, and a
library without the WAL-reset bug (sqlite.org/wal.html, fixed in 3.51.3, back-ported to 3.50.7 and 3.44.6).
"""

import asyncio
import os
import random
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import apsw

from twolatch.storage.apsw_talk import ask, fetch, fetch_first, told
from twolatch.storage.faults import StorageBusy, StorageFault, UnsafeDatabase
from twolatch.storage.group_commit import MOST_WAITING, Writer
from twolatch.storage.shapes import Database, Dialect, Row, T, Tx

LOCK_PATIENCE = 10.0  # seconds a write waits for another process
READ_PATIENCE_MS = 1_000  # readers meet a lock only while the log is being recovered
KEPT_STATEMENTS = 1_024
CHECKPOINT_PAGES = 4_000  # 16 MiB of log: a longer one costs reads, a shorter one costs flushes
LOG_BYTES = 64 * 1024 * 1024
CACHE_KIB = 2 * 1024  # of each connection: the reading one forgets all with every commit, the system keeps the rest
FULL = 2

BROKEN_FROM, FIXED_IN, FIXED_TOO = (3, 7, 0), (3, 51, 3), {(3, 50, 7), (3, 44, 6)}


def why_unsafe_version(version: str) -> str | None:
    """Why an SQLite of this version ("3.51.2") may lose acknowledged writes, or None if it is sound."""
    numbers = tuple(int(part) for part in version.split("."))[:3]
    if not BROKEN_FROM <= numbers < FIXED_IN or numbers in FIXED_TOO:
        return None
    return (
        f"SQLite {version} has the WAL-reset bug, which can lose or corrupt committed writes. "
        "Install an apsw that carries SQLite 3.51.3 or newer: pip install --upgrade apsw"
    )


class SqliteDatabase:
    def __init__(self, reader: apsw.Connection, writer: Writer) -> None:
        self._reader = reader
        self._writer = writer

    @property
    def dialect(self) -> Dialect:
        return "sqlite"

    @property
    def timeline(self) -> str:
        return "0"

    async def forked(self) -> None:
        await asyncio.Event().wait()  # the file we hold stays the one it is

    def follow(self, other: Database) -> None:
        return None

    async def rows(self, sql: str, /, **values: Any) -> list[Row]:
        return ask(fetch, self._reader, sql, values)

    async def row(self, sql: str, /, **values: Any) -> Row | None:
        return ask(fetch_first, self._reader, sql, values)

    async def write(self, work: Callable[[Tx], Awaitable[T]]) -> T:
        return await self._writer.write(work)

    async def alone(self, work: Callable[[Tx], Awaitable[T]]) -> T:
        return await self._writer.write(work)  # BEGIN IMMEDIATE keeps every other process out anyway

    async def close(self) -> None:
        await self._writer.close()
        self._reader.close()


async def open_sqlite(
    path: str, *, lock_patience: float = LOCK_PATIENCE, most_waiting: int = MOST_WAITING
) -> SqliteDatabase:
    """Open or create the file at `path`. Raises UnsafeDatabase, StorageBusy, StorageFault."""
    if not path or ":memory:" in path or "mode=memory" in path:
        raise UnsafeDatabase(
            "SQLite in memory forgets everything. Name a file: sqlite:////var/lib/twolatch.db"
        )
    if (reason := why_unsafe_version(apsw.sqlite_lib_version())) is not None:
        raise UnsafeDatabase(reason)
    try:
        reader, writer = await asyncio.to_thread(open_both, Path(path), lock_patience)
    except (apsw.Error, OSError) as fault:
        reason = str(told(fault)) if isinstance(fault, apsw.Error) else str(fault)
        raise StorageFault(f"cannot open the SQLite file {path}: {reason}") from fault
    return SqliteDatabase(reader, Writer(writer, most_waiting))


def open_both(path: Path, lock_patience: float) -> tuple[apsw.Connection, apsw.Connection]:
    """The reading and the writing connection; if either cannot be had, neither stays open."""
    create_privately(path)
    writer = connect(path, patience(lock_patience))
    try:
        make_durable(writer, lock_patience)
        reader = connect(path, None)
        reader.pragma("query_only", 1)
    except BaseException:
        writer.close()
        raise
    return reader, writer


def create_privately(path: Path) -> None:
    """Only the owner may read the file; SQLite gives the log files the same rights.

    An existing file is not even opened: closing it again would drop the POSIX locks this process holds on it.
    """
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    except FileExistsError:
        return


def connect(path: Path, busy: Callable[[int], bool] | None) -> apsw.Connection:
    connection = apsw.Connection(
        str(path), flags=apsw.SQLITE_OPEN_READWRITE, statementcachesize=KEPT_STATEMENTS
    )
    if busy is None:
        connection.set_busy_timeout(READ_PATIENCE_MS)
    else:
        connection.set_busy_handler(busy)
    for switch in (
        apsw.SQLITE_DBCONFIG_DQS_DML,
        apsw.SQLITE_DBCONFIG_DQS_DDL,
        apsw.SQLITE_DBCONFIG_TRUSTED_SCHEMA,
    ):
        connection.config(switch, 0)  # "mistyped" is an error, as on PostgreSQL, and no silent text
    connection.config(apsw.SQLITE_DBCONFIG_DEFENSIVE, 1)
    connection.config(apsw.SQLITE_DBCONFIG_ENABLE_QPSG, 1)  # or each new value has its statement planned anew
    connection.pragma("foreign_keys", 1)
    connection.pragma("cache_size", -CACHE_KIB)
    connection.pragma("temp_store", "MEMORY")
    return connection


def make_durable(connection: apsw.Connection, lock_patience: float) -> None:
    """Switch to write-ahead log and full flushes, and look whether it was obeyed."""
    mode = wal_mode(connection, time.monotonic() + lock_patience)
    if mode != "wal":
        raise UnsafeDatabase(
            f"SQLite answered journal_mode={mode} and not wal. Put the file on a local disk."
        )
    connection.pragma("synchronous", FULL)
    if connection.pragma("synchronous") != FULL:
        raise UnsafeDatabase(
            "SQLite did not accept synchronous=FULL. Use the apsw of PyPI, built without restrictions."
        )
    connection.wal_autocheckpoint(CHECKPOINT_PAGES)
    connection.pragma("journal_size_limit", LOG_BYTES)


def wal_mode(connection: apsw.Connection, deadline: float) -> str:
    """The journal mode after asking for WAL. Two processes that ask at once get "busy" unwaited."""
    while True:
        try:
            return str(connection.pragma("journal_mode", "wal"))
        except apsw.BusyError:
            if time.monotonic() > deadline:
                raise StorageBusy("another process keeps the SQLite file locked") from None
            time.sleep(0.01)


def patience(seconds: float) -> Callable[[int], bool]:
    """A busy handler that looks again about every millisecond until `seconds` have passed.

    SQLite's own waits up to 100 ms between two looks; beside a busy process, which leaves the lock free for
    less than 1 ms between two batches, it would starve.
    """
    started = 0.0

    def wait(calls_before: int) -> bool:
        nonlocal started
        if calls_before == 0:
            started = time.monotonic()
        if time.monotonic() - started > seconds:
            return False
        time.sleep(random.uniform(0.0002, 0.001))  # noqa: S311 - spreads processes, keeps no secret
        return True

    return wait
