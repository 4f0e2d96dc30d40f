"""The clock of a machine is set back and forth while its site runs: nothing expired is accepted, nothing comes back to
life, no code counts twice, and the site goes on by itself."""

import subprocess

import pytest

from tests.clock.machine import Machine
from tests.http.test_typed_kinds import proved, with_app
from tests.people import INFO, Town, code_of
from twolatch.client import device
from twolatch.client.outcomes import Answered
from twolatch.protocol.codes import read_session_id

DATABASE = "sqlite"
WORKERS = 2
SETTINGS: dict[str, object] = {}
MINUTE, HOUR, DAY = 60, 3600, 86_400


@pytest.mark.parametrize("back", [10 * MINUTE, DAY])
async def test_a_site_whose_clock_is_set_back_refuses_everybody_and_loses_nothing(
    town: Town, node: Machine, back: float
) -> None:
    user, browser, phone = await town.with_phone()
    other = town.browser()
    await other.get("/login")
    waiting = town.browser()
    page = await waiting.log_in(user.name)
    asked = await phone.asked()
    node.set_clock(-back)
    node.until_it_refuses()
    assert node.answers_to(browser.cookies) == {503}
    refused = await other.try_password(user.name, "whatever it is")
    assert (refused.status, refused.says("server.busy")) == (503, True)
    assert 60 <= int(refused.answer.headers["retry-after"]) <= 120
    assert code_of(await phone.send(phone.made(asked, digits=page.digits))) == "server.busy"
    node.set_clock(0)
    node.until_it_decides()
    assert node.answers_to(browser.cookies) == {200}, "what was valid is valid"
    assert isinstance(await phone.approve(page.digits), Answered)
    assert (await waiting.collect()).path == "/"


async def test_a_clock_two_hours_ahead_ends_what_is_over_and_brings_nothing_back(town: Town, node: Machine) -> None:
    user, browser, phone = await town.with_phone()
    new, newcomer = await town.person(), town.browser()
    code = read_session_id((await newcomer.log_in(new.name)).session_id)
    assert code
    waiting = town.browser()
    page = await waiting.log_in(user.name)
    answer = phone.made(await phone.asked(), digits=page.digits)
    claim = device.begin("", node.settings.phone_host, code, user_name="", info=INFO, holds=[]).body
    typist, _, app = await with_app(town)

    node.leap(2 * HOUR)
    assert node.answers_to(browser.cookies) == {303}, "his session is over"
    assert (await phone.send(answer)).status_code == 410
    assert (await phone.call("POST", "activations/claim", claim)).status_code == 410
    late = town.browser()
    await late.log_in(typist.name)
    future = app.code(2 * HOUR // 30)
    assert proved(await late.send("/login/answer", answer=future)) == "Proved with password and authenticator app"

    node.set_clock(0)
    node.until_it_refuses()
    node.correct()
    for each in (browser, late, newcomer):
        assert node.answers_to(each.cookies) == {303}, "all that could come back to life is over"
    assert (await phone.send(answer)).status_code >= 400
    assert (await phone.call("POST", "activations/claim", claim)).status_code >= 400
    again = town.browser()
    await again.log_in(typist.name)
    for used in (future, app.code()):
        assert (await again.send("/login/answer", answer=used)).says("typed.wrong"), "no code opens a second door"
    back = town.browser()
    page = await back.log_in(user.name)
    assert isinstance(await phone.approve(page.digits), Answered)
    assert (await back.collect()).path == "/"


async def test_a_site_that_starts_with_its_clock_set_back_knows_what_time_it_was(town: Town, node: Machine) -> None:
    _, browser, _ = await town.with_phone()
    node.leap(20 * MINUTE)
    assert node.answers_to(browser.cookies) == {303}
    node.stop()
    node.set_clock(0)
    node.start()
    assert node.answers_to(browser.cookies) == {503}
    assert "nothing is decided before" in node.run("clock", "show")
    with pytest.raises(subprocess.CalledProcessError) as failed:
        node.run("user", "lock", "nobody")
    assert "clock is" in failed.value.stderr
    node.set_clock(21 * MINUTE)
    node.until_it_decides()
    assert node.answers_to(browser.cookies) == {303}, "it had expired before"
    node.set_clock(0)
    node.correct()


def test_a_site_that_is_no_rehearsal_has_a_clock_that_nobody_moves(node: Machine) -> None:
    with pytest.raises(subprocess.CalledProcessError) as failed:
        node.run("clock", "forward", "2d")
    assert "TWOLATCH_MOVABLE_CLOCK" in failed.value.stderr
    assert "moved" not in node.run("clock", "show")
