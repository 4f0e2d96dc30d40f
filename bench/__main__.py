"""`python -m bench [--quick] [--only sqlite|postgresql]`: prints tables, writes build/bench.json. Loopback only."""

import argparse
import asyncio
import os
import platform
import sys
import time
from typing import Any

from bench import goals
from bench.places import Postgres, Sqlite
from bench.play import FULL, QUICK, Plan, play
from bench.report import keep, print_database
from bench.stage import cost_of_a_hash
from tests.databases import NoPostgres
from twolatch.settings import Settings


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench", description="What a login costs on this machine.")
    parser.add_argument("--quick", action="store_true", help="less than a minute: 1,000 clients, few logins")
    parser.add_argument("--only", choices=("sqlite", "postgresql"), help="one database")
    wishes = parser.parse_args()
    found = asyncio.run(_run(QUICK if wishes.quick else FULL, wishes.only))
    print(f"\n{found['seconds']:.0f} s. All numbers: {keep('bench', found)}")
    return 0


async def _run(plan: Plan, only: str | None) -> dict[str, Any]:
    begun, settings = time.monotonic(), Settings()
    hashed = await cost_of_a_hash(settings.password_passes, settings.password_memory_mib)
    print(
        f"{os.cpu_count()} cores, Python {platform.python_version()}, load before {os.getloadavg()[0]:.1f}."
        f" One hash: {hashed['alone']:.1f} ms of CPU alone, {hashed['together']:.1f} ms when every core hashes."
    )
    found: dict[str, Any] = {"cores": os.cpu_count(), "python": platform.python_version(), "hash_ms": hashed}
    for kind in (Sqlite, Postgres):
        if only is None or only == kind.name.lower():
            found[kind.name] = await _one(kind, plan, hashed["alone"])
    found["seconds"] = time.monotonic() - begun
    return found


async def _one(kind: type[Sqlite] | type[Postgres], plan: Plan, hash_ms: float) -> dict[str, Any]:
    try:
        place = kind()
    except NoPostgres as reason:
        print(f"\n{kind.name}: skipped, {reason}")
        return {"skipped": str(reason)}
    try:
        found = await play(place, plan, hash_ms)
    finally:
        place.close()
    judged = list(goals.judge(found))
    print_database(kind.name, found, judged)
    return {**found, "goals": goals.as_json(judged)}


if __name__ == "__main__":
    sys.exit(main())
