"""`python -m bench.storm [--only sqlite|postgresql] [--times 10] [--lines 2000]`: more people than the site can serve,
and thousands of connections that say or read nothing.

One server process on this machine; who logs in lives in this one, on the same cores, and the bad lines in a third.
About two minutes for each database. Prints a table, writes build/storm.json.
"""

import argparse
import asyncio
import json
import os
import shutil
import sys
import tempfile
import time
from collections import deque
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import uvloop

from bench import gauges, registry
from bench.person import PASSWORD, Person
from bench.person import Town as People
from bench.places import Postgres, Sqlite, on_each
from bench.report import keep
from bench.silence import allow_many_files
from bench.site import Site, free_port
from twolatch.rehearsal.browser import Browser, digits_of
from twolatch.rehearsal.phone import Phone
from twolatch.rehearsal.wire import Broken

PEOPLE = 6_000  # each comes once in the storm: with fewer it is over before its queue stands
AT_ONCE = 16  # as many logins as keep a small machine busy
CAPACITY_SECONDS = 10.0
STORM_SECONDS = 12.0
CALM_SECONDS = 12.0
OPENED_PER_SECOND = 400
LONGEST = 60.0  # until everybody of a scene has been answered

Numbers = dict[str, Any]


@dataclass
class Scene:
    """What people met. Seconds: from pressing the button to being in, or to being told to come back."""

    began: float = field(default_factory=time.monotonic)
    came_in: list[tuple[float, float]] = field(default_factory=list)  # (at, how long it took)
    refused: list[float] = field(default_factory=list)
    broken: dict[str, int] = field(default_factory=dict)

    def numbers(self, seconds: float) -> Numbers:
        """`seconds`: so long people came."""
        in_time = [took for at, took in self.came_in if at <= self.began + seconds]
        return {
            "came_in_per_second": len(in_time) / seconds,
            "came_in": len(self.came_in),
            "refused": len(self.refused),
            "broken": self.broken,
            "in_ms": _percentiles([took for _, took in self.came_in]),
            "refused_ms": _percentiles(self.refused),
        }


@dataclass
class Town:
    """A running site and its people; nobody logs in twice at the same time."""

    site: Site
    people: People
    free: deque[tuple[Person, Phone]]

    @classmethod
    def of(cls, site: Site, people: People) -> "Town":
        return cls(site, people, deque((one, people.phone(one)) for one in people.with_phone))

    async def knocks(self) -> tuple[Browser, tuple[Person, Phone]]:
        """Somebody with an open login page, whose connection is closed again, as it is after half a minute."""
        who = self.free.popleft()
        visitor = self.people.browser(who[0])
        await visitor.knock()
        visitor.close()
        return visitor, who

    async def logs_in(self, visitor: Browser, who: tuple[Person, Phone], scene: Scene) -> None:
        begun = time.monotonic()
        try:
            if (status := await visitor.guess(PASSWORD)) == 503:
                scene.refused.append(time.monotonic() - begun)
            elif status == 303:
                await who[1].approve(digits_of(await visitor.get("/login/second")))
                await visitor.submit("/login/collect", {}, "/")
                await visitor.get("/")
                scene.came_in.append((time.monotonic(), time.monotonic() - begun))
            else:
                raise Broken(f"a password was answered {status}")
        except (Broken, OSError, asyncio.IncompleteReadError) as fault:
            name = str(fault) or type(fault).__name__
            scene.broken[name] = scene.broken.get(name, 0) + 1
        finally:
            visitor.close()
            who[1].close()
            self.free.append(who)


async def capacity(town: Town) -> Numbers:
    """Some at once, and the next when one is in."""
    scene, end = Scene(), time.monotonic() + CAPACITY_SECONDS

    async def one_by_one() -> None:
        while time.monotonic() < end:
            await town.logs_in(*await town.knocks(), scene)

    await asyncio.gather(*(one_by_one() for _ in range(AT_ONCE)))
    return scene.numbers(CAPACITY_SECONDS)


async def storm(town: Town, per_second: float) -> Numbers:
    """Login pages are open; then everybody presses the button, one after another at this rate, whatever happens."""
    many = min(len(town.free), int(per_second * STORM_SECONDS))
    gate = asyncio.Semaphore(AT_ONCE)

    async def knocks() -> tuple[Browser, tuple[Person, Phone]]:
        async with gate:
            return await town.knocks()

    ready = await asyncio.gather(*(knocks() for _ in range(many)))
    peak, watching = _watch(town.site.pid)
    scene, seconds = Scene(), many / per_second
    spent = asyncio.ensure_future(_spent(town.site.pid, seconds))
    presses = [_at(number / per_second, lambda one=one: town.logs_in(*one, scene)) for number, one in enumerate(ready)]
    await asyncio.wait_for(asyncio.gather(*presses), seconds + LONGEST)
    watching.cancel()
    pressed = {"pressed_per_second": many / seconds, "cores": await spent, "memory_peak_kib": peak()}
    return {**scene.numbers(seconds), **pressed}


async def calm(town: Town, per_second: float) -> Numbers:
    """Ordinary business, at a rate the site has room for."""
    scene = Scene()

    async def one() -> None:
        await town.logs_in(*await town.knocks(), scene)

    many = int(per_second * CALM_SECONDS)
    await asyncio.wait_for(asyncio.gather(*(_at(each / per_second, one) for each in range(many))), LONGEST)
    return scene.numbers(CALM_SECONDS)


async def silence(town: Town, many: int, per_second: float) -> Numbers:
    """The same beside connections that owe the server something: each kind a quarter."""
    alone = await calm(town, per_second)
    before = gauges.memory(town.site.pid)
    peak, watching = _watch(town.site.pid)
    command = [sys.executable, "-m", "bench.silence", str(town.site.port), str(many), str(OPENED_PER_SECOND)]
    lines = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    beside = await calm(town, per_second)
    async with asyncio.timeout(LONGEST + 30):
        told, _ = await lines.communicate()
    watching.cancel()
    return {
        "lines": many, "alone": alone, "beside": beside, "closed_after_s": json.loads(told),
        "memory_before_kib": before, "memory_peak_kib": peak(), "memory_after_kib": gauges.memory(town.site.pid),
    }  # fmt: skip


async def _at(seconds: float, work: Callable[[], Awaitable[None]]) -> None:
    await asyncio.sleep(seconds)
    await work()


async def _spent(pid: int, seconds: float) -> dict[str, float]:
    """Cores that were busy for these seconds: with the server's event loop, with its other threads, with this crowd."""
    before, own = gauges.threads(pid), time.process_time()
    await asyncio.sleep(seconds)
    spent = {tid: (cpu - before.get(tid, 0)) * gauges.MS / 1000 for tid, cpu in gauges.threads(pid).items()}
    loop = spent.pop(pid)
    return {
        "loop": loop / seconds,
        "threads": sum(spent.values()) / seconds,
        "crowd": (time.process_time() - own) / seconds,
    }


def _watch(pid: int) -> tuple[Callable[[], int], "asyncio.Task[None]"]:
    """The server's memory, looked at four times a second; the most of it."""
    seen = [gauges.memory(pid)]

    async def watch() -> None:
        while True:
            await asyncio.sleep(0.25)
            seen.append(gauges.memory(pid))

    return lambda: max(seen), asyncio.ensure_future(watch())


def _percentiles(seconds: list[float]) -> Numbers:
    if not seconds:
        return {}
    ordered = sorted(1000 * each for each in seconds)
    return {"p50": ordered[len(ordered) // 2], "p99": ordered[-(len(ordered) // 100) - 1], "max": ordered[-1]}


async def play(place: Any, times: float, lines: int) -> Numbers:
    folder = Path(tempfile.mkdtemp(prefix="twolatch-storm-"))
    site = Site(folder, place.fresh("storm"), free_port())
    try:
        site.run("migrate")
        people = await registry.fill(registry.settings_of(site), site.port, PEOPLE, PEOPLE, 0)
        await place.settle()
        site.start()
        town = Town.of(site, people)
        await capacity(town)  # warm
        able = await capacity(town)
        rate = able["came_in_per_second"]
        found = {"capacity": able, "memory_kib": gauges.memory(site.pid)}
        found["storm"] = await storm(town, times * rate)
        found["goodput_share"] = found["storm"]["came_in_per_second"] / rate
        found["silence"] = await silence(town, lines, rate / 4)
        return found
    finally:
        site.stop()
        place.drop()
        shutil.rmtree(folder, ignore_errors=True)


def told(name: str, found: Numbers) -> Iterator[str]:
    able, rush, quiet = found["capacity"], found["storm"], found["silence"]
    yield f"\n{name}"
    yield f"  capacity: {able['came_in_per_second']:.1f} logins a second, p99 {able['in_ms']['p99']:.0f} ms"
    yield (
        f"  storm: {rush['pressed_per_second']:.0f} a second; in {rush['came_in_per_second']:.1f} a second"
        f" ({100 * found['goodput_share']:.0f} %), p50 {rush['in_ms']['p50']:.0f}, p99 {rush['in_ms']['p99']:.0f} ms;"
        f" {rush['refused']} told to come back, p50 {rush['refused_ms']['p50']:.0f},"
        f" p99 {rush['refused_ms']['p99']:.0f} ms; broken {rush['broken']};"
        f" memory {found['memory_kib'] / 1024:.0f} -> {rush['memory_peak_kib'] / 1024:.0f} MiB; cores busy: "
        + ", ".join(f"{who} {share:.2f}" for who, share in rush["cores"].items())
    )
    closed = ", ".join(f"{kind} {seconds:.0f} s" for kind, seconds in quiet["closed_after_s"].items())
    yield (
        f"  {quiet['lines']} bad lines: p99 of a login {quiet['alone']['in_ms']['p99']:.0f} ms alone,"
        f" {quiet['beside']['in_ms']['p99']:.0f} ms beside them; broken {quiet['beside']['broken']};"
        f" closed after {closed}; memory {quiet['memory_before_kib'] / 1024:.0f} ->"
        f" {quiet['memory_peak_kib'] / 1024:.0f} -> {quiet['memory_after_kib'] / 1024:.0f} MiB"
    )


async def _run(only: str | None, times: float, lines: int) -> Numbers:
    found: Numbers = {"cores": os.cpu_count(), "load_before": os.getloadavg()[0]}

    async def played(place: Sqlite | Postgres) -> Numbers:
        of = await play(place, times, lines)
        print(*told(place.name, of), sep="\n", flush=True)
        return of

    found |= await on_each(only, played)
    return {**found, "load_after": os.getloadavg()[0]}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.storm", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--only", choices=("sqlite", "postgresql"), help="one database")
    parser.add_argument("--times", type=float, default=10, help="how many times the capacity")
    parser.add_argument("--lines", type=int, default=2_000, help="connections that owe something")
    wishes = parser.parse_args()
    allow_many_files()
    found = uvloop.run(_run(wishes.only, wishes.times, wishes.lines))
    print(f"\nLoad {found['load_before']:.1f} before, {found['load_after']:.1f} after. {keep('storm', found)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
