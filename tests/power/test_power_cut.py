"""The power goes at any moment, and the disk keeps what it likes of what was not synced: whatever was acknowledged is
there afterwards, nothing is half, and what was used stays used.

`TWOLATCH_WITH_POWER_CUTS=1000` tries so many moments. A failure names its seed: the moment of the cut and what the disk
keeps follow from it; how writes of several tasks share a commit does not.
"""

import asyncio
import os
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

import pytest

from tests.flows.houses import Empty, Time, empty_site, open_house, settings_of
from tests.flows.test_killed import DEEDS, count
from tests.power.disk import Disk
from twolatch.house import House
from twolatch.settings import Settings
from twolatch.storage import sqlite
from twolatch.storage.db import Database, StorageFault, Tx, open_database

CUTS = int(os.environ.get("TWOLATCH_WITH_POWER_CUTS", "60"))
TASKS, TURNS = 8, 6
OFF, NORMAL = 0, 1


class Lost(AssertionError):
    """Something that was acknowledged, or half of something that was not."""


@contextmanager
def cut(at: int = 0) -> Iterator[Disk]:
    """All databases opened in here lie on a disk whose power goes at this step."""
    disk = Disk(at)
    try:
        yield disk
    finally:
        disk.unregister()


def made(folder: Path) -> Path:
    folder.mkdir()
    return folder


async def is_whole(db: Database) -> None:
    for pragma in ("integrity_check", "foreign_key_check"):
        found = [row for row in await db.rows(f"PRAGMA {pragma}") if list(row.values()) != ["ok"]]
        if found:
            raise Lost(f"{pragma}: {found[:3]}")


# tickets: many tasks, each work two tables and a one-time thing


@dataclass
class Said:
    """What the tasks were told."""

    is_made: bool = False
    done: set[int] = field(default_factory=set)
    refused: set[int] = field(default_factory=set)


async def make(tx: Tx) -> None:
    await tx.run("CREATE TABLE tickets (number BIGINT PRIMARY KEY, state TEXT NOT NULL)")
    await tx.run("CREATE TABLE uses (number BIGINT PRIMARY KEY REFERENCES tickets (number), story TEXT NOT NULL)")
    for number in range(TASKS * TURNS):
        await tx.run("INSERT INTO tickets (number, state) VALUES (:number, 'open')", number=number)


async def use(number: int, tx: Tx) -> bool:
    """Every fifth thinks better of it after it has written."""
    sql = "UPDATE tickets SET state = 'used' WHERE number = :number AND state = 'open' RETURNING number"
    if await tx.row(sql, number=number) is None:
        return False
    await tx.run("INSERT INTO uses (number, story) VALUES (:number, :story)", number=number, story=f"{number}" * 300)
    if number % 5 == 4:
        raise ValueError("no")
    return True


async def use_all(db: Database, said: Said) -> None:
    await db.write(make)
    said.is_made = True

    async def task(start: int) -> None:
        for number in range(start, TASKS * TURNS, TASKS):
            try:
                assert await db.write(partial(use, number))
                said.done.add(number)
            except ValueError:
                said.refused.add(number)

    for fault in await asyncio.gather(*map(task, range(TASKS)), return_exceptions=True):
        if fault:
            raise fault


async def look_at_tickets(db: Database, said: Said) -> None:
    await is_whole(db)
    if not await db.rows("SELECT name FROM sqlite_schema WHERE name = 'uses'"):
        if said.is_made:
            raise Lost("the tables are gone")
        return
    used = {row["number"] for row in await db.rows("SELECT number FROM tickets WHERE state = 'used'")}
    told = {row["number"] for row in await db.rows("SELECT number FROM uses")}
    if not said.done <= used or used != told or said.refused & used:
        raise Lost(f"acknowledged {said.done - used}, half {used ^ told}, taken back {said.refused & used}")
    for number in sorted(said.done):
        if await db.write(partial(use, number)):
            raise Lost(f"ticket {number} was used twice")


async def tickets(folder: Path, disk: Disk) -> Said:
    said = Said()
    try:
        db = await open_database(f"sqlite:///{folder}/twolatch.db")
    except StorageFault:
        return said
    try:
        await use_all(db, said)
    except StorageFault:
        assert disk.is_off
    finally:
        disk.is_past = True
        await db.close()
    return said


async def steps_of_tickets(folder: Path) -> int:
    """How many there are when nothing goes wrong."""
    with cut() as disk:
        said = await tickets(made(folder), disk)
        assert len(said.done) + len(said.refused) == TASKS * TURNS
    return disk.steps


async def try_tickets(folder: Path, seed: int, steps: int) -> None:
    """One cut. Raises Lost."""
    chance = Random(seed)
    before, after = made(folder / f"{seed}-before"), made(folder / f"{seed}-after")
    with cut(chance.randint(1, steps + steps // 10)) as disk:
        said = await tickets(before, disk)
    disk.after_the_cut(after, chance)
    try:
        db = await open_database(f"sqlite:///{after}/twolatch.db")
    except StorageFault as fault:
        raise Lost(f"it does not open: {fault}") from fault
    try:
        await look_at_tickets(db, said)
    except StorageFault as fault:
        raise Lost(f"it cannot be read: {fault}") from fault
    finally:
        await db.close()


@pytest.fixture
def short_log(monkeypatch: pytest.MonkeyPatch) -> None:
    """Checkpoints every few commits, as a busy site has them every few thousand."""
    monkeypatch.setattr(sqlite, "CHECKPOINT_PAGES", 20)


@pytest.mark.parametrize("log", ["long", "short"])
async def test_whoever_was_told_that_a_ticket_is_used_finds_it_used(
    log: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    if log == "short":
        request.getfixturevalue("short_log")
    steps = await steps_of_tickets(tmp_path / "whole")
    for seed in range(CUTS // 3):
        try:
            await try_tickets(tmp_path, seed, steps)
        except Lost as loss:
            raise AssertionError(f"seed {seed} of {steps} steps, {log} log: {loss}") from loss


@pytest.mark.parametrize("syncs", [OFF, NORMAL], ids=["synchronous=OFF", "synchronous=NORMAL"])
async def test_this_harness_finds_what_a_database_forgets_that_syncs_too_little(
    syncs: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite, "FULL", syncs)
    steps = await steps_of_tickets(tmp_path / "whole")
    lost = 0
    for seed in range(20):
        try:
            await try_tickets(tmp_path, seed, steps)
        except Lost:
            lost += 1
    assert lost >= 5


# logins and activations, as people have them


ACKNOWLEDGED = {
    "claim": "FROM activations WHERE state = 'claimed'",
    "confirm": "FROM activations WHERE state = 'active'",
    "approve": "FROM challenges WHERE purpose = 'login' AND state = 'approved'",
    "collect": "FROM challenges WHERE purpose = 'login' AND state = 'consumed'",
}


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Empty:
    folder: Path = tmp_path_factory.mktemp("empty")
    asyncio.run(empty_site(f"sqlite:///{folder}/empty.db", folder / "master.key"))
    return Empty(folder / "master.key", str(folder / "empty.db"))


@asynccontextmanager
async def opened(settings: Settings, time: Time, disk: Disk) -> AsyncIterator[House]:
    async with open_house(settings, time) as house:
        try:
            yield house
        finally:
            disk.is_past = True


@dataclass
class Scene:
    """What stands before a deed, and how it is looked after."""

    what: str
    key_file: Path
    database: Path
    time: Time
    prepared: Any
    after: Callable[..., Awaitable[None]]

    async def do(self, folder: Path, cut_at: int) -> tuple[Disk, bool]:
        """The deed on a copy, until the power goes; whether it was acknowledged."""
        shutil.copy(self.database, made(folder) / "twolatch.db")
        settings = settings_of(f"sqlite:///{folder}/twolatch.db", self.key_file)
        is_done = False
        with cut(cut_at) as disk:
            try:
                async with opened(settings, self.time, disk) as house:
                    await self.prepared[0].do(house)
                    is_done = True
            except StorageFault:
                assert disk.is_off
        return disk, is_done

    async def look(self, folder: Path, is_done: bool) -> None:
        """Raises AssertionError. The people go on where they were cut off."""
        settings = settings_of(f"sqlite:///{folder}/twolatch.db", self.key_file)
        async with open_house(settings, self.time) as house:
            await is_whole(house.db)
            if is_done:
                assert await count(house, ACKNOWLEDGED[self.what]) == 1, "it was acknowledged"
            deed, phone, seat = self.prepared
            await self.after(house, deed, phone, seat)


async def set_up(what: str, empty: Empty, folder: Path) -> Scene:
    before, after, _ = DEEDS[what]
    time = Time()
    with empty.copy(folder, None) as settings:
        async with open_house(settings, time) as house:
            prepared = await before(house)
    return Scene(what, empty.key_file, folder / "twolatch.db", time, prepared, after)


async def try_deed(what: str, empty: Empty, folder: Path, seed: int, steps: int) -> None:
    """One cut; every third of them just when the answer has left. Raises Lost."""
    chance = Random(f"{what} {seed}")
    scene = await set_up(what, empty, made(folder))  # phones and browsers learn from what happens
    disk, is_done = await scene.do(folder / "before", chance.randint(1, steps) if seed % 3 else 0)
    assert is_done or seed % 3
    disk.after_the_cut(made(folder / "after"), chance)
    try:
        await scene.look(folder / "after", is_done)
    except (AssertionError, StorageFault) as loss:
        raise Lost(f"{what}, seed {seed} of {steps} steps: {loss}") from loss


async def steps_of(what: str, empty: Empty, folder: Path) -> int:
    whole, is_done = await (await set_up(what, empty, made(folder))).do(folder / "all", 0)
    assert is_done
    return whole.steps


@pytest.mark.parametrize("what", ACKNOWLEDGED)
async def test_a_client_goes_on_where_the_power_cut_left_him(what: str, empty: Empty, tmp_path: Path) -> None:
    steps = await steps_of(what, empty, tmp_path / "whole")
    for seed in range(CUTS // 12):
        await try_deed(what, empty, tmp_path / str(seed), seed, steps)


async def test_this_harness_finds_a_login_that_a_database_forgets(
    empty: Empty, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite, "FULL", NORMAL)
    steps, lost = await steps_of("collect", empty, tmp_path / "whole"), 0
    for seed in range(0, 24, 3):
        try:
            await try_deed("collect", empty, tmp_path / str(seed), seed, steps)
        except Lost:
            lost += 1
    assert lost >= 3
