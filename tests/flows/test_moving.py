"""Moving to a new phone: the old one ends in the very moment the new one begins, and in no other."""

import asyncio

from tests.flows.houses import Handset, Seat, Time, activated, waiting_at
from twolatch.activation import flows as activation
from twolatch.activation.model import AwaitsNumber, Done, Offer, Over, Stage
from twolatch.authenticators import flows as phones
from twolatch.authenticators import stopping, store
from twolatch.authenticators.gate import Answered
from twolatch.authenticators.model import State
from twolatch.house import House
from twolatch.login import flows as login
from twolatch.login import step_up
from twolatch.login.model import Proceed, StartOver, Waits
from twolatch.notices import links
from twolatch.people.model import User
from twolatch.sessions.model import FreshlySignedIn, SignedIn
from twolatch.words.refusals import Code, Refusal


async def proved(house: House, seat: Seat, phone: Handset) -> SignedIn:
    """Step-up with this phone."""
    who = await seat.who()
    assert who
    asked = await step_up.begin(house, who, seat.visit)
    assert isinstance(asked, Waits)
    assert isinstance(await phone.send(phone.made(await phone.asked(asked.challenge))), Answered)
    done = await step_up.collect(house, who, asked.challenge, house.clock.now())
    assert isinstance(done, step_up.Proved)
    seat.token = done.token
    fresh = await seat.who()
    assert fresh
    return fresh


async def begun(house: House, time: Time) -> tuple[User, Seat, Handset, Offer]:
    """A client with a phone who has the code for a new one on his screen."""
    user, seat, old = await activated(house, "anna")
    time.pass_(60)
    who = await proved(house, seat, old)
    offer = await activation.begin(house, who, house.clock.now(), replaces=device_of(old))
    assert isinstance(offer, Offer), offer
    return user, seat, old, offer


def device_of(phone: Handset) -> str:
    assert phone.record
    return phone.record.device


async def state_of(house: House, phone: Handset) -> State:
    one = await store.find(house.db, house.keys, device_of(phone))
    assert one
    return one.state


async def claimed(house: House, offer: Offer) -> tuple[Handset, str]:
    new = Handset(house)
    digits = await new.claim(offer)
    assert isinstance(digits, str), digits
    return new, digits


async def confirm(house: House, seat: Seat, digits: str) -> activation.Confirmed | Refusal:
    who = await seat.who()
    assert who
    done = await activation.confirm(house, who, digits, house.clock.now())
    seat.token = done.token if isinstance(done, activation.Confirmed) else seat.token
    return done


async def finish(new: Handset) -> Answered | Refusal:
    assert new.ready
    return await new.send(new.ready)


async def count(house: House, sql: str) -> int:
    row = await house.db.row(f"SELECT COUNT(*) AS many {sql}")
    return int(row["many"]) if row else 0


async def test_the_old_phone_ends_when_the_new_one_has_proved_itself_and_not_before(house: House, time: Time) -> None:
    _, seat, old, offer = await begun(house, time)
    new, digits = await claimed(house, offer)
    assert await state_of(house, old) is State.ACTIVE
    assert isinstance(await confirm(house, seat, digits), activation.Confirmed)
    assert (await state_of(house, old), await state_of(house, new)) == (State.ACTIVE, State.UNPROVEN)
    assert isinstance(await finish(new), Answered)
    assert (await state_of(house, old), await state_of(house, new)) == (State.REMOVED, State.ACTIVE)
    assert await count(house, "FROM audit WHERE event = 'authenticators:authenticator:moved'") == 1
    assert await count(house, "FROM notices WHERE kind = 'phone_moved'") == 1
    assert await count(house, "FROM notices WHERE kind IN ('new_phone', 'phone_removed')") == 1, "of the first phone"


async def test_the_session_that_moved_stays_and_all_others_end(house: House, time: Time) -> None:
    user, seat, old, offer = await begun(house, time)
    other = Seat(house)
    await other.begin(user.name)
    challenge, number = await waiting_at(other)
    assert isinstance(await old.send(old.made(await old.asked(challenge), digits=number)), Answered)
    await other.collect()
    new, digits = await claimed(house, offer)
    await confirm(house, seat, digits)
    assert await other.who(), "nothing ends before the new phone has proved itself"
    await finish(new)
    assert await seat.who()
    assert await other.who() is None
    assert await count(house, """FROM audit WHERE event = 'sessions:session:ended' AND facts LIKE '%"moved"%'""") == 1


async def test_without_the_phone_no_code_for_another_one(house: House) -> None:
    """A session of the password alone, or one that proved itself too long ago."""
    _, seat, old = await activated(house, "anna")
    who = await seat.who()
    assert who
    refused = await activation.begin(house, who, house.clock.now(), replaces=device_of(old))
    assert refused == Refusal(Code.STEP_UP)
    fresh = await proved(house, seat, old)
    refused = await activation.begin(house, fresh, fresh.fresh_until, replaces=device_of(old))
    assert refused == Refusal(Code.STEP_UP)
    assert await count(house, "FROM activations") == 1


async def test_nobody_moves_away_from_a_phone_that_is_not_his(house: House) -> None:
    _, _, others = await activated(house, "bram")
    _, seat, phone = await activated(house, "anna")
    who = await proved(house, seat, phone)
    refused = await activation.begin(house, who, house.clock.now(), replaces=device_of(others))
    assert refused == Refusal(Code.PHONE_REMOVED)


async def test_a_code_that_runs_out_leaves_the_old_phone_as_it_was(house: House, time: Time) -> None:
    user, _, old, offer = await begun(house, time)
    new, _ = await claimed(house, offer)
    time.pass_(house.settings.activation_minutes * 60 + 1)
    assert isinstance(await finish(new), Refusal)
    assert await state_of(house, old) is State.ACTIVE
    seat = Seat(house)
    await seat.begin(user.name)
    challenge, number = await waiting_at(seat)
    assert isinstance(await old.send(old.made(await old.asked(challenge), digits=number)), Answered)


async def test_three_wrong_numbers_end_the_move_and_nothing_else(house: House, time: Time) -> None:
    _, seat, old, offer = await begun(house, time)
    new, digits = await claimed(house, offer)
    wrong = f"{(int(digits) + 1) % 1_000_000:06d}"
    codes = [getattr(await confirm(house, seat, wrong), "code", None) for _ in range(3)]
    assert codes == [Code.ACTIVATION_WRONG, Code.ACTIVATION_WRONG, Code.CODE_BURNED]
    assert (await state_of(house, old), await state_of(house, new)) == (State.ACTIVE, State.REMOVED)


async def test_a_move_begun_twice_leaves_one_code_and_the_first_phone_gets_nowhere(house: House, time: Time) -> None:
    _, seat, old, first = await begun(house, time)
    early, early_digits = await claimed(house, first)
    who = await seat.who()
    assert who
    second = await activation.begin(house, who, house.clock.now(), replaces=device_of(old))
    assert isinstance(second, Offer)
    assert await state_of(house, early) is State.REMOVED
    new, digits = await claimed(house, second)
    assert isinstance(await confirm(house, seat, early_digits), Refusal)
    assert isinstance(await confirm(house, seat, digits), activation.Confirmed)
    assert isinstance(await finish(early), Refusal)
    assert isinstance(await finish(new), Answered)
    assert await state_of(house, old) is State.REMOVED


async def test_a_report_in_between_ends_the_move_at_every_step_of_it(house: House) -> None:
    """Somebody has phone and PIN and moves away; the client presses the link in a mail."""
    for step in ("issued", "claimed", "confirmed"):
        user, seat, old = await activated(house, f"anna-{step}")
        who = await proved(house, seat, old)
        offer = await activation.begin(house, who, house.clock.now(), replaces=device_of(old))
        assert isinstance(offer, Offer)
        new, digits = (None, "") if step == "issued" else await claimed(house, offer)
        if step == "confirmed":
            await confirm(house, seat, digits)
        await press_the_link(house, old)
        # and even when the operator wakes the phone again, what the thief began is over
        assert await phones.unlock_all(house, user.name, house.clock.now() + 1) == 1
        if new is None:
            assert await Handset(house).claim(offer) == Refusal(Code.CODE_CANCELLED)
            continue
        if step == "claimed":
            assert await confirm(house, seat, digits) == Refusal(Code.ACTIVATION_OVER)
        refused = await finish(new)
        assert isinstance(refused, Refusal)
        assert await state_of(house, old) is State.ACTIVE
        assert await state_of(house, new) is not State.ACTIVE


async def press_the_link(house: House, phone: Handset) -> None:
    assert isinstance(await pressed_link(house, phone), str)


async def pressed_link(house: House, phone: Handset) -> str | Refusal:
    """The name of the phone that is silent now."""
    one = await store.find(house.db, house.keys, device_of(phone))
    assert one
    link = links.suspend_link(house, one.id, house.clock.now())
    return await phones.suspend_by_link(house, link.rpartition("/")[2], house.clock.now())


async def test_an_old_phone_removed_meanwhile_takes_the_move_with_it(house: House, time: Time) -> None:
    _, seat, old, offer = await begun(house, time)
    new, digits = await claimed(house, offer)
    await confirm(house, seat, digits)
    who = await seat.who()
    assert who
    done = await stopping.remove(house, FreshlySignedIn(who), device_of(old), "bare", house.clock.now())
    assert done is True
    assert await finish(new) == Refusal(Code.PHONE_REMOVED)
    assert await state_of(house, new) is State.REMOVED
    assert await count(house, "FROM audit WHERE event = 'authenticators:move:stopped'") == 1
    view = await activation.look(house, who, house.clock.now())
    assert view == Over(Stage.CANCELLED)


async def test_a_report_and_the_last_step_at_the_same_moment_never_leave_two_or_a_thief(house: House) -> None:
    for turn in range(6):
        _, seat, old = await activated(house, f"anna-{turn}")
        who = await proved(house, seat, old)
        offer = await activation.begin(house, who, house.clock.now(), replaces=device_of(old))
        assert isinstance(offer, Offer)
        new, digits = await claimed(house, offer)
        await confirm(house, seat, digits)
        done, _ = await asyncio.gather(finish(new), press_the_link(house, old), return_exceptions=True)
        states = (await state_of(house, old), await state_of(house, new))
        if isinstance(done, Answered):
            assert states == (State.REMOVED, State.ACTIVE)
        else:
            assert states == (State.SUSPENDED, State.REMOVED)


async def test_a_login_that_waits_for_the_old_phone_ends_with_it(house: House, time: Time) -> None:
    user, seat, old, offer = await begun(house, time)
    other = Seat(house)
    assert isinstance(await other.begin(user.name), Proceed)
    challenge, number = await waiting_at(other)
    late = old.made(await old.asked(challenge), digits=number)
    new, digits = await claimed(house, offer)
    await confirm(house, seat, digits)
    await finish(new)
    assert await old.send(late) == Refusal(Code.PHONE_REMOVED)
    assert await login.look(house, other.visit) == StartOver(Code.LOGIN_CANCELLED)
    assert isinstance(await other.begin(user.name), Proceed)
    challenge, number = await waiting_at(other)
    assert isinstance(await new.send(new.made(await new.asked(challenge), digits=number)), Answered)


async def test_the_old_phone_is_told_that_it_is_the_old_one(house: House, time: Time) -> None:
    """Its own camera reads the code it was to hand over."""
    _, _, old, offer = await begun(house, time)
    stranger = Handset(house, holds=[device_of(old)])
    assert await stranger.claim(offer) == Refusal(Code.MOVE_SAME_PHONE)
    new, _ = await claimed(house, offer)
    assert await state_of(house, new) is State.CLAIMED


async def test_a_second_claimant_of_a_move_learns_that_the_code_is_used(house: House, time: Time) -> None:
    _, seat, _, offer = await begun(house, time)
    new, digits = await claimed(house, offer)
    assert await Handset(house).claim(offer) == Refusal(Code.CODE_USED)
    who = await seat.who()
    assert who
    assert isinstance(await activation.look(house, who, house.clock.now()), AwaitsNumber)
    await confirm(house, seat, digits)
    await finish(new)
    assert await Handset(house).claim(offer) == Refusal(Code.ALREADY_ELSEWHERE)
    who = await seat.who()
    assert who
    assert isinstance(await activation.look(house, who, house.clock.now()), Done)


async def test_the_last_answer_sent_twice_moves_once(house: House, time: Time) -> None:
    _, seat, old, offer = await begun(house, time)
    new, digits = await claimed(house, offer)
    await confirm(house, seat, digits)
    done = await asyncio.gather(*(finish(new) for _ in range(4)))
    assert all(isinstance(each, Answered) for each in done), done
    assert await count(house, "FROM audit WHERE event = 'authenticators:authenticator:moved'") == 1
    assert await state_of(house, old) is State.REMOVED
