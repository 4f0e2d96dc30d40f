"""Suspending and removing in the security settings: nobody loses his way in unwarned; what comes back proves itself."""

import re

from tests.http.test_choosing import offered, with_all
from tests.people import Browser, Page, Phone, Town, at_once, set_up_app
from twolatch.client.outcomes import Answered
from twolatch.notices import links
from twolatch.people.model import User
from twolatch.texts.catalogue import Texts


def warns(page: Page, key: str) -> bool:
    return Texts().say("en", key) in page.text


async def id_of(town: Town, user: User, kind: str) -> str:
    row = await town.house.db.row(
        "SELECT id FROM authenticators WHERE user_id = :id AND kind = :kind AND state <> 'removed'",
        id=user.id,
        kind=kind,
    )
    assert row
    return str(row["id"])


def path_of(one: str, wish: str) -> str:
    return f"/security/authenticators/{one}/{wish}"


async def ask(browser: Browser, one: str, wish: str) -> Page:
    return await browser.get(path_of(one, wish))


async def do(browser: Browser, one: str, wish: str) -> Page:
    await ask(browser, one, wish)
    return await browser.send(path_of(one, wish))


async def state(town: Town, one: str) -> str:
    row = await town.house.db.row("SELECT state FROM authenticators WHERE id = :id", id=one)
    assert row
    return str(row["state"])


async def take_back(browser: Browser, phone: Phone) -> Page:
    """From the security settings: the button, the digits on the phone, back."""
    await browser.get("/security")
    form = next(form for form in browser.page.forms if form.action == "/step-up")
    page = await browser.land(await browser.post("/step-up", form.fields))
    assert page.digits, "as at a login by a browser nobody knows"
    assert isinstance(await phone.approve(page.digits), Answered)
    return await browser.send("/step-up/collect")


async def test_the_page_says_what_each_is_worth_and_what_it_allows(town: Town) -> None:
    user, browser = await town.person(), town.browser()
    await browser.log_in(user.name)
    assert warns(await browser.get("/security"), "standing.bare")
    await set_up_app(browser)
    page = await browser.get("/security")
    assert warns(page, "standing.single")
    assert warns(page, "strength.good.why")
    assert "log in, change these settings</p>" in page.text
    other, all_, *_ = await with_all(town)
    page = await all_.get("/security")
    assert warns(page, "standing.sound")
    assert warns(page, "strength.strong.why")
    assert warns(page, "strength.spare.why")
    assert "log in, remove what you lost</p>" in page.text
    assert other.name != user.name


async def test_a_suspended_phone_opens_nothing_until_it_proves_itself_with_its_digits(town: Town) -> None:
    user, browser, phone = await town.with_phone()
    one = phone.record.device
    page = await ask(browser, one, "pause")
    assert warns(page, "pause.out"), "it is the only one"
    page = await browser.send(path_of(one, "pause"))
    assert warns(page, "done.paused")
    assert (await town.notices(user))["phone_reported"] == 1
    assert (await town.events(user))["authenticators:authenticator:reported"] == 1
    assert (await town.browser().log_in(user.name)).says("login.phone_reported")
    page = await take_back(browser, phone)
    assert await state(town, one) == "active"
    assert (await town.notices(user))["phone_returned"] == 1
    other = town.browser()
    page = await other.log_in(user.name)
    assert isinstance(await phone.approve(page.digits), Answered)
    assert (await other.collect()).path == "/"


async def test_one_that_was_suspended_for_good_or_too_long_ago_does_not_come_back_from_the_settings(town: Town) -> None:
    _, browser, phone = await town.with_phone()
    one = phone.record.device
    await do(browser, one, "pause")
    form = next(form for form in (await browser.get("/security")).forms if form.action == "/step-up")
    page = await browser.land(await browser.post("/step-up", form.fields))
    waiting = page.form("/step-up/collect")
    lost = town.browser()
    token = links.suspend_link(town.house, one, town.house.clock.now()).rpartition("/")[2]
    await lost.get(f"/suspend/{token}")
    await lost.send(f"/suspend/{token}")
    assert await state(town, one) == "suspended"
    page = await browser.post("/step-up/collect", waiting.fields)
    assert page.status in {403, 410}
    page = await browser.post("/step-up", form.fields)
    assert page.says("login.not_this")
    assert "Take it back" not in (await browser.get("/security")).text
    assert await state(town, one) == "suspended"


async def test_nobody_stops_what_is_not_his(town: Town) -> None:
    user, browser, phone = await town.with_phone()
    _, stranger, _ = await town.with_phone()
    one = phone.record.device
    csrf = (await stranger.get("/security")).csrf
    for wish in ("pause", "remove"):
        assert (await stranger.get(path_of(one, wish))).status == 404
        assert (await stranger.post(path_of(one, wish), {"csrf": csrf, "warned": "out"})).status == 404
    assert await state(town, one) == "active"
    assert (await browser.post(path_of(one, "pause"), {"warned": "out"})).status == 403, "without the form's own token"
    assert (await browser.ask("GET", path_of(one, "pause"), sec_fetch_site="same-origin")).status == 200
    assert await state(town, one) == "active"
    assert (await town.events(user))["authenticators:authenticator:reported"] == 0


async def test_he_is_warned_of_what_he_would_lose_in_words_that_fit(town: Town) -> None:
    user, browser, phone, _, _ = await with_all(town)
    one, app, codes = phone.record.device, await id_of(town, user, "totp"), await id_of(town, user, "recovery")
    assert warns(await ask(browser, one, "remove"), "loss.weaker")
    page = await ask(browser, app, "remove")
    assert not any(warns(page, f"loss.{loss}") for loss in ("weaker", "spares", "out", "bare"))
    await do(browser, app, "pause")
    assert warns(await ask(browser, one, "remove"), "loss.spares")
    await do(browser, codes, "pause")
    assert warns(await ask(browser, one, "remove"), "loss.out"), "what is suspended lets nobody in"
    page = await browser.get("/security")
    assert warns(page, "standing.single")


async def test_what_changed_while_he_read_the_warning_is_told_before_anything_happens(town: Town) -> None:
    user, browser, phone, _, _ = await with_all(town)
    one, app, codes = phone.record.device, await id_of(town, user, "totp"), await id_of(town, user, "recovery")
    page = await ask(browser, one, "remove")
    assert warns(page, "loss.weaker")
    form = page.form(path_of(one, "remove"))
    for other in (app, codes):
        await do(browser, other, "pause")
    again = await browser.post(form.action, form.fields)
    assert (again.status, warns(again, "loss.out")) == (200, True)
    assert await state(town, one) == "active"
    assert (await town.notices(user))["phone_removed"] == 0
    forged = await browser.post(form.action, {**form.fields, "warned": ""})
    assert warns(forged, "loss.out")
    assert await state(town, one) == "active"


async def test_two_windows_that_each_remove_the_other_one_do_not_leave_him_with_nothing(town: Town) -> None:
    user, browser, phone = await town.with_phone()
    await browser.get("/security/add/totp")
    await browser.send("/step-up")
    assert isinstance(await phone.approve(), Answered)
    await browser.send("/step-up/collect")
    await set_up_app(browser)
    ones = [phone.record.device, await id_of(town, user, "totp")]
    forms = [(await ask(browser, one, "remove")).form(path_of(one, "remove")) for one in ones]
    await at_once(browser.post(form.action, form.fields) for form in forms for _ in range(3))
    assert sorted([await state(town, one) for one in ones]) == ["active", "removed"], "the second was warned first"


async def test_the_choice_at_a_login_says_why_a_suspended_one_is_not_asked(town: Town) -> None:
    user, browser, phone, _, _ = await with_all(town)
    await do(browser, phone.record.device, "pause")
    page = await town.browser().log_in(user.name)
    assert page.has_form("/login/answer"), "the app is asked"
    assert re.search(r"Pixel 8</span><span class=\"way-note\">Suspended by you", page.text)
    assert "Pixel 8" not in offered(page)
