"""A clock by itself, and what a process learns of the site's time."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import typer
from pydantic import ValidationError

from tests.flows.houses import Time
from twolatch.faces.api.nonces import is_fresh, nonce
from twolatch.faces.commands import clock as commands
from twolatch.house import Clock, ClockAhead, ClockBehind, Keys, WrongClock
from twolatch.house.keys import Purpose
from twolatch.house.store import keep_mark, keep_moved, site_time
from twolatch.settings import Settings
from twolatch.storage.db import Database, migrate, open_database
from twolatch.timekeeper import SKEW, look

DAY, HOUR = 86_400, 3600


def test_time_that_is_set_back_is_refused_until_it_has_caught_up() -> None:
    time = Time()
    clock = Clock(time)
    before = clock.now()
    time.pass_(-600)
    with pytest.raises(ClockBehind) as refused:
        clock.now()
    assert refused.value.retry_after == 60, "who set it back may set it right at any moment"
    time.pass_(590)
    with pytest.raises(ClockBehind) as refused:
        clock.now()
    assert refused.value.retry_after == 10
    time.pass_(10)
    assert clock.now() == before


def test_a_leap_second_is_no_step_and_time_stands_still_for_it() -> None:
    time = Time()
    clock = Clock(time)
    before = clock.now()
    time.pass_(-1)
    assert clock.now() == before
    time.pass_(0.5)
    assert clock.now() == before
    time.pass_(1)
    assert clock.now() == before + 500


def test_what_is_shown_is_shown_whatever_the_clock_says() -> None:
    time = Time()
    clock = Clock(time)
    before = clock.now()
    time.pass_(-DAY)
    assert clock.latest() == before
    time.pass_(2 * DAY)
    assert clock.latest() == before + DAY * 1000


# what is learnt


@dataclass
class Server:
    """A database whose server tells a time of its own."""

    db: Database
    clock: Time

    dialect = "postgresql"

    async def rows(self, sql: str, /, **values: object) -> list[dict[str, object]]:
        return await self.db.rows(sql, **values)

    async def row(self, sql: str, /, **values: object) -> dict[str, object] | None:
        assert "clock_timestamp" in sql
        return {"now": int(self.clock() * 1000)}


@pytest.fixture
async def db(tmp_path: Path) -> AsyncIterator[Database]:
    opened = await open_database(f"sqlite:///{tmp_path}/twolatch.db")
    await migrate(opened)
    yield opened
    await opened.close()


async def kept(db: Database, at: Time, turn: int = 0) -> None:
    await db.write(lambda tx: keep_mark(tx, mark=int(at() * 1000), turn=turn))


async def test_a_process_that_starts_behind_decides_nothing_until_it_has_caught_up(db: Database) -> None:
    time = Time()
    await kept(db, time)
    time.pass_(-DAY)
    clock = Clock(time)
    await look(db, clock, Settings(), asks_server=True)
    with pytest.raises(ClockBehind):
        clock.now()
    time.pass_(DAY)
    assert clock.now()


async def test_machines_whose_clocks_differ_by_seconds_both_decide(db: Database) -> None:
    time = Time()
    await kept(db, time)
    time.pass_(-3)
    clock = Clock(time)
    await look(db, clock, Settings(), asks_server=True)
    assert clock.now() == int(time() * 1000)


async def test_a_mark_goes_back_in_a_new_turn_only_and_every_process_follows(db: Database) -> None:
    time = Time()
    clock = Clock(time)
    time.pass_(2 * HOUR)
    clock.now()
    await kept(db, time)
    time.pass_(-2 * HOUR)
    await kept(db, time)
    assert (await site_time(db, asks_server=False)).mark == int(time() * 1000) + 2 * HOUR * 1000
    await look(db, clock, Settings(), asks_server=True)
    with pytest.raises(ClockBehind):
        clock.now()
    await kept(db, time, turn=1)
    await look(db, clock, Settings(), asks_server=True)
    assert clock.now() == int(time() * 1000)
    later = Time()
    later.pass_(HOUR)
    await kept(db, later)  # by somebody who has not heard of the turn yet
    assert (await site_time(db, asks_server=False)).turn == 1


@pytest.mark.parametrize(("off", "fault"), [(600, ClockAhead), (2 * HOUR, ClockAhead), (-600, ClockBehind)])
async def test_a_machine_that_differs_from_the_database_server_decides_nothing_until_it_agrees(
    db: Database, off: float, fault: type[WrongClock]
) -> None:
    time, right = Time(), Time()
    server, clock = Server(db, right), Clock(time)
    time.pass_(off)
    if off > 0:
        clock.now()  # before anybody looked
    await look(server, clock, Settings(), asks_server=True)  # type: ignore[arg-type]
    with pytest.raises(fault):
        clock.now()
    time.pass_(-off)
    with pytest.raises(fault):
        clock.now()
    await look(server, clock, Settings(), asks_server=True)  # type: ignore[arg-type]
    assert abs(clock.now() - int(right() * 1000)) <= SKEW


async def test_a_server_that_stepped_back_itself_is_no_witness(db: Database) -> None:
    time, server = Time(), Time()
    await kept(db, time)
    server.pass_(-DAY)
    clock = Clock(time)
    await look(Server(db, server), clock, Settings(), asks_server=True)  # type: ignore[arg-type]
    assert clock.now() == int(time() * 1000)
    time.pass_(-DAY)
    await look(Server(db, server), clock, Settings(), asks_server=True)  # type: ignore[arg-type]
    with pytest.raises(ClockBehind):
        clock.now()


# who may move it


def test_a_clock_that_can_be_moved_is_refused_beside_a_real_mail_server() -> None:
    assert not Settings().movable_clock
    assert Settings(movable_clock=True).movable_clock
    with pytest.raises(ValidationError, match="rehearsals"):
        Settings(movable_clock=True, mail="smtps://post.example.org")


async def test_who_may_not_move_the_clock_is_not_moved_by_a_row_in_the_database(db: Database) -> None:
    time = Time()
    await db.write(lambda tx: keep_moved(tx, DAY * 1000))
    stays, goes = Clock(time), Clock(time)
    await look(db, stays, Settings(), asks_server=True)
    await look(db, goes, Settings(movable_clock=True), asks_server=True)
    assert goes.now() - stays.now() == DAY * 1000


@pytest.mark.parametrize("by", ["", "2", "d", "-2d", "2y", "2 d", "0h", "1234567d"])
def test_only_a_time_that_lies_ahead_is_understood(by: str) -> None:
    with pytest.raises(typer.Exit):
        commands.forward(by)


def test_a_nonce_of_a_machine_that_is_seconds_ahead_is_fresh() -> None:
    house: Any = SimpleNamespace(keys=Keys({(Purpose.MACS, 1): bytes(32)}))
    now = int(Time()() * 1000)
    assert is_fresh(house, nonce(house, now + 3_000), now)
    assert not is_fresh(house, nonce(house, now + 90_000), now)
    assert not is_fresh(house, nonce(house, now - 310_000), now)
