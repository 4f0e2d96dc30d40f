"""`python -m bench.workers`: what a login costs when two processes share the site, to what it costs when one serves it.

On a machine of two cores the load takes one of them, so the throughput of two processes cannot be seen; their CPU can.
Where a login costs as much in two processes as in one, twice the cores let in twice as many. One and two are played in
turn, and the cheapest turn of each counts.
"""

import argparse
import asyncio
import os
import shutil
import sys
import tempfile
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from bench import gauges, registry
from bench.places import Postgres, Sqlite, on_each
from bench.report import keep
from bench.site import Site, free_port
from bench.stage import Loader, Numbers

CLIENTS, ACTIVE, LOGINS, AT_ONCE, ROUNDS, TURNS = 1_000, 200, 60, 8, 3, 2
SETTLED = 3.0  # seconds, until every process has started


async def play(place: Sqlite | Postgres, workers: int) -> Numbers:
    folder = Path(tempfile.mkdtemp(prefix="twolatch-bench-"))
    site, load = Site(folder, place.fresh(f"workers{workers}"), free_port(), workers=workers), None
    try:
        site.run("migrate")
        town = await registry.fill(registry.settings_of(site), site.port, CLIENTS, ACTIVE, 0)
        await place.settle()
        load = await Loader.start(town, folder)
        site.start()
        await asyncio.sleep(SETTLED)
        await load.do("logins", count=4 * AT_ONCE, at_once=AT_ONCE)
        rounds = [await _round(site, place, load) for _ in range(ROUNDS)]
        return {"workers": workers, **min(rounds, key=lambda of: of["all_ms"])}
    finally:
        if load:
            await load.stop()
        site.stop()
        place.drop()
        shutil.rmtree(folder, ignore_errors=True)


async def _round(site: Site, place: Sqlite | Postgres, load: Loader) -> Numbers:
    server = [site.pid, *gauges.children(site.pid)]
    before = {pid: gauges.threads(pid) for pid in server}, _cpu(place.family())
    answer = await load.do("logins", count=LOGINS, at_once=AT_ONCE)
    loops, threads = 0.0, 0.0
    for pid in server:
        spent = {tid: cpu - before[0][pid].get(tid, 0) for tid, cpu in gauges.threads(pid).items()}
        loops += spent.pop(pid, 0) * gauges.MS / LOGINS
        threads += sum(spent.values()) * gauges.MS / LOGINS
    database = (_cpu(place.family()) - before[1]) / LOGINS
    return {
        "loop_ms": loops, "threads_ms": threads, "database_ms": database, "all_ms": loops + threads + database,
        "load_ms": 1000 * answer["own_cpu"] / LOGINS, "per_second": LOGINS / answer["seconds"],
    }  # fmt: skip


def _cpu(pids: Iterable[int]) -> float:
    """ms of all these processes."""
    found = 0.0
    for pid in pids:
        with suppress(OSError):
            found += sum(gauges.threads(pid).values()) * gauges.MS
    return found


async def compared(place: Sqlite | Postgres) -> list[Numbers]:
    """One process and two."""
    turns = [await _told(place, workers) for workers in (1, 2) * TURNS]
    one, two = least(turns, 1), least(turns, 2)
    print(f"{place.name}: two processes do with the same CPU {one['all_ms'] / two['all_ms']:.0%} of what one does")
    return [one, two]


def least(turns: list[Numbers], workers: int) -> Numbers:
    """The cheapest turn: neighbours on the machine only make dearer."""
    return min((of for of in turns if of["workers"] == workers), key=lambda of: of["all_ms"])


async def _told(place: Sqlite | Postgres, workers: int) -> Numbers:
    load = os.getloadavg()[0]
    of = await play(place, workers)
    print(
        f"{place.name}, {workers} processes: a login {of['loop_ms']:.1f} ms of CPU in the event loops,"
        f" {of['threads_ms']:.1f} in other threads (its hash in it), {of['database_ms']:.1f} in the database's server;"
        f" {of['per_second']:.0f} a second beside a load of {of['load_ms']:.1f} ms each; load average before {load:.1f}"
    )
    return of


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.workers", description="One process and two.")
    parser.add_argument("--only", choices=("sqlite", "postgresql"), help="one database")
    found = asyncio.run(on_each(parser.parse_args().only, compared))
    keep("workers", found)
    return 0


if __name__ == "__main__":
    sys.exit(main())
