"""The fence (rule C5): after a restore nothing that was pending or signed in may come back to life.

Each start counts up in the database and in a file beside the master key. A database whose count is behind the file's
was restored from a backup. On PostgreSQL a changed timeline (a promoted standby) raises the fence as well.
"""

import os
from pathlib import Path

import structlog

from twolatch import audit
from twolatch.authenticators.flows import leap_all
from twolatch.house import House
from twolatch.house.store import end_everything, fact, keep_fact
from twolatch.storage.db import Tx
from twolatch.words.events import Event

log = structlog.get_logger("fence")


async def check(house: House) -> bool:
    """Raises the fence when the database is an older one than last time. Returns whether it did."""
    path = house.settings.key_file.with_suffix(".starts")
    seen = _read(path)
    count = int(await fact(house.db, "starts") or 0)
    timeline, known = await _timeline(house), await fact(house.db, "timeline")
    why = "restored" if count < seen else "promoted" if known and known != timeline else ""
    if why:
        await raise_fence(house, house.clock.now(), why)

    async def work(tx: Tx) -> int:
        now_at = max(seen, int(await fact(tx, "starts") or 0)) + 1
        await keep_fact(tx, "starts", str(now_at))
        await keep_fact(tx, "timeline", timeline)
        return now_at

    _write(path, await house.db.write(work))
    return bool(why)


async def raise_fence(house: House, now: int, why: str) -> None:
    """Ends all that is pending and every session. Authenticators stay: their epochs find an older database out."""

    async def work(tx: Tx) -> None:
        ended = await end_everything(tx, now)
        await audit.write(tx, now, Event.FENCED, None, None, why=why, **ended)

    await house.db.write(work)
    leaps = await leap_all(house)
    log.warning("fence_raised", why=why, leaps=leaps)


async def _timeline(house: House) -> str:
    if house.db.dialect == "sqlite":
        return "0"
    row = await house.db.row("SELECT timeline_id AS id FROM pg_control_checkpoint()")
    return str(row["id"]) if row else "0"


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
