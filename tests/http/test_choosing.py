"""Several authenticators at once: the client chooses, changes his mind within one attempt, and gains nothing by it."""

import re

from tests.people import App, Browser, Page, Phone, Town, at_once, set_up_app, set_up_codes
from twolatch.client.outcomes import Answered
from twolatch.people.model import User
from twolatch.protocol.answer import Decision


async def with_all(town: Town) -> tuple[User, Browser, Phone, App, list[str]]:
    """A client with a phone, an app and ten codes."""
    user, browser, phone = await town.with_phone()
    await browser.get("/security/add/totp")
    await browser.send("/step-up")
    assert isinstance(await phone.approve(), Answered)
    await browser.send("/step-up/collect")
    app = await set_up_app(browser)
    return user, browser, phone, app, await set_up_codes(browser)


def offered(page: Page) -> dict[str, str]:
    """Name and id of what can be chosen instead."""
    pattern = r'name="one" value="([0-9a-z]{26})"><button[^>]*><svg.*?</svg><span class="way-name">([^<]+)'
    return {name: one for one, name in re.findall(pattern, page.text)}


async def choose(browser: Browser, name: str) -> Page:
    form = browser.page.form("/login/switch")
    return await browser.land(
        await browser.post("/login/switch", {**form.fields, "one": offered(browser.page)[name]})
    )


async def test_the_one_used_last_is_asked_and_the_choice_is_remembered(town: Town) -> None:
    user, _, phone, app, _ = await with_all(town)
    browser = town.browser()
    page = await browser.log_in(user.name)
    assert page.digits, "the phone, though the app was set up after it"
    assert set(offered(page)) == {"Authenticator app", "Recovery codes"}
    await choose(browser, "Authenticator app")
    assert not (await phone.look()).asked, "the phone's prompt is withdrawn"
    assert (await browser.send("/login/answer", answer=app.code())).path == "/"
    other = town.browser()
    page = await other.log_in(user.name)
    assert page.has_form("/login/answer"), "now the app is asked first"
    assert "Pixel 8" in offered(page)


async def test_a_used_spare_is_not_asked_first_next_time(town: Town) -> None:
    user, _, _, _, codes = await with_all(town)
    browser = town.browser()
    await browser.log_in(user.name)
    await choose(browser, "Recovery codes")
    await browser.send("/login/answer", answer=codes[4])
    page = await town.browser().log_in(user.name)
    assert page.digits


async def test_a_client_changes_his_mind_and_back_within_one_attempt(town: Town) -> None:
    user, _, phone, _, _ = await with_all(town)
    browser = town.browser()
    await browser.log_in(user.name)
    await choose(browser, "Authenticator app")
    page = await choose(browser, "Pixel 8")
    assert isinstance(await phone.approve(page.digits), Answered)
    assert (await browser.collect()).path == "/"
    events = await town.events(user)
    assert events["login:password:right"] == 2, "one attempt for each browser"
    assert await town.count("FROM attempts WHERE user_id = :id", id=user.id) == 2


async def test_an_answer_to_the_older_question_comes_too_late(town: Town) -> None:
    user, _, phone, app, _ = await with_all(town)
    browser = town.browser()
    page = await browser.log_in(user.name)
    asked, digits = await phone.asked(), page.digits
    await choose(browser, "Authenticator app")
    late = await phone.send(phone.made(asked, digits=digits))
    assert late.status_code == 410
    assert (await browser.get("/login/second")).has_form("/login/answer"), "the attempt waits for the app"
    assert (await browser.send("/login/answer", answer=app.code())).path == "/"


async def test_switching_wins_no_guesses(town: Town) -> None:
    user, _, _, _, _ = await with_all(town)
    thief = town.browser()
    await thief.log_in(user.name)
    wrong = 0
    for _ in range(6):
        if "Authenticator app" not in offered(thief.page):
            break
        await choose(thief, "Authenticator app")
        for guess in ("000001", "000002"):
            if thief.page.has_form("/login/answer"):
                await thief.send("/login/answer", answer=guess)
                wrong += 1
        if not thief.page.has_form("/login/switch"):
            await thief.log_in(user.name)
        elif "Recovery codes" in offered(thief.page):
            await choose(thief, "Recovery codes")
    rows = await town.house.db.rows(
        "SELECT object, facts FROM audit WHERE user_id = :id AND event = 'authenticators:answer:refused'", id=user.id
    )
    assert len(rows) <= 5, "five in a row, however often the question changed"
    assert (await town.notices(user))["other_locked"] == 1
    if thief.page.has_form("/login/cancel"):
        await thief.send("/login/cancel")
    page = await town.browser().log_in(user.name)
    assert "Locked after too many wrong answers" in page.text


async def test_questions_are_paid_for_each_time_they_change(town: Town) -> None:
    user, _, _, _, _ = await with_all(town)
    thief = town.browser()
    await thief.log_in(user.name)
    page = thief.page
    for turn in range(12):
        page = await choose(thief, ("Authenticator app", "Pixel 8")[turn % 2])
        if page.status == 429:
            break
    assert (page.status, page.says("limit.challenges")) == (429, True)
    assert await town.count("FROM challenges WHERE user_id = :id AND purpose = 'login'", id=user.id) <= 10


async def test_many_changes_at_once_leave_one_question(town: Town) -> None:
    user, _, _, app, _ = await with_all(town)
    browser = town.browser()
    page = await browser.log_in(user.name)
    form, ones = page.form("/login/switch"), list(offered(page).values())
    await at_once(browser.post("/login/switch", {**form.fields, "one": ones[n % 2]}) for n in range(8))
    waiting = "FROM challenges WHERE user_id = :id AND purpose = 'login' AND state = 'pending'"
    assert await town.count(waiting, id=user.id) == 1
    page = await browser.get("/login/second")
    if "Authenticator app" in offered(page):
        await choose(browser, "Authenticator app")
    assert (await browser.send("/login/answer", answer=app.code())).path == "/"


async def test_nobody_is_asked_for_what_is_not_his_or_may_not_answer(town: Town) -> None:
    user, _, _, _, _ = await with_all(town)
    foreign, other_browser, _ = await town.with_phone()
    row = await town.house.db.row("SELECT id FROM authenticators WHERE user_id = :id", id=foreign.id)
    assert row
    browser = town.browser()
    page = await browser.log_in(user.name)
    form, app = page.form("/login/switch"), offered(page)["Authenticator app"]
    for one in (row["id"], "x", "0" * 26):
        answer = await browser.post("/login/switch", {**form.fields, "one": one})
        assert answer.status in {303, 403}
        assert (await browser.get("/login/second")).digits == page.digits, "the question is the one it was"
    assert (await town.events(foreign))["authenticators:challenge:opened"] == 0
    await town.do("UPDATE authenticators SET state = 'suspended' WHERE id = :id", id=app)
    page = await browser.get("/login/second")
    assert "Authenticator app" not in offered(page)
    assert "Suspended" in page.text
    assert (await browser.post("/login/switch", {**form.fields, "one": app})).status == 403
    assert await other_browser.is_in()


async def test_proving_again_offers_the_same_choice(town: Town) -> None:
    user, browser, phone, app, _ = await with_all(town)
    await town.do("UPDATE sessions SET fresh_at = 0 WHERE user_id = :id", id=user.id)
    device = phone.record.device
    page = await browser.get(f"/security/authenticators/{device}/remove")
    forms = {form.fields["one"]: form for form in page.forms if form.action == "/step-up"}
    assert len(forms) == 3, "the one used last, and two below it"
    row = await town.house.db.row(
        "SELECT id FROM authenticators WHERE user_id = :id AND kind = 'totp'", id=user.id
    )
    assert row
    page = await browser.land(await browser.post("/step-up", forms[row["id"]].fields))
    page = await browser.send("/step-up/answer", answer=app.code())
    assert page.has_form(f"/security/authenticators/{device}/remove")
    await browser.send(f"/security/authenticators/{device}/remove")
    assert (await town.notices(user))["phone_removed"] == 1


async def pending(town: Town, user: User) -> int:
    waits = "FROM challenges WHERE user_id = :id AND purpose = 'login' AND state = 'pending'"
    return await town.count(waits, id=user.id)


async def test_wrong_answers_go_along_to_the_next_question(town: Town) -> None:
    user, _, _, _, codes = await with_all(town)
    thief = town.browser()
    await thief.log_in(user.name)
    await choose(thief, "Authenticator app")
    for guess in ("000001", "000002"):
        await thief.send("/login/answer", answer=guess)
    await choose(thief, "Recovery codes")
    page = await thief.send("/login/answer", answer="AAAA-AAAA-AAAAA")
    assert page.says("login.challenge_locked"), "the third of this login, whatever was asked"
    assert not page.has_form("/login/switch")
    other = town.browser()
    await other.log_in(user.name)
    await choose(other, "Recovery codes")
    assert (await other.send("/login/answer", answer=codes[1])).path == "/", "a new login begins anew"


async def test_what_was_denied_or_taken_back_is_not_asked_of_another(town: Town) -> None:
    user, _, phone, _, _ = await with_all(town)
    for ending in ("denied", "cancelled"):
        thief = town.browser()
        page = await thief.log_in(user.name)
        form, one = page.form("/login/switch"), offered(page)["Authenticator app"]
        if ending == "denied":
            assert isinstance(await phone.say(Decision.DENY), Answered)
        else:
            await thief.send("/login/cancel")
        answer = await thief.post("/login/switch", {**form.fields, "one": one})
        assert answer.status in {403, 410}
        assert not answer.has_form("/login/answer")
        assert await pending(town, user) == 0
    assert await town.count("FROM challenges c JOIN authenticators a ON a.id = c.authenticator_id "
                            "WHERE c.user_id = :id AND a.kind = 'totp' AND c.purpose = 'login'", id=user.id) == 0


async def test_who_was_overtaken_by_the_clients_own_browser_does_not_come_back_by_switching(town: Town) -> None:
    user, own, phone, _, _ = await with_all(town)
    await own.log_out()
    thief = town.browser()
    page = await thief.log_in(user.name)
    form, one = page.form("/login/switch"), offered(page)["Authenticator app"]
    await own.log_in(user.name)
    answer = await thief.post("/login/switch", {**form.fields, "one": one})
    assert answer.says("login.superseded")
    assert await pending(town, user) == 1
    assert isinstance(await phone.approve(), Answered)
    assert (await own.collect()).path == "/"


async def test_of_an_answer_and_a_change_of_mind_at_once_one_wins(town: Town) -> None:
    user, _, _, app, _ = await with_all(town)
    for ahead in (0, 1):
        browser = town.browser()
        await browser.log_in(user.name)
        page = await choose(browser, "Authenticator app")
        answer, switch = page.form("/login/answer"), page.form("/login/switch")
        back = {**switch.fields, "one": offered(page)["Pixel 8"]}
        before = await town.count("FROM sessions WHERE user_id = :id AND proved = 'totp'", id=user.id)
        code = app.code(ahead)
        await at_once(
            browser.post("/login/answer", {**answer.fields, "answer": code}) if turn == 1
            else browser.post("/login/switch", back) for turn in range(4)
        )
        after = await town.count("FROM sessions WHERE user_id = :id AND proved = 'totp'", id=user.id)
        is_in = after == before + 1
        assert await pending(town, user) == (0 if is_in else 1)
        if not is_in:
            page = await browser.get("/login/second")
            assert page.digits, "the phone is asked, and the code was not taken"
            await browser.send("/login/cancel")
