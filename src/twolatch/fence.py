"""The fence (rule C5): after a restore nothing that was pending or signed in may come back to life.

A count stands in the database and in a file beside the master key, and grows at each start and each minute. A database
whose count is behind the file's was put back from a copy. On PostgreSQL another timeline raises the fence as well: a
promoted standby may have missed what was acknowledged. A process that runs meanwhile meets the new history on its next
connection, and refuses to use it until the fence stands.
"""

import asyncio
import os
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import structlog

from twolatch import audit
from twolatch.authenticators.flows import leap_all
from twolatch.house import House, WrongClock, WrongKey
from twolatch.house.store import count_up, end_everything, fact, keep_fact
from twolatch.storage.db import Database, StorageFault, Tx
from twolatch.words.events import Event

log = structlog.get_logger("fence")

EVERY = 60.0  # seconds between two looks: a copy older than that shows itself
SOON = 1.0  # seconds until the next try while the site stands still for it


async def run(house: House, opened: Callable[[], Awaitable[Database]]) -> None:
    """Until cancelled. `opened`: the database of this site, by connections of its own."""
    while True:
        is_forked = await _is_forked_within(house.db, EVERY)
        try:
            await (_follow(house, opened) if is_forked else check(house))
        except (StorageFault, WrongClock, WrongKey, OSError) as fault:
            log.warning("fence_not_checked", reason=str(fault))
            await asyncio.sleep(SOON)


async def _is_forked_within(db: Database, seconds: float) -> bool:
    try:
        await asyncio.wait_for(db.forked(), seconds)
    except TimeoutError:
        return False
    return True


async def _follow(house: House, opened: Callable[[], Awaitable[Database]]) -> None:
    """Nobody in this process uses the other history before it was looked at."""
    fresh = await opened()
    try:
        await check(replace(house, db=fresh))
    finally:
        await fresh.close()
    house.db.follow(fresh)


async def check(house: House) -> bool:
    """Raises the fence when the database is an older one than last time. Returns whether it did."""
    path = house.settings.key_file.with_suffix(".starts")
    seen, now = _read(path), house.clock.latest()  # whatever the clock says

    async def count(tx: Tx) -> int:
        reached = await count_up(tx, "starts", seen)
        await keep_fact(tx, "timeline", house.db.timeline)
        return reached

    async def work(tx: Tx) -> tuple[str, int]:
        """Of several processes that find it, one raises the fence and the others wait until it stands."""
        why = await _why(tx, seen, house.db.timeline)
        if why:
            await _raise(tx, house, now, why)
        return why, await count(tx)

    if await _why(house.db, seen, house.db.timeline):
        why, reached = await house.db.alone(work)
    else:
        why, reached = "", await house.db.write(count)
    _write(path, reached)
    return bool(why)


async def raise_fence(house: House, now: int, why: str) -> None:
    """Ends all that is pending and every session. Authenticators stay: their epochs find an older database out."""
    await house.db.alone(lambda tx: _raise(tx, house, now, why))


async def _why(db: Database | Tx, seen: int, timeline: str) -> str:
    known = await fact(db, "timeline")
    if int(await fact(db, "starts") or 0) < seen:
        return "restored"
    return "promoted" if known and known != timeline else ""


async def _raise(tx: Tx, house: House, now: int, why: str) -> None:
    ended = await end_everything(tx, now)
    leaps = await leap_all(tx, house)
    await audit.write(tx, now, Event.FENCED, None, None, why=why, **ended)
    tx.after(lambda: log.warning("fence_raised", why=why, leaps=leaps))


def _read(path: Path) -> int:
    try:
        return int(path.read_text(encoding="ascii"))
    except (OSError, ValueError):
        return 0


def _write(path: Path, count: int) -> None:
    """Whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)  # the key itself may be kept elsewhere
    beside = path.with_suffix(f".{os.getpid()}.new")
    beside.write_text(str(count), encoding="ascii")
    beside.replace(path)
