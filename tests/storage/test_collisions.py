import asyncio

import asyncpg
import pytest

from twolatch.storage.asyncpg_talk import told_by_state
from twolatch.storage.db import CollidedWrites, StorageBusy, Tx
from twolatch.storage.postgres import ATTEMPTS, PostgresDatabase, open_postgres

ADD = "UPDATE pair SET n = n + 1 WHERE id = :id"
COLLIDE = "DO 'BEGIN RAISE EXCEPTION USING ERRCODE = ''40001''; END'"


async def lay_out(db: PostgresDatabase) -> None:
    await db.write(lambda tx: tx.run("CREATE TABLE pair (id TEXT PRIMARY KEY, n BIGINT)"))
    await db.write(lambda tx: tx.run("INSERT INTO pair VALUES ('a', 0), ('b', 0)"))


async def test_who_lost_a_deadlock_is_tried_again(postgres_url: str) -> None:
    """Anna holds a and wants b, Ben holds b and wants a. PostgreSQL stops Anna, who waited first."""
    db = await open_postgres(postgres_url)
    await lay_out(db)
    tries, told = list[str](), list[str]()

    async def work(tx: Tx) -> None:
        tries.append("once more")
        tx.after(lambda: told.append("anna"))
        for name in ("a", "b"):
            await tx.run(ADD, id=name)

    ben = await asyncpg.connect(postgres_url)
    await ben.execute("SET deadlock_timeout = '1min'")  # Ben does not look, so it is never Ben who is stopped
    async with ben.transaction():
        await ben.execute("UPDATE pair SET n = n + 1 WHERE id = 'b'")
        anna = asyncio.create_task(db.write(work))
        while not await db.rows("SELECT 1 AS waits FROM pg_locks WHERE NOT granted"):
            assert not anna.done()
        await ben.execute("UPDATE pair SET n = n + 1 WHERE id = 'a'")
    await anna
    assert tries == ["once more"] * 2
    assert told == ["anna"]
    assert [row["n"] for row in await db.rows("SELECT n FROM pair")] == [2, 2]
    await ben.close()
    await db.close()


async def test_after_enough_attempts_the_caller_is_told_to_come_back(postgres_url: str) -> None:
    db = await open_postgres(postgres_url)
    tries: list[int] = []

    async def work(tx: Tx) -> None:
        tries.append(1)
        tx.after(lambda: tries.append(1000))
        await tx.run(COLLIDE)

    with pytest.raises(StorageBusy) as busy:
        await db.write(work)
    assert isinstance(busy.value, CollidedWrites)
    assert sum(tries) == ATTEMPTS
    await db.close()


async def test_a_table_that_was_changed_meanwhile_is_met_by_trying_again(postgres_url: str) -> None:
    """A running process keeps prepared statements; a migration by another process makes them stale."""
    db = await open_postgres(postgres_url, pool_size=1)
    await lay_out(db)
    read = "SELECT * FROM pair WHERE id = :id"
    await db.write(lambda tx: tx.row(read, id="a"))
    other = await open_postgres(postgres_url, pool_size=1)
    await other.write(lambda tx: tx.run("ALTER TABLE pair ADD COLUMN note TEXT"))
    row = await db.write(lambda tx: tx.row(read, id="a"))
    assert dict(row or {}) == {"id": "a", "n": 0, "note": None}
    await other.close()
    await db.close()


@pytest.mark.parametrize("state", ["08006", "53300", "57P01", "57014", "55P03"])
def test_a_server_in_trouble_means_come_back_later(state: str) -> None:
    fault = told_by_state(Exception("trouble"), state)
    assert isinstance(fault, StorageBusy)
    assert not isinstance(fault, CollidedWrites)
