"""The door of this room: open a database, read, write, migrate. No other room imports a driver.

How to write SQL here, so that it means the same on SQLite and PostgreSQL:
  * Parameters are `:name`, values int, str, bytes, float, bool or None. Booleans are INTEGER 0 and 1, JSON is
    TEXT, times are INTEGER milliseconds, ids are TEXT.
  * A one-time thing is used by one `UPDATE ... WHERE state = :old ... RETURNING`; no row means refused. Never
    SELECT and then UPDATE: on PostgreSQL all who read at the same moment would win.
  * Both know `INSERT ... ON CONFLICT (...) DO NOTHING | DO UPDATE`, `RETURNING`, `LIMIT`, `COALESCE`, `CASE`,
    `CAST(x AS TEXT)`, common table expressions and window functions. Only one of them knows `FOR UPDATE`,
    `::type`, `strftime`, `now()`, `rowid`; `LIKE` minds upper and lower case on PostgreSQL alone.
  * One statement per call. A statement that fails dooms its transaction on both.
"""

from pathlib import Path
from urllib.parse import unquote

from twolatch.storage.faults import (
    ChangedStep,
    CollidedWrites,
    ConstraintBroken,
    ForeignAwait,
    NewerDatabase,
    OtherHistory,
    StorageBusy,
    StorageFault,
    UnsafeDatabase,
    WrongStatement,
)
from twolatch.storage.migrate import migrate, pending_migrations
from twolatch.storage.shapes import Database, Dialect, Row, Tx
from twolatch.storage.sqlite import open_sqlite

__all__ = [
    "ChangedStep",
    "CollidedWrites",
    "ConstraintBroken",
    "Database",
    "Dialect",
    "ForeignAwait",
    "NewerDatabase",
    "OtherHistory",
    "Row",
    "StorageBusy",
    "StorageFault",
    "Tx",
    "UnsafeDatabase",
    "WrongStatement",
    "file_of",
    "is_missing",
    "migrate",
    "open_database",
    "pending_migrations",
    "server_of",
]


def file_of(url: str) -> Path | None:
    """The file of an SQLite address; None for a server's."""
    scheme, _, rest = url.partition("://")
    return Path(unquote(rest.removeprefix("/"))) if scheme == "sqlite" else None


def server_of(url: str) -> str:
    """The address of a server as every program takes it: without what only our own pool reads."""
    from twolatch.storage.postgres import without_pool_size  # an SQLite site never pays for its driver

    return without_pool_size(url)[0]


def is_missing(url: str) -> bool:
    """Whether this is an SQLite address without a file: opening it would make an empty one."""
    file = file_of(url)
    return file is not None and not file.exists()


async def open_database(url: str) -> Database:
    """Open `sqlite:///relative.db`, `sqlite:////absolute.db` or `postgresql://user:word@host/name?pool_size=8`.

    Raises UnsafeDatabase when acknowledged writes could be lost, StorageBusy when the server does not answer,
    StorageFault for anything else, a strange address included.
    """
    scheme, _, rest = url.partition("://")
    if scheme in ("postgresql", "postgres"):
        from twolatch.storage.postgres import open_postgres  # an SQLite site never pays for its driver

        return await open_postgres(url)
    if scheme != "sqlite":
        raise StorageFault("a database address starts with sqlite:/// or postgresql://")
    return await open_sqlite(unquote(rest.removeprefix("/")))
