"""Logging in through the portal, two worker processes behind it."""

from tests.people import PIN, Town
from twolatch.client.outcomes import Answered, Refused
from twolatch.protocol.answer import Decision


async def test_a_client_without_phone_is_in_with_the_password_and_finds_a_code_on_the_first_page(town: Town) -> None:
    user, browser = await town.person(), town.browser()
    page = await browser.log_in(user.name)
    assert (page.path, page.status) == ("/", 200)
    assert page.session_id
    assert page.link.startswith(f"{town.site.settings.phone_url}/a#1.")
    assert set(browser.cookies) == {"__Host-session", "__Host-dev"}


async def test_a_wrong_password_lets_nobody_in(town: Town) -> None:
    user, browser = await town.person(), town.browser()
    page = await browser.log_in(user.name, "not this one")
    assert page.status == 403
    assert page.says("login.wrong")
    assert "__Host-session" not in browser.cookies


async def test_at_a_known_browser_a_tap_on_the_phone_is_enough(town: Town) -> None:
    user, browser, phone = await town.with_phone()
    await browser.log_out()
    page = await browser.log_in(user.name)
    assert page.path == "/login/second"
    assert page.digits == ""
    asked = await phone.asked()
    assert asked.challenge.context.known_browser is True
    assert asked.challenge.context.browser == "Firefox on Linux"
    assert asked.challenge.context.address == browser.address
    assert isinstance(await phone.approve(), Answered)
    assert (await browser.collect()).path == "/"
    assert await browser.is_in()


async def test_at_an_unknown_browser_the_phone_needs_the_digits_of_the_portal(town: Town) -> None:
    user, _, phone = await town.with_phone()
    browser = town.browser()
    page = await browser.log_in(user.name)
    assert len(page.digits) == 6
    wrong = f"{(int(page.digits) + 1) % 1_000_000:06d}"
    refused = await phone.approve(wrong)
    assert isinstance(refused, Refused)
    assert (refused.code, refused.tries_left) == ("answer.wrong", 2)
    assert isinstance(await phone.approve(page.digits), Answered)
    assert (await browser.collect()).path == "/"


async def test_a_phone_that_says_no_ends_the_login(town: Town) -> None:
    user, _, phone = await town.with_phone()
    browser = town.browser()
    await browser.log_in(user.name)
    assert isinstance(await phone.say(Decision.DENY), Answered)
    page = await browser.collect()
    assert (page.status, page.says("login.denied")) == (403, True)
    assert not await browser.is_in()


async def test_proving_is_not_collecting_before_the_phone_answered_nobody_is_in(town: Town) -> None:
    user, _, _phone = await town.with_phone()
    browser = town.browser()
    await browser.log_in(user.name)
    assert (await browser.collect()).path == "/login/second"
    assert "__Host-session" not in browser.cookies


async def test_an_approval_is_collected_by_the_browser_that_began_and_by_no_other(town: Town) -> None:
    user, _, phone = await town.with_phone()
    browser, thief = town.browser(), town.browser()
    page = await browser.log_in(user.name)
    await thief.get("/login")
    form = thief.page.form("/login").fields
    assert isinstance(await phone.approve(page.digits), Answered)
    assert (await thief.post("/login/collect", form)).says("login.start_over")
    assert (await browser.collect()).path == "/"


async def test_it_was_not_me_ends_that_browsers_sessions_and_forces_a_new_password(town: Town) -> None:
    user, browser, phone = await town.with_phone()
    other = await town.stranger(user, phone)
    # Somebody sits at the known browser, after its owner left it signed in, and logs in once more.
    again = town.browser()
    again.cookies["__Host-dev"] = browser.cookies["__Host-dev"]
    await again.log_in(user.name)
    assert isinstance(await phone.say(Decision.NOT_ME), Answered)
    page = await again.collect()
    assert (page.status, page.says("login.not_me")) == (403, True)
    assert not await browser.is_in()
    assert (await other.get("/")).path == "/password", "a new password comes before everything else"
    assert (await town.events(user))["authenticators:challenge:reported"] == 1
    assert (await town.notices(user))["not_me"] == 1
    # The browser is a stranger again: digits are asked.
    await browser.get("/login")
    assert (await browser.log_in(user.name)).digits


async def test_a_tap_after_the_login_was_replaced_reads_superseded(town: Town) -> None:
    user, browser, phone = await town.with_phone()
    await browser.log_out()
    await browser.log_in(user.name)
    old = await phone.asked()
    await browser.log_in(user.name)
    late = await phone.soft.answer(old, Decision.APPROVE, PIN)
    assert isinstance(late, Refused)
    assert (late.code, late.status) == ("challenge.superseded", 410)
    assert [ended.state for ended in (await phone.look()).ended if ended.challenge == old.challenge.challenge] == [
        "superseded"
    ]
    assert isinstance(await phone.approve(), Answered)
    assert (await browser.collect()).path == "/"


async def test_a_tap_after_the_time_is_over_reads_expired(town: Town) -> None:
    user, browser, phone = await town.with_phone()
    await browser.log_out()
    await browser.log_in(user.name)
    asked = await phone.asked()
    await town.do("UPDATE challenges SET expires_at = created_at WHERE id = :id", id=asked.challenge.challenge)
    late = await phone.soft.answer(asked, Decision.APPROVE, PIN)
    assert isinstance(late, Refused)
    assert (late.code, late.status) == ("challenge.expired", 410)
    page = await browser.get("/login/second")
    assert (page.status, page.says("login.expired")) == (410, True)


async def test_who_goes_back_withdraws_the_question_from_the_phone(town: Town) -> None:
    user, browser, phone = await town.with_phone()
    await browser.log_out()
    await browser.log_in(user.name)
    assert (await browser.send("/login/cancel")).path == "/login"
    assert (await phone.look()).asked == ()
    assert (await town.events(user))["login:attempt:cancelled"] == 1


async def test_send_again_replaces_the_question(town: Town) -> None:
    user, browser, phone = await town.with_phone()
    await browser.log_out()
    await browser.log_in(user.name)
    first = await phone.asked()
    await browser.send("/login/again")
    second = await phone.asked()
    assert first.challenge.challenge != second.challenge.challenge
    assert isinstance(await phone.approve(), Answered)
    assert (await browser.collect()).path == "/"


async def test_a_second_unknown_browser_waits_its_turn(town: Town) -> None:
    user, _, phone = await town.with_phone()
    first, second = town.browser(), town.browser()
    digits = (await first.log_in(user.name)).digits
    page = await second.log_in(user.name)
    assert (page.status, page.says("login.another_waiting")) == (409, True)
    assert isinstance(await phone.approve(digits), Answered)
    assert (await first.collect()).path == "/"
    assert (await second.log_in(user.name)).digits, "after that it is its turn"


async def test_a_known_browser_replaces_the_login_of_an_unknown_one(town: Town) -> None:
    user, browser, phone = await town.with_phone()
    await browser.log_out()
    stranger = town.browser()
    await stranger.log_in(user.name)
    await browser.log_in(user.name)
    assert (await phone.asked()).challenge.context.known_browser is True
    page = await stranger.get("/login/second")
    assert (page.status, page.says("login.superseded")) == (410, True)
    assert isinstance(await phone.approve(), Answered)
    assert (await browser.collect()).path == "/"
    assert (await stranger.get("/login/second")).status == 410


async def test_a_client_the_operator_locked_out_is_told_so_only_with_the_right_password(town: Town) -> None:
    user, browser = await town.person(), town.browser()
    await browser.log_in(user.name)
    await town.do("UPDATE users SET is_off = 1 WHERE id = :id", id=user.id)
    assert not await browser.is_in(), "his sessions end with their next request"
    page = await town.browser().log_in(user.name, "wrong wrong wrong")
    assert page.says("login.wrong")
    page = await town.browser().log_in(user.name)
    assert (page.status, page.says("login.off")) == (403, True)


async def test_the_waiting_page_hears_of_the_answer(town: Town) -> None:
    user, browser, phone = await town.with_phone()
    await browser.log_out()
    await browser.log_in(user.name)
    assert (await browser.ask("GET", "/login/wait?state")).answer.json()["act"] == "wait"
    url = f"http://127.0.0.1:{town.site.port}/login/wait"
    looks = 0
    async with browser._http.stream("GET", url, headers=browser.headers()) as answer:
        async for line in answer.aiter_lines():
            if line == "event: look":
                looks += 1
                if looks == 1:  # whatever happened before we listened
                    assert isinstance(await phone.approve(), Answered)
                else:
                    break
    assert looks == 2
    assert (await browser.ask("GET", "/login/wait?state")).answer.json()["act"] == "collect"
