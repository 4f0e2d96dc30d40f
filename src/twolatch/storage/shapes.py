"""The shape of a database as every other room sees it."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Literal, Protocol, TypeVar

T = TypeVar("T")

Row = Mapping[str, Any]
"""`row["name"]`. Text is str, whole numbers int, BLOB bytes. To compare, take `dict(row)`."""

Dialect = Literal["sqlite", "postgresql"]


class Tx(Protocol):
    """One open transaction. A statement that failed dooms it, even if the work swallows the exception."""

    async def rows(self, sql: str, /, **values: Any) -> list[Row]:
        """All rows of a SELECT or of a RETURNING."""

    async def row(self, sql: str, /, **values: Any) -> Row | None:
        """The first row, or None."""

    async def run(self, sql: str, /, **values: Any) -> int:
        """The number of rows an INSERT, UPDATE or DELETE changed; 0 for any other statement."""

    def later(self, sql: str, /, **values: Any) -> None:
        """An INSERT, UPDATE or DELETE whose result nobody needs, at the latest before COMMIT.

        On PostgreSQL those of a work travel together: as one statement, and what comes many times as one text with
        many values, which have one type (or are None) under each name. So the order of different statements is open,
        and none may touch or need a row that another statement of the same work changes after it was asked for.
        """

    def after(self, wish: Callable[[], None]) -> None:
        """Call `wish` in the event loop once the COMMIT is durable, in the order of asking.

        A wish is a hint (wake a phone, tell a waiting browser): its exception is logged and swallowed.
        """


class Database(Protocol):
    """An open database. Raises `StorageFault` and its kin from every method."""

    @property
    def dialect(self) -> Dialect: ...

    @property
    def timeline(self) -> str:
        """Of PostgreSQL's log: another one since a standby was promoted. "0" on SQLite, which has none."""

    async def forked(self) -> None:
        """Returns when the database turns out to be another than the one that was opened: a promoted standby, a copy
        that was put back. Until `follow` every use of it raises OtherHistory. Never returns on SQLite."""

    def follow(self, other: "Database") -> None:
        """The same address, opened anew and looked after: it is ours from now on."""

    async def rows(self, sql: str, /, **values: Any) -> list[Row]:
        """All rows of a SELECT over committed data; writing here is refused by the database itself."""

    async def row(self, sql: str, /, **values: Any) -> Row | None:
        """The first row of such a SELECT, or None."""

    async def write(self, work: Callable[[Tx], Awaitable[T]]) -> T:
        """Run `work` in one transaction, all or nothing, and return its result once the COMMIT is durable.

        `work` may await nothing but its transaction, and may be called several times (PostgreSQL, after a
        collision), so it must not change anything outside the transaction. Its exception rolls back and is
        raised here. A cancelled write may have been committed all the same.
        """

    async def alone(self, work: Callable[[Tx], Awaitable[T]]) -> T:
        """Like `write`, while no other process runs such a work, and without time limits: for migrations."""

    async def close(self) -> None:
        """Finish what was accepted, then let go of the database."""
