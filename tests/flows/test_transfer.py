"""Moving begun on the old phone itself: the same law as in the portal, and one law between both."""

import asyncio

from tests.flows.houses import WRONG, Handset, Seat, Time, activated
from tests.flows.test_moving import (
    claimed,
    confirm,
    count,
    device_of,
    finish,
    press_the_link,
    pressed_link,
    proved,
    state_of,
)
from twolatch.activation import flows as activation
from twolatch.activation import transfer
from twolatch.activation.model import Done, Offer, Over, Stage, View
from twolatch.authenticators import flows as phones
from twolatch.authenticators import store
from twolatch.authenticators.gate import Answered
from twolatch.authenticators.model import Authenticator, Challenge, State
from twolatch.house import House
from twolatch.people.model import User
from twolatch.words.refusals import Code, Refusal
from twolatch.words.warrants import Operator

ADDRESS = "192.0.2.9"


async def row(house: House, phone: Handset) -> Authenticator:
    one = await store.find(house.db, house.keys, device_of(phone))
    assert one
    return one


async def allowed(house: House, phone: Handset) -> None:
    """PIN given for the wish to move."""
    asked = await transfer.ask(house, await row(house, phone), house.clock.now())
    assert isinstance(asked, Challenge)
    assert isinstance(await phone.send(phone.made(await phone.asked(asked.id))), Answered)


async def code_for(house: House, phone: Handset) -> Offer | Refusal:
    return await transfer.begin(house, await row(house, phone), ADDRESS, house.clock.now())


async def begun(house: House, name: str = "anna") -> tuple[User, Seat, Handset, Offer]:
    user, seat, old = await activated(house, name)
    await allowed(house, old)
    offer = await code_for(house, old)
    assert isinstance(offer, Offer), offer
    return user, seat, old, offer


async def type_here(house: House, phone: Handset, digits: str) -> Refusal | None:
    return await transfer.confirm(house, await row(house, phone), digits, ADDRESS, house.clock.now())


async def look(house: House, phone: Handset) -> View | Refusal:
    return await transfer.look(house, await row(house, phone), ADDRESS, house.clock.now())


async def test_the_old_phone_ends_when_the_new_one_has_proved_itself_and_not_before(house: House) -> None:
    _, seat, old, offer = await begun(house)
    new, digits = await claimed(house, offer)
    assert await type_here(house, old, digits) is None
    assert (await state_of(house, old), await state_of(house, new)) == (State.ACTIVE, State.UNPROVEN)
    assert await seat.who(), "nothing ends before the new phone has proved itself"
    assert isinstance(await finish(new), Answered)
    assert (await state_of(house, old), await state_of(house, new)) == (State.REMOVED, State.ACTIVE)
    assert isinstance(await look(house, old), Done)
    assert await seat.who() is None, "no session moved"
    assert await count(house, "FROM audit WHERE event = 'authenticators:authenticator:moved'") == 1


async def test_without_the_pin_no_code_and_one_code_for_one_pin(house: House, time: Time) -> None:
    _, _, old = await activated(house, "anna")
    assert await code_for(house, old) == Refusal(Code.STEP_UP)
    asked = await transfer.ask(house, await row(house, old), house.clock.now())
    assert isinstance(asked, Challenge)
    refused = await old.send(old.made(await old.asked(asked.id), pin=WRONG))
    assert isinstance(refused, Refusal)
    assert await code_for(house, old) == Refusal(Code.STEP_UP)
    await allowed(house, old)
    first = await code_for(house, old)
    assert isinstance(first, Offer)
    assert await code_for(house, old) == first, "a lost reply"
    time.pass_(house.settings.activation_minutes * 60 + 1)
    assert await code_for(house, old) == Refusal(Code.STEP_UP)


async def test_an_approval_that_is_too_old_gives_no_code(house: House, time: Time) -> None:
    _, _, old = await activated(house, "anna")
    await allowed(house, old)
    time.pass_(house.settings.challenge_seconds + 1)
    assert await code_for(house, old) == Refusal(Code.STEP_UP)


async def test_a_code_that_runs_out_leaves_the_old_phone_as_it_was(house: House, time: Time) -> None:
    _, _, old, offer = await begun(house)
    new, digits = await claimed(house, offer)
    time.pass_(house.settings.activation_minutes * 60 + 1)
    assert await look(house, old) == Over(Stage.EXPIRED)
    assert await type_here(house, old, digits) == Refusal(Code.ACTIVATION_OVER)
    assert isinstance(await finish(new), Refusal)
    assert await state_of(house, old) is State.ACTIVE


async def test_a_report_in_between_ends_the_move_at_every_step_of_it(house: House, time: Time) -> None:
    """Somebody has phone and PIN and moves away; the client presses the link in a mail, the operator wakes it again."""
    for step in ("allowed", "issued", "claimed", "confirmed"):
        user, _, old = await activated(house, f"anna-{step}")
        await allowed(house, old)
        offer = None if step == "allowed" else await code_for(house, old)
        assert not isinstance(offer, Refusal)
        new, digits = (None, "") if offer is None or step == "issued" else await claimed(house, offer)
        if step == "confirmed":
            assert await type_here(house, old, digits) is None
        await press_the_link(house, old)
        time.pass_(1)
        assert await phones.unlock_all(house, user.name, house.clock.now()) == 1
        assert await code_for(house, old) == Refusal(Code.STEP_UP), step
        assert not isinstance(await look(house, old), Done)
        if new is None:
            assert offer is None or await Handset(house).claim(offer) == Refusal(Code.CODE_CANCELLED)
            continue
        assert await type_here(house, old, digits) == Refusal(Code.ACTIVATION_OVER)
        assert isinstance(await finish(new), Refusal)
        assert await state_of(house, old) is State.ACTIVE
        assert await state_of(house, new) is not State.ACTIVE


async def test_a_report_and_the_last_step_at_the_same_moment_never_leave_two_or_a_thief(house: House) -> None:
    for turn in range(6):
        _, _, old, offer = await begun(house, f"anna-{turn}")
        new, digits = await claimed(house, offer)
        assert await type_here(house, old, digits) is None
        done, told = await asyncio.gather(finish(new), pressed_link(house, old))
        states = (await state_of(house, old), await state_of(house, new))
        is_moved = isinstance(done, Answered)
        assert is_moved or isinstance(told, str), "a phone that still stands is silenced by its link"
        assert states == ((State.REMOVED, State.ACTIVE) if is_moved else (State.SUSPENDED, State.REMOVED))


async def test_begun_on_both_sides_the_later_one_counts(house: House, time: Time) -> None:
    """Whoever begins later, portal or phone: one code lives, and whoever held the earlier one has nothing."""
    for is_phone_later in (True, False):
        _, seat, old = await activated(house, "anna" if is_phone_later else "bram")
        who = await proved(house, seat, old)
        if is_phone_later:
            first = await activation.begin(house, who, house.clock.now(), replaces=device_of(old))
        else:
            await allowed(house, old)
            first = await code_for(house, old)
        assert isinstance(first, Offer)
        early, early_digits = await claimed(house, first)
        time.pass_(1)
        if is_phone_later:
            await allowed(house, old)
            second = await code_for(house, old)
        else:
            second = await activation.begin(house, who, house.clock.now(), replaces=device_of(old))
        assert isinstance(second, Offer)
        assert await state_of(house, early) is State.REMOVED
        new, digits = await claimed(house, second)
        here, there = (early_digits, digits) if is_phone_later else (digits, early_digits)
        in_portal, on_phone = await confirm(house, seat, here), await type_here(house, old, there)
        assert isinstance(in_portal, Refusal) == is_phone_later
        assert (on_phone is None) == is_phone_later
        assert isinstance(await finish(early), Refusal)
        assert isinstance(await finish(new), Answered)
        assert (await state_of(house, old), await state_of(house, new)) == (State.REMOVED, State.ACTIVE)


async def test_a_phone_removed_in_the_portal_learns_that_and_not_that_it_moved(house: House) -> None:
    user, _, old, offer = await begun(house)
    new, digits = await claimed(house, offer)
    assert await type_here(house, old, digits) is None
    assert await phones.remove_all(house, Operator(), user.name, house.clock.now()) == 1
    assert await look(house, old) == Refusal(Code.PHONE_REMOVED)
    assert isinstance(await finish(new), Refusal)
    assert await count(house, "FROM authenticators WHERE state <> 'removed'") == 0
