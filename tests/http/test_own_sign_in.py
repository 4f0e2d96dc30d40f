"""The app's own sign-in: both latches on one phone, and what a stranger makes of it."""

from collections import Counter

import pytest

from tests.http.own_app import OwnApp
from tests.http.raw import nameless
from tests.people import PASSWORD, WRONG_PIN, Town, activate, at_once, code_of
from twolatch.client.outcomes import Answered, Refused
from twolatch.people import flows as people
from twolatch.protocol.account import AppSession, SignIn
from twolatch.protocol.answer import Decision

WRONG = "login:password:wrong"
STARTED = "login:session:started"


async def test_anna_signs_in_on_the_phone_that_holds_her_key_and_needs_no_second_device(town: Town) -> None:
    user, browser, phone = await town.with_phone()
    app = OwnApp(phone)
    await app.sign_in(user.name)
    told = (await app.ask("GET", "overview")).json()
    assert (told["user"], told["display"], told["must_change"]) == (user.name, user.display, False)
    assert [(each["this"], each["state"]) for each in told["authenticators"]] == [(True, "active")]
    assert sorted((each["place"], each["this"], each["proved"]) for each in told["sessions"]) == [
        ("app", True, "phone"),
        ("browser", False, "password"),
    ]
    page = await browser.get("/security")
    assert "In the phone app" in page.text
    [ended] = page.ids("/security/sessions/{}/end")
    await browser.send(f"/security/sessions/{ended}/end")
    assert not await app.is_in(), "the portal ends the app's session like any other"


async def test_the_apps_question_is_asked_of_this_phone_alone_wakes_nobody_and_shows_no_digits(town: Town) -> None:
    user, _, phone = await town.with_phone()
    app = OwnApp(phone)
    asked = app.opened(await app.type(user.name)).challenge
    assert (asked.type, asked.started, asked.confirmation) == ("login", "app", "none")
    assert (await phone.look()).asked == (), "it is no request of somebody else"
    assert await town.count("FROM meters WHERE key = :key", key=f"prompts:{user.id}") == 0


async def test_a_login_that_waits_in_a_browser_is_left_alone_by_the_app(town: Town) -> None:
    user, _, phone = await town.with_phone()
    browser, app = town.browser(), OwnApp(phone)
    page = await browser.log_in(user.name)
    await app.sign_in(user.name)
    assert isinstance(await phone.approve(page.digits), Answered)
    await browser.collect()
    assert await browser.is_in()
    assert await app.is_in()


async def test_the_password_alone_opens_no_app(town: Town) -> None:
    user, _, phone = await town.with_phone()
    app = OwnApp(phone)
    asked = await app.type(user.name)
    assert code_of(await app.ask("POST", "session")) == "login.start_over"
    wrong = await app.approve(asked, WRONG_PIN)
    assert isinstance(wrong, Refused)
    assert (wrong.code, wrong.tries_left) == ("answer.wrong", 4), "the same gate and counter as any approval"
    assert code_of(await app.ask("POST", "session")) == "login.start_over"
    assert isinstance(await phone.soft.answer(app.opened(asked), Decision.DENY), Answered)
    assert code_of(await app.ask("POST", "session")) == "login.denied"
    assert (await town.events(user))[STARTED] == 1, "the one of the activation"


async def test_an_approval_makes_one_session_however_often_it_is_collected(town: Town) -> None:
    user, _, phone = await town.with_phone()
    app = OwnApp(phone)
    await app.approve(await app.type(user.name))
    answers = await at_once(app.ask("POST", "session") for _ in range(20))
    assert Counter(answer.status_code for answer in answers) == {200: 1, 410: 19}
    assert (await town.events(user))[STARTED] == 2


async def test_the_approval_of_a_browsers_login_opens_no_app_and_the_apps_opens_no_browser(town: Town) -> None:
    user, _, phone = await town.with_phone()
    browser, app = town.browser(), OwnApp(phone)
    page = await browser.log_in(user.name)
    assert isinstance(await phone.approve(page.digits), Answered)
    assert code_of(await app.ask("POST", "session")) == "login.start_over"
    await app.approve(await app.type(user.name))
    other = town.browser()
    other.cookies["__Host-pre"] = phone.record.device
    assert (await other.ask("GET", "/login/second", sec_fetch_site="same-origin")).status == 410
    await browser.collect()
    assert await browser.is_in()


async def test_a_stolen_token_opens_nothing_without_the_key_of_its_device(town: Town) -> None:
    user, browser, phone = await town.with_phone()
    app = OwnApp(phone)
    token = await app.sign_in(user.name)
    _, _, other_phone = await town.with_phone()
    thief = OwnApp(other_phone)
    assert code_of(await thief.ask("GET", "overview", token=token)) == "session.ended"
    assert code_of(await thief.ask("GET", "overview", token=token, device=app.device)) == "phone.unknown"
    assert code_of(await phone.call("GET", "overview", twolatch_session=token)) == "request.nonce"
    assert code_of(await phone.call("GET", "overview", cookie=f"__Host-session={token}")) == "request.nonce"
    copy = town.browser()
    copy.cookies["__Host-session"] = token
    assert not await copy.is_in(), "the app's token is none in a browser"
    cookie = browser.cookies["__Host-session"]
    assert code_of(await app.ask("GET", "overview", token=cookie)) == "session.ended", "nor a browser's in the app"
    assert await app.is_in()


async def test_a_token_belongs_to_one_user_of_an_app_with_several(town: Town) -> None:
    anna, _, phone = await town.with_phone()
    app = OwnApp(phone)
    token, annas = await app.sign_in(anna.name), app.device
    bram, portal = await town.person(), town.browser()
    await portal.log_in(bram.name)
    await activate(portal, phone, portal.page.session_id)
    assert app.device != annas
    assert code_of(await app.ask("GET", "overview", token=token)) == "session.ended"
    await app.sign_in(bram.name)
    assert (await app.ask("GET", "overview")).json()["user"] == bram.name


async def test_other_names_cost_and_look_the_same_from_a_phone_whether_they_exist_or_not(town: Town) -> None:
    """Mallory has a phone of her own and wants to know who else is a client here, and his password."""
    _, _, phone = await town.with_phone()
    victim, app = await town.person(), OwnApp(phone)
    answers = {
        "right password": await app.type(victim.name),
        "wrong password": await app.type(victim.name, "not this one"),
        "nobody": await app.type(f"nobody{victim.name}"),
    }
    assert {name: (answer.status_code, code_of(answer)) for name, answer in answers.items()} == dict.fromkeys(
        answers, (403, "login.wrong")
    )
    shown = {name: nameless(answer) for name, answer in answers.items()}
    assert len(set(shown.values())) == 1
    assert (await town.events(victim))[WRONG] == 2
    assert await town.count("FROM attempts WHERE user_id = :id AND stage = 'open'", id=victim.id) == 0


async def test_the_phones_host_is_no_second_set_of_guesses(town: Town) -> None:
    user, _, phone = await town.with_phone()
    app, portal = OwnApp(phone), town.browser()
    await app.sign_in(user.name)  # also a phone that was used before counts with the portal
    for guess in range(3):
        assert code_of(await app.type(user.name, f"guess {guess} guess")) == "login.wrong"
    for guess in range(2):
        assert (await portal.log_in(user.name, f"guess {guess} guess")).says("login.wrong")
    assert (await portal.log_in(user.name)).says("login.wait")
    refused = await app.type(user.name)
    assert (refused.status_code, code_of(refused)) == (429, "login.wait")
    assert 1 <= int(refused.headers["retry-after"]) <= 31


async def test_guesses_sent_at_once_from_a_phone_are_hashed_five_times(town: Town) -> None:
    user, _, phone = await town.with_phone()
    app = OwnApp(phone)
    answers = await at_once(app.type(user.name, f"guess {i} guess") for i in range(25))
    assert Counter(answer.status_code for answer in answers) == {403: 5, 429: 20}
    assert (await town.events(user))[WRONG] == 5


async def test_no_page_of_another_site_can_speak_for_the_app(town: Town) -> None:
    """There is no cookie that a browser would add by itself, and no other origin is let near the headers."""
    user, _, phone = await town.with_phone()
    app = OwnApp(phone)
    await app.sign_in(user.name)
    body = {"name": user.name, "password": PASSWORD}
    forged = await phone.call("POST", "sign-in", body, origin="https://evil.example", sec_fetch_site="cross-site")
    assert code_of(forged) == "request.nonce"
    asked = await phone.call("OPTIONS", "overview", origin="https://evil.example", access_control_request_method="GET")
    assert asked.status_code == 405
    for answer in (forged, asked, await app.ask("GET", "overview", origin="https://evil.example")):
        assert not [name for name in answer.headers if name.startswith("access-control")]
        assert "set-cookie" not in answer.headers
        assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("end", ["idle", "absolute", "password", "locked out", "phone suspended", "logged out"])
async def test_a_session_of_the_app_ends_like_any_other(town: Town, end: str) -> None:
    user, browser, phone = await town.with_phone()
    app = OwnApp(phone)
    await app.sign_in(user.name)
    if end == "idle":
        await town.do("UPDATE sessions SET seen_at = 0 WHERE bound_to = :id", id=app.device)
    elif end == "absolute":
        await town.do("UPDATE sessions SET ends_at = 0 WHERE bound_to = :id", id=app.device)
    elif end == "password":
        await browser.get("/password")
        await browser.send("/password", new="harbour stone 77 larks", repeat="harbour stone 77 larks")
    elif end == "locked out":
        await people.switch_off(town.house, user.name, town.house.clock.now(), is_off=True)
    elif end == "phone suspended":
        await app.ask("DELETE", "device")
        assert await town.count("FROM sessions WHERE bound_to = :id AND ended_at = 0", id=app.device) == 0
    else:
        assert (await app.ask("DELETE", "session")).json() == {}
        assert (await app.ask("DELETE", "session")).json() == {}, "twice is no fault"
    assert code_of(await app.ask("GET", "overview")) in {"session.ended", "phone.suspended"}
    assert code_of(await app.ask("GET", "diary")) in {"session.ended", "phone.suspended"}


async def test_it_was_not_me_and_a_denied_question_let_nobody_in(town: Town) -> None:
    user, _, phone = await town.with_phone()
    app = OwnApp(phone)
    await phone.soft.answer(app.opened(await app.type(user.name)), Decision.NOT_ME)
    assert code_of(await app.ask("POST", "session")) == "login.not_me"
    await app.sign_in(user.name)
    assert (await app.ask("GET", "overview")).json()["must_change"], "the app says that the portal wants a new one"


async def test_anna_reads_her_diary_page_by_page_in_her_language_and_nobody_elses(town: Town) -> None:
    user, browser, phone = await town.with_phone()
    _, _, foreign = await town.with_phone()
    app = OwnApp(phone)
    for _ in range(2):
        await browser.log_out()
        await browser.log_in(user.name)
        assert isinstance(await phone.approve(), Answered)
        await browser.collect()
    await app.sign_in(user.name)
    for _ in range(8):
        await app.ask("PUT", "device", {"name": "Anna's phone"})
    first = (await app.ask("GET", "diary")).json()
    assert (len(first["entries"]), first["more"]) == (20, True)
    second = (await app.ask("GET", f"diary/{first['entries'][-1]['number']}")).json()
    numbers = [each["number"] for each in first["entries"] + second["entries"]]
    assert numbers == sorted(numbers, reverse=True)
    assert len(set(numbers)) == len(numbers) > 20
    assert not second["more"]
    newest = first["entries"][0]
    assert (newest["text"], newest["phone"]) == ("It got another name.", "Anna's phone")
    dutch = (await app.ask("GET", "diary", accept_language="nl")).json()
    assert dutch["entries"][0]["text"] == "Heeft een andere naam gekregen."
    own = await town.house.db.rows("SELECT number FROM audit WHERE user_id = :id", id=user.id)
    assert set(numbers) <= {row["number"] for row in own}
    assert "PIN" not in {each["event"] for each in first["entries"]}
    for strange in ("0x1", "-1", "9" * 40, "١"):
        assert (await app.ask("GET", f"diary/{strange}")).status_code in {401, 404}
    assert code_of(await OwnApp(foreign).ask("GET", "diary", token=app.token)) == "session.ended"


async def test_anna_ends_her_browsers_session_from_the_phone_and_nobody_elses(town: Town) -> None:
    user, browser, phone = await town.with_phone()
    stranger, foreign, _ = await town.with_phone()
    app = OwnApp(phone)
    await app.sign_in(user.name)
    [row] = await town.house.db.rows("SELECT id FROM sessions WHERE user_id = :id", id=stranger.id)
    assert (await app.ask("DELETE", f"sessions/{row['id']}")).status_code == 404
    assert await foreign.is_in()
    told = (await app.ask("GET", "overview")).json()["sessions"]
    [other] = [each["session"] for each in told if each["place"] == "browser"]
    assert (await app.ask("DELETE", f"sessions/{other}")).json() == {}
    assert not await browser.is_in()
    assert await app.is_in()


async def test_a_phone_that_is_not_yet_confirmed_signs_nobody_in(town: Town) -> None:
    user, browser, phone = await town.person(), town.browser(), town.phone()
    await browser.log_in(user.name)
    await phone.soft.claim(browser.page.session_id, "7391")
    app = OwnApp(phone)
    assert code_of(await app.type(user.name)) == "phone.unconfirmed"
    assert code_of(await app.ask("POST", "session")) == "login.start_over"


async def test_somebody_whose_access_is_off_gets_no_further_with_the_right_password(town: Town) -> None:
    user, _, phone = await town.with_phone()
    await people.switch_off(town.house, user.name, town.house.clock.now(), is_off=True)
    app = OwnApp(phone)
    assert code_of(await app.type(user.name)) == "login.off"
    assert code_of(await app.type(user.name, "not this one")) == "login.wrong"


def test_a_password_on_its_way_is_not_printed() -> None:
    assert PASSWORD not in repr(SignIn("anna", PASSWORD))
    assert "token" not in repr(AppSession("token", 1))
