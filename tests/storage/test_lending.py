"""Connections to PostgreSQL go from hand to hand, and none is lost on the way."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.databases import Server
from twolatch.storage.db import StorageBusy, StorageFault, Tx
from twolatch.storage.lending import Lender
from twolatch.storage.postgres import PostgresDatabase, open_postgres

PATIENCE = 60.0  # only who waits in vain pays it


@pytest.fixture
async def db(postgres_url: str) -> AsyncIterator[PostgresDatabase]:
    """With one connection, so that everybody needs the same."""
    database = await open_postgres(postgres_url, pool_size=1, acquire_patience=PATIENCE)
    yield database
    await database.close()


async def who(db: PostgresDatabase) -> int:
    row = await db.row("SELECT pg_backend_pid() AS pid")
    return int((row or {})["pid"])


def lender(db: PostgresDatabase) -> Lender:
    return db._lender


async def test_the_same_connection_serves_one_after_another(db: PostgresDatabase) -> None:
    assert len({await who(db) for _ in range(5)}) == 1


async def test_whoever_waits_gets_the_one_that_comes_back_and_they_get_it_in_their_order(db: PostgresDatabase) -> None:
    lent, order = await lender(db).take(), []

    async def ask(name: str) -> None:
        await who(db)
        order.append(name)

    asking = [asyncio.ensure_future(ask(name)) for name in ("Anna", "Bert", "Cora")]
    await asyncio.sleep(0)
    lender(db).put_back(lent)
    await asyncio.gather(*asking)

    assert order == ["Anna", "Bert", "Cora"]


async def test_who_gets_none_in_time_is_told_to_come_back(postgres_url: str) -> None:
    db = await open_postgres(postgres_url, pool_size=1, acquire_patience=0.2)
    lent = await lender(db).take()
    with pytest.raises(StorageBusy, match="no PostgreSQL connection"):
        await who(db)
    lender(db).put_back(lent)

    assert await who(db)
    await db.close()


async def test_who_gives_up_waiting_leaves_it_to_the_next(db: PostgresDatabase) -> None:
    lent = await lender(db).take()
    impatient, patient = asyncio.ensure_future(who(db)), asyncio.ensure_future(who(db))
    await asyncio.sleep(0)
    lender(db).put_back(lent)  # it is on its way to the first
    impatient.cancel()

    assert await patient
    assert await who(db)


async def test_what_is_given_up_in_the_middle_of_a_statement_holds_nobody_up(db: PostgresDatabase) -> None:
    asked = asyncio.Event()

    async def work(tx: Tx) -> None:
        asked.set()
        await tx.rows("SELECT pg_sleep(600) AS one")

    sleeping = asyncio.ensure_future(db.write(work))
    await asked.wait()
    sleeping.cancel()
    with pytest.raises(asyncio.CancelledError):
        await sleeping

    assert await who(db)


async def test_one_that_fell_while_nobody_had_it_is_replaced(db: PostgresDatabase, postgres: Server) -> None:
    before = await who(db)
    lent = await lender(db).take()
    fallen: asyncio.Event = asyncio.Event()
    lent.add_termination_listener(lambda _: fallen.set())
    lender(db).put_back(lent)
    postgres.do(f"SELECT pg_terminate_backend({before})")
    await fallen.wait()

    assert await who(db) != before


async def test_a_fault_costs_nobody_else_the_connection(db: PostgresDatabase) -> None:
    async def wrong(tx: Tx) -> None:
        await tx.rows("SELECT 1 / 0 AS one")

    for _ in range(3):
        with pytest.raises(StorageFault):
            await db.rows("SELECT nothing FROM nowhere")
        with pytest.raises(StorageFault):
            await db.write(wrong)

    assert await who(db)


async def test_closing_waits_for_what_is_lent(postgres_url: str) -> None:
    db = await open_postgres(postgres_url, pool_size=2)
    lent: Any = await lender(db).take()
    closing = asyncio.ensure_future(db.close())
    await asyncio.sleep(0)
    assert not closing.done()

    lender(db).put_back(lent)
    await closing


async def test_a_connection_that_fell_while_it_was_handed_over_is_busy_and_no_fault_of_ours(postgres_url: str) -> None:
    db = await open_postgres(postgres_url, pool_size=1)
    lent = await db._lender.take()
    reading = asyncio.ensure_future(db.rows("SELECT 1 AS one"))
    await asyncio.sleep(0)
    lent.terminate()  # it fell, and the pool took it back
    db._lender.put_back(lent)
    with pytest.raises(StorageBusy):
        await reading
    assert len(await db.rows("SELECT 1 AS one")) == 1
    await db.close()
