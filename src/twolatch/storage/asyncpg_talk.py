"""Statements, rows and faults of asyncpg, in our words."""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Any, TypeVar

import asyncpg

from twolatch.storage.faults import (
    CollidedWrites,
    ConstraintBroken,
    StorageBusy,
    StorageFault,
    WrongStatement,
)
from twolatch.storage.shapes import Row, T
from twolatch.storage.statement import Kinds, arguments, for_postgres, must_change, parse, together_for_postgres
from twolatch.storage.transaction import OpenTransaction


class Types(dict[type, str | None]):
    """PostgreSQL's word for the type of each value; None for NULL. Raises WrongStatement for anything else."""

    def __missing__(self, given: type) -> str | None:
        """An enum of texts is a text, which is found out once."""
        for kind in given.__mro__:
            if kind in self:
                self[given] = self[kind]
                return self[kind]
        raise WrongStatement(f"a value may be int, str, bytes, float, bool or None, not {given.__name__}")


TYPES = Types({
    int: "bigint",
    bool: "bigint",  # booleans are kept as whole numbers
    str: "text",
    bytes: "bytea",
    bytearray: "bytea",
    memoryview: "bytea",
    float: "double precision",
    type(None): None,
})  # fmt: skip

BUSY_CLASSES = ("08", "53", "57")  # connection lost, out of resources, shut down or cancelled
BUSY_STATES = ("55P03", "25P03")  # lock_timeout, idle_in_transaction_session_timeout
COLLISIONS = ("40001", "40P01")

DRIVER_FAULTS = (
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # of several hosts none is a primary at the moment, for one
    OSError,
    TimeoutError,
    UnicodeEncodeError,
)

Said = TypeVar("Said")
Talk = Callable[[Any, Said, Mapping[str, Any], float | None], Awaitable[T]]
Left = tuple[str, Mapping[str, Any]]
FEW = 8  # rows that one text inserts: each number of them is a text, a plan and a prepared statement of its own


async def fetch(
    connection: Any, sql: str, values: Mapping[str, Any], patience: float | None = None
) -> list[Row]:
    text, given = prepared(sql, values)
    return await ask(connection.fetch, text, given, patience)


async def fetch_first(
    connection: Any, sql: str, values: Mapping[str, Any], patience: float | None = None
) -> Row | None:
    text, given = prepared(sql, values)
    return await ask(connection.fetchrow, text, given, patience)


async def change(connection: Any, sql: str, values: Mapping[str, Any], patience: float | None = None) -> int:
    text, given = prepared(sql, values)
    status = str(await ask(connection.execute, text, given, patience))  # "UPDATE 3", "INSERT 0 1"
    return int(status.rpartition(" ")[2]) if status.startswith(("INSERT", "UPDATE", "DELETE")) else 0


async def change_together(
    connection: Any, left: list[Left], _: Mapping[str, Any], patience: float | None = None
) -> None:
    """Several changes as one statement: each but the last is a data-modifying common table expression."""
    given = [arguments(parse(sql), values) for sql, values in left]
    kinds = tuple([(sql, types_of(each)) for (sql, _), each in zip(left, given, strict=True)])
    text = together_for_postgres(kinds)
    values = [value for each in given for value in each if value is not None]
    await ask(connection.execute, text, values, patience)


async def change_many(
    connection: Any, left: tuple[str, list[Mapping[str, Any]]], _: Mapping[str, Any], patience: float | None = None
) -> None:
    """The same change for many rows of values, in one round trip; its text is the same for any number of them."""
    sql, rows = left
    statement = parse(sql)
    given = [arguments(statement, values) for values in rows]
    kinds = tuple([next(filter(None, types_of(column)), None) for column in zip(*given, strict=True)])
    values = [[value for value, kind in zip(each, kinds, strict=True) if kind] for each in given]
    await ask(connection.executemany, for_postgres(sql, kinds), [values], patience)


def apart(left: list[Left]) -> tuple[dict[str, list[Mapping[str, Any]]], list[Left]]:
    """The rows of each change that was left many times, and all other changes."""
    rows: dict[str, list[Mapping[str, Any]]] = {}
    for sql, values in left:
        rows.setdefault(sql, []).append(values)
    many = {sql: each for sql, each in rows.items() if len(each) > FEW}
    return many, [one for one in left if one[0] not in many]


def prepared(sql: str, values: Mapping[str, Any]) -> tuple[str, list[Any]]:
    """The text with typed marks, and the values that are not NULL."""
    given = arguments(parse(sql), values)
    return for_postgres(sql, types_of(given)), [value for value in given if value is not None]


def types_of(values: Iterable[Any]) -> Kinds:
    return tuple([TYPES[type(value)] for value in values])


async def ask(talk: Callable[..., Awaitable[T]], text: str, given: Sequence[Any], patience: float | None) -> T:
    """Await the driver; every fault of it leaves as one of ours. A connection that fell while it was handed over is
    refused by the call already, before there is anything to await."""
    try:
        return await talk(text, *given, timeout=patience)
    except DRIVER_FAULTS as fault:
        raise told(fault) from None


def told(fault: Exception) -> StorageFault:
    """The fault in our words. PostgreSQL's DETAIL and asyncpg's texts repeat values: both stay out."""
    if isinstance(fault, asyncpg.DataError | UnicodeEncodeError):
        return WrongStatement("PostgreSQL cannot keep a value: it does not fit its type")
    if isinstance(fault, asyncpg.PostgresError):
        return told_by_state(fault, str(fault.sqlstate))
    return StorageBusy(f"PostgreSQL does not answer: {type(fault).__name__}")


def told_by_state(fault: Any, state: str) -> StorageFault:
    text = f"PostgreSQL {state}: {fault.args[0] if fault.args else type(fault).__name__}"
    if state in COLLISIONS or isinstance(fault, asyncpg.InvalidCachedStatementError):
        return CollidedWrites(text)  # the last one: another process migrated the tables a moment ago
    if state.startswith("23"):
        return ConstraintBroken(text)
    if state[:2] in BUSY_CLASSES or state in BUSY_STATES:
        return StorageBusy(text)
    return StorageFault(text)


def number_from_text(text: str) -> int | float:
    return float(text) if "." in text or "N" in text or "I" in text else int(text)


class PostgresTx(OpenTransaction):
    def __init__(self, connection: Any, patience: float | None) -> None:
        super().__init__()
        self._connection = connection
        self._patience = patience
        self._left: list[Left] = []

    async def rows(self, sql: str, /, **values: Any) -> list[Row]:
        return await self._ask(fetch, sql, values)

    async def row(self, sql: str, /, **values: Any) -> Row | None:
        return await self._ask(fetch_first, sql, values)

    async def run(self, sql: str, /, **values: Any) -> int:
        return await self._ask(change, sql, values)

    def later(self, sql: str, /, **values: Any) -> None:
        self.must_be_open()
        self._left.append((must_change(sql), values))

    async def settle(self) -> None:
        """What was left for later: in one round trip, but for changes that were left many times."""
        left, self._left = self._left, []
        if len(left) > FEW:
            many, left = apart(left)
            for changes in many.items():
                await self._ask(change_many, changes, {})
        if left:
            await self._ask(change_together, left, {})

    async def _ask(self, talk: Talk[Said, T], sql: Said, values: Mapping[str, Any]) -> T:
        self.must_be_open()
        self.is_talking = True
        try:
            return await talk(self._connection, sql, values, self._patience)
        except StorageFault as fault:
            self.fault = fault
            raise
        finally:
            self.is_talking = False
