"""Challenge cards at the portal: sent, activated, used; guessed at, answered twice, taken out of use, and never a way
around. Two workers, both databases."""

import os
import re
import secrets

from tests.people import Browser, Page, Town, at_once, set_up_app, set_up_codes
from twolatch.client import cards
from twolatch.client.cards import SoftCard
from twolatch.custody import flows, importing
from twolatch.custody.model import Card, Fault, State
from twolatch.people.model import User
from twolatch.protocol.pskc.sealing import FileKey
from twolatch.protocol.pskc.writing import write
from twolatch.words.limits import DAY
from twolatch.words.warrants import Operator

PIN = "4711"
FILE_KEY = bytes(range(16))


async def stocked(town: Town) -> SoftCard:
    """A soft card whose key lies in the stock."""
    card, key = cards.made(f"T{secrets.token_hex(5)}", PIN, os.urandom(cards.FRESH))
    data = write([key], FILE_KEY, os.urandom(64))
    house = town.house
    report = await importing.take_in(house, Operator(), data, FileKey(FILE_KEY), "2026-11-22", house.clock.now())
    assert report.new == [card.serial]
    return card


async def sent_to(town: Town, user: User) -> SoftCard:
    card = await stocked(town)
    done = await flows.assign(town.house, card.serial, user.name, "", town.house.clock.now())
    assert isinstance(done, Card)
    return card


async def with_card(town: Town) -> tuple[User, Browser, SoftCard]:
    """A client whose card is active, at the browser he activated it with."""
    user, browser = await town.person(), town.browser()
    card = await sent_to(town, user)
    await browser.log_in(user.name)
    await activate(browser, card)
    return user, browser, card


async def activate(browser: Browser, card: SoftCard) -> Page:
    await browser.get("/card")
    page = await browser.send("/card")
    return await browser.send(f"{page.path}/confirm", answer=answered(card, page))


def number_on(page: Page) -> str:
    assert page.digits, page.text
    return page.digits


def answered(card: SoftCard, page: Page) -> str:
    answer = cards.answer(card, PIN, number_on(page))
    assert answer
    return answer


async def state_of(town: Town, card: SoftCard) -> str:
    row = await town.house.db.row("SELECT state FROM cards WHERE serial = :serial", serial=card.serial)
    assert row
    return str(row["state"])


async def active(town: Town, user: User) -> int:
    return await town.count("FROM authenticators WHERE user_id = :id AND state = 'active'", id=user.id)


async def make_due(town: Town, user: User) -> None:
    """As if fourteen days had gone by."""
    await town.do("UPDATE users SET set_up_by = 1 WHERE id = :id AND set_up_by > 0", id=user.id)


async def test_anna_activates_the_card_that_was_sent_to_her_and_logs_in_with_it(town: Town) -> None:
    user, browser = await town.person(), town.browser()
    card = await sent_to(town, user)
    assert (await town.notices(user))["card_shipped"] == 1
    home = await browser.log_in(user.name)
    assert "A challenge card is on its way to you" in home.text
    page = await browser.get("/card")
    assert card.serial in page.text
    page = await browser.send("/card")
    wrong = await browser.send(f"{page.path}/confirm", answer="00000000")
    assert (wrong.status, wrong.says("typed.wrong")) == (403, True)
    assert number_on(wrong) == number_on(page), "the number stays, so that a mistyped answer is no new start"
    page = await browser.send(f"{page.path}/confirm", answer=answered(card, page))
    assert "It is active from now on" in page.text
    assert (await town.notices(user))["new_other"] == 1
    assert await state_of(town, card) == "active"
    other = town.browser()
    page = await other.log_in(user.name)
    assert "On the card: press the button" in page.text
    home = await other.send("/login/answer", answer=answered(card, page))
    assert "Proved with password and challenge card" in home.text
    assert "A challenge card is on its way" not in home.text
    events = await town.events(user)
    assert [events[f"custody:card:{step}"] for step in ("assigned", "shipped", "activated")] == [1, 1, 1]


async def test_an_answer_opens_one_door_once_on_two_workers(town: Town) -> None:
    user, _, card = await with_card(town)
    browser = town.browser()
    page = await browser.log_in(user.name)
    form, answer = page.form("/login/answer"), answered(card, page)
    pages = await at_once(browser.post(form.action, {**form.fields, "answer": answer}) for _ in range(20))
    assert {page.status for page in pages} <= {303, 403, 410, 503}
    sessions = await town.count("FROM sessions WHERE user_id = :id AND proved = 'card' AND ended_at = 0", id=user.id)
    assert sessions == 2, "the one it was activated in, and the one the answer opened"


async def test_an_answer_seen_before_is_worth_nothing_for_a_later_number(town: Town) -> None:
    user, _, card = await with_card(town)
    first, second = town.browser(), town.browser()
    page = await first.log_in(user.name)
    old_number, old = number_on(page), answered(card, page)
    await first.send("/login/answer", answer=old)
    page = await second.log_in(user.name)
    assert number_on(page) != old_number
    assert (await second.send("/login/answer", answer=old)).says("typed.wrong")


async def test_a_new_login_makes_the_older_number_worthless(town: Town) -> None:
    user, _, card = await with_card(town)
    browser = town.browser()
    old = answered(card, await browser.log_in(user.name))
    page = await browser.log_in(user.name)
    assert (await browser.send("/login/answer", answer=old)).says("typed.wrong")
    assert (await browser.send("/login/answer", answer=answered(card, page))).path == "/"


async def test_two_browsers_have_two_numbers_and_one_answer_opens_one_of_them(town: Town) -> None:
    """The owner's known browser comes before a stranger's; his answer does nothing for the stranger."""
    user, owner, card = await with_card(town)
    await owner.log_out()
    thief = town.browser()
    foreign = number_on(await thief.log_in(user.name))
    page = await owner.log_in(user.name)
    assert number_on(page) != foreign
    answer = answered(card, page)
    taken = await thief.post("/login/answer", {**thief.page.form("/login/answer").fields, "answer": answer})
    assert taken.status in {403, 410}
    assert (await owner.send("/login/answer", answer=answer)).path == "/"
    assert not await thief.is_in()


async def test_the_same_number_never_comes_twice_however_often_somebody_begins(town: Town) -> None:
    user, _, card = await with_card(town)
    seen = []
    other = town.browser()
    for _ in range(8):
        seen.append(number_on(await other.log_in(user.name)))
    assert len(set(seen)) == 8
    await town.do("DELETE FROM meters WHERE key LIKE 'challenges:%'")
    assert await state_of(town, card) == "active"


async def test_forty_guesses_at_once_are_three_and_ten_in_a_row_lock_the_card(town: Town) -> None:
    user, _, card = await with_card(town)
    thief = town.browser()
    page = await thief.log_in(user.name)
    right, form = answered(card, page), page.form("/login/answer")
    guesses = [code for number in range(41) if (code := f"{number:08d}") != right][:40]
    await at_once(thief.post(form.action, {**form.fields, "answer": guess}) for guess in guesses)
    assert (await town.events(user))["authenticators:answer:refused"] == 3
    assert (await town.notices(user))["guesses"] == 1
    for _ in range(3):
        await thief.log_in(user.name)
        for guess in guesses[:3]:
            await thief.post("/login/answer", {**thief.page.form("/login/answer").fields, "answer": guess})
    assert (await town.events(user))["authenticators:answer:refused"] == 10
    assert (await town.notices(user))["other_locked"] == 1
    owner = town.browser()
    assert (await owner.log_in(user.name)).says("login.phone_locked")
    await town.do("DELETE FROM meters WHERE key LIKE 'challenges:%'")


async def test_two_right_answers_at_the_same_moment_make_one_authenticator(town: Town) -> None:
    user = await town.person()
    card, browsers = await sent_to(town, user), [town.browser(), town.browser()]
    for browser in browsers:
        await browser.log_in(user.name)
        await browser.get("/card")
    begun = await at_once(browser.send("/card") for browser in browsers)
    live = [(browser, page) for browser, page in zip(browsers, begun, strict=True) if page.digits]
    assert live
    assert len({number_on(page) for _, page in live}) == len(live)
    await at_once(browser.send(f"{page.path}/confirm", answer=answered(card, page)) for browser, page in live)
    assert await active(town, user) == 1
    assert await town.count("FROM sessions WHERE user_id = :id AND ended_at = 0", id=user.id) == 1
    assert await state_of(town, card) == "active"


async def test_nobody_activates_a_card_that_was_not_sent_to_him(town: Town) -> None:
    user, thief = await town.person(), await town.person()
    card, browser = await sent_to(town, user), town.browser()
    await browser.log_in(thief.name)
    page = await browser.get("/card")
    assert (page.status, page.says("card.none"), card.serial in page.text) == (404, True, False)
    page = await browser.post("/card", {"csrf": page.csrf})
    assert (page.status, page.says("card.none")) == (404, True)
    assert await state_of(town, card) == "shipped"


async def test_the_password_alone_activates_no_card_beside_something_that_works(town: Town) -> None:
    user, owner = await town.person(), town.browser()
    await owner.log_in(user.name)
    await set_up_app(owner)
    await sent_to(town, user)
    await town.do("UPDATE sessions SET proved = 'password', authenticator_id = NULL WHERE user_id = :id", id=user.id)
    page = await owner.get("/card")
    assert (page.status, page.path) == (200, "/step-up?to=card")
    page = await owner.post("/card", {"csrf": page.csrf})
    assert page.answer.headers["location"] == "/step-up?to=card"
    assert await active(town, user) == 1


async def test_a_found_recovery_code_activates_no_card(town: Town) -> None:
    user, owner = await town.person(), town.browser()
    await owner.log_in(user.name)
    await set_up_app(owner)
    codes = await set_up_codes(owner)
    await sent_to(town, user)
    row = await town.house.db.row(
        "SELECT id FROM authenticators WHERE user_id = :id AND kind = 'recovery' AND state = 'active'", id=user.id
    )
    assert row
    assert codes
    by_code = "UPDATE sessions SET proved = 'recovery', authenticator_id = :one WHERE user_id = :id"
    await town.do(by_code, one=row["id"], id=user.id)
    page = await owner.get("/card")
    assert page.says("session.spare_only")


async def test_before_fourteen_days_the_card_is_optional_and_afterwards_the_login_ends_at_it(town: Town) -> None:
    user, browser = await town.person(), town.browser()
    card = await sent_to(town, user)
    row = await town.house.db.row("SELECT set_up_by FROM users WHERE id = :id", id=user.id)
    shipped = await town.house.db.row("SELECT shipped_at FROM cards WHERE serial = :serial", serial=card.serial)
    assert row
    assert shipped
    assert row["set_up_by"] - shipped["shipped_at"] == 14 * DAY
    assert (await browser.log_in(user.name)).path == "/"
    await make_due(town, user)
    for path in ("/", "/security", "/activate", "/security/add/totp"):
        page = await browser.get(path)
        assert page.path == "/card", path
    assert "is now needed to go on" in page.text
    page = await browser.post("/activate/begin", {"csrf": page.csrf, "place": "home"})
    assert page.answer.headers["location"] == "/card"
    assert (await activate(browser, card)).path.startswith("/security")
    assert (await browser.get("/")).path == "/"


async def test_a_card_that_never_came_is_marked_lost_and_the_client_comes_in_again(town: Town) -> None:
    user, browser = await town.person(), town.browser()
    card = await sent_to(town, user)
    await make_due(town, user)
    assert (await browser.log_in(user.name)).path == "/card"
    begun = await browser.send("/card")
    lost = await flows.mark(town.house, Operator(), card.serial, State.LOST, town.house.clock.now())
    assert isinstance(lost, Card)
    late = await browser.send(f"{begun.path}/confirm", answer=answered(card, begun))
    assert late.says("set_up.over"), "whoever has it now cannot finish what was begun"
    assert (await browser.get("/")).path == "/"
    assert await active(town, user) == 0
    assert await state_of(town, card) == "lost"


async def test_a_faulty_card_opens_nothing_and_leaves_no_password_alone(town: Town) -> None:
    user, browser, card = await with_card(town)
    done = await flows.mark(town.house, Operator(), card.serial, State.FAULTY, town.house.clock.now())
    assert isinstance(done, Card)
    assert not await browser.is_in() or await active(town, user) == 0
    page = await town.browser().log_in(user.name)
    assert page.says("login.phone_locked")
    assert (await town.notices(user))["other_suspended"] == 1


async def test_a_destroyed_card_is_woken_by_nobody(town: Town) -> None:
    from twolatch.authenticators.flows import unlock_all
    from twolatch.custody.dues.model import Cause
    from twolatch.custody.model import OPERATOR
    from twolatch.custody.returns import flows as returns

    user, _, card = await with_card(town)
    now = town.house.clock.now()
    for way in (State.DESTROYED, State.FAULTY, State.DESTROYED):
        done = await flows.mark(town.house, Operator(), card.serial, way, now)
        assert isinstance(done, Card) is (way is State.FAULTY), "what was with a client is looked at first"
    assert isinstance(await returns.receive(town.house, card.serial, now, OPERATOR), Card)
    assert isinstance(await returns.inspect(town.house, card.serial, Cause.DEFECT, now, OPERATOR), Card)
    assert isinstance(await returns.destroy(town.house, card.serial, now, OPERATOR), Card)
    await unlock_all(town.house, user.name, now)
    assert await active(town, user) == 0
    assert await state_of(town, card) == "destroyed"


async def test_a_card_reported_lost_with_the_password_is_suspended_and_found_by_its_answer(town: Town) -> None:
    user, _, card = await with_card(town)
    browser = town.browser()
    await browser.get("/lost")
    await browser.send("/lost", name=user.name, password="linden tree 42 kites")
    assert await state_of(town, card) == "suspended"
    await browser.get("/found")
    page = await browser.send("/found", name=user.name, password="linden tree 42 kites")
    await browser.send("/login/answer", answer=answered(card, page))
    assert await state_of(town, card) == "active"


async def test_a_card_that_was_removed_is_withdrawn_and_cannot_be_activated_again(town: Town) -> None:
    user, browser, card = await with_card(town)
    [one] = (await browser.get("/security")).ids("/security/authenticators/{}/rename")
    await browser.get(f"/security/authenticators/{one}/remove")
    await browser.send(f"/security/authenticators/{one}/remove")
    assert await state_of(town, card) == "withdrawn"
    assert (await browser.get("/card")).says("card.none")
    again = await flows.assign(town.house, card.serial, user.name, "", town.house.clock.now())
    assert again is Fault.NOT_NOW


async def test_a_client_has_one_card_on_its_way_at_a_time_and_a_card_one_client(town: Town) -> None:
    user, other = await town.person(), await town.person()
    cards_ = [await stocked(town) for _ in range(2)]
    now = town.house.clock.now()
    done = await at_once(flows.assign(town.house, card.serial, user.name, "", now) for card in cards_)
    assert sorted(type(each).__name__ for each in done) == ["Card", "Fault"]
    left = next(card for card, each in zip(cards_, done, strict=True) if isinstance(each, Fault))
    people = [other, await town.person()]
    done = await at_once(flows.assign(town.house, left.serial, each.name, "", now) for each in people)
    assert sorted(type(each).__name__ for each in done) == ["Card", "Fault"]


async def test_the_key_is_sealed_for_its_client_and_stands_in_no_log_and_no_audit(town: Town) -> None:
    user, _, card = await with_card(town)
    row = await town.house.db.row("SELECT * FROM cards WHERE serial = :serial", serial=card.serial)
    assert row
    found = await flows.stock(town.house, after=card.serial[:-1], most=50)
    [mine] = [each for each in found if each.serial == card.serial]
    from twolatch.custody import store

    made = store.opened(town.house.keys, mine)
    audit = await town.house.db.rows("SELECT facts FROM audit WHERE object = :id", id=row["id"])
    shown = repr(mine) + repr(made) + str([each["facts"] for each in audit]) + town.site.said()
    assert made.key.hex() not in shown
    assert repr(made.key) not in shown
    assert made.key not in bytes(row["sealed"])
    assert user.id == mine.user
    assert re.search("custody", str(await town.events(user)))
