"""Guessing: what counts is how often the server compared, so these tests count audit rows and not only answers."""

from collections import Counter

from tests.http.raw import nameless
from tests.people import PASSWORD, PIN, WRONG_PIN, Browser, Page, Town, at_once, code_of, some_address
from twolatch.client.outcomes import Answered, Refused
from twolatch.people.model import User
from twolatch.protocol import keys
from twolatch.protocol.answer import Decision

WRONG = "login:password:wrong"
WRONG_ANSWER = "authenticators:answer:refused"


async def at_login_pages(town: Town, count: int, address: str = "") -> list[Browser]:
    browsers = [town.browser(address) for _ in range(count)]
    for browser in browsers:
        browser.page = await browser.ask("GET", "/login")
    return browsers


async def waits_are_over(town: Town) -> None:
    await town.do("UPDATE meters SET wait_until = 0 WHERE key LIKE 'password%' AND count < 10")


# passwords


async def test_passwords_guessed_at_once_are_hashed_five_times_before_the_wait_and_ten_before_the_lock(
    town: Town,
) -> None:
    user, owner = await town.person(), town.browser()
    await owner.log_in(user.name)
    browsers = await at_login_pages(town, 60)

    async def flood(crowd: list[Browser]) -> list[Page]:
        return await at_once(each.try_password(user.name, f"guess {i} guess") for i, each in enumerate(crowd))

    pages = await flood(browsers)
    assert Counter(page.status for page in pages) == {403: 5, 429: 55}
    assert (await town.events(user))[WRONG] == 5
    for page in pages:
        if page.status == 429:
            assert page.says("login.wait")
            assert 1 <= int(page.answer.headers["retry-after"]) <= 31
    right = await browsers[0].try_password(user.name, PASSWORD)
    assert (right.status, right.says("login.wait")) == (429, True), "no guess, right or wrong, during the wait"
    for _ in range(5):
        await waits_are_over(town)
        await flood(browsers[:15])
    assert (await town.events(user))[WRONG] == 10
    page = await browsers[0].try_password(user.name, PASSWORD)
    assert page.says("login.locked")
    assert int(page.answer.headers["retry-after"]) > 80_000
    assert (await town.notices(user))["login_locked"] == 1
    assert (await owner.log_out()).path == "/logged-out"
    assert (await owner.log_in(user.name)).path == "/", "a stranger cannot lock the owner out of his own browser"


async def test_a_known_browser_guesses_no_more_than_a_stranger(town: Town) -> None:
    user, browser = await town.person(), town.browser()
    await browser.log_in(user.name)
    await browser.log_out()
    await browser.get("/login")
    pages = await at_once(browser.try_password(user.name, f"guess {i} guess") for i in range(40))
    assert Counter(page.status for page in pages) == {403: 5, 429: 35}
    assert (await town.events(user))[WRONG] == 5


async def test_a_right_password_forgets_the_wrong_ones_before_it(town: Town) -> None:
    user, browser = await town.person(), town.browser()
    for _ in range(3):
        for _ in range(4):
            await browser.log_in(user.name, "not this one")
        assert (await browser.log_in(user.name)).path == "/"
        await browser.log_out()
        browser.cookies.pop("__Host-dev")
    assert (await town.events(user))[WRONG] == 12


async def test_one_address_guesses_thirty_times_whatever_names_it_uses_and_a_success_gives_nothing_back(
    town: Town,
) -> None:
    own, address = await town.person(), some_address()
    browsers = await at_login_pages(town, 36, address)
    pages: list[Page] = []
    for start in range(0, 20, 5):  # a few at a time: what is not tested here is the queue before the hash
        some = enumerate(browsers[start : start + 5], start)
        pages += await at_once(each.try_password(f"n{i}.{own.name}", "guess guess") for i, each in some)
    assert {page.status for page in pages} == {403}
    mine = town.browser(address)
    assert (await mine.log_in(own.name)).path == "/"
    pages = await at_once(each.try_password(f"m{i}.{own.name}", "guess guess") for i, each in enumerate(browsers[20:]))
    assert Counter(page.status for page in pages) == {403: 10, 429: 6}
    page = await browsers[0].try_password("somebody", "guess guess")
    assert page.says("limit.login_address")
    assert int(page.answer.headers["retry-after"]) >= 1


async def test_other_spellings_of_a_name_share_its_counter(town: Town) -> None:
    user, browser = await town.person(), town.browser()
    name = user.name
    wide = "".join(chr(ord(letter) + 0xFEE0) for letter in name)
    for spelling in (name.upper(), f"  {name} ", wide, name.title(), name):
        assert (await browser.log_in(spelling, "not this one")).status == 403
    assert (await browser.log_in(name.upper(), "not this one")).status == 429
    assert (await town.events(user))[WRONG] == 5


# PINs


async def asked_at_known_browser(town: Town, user: User, browser: Browser) -> None:
    if await browser.is_in():
        await browser.log_out()
    await browser.log_in(user.name)


async def test_wrong_pins_at_once_are_compared_five_times_and_lock_the_phone(town: Town) -> None:
    """A stolen phone: every answer is rightly signed."""
    user, browser, phone = await town.with_phone()
    await asked_at_known_browser(town, user, browser)
    asked, wrong = await phone.asked(), phone.secret(WRONG_PIN)
    guesses = [phone.made(asked, secret=wrong, ahead=step) for step in range(1, 101)]
    replies = await at_once(phone.send(guess) for guess in guesses)
    seen = Counter(code_of(reply) for reply in replies)
    assert set(seen) <= {"answer.wrong", "phone.locked", "challenge.locked", "challenge.superseded", "server.busy"}, (
        seen
    )
    assert seen["answer.wrong"] == 4
    assert seen["server.busy"] == 0
    assert (await town.events(user))[WRONG_ANSWER] == 5
    assert (await town.events(user))["authenticators:authenticator:locked"] == 1
    assert (await town.notices(user))["phone_locked"] == 1
    right = await phone.send(phone.made(asked, ahead=500))
    assert code_of(right) == "phone.locked"
    assert (await browser.log_in(user.name)).says("login.phone_locked")


async def test_after_the_operator_unlocked_a_flooded_phone_the_right_pin_serves(town: Town) -> None:
    user, browser, phone = await town.with_phone()
    await asked_at_known_browser(town, user, browser)
    asked, wrong = await phone.asked(), phone.secret(WRONG_PIN)
    for step in range(1, 6):
        await phone.send(phone.made(asked, secret=wrong, ahead=step))
    town.site.run("user", "unlock", user.name)
    await browser.log_in(user.name)
    assert isinstance(await phone.approve(), Answered)
    assert (await browser.collect()).path == "/"


async def test_a_flood_of_wrongly_signed_answers_moves_no_counter(town: Town) -> None:
    """A stranger must be able neither to lock a phone nor to learn of it."""
    user, browser, phone = await town.with_phone()
    await asked_at_known_browser(town, user, browser)
    asked, foreign = await phone.asked(), keys.new_private()
    flood = [phone.made(asked, key=foreign, secret=bytes(32), ahead=step) for step in range(1, 101)]
    replies = await at_once(phone.send(answer, some_address()) for answer in flood)
    assert Counter(code_of(reply) for reply in replies) == {"phone.unknown": 100}
    assert len({nameless(reply) for reply in replies}) == 1
    key = f"%{phone.record.device}%"
    assert await town.count("FROM meters WHERE key LIKE :key", key=key) == await town.count(
        "FROM meters WHERE key LIKE :key AND count = 0", key=key
    )
    assert (await town.events(user))[WRONG_ANSWER] == 0
    assert isinstance(await phone.approve(), Answered)


async def test_tries_belong_to_the_phone_and_not_to_the_login(town: Town) -> None:
    """AuthQuake: many logins at the same time, a few guesses in each."""
    user, browser, phone = await town.with_phone()
    wrong = 0
    codes = []
    for _ in range(7):
        await asked_at_known_browser(town, user, browser)
        look = await phone.look()
        if not look.asked:
            codes += [refused.code for _, refused in look.refused]
            break
        refused = await phone.approve(pin=WRONG_PIN)
        assert isinstance(refused, Refused)
        codes.append(refused.code)
        wrong += 1
    assert wrong == 5
    assert codes == ["answer.wrong"] * 4 + ["phone.locked"] * 2
    assert (await town.events(user))[WRONG_ANSWER] == 5
    assert (await town.notices(user))["guesses"] == 1, "the client hears of it after the third"


async def test_somebody_with_the_password_begins_ten_logins_and_then_waits(town: Town) -> None:
    user, _browser, _phone = await town.with_phone()
    statuses = []
    for _ in range(13):
        thief = town.browser()
        page = await thief.log_in(user.name)
        statuses.append(page.status)
        if page.status == 200:
            await thief.send("/login/cancel")
    assert statuses[10:] == [429] * 3, statuses
    assert page.says("limit.challenges")
    assert int(page.answer.headers["retry-after"]) >= 1
    assert (await town.events(user))["authenticators:challenge:opened"] == 10


async def test_digits_cannot_be_guessed_without_the_phone_and_three_wrong_ones_end_the_login(town: Town) -> None:
    user, _browser, phone = await town.with_phone()
    stranger = town.browser()
    digits = (await stranger.log_in(user.name)).digits
    asked = await phone.asked()
    guesses = [f"{(int(digits) + step) % 1_000_000:06d}" for step in range(1, 61)]
    own = keys.new_private()
    for guess in guesses[:3]:
        reply = await phone.send(phone.made(asked, digits=guess, key=own))
        assert code_of(reply) == "phone.unknown"
    answers = [phone.made(asked, digits=guess, ahead=step) for step, guess in enumerate(guesses, 1)]
    replies = await at_once(phone.send(answer) for answer in answers)
    assert all(400 <= reply.status_code < 500 for reply in replies)
    assert (await town.events(user))[WRONG_ANSWER] == 3
    assert code_of(await phone.send(phone.made(asked, digits=digits, ahead=100))) == "challenge.locked"
    page = await stranger.get("/login/second")
    assert page.says("login.challenge_locked")


async def test_a_wrong_pin_and_a_wrong_number_read_the_same(town: Town) -> None:
    replies = []
    for pin, shift in ((WRONG_PIN, 0), (PIN, 1), (WRONG_PIN, 1)):
        user, _browser, phone = await town.with_phone()
        digits = (await town.browser().log_in(user.name)).digits
        typed = f"{(int(digits) + shift) % 1_000_000:06d}"
        answer = phone.made(await phone.asked(), Decision.APPROVE, secret=phone.secret(pin), digits=typed)
        replies.append(await phone.send(answer))
    assert [code_of(reply) for reply in replies] == ["answer.wrong"] * 3
    assert len({nameless(reply) for reply in replies}) == 1
