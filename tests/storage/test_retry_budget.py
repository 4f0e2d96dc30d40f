"""Trying again helps one who had bad luck. Where everything collides it must not become most of the load."""

import asyncio

import pytest

from twolatch.storage.budget import KEPT, SHARE, RetryBudget
from twolatch.storage.db import CollidedWrites, Tx
from twolatch.storage.postgres import ATTEMPTS, open_postgres

COLLIDE = "DO 'BEGIN RAISE EXCEPTION USING ERRCODE = ''40001''; END'"


def test_ten_pieces_of_work_earn_one_second_try() -> None:
    budget = RetryBudget(kept=3, share=0.125)
    assert [budget.spend() for _ in range(4)] == [True, True, True, False]
    for _ in range(8):
        budget.earn()
    assert [budget.spend() for _ in range(2)] == [True, False]


def test_a_long_quiet_time_earns_no_more_than_is_kept() -> None:
    budget = RetryBudget(kept=3, share=1)
    for _ in range(100):
        budget.earn()
    assert sum(budget.spend() for _ in range(100)) == 3


async def test_where_everything_collides_the_database_is_asked_hardly_more_often(postgres_url: str) -> None:
    db = await open_postgres(postgres_url)
    tries, writes = 0, 100

    async def work(tx: Tx) -> None:
        nonlocal tries
        tries += 1
        await tx.run(COLLIDE)

    for _ in range(2):
        told = await asyncio.gather(*(db.write(work) for _ in range(writes)), return_exceptions=True)
        assert {type(one) for one in told} == {CollidedWrites}, "all of them are told to come back"
    assert tries <= 2 * writes + KEPT + 2 * writes * SHARE < 2 * writes * ATTEMPTS
    assert await db.row("SELECT 1 AS one"), "and it works on"
    await db.close()


@pytest.mark.parametrize("kept", [1, 5])
def test_an_empty_budget_is_no_debt(kept: int) -> None:
    budget = RetryBudget(kept=kept, share=1)
    while budget.spend():
        pass
    for _ in range(10):
        assert not budget.spend()
    budget.earn()
    assert budget.spend()
