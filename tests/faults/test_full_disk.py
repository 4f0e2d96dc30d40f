"""The disk under an SQLite site takes no more: whoever wants in is told to come back, and comes in when there is room.

A limit on the size of files stands in for a full disk, and needs nobody's leave; where this machine lets us mount one,
a small disk is really filled.
"""

import resource
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from tests.faults.conftest import around, running
from tests.faults.crowd import PASSWORD, SESSION, is_busy
from tests.people import PIN, Town
from tests.site import Site
from twolatch.client.outcomes import Answered, Refused
from twolatch.protocol.answer import Decision

SMALL = 64 * 1024  # bytes: less than the write-ahead log has grown to, more than the server's log
DISK = 24 * 1024 * 1024

Fill = Callable[[Site], None]


def cap(site: Site) -> None:
    log = site.folder / "twolatch.db-wal"
    assert log.stat().st_size > SMALL > (site.folder / "server.log").stat().st_size
    for process in site.children():
        resource.prlimit(process, resource.RLIMIT_FSIZE, (SMALL, resource.RLIM_INFINITY))


def uncap(site: Site) -> None:
    for process in site.children():
        resource.prlimit(process, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))


def fill(site: Site) -> None:
    with open(site.folder / "small" / "filler", "wb", buffering=0) as filler, suppress(OSError):
        while True:
            filler.write(bytes(4096))


def empty(site: Site) -> None:
    (site.folder / "small" / "filler").unlink()


@contextmanager
def small_disk(at: Path) -> Iterator[Path]:
    at.mkdir()
    words = ["mount", "-t", "tmpfs", "-o", f"size={DISK}", "tmpfs", str(at)]
    try:
        done = subprocess.run(words, capture_output=True, check=False)
    except FileNotFoundError:
        pytest.skip("no mount here")
    if done.returncode:
        pytest.skip(f"mounting is not permitted here: {done.stderr.decode().strip()}")
    try:
        yield at
    finally:
        subprocess.run(["umount", "--lazy", str(at)], check=True)


@pytest.fixture(params=["a_limit_on_files", "a_full_disk"])
def limited(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Site, Fill, Fill]]:
    """A site, how its disk is filled, and how it is emptied again."""
    if request.param == "a_full_disk":
        with (
            small_disk(tmp_path / "small") as disk,
            running(tmp_path, f"sqlite:///{disk}/twolatch.db", workers=1) as site,
        ):
            yield site, fill, empty
        return
    if not hasattr(resource, "prlimit"):
        pytest.skip("this system cannot limit the files of another process")
    with running(tmp_path, f"sqlite:///{tmp_path}/twolatch.db") as site:
        yield site, cap, uncap


async def test_a_full_disk_lets_nobody_in_and_writes_no_half_of_anything(limited: tuple[Site, Fill, Fill]) -> None:
    site, fill_up, make_room = limited
    async with around(site) as town:
        user, browser, phone = await town.with_phone()
        await browser.log_out()
        digits = (await browser.log_in(user.name)).digits
        assert isinstance(await phone.approve(digits), Answered)
        other, other_browser, other_phone = await town.with_phone()
        await other_browser.log_out()
        other_digits = (await other_browser.log_in(other.name)).digits
        asked = await other_phone.asked()
        before = await counted(town)

        fill_up(site)
        form = browser.page.form("/login/collect").fields
        for _ in range(4):  # at both processes, most likely
            assert is_busy(await browser.post("/login/collect", form))
            answer = await other_phone.soft.answer(asked, Decision.APPROVE, PIN, other_digits)
            assert isinstance(answer, Refused)
            assert answer.status == 503
        stranger = town.browser()
        await stranger.get("/login")
        assert is_busy(await stranger.send("/login", name=user.name, password=PASSWORD))
        assert SESSION not in browser.cookies
        assert await counted(town) == before

        make_room(site)
        assert (await browser.post("/login/collect", form)).status == 303, "without a restart; the approval stands"
        assert SESSION in browser.cookies
        answer = await other_phone.soft.answer(asked, Decision.APPROVE, PIN, other_digits)
        assert isinstance(answer, Answered)
        await other_browser.collect()
        assert SESSION in other_browser.cookies
        assert (await town.events(user))["login:session:started"] == 2


async def counted(town: Town) -> tuple[int, ...]:
    tables = ("sessions", "challenges", "attempts")
    started = await town.count("FROM audit WHERE event = 'login:session:started'")
    return (started, *[await town.count(f"FROM {table}") for table in tables])
