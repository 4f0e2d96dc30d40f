import asyncio
import os
import stat
from pathlib import Path

import pytest

from tests.databases import Server, drop_database, fresh_database
from twolatch.storage.db import StorageBusy, StorageFault, Tx, UnsafeDatabase, open_database
from twolatch.storage.postgres import open_postgres, why_unsafe, without_pool_size
from twolatch.storage.sqlite import why_unsafe_version

SOUND = ["3.51.3", "3.51.4", "3.52.0", "3.54.1", "4.0.0", "3.50.7", "3.44.6", "3.6.23"]
BROKEN = ["3.7.0", "3.7.17", "3.40.1", "3.44.5", "3.44.7", "3.45.0", "3.50.6", "3.50.8", "3.51.0", "3.51.2"]


@pytest.mark.parametrize("version", SOUND)
def test_an_sqlite_without_the_wal_reset_bug_is_sound(version: str) -> None:
    assert why_unsafe_version(version) is None


@pytest.mark.parametrize("version", BROKEN)
def test_an_sqlite_with_the_wal_reset_bug_is_unsafe(version: str) -> None:
    assert "pip install" in str(why_unsafe_version(version))


async def test_an_unsafe_sqlite_is_not_opened(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("apsw.sqlite_lib_version", lambda: "3.51.2")
    with pytest.raises(UnsafeDatabase, match="WAL-reset"):
        await open_database(f"sqlite:///{tmp_path}/a.db")
    assert not (tmp_path / "a.db").exists()


@pytest.mark.parametrize(
    "url",
    [
        "sqlite://",
        "sqlite:///",
        "sqlite:///:memory:",
        "sqlite:///file:x?mode=memory",
        "sqlite:///%3Amemory%3A",
    ],
)
async def test_a_database_in_memory_is_refused(url: str) -> None:
    with pytest.raises(UnsafeDatabase, match="Name a file"):
        await open_database(url)


@pytest.mark.parametrize("url", ["", "mysql://a/b", "twolatch.db"])
async def test_a_strange_address_is_refused(url: str) -> None:
    with pytest.raises(StorageFault, match="sqlite:///"):
        await open_database(url)


async def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.db").write_text("a letter to Anna, long enough to have a header" * 10)
    with pytest.raises(StorageFault, match="cannot open"):
        await open_database(f"sqlite:///{tmp_path}/a.db")
    with pytest.raises(StorageFault, match="cannot open"):
        await open_database(f"sqlite:///{tmp_path}/nowhere/a.db")


async def open_and_close(url: str) -> None:
    await (await open_database(url)).close()


async def test_only_the_owner_can_read_the_sqlite_files(tmp_path: Path) -> None:
    db = await open_database(f"sqlite:///{tmp_path}/a.db")
    await db.write(lambda tx: tx.run("CREATE TABLE a (x TEXT)"))
    modes = {entry.name: stat.S_IMODE(entry.stat().st_mode) for entry in os.scandir(tmp_path)}
    assert modes == {"a.db": 0o600, "a.db-wal": 0o600, "a.db-shm": 0o600}
    await db.close()


def test_a_relative_address_is_relative(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    asyncio.run(open_and_close("sqlite:///here.db"))
    assert (tmp_path / "here.db").exists()


async def test_a_postgresql_that_may_forget_commits_is_refused(postgres: Server) -> None:
    url = fresh_database(postgres)
    postgres.do(f"ALTER DATABASE {url.rpartition('/')[2]} SET synchronous_commit = off")
    with pytest.raises(UnsafeDatabase, match="RESET synchronous_commit"):
        await open_database(url)
    drop_database(postgres, url)


async def test_a_database_that_became_unsafe_gets_no_new_connection(
    postgres: Server, postgres_url: str
) -> None:
    db = await open_postgres(postgres_url, pool_size=2)
    postgres.do(f"ALTER DATABASE {postgres_url.rpartition('/')[2]} SET synchronous_commit = off")

    lent = await db._lender.take()
    with pytest.raises(UnsafeDatabase):
        await db.rows("SELECT 1 AS one")
    db._lender.put_back(lent)
    await db.close()


FACTS = {"fsync": "on", "synchronous_commit": "on", "encoding": "UTF8", "is_replica": False}


@pytest.mark.parametrize("commit", ["on", "local", "remote_write", "remote_apply"])
def test_a_server_that_flushes_its_log_is_sound(commit: str) -> None:
    assert why_unsafe(FACTS | {"synchronous_commit": commit}) is None


@pytest.mark.parametrize(
    "fact", [{"fsync": "off"}, {"synchronous_commit": "off"}, {"encoding": "SQL_ASCII"}, {"is_replica": True}]
)
def test_a_server_that_cannot_be_relied_on_is_unsafe(fact: dict[str, object]) -> None:
    assert why_unsafe(FACTS | fact)


async def test_a_server_that_is_not_there_is_busy(postgres: Server) -> None:
    with pytest.raises(StorageBusy):
        await open_database("postgresql://postgres@127.0.0.1:1/nowhere")
    with pytest.raises(StorageFault, match="3D000"):
        await open_database(postgres.address("nowhere"))


async def test_a_broken_connection_is_busy_and_then_replaced(postgres: Server, postgres_url: str) -> None:
    db = await open_postgres(postgres_url, pool_size=1)

    async def work(tx: Tx) -> None:
        me = (await tx.row("SELECT pg_backend_pid() AS pid") or {})["pid"]
        postgres.do(f"SELECT pg_terminate_backend({me})")
        await tx.rows("SELECT 1 AS one")

    with pytest.raises(StorageBusy):
        await db.write(work)
    assert len(await db.rows("SELECT 1 AS one")) == 1
    await db.close()


def test_the_size_of_the_pool_is_ours_and_the_rest_is_the_servers() -> None:
    assert without_pool_size("postgresql://a:b%40c@h:1/d?pool_size=3&sslmode=require") == (
        "postgresql://a:b%40c@h:1/d?sslmode=require",
        3,
    )
    assert without_pool_size("postgresql://h/d")[1] == 8
    for size in ("0", "-1", "many", ""):
        with pytest.raises(StorageFault, match="pool_size"):
            without_pool_size(f"postgresql://h/d?pool_size={size}")
