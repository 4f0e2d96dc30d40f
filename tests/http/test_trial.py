""" "Test my phone": every way is walked, nothing is opened by it."""

from collections import Counter
from collections.abc import Iterator
from urllib.parse import parse_qsl, urlsplit

import pytest

from tests.http.conftest import served
from tests.http.test_login_codes import link
from tests.people import PIN, WRONG_PIN, Browser, Page, Phone, Town, activate, at_once, code_of, set_up_app
from tests.site import Site
from twolatch.client.outcomes import Answered, Refused, Scanned
from twolatch.protocol.answer import Decision
from twolatch.words.limits import TRIALS


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def site(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A client of this site may hold two phones."""
    yield from served(request, tmp_path_factory, phones_per_user=2)


def results(page: Page) -> dict[str, str]:
    """What the address says of each way."""
    said = dict(parse_qsl(urlsplit(page.path).query))
    return {way: said.get(way, "") for way in ("push", "scan", "code")}


async def begun(browser: Browser) -> Page:
    await browser.get("/security")
    assert "/security/test?phone=" in browser.page.text
    await browser.get("/security/test")
    return await browser.send("/security/test", to="push")


async def test_anna_walks_all_three_ways_and_each_of_them_works(town: Town) -> None:
    user, browser, phone = await town.with_phone()
    await begun(browser)
    asked = await phone.asked()
    assert (asked.challenge.type, asked.challenge.started) == ("test", "trial")
    assert isinstance(await phone.soft.answer(asked, Decision.APPROVE, PIN), Answered)
    page = await browser.get(browser.page.path)
    assert "Your approval has arrived" in page.text
    assert "receives no notifications" in page.text, "this phone was never woken: its approval proves no notification"
    page = await browser.send("/security/test", to="scan")
    assert not page.digits, "only the scan can answer"
    seen = await phone.soft.scan(link(town, page))
    assert isinstance(seen, Scanned)
    assert isinstance(await phone.soft.answer(seen, Decision.APPROVE, PIN), Answered)
    page = await browser.get(browser.page.path)
    assert "Scanning works" in page.text
    page = await browser.send("/security/test", to="code")
    assert not (await phone.look()).asked, "a test of codes is not shown on the phone"
    wrong = await phone.soft.respond(page.digits, WRONG_PIN)
    assert isinstance(wrong, str)
    page = await browser.send("/security/test/answer", answer=wrong)
    assert page.says("typed.wrong")
    right = await phone.soft.respond(page.digits, PIN)
    assert isinstance(right, str)
    page = await browser.send("/security/test/answer", answer=right)
    assert "Codes without network work" in page.text
    page = await browser.send("/security/test", to="end")
    assert (results(page)["scan"], results(page)["code"]) == ("ok", "ok")
    assert results(page)["push"] == "no"
    assert (
        await town.count("FROM challenges WHERE user_id = :id AND purpose = 'trial' AND state = 'approved'", id=user.id)
        == 3
    )
    events = await town.events(user)
    assert events["login:trial:begun"] == 3
    assert events["sessions:session:proved"] == 0
    assert events["login:session:started"] == 1


async def test_what_does_not_work_is_told_with_what_to_do(town: Town) -> None:
    user, browser, phone = await town.with_phone()
    await begun(browser)
    page = await browser.send("/security/test", to="scan")
    page = await browser.send("/security/test", to="code")
    page = await browser.send("/security/test", to="end")
    assert results(page) == {"push": "no", "scan": "no", "code": "no"}
    assert "receives no notifications" in page.text
    assert "Scan inside the app" in page.text
    assert (await town.events(user))["login:trial:failed"] == 3
    assert not (await phone.look()).asked, "what did not work is withdrawn from the phone"


async def test_a_trial_opens_nothing(town: Town) -> None:
    """The id of an approved trial serves neither to prove again nor to log in."""
    user, browser, phone = await town.with_phone()
    await town.do("UPDATE sessions SET fresh_at = 0 WHERE user_id = :user", user=user.id)
    await begun(browser)
    asked = await phone.asked()
    assert isinstance(await phone.soft.answer(asked, Decision.APPROVE, PIN), Answered)
    ask = asked.challenge.challenge
    page = await browser.get(f"/step-up?to=password&ask={ask}")
    assert not page.has_form("/step-up/collect")
    await browser.post("/step-up/collect", {"csrf": browser.page.csrf, "to": "password", "ask": ask})
    assert (await town.events(user))["sessions:session:proved"] == 0
    remove = await browser.get(f"/security/authenticators/{phone.record.device}/remove")
    assert "/step-up" in remove.path


async def test_a_trial_of_another_session_is_none(town: Town) -> None:
    user, browser, phone = await town.with_phone()
    await begun(browser)
    other = await town.stranger(user, await alone(phone))
    page = await begun(browser)
    ask = page.form("/security/test").fields["ask"]
    page = await other.get(page.path)
    assert not page.has_form("/security/test/answer")
    assert "This test has ended" in page.text
    before = await town.events(user)
    await other.post("/security/test", {"csrf": page.csrf, "failed": "push", "ask": ask, "to": "end"})
    assert len((await phone.look()).asked) == 1, "another session withdraws nothing"
    assert (await town.events(user) - before) == {"login:trial:failed": 1}


async def alone(phone: Phone) -> Phone:
    """The test that waits is denied, so that one question waits at a time."""
    assert isinstance(await phone.say(Decision.DENY), Answered)
    return phone


async def test_the_digits_of_a_scan_are_shown_nowhere_and_wrong_ones_cost_a_try(town: Town) -> None:
    user, browser, phone = await town.with_phone()
    await begun(browser)
    await browser.send("/security/test", to="scan")
    asked = await phone.asked()
    assert asked.challenge.confirmation == "digits"
    assert code_of(await phone.send(phone.made(asked, digits="000000"))) == "answer.wrong"
    assert (await town.events(user))["authenticators:answer:refused"] == 1


async def test_tests_are_limited_on_both_workers_and_fill_no_audit(town: Town) -> None:
    user, browser, _ = await town.with_phone()
    await browser.get("/security/test")
    push = {**browser.page.form("/security/test").fields, "to": "push"}
    pages = await at_once(browser.post("/security/test", push) for _ in range(TRIALS.allowance + 5))
    assert Counter(page.status for page in pages) == {303: TRIALS.allowance, 429: 5}
    page = await browser.post("/security/test", push)
    assert page.says("limit.trials")
    assert int(page.answer.headers["retry-after"]) >= 1
    before = await town.events(user)
    assert (await browser.post("/security/test", {**push, "failed": "push", "to": "end"})).status == 303
    assert await town.events(user) == before


async def test_a_test_is_no_use_of_a_phone(town: Town) -> None:
    """Who tries the phone in his drawer is asked on the other one at the next login."""
    user, browser, phone = await town.with_phone()
    used = "FROM authenticators WHERE user_id = :id AND used_at > :then"
    await town.do("UPDATE authenticators SET used_at = 5 WHERE user_id = :id", id=user.id)
    await begun(browser)
    assert isinstance(await phone.approve(), Answered)
    assert await town.count(used, id=user.id, then=5) == 0
    await begun(browser)
    assert isinstance(await phone.say(Decision.DENY), Answered)
    assert await town.count(used, id=user.id, then=5) == 0


async def test_anna_tests_the_phone_she_points_at_and_nobody_elses(town: Town) -> None:
    user, _, first = await town.with_phone()
    browser, second = await town.stranger(user, first), town.phone()
    await browser.get("/activate")
    page = await browser.send("/activate/begin")
    await activate(browser, second, page.session_id)
    _, _, foreign = await town.with_phone()
    await browser.get(f"/security/test?phone={first.record.device}")
    await browser.send("/security/test", to="push")
    assert len((await first.look()).asked) == 1
    assert not (await second.look()).asked
    page = await browser.get(f"/security/test?phone={foreign.record.device}")
    assert "no phone here" in page.text
    refused = await browser.post("/security/test", {"csrf": page.csrf, "phone": foreign.record.device, "to": "push"})
    assert refused.status >= 400
    assert not (await foreign.look()).asked


async def test_an_authenticator_app_is_no_phone_to_test(town: Town) -> None:
    user, browser = await town.person(), town.browser()
    await browser.log_in(user.name)
    await set_up_app(browser)
    page = await browser.get("/security")
    assert "/security/test" not in page.text
    assert "no phone here" in (await browser.get("/security/test")).text


async def test_who_has_used_up_the_codes_tests_them_no_further(town: Town) -> None:
    user, browser, phone = await town.with_phone()
    await begun(browser)
    for _ in range(5):
        page = await browser.send("/security/test", to="code")
        if not page.digits:
            break
        wrong = await phone.soft.respond(page.digits, WRONG_PIN)
        await browser.send("/security/test/answer", answer=str(wrong))
    page = await browser.get("/security/test?at=push&push=ok")
    page = await browser.post("/security/test", {"csrf": browser.page.csrf, "to": "code"})
    assert page.says("answer.way_closed")
    assert (await town.events(user))["authenticators:authenticator:locked"] == 0, "the phone itself goes on"


async def test_it_was_not_me_ends_the_session_that_tests(town: Town) -> None:
    """Somebody at an open session tests the phone; its owner says no."""
    _, browser, phone = await town.with_phone()
    await begun(browser)
    assert isinstance(await phone.say(Decision.NOT_ME), Answered)
    assert not await browser.is_in()


async def test_a_client_without_a_phone_has_nothing_to_test(town: Town) -> None:
    user, browser = await town.person(), town.browser()
    await browser.log_in(user.name)
    page = await browser.get("/security/test")
    assert "no phone here" in page.text
    refused = await browser.post("/security/test", {"csrf": page.csrf, "to": "push"})
    assert refused.says("login.phone_locked")


async def test_wrong_pins_in_a_trial_lock_the_phone_like_any_other(town: Town) -> None:
    user, browser, phone = await town.with_phone()
    codes = []
    for _ in range(5):
        await begun(browser)
        refused = await phone.approve(pin=WRONG_PIN)
        assert isinstance(refused, Refused)
        codes.append(refused.code)
    assert codes == ["answer.wrong"] * 4 + ["phone.locked"]
    assert (await town.events(user))["authenticators:authenticator:locked"] == 1
