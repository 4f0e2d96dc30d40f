"""PostgreSQL falls while people log in, and comes back on the same data."""

from functools import partial
from pathlib import Path

import asyncpg

from tests.databases import Server, fresh_database
from tests.faults.conftest import around, running
from tests.faults.crowd import IS_LONG, Crowd, is_busy, kept, until_ready
from tests.faults.history import broken_promises
from tests.faults.servers import crash, start_again
from tests.people import at_once

CRASHES = 5 if IS_LONG else 1


async def test_a_crash_of_the_database_takes_back_no_word_and_gives_nothing_twice(
    own_postgres: Server, tmp_path: Path
) -> None:
    with running(tmp_path, fresh_database(own_postgres)) as site:
        async with around(site) as town:
            crowd = await Crowd.gathered(town)
        await crowd.live_through([(partial(crash, own_postgres), partial(start_again, own_postgres))] * CRASHES)
        async with around(site) as town:
            assert broken_promises(crowd.said, await kept(town.house, crowd.people)) == []
            assert await town.count("FROM audit WHERE event = 'house:fence:raised'") == 0, "the same history went on"
            for one, code in crowd.used_codes():
                assert not await one.opens_again(code)


async def test_who_finds_no_connection_free_is_told_to_come_back_and_finds_one_later(
    shared_url: str, tmp_path: Path
) -> None:
    with running(tmp_path, f"{shared_url}?pool_size=2", workers=1) as site:
        async with around(site) as town:
            user = await town.person()
            browsers = [town.browser() for _ in range(12)]
            pages = await at_once(browser.get("/login") for browser in browsers)
            assert {page.status for page in pages} == {200}
            other = await asyncpg.connect(shared_url)
            async with other.transaction():
                await other.execute("LOCK TABLE users IN ACCESS EXCLUSIVE MODE")
                pages = await at_once(browser.send("/login", name=user.name, password="wrong") for browser in browsers)
                assert all(is_busy(page) for page in pages)
            await other.close()
            await until_ready(site)
            assert "signals: connection lost" not in site.said(), "they have a connection of their own"
            assert "/activate" in (await town.browser().log_in(user.name)).text
