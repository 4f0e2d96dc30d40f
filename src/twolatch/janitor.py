"""Every hour: rows that decide nothing any more go, papers past their date with them, and who has something that ends
soon is told."""

import asyncio

import structlog

from twolatch import limits
from twolatch.accounts.retention import forget_papers
from twolatch.authenticators.ending import warn
from twolatch.custody.returns import reminding
from twolatch.house import House, WrongClock
from twolatch.house.store import sweep
from twolatch.storage.db import StorageFault, Tx
from twolatch.words.limits import DAY, HOUR, SECOND

log = structlog.get_logger("janitor")

KEEP_CHALLENGES = 2 * DAY
KEEP_SESSIONS = 30 * DAY
KEEP_METERS = 31 * DAY
EVERY = HOUR / SECOND


async def run(house: House) -> None:
    """Until cancelled, once an hour."""
    while True:
        await asyncio.sleep(EVERY)
        try:
            await hourly(house)
        except (StorageFault, WrongClock) as fault:
            log.warning("not_tidied", reason=str(fault))


async def hourly(house: House) -> None:
    await tidy(house, house.clock.now())
    await warn(house, house.clock.now())
    await reminding.warn(house, house.clock.now())
    await forget_papers(house, house.clock.now())


async def tidy(house: House, now: int) -> None:
    async def work(tx: Tx) -> None:
        await limits.sweep(tx, now - KEEP_METERS)
        await sweep(tx, challenges=now - KEEP_CHALLENGES, sessions=now - KEEP_SESSIONS)

    await house.db.write(work)
