"""A copy of the database was put back by hand, by no command of ours: what came after it must not live again."""

import asyncio
import shutil
from pathlib import Path

from tests.databases import Server, drop_database, fresh_database
from tests.faults.conftest import around, running
from tests.faults.crowd import is_busy, until_ready
from tests.people import Browser
from tests.site import Site
from twolatch import fence
from twolatch.storage import copies

RAISED = "FROM audit WHERE event = 'house:fence:raised'"


async def the_session_of_yesterday(site: Site, copy: Path) -> Browser:
    """A browser with a session that lives in the copy, and that its owner ended afterwards. The site was not started
    since: what tells the copy from the original is the minute that passed between."""
    async with around(site) as town:
        _, browser, _ = await town.with_phone()
        old = dict(browser.cookies)
        copies.take(site.settings.database, copy)
        await browser.log_out()
        assert not await fence.check(town.house), "a minute passes, as `fence.run` has it"
    browser.cookies = old
    return browser


async def test_an_older_file_under_a_site_that_starts_raises_the_fence(tmp_path: Path) -> None:
    file = tmp_path / "twolatch.db"
    with running(tmp_path, f"sqlite:///{file}", workers=1) as site:
        browser = await the_session_of_yesterday(site, tmp_path / "copy")
        site.stop()
        for beside in (file, Path(f"{file}-wal"), Path(f"{file}-shm")):
            beside.unlink(missing_ok=True)
        shutil.copyfile(tmp_path / "copy", file)
        site.start()
        assert not await browser.is_in()
        async with around(site) as town:
            assert await town.count(RAISED) == 1


async def test_an_older_database_under_a_running_site_raises_the_fence(postgres: Server, tmp_path: Path) -> None:
    url = fresh_database(postgres)
    name = url.rpartition("/")[2]
    with running(tmp_path, url) as site:
        browser = await the_session_of_yesterday(site, tmp_path / "copy")
        drop_database(postgres, url)
        postgres.do(f"CREATE DATABASE {name} TEMPLATE template0")
        await asyncio.to_thread(copies.put_back, tmp_path / "copy", url)
        page = await browser.get("/security")
        while is_busy(page):
            await until_ready(site)
            page = await browser.get("/security")
        assert page.path.startswith("/login"), "its session is over"
        async with around(site) as town:
            assert await town.count(RAISED) == 1
    drop_database(postgres, url)
