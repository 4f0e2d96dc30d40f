"""A lost phone: stopped with the password alone, taken back by no less than a login."""

import asyncio
from dataclasses import replace

import pytest

from tests.flows.houses import PASSWORD, WRONG, Handset, Seat, Time, activated, waiting_at
from tests.flows.test_moving import claimed, confirm, count, device_of, finish, press_the_link, proved, state_of
from twolatch.activation import flows as activation
from twolatch.activation.model import Offer
from twolatch.authenticators import flows as phones
from twolatch.authenticators import gate, store
from twolatch.authenticators.gate import Answered
from twolatch.authenticators.model import State
from twolatch.authenticators.outcome import move
from twolatch.house import House
from twolatch.kinds.phone import said
from twolatch.login import flows as login
from twolatch.login import lost
from twolatch.login.lost import Stopped, WhichOne
from twolatch.login.model import Collected, Proceed, StartOver
from twolatch.words.events import Event
from twolatch.words.limits import CHALLENGES
from twolatch.words.refusals import Code, Refusal
from twolatch.words.secret import Secret
from twolatch.words.warrants import Operator

DAY_SECONDS = 24 * 3600


async def report(seat: Seat, name: str, password: str = PASSWORD) -> Stopped | WhichOne | Refusal:
    return await lost.report(seat.house, seat.visit, name, Secret(password))


async def found(seat: Seat, name: str, password: str = PASSWORD) -> Proceed | Refusal:
    return await lost.found(seat.house, seat.visit, name, Secret(password))


async def test_the_password_stops_the_phone_and_nothing_else(house: House) -> None:
    user, seat, phone = await activated(house, "anna")
    stranger = Seat(house)
    assert await report(stranger, user.name) == Stopped("Pixel 8")
    assert await state_of(house, phone) is State.REPORTED
    assert await seat.who(), "no session ends"
    assert await stranger.who() is None, "and none begins"
    assert await count(house, "FROM notices WHERE kind = 'phone_reported'") == 1
    assert await count(house, "FROM audit WHERE event = 'authenticators:authenticator:reported'") == 1
    assert await stranger.begin(user.name) == Refusal(Code.LOGIN_PHONE_REPORTED)


async def test_a_wrong_password_stops_nothing_and_counts_like_any_other(house: House, time: Time) -> None:
    user, _, phone = await activated(house, "anna")
    stranger = Seat(house)
    codes = []
    for _ in range(5):
        codes.append(await report(stranger, user.name, "wrong"))
        time.pass_(1)
    assert codes == [Refusal(Code.LOGIN_WRONG)] * 5
    blocked = await stranger.begin(user.name)
    assert isinstance(blocked, Refusal)
    assert blocked.code is Code.LOGIN_WAIT, "the login knows of them"
    assert await state_of(house, phone) is State.ACTIVE


async def test_a_login_that_waits_ends_with_the_report(house: House) -> None:
    user, _, phone = await activated(house, "anna")
    other = Seat(house)
    await other.begin(user.name)
    challenge, digits = await waiting_at(other)
    late = phone.made(await phone.asked(challenge), digits=digits)
    await report(Seat(house), user.name)
    assert await phone.send(late) == Refusal(Code.PHONE_REPORTED)
    assert isinstance(await login.look(house, other.visit), StartOver)


async def test_found_again_it_proves_pin_and_digits_and_lets_that_browser_in(house: House, time: Time) -> None:
    user, _, phone = await activated(house, "anna")
    await report(Seat(house), user.name)
    time.pass_(6 * DAY_SECONDS)
    seat = Seat(house)
    assert await found(seat, user.name) == Proceed(is_ready=False)
    challenge, digits = await waiting_at(seat)
    asked = await phone.asked(challenge)
    assert (asked.challenge.type, asked.challenge.started, asked.challenge.confirmation) == ("login", "found", "digits")
    assert digits
    assert isinstance(await phone.send(phone.made(asked, digits=digits)), Answered)
    assert await state_of(house, phone) is State.ACTIVE
    assert isinstance(await seat.collect(), Collected)
    assert await count(house, "FROM notices WHERE kind = 'phone_returned'") == 1
    assert await count(house, "FROM audit WHERE event = 'authenticators:authenticator:returned'") == 1
    assert await count(house, f"FROM meters WHERE key LIKE '{CHALLENGES.name}:%'") == 0


async def test_digits_are_asked_in_a_known_browser_too(house: House) -> None:
    user, seat, _ = await activated(house, "anna")
    await report(seat, user.name)
    assert isinstance(await found(seat, user.name), Proceed)
    _, digits = await waiting_at(seat)
    assert digits


async def test_after_the_bridging_time_only_an_operator_helps(house: House, time: Time) -> None:
    user, _, phone = await activated(house, "anna")
    await report(Seat(house), user.name)
    time.pass_(house.settings.bridging_days * DAY_SECONDS)
    seat = Seat(house)
    assert await found(seat, user.name) == Refusal(Code.FOUND_LATE)
    assert await seat.begin(user.name) == Refusal(Code.LOGIN_PHONE_LOCKED)
    assert await phones.unlock_all(house, user.name, house.clock.now()) == 1
    assert await state_of(house, phone) is State.ACTIVE


async def test_wrong_pins_lock_a_phone_that_wants_to_come_back(house: House, time: Time) -> None:
    user, _, phone = await activated(house, "anna")
    await report(Seat(house), user.name)
    seat, last = Seat(house), None
    for _ in range(2):
        await found(seat, user.name)
        challenge, digits = await waiting_at(seat)
        for _ in range(3):
            last = await phone.send(phone.made(await phone.asked(challenge), pin=WRONG, digits=digits))
    assert isinstance(last, Refusal)
    assert await state_of(house, phone) is State.LOCKED
    assert await found(seat, user.name) == Refusal(Code.FOUND_NOTHING)


@pytest.mark.parametrize("how", ["link", "copy", "lock"])
async def test_what_was_stopped_otherwise_does_not_come_back_this_way(house: House, how: str) -> None:
    """The link says "it was not me": the phone may be a stranger's. A copy has two owners."""
    user, _, phone = await activated(house, "anna")
    old = phone.record
    seat = Seat(house)
    if how == "link":
        await press_the_link(house, phone)
    elif how == "lock":
        for _ in range(2):
            await seat.begin(user.name)
            challenge, digits = await waiting_at(seat)
            for _ in range(3):
                await phone.send(phone.made(await phone.asked(challenge), pin=WRONG, digits=digits))
    else:
        for _ in range(2):
            await seat.begin(user.name)
            challenge, digits = await waiting_at(seat)
            await phone.send(phone.made(await phone.asked(challenge), digits=digits))
            await seat.collect()
        await seat.begin(user.name)
        challenge, digits = await waiting_at(seat)
        asked = await phone.asked(challenge)
        thief = Handset(house, record=old)
        thief.key = phone.key
        assert await thief.send(thief.made(asked, digits=digits)) == Refusal(Code.PHONE_COPIED)
    stopped = await state_of(house, phone)
    assert stopped is (State.LOCKED if how == "lock" else State.SUSPENDED)
    assert await report(Seat(house), user.name) == Refusal(Code.LOST_NOTHING)
    assert await state_of(house, phone) is stopped, "a report does not make it weaker"
    assert await found(Seat(house), user.name) == Refusal(Code.FOUND_NOTHING)


async def test_an_answer_that_was_long_on_its_way_is_late_and_no_sign_of_a_copy(house: House) -> None:
    """The app was closed just after it had sent; opened again it asked anew, and two logins went by meanwhile."""
    user, _, phone = await activated(house, "anna")
    seat = Seat(house)
    await seat.begin(user.name)
    challenge, digits = await waiting_at(seat)
    slow = phone.made(await phone.asked(challenge), digits=digits)
    for _ in range(2):
        await seat.begin(user.name)
        challenge, digits = await waiting_at(seat)
        assert isinstance(await phone.send(phone.made(await phone.asked(challenge), digits=digits, ahead=2)), Answered)
        await seat.collect()
    assert await gate.prove(house, said(slow), house.clock.now()) == Refusal(Code.CHALLENGE_SUPERSEDED)
    assert await state_of(house, phone) is State.ACTIVE


async def test_the_link_of_the_mail_stops_a_reported_phone_for_good(house: House) -> None:
    user, _, phone = await activated(house, "anna")
    await report(Seat(house), user.name)
    seat = Seat(house)
    await found(seat, user.name)
    challenge, digits = await waiting_at(seat)
    answer = phone.made(await phone.asked(challenge), digits=digits)
    await press_the_link(house, phone)
    assert await phone.send(answer) == Refusal(Code.PHONE_SUSPENDED)
    assert await found(seat, user.name) == Refusal(Code.FOUND_NOTHING)


async def test_the_link_and_the_return_at_the_same_moment_end_in_one_of_them(house: House) -> None:
    for turn in range(5):
        user, _, phone = await activated(house, f"anna-{turn}")
        await report(Seat(house), user.name)
        seat = Seat(house)
        await found(seat, user.name)
        challenge, digits = await waiting_at(seat)
        answer = phone.made(await phone.asked(challenge), digits=digits)
        await asyncio.gather(phone.send(answer), press_the_link(house, phone))
        assert await state_of(house, phone) is State.SUSPENDED, "pressed later or earlier, the link wins"
        assert not isinstance(await seat.collect(), Collected)


async def test_a_phone_that_came_back_cannot_finish_what_it_allowed_before(house: House, time: Time) -> None:
    """A thief began a move; the report ends it, also after the client has found his phone."""
    user, seat, old = await activated(house, "anna")
    time.pass_(60)
    who = await proved(house, seat, old)
    offer = await activation.begin(house, who, house.clock.now(), replaces=device_of(old))
    assert isinstance(offer, Offer)
    new, digits = await claimed(house, offer)
    await confirm(house, seat, digits)
    time.pass_(1)
    await report(Seat(house), user.name)
    back = Seat(house)
    await found(back, user.name)
    challenge, number = await waiting_at(back)
    assert isinstance(await old.send(old.made(await old.asked(challenge), digits=number)), Answered)
    assert await finish(new) == Refusal(Code.PHONE_REMOVED)
    assert await state_of(house, old) is State.ACTIVE


async def test_send_again_asks_the_found_phone_once_more(house: House) -> None:
    user, _, phone = await activated(house, "anna")
    await report(Seat(house), user.name)
    seat = Seat(house)
    await found(seat, user.name)
    first, _ = await waiting_at(seat)
    assert await login.again(house, seat.visit) == Proceed(is_ready=False)
    second, digits = await waiting_at(seat)
    assert second != first
    assert digits
    assert isinstance(await phone.send(phone.made(await phone.asked(second), digits=digits)), Answered)


async def test_who_has_no_phone_is_told_so_and_nothing_happens(house: House) -> None:
    user, _, phone = await activated(house, "anna")
    await phones.remove_all(house, Operator(), user.name, house.clock.now())
    assert await report(Seat(house), user.name) == Refusal(Code.LOST_NOTHING)
    assert await found(Seat(house), user.name) == Refusal(Code.FOUND_NOTHING)
    assert await state_of(house, phone) is State.REMOVED


async def test_of_two_phones_the_client_says_which_one_is_lost(house: House) -> None:
    two = replace(house, settings=house.settings.model_copy(update={"phones_per_user": 2}))
    user, seat, first = await activated(two, "anna")
    who = await proved(two, seat, first)
    offer = await activation.begin(two, who, two.clock.now())
    assert isinstance(offer, Offer)
    second, digits = await claimed(two, offer)
    await confirm(two, seat, digits)
    await finish(second)
    asked = await report(Seat(two), user.name)
    assert isinstance(asked, WhichOne)
    assert await state_of(two, first) is await state_of(two, second) is State.ACTIVE
    token = next(token for _, token in asked.choices if token.startswith(device_of(first)))
    assert isinstance(await lost.report_this(two, seat.visit, token), Stopped)
    assert (await state_of(two, first), await state_of(two, second)) == (State.REPORTED, State.ACTIVE)
    forged = token[:-1] + ("y" if token.endswith("x") else "x")
    assert await lost.report_this(two, seat.visit, forged) == Refusal(Code.LINK_OVER)
    # and with the other one he moves away from the lost one: no desk needed
    other = Seat(two)
    await other.begin(user.name)
    challenge, number = await waiting_at(other)
    assert isinstance(await second.send(second.made(await second.asked(challenge), digits=number)), Answered)
    await other.collect()
    fresh = await other.who()
    assert fresh
    move = await activation.begin(two, fresh, two.clock.now(), replaces=device_of(first))
    assert isinstance(move, Offer), move


async def test_a_locked_phone_is_set_up_anew_with_the_other_ones_permission(house: House) -> None:
    """PIN forgotten: no desk where there is a second authenticator. The same phone may read the code."""
    two = replace(house, settings=house.settings.model_copy(update={"phones_per_user": 2}))
    user, seat, locked = await activated(two, "anna")
    who = await proved(two, seat, locked)
    offer = await activation.begin(two, who, two.clock.now())
    assert isinstance(offer, Offer)
    other, digits = await claimed(two, offer)
    await confirm(two, seat, digits)
    await finish(other)
    one = await store.find(two.db, two.keys, device_of(locked))
    assert one
    assert await two.db.write(
        lambda tx: move(tx, two, one.id, user, State.LOCKED, Event.AUTHENTICATOR_LOCKED, two.clock.now())
    )
    fresh = Seat(two)
    await fresh.begin(user.name)
    challenge, number = await waiting_at(fresh)
    assert isinstance(await other.send(other.made(await other.asked(challenge), digits=number)), Answered)
    await fresh.collect()
    signed_in = await fresh.who()
    assert signed_in
    again = await activation.begin(two, signed_in, two.clock.now(), replaces=device_of(locked))
    assert isinstance(again, Offer)
    anew = Handset(two, holds=[device_of(locked)])
    digits_anew = await anew.claim(again)
    assert isinstance(digits_anew, str), digits_anew
    await confirm(two, fresh, digits_anew)
    assert isinstance(await finish(anew), Answered)
    assert [await state_of(two, each) for each in (locked, other, anew)] == [State.REMOVED, State.ACTIVE, State.ACTIVE]
