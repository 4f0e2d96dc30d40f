"""`python -m bench.count [--only sqlite|postgresql]`: instructions of a login and of an activation, thread by thread.

Valgrind counts what each thread does and knows nothing of the neighbours, so this may run on a busy machine; two counts
of one version differ by less than 1 %. User space alone is counted. Takes some minutes, prints millions.
"""

import argparse
import asyncio
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Awaitable
from pathlib import Path
from typing import Any

from bench import registry
from bench.places import Postgres, Sqlite, on_each
from bench.site import Site, free_port
from bench.stage import Loader
from tests.site import until

BEFORE, COUNTED = 11, 10
CLIENTS, PEOPLE = 1_000, 40
TOTAL = re.compile(r"^totals: (\d+)$", re.MULTILINE)
WRITTEN_IN = 60.0  # seconds
CALLGRIND = ("valgrind", "--tool=callgrind", "--instr-atstart=no", "--separate-threads=yes", "-q")


class Counting:
    """The server under Valgrind, which counts what is done for one wish."""

    def __init__(self, server: Site) -> None:
        self._server, self._dumps = server, 0

    async def of(self, work: Awaitable[Any]) -> dict[str, float]:
        """Millions of instructions by thread; 01 is the event loop."""
        self._tell("-i", "on")
        await work
        self._tell("-i", "off")
        self._dumps += 1
        self._tell("-d")
        until(lambda: all(self._totals().values()), WRITTEN_IN)
        found = {thread: int(total) / 1e6 for thread, total in self._totals().items()}
        self._tell("-z")
        return found

    def _totals(self) -> dict[str, str]:
        """What stands at the end of each thread's file; empty while Valgrind still writes it."""
        files = self._server.folder.glob(f"callgrind.out.*.{self._dumps}-*")
        ends = {path.name.rpartition("-")[2]: TOTAL.findall(path.read_text()) for path in files}
        return {thread: "".join(end) for thread, end in ends.items()} or {"01": ""}

    def _tell(self, *words: str) -> None:
        subprocess.run(["callgrind_control", *words, str(self._server.pid)], check=True, capture_output=True)


async def count(place: Sqlite | Postgres) -> None:
    folder = Path(tempfile.mkdtemp(prefix="twolatch-count-"))
    server, load = Site(folder, place.fresh("counted"), free_port()), None
    try:
        server.run("migrate")
        town = await registry.fill(registry.settings_of(server), server.port, CLIENTS, PEOPLE, PEOPLE)
        await place.settle()
        server.start(CALLGRIND)
        load = await Loader.start(town, folder)
        counting = Counting(server)
        for wish in ("logins", "activations"):
            await load.do(wish, count=BEFORE, at_once=1)
            found = [await counting.of(load.do(wish, count=1, at_once=1)) for _ in range(COUNTED)]
            _print(place.name, wish, found)
    finally:
        if load:
            await load.stop()
        server.stop()
        place.drop()
        shutil.rmtree(folder, ignore_errors=True)


def _print(database: str, wish: str, found: list[dict[str, float]]) -> None:
    """The median: what the server does once a second beside them falls into some and not into others."""
    of = {thread: statistics.median(one.get(thread, 0.0) for one in found) for thread in sorted(found[-1])}
    parts = (f"{thread} {total:.2f}" for thread, total in of.items() if total)
    print(f"{database}, {wish}, millions by thread: {', '.join(parts)}", flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.count", description="Instructions of a login.")
    parser.add_argument("--only", choices=("sqlite", "postgresql"), help="one database")
    asyncio.run(on_each(parser.parse_args().only, count))
    return 0


if __name__ == "__main__":
    sys.exit(main())
