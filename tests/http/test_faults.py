"""When something of ours breaks: a stranger learns nothing, and the log holds no secret."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.people import PASSWORD, Town, plain_wire
from tests.site import Site
from twolatch.app import built_house


@pytest.fixture(params=[1, 2])
async def broken(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Town]:
    """A site whose table of attempts is gone: every login with a right password is a fault."""
    site = Site.on(tmp_path, f"sqlite:///{tmp_path}/twolatch.db")
    site.workers = request.param
    site.run("migrate")
    site.start()
    try:
        async with plain_wire() as wire, built_house(site.settings, alone=True) as house:
            town = Town(site, house, wire)
            await town.do("ALTER TABLE attempts RENAME TO lost")
            yield town
    finally:
        site.stop()


async def test_a_fault_tells_a_stranger_nothing_and_the_log_no_secret(broken: Town) -> None:
    user, browser = await broken.person(), broken.browser()
    page = await browser.log_in(user.name)
    assert (page.status, page.says("server.fault")) == (500, True)
    for word in ("Traceback", "attempts", "INSERT", PASSWORD):
        assert word not in page.text
    said = broken.site.said()
    assert "fault" in said, "but the operator hears of it"
    told = [json.loads(line) for line in said.splitlines() if line.startswith("{")]
    [line] = [one for one in told if one["event"] == "fault"]
    name = page.answer.headers["x-request-id"]
    assert line["request"] == name, "and finds the line by what the client reads out"
    assert name in page.text
    for secret in (PASSWORD, browser.cookies["__Host-pre"], page.csrf or browser.page.csrf):
        assert secret not in said
