"""What is looked at now and then, for as long as the process lives."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import structlog

from twolatch.house import House, WrongClock
from twolatch.storage.db import StorageFault


async def go_round(
    house: House, seconds: float, look: Callable[[House, int], Awaitable[Any]], logger: str, missed: str
) -> None:
    """Until cancelled. A database that is away or a clock that is wrong costs one look, logged as `missed`."""
    log = structlog.get_logger(logger)
    while True:
        await asyncio.sleep(seconds)
        try:
            await look(house, house.clock.now())
        except (StorageFault, WrongClock) as fault:
            log.warning(missed, reason=str(fault))
