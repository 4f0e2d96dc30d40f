"""The primary is lost and a standby takes its place: one that had everything, and one that had not."""

import asyncio
import re
import subprocess
from functools import partial
from pathlib import Path

import pytest

from tests.databases import Server, fresh_database
from tests.faults.conftest import around, running
from tests.faults.crowd import SESSION, Crowd, is_busy, kept, until_ready
from tests.faults.history import broken_promises
from tests.faults.servers import a_standby, crash, either, promote
from tests.people import PIN, Browser
from tests.ports import free_port
from tests.site import Site
from twolatch import fence
from twolatch.app import built_house
from twolatch.audit import sequencer
from twolatch.client.outcomes import Answered, Refused
from twolatch.protocol.answer import Decision
from twolatch.protocol.chain import exported_note
from twolatch.storage import copies

RAISED = "FROM audit WHERE event = 'house:fence:raised'"


async def test_a_synchronous_standby_takes_over_while_people_log_in_and_nothing_that_was_said_is_lost(
    own_postgres: Server, tmp_path: Path
) -> None:
    name = fresh_database(own_postgres).rpartition("/")[2]
    port = free_port()
    with (
        a_standby(own_postgres, port, follows=True) as standby,
        running(tmp_path, either(own_postgres.port, port, name)) as site,
    ):
        async with around(site) as town:
            crowd = await Crowd.gathered(town)
        await crowd.live_through([(partial(crash, own_postgres), partial(promote, standby))])
        async with around(site) as town:
            assert broken_promises(crowd.said, await kept(town.house, crowd.people)) == []
            assert await town.count(RAISED) == 1, "of two processes that met the new primary, one raised the fence"
            for one, code in crowd.used_codes():
                assert not await one.opens_again(code)


async def test_a_standby_that_was_behind_brings_nothing_back_to_life(own_postgres: Server, tmp_path: Path) -> None:
    name, port = fresh_database(own_postgres).rpartition("/")[2], free_port()
    with running(tmp_path, either(own_postgres.port, port, name)) as site:
        async with around(site) as town:
            user, thief, phone = await town.with_phone()
            begun = town.browser()
            digits = (await begun.log_in(user.name)).digits
            asked = await phone.asked()
        with a_standby(own_postgres, port, follows=False) as standby:
            old = dict(thief.cookies)
            await thief.log_out()
            outside = await checkpoint(site)
            await asyncio.to_thread(crash, own_postgres)
            await asyncio.to_thread(promote, standby)
            thief.cookies = old
            assert not await comes_in(site, thief), "the session that its owner had ended"
            answer = await phone.soft.answer(asked, Decision.APPROVE, PIN, digits)
            assert isinstance(answer, Refused), "the question from before"
            assert answer.code.startswith("challenge."), answer
            await begun.post("/login/collect", begun.page.form("/login/collect").fields)
            assert SESSION not in begun.cookies
            async with around(site) as town:
                assert await town.count(RAISED) == 1
                assert await town.count("FROM sessions WHERE ended_at = 0") == 0
                page = await begun.log_in(user.name)
                assert isinstance(await phone.approve(page.digits), Answered), "and the phone opens, as ever"
                await begun.collect()
                assert SESSION in begun.cookies
            assert_forked(site, outside, tmp_path)


async def test_a_site_that_starts_right_after_a_promotion_raises_the_fence(
    own_postgres: Server, tmp_path: Path
) -> None:
    """PostgreSQL answers long before it has made a checkpoint on its new timeline."""
    name, port = fresh_database(own_postgres).rpartition("/")[2], free_port()
    site = Site.on(tmp_path, either(own_postgres.port, port, name))
    site.run("migrate")
    async with built_house(site.settings, alone=True) as house:
        assert not await fence.check(house)
    with a_standby(own_postgres, port, follows=False) as standby:
        await asyncio.to_thread(crash, own_postgres)
        await asyncio.to_thread(promote, standby)
        async with built_house(site.settings, alone=True) as house:
            assert await fence.check(house), "the first start"
            assert not await fence.check(house), "and none after it"
            assert await house.db.row(f"SELECT at {RAISED}")


def test_the_programs_of_postgresql_look_for_the_primary_at_both_hosts_too() -> None:
    asked = copies._server("postgresql://anna:b%40c@one:5433,two/twolatch?target_session_attrs=primary")
    assert (asked["PGHOST"], asked["PGPORT"], asked["PGTARGETSESSIONATTRS"]) == ("one,two", "5433,", "primary")
    assert (asked["PGUSER"], asked["PGPASSWORD"], asked["PGDATABASE"]) == ("anna", "b@c", "twolatch")
    assert copies._server("postgresql:///twolatch?host=/run/postgresql")["PGHOST"] == "/run/postgresql"


async def comes_in(site: Site, browser: Browser) -> bool:
    """What the portal says when it can decide: until then it says nothing."""
    while True:
        page = await browser.ask("GET", "/security", sec_fetch_site="same-origin", keep=False)
        if not is_busy(page):
            return page.status == 200
        await until_ready(site)


async def checkpoint(site: Site) -> str:
    """What a place outside of the database has got by now."""
    async with around(site) as town:
        await sequencer.chain_all(town.house, town.house.clock.now())
        return await sequencer.sign(town.house, town.house.clock.now())


def assert_forked(site: Site, outside: str, folder: Path) -> None:
    """Whoever kept a checkpoint outside sees that the history is another one."""
    (folder / "kept").write_bytes(exported_note(outside) + b"\n")
    (folder / "log.key").write_text(site.run("audit", "key"))
    site.run("audit", "export", str(folder / "after.txt"))
    words = (str(folder / "after.txt"), "--key", str(folder / "log.key"), "--checkpoints", str(folder / "kept"))
    with pytest.raises(subprocess.CalledProcessError) as fault:
        site.run("audit", "verify", *words)
    assert re.search(r"\((forked|shortened)\)", fault.value.stderr + fault.value.stdout)
