"""Authenticator apps and recovery codes at the portal: set up, used once, lost, guessed at, and never a way around."""

import re

from tests.people import (
    App,
    Browser,
    Page,
    Town,
    activate,
    at_once,
    confirmation,
    set_up_app,
    set_up_codes,
    show_codes,
)
from twolatch.people.model import User


async def with_app(town: Town) -> tuple[User, Browser, App]:
    user, browser = await town.person(), town.browser()
    await browser.log_in(user.name)
    return user, browser, await set_up_app(browser)


async def with_codes(town: Town) -> tuple[User, Browser, App, list[str]]:
    user, browser, app = await with_app(town)
    return user, browser, app, await set_up_codes(browser)


async def make_stale(town: Town, user: User) -> None:
    await town.do("UPDATE sessions SET fresh_at = 0 WHERE user_id = :id", id=user.id)


async def lose(town: Town, user: User, kind: str) -> str:
    """As if it had been suspended by the link in a mail."""
    row = await town.house.db.row(
        "SELECT id FROM authenticators WHERE user_id = :id AND kind = :kind AND state = 'active'", id=user.id, kind=kind
    )
    assert row
    return str(row["id"])


async def choose(browser: Browser, name: str) -> Page:
    """Presses the button with that name under "another way"."""
    ways = r'name="one" value="([0-9a-z]{26})"><button[^>]*><svg.*?</svg><span class="way-name">'
    button = re.search(ways + re.escape(name), browser.page.text)
    assert button, browser.page.text
    form = browser.page.form("/login/switch")
    return await browser.land(await browser.post("/login/switch", {**form.fields, "one": button[1]}))


def proved(page: Page) -> str:
    """How this session was proved, as the first page says."""
    found = re.search(r"Proved with [a-z ]+", page.text)
    return found[0] if found else ""


async def test_anna_sets_up_an_app_by_its_picture_and_logs_in_with_its_code(town: Town) -> None:
    user, browser = await town.person(), town.browser()
    await browser.log_in(user.name)
    await browser.get("/security/add/totp")
    page = await browser.send("/security/add/totp")
    assert f"otpauth://totp/Twolatch:{user.name}?secret=" in page.link
    app = App(page.link.partition("secret=")[2].partition("&")[0])
    wrong = await browser.send(f"{page.path}/confirm", answer="000000")
    assert (wrong.status, wrong.says("typed.wrong")) == (403, True)
    page = await browser.send(f"{wrong.path.removesuffix('/confirm')}/confirm", answer=app.code())
    assert "It is active from now on" in page.text
    assert (await town.notices(user))["new_other"] == 1
    other = town.browser()
    asked = await other.log_in(user.name)
    assert "The code in Authenticator app" in asked.text or "Authenticator app" in asked.text
    home = await other.send("/login/answer", answer=app.code(1))
    assert proved(home) == "Proved with password and authenticator app"


async def test_a_code_opens_one_door_once_on_two_workers(town: Town) -> None:
    user, _, app = await with_app(town)
    browser, code = town.browser(), app.code()
    page = await browser.log_in(user.name)
    form = page.form("/login/answer")
    pages = await at_once(browser.post(form.action, {**form.fields, "answer": code}) for _ in range(20))
    assert {page.status for page in pages} <= {303, 403, 410, 503}
    sessions = await town.count("FROM sessions WHERE user_id = :id AND proved = 'totp' AND ended_at = 0", id=user.id)
    assert sessions == 2, "the one it was set up in, and the one the code opened"
    third = town.browser()
    await third.log_in(user.name)
    assert (await third.send("/login/answer", answer=code)).says("typed.wrong")
    assert (await third.send("/login/answer", answer=app.code(1))).path == "/"


async def test_what_the_app_showed_before_the_last_code_is_worth_nothing(town: Town) -> None:
    user, _, app = await with_app(town)
    browser = town.browser()
    await browser.log_in(user.name)
    await browser.send("/login/answer", answer=app.code(1))
    other = town.browser()
    await other.log_in(user.name)
    assert (await other.send("/login/answer", answer=app.code())).says("typed.wrong")


async def test_forty_guesses_at_once_are_three_and_five_in_a_row_lock_the_app(town: Town) -> None:
    user, _, app = await with_app(town)
    thief = town.browser()
    page = await thief.log_in(user.name)
    right = {app.code(ahead) for ahead in (-1, 0, 1, 2)}
    guesses = [code for number in range(44) if (code := f"{number:06d}") not in right][:40]
    form = page.form("/login/answer")
    await at_once(thief.post(form.action, {**form.fields, "answer": guess}) for guess in guesses)
    assert (await town.events(user))["authenticators:answer:refused"] == 3
    assert (await town.notices(user))["guesses"] == 1
    await thief.log_in(user.name)
    for guess in ("000001", "000002"):
        await thief.send("/login/answer", answer=guess)
    assert (await town.notices(user))["other_locked"] == 1
    owner = town.browser()
    assert (await owner.log_in(user.name)).says("login.phone_locked")
    assert "other_locked" in await town.notices(user)
    await town.do("DELETE FROM meters WHERE key LIKE 'challenges:%'")


async def test_the_first_app_ends_what_the_password_alone_had_opened(town: Town) -> None:
    user, thief, owner = await town.person(), town.browser(), town.browser()
    await thief.log_in(user.name)
    await owner.log_in(user.name)
    await set_up_app(owner)
    assert (await thief.is_in(), await owner.is_in()) == (False, True)


async def test_a_session_of_the_password_alone_neither_removes_nor_adds_once_there_is_an_app(town: Town) -> None:
    user, owner, _ = await with_app(town)
    app_id = await lose(town, user, "totp")
    await town.do("UPDATE sessions SET proved = 'password', authenticator_id = NULL WHERE user_id = :id", id=user.id)
    page = await owner.get(f"/security/authenticators/{app_id}/remove")
    assert page.path.startswith("/step-up")
    csrf = page.csrf
    page = await owner.post(f"/security/authenticators/{app_id}/remove", {"csrf": csrf})
    assert page.answer.headers["location"].startswith("/step-up")
    for kind in ("totp", "recovery"):
        page = await owner.post(f"/security/add/{kind}", {"csrf": csrf})
        assert page.answer.headers["location"] == f"/step-up?to=add&id={kind}"
    page = await owner.post("/activate/begin", {"csrf": csrf, "place": "activate"})
    assert page.answer.headers["location"] == "/step-up?to=activate"
    assert await town.count("FROM authenticators WHERE user_id = :id AND state <> 'removed'", id=user.id) == 1


async def test_a_second_app_needs_a_code_of_the_first(town: Town) -> None:
    user, browser, app = await with_app(town)
    await make_stale(town, user)
    page = await browser.get("/security/add/totp")
    assert page.path == "/step-up?to=add&id=totp"
    await browser.send("/step-up", way="phone")
    page = await browser.send("/step-up/answer", answer=app.code())
    assert page.path == "/security/add/totp"
    second = await set_up_app(browser)
    assert second.key != app.key
    assert await town.count("FROM authenticators WHERE user_id = :id AND state = 'active'", id=user.id) == 2


async def test_a_dormant_client_gets_no_app_by_the_password_alone(town: Town) -> None:
    user, browser = await town.person(), town.browser()
    await town.do("UPDATE users SET needs_desk = 1 WHERE id = :id", id=user.id)
    await browser.log_in(user.name)
    page = await browser.get("/security/add/totp")
    assert (page.status, page.says("activation.needs_desk")) == (403, True)
    page = await browser.post("/security/add/totp", {"csrf": page.csrf})
    assert page.says("activation.needs_desk")
    assert await town.count("FROM authenticators WHERE user_id = :id", id=user.id) == 0


async def test_the_secret_is_sealed_and_shown_to_the_session_that_began_alone(town: Town) -> None:
    user, browser = await town.person(), town.browser()
    second = town.browser()
    for each in (browser, second):
        await each.log_in(user.name)
    await browser.get("/security/add/totp")
    page = await browser.send("/security/add/totp")
    secret = page.link.partition("secret=")[2].partition("&")[0]
    again = await browser.get(page.path)
    assert secret in again.link, "a page that is loaded again shows the same"
    foreign = await second.get(page.path)
    assert (foreign.status, foreign.says("set_up.over")) == (410, True)
    assert secret not in foreign.text
    answer = await second.post(f"{page.path}/confirm", {"csrf": foreign.csrf or second.page.csrf, "answer": "1"})
    assert answer.status in {403, 410}
    row = await town.house.db.row("SELECT * FROM authenticators WHERE user_id = :id", id=user.id)
    assert row
    assert secret not in str(dict(row))


async def test_a_set_up_that_took_too_long_or_was_stopped_adds_nothing(town: Town) -> None:
    user, browser = await town.person(), town.browser()
    await browser.log_in(user.name)
    await browser.get("/security/add/totp")
    page = await browser.send("/security/add/totp")
    app = App(page.link.partition("secret=")[2].partition("&")[0])
    confirm = page.form(f"{page.path}/confirm")
    await browser.send(f"{page.path}/cancel")
    assert (await browser.post(confirm.action, {**confirm.fields, "answer": app.code()})).says("set_up.over")
    await browser.get("/security/add/totp")
    page = await browser.send("/security/add/totp")
    app = App(page.link.partition("secret=")[2].partition("&")[0])
    await town.do("UPDATE challenges SET expires_at = created_at WHERE user_id = :id", id=user.id)
    assert (await browser.send(f"{page.path}/confirm", answer=app.code())).says("set_up.over")
    assert await town.count("FROM authenticators WHERE user_id = :id AND state = 'active'", id=user.id) == 0


async def test_ten_codes_are_shown_once_and_serve_after_one_was_typed_back(town: Town) -> None:
    user, browser, _ = await with_app(town)
    codes = await show_codes(browser)
    assert len(set(codes)) == 10
    assert await town.count("FROM authenticators WHERE user_id = :id AND state = 'active'", id=user.id) == 1
    action = confirmation(browser.page)
    again = await browser.get(action.removesuffix("/confirm"))
    assert not any(code in again.text for code in codes)
    await browser.send(action, answer=codes[3].lower().replace("-", " "))
    assert await town.count("FROM authenticators WHERE user_id = :id AND state = 'active'", id=user.id) == 2
    assert (await town.notices(user))["new_other"] == 2
    row = await town.house.db.row("SELECT * FROM authenticators WHERE user_id = :id AND kind = 'recovery'", id=user.id)
    assert row
    assert not any(code in str(dict(row)) for code in codes)


async def test_a_client_who_lost_his_app_comes_in_with_a_code_removes_it_and_activates_a_phone(town: Town) -> None:
    user, owner, _, codes = await with_codes(town)
    await owner.log_out()
    lost = await lose(town, user, "totp")
    browser = town.browser()
    await browser.log_in(user.name)
    await choose(browser, "Recovery codes")
    home = await browser.send("/login/answer", answer=codes[5])
    assert proved(home) == "Proved with password and a recovery code"
    assert (await town.notices(user))["spare_used"] == 1
    page = await browser.get("/security/add/totp")
    assert page.says("session.spare_only"), "beside an app that still works"
    page = await browser.get("/security/add/recovery")
    assert page.says("session.spare_only"), "nor does a found paper renew itself"
    await browser.get(f"/security/authenticators/{lost}/remove")
    await browser.send(f"/security/authenticators/{lost}/remove")
    assert (await town.notices(user))["other_removed"] == 1
    phone = town.phone()
    await browser.get("/security")
    page = await browser.send("/activate/begin")
    await activate(browser, phone, page.session_id)
    assert await town.count("FROM authenticators WHERE user_id = :id AND state = 'active'", id=user.id) == 2


async def test_a_used_code_and_a_found_paper_open_nothing_more(town: Town) -> None:
    user, owner, _, codes = await with_codes(town)
    await owner.log_out()
    for code, is_right in ((codes[2], True), (codes[2], False), (codes[3], True)):
        browser = town.browser()
        await browser.log_in(user.name)
        await choose(browser, "Recovery codes")
        page = await browser.send("/login/answer", answer=code.replace("-", "").lower())
        assert (page.path == "/") == is_right
        if not is_right:
            await browser.send("/login/cancel")
    assert (await town.notices(user))["spare_used"] == 2


async def test_one_code_of_the_list_sent_by_many_at_once_opens_one_session(town: Town) -> None:
    user, owner, _, codes = await with_codes(town)
    await owner.log_out()
    browser = town.browser()
    await browser.log_in(user.name)
    page = await choose(browser, "Recovery codes")
    form = page.form("/login/answer")
    await at_once(browser.post(form.action, {**form.fields, "answer": codes[7]}) for _ in range(20))
    assert await town.count("FROM sessions WHERE user_id = :id AND proved = 'recovery'", id=user.id) == 1
    row = await town.house.db.row(
        "SELECT moving FROM authenticators WHERE user_id = :id AND kind = 'recovery'", id=user.id
    )
    assert row
    assert row["moving"] == '{"used":[7]}'


async def test_with_three_left_the_client_is_warned_and_with_none_the_list_is_not_asked(town: Town) -> None:
    user, owner, _, codes = await with_codes(town)
    await owner.log_out()
    used = ",".join(str(place) for place in range(6))
    await town.do(
        "UPDATE authenticators SET moving = :moving WHERE user_id = :id AND kind = 'recovery'",
        moving=f'{{"used":[{used}]}}',
        id=user.id,
    )
    browser = town.browser()
    await browser.log_in(user.name)
    await choose(browser, "Recovery codes")
    home = await browser.send("/login/answer", answer=codes[8])
    assert (await town.notices(user))["spare_low"] == 1
    assert "Only 3 recovery codes are left" in home.text
    await town.do(
        "UPDATE authenticators SET moving = :moving WHERE user_id = :id AND kind = 'recovery'",
        moving=f'{{"used":[{",".join(str(place) for place in range(10))}]}}',
        id=user.id,
    )
    page = await town.browser().log_in(user.name)
    assert "All codes are used" in page.text


async def test_new_codes_end_the_old_ones_when_one_of_them_was_typed_back(town: Town) -> None:
    user, browser, _, old = await with_codes(town)
    new = await show_codes(browser)
    action = confirmation(browser.page)
    held = "FROM authenticators WHERE user_id = :id AND kind = 'recovery' AND state = 'active'"
    first = await town.house.db.row(f"SELECT id {held}", id=user.id)
    await browser.send(action, answer=old[0])
    assert await town.house.db.row(f"SELECT id {held}", id=user.id) == first, "an old one confirms no new list"
    await browser.send(action, answer=new[9])
    second = await town.house.db.rows(f"SELECT id {held}", id=user.id)
    assert first is not None
    assert len(second) == 1
    assert second[0]["id"] != first["id"]
    other = town.browser()
    await other.log_in(user.name)
    await choose(other, "Recovery codes")
    assert (await other.send("/login/answer", answer=old[1])).says("typed.wrong")


async def test_codes_need_something_they_stand_in_for(town: Town) -> None:
    user, browser = await town.person(), town.browser()
    await browser.log_in(user.name)
    page = await browser.get("/security/add/recovery")
    assert page.says("set_up.needs_another")
    assert (await browser.post("/security/add/recovery", {"csrf": page.csrf})).says("set_up.needs_another")
    assert await town.count("FROM authenticators WHERE user_id = :id", id=user.id) == 0
