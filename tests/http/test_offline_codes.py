"""A phone without network: the portal shows a number, the phone answers it, the client types the answer."""

import re

from msgspec.structs import replace

from tests.people import PIN, WRONG_PIN, Browser, Page, Phone, Town, at_once
from twolatch.authenticators import store
from twolatch.client.outcomes import Answered
from twolatch.client.store import Record
from twolatch.people.model import User

WRONG = "authenticators:answer:refused"


def number_of(page: Page) -> str:
    found = re.search(r'number-digits"><span aria-hidden="true">(\d+)<span class="number-gap"></span>(\d+)<', page.text)
    assert found, page.text
    return found[1] + found[2]


async def asked_for_a_code(browser: Browser, user: User) -> str:
    """The number in the portal, after the password and "Log in without network"."""
    if await browser.is_in():
        await browser.log_out()
    await browser.log_in(user.name)
    return number_of(await browser.send("/login/number"))


async def code(phone: Phone, number: str, pin: str = PIN) -> str:
    made = await phone.soft.respond(number, pin)
    assert isinstance(made, str)
    return made


async def sessions_of(town: Town, user: User) -> int:
    return await town.count("FROM sessions WHERE user_id = :id AND proved = 'phone'", id=user.id)


async def test_anna_logs_in_from_a_new_browser_while_her_phone_has_no_network(town: Town) -> None:
    user, _, phone = await town.with_phone()
    browser = town.browser()
    number = await asked_for_a_code(browser, user)
    made = await code(phone, number)
    page = await browser.send("/login/answer", answer=f" {made[:4]} {made[4:]} ")
    assert page.path == "/"
    assert await sessions_of(town, user) == 1
    assert (await town.events(user))["authenticators:number:asked"] == 1
    assert not (await phone.look()).asked, "the question on the phone is answered too"


async def test_the_number_stays_while_the_question_waits_and_never_comes_again(town: Town) -> None:
    user, browser, _ = await town.with_phone()
    numbers = []
    for _ in range(4):
        number = await asked_for_a_code(browser, user)
        again = await browser.post("/login/number", {"csrf": browser.page.csrf})
        assert again.status == 303
        assert number_of(await browser.get("/login/second")) == number
        numbers.append(number)
    assert len(set(numbers)) == 4


async def test_many_who_ask_at_once_get_the_same_number(town: Town) -> None:
    user, browser, phone = await town.with_phone()
    await browser.log_out()
    form = (await browser.log_in(user.name)).form("/login/number")
    replies = await at_once(browser.post(form.action, form.fields) for _ in range(20))
    assert {reply.status for reply in replies} == {303}
    assert (await town.events(user))["authenticators:number:asked"] == 1
    number = number_of(await browser.get("/login/second"))
    assert (await browser.send("/login/answer", answer=await code(phone, number))).path == "/"


async def test_a_wrong_pin_makes_a_wrong_code_and_only_the_server_counts_it(town: Town) -> None:
    user, browser, phone = await town.with_phone()
    number = await asked_for_a_code(browser, user)
    page = await browser.send("/login/answer", answer=await code(phone, number, WRONG_PIN))
    assert (page.status, page.says("typed.wrong")) == (403, True)
    assert "2 tries left" in page.text
    assert (await browser.send("/login/answer", answer=await code(phone, number))).path == "/"
    await browser.log_out()
    await browser.log_in(user.name)
    assert isinstance(await phone.approve(), Answered), "its PIN lost no try"


async def test_codes_guessed_at_once_are_compared_three_times_for_one_number(town: Town) -> None:
    user, browser, _ = await town.with_phone()
    await asked_for_a_code(browser, user)
    form = browser.page.form("/login/answer")
    replies = await at_once(
        browser.post(form.action, {**form.fields, "answer": f"{guess:08d}"}) for guess in range(120)
    )
    assert {reply.status for reply in replies} <= {403, 410}
    assert (await town.events(user))[WRONG] == 3
    assert (await browser.get("/login/second")).says("login.challenge_locked")
    assert (await town.events(user))["authenticators:authenticator:locked"] == 0


async def test_guesses_spread_over_many_logins_are_five_until_the_phone_approves_online(town: Town) -> None:
    """Who knows the password alone closes the codes, never the phone."""
    user, browser, phone = await town.with_phone()
    thief = town.browser()
    compared = 0
    for _ in range(3):
        await thief.log_in(user.name)
        page = await thief.send("/login/number")
        if page.says("answer.way_closed"):
            break
        for guess in range(3):
            page = await thief.send("/login/answer", answer=f"{guess:08d}")
            compared += page.says("typed.wrong") or page.says("login.challenge_locked")
            if not page.has_form("/login/answer"):
                break
    assert page.says("answer.way_closed")
    assert (await town.events(user))[WRONG] == compared == 5
    assert (await town.notices(user))["guesses"] == 1, "the client hears of it after the third"
    await thief.send("/login/cancel")
    await browser.log_out()
    await browser.log_in(user.name)
    assert (await browser.send("/login/number")).says("answer.way_closed")
    assert isinstance(await phone.approve(), Answered)
    assert (await browser.get("/login/second")).has_form("/login/collect")
    await browser.collect()
    number = await asked_for_a_code(browser, user)
    assert (await browser.send("/login/answer", answer=await code(phone, number))).path == "/"


async def test_a_code_serves_once_and_for_its_own_number_only(town: Town) -> None:
    user, browser, phone = await town.with_phone()
    old = await code(phone, await asked_for_a_code(browser, user))
    fields = {"csrf": browser.page.csrf, "answer": old}
    replies = await at_once(browser.post("/login/answer", fields) for _ in range(20))
    assert await sessions_of(town, user) == 1
    assert {reply.status for reply in replies} <= {303, 410}
    thief = town.browser()
    await asked_for_a_code(thief, user)
    page = await thief.send("/login/answer", answer=old)
    assert page.says("typed.wrong")
    assert await sessions_of(town, user) == 1


async def test_a_stranger_without_the_cookie_of_the_login_types_nothing(town: Town) -> None:
    user, browser, phone = await town.with_phone()
    made = await code(phone, await asked_for_a_code(browser, user))
    other = town.browser()
    page = await other.get("/login")
    page = await other.post("/login/answer", {"csrf": page.csrf, "answer": made})
    assert page.says("login.start_over")
    assert (await town.events(user))[WRONG] == 0


async def test_nothing_typed_costs_nothing(town: Town) -> None:
    user, browser, _ = await town.with_phone()
    await asked_for_a_code(browser, user)
    assert (await browser.send("/login/answer", answer="   ")).has_form("/login/answer")
    assert (await town.events(user))[WRONG] == 0


async def test_an_answer_without_a_number_is_none(town: Town) -> None:
    user, browser, _ = await town.with_phone()
    await browser.log_out()
    page = await browser.log_in(user.name)
    page = await browser.post("/login/answer", {"csrf": page.csrf, "answer": "12345678"})
    assert page.says("challenge.unknown")
    assert (await town.events(user))[WRONG] == 0


async def test_code_and_approval_at_the_same_moment_make_one_session(town: Town) -> None:
    user, browser, phone = await town.with_phone()
    for _ in range(6):
        number = await asked_for_a_code(browser, user)
        made, approval = await code(phone, number), phone.made(await phone.asked())
        before = await sessions_of(town, user)
        fields = {"csrf": browser.page.csrf, "answer": made}
        await at_once([phone.send(approval), *(browser.post("/login/answer", fields) for _ in range(3))])
        if not await browser.is_in():
            await browser.get("/login/second")
            await browser.collect()
        assert await sessions_of(town, user) == before + 1
        phone.store.save(phone.store.load().put(await fresh(town, phone)))
    assert (await town.events(user))["login:session:started"] == 7
    assert (await town.events(user))["authenticators:authenticator:copied"] == 0


async def fresh(town: Town, phone: Phone) -> Record:
    """The phone's record as its own app would have kept it: the epoch of whatever answer was accepted."""
    one = await store.find(town.house.db, town.house.keys, phone.record.device)
    assert one
    return replace(phone.record, epoch=one.moving["epoch"], seq=one.moving["seq"])


async def test_a_sensitive_step_is_proved_by_a_code_too(town: Town) -> None:
    user, browser, phone = await town.with_phone()
    await town.do("UPDATE sessions SET fresh_at = 0 WHERE user_id = :user", user=user.id)
    await browser.get(f"/security/authenticators/{phone.record.device}/remove")
    await browser.send("/step-up")
    number = number_of(await browser.send("/step-up/number"))
    page = await browser.send("/step-up/answer", answer="00000000")
    assert page.says("typed.wrong")
    page = await browser.send("/step-up/answer", answer=await code(phone, number))
    assert page.has_form(f"/security/authenticators/{phone.record.device}/remove")
