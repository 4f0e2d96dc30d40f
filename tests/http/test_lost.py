"""A lost phone: the form that stops it, the way back, and what somebody with half of either can do."""

from collections import Counter

from tests.http.own_app import OwnApp
from tests.people import PASSWORD, WRONG_PIN, Browser, Phone, Town, at_once, code_of
from twolatch.client.outcomes import Answered, Refused
from twolatch.notices.links import suspend_link
from twolatch.people.model import User
from twolatch.protocol.answer import Decision
from twolatch.texts.catalogue import Texts


async def report(browser: Browser, name: str, password: str = PASSWORD) -> str:
    """The form behind "I lost my phone"; the page's text."""
    await browser.get("/lost")
    return (await browser.send("/lost", name=name, password=password)).text


async def found(browser: Browser, name: str) -> None:
    await browser.get("/found")
    await browser.send("/found", name=name, password=PASSWORD)


async def state(town: Town, user: User) -> Counter[str]:
    rows = await town.house.db.rows("SELECT state FROM authenticators WHERE user_id = :id", id=user.id)
    return Counter(row["state"] for row in rows)


async def with_report(town: Town) -> tuple[User, Browser, Phone]:
    user, browser, phone = await town.with_phone()
    await report(town.browser(), user.name)
    return user, browser, phone


async def test_a_client_stops_his_phone_and_takes_it_back(town: Town) -> None:
    user, browser, phone = await town.with_phone()
    await browser.log_out()
    page = await browser.log_in(user.name)
    assert 'href="/lost"' in page.text, "the second-factor page shows the way"
    assert Texts().say("en", "lost.done.title") in await report(town.browser(), user.name)
    assert [refused.code for _, refused in (await phone.look()).refused] == ["phone.reported"]
    assert (await browser.get("/login/second")).says("login.cancelled")
    assert (await browser.log_in(user.name)).says("login.phone_reported")
    await found(browser, user.name)
    assert browser.page.path == "/login/second"
    assert isinstance(await phone.approve(browser.page.digits), Answered)
    assert (await browser.collect()).path == "/"
    assert await state(town, user) == {"active": 1}
    told = await town.notices(user)
    assert (told["phone_reported"], told["phone_returned"]) == (1, 1)


async def test_the_form_is_a_password_check_like_the_logins_own(town: Town) -> None:
    """Guesses through this form are guesses: the same counter, the same refusals, also for names that nobody has."""
    user, _, _ = await town.with_phone()
    for name in (user.name, f"{user.name}x"):
        guesser = town.browser()
        await guesser.get("/lost")
        for _ in range(5):
            page = await guesser.send("/lost", name=name, password="wrong")
            assert page.status == 403
            assert page.says("login.wrong")
        page = await guesser.send("/lost", name=name, password=PASSWORD)
        assert page.status == 429
        assert page.says("login.wait")
        await guesser.get("/login")
        assert (await guesser.send("/login", name=name, password=PASSWORD)).says("login.wait")
    assert await state(town, user) == {"active": 1}


async def test_many_guesses_at_once_share_the_tries_of_the_login(town: Town) -> None:
    user, _, _ = await town.with_phone()
    browsers = [town.browser() for _ in range(30)]
    for each in browsers:
        each.page = await each.ask("GET", "/lost")
    forms = [each.page.form("/lost").fields for each in browsers]
    pages = await at_once(
        each.post("/lost", {**form, "name": user.name, "password": f"guess {number}"})
        for number, (each, form) in enumerate(zip(browsers, forms, strict=True))
    )
    assert {page.status for page in pages} <= {403, 429, 503}
    assert sum(page.status == 403 for page in pages) <= 5
    assert await state(town, user) == {"active": 1}


async def test_reports_at_once_stop_once_and_tell_once(town: Town) -> None:
    user, _, _ = await town.with_phone()
    browsers = [town.browser() for _ in range(6)]
    for each in browsers:
        each.page = await each.ask("GET", "/lost")
    pages = await at_once(
        each.post("/lost", {**each.page.form("/lost").fields, "name": user.name, "password": PASSWORD})
        for each in browsers
    )
    assert {page.status for page in pages} <= {200, 409, 429, 503}
    assert await state(town, user) == {"reported": 1}
    assert (await town.events(user))["authenticators:authenticator:reported"] == 1
    assert (await town.notices(user))["phone_reported"] == 1


async def test_a_form_from_elsewhere_stops_nothing(town: Town) -> None:
    user, _, _ = await town.with_phone()
    browser = town.browser()
    await browser.get("/lost")
    form = {**browser.page.form("/lost").fields, "name": user.name, "password": PASSWORD}
    assert (await browser.post("/lost", form, origin="https://evil.example")).status == 403
    assert (await browser.post("/lost", {**form, "csrf": "x"})).status == 403
    assert (await browser.ask("GET", "/lost?name=x&password=y")).status == 200
    assert await state(town, user) == {"active": 1}


async def test_a_reported_phone_may_nothing_but_come_back(town: Town) -> None:
    user, _, phone = await with_report(town)
    app = OwnApp(phone)
    for method, name in (("GET", "challenges"), ("POST", "tests"), ("DELETE", "push"), ("GET", "overview")):
        assert code_of(await app.ask(method, name)) == "phone.reported"
    assert await state(town, user) == {"reported": 1}


async def test_who_has_the_password_alone_does_not_take_the_phone_back(town: Town) -> None:
    """And who has the phone as well still needs the PIN."""
    user, _, phone = await with_report(town)
    thief = town.browser()
    await found(thief, user.name)
    digits = thief.page.digits
    assert (await thief.collect()).path == "/login/second", "nothing to collect yet"
    refused = await phone.approve(digits, pin=WRONG_PIN)
    assert isinstance(refused, Refused)
    assert refused.code == "answer.wrong"
    refused = await phone.approve("000000" if digits != "000000" else "111111")
    assert isinstance(refused, Refused)
    assert refused.code == "answer.wrong"
    assert await state(town, user) == {"reported": 1}
    assert not await thief.is_in()


async def test_only_the_browser_that_asked_gets_in_and_the_phone_comes_back_once(town: Town) -> None:
    user, _, phone = await with_report(town)
    browser, other = town.browser(), town.browser()
    await found(browser, user.name)
    asked = await phone.asked()
    answer = phone.made(asked, Decision.APPROVE, digits=browser.page.digits)
    replies = await at_once(phone.send(answer) for _ in range(2))
    assert {code_of(reply) for reply in replies} == {""}
    assert (await town.events(user))["authenticators:authenticator:returned"] == 1
    assert (await other.get("/login/second")).says("login.start_over")
    assert (await browser.collect()).path == "/"


async def test_somebody_signed_in_may_report_too_and_stays_in(town: Town) -> None:
    user, browser, _ = await town.with_phone()
    text = await report(browser, user.name)
    assert Texts().say("en", "lost.done.title") in text
    assert await browser.is_in()
    assert (await browser.get("/found")).path == "/security"
    assert Texts().say("en", "state.reported") in browser.page.text


async def test_a_token_for_one_of_several_phones_is_not_made_at_home(town: Town) -> None:
    user, _, phone = await town.with_phone()
    browser = town.browser()
    await browser.get("/lost")
    csrf = browser.page.csrf
    one = phone.record.device
    for token in (one, f"{one}.9999999999999.AAAAAAAAAAAAAAAAAAAAAAAA", "x", f"{one}..."):
        assert (await browser.post(f"/lost/{token}", {"csrf": csrf})).status == 410
    link = suspend_link(town.house, one, town.house.clock.now())
    assert (await browser.post(f"/lost/{link.rpartition('/')[2]}", {"csrf": csrf})).status == 410
    assert await state(town, user) == {"active": 1}
