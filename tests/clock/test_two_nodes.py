"""Two machines on one database: seconds between their clocks do no harm, and who is minutes off decides nothing."""

from collections.abc import Iterator

import pytest

from tests.clock.machine import Machine, Towards
from tests.http.test_typed_kinds import proved, with_app
from tests.people import Browser, Phone, Town, activate
from twolatch.client.outcomes import Answered

DATABASE = "postgresql"
WORKERS = 1
SETTINGS: dict[str, object] = {}


@pytest.fixture(scope="module")
def running_beside(running: Machine) -> Iterator[Machine]:
    other = Machine.beside(running)
    other.set_clock(0)
    other.start()
    yield other
    other.stop()
    assert "Traceback" not in other.said(), other.said()[-4000:]


@pytest.fixture
def beside(node: Machine, running_beside: Machine) -> Iterator[Machine]:
    running_beside.until_it_decides()
    yield running_beside
    running_beside.set_clock(0)


@pytest.mark.parametrize("askew", [3.0, -3.0])
async def test_a_login_walks_over_two_machines_that_differ_by_three_seconds(
    town: Town, node: Machine, beside: Machine, askew: float
) -> None:
    beside.set_clock(askew)
    beside.until_it_decides()
    user, browser = await town.person(), town.browser()
    phone = Phone(node, Towards(town.wire, node, beside))  # a nonce of one machine, then a request to the other
    await browser.log_in(user.name)
    await activate(browser, phone, browser.page.session_id)
    there = Browser(beside, town.wire)
    page = await there.log_in(user.name)
    assert isinstance(await phone.approve(page.digits), Answered)
    here = Browser(node, town.wire)
    here.cookies = there.cookies
    here.page = there.page
    assert (await here.collect()).path == "/"
    assert beside.answers_to(here.cookies) == {200}
    assert node.decides()
    assert beside.decides()


async def test_a_code_counts_on_one_of_two_machines(town: Town, node: Machine, beside: Machine) -> None:
    beside.set_clock(-3)
    beside.until_it_decides()
    user, _, app = await with_app(town)
    code = app.code(1)
    first, second = Browser(node, town.wire), Browser(beside, town.wire)
    await first.log_in(user.name)
    assert proved(await first.send("/login/answer", answer=code))
    await second.log_in(user.name)
    assert (await second.send("/login/answer", answer=code)).says("typed.wrong")


@pytest.mark.parametrize("off", [600, -600, 7200, -86_400])
def test_a_machine_that_is_minutes_off_decides_nothing_and_stops_nobody_else(
    node: Machine, beside: Machine, off: float
) -> None:
    beside.set_clock(off)
    beside.until_it_refuses()
    assert node.decides()
    beside.set_clock(0)
    beside.until_it_decides()
    assert node.decides()
