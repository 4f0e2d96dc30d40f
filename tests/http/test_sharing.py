"""One card for two users of the same person: asked for with both passwords and the card, and never a way around."""

import re

from tests.http.test_cards import PIN, answered, number_on, state_of, with_card
from tests.http.test_passkeys import with_key
from tests.http.test_typed_kinds import make_stale, proved
from tests.people import PASSWORD, App, Browser, Page, Town, at_once, set_up_app
from twolatch.accounts import flows as accounts
from twolatch.accounts.model import Account
from twolatch.authenticators import issuing, store
from twolatch.client import cards
from twolatch.client.cards import SoftCard
from twolatch.closing import cards as closing_cards
from twolatch.closing import flows as closing
from twolatch.closing.effect import effect
from twolatch.custody import flows as custody
from twolatch.custody import unsharing
from twolatch.custody.model import OPERATOR, Card, Fault, State
from twolatch.custody.returns import flows as returns
from twolatch.custody.returns.model import Reason, Return
from twolatch.faces import cookies
from twolatch.people import flows as people
from twolatch.people.model import User
from twolatch.words.limits import DAY
from twolatch.words.warrants import Operator


async def two_names(town: Town) -> tuple[User, Browser, SoftCard, User, Browser]:
    """A client with a card; and his other user name, logged in with the password alone."""
    owner, browser, card = await with_card(town)
    guest, beside = await town.person(), town.browser()
    assert await people.same_person(town.house, owner.name, guest.name, town.house.clock.now())
    await beside.log_in(guest.name)
    return owner, browser, card, guest, beside


async def ask(browser: Browser, owner: User, password: str = PASSWORD) -> Page:
    await browser.get("/security/share")
    return await browser.send("/security/share", name=owner.name, password=password)


async def share(browser: Browser, owner: User, card: SoftCard) -> Page:
    page = await ask(browser, owner)
    return await browser.send("/security/share/answer", answer=answered(card, page))


async def shared(town: Town) -> tuple[User, Browser, SoftCard, User, Browser]:
    there = await two_names(town)
    owner, _, card, _, beside = there
    assert (await share(beside, owner, card)).path == "/security?done=shared"
    return there


async def enter(town: Town, user: User, card: SoftCard) -> Page:
    browser = town.browser()
    page = await browser.log_in(user.name)
    return await browser.send("/login/answer", answer=answered(card, page))


async def one_of(town: Town, user: User) -> str:
    held = await store.held_by(town.house.db, town.house.keys, user.id)
    [one] = [one for one in held if one.kind == "card"]
    return one.id


async def held(town: Town, user: User) -> list[str]:
    return [one.kind for one in await store.held_by(town.house.db, town.house.keys, user.id)]


async def test_anna_uses_the_card_of_her_other_user_name_for_both(town: Town) -> None:
    owner, browser, card, guest, beside = await two_names(town)
    settings = await beside.get("/security")
    assert "The card of your other user name" in settings.text
    page = await ask(beside, owner)
    assert len(number_on(page)) == 6
    wrong = await beside.send("/security/share/answer", answer="00000000")
    assert (wrong.says("typed.wrong"), number_on(wrong)) == (True, number_on(page))
    done = await beside.send("/security/share/answer", answer=answered(card, page))
    assert "The card now serves both of your user names" in done.text
    assert "It is the card of your other user name" in done.text
    assert "Your other user name uses this card too" in (await browser.get("/security")).text
    for user in (guest, owner):
        assert proved(await enter(town, user, card)) == "Proved with password and challenge card"
        assert (await town.notices(user))["card_shared"] == 1
        assert (await town.events(user))["authenticators:authenticator:shared"] == 1
    listed = town.site.run("card", "list", "--most", "100000")
    assert re.search(f"{card.serial} +active +{owner.name} \\+ {guest.name} ", listed), "one card, of two users"


async def test_a_session_of_the_password_alone_goes_on_with_a_new_token_and_the_others_end(town: Town) -> None:
    owner, _, card, guest, beside = await two_names(town)
    thief = town.browser()
    await thief.log_in(guest.name)
    before = beside.cookies[cookies.SESSION]
    await share(beside, owner, card)
    assert beside.cookies[cookies.SESSION] != before
    assert not await thief.is_in(), "the first second latch ends what the password alone had opened elsewhere"


async def test_users_who_are_not_stated_to_be_one_person_share_nothing(town: Town) -> None:
    owner, _, _ = await with_card(town)
    guest, beside = await town.person(), town.browser()
    await beside.log_in(guest.name)
    assert "The card of your other user name" not in (await beside.get("/security")).text
    page = await ask(beside, owner)
    assert (page.status, page.says("share.person"), page.digits) == (403, True, "")
    assert await held(town, guest) == []
    letters = await town.notices(owner)
    assert letters["unfinished"] == 1, "whoever it was knew the owner's password"


async def test_a_stranger_to_the_password_learns_nothing_and_pays_as_at_a_login(town: Town) -> None:
    owner, _, _, _, beside = await two_names(town)
    pages = [await ask(beside, owner, "not this one"), await ask(beside, await town.person(), "nor this one")]
    beside.page = await beside.get("/security/share")
    pages.append(await beside.send("/security/share", name="nobody at all", password="guess guess"))
    assert [(page.status, page.says("login.wrong")) for page in pages] == [(403, True)] * 3
    assert (await town.events(owner))["login:password:wrong"] == 1
    for _ in range(4):
        await ask(beside, owner, "not this one")
    assert (await ask(beside, owner)).says("login.wait"), "the right one neither, during the wait"


async def test_the_stronger_side_is_not_weakened(town: Town) -> None:
    owner, _, card = await with_card(town)
    guest, beside, _ = await with_key(town)
    await people.same_person(town.house, owner.name, guest.name, town.house.clock.now())
    page = await ask(beside, owner)
    assert (page.status, page.says("share.weaker")) == (409, True)
    assert await held(town, guest) == ["passkey"]
    assert card


async def test_nobody_on_a_temporary_factor_shares(town: Town) -> None:
    owner, _, card, guest, beside = await two_names(town)
    await set_up_app(beside)
    given = await issuing.issue(town.house, Operator(), guest.name, "lost", "Code", town.house.clock.now())
    assert isinstance(given, issuing.Given)
    bridged = town.browser()
    await bridged.log_in(guest.name)
    assert (await bridged.send("/login/answer", answer=given.code.reveal())).path == "/"
    page = await ask(bridged, owner)
    assert (page.status, page.says("share.temporary")) == (409, True)
    assert "card" not in await held(town, guest)
    assert (await enter(town, owner, card)).path == "/"


async def test_a_card_whose_owner_has_a_temporary_code_is_stopped_and_not_shared(town: Town) -> None:
    owner, _, _, guest, beside = await two_names(town)
    given = await issuing.issue(town.house, Operator(), owner.name, "lost", "Code", town.house.clock.now())
    assert isinstance(given, issuing.Given)
    assert (await ask(beside, owner)).says("share.none")
    assert await held(town, guest) == []


async def test_the_password_alone_shares_nothing_beside_an_app(town: Town) -> None:
    _, _, _, guest, beside = await two_names(town)
    await set_up_app(beside)
    await make_stale(town, guest)
    assert (await beside.get("/security/share")).path == "/step-up?to=share"
    page = await beside.post("/security/share", {"csrf": beside.page.csrf, "name": "x", "password": "y"})
    assert page.answer.headers["location"] == "/step-up?to=share"


async def test_an_answer_given_at_both_users_logins_at_once_opens_one_door(town: Town) -> None:
    owner, _, card, guest, _ = await shared(town)
    doors = []
    for user in (owner, guest):
        browser = town.browser()
        doors.append((browser, await browser.log_in(user.name)))
    numbers = [number_on(page) for _, page in doors]
    assert len(set(numbers)) == 2, "one card is never asked the same twice, whichever user asks"
    said = answered(card, doors[0][1])
    wishes = [
        browser.post("/login/answer", {**page.form("/login/answer").fields, "answer": said})
        for browser, page in doors
        for _ in range(6)
    ]
    assert {page.status for page in await at_once(wishes)} <= {303, 403, 410, 503}
    assert (await town.events(owner))["authenticators:challenge:approved"] == 2, "the first answer, and this one"
    assert (await town.events(guest))["authenticators:challenge:approved"] == 1, "the answer to the sharing"


async def test_wrong_answers_of_both_users_count_together_and_lock_it_for_both(town: Town) -> None:
    owner, _, card, guest, _ = await shared(town)
    for turn in range(4):
        thief = town.browser()
        page = await thief.log_in((owner, guest)[turn % 2].name)
        right = answered(card, page)
        for guess in [code for code in ("00000000", "11111111", "22222222", "33333333") if code != right][:3]:
            await thief.post("/login/answer", {**page.form("/login/answer").fields, "answer": guess})
    wrong = [(await town.events(user))["authenticators:answer:refused"] for user in (owner, guest)]
    assert sum(wrong) == 10, wrong
    for user in (owner, guest):
        assert (await town.browser().log_in(user.name)).says("login.phone_locked")
        assert (await town.notices(user))["other_locked"] == 1
    await town.do("DELETE FROM meters WHERE key LIKE 'challenges:%'")


async def test_a_loss_reported_by_one_stops_it_for_both_and_found_it_comes_back_for_both(town: Town) -> None:
    owner, _, card, guest, _ = await shared(town)
    browser = town.browser()
    await browser.get("/lost")
    await browser.send("/lost", name=guest.name, password=PASSWORD)
    assert await state_of(town, card) == "suspended"
    for user in (owner, guest):
        assert (await town.browser().log_in(user.name)).says("login.phone_reported")
        assert (await town.notices(user))["other_reported"] == 1
        assert (await town.events(user))["authenticators:authenticator:reported"] == 1
    await browser.get("/found")
    page = await browser.send("/found", name=owner.name, password=PASSWORD)
    await browser.send("/login/answer", answer=answered(card, page))
    assert await state_of(town, card) == "active"
    for user in (owner, guest):
        assert (await enter(town, user, card)).path == "/"


async def test_the_guest_lets_go_and_the_owner_keeps_it(town: Town) -> None:
    owner, _, card, guest, beside = await shared(town)
    one = await one_of(town, guest)
    other = town.browser()
    waiting = await other.log_in(guest.name)
    page = await beside.get(f"/security/authenticators/{one}/remove")
    assert "Your other user name keeps the card" in page.text
    assert "password alone" in page.text, "he is warned of what he loses"
    await beside.send(f"/security/authenticators/{one}/remove")
    late = await other.send("/login/answer", answer=answered(card, waiting))
    assert late.path != "/"
    assert (await held(town, guest), await held(town, owner)) == ([], ["card"])
    assert (await enter(town, owner, card)).path == "/"
    assert await state_of(town, card) == "active"
    assert (await town.notices(owner))["share_ended"] == 1


async def test_the_owner_lets_go_and_the_card_passes_to_the_other_user(town: Town) -> None:
    owner, browser, card, guest, _ = await shared(town)
    one = await one_of(town, owner)
    await browser.get(f"/security/authenticators/{one}/remove")
    await browser.send(f"/security/authenticators/{one}/remove")
    assert (await held(town, owner), await held(town, guest)) == ([], ["card"])
    assert (await enter(town, guest, card)).path == "/"
    row = await town.house.db.row("SELECT user_id, state FROM cards WHERE serial = :serial", serial=card.serial)
    assert row
    assert (row["user_id"], row["state"]) == (guest.id, "active"), "and it is he who sends it back one day"
    assert (await town.browser().log_in(owner.name)).path == "/"


async def test_the_owner_takes_it_back_only_from_who_has_something_else(town: Town) -> None:
    owner, browser, card, guest, beside = await shared(town)
    one = await one_of(town, owner)
    await browser.get(f"/security/authenticators/{one}/unshare")
    page = await browser.send(f"/security/authenticators/{one}/unshare")
    assert (page.status, page.says("share.last")) == (409, True)
    assert (await enter(town, guest, card)).path == "/"
    assert isinstance(await set_up_app(beside), App)
    await browser.get(f"/security/authenticators/{one}/unshare")
    page = await browser.send(f"/security/authenticators/{one}/unshare")
    assert page.path == "/security?done=unshared"
    assert (await held(town, owner), await held(town, guest)) == (["card"], ["totp"])
    assert (await beside.get(f"/security/authenticators/{one}/unshare")).status == 404


async def test_the_operator_ends_a_sharing(town: Town) -> None:
    owner, _, card, guest, _ = await shared(town)
    assert isinstance(await unsharing.end(town.house, Operator(), card.serial, town.house.clock.now()), Card)
    assert (await held(town, owner), await held(town, guest)) == (["card"], [])
    again = await unsharing.end(town.house, Operator(), card.serial, town.house.clock.now())
    assert again is Fault.NOT_SHARED


async def test_a_shared_card_is_shared_once_and_marked_faulty_it_opens_neither(town: Town) -> None:
    owner, _, card, guest, _ = await shared(town)
    third, elsewhere = await town.person(), town.browser()
    await people.same_person(town.house, owner.name, third.name, town.house.clock.now())
    await elsewhere.log_in(third.name)
    assert (await ask(elsewhere, owner)).says("share.none")
    assert (await ask(elsewhere, guest)).says("share.none")
    done = await custody.mark(town.house, Operator(), card.serial, State.FAULTY, town.house.clock.now())
    assert isinstance(done, Card)
    for user in (owner, guest):
        assert (await town.browser().log_in(user.name)).says("login.phone_locked")


async def test_who_writes_into_the_database_shares_nobodys_card(town: Town) -> None:
    """A thief with a card of his own, the password of a victim, and a hand on the tables."""
    thief, _, card = await with_card(town)
    victim, _, _ = await with_card(town)
    one = await one_of(town, thief)
    await town.do("UPDATE authenticators SET guest = :victim WHERE id = :id", victim=victim.id, id=one)
    browser = town.browser()
    page = await browser.log_in(victim.name)
    assert await held(town, victim) == ["card"]
    await town.do(
        "UPDATE challenges SET authenticator_id = :one WHERE user_id = :id AND state = 'pending'",
        one=one, id=victim.id,
    )  # fmt: skip
    page = await browser.send("/login/answer", answer=answered(card, page))
    assert page.path != "/"
    await town.do(
        "UPDATE challenges SET purpose = 'share' WHERE user_id = :id AND state = 'pending'", id=victim.id
    )  # fmt: skip
    form = browser.page.form("/login/answer") if browser.page.has_form("/login/answer") else None
    if form:
        await browser.post("/login/answer", {**form.fields, "answer": cards.answer(card, PIN, page.digits) or ""})
    assert not await browser.is_in()


async def test_two_answers_at_once_share_it_once(town: Town) -> None:
    owner, _, card, guest, beside = await two_names(town)
    page = await ask(beside, owner)
    form = page.form("/security/share/answer")
    said = {**form.fields, "answer": answered(card, page)}
    pages = await at_once(beside.post(form.action, said) for _ in range(10))
    assert {page.status for page in pages} <= {303, 200, 401, 403, 409, 410, 503}
    assert (await town.events(guest))["authenticators:authenticator:shared"] == 1
    assert await held(town, guest) == ["card"]


async def closed_account(town: Town, user: User) -> None:
    """His only account is closed, as if its day were over."""
    house, now, number = town.house, town.house.clock.now(), f"S{user.id[-8:].upper()}"
    await accounts.add(house, number, "", [user.name], [], now)
    asked = await closing.ask_for(house, number, "", now)
    assert isinstance(asked, Account)
    assert await closing_cards.of_account(house.db, house, asked) == [], "the other user goes on using the card"
    assert await house.db.write(lambda tx: effect(tx, house, asked.id, now + 2 * DAY))


async def test_who_closes_his_last_account_leaves_the_card_to_his_other_user_name(town: Town) -> None:
    owner, _, card, guest, _ = await shared(town)
    await closed_account(town, owner)
    assert (await held(town, owner), await held(town, guest)) == ([], ["card"])
    row = await town.house.db.row("SELECT user_id FROM cards WHERE serial = :serial", serial=card.serial)
    assert row
    assert row["user_id"] == guest.id
    assert (await enter(town, guest, card)).path == "/"


async def test_a_guest_who_closes_his_last_account_owes_no_card(town: Town) -> None:
    owner, _, card, guest, _ = await shared(town)
    await closed_account(town, guest)
    assert (await held(town, owner), await held(town, guest)) == (["card"], [])
    assert (await enter(town, owner, card)).path == "/"


async def test_a_card_that_is_sent_back_stops_for_both_and_is_passed_on_to_nobody(town: Town) -> None:
    owner, browser, card, guest, _ = await shared(town)
    house, now = town.house, town.house.clock.now()
    await set_up_app(browser)
    announced = await returns.announce_for(house, card.serial, Reason.CONSOLIDATION, "europe", now, OPERATOR)
    assert isinstance(announced, Return)
    one = await one_of(town, owner)
    await browser.get(f"/security/authenticators/{one}/remove")
    await browser.send(f"/security/authenticators/{one}/remove")
    assert (await held(town, owner), await held(town, guest)) == (["totp"], ["card"])
    posted = await returns.post_for(house, card.serial, "post", "RR123456785NL", now, OPERATOR)
    assert isinstance(posted, Return), posted
    assert (await town.browser().log_in(guest.name)).says("login.phone_locked"), "it lies in a mail bag"
    row = await house.db.row("SELECT user_id FROM cards WHERE serial = :serial", serial=card.serial)
    assert row
    assert row["user_id"] == owner.id
