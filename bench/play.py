"""What is played on one database: in a small town everything, in a large one what may grow with it."""

import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench import gauges, registry
from bench.site import Site, free_port
from bench.stage import Loader, Numbers, Stage

WHILES = 6


@dataclass(frozen=True)
class Plan:
    """How much is played. `logins` by how many at once; `waiting` browsers and as many phones; idle in seconds."""

    small: int
    large: int
    active: int
    logins: dict[int, int]
    activations: int
    guesses: int
    refused: int
    waiting: int
    idle: float


FULL = Plan(1_000, 100_000, 600, {1: 40, 8: 200, 32: 250}, 40, 20, 200, 200, 5.0)
QUICK = Plan(1_000, 0, 200, {1: 8, 8: 40}, 8, 6, 50, 40, 2.0)


async def play(place: Any, plan: Plan, hash_ms: float) -> Numbers:
    """Everything on one database. Keys of `logins` are how many at once."""
    found: Numbers = {}
    async with staged(place, plan, plan.small, hash_ms) as (stage, begun):
        found["small"] = {"users": plan.small, **begun, **await _logins(stage, plan)}
        found["activation"] = await stage.measure("activations", count=plan.activations, at_once=4)
        found["guesses"] = await _guesses(stage, plan)
        found["small"]["memory_after_kib"] = gauges.memory(stage.pid)
        found["waiting"] = await _waiting(stage, plan)
    if plan.large:
        async with staged(place, plan, plan.large, hash_ms) as (stage, begun):
            found["large"] = {"users": plan.large, **begun, **await _logins(stage, plan)}
            found["large"]["memory_after_kib"] = gauges.memory(stage.pid)
    return found


@asynccontextmanager
async def staged(place: Any, plan: Plan, size: int, hash_ms: float) -> AsyncIterator[tuple[Stage, Numbers]]:
    """A filled, running site with its load connected; the server has hashed and served before it is measured."""
    folder = Path(tempfile.mkdtemp(prefix="twolatch-bench-"))
    site = Site(folder, place.fresh(f"clients{size}"), free_port())
    load: Loader | None = None
    try:
        site.run("migrate")
        town = await registry.fill(registry.settings_of(site), site.port, size, plan.active, 2 * plan.activations)
        await place.settle()
        load = await Loader.start(town, folder)
        begun: Numbers = {"ready_s": sorted([_restarted(site), _restarted(site), site.start()])[1]}
        await asyncio.sleep(0.3)
        begun["memory_kib"] = gauges.memory(site.pid)
        stage = Stage(site, place, load, hash_ms)
        await stage.find_hashing()
        await load.do("logins", count=8, at_once=4)
        yield stage, begun
    finally:
        if load:
            await load.stop()
        site.stop()
        place.drop()
        shutil.rmtree(folder, ignore_errors=True)


def _restarted(site: Site) -> float:
    seconds = site.start()
    site.stop()
    return seconds


async def _logins(stage: Stage, plan: Plan) -> Numbers:
    return {
        "logins": {
            str(at_once): await stage.measure("logins", count=count, at_once=at_once)
            for at_once, count in plan.logins.items()
        }
    }


async def _guesses(stage: Stage, plan: Plan) -> Numbers:
    """One password posted at an open page: right, wrong, and refused by the limit before it is looked at."""
    found = {}
    for kind in ("right", "wrong"):
        await stage.load.do("knock", count=plan.guesses)
        found[kind] = await stage.measure("guess", kind=kind)
    await stage.load.do("knock", count=1)
    await stage.load.do("guess", kind="wrong", times=5)
    found["refused"] = await stage.measure("guess", kind="refused", times=plan.refused)
    return found


async def _waiting(stage: Stage, plan: Plan) -> Numbers:
    """Nobody there, then a crowd that waits: what the server and the database do meanwhile."""
    alone = await _quiet(stage, plan.idle)
    before = gauges.memory(stage.pid)
    await stage.load.do("wait", browsers=plan.waiting, phones=plan.waiting)
    await asyncio.sleep(0.5)
    crowd = await _quiet(stage, plan.idle)
    held = gauges.memory(stage.pid) - before
    await stage.load.do("leave")
    return {"people": 2 * plan.waiting, "alone": alone, "crowd": crowd, "held_kib": held / (2 * plan.waiting)}


async def _quiet(stage: Stage, seconds: float) -> Numbers:
    """The while in which least was asked: each process looks at the time of the site now and then, and after a login
    at the audit log, each time after twice the pause. What the waiting itself would ask is asked in every while."""
    quietest = await _idle(stage, seconds)
    for _ in range(WHILES - 1):
        if not quietest["asked"]:
            break
        quietest = min(quietest, await _idle(stage, seconds), key=lambda found: found["asked"])
    return quietest


async def _idle(stage: Stage, seconds: float) -> Numbers:
    """CPU in ms per second of the event loop, the other threads and the database; bytes written; `asked`: how many of
    PostgreSQL's connections were asked anything at all."""
    asked, before = await stage.place.talks(), stage.read()
    await asyncio.sleep(seconds)
    spent, told = stage.since(before), await stage.place.talks()
    return {
        "loop_ms_per_s": spent["loop"] / seconds,
        "threads_ms_per_s": (spent["threads"] + spent["hash"]) / seconds,
        "database_ms_per_s": spent["database"] / seconds,
        "asked": None if told is None else len(told - asked),
        "written": spent["written"],
    }
