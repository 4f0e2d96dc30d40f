"""Every hour: rows that decide nothing any more go, papers past their date with them, and who has something that ends
soon is told."""

from twolatch import limits
from twolatch.accounts.retention import forget_papers
from twolatch.authenticators.ending import warn
from twolatch.custody.returns import reminding
from twolatch.house import House
from twolatch.house.rounds import go_round
from twolatch.house.store import sweep
from twolatch.storage.db import Tx
from twolatch.words.limits import DAY, HOUR, SECOND

KEEP_CHALLENGES = 2 * DAY
KEEP_SESSIONS = 30 * DAY
KEEP_METERS = 31 * DAY
EVERY = HOUR / SECOND


async def run(house: House) -> None:
    """Until cancelled, once an hour."""
    await go_round(house, EVERY, hourly, "janitor", "not_tidied")


async def hourly(house: House, now: int) -> None:
    await tidy(house, now)
    await warn(house, now)
    await reminding.warn(house, now)
    await forget_papers(house, now)


async def tidy(house: House, now: int) -> None:
    async def work(tx: Tx) -> None:
        await limits.sweep(tx, now - KEEP_METERS)
        await sweep(tx, challenges=now - KEEP_CHALLENGES, sessions=now - KEEP_SESSIONS)

    await house.db.write(work)
