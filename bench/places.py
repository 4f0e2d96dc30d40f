"""The two databases: a fresh one to fill, and what each can tell of itself."""

import shutil
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, TypeVar

import apsw
import asyncpg

from bench import gauges
from tests.databases import NoPostgres, Server, drop_database, fresh_database, start_postgres

T = TypeVar("T")


class Sqlite:
    name = "SQLite"

    def __init__(self) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="twolatch-bench-"))
        self._path = Path()

    def fresh(self, label: str) -> str:
        self._path = self._folder / label / "twolatch.db"
        self._path.parent.mkdir()
        return f"sqlite:///{self._path}"

    def family(self) -> list[int]:
        return []  # it lives in the server's own threads

    async def settle(self) -> None:
        """Moves the log into the file, so that filling is not paid for by the first logins."""
        connection = apsw.Connection(str(self._path))
        connection.pragma("wal_checkpoint", "TRUNCATE")
        connection.close()

    async def tidy(self) -> None:
        """SQLite keeps no old versions of rows."""

    async def size(self) -> dict[str, int]:
        """Bytes of the database, in whole pages. (Its log is a ring: its length tells nothing.)"""
        connection = apsw.Connection(str(self._path))
        rows = connection.pragma("page_count") * connection.pragma("page_size")
        connection.close()
        return {"rows": rows}

    async def content(self) -> int:
        """Bytes of what stands in the rows, without anything that a database adds to find them again."""
        connection = apsw.Connection(str(self._path))
        tables = [
            name for (name,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'").fetchall()
        ]
        found = 0
        for table in tables:
            columns = [column for _, column, *_ in connection.execute(f"PRAGMA table_info({table})").fetchall()]
            lengths = " + ".join(f"COALESCE(LENGTH(CAST({column} AS BLOB)), 0)" for column in columns)
            found += connection.execute(f"SELECT COALESCE(SUM({lengths}), 0) FROM {table}").fetchall()[0][0]
        connection.close()
        return int(found)

    async def talks(self) -> frozenset[tuple[int, str]] | None:
        return None  # SQLite keeps no account of what it was asked; the gauges show that nothing ran

    def drop(self) -> None:
        shutil.rmtree(self._path.parent, ignore_errors=True)

    def close(self) -> None:
        shutil.rmtree(self._folder, ignore_errors=True)


class Postgres:
    name = "PostgreSQL"

    def __init__(self) -> None:
        """Raises NoPostgres with the reason."""
        self._server: Server = start_postgres()
        self._postmaster = int((self._server.data / "postmaster.pid").read_text().split("\n")[0])
        self._url = ""
        self._asker: asyncpg.Connection[Any] | None = None
        self._counter: asyncpg.Connection[Any] | None = None  # in the site's own database

    def fresh(self, label: str) -> str:
        self._url = fresh_database(self._server)
        return self._url

    def family(self) -> list[int]:
        """Its processes, without those that only answer the bench."""
        ours = {one.get_server_pid() for one in (self._asker, self._counter) if one}
        return [self._postmaster, *(pid for pid in gauges.children(self._postmaster) if pid not in ours)]

    async def settle(self) -> None:
        """Statistics and a checkpoint, so that neither planner nor disk still lives in the time of filling."""
        inside = await self._inside()
        for step in ("CREATE EXTENSION IF NOT EXISTS pg_freespacemap", "VACUUM ANALYZE", "CHECKPOINT"):
            await inside.execute(step)

    async def tidy(self) -> None:
        """What old versions of rows took is free again: the server of a site sees to that itself, in its own time."""
        await (await self._inside()).execute("VACUUM")

    async def size(self) -> dict[str, int]:
        """Bytes of all log written so far, and those of the database that are in use; what is free in its files after a
        vacuum waits for the next rows."""
        inside = await self._inside()
        log = await inside.fetchval("SELECT (pg_current_wal_insert_lsn() - '0/0')::bigint")
        await self.tidy()
        rows = await inside.fetchval(
            "SELECT pg_database_size(current_database()) - SUM(free.avail)::bigint"
            " FROM pg_class, LATERAL pg_freespace(pg_class.oid::regclass) AS free WHERE relkind IN ('r', 't', 'i')"
        )
        return {"rows": rows, "log": log}

    async def content(self) -> int:
        """Bytes of what stands in the rows, without anything that a database adds to find them again."""
        inside = await self._inside()
        columns = await inside.fetch(
            "SELECT table_name AS of, column_name AS name, data_type AS kind FROM information_schema.columns"
            " WHERE table_schema = 'public'"
        )
        found = 0
        for table in {column["of"] for column in columns}:
            own = [(column["name"], column["kind"]) for column in columns if column["of"] == table]
            lengths = " + ".join(_length(name, kind) for name, kind in own)
            found += await inside.fetchval(f"SELECT COALESCE(SUM({lengths}), 0)::bigint FROM {table}")
        return int(found)

    async def _inside(self) -> "asyncpg.Connection[Any]":
        """One connection to the site's own database, that stays."""
        if self._counter is None:
            self._counter = await asyncpg.connect(self._url)
        return self._counter

    async def talks(self) -> frozenset[tuple[int, str]] | None:
        """The site's connections, and when each was asked something last. (Counts of statements come seconds late.)

        Left out is the one over which processes hint to each other: it shows a sign of life every 15 s.
        """
        rows = await self._ask(
            "SELECT pid, query_start::text AS at FROM pg_stat_activity"
            f" WHERE datname = '{self._url.rpartition('/')[2]}' AND application_name = 'twolatch'"
        )
        return frozenset((row["pid"], row["at"]) for row in rows)

    async def _ask(self, sql: str) -> list[asyncpg.Record]:
        """From another database, over one connection that stays."""
        if self._asker is None:
            self._asker = await asyncpg.connect(self._server.address("postgres"))
        return list(await self._asker.fetch(sql))

    def drop(self) -> None:
        if self._counter is not None:
            self._counter.terminate()
            self._counter = None
        drop_database(self._server, self._url)

    def close(self) -> None:
        if self._asker is not None:
            self._asker.terminate()
        self._server.stop()


def _length(column: str, kind: str) -> str:
    return f"COALESCE(octet_length({column if kind == 'bytea' else f'{column}::text'}), 0)"


async def on_each(only: str | None, play: Callable[[Sqlite | Postgres], Awaitable[T]]) -> dict[str, T]:
    """What was found on the database that is named in small letters, or on both; by their names. One that is not here
    is skipped, and that is said."""
    found: dict[str, T] = {}
    for kind in (Sqlite, Postgres):
        if only not in {None, kind.name.lower()}:
            continue
        try:
            place = kind()
        except NoPostgres as reason:
            print(f"{kind.name}: skipped, {reason}")
            continue
        try:
            found[kind.name] = await play(place)
        finally:
            place.close()
    return found
