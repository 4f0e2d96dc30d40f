"""The end of papers: gone from the database when their date is past, once, with a line in the audit for each."""

import asyncio

from tests.flows.houses import Time
from tests.flows.test_accounts import made
from tests.flows.test_closing import DAY, closed, events, holder
from twolatch.accounts import flows as accounts
from twolatch.accounts import retention
from twolatch.accounts.importing import Outcome, take_in
from twolatch.house import House
from twolatch.storage.db import Tx

YEARS = 7 * 365 * DAY


async def papers(house: House) -> int:
    return len(await house.db.rows("SELECT id FROM documents"))


async def test_papers_are_gone_when_their_date_is_past_and_not_a_moment_before(house: House, time: Time) -> None:
    who, *_ = await holder(house, time)
    await closed(house, time, who)
    [account] = await accounts.mine(house, who.user)
    time.pass_((account.read_until - house.clock.now()) / 1000 - 1)
    assert await retention.forget_papers(house, house.clock.now()) == 0
    assert await papers(house) == 1
    time.pass_(1)
    assert await retention.forget_papers(house, house.clock.now()) == 1
    assert await papers(house) == 0
    assert await events(house, "accounts:document:removed") == 1
    assert await retention.forget_papers(house, house.clock.now()) == 0


async def test_papers_of_open_accounts_stay_however_old_they_are(house: House, time: Time) -> None:
    who, *_ = await holder(house, time, "A1001", "B2002")
    await take_in(house, "B2002_statement_2019-01.pdf", made(), house.clock.now())
    await closed(house, time, who)
    time.pass_(2 * YEARS)
    assert await retention.forget_papers(house, house.clock.now()) == 1
    left = await accounts.papers(house, who.user, house.clock.now())
    assert [paper.number for paper in left] == ["B2002"]


async def test_many_papers_go_in_portions_and_of_several_processes_each_paper_falls_to_one(
    house: House, time: Time
) -> None:
    who, *_ = await holder(house, time)
    months = [f"{year}-{month:02}" for year in range(2005, 2025) for month in range(1, 13)]

    async def insert(tx: Tx) -> None:
        for month in months:
            await tx.run(
                """INSERT INTO documents (id, account_id, kind, period, size, mark, sealed, created_at)
                   SELECT :id, account_id, kind, :month, size, mark, sealed, created_at FROM documents
                   WHERE period = '2025'""",
                id=house.chance.id(),
                month=month,
            )

    await house.db.write(insert)
    whole = await papers(house)
    await closed(house, time, who)
    time.pass_(YEARS)
    now = house.clock.now()
    done = await asyncio.gather(*(retention.forget_papers(house, now) for _ in range(3)))
    assert sum(done) == whole
    assert await papers(house) == 0
    assert await events(house, "accounts:document:removed") == whole


async def test_nothing_comes_in_any_more_for_papers_that_are_over(house: House, time: Time) -> None:
    who, *_ = await holder(house, time)
    await closed(house, time, who)
    assert await take_in(house, "A1001_statement_2024-01.pdf", made(), house.clock.now()) is Outcome.TAKEN
    time.pass_(YEARS)
    outcome = await take_in(house, "A1001_statement_2024-02.pdf", made(), house.clock.now())
    assert outcome is Outcome.OVER
    assert outcome.is_refused
