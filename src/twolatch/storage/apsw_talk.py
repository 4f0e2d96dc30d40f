"""Statements, rows and faults of apsw, in our words."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import apsw

from twolatch.storage.faults import OPERATOR, ConstraintBroken, StorageBusy, StorageFault, WrongStatement
from twolatch.storage.shapes import Row, T
from twolatch.storage.statement import KEPT_TEXTS, Statement, arguments, for_sqlite, must_change
from twolatch.storage.transaction import OpenTransaction

DISK_FAULTS = (apsw.FullError, apsw.ReadOnlyError, apsw.IOError, apsw.CantOpenError)

Talk = Callable[[apsw.Connection, str, Mapping[str, Any]], T]


@dataclass(slots=True)
class Known:
    """A statement as apsw takes it; its columns are learnt from its first row, for asking costs as much as reading."""

    text: str
    statement: Statement
    names: tuple[str, ...] = ()


@lru_cache(KEPT_TEXTS)
def known(sql: str) -> Known:
    return Known(*for_sqlite(sql))


def fetch(connection: apsw.Connection, sql: str, values: Mapping[str, Any]) -> list[Row]:
    asked = known(sql)
    cursor = connection.execute(asked.text, arguments(asked.statement, values))
    if not asked.names:
        asked.names = names_of(cursor)
    names = asked.names
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def names_of(cursor: apsw.Cursor) -> tuple[str, ...]:
    """Of the columns; none where no row came, for apsw tells them only while rows are left."""
    try:
        return tuple(column[0] for column in cursor.get_description())
    except apsw.ExecutionCompleteError:
        return ()


def fetch_first(connection: apsw.Connection, sql: str, values: Mapping[str, Any]) -> Row | None:
    return next(iter(fetch(connection, sql, values)), None)


def change(connection: apsw.Connection, sql: str, values: Mapping[str, Any]) -> int:
    asked = known(sql)
    connection.execute(asked.text, arguments(asked.statement, values)).close()
    return connection.changes() if asked.statement.is_changing else 0


def ask(talk: Talk[T], connection: apsw.Connection, sql: str, values: Mapping[str, Any]) -> T:
    """Run a statement; every fault of the driver leaves as one of ours."""
    try:
        return talk(connection, sql, values)
    except (apsw.Error, TypeError, OverflowError, UnicodeEncodeError) as fault:
        raise told(fault) from None


def told(fault: Exception) -> StorageFault:
    """The fault in our words. SQLite's own texts name tables and columns, never values; Python's may."""
    if isinstance(fault, apsw.ConstraintError):
        return ConstraintBroken(str(fault))
    if isinstance(fault, apsw.BusyError | apsw.LockedError):
        return StorageBusy("another process keeps the SQLite file locked")
    if isinstance(fault, DISK_FAULTS):
        return StorageBusy(f"SQLite cannot use its disk: {fault}", retry_after=OPERATOR)
    if isinstance(fault, apsw.Error):
        return StorageFault(f"SQLite: {fault}")
    return WrongStatement(f"SQLite cannot keep a value: {type(fault).__name__}")


class SqliteTx(OpenTransaction):
    """Lives in the writer thread. Its methods are coroutines for the sake of PostgreSQL and never wait."""

    def __init__(self, connection: apsw.Connection) -> None:
        super().__init__()
        self._connection = connection

    async def rows(self, sql: str, /, **values: Any) -> list[Row]:
        return self._ask(fetch, sql, values)

    async def row(self, sql: str, /, **values: Any) -> Row | None:
        return self._ask(fetch_first, sql, values)

    async def run(self, sql: str, /, **values: Any) -> int:
        return self._ask(change, sql, values)

    def later(self, sql: str, /, **values: Any) -> None:
        self._ask(change, must_change(sql), values)

    def _ask(self, talk: Talk[T], sql: str, values: Mapping[str, Any]) -> T:
        self.must_be_open()
        try:
            return ask(talk, self._connection, sql, values)
        except StorageFault as fault:
            self.fault = fault
            raise
