"""Database and hasher as a traced site has them: the same, and each piece of work is a span. Without a collector
neither is made."""

from collections.abc import Awaitable, Callable
from typing import Any

from twolatch.house.hasher import Hasher
from twolatch.house.hasher import T as Hashed
from twolatch.storage.db import Database, Dialect, Row, Tx
from twolatch.storage.shapes import T
from twolatch.wires.traces import Traces


class TracedDatabase:
    """Of a statement nothing is told, of a transaction the name of the function that is its work."""

    def __init__(self, db: Database, traces: Traces) -> None:
        self._db, self._traces = db, traces

    @property
    def dialect(self) -> Dialect:
        return self._db.dialect

    @property
    def timeline(self) -> str:
        return self._db.timeline

    async def forked(self) -> None:
        await self._db.forked()

    def follow(self, other: Database) -> None:
        self._db.follow(other)

    async def rows(self, sql: str, /, **values: Any) -> list[Row]:
        with self._traces.span("database read", db__system__name=self._db.dialect):
            return await self._db.rows(sql, **values)

    async def row(self, sql: str, /, **values: Any) -> Row | None:
        with self._traces.span("database read", db__system__name=self._db.dialect):
            return await self._db.row(sql, **values)

    async def write(self, work: Callable[[Tx], Awaitable[T]]) -> T:
        with self._traces.span("database transaction", **self._about(work)):
            return await self._db.write(work)

    async def alone(self, work: Callable[[Tx], Awaitable[T]]) -> T:
        with self._traces.span("database transaction alone", **self._about(work)):
            return await self._db.alone(work)

    async def close(self) -> None:
        await self._db.close()

    def _about(self, work: Callable[..., Any]) -> dict[str, str]:
        name = getattr(work, "__qualname__", type(work).__name__)
        return {"db__system__name": self._db.dialect, "code__function__name": f"{work.__module__}.{name}"}


class TracedHasher(Hasher):
    """The wait for a free core is part of it."""

    traces: Traces

    async def _run(self, work: Callable[..., Hashed], *values: object) -> Hashed:
        with self.traces.span("password hash"):
            return await super()._run(work, *values)
