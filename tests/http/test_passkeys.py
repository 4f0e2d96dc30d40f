"""Passkeys and security keys at the portal: added, used once, stolen, copied, lied about; on two workers."""

import json

import pytest

from tests.authenticator import UP, UV, Key, Lies, b64u, unb64u
from tests.key_ring import add_key, begin_key, confirmation, log_in_with_key, options, touch
from tests.people import Browser, Page, Town, at_once
from twolatch.people.model import User


async def with_key(town: Town, key: Key | None = None) -> tuple[User, Browser, Key]:
    user, browser = await town.person(), town.browser()
    await browser.log_in(user.name)
    key = await add_key(browser, key or Key(origin=browser.origin))
    assert browser.page.path == "/security?done=added", browser.page.text
    return user, browser, key


async def active(town: Town, user: User) -> int:
    return await town.count("FROM authenticators WHERE user_id = :id AND state = 'active'", id=user.id)


async def by_key(town: Town, user: User) -> int:
    """Sessions that a key opened or proved, and that live."""
    return await town.count(
        "FROM sessions WHERE user_id = :id AND proved = 'passkey' AND ended_at = 0", id=user.id
    )


async def test_anna_adds_a_passkey_and_logs_in_with_it(town: Town) -> None:
    user, browser, key = await with_key(town)
    assert (await town.notices(user))["new_other"] == 1
    assert "Passkey, Firefox on Linux" in browser.page.text
    asked = json.loads(options(await begin_key(browser)))
    assert asked["rp"]["id"] == "localhost"
    assert asked["user"]["name"] == user.name
    assert [one["id"] for one in asked["excludeCredentials"]] == [b64u(key.id)]
    home = await log_in_with_key(town.browser(), user.name, key)
    assert home.path == "/"
    assert "Proved with password and passkey" in home.text


async def test_a_key_without_pin_is_a_second_factor_too(town: Town) -> None:
    user, browser, key = await with_key(town, Key(origin=town.site.settings.portal_url, verifies=False))
    other = town.browser()
    await other.log_in(user.name)
    assert json.loads(options(other.page))["userVerification"] == "discouraged"
    assert (await touch(other, key)).path == "/"
    assert await browser.is_in()


async def test_an_answer_opens_one_door_once_on_two_workers(town: Town) -> None:
    user, _, key = await with_key(town)
    browser = town.browser()
    page = await browser.log_in(user.name)
    form, answer = page.form("/login/answer"), key.get(options(page))
    pages = await at_once(browser.post(form.action, {**form.fields, "answer": answer}) for _ in range(20))
    assert {page.status for page in pages} <= {303, 403, 410, 503}
    assert await by_key(town, user) == 2, "the one it was added in, and the one the answer opened"
    third = town.browser()
    await third.log_in(user.name)
    assert (await third.send("/login/answer", answer=answer)).says("ceremony.wrong")


async def test_of_two_answers_to_one_question_one_wins(town: Town) -> None:
    user, _, key = await with_key(town)
    browser = town.browser()
    page = await browser.log_in(user.name)
    form = page.form("/login/answer")
    answers = [key.get(options(page)) for _ in range(6)]
    await at_once(browser.post(form.action, {**form.fields, "answer": answer}) for answer in answers)
    assert await by_key(town, user) == 2


async def test_what_anna_answered_in_one_browser_serves_no_other(town: Town) -> None:
    user, owner, key = await with_key(town)
    await owner.log_out()
    asked = await owner.log_in(user.name)
    answer = key.get(options(asked))
    thief = town.browser()
    await thief.log_in(user.name)
    # his own question could not even be asked while hers waits; once he has one, hers is no answer to it
    assert not thief.page.has_form("/login/answer")
    await owner.send("/login/cancel")
    await thief.log_in(user.name)
    assert (await thief.send("/login/answer", answer=answer)).says("ceremony.wrong")
    assert await by_key(town, user) == 0
    assert (await log_in_with_key(owner, user.name, key)).path == "/"


@pytest.mark.parametrize("origin", ["http://localhost.example.org", "https://localhost", "http://evil.localhost"])
async def test_what_a_page_that_looks_like_ours_was_given_opens_nothing(town: Town, origin: str) -> None:
    user, _, key = await with_key(town)
    relay = town.browser()
    await relay.log_in(user.name)
    page = await touch(relay, key, Lies(client={"origin": origin}))
    assert (page.status, page.says("ceremony.wrong")) == (403, True)
    assert await by_key(town, user) == 1


async def test_a_relay_that_goes_on_is_told_to_anna_and_then_stopped(town: Town) -> None:
    user, _, key = await with_key(town)
    lies = Lies(client={"origin": "https://evil.example"})
    relay = town.browser()
    for _ in range(2):
        await relay.log_in(user.name)
        for _ in range(3):
            if relay.page.has_form("/login/answer"):
                await touch(relay, key, lies)
    assert (await town.notices(user))["guesses"] == 1
    assert (await town.notices(user))["other_locked"] == 1


async def test_nobody_without_the_key_can_lock_it(town: Town) -> None:
    user, _, key = await with_key(town)
    thief = town.browser()
    page = await thief.log_in(user.name)
    form, foreign = page.form("/login/answer"), Key(origin=thief.origin, id=key.id)
    rubbish = ["{}", "[]", "null", "x" * 40_000, foreign.get(options(page)), Key().get(options(page))]
    pages = await at_once(thief.post(form.action, {**form.fields, "answer": text}) for text in rubbish * 5)
    assert {(page.status, page.says("ceremony.wrong")) for page in pages} == {(403, True)}
    assert (await town.events(user))["authenticators:answer:refused"] == 0
    assert (await touch(thief, key)).path == "/", "the question still waits"


async def test_too_large_an_answer_is_not_read(town: Town) -> None:
    user, _, _ = await with_key(town)
    browser = town.browser()
    form = (await browser.log_in(user.name)).form("/login/answer")
    page = await browser.post(form.action, {**form.fields, "answer": "x" * 70_000})
    assert page.status == 413


async def test_the_key_of_somebody_else_opens_nothing_here(town: Town) -> None:
    user, _, _ = await with_key(town)
    _, _, foreign = await with_key(town)
    assert (await log_in_with_key(town.browser(), user.name, foreign)).says("ceremony.wrong")
    same_id, browser = Key(origin=town.site.settings.portal_url, id=foreign.id), town.browser()
    bert = await town.person()
    await browser.log_in(bert.name)
    await add_key(browser, same_id)
    page = await log_in_with_key(town.browser(), bert.name, foreign)
    assert page.says("ceremony.wrong"), "an id that two clients have leads to each one's own key"


async def test_a_finger_that_was_not_looked_at_is_none(town: Town) -> None:
    user, _, key = await with_key(town)
    browser = town.browser()
    await browser.log_in(user.name)
    assert json.loads(options(browser.page))["userVerification"] == "required"
    assert (await touch(browser, key, Lies(flags=UP))).says("ceremony.wrong")
    assert (await touch(browser, key, Lies(flags=UV))).says("ceremony.wrong")
    assert (await touch(browser, key)).path == "/"


async def test_a_copy_of_a_key_is_noticed_when_either_is_used(town: Town) -> None:
    user, _, key = await with_key(town)
    copy = key.copy()
    await log_in_with_key(town.browser(), user.name, key)
    assert (await log_in_with_key(town.browser(), user.name, copy)).says("ceremony.wrong")
    assert (await town.events(user))["authenticators:answer:refused"] == 1


async def test_a_key_is_not_added_twice(town: Town) -> None:
    user, browser, key = await with_key(town)
    page = await begin_key(browser)
    page = await browser.send(confirmation(page), answer=key.create(options(page)))
    assert (page.status, page.says("ceremony.wrong")) == (403, True)
    assert await active(town, user) == 1
    await add_key(browser)
    assert await active(town, user) == 2


async def test_a_key_that_was_made_serves_the_session_that_began_and_once(town: Town) -> None:
    user, browser, other = await town.person(), town.browser(), town.browser()
    for each in (browser, other):
        await each.log_in(user.name)
    page = await begin_key(browser)
    action, key = confirmation(page), Key(origin=browser.origin)
    made = key.create(options(page))
    foreign = await other.post(action, {"csrf": other.page.csrf, "answer": made})
    assert foreign.says("set_up.over")
    fields = {**page.form(action).fields, "answer": made}
    await at_once(browser.post(action, fields) for _ in range(10))
    assert await active(town, user) == 1
    assert (await town.notices(user))["new_other"] == 1
    assert not await other.is_in(), "the first key ends what the password alone had opened"
    assert await by_key(town, user) == 1


LIES = {
    "another origin": Lies(client={"origin": "https://evil.example"}),
    "a frame": Lies(client={"crossOrigin": True}),
    "another site": Lies(rp_id="example.org"),
    "another challenge": Lies(client={"challenge": b64u(bytes(32))}),
    "another algorithm": Lies(cose={3: -257}),
    "rubbish": Lies(response={"attestationObject": b64u(b"\x9f" * 3000)}),
}


@pytest.mark.parametrize("lies", LIES.values(), ids=LIES)
async def test_a_key_that_lies_while_it_is_added_stays_outside(town: Town, lies: Lies) -> None:
    user, browser = await town.person(), town.browser()
    await browser.log_in(user.name)
    await add_key(browser, lies=lies)
    assert (browser.page.status, browser.page.says("ceremony.wrong")) == (403, True)
    assert await active(town, user) == 0
    page: Page = browser.page
    await browser.send(confirmation(page), answer=Key(origin=browser.origin).create(options(page)))
    assert await active(town, user) == 1, "the page still waits for the right one"


async def test_before_something_sensitive_the_key_is_asked_again(town: Town) -> None:
    user, browser, key = await with_key(town)
    await town.do("UPDATE sessions SET fresh_at = 0 WHERE user_id = :id", id=user.id)
    page = await browser.get("/security/add/totp")
    assert page.path == "/step-up?to=add&id=totp"
    await browser.send("/step-up")
    page = await touch(browser, key, Lies(flags=UP), action="/step-up/answer")
    assert (page.status, page.says("ceremony.wrong")) == (403, True)
    page = await touch(browser, key, action="/step-up/answer")
    assert page.path == "/security/add/totp"


async def test_a_session_of_the_password_alone_adds_no_key_beside_one(town: Town) -> None:
    user, browser, _ = await with_key(town)
    await town.do("UPDATE sessions SET proved = 'password', authenticator_id = NULL WHERE user_id = :id", id=user.id)
    page = await browser.get("/security/add/passkey")
    assert page.path == "/step-up?to=add&id=passkey"
    page = await browser.post("/security/add/passkey", {"csrf": page.csrf})
    assert page.answer.headers["location"] == "/step-up?to=add&id=passkey"


async def test_what_the_server_keeps_of_a_key_is_public(town: Town) -> None:
    user, _, key = await with_key(town)
    row = await town.house.db.row("SELECT * FROM authenticators WHERE user_id = :id", id=user.id)
    assert row
    kept = json.loads(row["enrolment"])
    assert set(kept) == {"id", "key", "verified", "found", "synced", "transports"}
    assert unb64u(kept["id"]) == key.id
    assert json.loads(row["moving"]) == {"count": 1}


async def test_a_key_that_was_swapped_in_the_database_answers_nothing(town: Town) -> None:
    user, _, key = await with_key(town)
    stolen = Key(origin=key.origin, id=key.id)
    other, browser, _ = await with_key(town, stolen)
    found = await town.house.db.row("SELECT enrolment FROM authenticators WHERE user_id = :id", id=other.id)
    assert found
    await town.do("UPDATE authenticators SET enrolment = :e WHERE user_id = :id", e=found["enrolment"], id=user.id)
    page = await town.browser().log_in(user.name)
    assert page.says("login.phone_locked"), "it counts as held, and may not answer"
    assert await browser.is_in()
