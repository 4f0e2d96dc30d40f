"""One run of a seed: a site of some processes, its clients and thieves, a storm, and the calm after it."""

import asyncio
import shutil
import traceback
from collections.abc import Coroutine
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import structlog.testing

from tests.flows.houses import Time, add_user, empty_site, open_house, settings_of
from tests.simulation import thieves
from tests.simulation.eye import Eye
from tests.simulation.loop import rest
from tests.simulation.losing import reports_and_finds_it
from tests.simulation.moving import gets_a_new_phone
from tests.simulation.node import Node
from tests.simulation.person import Person
from tests.simulation.world import World
from twolatch.audit import exporting, sequencer
from twolatch.house import House
from twolatch.protocol import chain

DEEDS = (gets_a_new_phone, reports_and_finds_it)
STORM = (40.0, 240.0)  # s
CAUGHT_UP = 60.0  # s, within which every process is back and no clock is behind
AFTER = 3600.0  # s, within which everybody is in; a limit may make somebody wait for ten minutes or more


@dataclass(frozen=True)
class Site:
    """An empty site to copy for each run. `house` is closed; the processes of a run take their keys from it."""

    source: Path
    house: House

    @classmethod
    def made(cls, folder: Path) -> "Site":
        source, key = folder / "empty.db", folder / "master.key"
        settings = settings_of(f"sqlite:///{source}", key)

        async def open_once() -> House:
            await empty_site(settings.database, key)
            async with open_house(settings, Time()) as house:
                return house

        return cls(source, asyncio.run(open_once()))


@dataclass(frozen=True)
class Run:
    """`failure` is empty when all went well; `logs` are what the site itself said of faults, and what went up in
    exceptions."""

    seed: int
    trace: str = field(repr=False)
    failure: str
    logs: tuple[str, ...] = field(repr=False)

    def __str__(self) -> str:
        last = "\n".join(self.trace.splitlines()[-60:])
        said = "\n".join(self.logs)
        return f"{last}\n{said}\nseed {self.seed}: {self.failure}\nagain: python -m tests.simulation --from {self.seed}"


def play(site: Site, folder: Path, seed: int) -> Run:
    """The whole of it. The same seed gives the same trace, byte by byte."""
    path = folder / f"{seed}.db"
    shutil.copy(site.source, path)
    world = World(seed)
    eye = Eye(world, path)
    with structlog.testing.capture_logs() as logs:
        try:
            world.loop.run(_live(world, site, path, eye))
        except Exception as fault:
            world.details.append(traceback.format_exc())
            world.fail(f"{type(fault).__name__}: {fault}")
        finally:
            eye.close()
            for node in world.nodes:
                node.db.let_go()
    for each in folder.glob(f"{seed}.db*"):
        each.unlink()
    faults = tuple(repr(each.get("exc_info") or each) for each in logs if each["log_level"] == "error")
    return Run(seed, "\n".join(world.lines) + "\n", world.failure, (*faults, *world.details))


async def _live(world: World, site: Site, path: Path, eye: Eye) -> None:
    world.is_calm = True
    for slot in range(world.chance.choice((2, 2, 3))):
        world.slots.append(Node(world, slot, site.house, path))
        world.slots[-1].start()
    house = world.slots[0].house
    server = house.settings.phone_url
    people = [Person(world, f"c{at}", server, world.chance.randint(2, 5), DEEDS) for at in range(2)]
    for person in people:
        await add_user(house, person.name)
    world.is_calm = False
    world.tell("world", f"storms: {world.weather}")
    story = world.go(_whole_story(world, people))
    beside = [world.go(each) for each in _others(world, people, server)]
    await asyncio.wait([story, world.over], return_when=asyncio.FIRST_COMPLETED)
    for task in beside:
        task.cancel()
    if not world.failure:
        await story
        await _end(world, eye)


def _others(world: World, people: list[Person], server: str) -> list[Coroutine[Any, Any, None]]:
    """Who comes along in this run."""
    guests = [
        thieves.knows_the_password(world, people[0]),
        thieves.looks_over_the_shoulder(world, people[-1], server),
    ]
    return [_weather(world), *(guest for guest in guests if world.chance.random() < 0.5 or guest.close())]


async def _weather(world: World) -> None:
    """Clocks are set back now and then; then it is calm, and late people are late."""
    ends = world.loop.time() + world.chance.uniform(*STORM)
    while world.loop.time() < ends:
        await rest(world.chance.uniform(5, 60))
        if world.weather.step_back:
            world.chance.choice(world.slots).set_clock_back(world.chance.uniform(0, world.weather.step_back))
    world.is_calm = True
    world.calm.set_result(None)
    world.tell("world", "is calm")
    await rest(AFTER)
    world.fail("an hour after the storm somebody is still not in")


async def _whole_story(world: World, people: list[Person]) -> None:
    await asyncio.gather(*(person.live() for person in people))
    for person in people:
        if world.chance.random() < 0.5 and person.copied is not None:
            await thieves.has_a_copy(world, person, person.copied)
        else:
            await thieves.has_the_phone(world, person)


async def _end(world: World, eye: Eye) -> None:
    """The log is whole, every line of it has its place, and so is the file."""
    await rest(CAUGHT_UP)
    house = world.slots[0].house
    await sequencer.chain_all(house, house.clock.now())
    await sequencer.sign(house, house.clock.now())
    lines = [line async for line in exporting.lines(house.db, 500)]
    verdict = chain.walked(lines, await sequencer.public_key(house))
    row = await house.db.row("SELECT COUNT(*) AS many FROM audit")
    if not isinstance(verdict, chain.Sound) or row is None or row["many"] != verdict.lines:
        world.fail(f"the audit log is not whole: {verdict}")
    if not eye.is_whole():
        world.fail("the file is not whole")
    world.tell("world", "ends")
