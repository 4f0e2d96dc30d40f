"""`python -m bench.growth [CLIENTS ...]`: whether a login costs more where more clients are registered.

Filling is direct: one password hash and, for those who never log in, one phone key serve all.
"""

import argparse
import asyncio
import os
import sys
import time

from bench import gauges
from bench.places import Postgres, Sqlite, on_each
from bench.play import Plan, staged
from bench.report import keep
from bench.stage import Numbers, cost_of_a_hash
from twolatch.settings import Settings

ACTIVE, LOGINS, AT_ONCE, ROUNDS = 200, 60, 8, 3


async def grown(place: Sqlite | Postgres, size: int, hash_ms: float) -> Numbers:
    """The least CPU of a few rounds, for the machine does other things as well."""
    plan, begun = Plan(size, 0, ACTIVE, {}, 0, 0, 0, 0, 0.0), time.monotonic()
    async with staged(place, plan, size, hash_ms) as (stage, ready):
        filled, size_of = time.monotonic() - begun, await place.size()
        rounds = [await stage.measure("logins", count=LOGINS, at_once=AT_ONCE) for _ in range(ROUNDS)]
        best = min(rounds, key=lambda of: of["rest_ms"] + of["database_ms"])
        memory = gauges.memory(stage.pid) / 1024
    return {"users": size, "filled_s": filled, "rows_mib": size_of["rows"] / 2**20, "memory_mib": memory,
            **ready, "login": best}  # fmt: skip


async def run(sizes: list[int], only: str | None) -> dict[str, list[Numbers]]:
    settings = Settings()
    hash_ms = (await cost_of_a_hash(settings.password_passes, settings.password_memory_mib))["alone"]

    async def play(place: Sqlite | Postgres) -> list[Numbers]:
        return [await _told(place, size, hash_ms) for size in sizes]

    return await on_each(only, play)


async def _told(place: Sqlite | Postgres, size: int, hash_ms: float) -> Numbers:
    load = os.getloadavg()[0]
    of = await grown(place, size, hash_ms)
    login = of["login"]
    print(
        f"{place.name}, {size:,} clients ({of['rows_mib']:.0f} MiB, filled in {of['filled_s']:.0f} s): a login"
        f" {login['loop_ms']:.2f} + {login['threads_ms']:.2f} + {login['database_ms']:.2f} ms of CPU (loop, threads,"
        f" database), p50 {login['whole']['p50']:.0f} ms; ready in {of['ready_s']:.2f} s; {of['memory_mib']:.0f} MiB;"
        f" load before {load:.1f}"
    )
    return of


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.growth", description="Does a login cost more in a crowd?")
    parser.add_argument("clients", type=int, nargs="*", default=[1_000, 100_000, 1_000_000])
    parser.add_argument("--only", choices=("sqlite", "postgresql"), help="one database")
    wishes = parser.parse_args()
    found = asyncio.run(run(wishes.clients, wishes.only))
    keep("growth", found)
    return 0


if __name__ == "__main__":
    sys.exit(main())
