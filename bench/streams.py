"""`python -m bench.streams [MANY ...]`: browsers that wait for their phones, and the moment at which all are told.

Each waits at an attempt and a question of its own, on a connection of its own; one process serves them all on SQLite.
Then every question is denied in one transaction, and the process is told of each, as another process of the site would
do it, as fast as it keeps up: each stream reads the database again and tells its browser.
"""

import argparse
import asyncio
import os
import resource
import shutil
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, cast

import uvloop

from bench import gauges
from bench.places import Sqlite
from bench.registry import Registry, settings_of
from bench.report import keep
from bench.site import Site, free_port
from bench.stage import Numbers
from twolatch.storage.db import Tx, file_of, open_database
from twolatch.wires.signals import Signals
from twolatch.wires.socket_relay import SocketRelay

FILES = 12_500  # of this process; the server takes what it may have by itself
AT_ONCE = 200  # connections that are being opened
IDLE = 10.0  # seconds
LONGEST = 120.0  # seconds for all to hear
PORTION = 1_000  # hints at a time: the relay keeps 2,000 for a process that does not keep up, and drops the others


class Ear(asyncio.Protocol):
    """One waiting browser, as small as it goes. `heard` counts events; the first tells how things stand."""

    def __init__(self, request: bytes, listeners: "Listeners") -> None:
        self._request, self._listeners = request, listeners
        self._rest = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)  # uvloop's is no subclass of it
        self.transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        seen = self._rest + data
        if count := seen.count(b"event: look\n"):
            self._listeners.hear(count)
        self._rest = seen[-11:] if not seen.endswith(b"\n") else b""

    def connection_lost(self, fault: Exception | None) -> None:
        self._listeners.lost += 1


class Listeners:
    """All of them. `times`: when each event came, of the monotonic clock."""

    def __init__(self) -> None:
        self.times: list[float] = []
        self.lost = 0
        self._wanted, self._reached = 0, asyncio.Event()

    def hear(self, count: int) -> None:
        self.times += [time.monotonic()] * count
        if len(self.times) >= self._wanted:
            self._reached.set()

    async def all(self, wanted: int) -> None:
        """Until so many events came in all. Raises TimeoutError."""
        self._wanted = wanted
        self._reached.clear()
        if len(self.times) < wanted:
            async with asyncio.timeout(LONGEST):
                await self._reached.wait()


async def play(many: int) -> Numbers:
    """Raises TimeoutError when not all could wait, or not all heard."""
    place = Sqlite()
    folder = Path(tempfile.mkdtemp(prefix="twolatch-bench-"))
    site = Site(folder, place.fresh("streams"), free_port(), more={"connections_most": 65_536})
    try:
        site.run("migrate")
        marks = await _fill(site, many)
        await place.settle()
        site.start()
        return await _wait(site, place, marks)
    finally:
        site.stop()
        place.close()
        shutil.rmtree(folder, ignore_errors=True)


async def _fill(site: Site, many: int) -> list[str]:
    db = await open_database(site.database)
    try:
        registry = await Registry.of(db, settings_of(site), site.port)
        return await registry.add_waiting(range(many))
    finally:
        await db.close()


async def _wait(site: Site, place: Sqlite, marks: list[str]) -> Numbers:
    many, listeners = len(marks), Listeners()
    await asyncio.sleep(0.5)
    before, read = gauges.memory(site.pid), gauges.read(site.pid, ())
    begun = time.monotonic()
    ears = await _open(site, marks, listeners)
    await listeners.all(many)
    opened = {"seconds": time.monotonic() - begun, "cpu_ms": _cpu(site, read) / many}
    await asyncio.sleep(1.0)
    held, read = gauges.memory(site.pid), gauges.read(site.pid, ())
    await asyncio.sleep(IDLE)
    idle = _cpu(site, read) / IDLE
    told = await _tell_all(site, many, listeners)
    for ear in ears:
        ear.transport.abort()
    return {
        "streams": many, "lost": listeners.lost, "memory_mib": held / 1024, "before_mib": before / 1024,
        "held_kib": (held - before) / many, "opened": opened, "idle_cpu_ms_per_s": idle, "told": told,
        "peak_mib": gauges.peak(site.pid) / 1024,
    }  # fmt: skip


async def _open(site: Site, marks: list[str], listeners: Listeners) -> list[Ear]:
    """From several addresses of this machine, so that no address runs out of ports."""
    loop, gate = asyncio.get_running_loop(), asyncio.Semaphore(AT_ONCE)

    async def one(number: int, mark: str) -> Ear:
        request = (
            f"GET /login/wait HTTP/1.1\r\nhost: localhost:{site.port}\r\naccept: text/event-stream\r\n"
            f"x-forwarded-for: 10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}\r\n"
            f"cookie: __Host-pre={mark}\r\nsec-fetch-site: same-origin\r\n\r\n"
        ).encode()
        here = f"127.0.0.{2 + number % 8}"
        async with gate:
            _, ear = await loop.create_connection(
                lambda: Ear(request, listeners), "127.0.0.1", site.port, local_addr=(here, 0)
            )
        return ear

    return await asyncio.gather(*(one(number, mark) for number, mark in enumerate(marks)))


async def _tell_all(site: Site, many: int, listeners: Listeners) -> Numbers:
    """Every question is denied; what another process of this site does after its commit."""
    db = await open_database(site.database)
    file = file_of(site.database)
    assert file
    signals = Signals(SocketRelay(file.parent / f"{file.name}.signals"))
    await signals.start()
    try:
        rows = await db.rows("SELECT id FROM challenges")
        read, already = gauges.read(site.pid, ()), len(listeners.times)

        async def deny(tx: Tx) -> None:
            await tx.run("UPDATE challenges SET state = 'denied'")

        await db.write(deny)
        begun = time.monotonic()
        for start in range(0, many, PORTION):
            for row in rows[start : start + PORTION]:
                signals.tell(f"challenge:{row['id']}")
            await listeners.all(already + min(many, start + PORTION))
        after = sorted(1000 * (at - begun) for at in listeners.times[already:])
        return {
            "first_ms": after[0], "p50_ms": after[many // 2], "p99_ms": after[many * 99 // 100], "all_ms": after[-1],
            "cpu_ms": _cpu(site, read) / many,
        }  # fmt: skip
    finally:
        await signals.close()
        await db.close()


def _cpu(site: Site, before: gauges.Reading) -> float:
    """CPU ms of the whole process since then."""
    spent = gauges.read(site.pid, ()).since(before, (), site.pid)
    return spent["loop"] + spent["threads"]


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.streams", description="Browsers that wait.")
    parser.add_argument("many", type=int, nargs="*", default=[1_000, 10_000], help="how many streams")
    wishes = parser.parse_args()
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (FILES if most == resource.RLIM_INFINITY else min(FILES, most), most))
    found: list[dict[str, Any]] = []
    for many in wishes.many:
        print(f"load before {os.getloadavg()[0]:.1f}")
        found.append(uvloop.run(play(many)))
        print(_row(found[-1]))
    keep("streams", found)
    return 0


def _row(of: Numbers) -> str:
    told, opened = of["told"], of["opened"]
    return (
        f"{of['streams']:,} streams: {of['memory_mib']:.0f} MiB ({of['held_kib']:.1f} KiB each, peak"
        f" {of['peak_mib']:.0f} MiB), opened in {opened['seconds']:.1f} s at {opened['cpu_ms']:.2f} ms of CPU;"
        f" waiting costs {of['idle_cpu_ms_per_s']:.1f} ms of CPU a second; all told in {told['all_ms']:.0f} ms"
        f" (half {told['p50_ms']:.0f}, p99 {told['p99_ms']:.0f}) at {told['cpu_ms']:.2f} ms of CPU each;"
        f" lost {of['lost']}"
    )


if __name__ == "__main__":
    sys.exit(main())
