"""The time of a site, kept by its processes together (rule C6, decision 0030).

A process that starts knows nothing of what was decided before, and two machines may disagree. So the latest time at
which this site decided, its mark, stands in the database too. Every few seconds each process looks at it and, where
the database is a server, at that one's clock: who is behind or ahead decides nothing until his clock is right. No
request asks for any of this.
"""

import asyncio
from collections.abc import Awaitable

import structlog

from twolatch import audit
from twolatch.fence import raise_fence
from twolatch.house import Clock, House, WrongClock
from twolatch.house.store import keep_mark, keep_moved, moved, site_time
from twolatch.settings import Settings
from twolatch.storage.db import Database, StorageFault, Tx
from twolatch.words.events import Event
from twolatch.words.limits import DAY, SECOND

log = structlog.get_logger("clock")

EVERY, EVERY_MOVABLE = 5.0, 1.0  # seconds between two looks
KEPT_EVERY = 10 * SECOND  # a mark is written by whoever finds it as old as that
SKEW = 10 * SECOND  # between the clocks of two machines, and between those and the database server's
FURTHEST = 3650 * DAY


class NotMovable(Exception):
    """The clock of this site cannot be moved as wished; the text says why."""


async def look(db: Database, clock: Clock, settings: Settings, *, asks_server: bool) -> int:
    """What the site knows of the time, learnt by this process. Returns its mark.

    A server whose clock is behind the mark stepped back itself, and is no witness against anybody.
    """
    before = clock.told() - clock.moved
    site = await site_time(db, asks_server=asks_server)
    after = clock.told() - clock.moved
    clock.moved = site.moved if settings.movable_clock else 0
    clock.learn(site.mark - SKEW, site.turn)
    if site.server and site.server + clock.moved >= site.mark - SKEW:
        differs = max(0, before - SKEW - site.server) or min(0, after + SKEW - site.server)
        clock.differ(differs, site.server + clock.moved + SKEW)
    else:
        clock.differ(0, clock.latest())
    return site.mark


async def run(house: House) -> None:
    """Until cancelled. A site that ends says when it did, so that its next start goes on from there."""
    is_movable = house.settings.movable_clock
    if is_movable:
        log.warning("clock_is_movable", ahead_seconds=house.clock.moved // SECOND)
    was, seen = "", _Seen(house.clock)
    try:
        while True:
            was = await _say(was, _keep(house, KEPT_EVERY))
            seen = seen.told(house.clock)
            await asyncio.sleep(EVERY_MOVABLE if is_movable else EVERY)
    finally:
        await _say(was, _keep(house, 1))


class _Seen:
    """How clock and mark stood at the last look, beside the time that runs evenly."""

    def __init__(self, clock: Clock) -> None:
        self._steady = asyncio.get_running_loop().time()
        self._at, self._turn = clock.told(), clock.turn

    def told(self, clock: Clock) -> "_Seen":
        """Says that time jumped, or was taken back by an operator. Returns how it stands now."""
        now = _Seen(clock)
        leapt = now._at - self._at - int((now._steady - self._steady) * SECOND)
        if abs(leapt) > SKEW:
            log.warning("clock_leapt", seconds=leapt // SECOND)
        if now._turn != self._turn:
            log.warning("clock_taken_back")
        return now


async def _say(was: str, kept: Awaitable[None]) -> str:
    """The name of the fault, which is logged when it is another one than before."""
    fault: Exception | None = None
    try:
        await kept
    except (WrongClock, StorageFault) as why:
        fault = why
    name = type(fault).__name__ if fault else ""
    if name != was:
        log.warning("clock_not_kept" if fault else "clock_kept_again", reason=str(fault or ""))
    return name


async def _keep(house: House, age: int) -> None:
    """Looks, and writes the mark when it is `age` ms old: also when this process is behind what it decided itself.
    Raises WrongClock, StorageFault."""
    mark = await look(house.db, house.clock, house.settings, asks_server=True)
    decided, turn = house.clock.decided(), house.clock.turn
    if decided - mark >= age:
        await house.db.write(lambda tx: keep_mark(tx, mark=decided, turn=turn))
    house.clock.now()


async def take_back(house: House) -> int:
    """The machine's clock is right, and what the site decided before was dated too late. By how much (ms); 0 when the
    clock is not behind. Whatever could come back to life is ended first."""
    mark = await look(house.db, house.clock, house.settings, asks_server=False)
    now, turn = house.clock.told(), house.clock.turn
    if mark - now <= SKEW:
        return 0
    await raise_fence(house, now, "clock")
    await house.db.write(lambda tx: keep_mark(tx, mark=now, turn=turn + 1))
    return mark - now


async def forward(house: House, by: int) -> int:
    """Moves the time of a rehearsal `by` ms on, for all its processes. Returns how far (ms) it is ahead now."""
    if not house.settings.movable_clock:
        raise NotMovable("this is no site to rehearse on: TWOLATCH_MOVABLE_CLOCK is not set")
    now = house.clock.now()

    async def work(tx: Tx) -> int:
        ahead = await moved(tx) + by
        if ahead > FURTHEST:
            raise NotMovable(f"the clock would be more than {FURTHEST // DAY} days ahead")
        await _move(tx, now, ahead)
        return ahead

    return await house.db.write(work)


async def reset(house: House) -> None:
    """A rehearsal goes back to the machine's time. Its processes are behind then, until `take_back`."""
    await house.db.write(lambda tx: _move(tx, house.clock.latest(), 0))


async def _move(tx: Tx, now: int, ahead: int) -> None:
    await keep_moved(tx, ahead)
    await audit.write(tx, now, Event.CLOCK_MOVED, None, None, ahead_seconds=ahead // SECOND)
