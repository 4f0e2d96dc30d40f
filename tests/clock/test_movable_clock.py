"""The clock of a rehearsal: an operator moves it forward and sees what ends, and back only with a fence."""

from tests.clock.machine import Machine
from tests.people import Town
from twolatch.client.outcomes import Answered

DATABASE = "sqlite"
WORKERS = 2
SETTINGS: dict[str, object] = {"movable_clock": True}


async def test_an_operator_sees_what_ends_and_goes_back_without_bringing_it_to_life(town: Town, node: Machine) -> None:
    user, browser, phone = await town.with_phone()
    assert "the clock of this site can be moved" in (await browser.get("/")).text
    assert "clock_is_movable" in node.said()
    seen = node.said().count("clock_leapt")
    assert "2 d ahead" in node.run("clock", "forward", "2d")
    node.until_all_said("clock_leapt", seen)
    assert node.answers_to(browser.cookies) == {303}
    assert "moved forward by 2 d" in node.run("clock", "show")
    ahead = town.browser()
    page = await ahead.log_in(user.name)
    assert isinstance(await phone.approve(page.digits), Answered)
    await ahead.collect()
    assert node.answers_to(ahead.cookies) == {200}

    assert "Everybody logs in again" in node.run("clock", "reset")
    node.until_all_said("clock_taken_back", 0)
    assert node.answers_to(ahead.cookies) == node.answers_to(browser.cookies) == {303}
    again = town.browser()
    page = await again.log_in(user.name)
    assert isinstance(await phone.approve(page.digits), Answered)
    assert (await again.collect()).path == "/"
    assert await town.count("FROM audit WHERE event = 'house:clock:moved'") == 2
