"""A passkey alone: turned on by one, used once and in one browser, and nothing else opens the way in; two workers."""

import json

import pytest

from tests.authenticator import UP, Key, Lies, b64u
from tests.http.own_app import OwnApp
from tests.key_ring import add_key, invited, log_in_by_key_alone, log_in_with_key, touch
from tests.people import PASSWORD, Browser, Town, at_once, code_of, set_up_codes
from twolatch.login import alone, keys_only
from twolatch.notices import links
from twolatch.people.model import User
from twolatch.sessions.flows import fingerprint
from twolatch.words.visit import Visit

URL = "/security/keys-only"


async def with_key(town: Town, key: Key | None = None) -> tuple[User, Browser, Key]:
    user, browser = await town.person(), town.browser()
    await browser.log_in(user.name)
    return user, browser, await add_key(browser, key or Key(origin=browser.origin))


async def keys_alone(town: Town) -> tuple[User, Browser, Key]:
    """Anna, whom only her passkey lets in."""
    user, browser, key = await with_key(town)
    await browser.get(URL)
    await browser.send(URL, wish="on")
    assert browser.page.path == "/security?done=keys_only_on", browser.page.text
    return user, browser, key


async def is_on(town: Town, user: User) -> bool:
    return bool(await town.count("FROM users WHERE id = :id AND keys_only = 1", id=user.id))


async def stale(town: Town, user: User) -> None:
    await town.do("UPDATE sessions SET fresh_at = 0 WHERE user_id = :id", id=user.id)


async def sessions(town: Town, user: User) -> int:
    return await town.count("FROM sessions WHERE user_id = :id AND ended_at = 0", id=user.id)


async def test_anna_turns_it_on_and_is_let_in_without_name_and_password(town: Town) -> None:
    user, browser, key = await keys_alone(town)
    assert (await town.notices(user))["keys_only_on"] == 1
    assert (await town.events(user))["people:password:retired"] == 1
    await browser.log_out()
    home = await log_in_by_key_alone(browser, key)
    assert home.path == "/"
    assert "Proved with passkey alone" in home.text
    assert (await log_in_by_key_alone(town.browser(), key)).path == "/", "in a browser that nobody knows, too"


async def test_her_password_opens_nothing_any_more(town: Town) -> None:
    user, _, key = await keys_alone(town)
    thief = town.browser()
    page = await thief.log_in(user.name)
    assert (page.status, page.says("login.keys_only")) == (403, True)
    assert not await thief.is_in()
    await thief.get("/found")
    page = await thief.send("/found", name=user.name, password=PASSWORD)
    assert page.says("login.keys_only")
    wrong = await town.browser().log_in(user.name, "not her password")
    assert wrong.says("login.wrong"), "and whoever does not know it learns nothing"
    assert (await log_in_by_key_alone(town.browser(), key)).path == "/"


async def test_a_login_by_password_that_was_under_way_is_not_finished(town: Town) -> None:
    user, owner, key = await with_key(town)
    slow = town.browser()
    page = await slow.log_in(user.name)
    form = page.form("/login/answer")
    await town.do("UPDATE users SET keys_only = 1 WHERE id = :id", id=user.id)
    await touch(slow, key)
    assert not await slow.is_in(), "proved, but not collected"
    await town.do("UPDATE users SET keys_only = 0 WHERE id = :id", id=user.id)
    await owner.get(URL)
    other = town.browser()
    await other.log_in(user.name)
    await owner.send(URL, wish="on")
    page = await other.post(form.action, {"csrf": other.page.csrf, "answer": "{}"})
    assert page.says("login.cancelled") or page.says("login.start_over")


async def test_turning_it_on_ends_what_the_password_had_opened(town: Town) -> None:
    user, owner, key = await with_key(town)
    other = town.browser()
    await log_in_with_key(other, user.name, key)
    await owner.get(URL)
    await owner.send(URL, wish="on")
    assert (await owner.is_in(), await other.is_in()) == (True, False)


async def test_neither_the_app_nor_a_phone_is_a_way_around(town: Town) -> None:
    user, _, phone = await town.with_phone()
    browser = await town.stranger(user, phone)
    key = await add_key(browser)
    await stale(town, user)
    await browser.get(URL)
    assert browser.page.path == "/step-up?to=keys_only"
    await browser.send("/step-up", one=await _id_of(town, user, "passkey"))
    page = await touch(browser, key, action="/step-up/answer")
    assert page.path == URL
    await browser.send(URL, wish="on")
    assert (await town.browser().log_in(user.name)).says("login.keys_only")
    assert not (await phone.look()).asked
    app = OwnApp(phone)
    assert code_of(await app.type(user.name)) == "login.keys_only"
    assert code_of(await app.type(user.name, "not this one")) == "login.wrong"


async def _id_of(town: Town, user: User, kind: str) -> str:
    row = await town.house.db.row(
        "SELECT id FROM authenticators WHERE user_id = :id AND kind = :kind AND state = 'active'", id=user.id, kind=kind
    )
    assert row
    return str(row["id"])


async def test_only_a_key_that_asks_for_a_finger_turns_it_on_or_off(town: Town) -> None:
    user, _, phone = await town.with_phone()
    browser = await town.stranger(user, phone)
    page = await browser.get(URL)
    assert (page.status, page.says("keys_only.needs_key")) == (403, True)
    assert (await browser.post(URL, {"csrf": page.csrf, "wish": "on"})).says("keys_only.needs_key")
    plain = Key(origin=browser.origin, verifies=False)
    await add_key(browser, plain)
    await log_in_with_key_of(town, browser, user, plain)
    page = await browser.get(URL)
    assert page.says("keys_only.needs_key"), "a key that is only touched is no more than a second factor"
    assert not await is_on(town, user)


async def log_in_with_key_of(town: Town, browser: Browser, user: User, key: Key) -> None:
    await browser.log_out()
    await browser.log_in(user.name)
    await browser.send("/login/switch", one=await _id_of(town, user, "passkey"))
    await touch(browser, key)


async def test_turning_it_off_takes_a_fresh_touch_of_the_key_and_is_told(town: Town) -> None:
    user, browser, key = await keys_alone(town)
    await stale(town, user)
    page = await browser.get("/security")
    refused = await browser.post(URL, {"csrf": page.csrf, "wish": "off"})
    assert refused.answer.headers["location"] == "/step-up?to=keys_only"
    assert await is_on(town, user)
    await browser.get(URL)
    await browser.send("/step-up")
    await touch(browser, key, action="/step-up/answer")
    await browser.send(URL, wish="off")
    assert not await is_on(town, user)
    assert (await town.notices(user))["keys_only_off"] == 1
    assert (await town.events(user))["people:password:restored"] == 1
    assert (await log_in_by_key_alone(town.browser(), key)).says("login.key_second")
    assert (await log_in_with_key(town.browser(), user.name, key)).path == "/"


async def test_it_is_turned_on_once_by_twenty_presses(town: Town) -> None:
    user, browser, _ = await with_key(town)
    page = await browser.get(URL)
    form = page.form(URL)
    await at_once(browser.post(URL, {**form.fields, "wish": "on"}) for _ in range(20))
    assert await is_on(town, user)
    assert (await town.notices(user))["keys_only_on"] == 1


async def test_a_key_is_not_enough_for_who_did_not_wish_it(town: Town) -> None:
    user, _, key = await with_key(town)
    stranger = town.browser()
    page = await log_in_by_key_alone(stranger, key)
    assert (page.status, page.says("login.key_second")) == (403, True)
    assert not await stranger.is_in()
    assert await town.count("FROM attempts WHERE user_id = :id AND stage = 'open'", id=user.id) == 0


async def test_an_answer_opens_one_session_in_the_browser_that_was_asked(town: Town) -> None:
    user, _, key = await keys_alone(town)
    browser, thief = town.browser(), town.browser()
    for each in (browser, thief):
        await each.get("/login")
    answer = key.get(await invited(browser))
    page = await thief.send("/login/key", answer=answer)
    assert (page.status, page.says("login.key_unknown")) == (403, True), "asked of another browser"
    form = browser.page.form("/login/key")
    await at_once(browser.post(form.action, {**form.fields, "answer": answer}) for _ in range(20))
    assert await sessions(town, user) == 2, "the one that turned it on, and one more"
    again = town.browser()
    again.cookies = dict(thief.cookies)
    await again.get("/login")
    assert (await again.send("/login/key", answer=answer)).says("login.key_unknown")
    assert await sessions(town, user) == 2


async def test_who_keeps_the_browsers_cookie_cannot_show_the_answer_again(town: Town) -> None:
    user, _, key = await keys_alone(town)
    browser = town.browser()
    await browser.get("/login")
    kept, form = dict(browser.cookies), browser.page.form("/login/key")
    answer = key.get(await invited(browser))
    await browser.send("/login/key", answer=answer)
    assert await browser.is_in()
    thief = town.browser()
    thief.cookies = kept
    page = await thief.post(form.action, {**form.fields, "answer": answer})
    assert (page.status, page.says("login.start_over")) == (410, True)
    assert await sessions(town, user) == 2


async def test_every_browser_is_asked_the_same_and_nobody_is_named(town: Town) -> None:
    asked = []
    for _ in range(2):
        browser = town.browser()
        await browser.get("/login")
        asked.append(json.loads(await invited(browser)))
    challenges = {one.pop("challenge") for one in asked}
    assert len(challenges) == 2
    assert asked[0] == asked[1]
    assert (asked[0]["allowCredentials"], asked[0]["userVerification"]) == ([], "required")
    nobody = town.browser()
    page = await nobody.ask("GET", "/login/key", sec_fetch_site="same-origin")
    assert page.status == 410, "without a cookie of ours there is nobody to ask"


FAULTS = {
    "another origin": Lies(client={"origin": "https://evil.example"}),
    "another site": Lies(rp_id="example.org"),
    "nobody verified": Lies(flags=UP),
    "a counter that stands still": Lies(count=1),
}


@pytest.mark.parametrize("lies", FAULTS.values(), ids=FAULTS)
async def test_what_the_key_signed_and_is_wrong_opens_nothing_and_costs_a_try(town: Town, lies: Lies) -> None:
    user, _, key = await keys_alone(town)
    thief = town.browser()
    page = await log_in_by_key_alone(thief, key, lies)
    assert (page.status, page.says("ceremony.wrong")) == (403, True)
    assert not await thief.is_in()
    assert await town.count("FROM attempts WHERE user_id = :id AND stage = 'open'", id=user.id) == 0
    assert (await town.events(user))["authenticators:answer:refused"] == 1
    assert (await log_in_by_key_alone(town.browser(), key)).path == "/"


STRANGE = {
    "a frame of another site": Lies(client={"crossOrigin": True}),
    "another challenge": Lies(client={"challenge": b64u(bytes(32))}),
    "a short challenge": Lies(client={"challenge": b64u(bytes(8))}),
    "no user": Lies(response={"userHandle": None}),
    "a user that is none": Lies(response={"userHandle": b64u(b"\xff\xfe")}),
    "a user of zeros": Lies(response={"userHandle": b64u(bytes(26))}),
    "somebody else": Lies(response={"userHandle": b64u(b"0" * 26)}),
    "another key's signature": Lies(sign=Key().pair.sign),
    "another id": Lies(outer={"id": b64u(bytes(32))}),
    "rubbish": Lies(outer={"response": 7}),
}


@pytest.mark.parametrize("lies", STRANGE.values(), ids=STRANGE)
async def test_what_nobody_here_signed_reads_the_same_and_costs_nobody_anything(town: Town, lies: Lies) -> None:
    user, _, key = await keys_alone(town)
    page = await log_in_by_key_alone(town.browser(), key, lies)
    assert (page.status, page.says("login.key_unknown")) == (403, True)
    assert (await town.events(user))["authenticators:answer:refused"] == 0


async def test_her_key_cannot_be_passed_off_as_somebody_elses(town: Town) -> None:
    anna, _, key = await keys_alone(town)
    bert, _, _ = await keys_alone(town)
    page = await log_in_by_key_alone(town.browser(), key, Lies(response={"userHandle": b64u(bert.id.encode())}))
    assert page.says("login.key_unknown")
    assert (await sessions(town, anna), await sessions(town, bert)) == (1, 1)


async def test_an_invitation_ages(town: Town) -> None:
    user, _, key = await keys_alone(town)
    browser = town.browser()
    await browser.get("/login")
    pre, now = fingerprint(browser.cookies["__Host-pre"]), town.house.clock.now()

    def made_at(then: int) -> str:
        return alone.invite(town.house, Visit(pre, b"", "", "", "en", then))

    for then in (now - 31 * 60_000, now + 10 * 60_000):
        page = await browser.send("/login/key", answer=key.get(made_at(then)))
        assert page.says("login.key_unknown")
    assert (await browser.send("/login/key", answer=key.get(made_at(now - 20 * 60_000)))).path == "/"
    assert await sessions(town, user) == 2


async def test_the_last_key_is_not_removed_while_it_alone_lets_her_in(town: Town) -> None:
    user, browser, _ = await keys_alone(town)
    one = await _id_of(town, user, "passkey")
    await browser.get(f"/security/authenticators/{one}/remove")
    page = await browser.send(f"/security/authenticators/{one}/remove")
    assert (page.status, page.says("keys_only.last_key")) == (409, True)
    await browser.get(f"/security/authenticators/{one}/pause")
    assert (await browser.send(f"/security/authenticators/{one}/pause")).says("keys_only.last_key")
    await add_key(browser)
    await browser.get(f"/security/authenticators/{one}/remove")
    page = await browser.send(f"/security/authenticators/{one}/remove")
    assert page.path == "/security?done=removed"


async def test_of_two_keys_removed_at_once_one_stays(town: Town) -> None:
    user, browser, _ = await keys_alone(town)
    await add_key(browser)
    rows = await town.house.db.rows(
        "SELECT id FROM authenticators WHERE user_id = :id AND state = 'active'", id=user.id
    )
    page = await browser.get(f"/security/authenticators/{rows[0]['id']}/remove")
    paths = [f"/security/authenticators/{row['id']}/remove" for row in rows]
    for warned in ("", "out", "bare", "weaker"):
        await at_once(browser.post(path, {"csrf": page.csrf, "warned": warned}) for path in paths * 2)
    assert await town.count("FROM authenticators WHERE user_id = :id AND state = 'active'", id=user.id) == 1


async def test_who_lost_every_key_comes_back_by_the_operator_alone(town: Town) -> None:
    user, browser, _ = await keys_alone(town)
    await set_up_codes(browser)
    assert (await town.browser().log_in(user.name)).says("login.keys_only"), "recovery codes come after the password"
    assert town.site.run("user", "allow-password", user.name)
    assert not await is_on(town, user)
    assert (await town.notices(user))["keys_only_lifted"] == 1
    assert not (await town.browser().log_in(user.name)).says("login.keys_only")
    assert not await keys_only.lift(town.house, user.name, town.house.clock.now()), "there is nothing left to lift"


async def test_when_the_operator_removes_all_her_keys_her_password_counts_again(town: Town) -> None:
    user, _, _ = await keys_alone(town)
    town.site.run("user", "remove-phones", user.name)
    assert not await is_on(town, user)
    page = await town.browser().log_in(user.name)
    assert page.path == "/"


async def test_a_suspended_key_lets_nobody_in_and_neither_does_the_password(town: Town) -> None:
    user, _, key = await keys_alone(town)
    link = links.suspend_link(town.house, await _id_of(town, user, "passkey"), town.house.clock.now())
    browser = town.browser()
    path = link.removeprefix(browser.origin)
    await browser.get(path)
    await browser.send(path)
    assert (await log_in_by_key_alone(town.browser(), key)).says("login.phone_locked")
    assert (await town.browser().log_in(user.name)).says("login.keys_only")


async def test_who_was_locked_out_stays_out(town: Town) -> None:
    user, _, key = await keys_alone(town)
    await town.do("UPDATE users SET is_off = 1 WHERE id = :id", id=user.id)
    assert (await log_in_by_key_alone(town.browser(), key)).says("login.off")
