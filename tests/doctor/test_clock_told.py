"""The doctor looks at the clock: one that is behind what the site decided, and one that can be moved."""

import asyncio
from pathlib import Path

from tests.doctor.conftest import NOW, REAL, asked, by_code, settings_of
from twolatch.faces.commands.checks.clock import clock
from twolatch.faces.commands.checks.finding import Round
from twolatch.house.store import keep_mark
from twolatch.settings import Settings
from twolatch.storage.db import migrate, open_database


def decided_at(settings: Settings, at: int) -> None:
    async def run() -> None:
        db = await open_database(settings.database)
        await migrate(db)
        await db.write(lambda tx: keep_mark(tx, mark=at, turn=0))
        await db.close()

    asyncio.run(run())


def test_a_clock_that_is_behind_what_the_site_decided_is_told(tmp_path: Path) -> None:
    settings = settings_of(tmp_path)
    assert by_code(clock(asked(settings))) == {}, "there is no database yet"
    decided_at(settings, NOW)
    assert by_code(clock(asked(settings))) == {}
    found = by_code(clock(Round(settings, NOW - 3_600_000)))
    assert set(found) == {"clock.wrong"}
    assert "is 3590 s behind" in found["clock.wrong"].says


def test_a_clock_that_can_be_moved_belongs_to_a_rehearsal(tmp_path: Path) -> None:
    settings = settings_of(tmp_path, movable_clock=True)
    assert set(by_code(clock(asked(settings)))) == {"clock.rehearsal"}
    assert set(by_code(clock(asked(settings.model_copy(update=REAL))))) == {"clock.movable"}
