"""Every minute: what nobody decided in time is over, and what nobody looked at is forgotten."""

import asyncio

import structlog

from twolatch.desk.proposals.flows import run_out
from twolatch.house import House, WrongClock
from twolatch.storage.db import StorageFault
from twolatch.words.limits import MINUTE, SECOND

EVERY = MINUTE / SECOND

log = structlog.get_logger("desk")


async def run(house: House) -> None:
    """Until cancelled. A proposal that is late for this is over all the same: every decision looks at its time."""
    while True:
        await asyncio.sleep(EVERY)
        try:
            await run_out(house, house.clock.now())
        except (StorageFault, WrongClock) as fault:
            log.warning("proposals_not_ended", reason=str(fault))
