"""What may happen once happens once, however many ask at the same moment, at two processes."""

from collections import Counter

import pytest

from tests.people import INFO, PIN, Town, at_once, code_of, some_address
from twolatch.client import device
from twolatch.client.outcomes import Answered, Refused, Shown
from twolatch.protocol.answer import Decision
from twolatch.protocol.codes import read_link, read_session_id

CROWD = 80


@pytest.mark.parametrize("form", ["typed", "scanned"])
async def test_one_code_makes_one_phone_whoever_claims_it(town: Town, form: str) -> None:
    user, browser, phone = await town.person(), town.browser(), town.phone()
    page = await browser.log_in(user.name)
    link = read_link(page.link)
    assert link
    code = link.code if form == "scanned" else read_session_id(page.session_id)
    assert code
    host = town.site.settings.phone_host
    claims = [device.begin("", host, code, user_name="", info=INFO, holds=[]) for _ in range(CROWD)]
    answers = await at_once(
        phone.call("POST", "activations/claim", each.body, x_forwarded_for=some_address()) for each in claims
    )
    seen = Counter(code_of(answer) for answer in answers)
    assert seen[""] == 1, seen
    assert set(seen) <= {"", "code.used", "code.burned"}
    assert await town.count("FROM authenticators WHERE user_id = :id", id=user.id) == 1
    events = await town.events(user)
    assert events["activation:code:claimed"] == 1
    assert events["activation:code:refused"] == seen["code.used"]
    if form == "typed":
        assert seen["code.used"] == CROWD - 1, "and the audit knows of every one"


async def test_the_same_claim_sent_many_times_gets_one_device(town: Town) -> None:
    """A lost reply is no lost code; nor does a repeated claim make a second phone."""
    user, browser, phone = await town.person(), town.browser(), town.phone()
    code = read_session_id((await browser.log_in(user.name)).session_id)
    assert code
    body = device.begin("", town.site.settings.phone_host, code, user_name="", info=INFO, holds=[]).body
    answers = await at_once(
        phone.call("POST", "activations/claim", body, x_forwarded_for=some_address()) for _ in range(20)
    )
    assert {answer.status_code for answer in answers} <= {200, 409}
    devices = {answer.json()["device"] for answer in answers if answer.status_code == 200}
    assert len(devices) == 1
    again = await phone.call("POST", "activations/claim", body)
    assert again.json()["device"] in devices
    assert await town.count("FROM authenticators WHERE user_id = :id", id=user.id) == 1


async def test_the_right_number_confirms_once(town: Town) -> None:
    user, browser, phone = await town.person(), town.browser(), town.phone()
    shown = await phone.soft.claim((await browser.log_in(user.name)).session_id, PIN)
    assert isinstance(shown, Shown)
    form = (await browser.get("/activate")).form("/activate/confirm").fields
    pages = await at_once(browser.post("/activate/confirm", {**form, "number": shown.six_digits}) for _ in range(30))
    assert {page.status for page in pages} <= {200, 303, 403, 410}
    assert sum("set-cookie" in page.answer.headers for page in pages if page.status == 303) >= 1
    assert (await town.events(user))["activation:number:confirmed"] == 1
    assert await town.count("FROM authenticators WHERE user_id = :id AND state = 'unproven'", id=user.id) == 1


async def test_wrong_numbers_at_the_same_moment_share_three_tries(town: Town) -> None:
    user, browser, phone = await town.person(), town.browser(), town.phone()
    shown = await phone.soft.claim((await browser.log_in(user.name)).session_id, PIN)
    assert isinstance(shown, Shown)
    form = (await browser.get("/activate")).form("/activate/confirm").fields
    guesses = [f"{(int(shown.six_digits) + step) % 1_000_000:06d}" for step in range(1, 61)]
    pages = await at_once(browser.post("/activate/confirm", {**form, "number": guess}) for guess in guesses)
    assert {page.status for page in pages} <= {200, 403, 410}
    events = await town.events(user)
    assert events["activation:number:wrong"] == 3
    assert events["activation:code:burned"] == 1
    await browser.post("/activate/confirm", {**form, "number": shown.six_digits})
    assert (await town.events(user))["activation:number:confirmed"] == 0


async def test_one_approval_is_one_session(town: Town) -> None:
    user, browser, phone = await town.with_phone()
    await browser.log_out()
    await browser.log_in(user.name)
    assert isinstance(await phone.approve(), Answered)
    before = await town.count("FROM sessions WHERE user_id = :id", id=user.id)
    form = browser.page.form("/login/collect").fields
    pages = await at_once(browser.post("/login/collect", form) for _ in range(CROWD))
    seen = Counter(page.status for page in pages)
    assert seen == {303: 1, 410: CROWD - 1}
    assert all(page.says("login.start_over") for page in pages if page.status == 410)
    assert await town.count("FROM sessions WHERE user_id = :id", id=user.id) == before + 1
    assert (await town.events(user))["login:session:started"] == 2


async def test_one_approved_step_up_is_one_new_token(town: Town) -> None:
    user, browser, phone = await town.with_phone()
    await browser.get("/step-up?to=password")
    await browser.send("/step-up", way="phone")
    assert isinstance(await phone.approve(), Answered)
    form = browser.page.form("/step-up/collect").fields
    pages = await at_once(browser.post("/step-up/collect", form) for _ in range(40))
    given = [page for page in pages if page.status == 303 and "step-up" not in page.answer.headers["location"]]
    assert sum("/password" in page.answer.headers["location"] for page in given) == 1
    assert (await town.events(user))["sessions:session:proved"] == 1


async def test_yes_and_no_at_the_same_moment_end_in_one_of_them(town: Town) -> None:
    user, browser, phone = await town.with_phone()
    await browser.log_out()
    await browser.log_in(user.name)
    asked = await phone.asked()
    decisions = (Decision.APPROVE, Decision.DENY, Decision.NOT_ME)
    answers = [phone.made(asked, decisions[step % 3], ahead=1 + step) for step in range(12)]
    replies = await at_once(phone.send(answer) for answer in answers)
    assert all(reply.status_code < 500 for reply in replies)
    taken = [reply.json()["state"] for reply in replies if reply.status_code == 200]
    assert len(taken) == 1
    page = await browser.collect()
    assert (page.path == "/") == (taken == ["approved"])


async def test_the_same_right_answer_sent_four_times_at_once_is_one_approval(town: Town) -> None:
    """An app that sends again because the reply is slow."""
    user, browser, phone = await town.with_phone()
    await browser.log_out()
    await browser.log_in(user.name)
    answer = phone.made(await phone.asked())
    replies = await at_once(phone.send(answer) for _ in range(4))
    assert Counter(code_of(reply) for reply in replies) == {"": 4}
    assert {reply.json()["state"] for reply in replies} == {"approved"}
    assert (await town.events(user))["authenticators:challenge:approved"] == 2


async def test_a_repeated_answer_after_the_reply_was_lost_reads_as_the_first(town: Town) -> None:
    user, browser, phone = await town.with_phone()
    await browser.log_out()
    await browser.log_in(user.name)
    answer = phone.made(await phone.asked())
    first = await phone.send(answer)
    assert first.status_code == 200
    assert (await phone.send(answer)).content == first.content
    assert (await browser.collect()).path == "/"
    assert (await phone.send(answer)).content == first.content, "also when it was collected"
    assert (await town.events(user))["authenticators:challenge:approved"] == 2


async def test_many_logins_at_once_ask_the_phone_one_question(town: Town) -> None:
    """Somebody has the password: at most one prompt waits, and the client is not buried in them."""
    user, _browser, _phone = await town.with_phone()
    browsers = [town.browser() for _ in range(40)]
    for each in browsers:
        each.page = await each.ask("GET", "/login")
    pages = await at_once(each.try_password(user.name, "linden tree 42 kites") for each in browsers)
    seen = Counter(page.status for page in pages)
    assert set(seen) <= {303, 409, 429}, seen
    assert all("retry-after" in page.answer.headers for page in pages if page.status == 429)
    assert seen[303] == 1
    assert (
        await town.count("FROM challenges WHERE user_id = :id AND state = 'pending' AND purpose = 'login'", id=user.id)
        == 1
    )


async def test_codes_asked_for_at_once_leave_one_alive(town: Town) -> None:
    user, browser = await town.person(), town.browser()
    await browser.log_in(user.name)
    csrf = browser.page.csrf
    pages = await at_once(browser.post("/activate/begin", {"csrf": csrf, "place": "activate"}) for _ in range(15))
    assert {page.status for page in pages} == {303}
    assert await town.count("FROM activations WHERE user_id = :id AND state IN ('issued', 'claimed')", id=user.id) == 1


async def test_two_apps_that_share_a_storage_are_found_out(town: Town) -> None:
    """An answer with an epoch older than the last two: the storage was copied, nobody knows whose copy is whose."""
    user, browser, phone = await town.with_phone()
    thief = town.phone()
    thief.store.save(phone.store.load())
    for _ in range(2):
        await browser.log_out()
        await browser.log_in(user.name)
        assert isinstance(await phone.approve(), Answered)
        await browser.collect()
    await browser.log_out()
    await browser.log_in(user.name)
    asked = await thief.asked()
    refused = await thief.soft.answer(asked, Decision.APPROVE, PIN)
    assert isinstance(refused, Refused)
    assert refused.code == "phone.copied"
    refused = await phone.soft.answer(asked, Decision.APPROVE, PIN)
    assert isinstance(refused, Refused)
    assert refused.code == "phone.suspended"
    assert (await town.notices(user))["copied_phone"] == 1
    assert (await town.events(user))["authenticators:authenticator:copied"] == 1
