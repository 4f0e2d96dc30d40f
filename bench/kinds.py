"""`python -m bench.kinds`: what a login costs the server with each kind of authenticator on the shelf.

Each client sets up what he holds before anything is measured, and logs in once: most proofs serve once only. The
browsers are those of the tests; what they cost is not counted.
"""

import argparse
import asyncio
import os
import shutil
import sys
import tempfile
from pathlib import Path

from bench import gauges
from bench.report import keep
from bench.stage import Numbers
from tests.http.holders import HOLDERS, Holder
from tests.http.test_two_doors import login_door
from tests.people import Page, Town, plain_wire
from tests.site import Site
from twolatch.app import built_house

EACH = 12  # clients of a kind


async def measured(town: Town, kind: str, holders: list[Holder]) -> Numbers:
    """CPU ms of one login: the event loop, and all other threads, among them the one that hashes the password."""
    pid = town.site.process.pid
    before = gauges.read(pid, ())
    for holder in holders:
        await log_in(town, kind, holder)
    spent = gauges.read(pid, ()).since(before, (), pid)
    return {"kind": kind, "loop_ms": spent["loop"] / len(holders), "threads_ms": spent["threads"] / len(holders)}


async def log_in(town: Town, kind: str, holder: Holder) -> None:
    browser, page, way = await login_door(town, kind, holder)
    first, *others = way(browser, page)
    for other in others:
        other.close()
    sent = await first
    if isinstance(sent, Page):
        page = await browser.land(sent)
    else:  # the phone's own answer: the portal hears of it
        page = await browser.collect()
    if page.path != "/":
        raise NotIn(f"{kind}: {page.status} at {page.path}")


class NotIn(Exception):
    """A login that should have opened did not."""


async def run() -> list[Numbers]:
    folder = Path(tempfile.mkdtemp(prefix="twolatch-bench-"))
    site = Site.on(folder, f"sqlite:///{folder}/twolatch.db")
    site.workers = 1
    found = []
    try:
        site.run("migrate")
        site.start()
        async with plain_wire() as wire, built_house(site.settings, alone=True) as house:
            town = Town(site, house, wire)
            for kind, make in HOLDERS.items():
                holders = [await make(town) for _ in range(EACH + 1)]
                await log_in(town, kind, holders.pop())
                found.append(await measured(town, kind, holders))
                print(f"{kind:>12}: {found[-1]['loop_ms']:5.1f} ms loop, {found[-1]['threads_ms']:5.1f} ms threads")
        return found
    finally:
        site.stop()
        shutil.rmtree(folder, ignore_errors=True)


def main() -> int:
    argparse.ArgumentParser(prog="python -m bench.kinds", description="A login with each kind.").parse_args()
    print(f"SQLite, one process, load before {os.getloadavg()[0]:.1f}; the threads hash the password once a login")
    found = asyncio.run(run())
    keep("kinds", found)
    return 0


if __name__ == "__main__":
    sys.exit(main())
