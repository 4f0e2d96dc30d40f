"""Sending a card back: announced, posted, received once, looked at, destroyed; what it costs and what it opens."""

import asyncio
from dataclasses import replace
from decimal import Decimal

import pytest

from tests.flows.houses import Seat, Time, add_user
from tests.flows.travels import (
    CLERK,
    DAY,
    HOURS,
    TRACKING,
    announced,
    box,
    europe,
    fresh,
    may_order,
    now_is,
    order,
    posted,
    sent,
    set_up,
    told,
    way,
    with_card,
    with_settings,
)
from twolatch.accounts import flows as accounts
from twolatch.authenticators import store as authenticators
from twolatch.authenticators.flows import unlock_all
from twolatch.authenticators.model import State as OfAuthenticator
from twolatch.authenticators.outcome import move
from twolatch.closing import cards as owed_cards
from twolatch.closing import flows as closing
from twolatch.closing.effect import close_due
from twolatch.closing.model import How
from twolatch.custody import flows
from twolatch.custody.dues import flows as dues
from twolatch.custody.dues.model import Cause, What
from twolatch.custody.model import CARRIER, Card, Fault
from twolatch.custody.model import State as OfCard
from twolatch.custody.orders import flows as orders
from twolatch.custody.orders.model import Order, shown_number
from twolatch.custody.returns import flows as returns
from twolatch.custody.returns.model import Reason, Return, State
from twolatch.custody.returns.reminding import warn
from twolatch.house import House
from twolatch.words.events import Event
from twolatch.words.refusals import Code, Refusal
from twolatch.words.warrants import Operator


async def ledger(house: House) -> list[tuple[What, str, int]]:
    return [(line.what, line.cause, line.amount) for line in await dues.export(house, 0)]


async def authenticator(house: House, card: Card) -> OfAuthenticator:
    one = await authenticators.find(house.db, house.keys, card.authenticator)
    assert one
    return one.state


async def test_anna_sends_her_card_back_and_sees_every_step_until_it_is_destroyed(house: House, time: Time) -> None:
    who, _, card = await with_card(house, time)
    time.pass_(30 * DAY)
    one = await announced(house, who, card)
    assert (await now_is(house, card.serial)).state is OfCard.ANNOUNCED
    assert await authenticator(house, card) is OfAuthenticator.ACTIVE, "until it is posted it opens what it opened"
    sent_back = await posted(house, who, one)
    now = house.clock.now()
    assert now + 3 * DAY * 1000 - DAY * 1000 < sent_back.expected_at < sent_back.due_at
    assert sent_back.due_at >= now + 5 * DAY * 1000 - DAY * 1000
    assert await authenticator(house, card) is OfAuthenticator.SUSPENDED, "what is in the post opens nothing"
    time.pass_(4 * DAY)
    typed = shown_number(one.number).lower()
    assert isinstance(await returns.receive(house, typed, house.clock.now(), CLERK), Card)
    assert await authenticator(house, card) is OfAuthenticator.REMOVED, "the phone protects her"
    assert isinstance(await returns.inspect(house, card.serial, Cause.RETURNED, house.clock.now(), CLERK), Card)
    done = await returns.destroy(house, card.serial, house.clock.now(), CLERK)
    assert isinstance(done, Card)
    assert done.state is OfCard.DESTROYED
    assert (await way(house, card))[-6:] == [
        "card:announced", "card:posted", "card:received", "reserve:released", "card:inspected", "card:destroyed",
    ]  # fmt: skip
    [after] = await returns.of_client(house, who.user)
    assert after.state is State.RECEIVED
    letters = await told(house, who.user.id)
    assert {"return_announced", "return_posted", "return_received", "card_released"} <= set(letters)
    assert await ledger(house) == [(What.HELD, "", 2000), (What.RELEASED, "returned", 2000)]


async def test_a_card_that_came_back_goes_to_nobody_whatever_its_state_is_set_to(house: House, time: Time) -> None:
    who, _, card = await with_card(house, time)
    await add_user(house, "bram")
    await posted(house, who, await announced(house, who, card))
    now = house.clock.now()
    assert isinstance(await returns.receive(house, card.serial, now, CLERK), Card)
    assert await flows.assign(house, card.serial, "bram", "", now) is Fault.NOT_NOW
    for state in (OfCard.STOCKED, OfCard.FAULTY, OfCard.LOST, OfCard.DESTROYED):
        assert await flows.mark(house, Operator(), card.serial, state, now) is Fault.NOT_NOW
    assert await returns.destroy(house, card.serial, now, CLERK) is Fault.NOT_NOW, "first somebody looks at it"
    for state in ("stocked", "reserved"):
        with pytest.raises(Exception, match=r"(?i)check"):  # also to whoever writes into the database
            await house.db.write(
                lambda tx, to=state: tx.run("UPDATE cards SET state = :to WHERE id = :id", to=to, id=card.id)  # type: ignore[misc]
            )
    assert await unlock_all(house, "anna", now) == 0
    assert (await now_is(house, card.serial)).state is OfCard.RECEIVED


async def test_a_card_that_is_received_twice_at_once_is_received_once(house: House, time: Time) -> None:
    who, _, card = await with_card(house, time)
    one = await posted(house, who, await announced(house, who, card))
    now = house.clock.now()
    typed = [card.serial, one.number] * 3
    done = await asyncio.gather(*(returns.receive(house, each, now, CLERK) for each in typed))
    assert [type(each).__name__ for each in done].count("Card") == 1
    assert (await way(house, card)).count("card:received") == 1
    assert (await told(house, who.user.id)).count("return_received") == 1
    assert len(await ledger(house)) == 2


async def test_of_calling_a_return_off_and_posting_it_one_wins(house: House, time: Time) -> None:
    who, _, card = await with_card(house, time)
    for _ in range(4):
        one = await announced(house, who, await now_is(house, card.serial))
        back, sent_back = await asyncio.gather(
            returns.cancel(house, who, one.id, house.clock.now()), posted_or_not(house, who, one)
        )
        after = await now_is(house, card.serial)
        if isinstance(sent_back, Return):
            assert (back, after.state) == (Refusal(Code.RETURN_LATE), OfCard.IN_TRANSIT)
            return
        assert (back, sent_back, after.state) == (None, Refusal(Code.RETURN_LATE), OfCard.ACTIVE)


async def posted_or_not(house: House, who, one: Return):  # type: ignore[no-untyped-def]
    return await returns.post(house, fresh(house, who), one.id, "", TRACKING, house.clock.now())


async def test_two_returns_of_one_card_at_once_are_one(house: House, time: Time) -> None:
    who, _, card = await with_card(house, time)
    wishes = [
        returns.announce(house, fresh(house, who), card.id, Reason.CLOSING, europe(house), house.clock.now())
        for _ in range(5)
    ]
    done = await asyncio.gather(*wishes)
    assert [type(each).__name__ for each in done].count("Return") == 1


async def test_somebody_elses_card_and_return_read_as_missing_ones(house: House, time: Time) -> None:
    who, _, card = await with_card(house, time)
    one = await announced(house, who, card)
    await add_user(house, "bram")
    bram = await Seat(house).log_in("bram")
    now, strange = house.clock.now(), fresh(house, bram)
    missing = Refusal(Code.NOT_FOUND)
    assert await returns.announce(house, strange, card.id, Reason.CLOSING, europe(house), now) == missing
    assert await returns.post(house, strange, one.id, "", TRACKING, now) == missing
    assert await returns.cancel(house, bram, one.id, now) == missing
    assert await returns.mine(house, bram, one.id) is None
    assert await way(house, card, bram.user.id) == []


async def test_a_return_for_replacement_begins_at_the_telephone(house: House, time: Time) -> None:
    """The card is marked as faulty, the client orders the new one, and sends the old one back; a defect is free."""
    who, _, card = await with_card(house, time)
    now = house.clock.now()
    wish = returns.announce(house, fresh(house, who), card.id, Reason.REPLACEMENT, europe(house), now)
    assert await wish == Refusal(Code.RETURN_PHONE_FIRST)
    assert isinstance(await flows.fail(house, card.serial, now, CLERK), Card)
    assert await authenticator(house, card) is OfAuthenticator.SUSPENDED
    new, _ = await sent(house, who)
    one = await announced(house, who, await now_is(house, card.serial), Reason.REPLACEMENT)
    await posted(house, who, one)
    await set_up(house, who, new)
    assert isinstance(await returns.receive(house, one.number, house.clock.now(), CLERK), Card)
    held = await ledger(house)
    time.pass_(DAY)
    assert [what for what, _, _ in held] == [What.HELD, What.HELD], "what it costs, an inspection says"
    await returns.inspect(house, card.serial, Cause.BATTERY, house.clock.now(), CLERK)
    assert (await ledger(house))[-1] == (What.RELEASED, "battery", 2000)
    assert (await now_is(house, new.serial)).state is OfCard.ACTIVE


@pytest.mark.parametrize(
    ("found", "fees", "last"),
    [
        (Cause.DAMAGED, {}, (What.CHARGED, "damaged", 2000)),
        (Cause.DAMAGED, {"card.damaged": "7.50"}, (What.CHARGED, "damaged", 750)),
        (Cause.DEFECT, {}, (What.RELEASED, "defect", 2000)),
        (Cause.DAMAGED, {"card.damaged": "0"}, (What.RELEASED, "damaged", 2000)),
    ],
)
async def test_what_a_broken_card_costs_an_inspection_and_the_fee_table_say(
    house: House, time: Time, found: Cause, fees: dict[str, str], last: tuple[What, str, int]
) -> None:
    priced = with_settings(house, card_fees={name: Decimal(amount) for name, amount in fees.items()})
    who, _, card = await with_card(priced, time)
    one = await announced(priced, who, card, Reason.BREAKAGE)
    await posted(priced, who, one)
    await returns.receive(priced, one.number, house.clock.now(), CLERK)
    assert isinstance(await returns.inspect(priced, card.serial, found, house.clock.now(), CLERK), Card)
    assert await returns.inspect(priced, card.serial, found, house.clock.now(), CLERK) is Fault.NOT_NOW
    assert (await ledger(house))[-1] == last
    assert len(await ledger(house)) == 2
    assert ("card_fee" in await told(house, who.user.id)) is (last[0] is What.CHARGED)


async def test_what_does_not_come_is_overdue_told_once_and_charged_when_it_is_given_up(
    house: House, time: Time
) -> None:
    who, _, card = await with_card(house, time)
    one = await posted(house, who, await announced(house, who, card))
    assert await returns.overdue(house, one.due_at - 1) == []
    assert await warn(house, one.due_at - 1) == 0
    time.pass_(10 * DAY)
    now = house.clock.now()
    assert [each.number for each in await returns.overdue(house, now)] == [one.number]
    assert sum(await asyncio.gather(warn(house, now), warn(house, now))) == 1
    assert await warn(house, now) == 0
    assert (await told(house, who.user.id)).count("return_overdue") == 1
    assert isinstance(await flows.mark(house, Operator(), card.serial, OfCard.LOST, now), Card)
    assert await returns.overdue(house, now) == []
    assert (await ledger(house))[-1] == (What.CHARGED, "not_returned", 2000)
    # and if it turns up after all, it is received like any other
    assert isinstance(await returns.receive(house, card.serial, now, CLERK), Card)
    assert len(await ledger(house)) == 2


async def test_what_is_announced_and_never_posted_is_overdue_as_well(house: House, time: Time) -> None:
    who, _, card = await with_card(house, time)
    one = await announced(house, who, card)
    time.pass_(20 * DAY)
    assert [each.number for each in await returns.overdue(house, house.clock.now())] == [one.number]
    assert await warn(house, house.clock.now()) == 1
    assert "return_not_posted" in await told(house, who.user.id)
    assert await returns.cancel(house, who, one.id, house.clock.now()) is None
    assert (await now_is(house, card.serial)).state is OfCard.ACTIVE


async def test_a_card_that_is_reported_while_its_return_is_announced_comes_back_suspended(
    house: House, time: Time
) -> None:
    who, _, card = await with_card(house, time)
    one = await announced(house, who, card)
    user = who.user
    event = Event.AUTHENTICATOR_REPORTED
    await house.db.write(
        lambda tx: move(tx, house, card.authenticator, user, OfAuthenticator.REPORTED, event, house.clock.now())
    )
    assert (await now_is(house, card.serial)).state is OfCard.ANNOUNCED, "the list still says what is to come"
    assert await returns.cancel(house, who, one.id, house.clock.now()) is None
    assert (await now_is(house, card.serial)).state is OfCard.SUSPENDED


async def test_a_card_that_turns_up_unannounced_opens_nothing_and_its_client_is_told(house: House, time: Time) -> None:
    who, _, card = await with_card(house, time)
    assert isinstance(await returns.receive(house, card.serial, house.clock.now(), CLERK), Card)
    assert await authenticator(house, card) is OfAuthenticator.REMOVED
    assert {"return_received", "other_suspended"} <= set(await told(house, who.user.id))
    assert await ledger(house) == [(What.HELD, "", 2000), (What.RELEASED, "returned", 2000)]


async def test_a_card_that_is_all_a_client_has_leaves_no_password_alone(house: House, time: Time) -> None:
    """Received, destroyed, and still the password opens nothing."""
    await add_user(house, "bram")
    [card] = await box(house)
    assert isinstance(await flows.assign(house, card.serial, "bram", "", house.clock.now()), Card)
    who = await Seat(house).log_in("bram")
    active = await set_up(house, who, card)
    assert active.state is OfCard.ACTIVE
    await returns.receive(house, card.serial, house.clock.now(), CLERK)
    await returns.inspect(house, card.serial, Cause.RETURNED, house.clock.now(), CLERK)
    await returns.destroy(house, card.serial, house.clock.now(), CLERK)
    assert await authenticator(house, active) is OfAuthenticator.SUSPENDED
    assert await Seat(house).begin("bram") == Refusal(Code.LOGIN_PHONE_LOCKED)
    assert await ledger(house) == [], "no order, no reserve"


async def test_an_undelivered_card_comes_back_without_a_fee(house: House, time: Time) -> None:
    who, _, _ = await may_order(house, time)
    card, _ = await sent(house, who)
    assert isinstance(await returns.receive(house, card.serial, house.clock.now(), CLERK), Card)
    assert (await ledger(house))[-1] == (What.RELEASED, "on_the_way", 2000)
    [order] = await orders.mine(house, who.user)
    assert order.state.value == "done"


async def test_the_telephone_and_the_carrier_move_a_return_as_its_client_does(house: House, time: Time) -> None:
    _, _, card = await with_card(house, time)
    now = house.clock.now()
    one = await returns.announce_for(house, card.serial, Reason.CONSOLIDATION, "europe", now, CLERK)
    assert isinstance(one, Return)
    assert await returns.announce_for(house, card.serial, Reason.CLOSING, "europe", now, CLERK) is Fault.NOT_NOW
    assert await returns.announce_for(house, card.serial, Reason.CLOSING, "mars", now, CLERK) is Fault.NO_CARD
    assert isinstance(await returns.post_for(house, card.serial, "", TRACKING, now, CARRIER), Return)
    assert await returns.post_for(house, one.number, "", TRACKING, now, CARRIER) is Fault.NOT_NOW
    assert await returns.receive(house, "R-0000-0000", now, CLERK) is Fault.NO_RETURN
    steps = await flows.way_of(house, await now_is(house, card.serial))
    assert [(step.by.who, step.by.agent) for step in steps[-2:]] == [("desk", "clerk"), ("carrier", "")]


@pytest.mark.parametrize("tracking", ["", "x", "a b<c", "ü" * 9, "9" * 41])
async def test_what_cannot_be_a_tracking_number_posts_nothing(house: House, time: Time, tracking: str) -> None:
    who, _, card = await with_card(house, time)
    one = await announced(house, who, card)
    done = await returns.post(house, fresh(house, who), one.id, "", tracking, house.clock.now())
    assert done == Refusal(Code.RETURN_TRACKING)
    old = replace(who, fresh_until=0)
    time.pass_(HOURS)
    stale = await returns.post(house, fresh(house, old), one.id, "", TRACKING, house.clock.now() + 5_000)
    assert stale == Refusal(Code.STEP_UP), "and a proof that is old posts nothing"


async def test_a_closing_waits_for_the_card_and_ends_with_its_receipt_and_there_is_one_truth(
    house: House, time: Time
) -> None:
    who, _, card = await with_card(house, time)
    account = await closing.mine(house, who, (await accounts.mine(house, who.user))[0].id)
    assert account
    asked = await closing.ask(house, fresh(house, who), account, account.number, "", house.clock.now())
    assert not isinstance(asked, Refusal), asked
    time.pass_(DAY)
    await close_due(house, house.clock.now())
    [waits] = await accounts.mine(house, who.user)
    assert waits.state.value == "waiting"
    one = await posted(house, who, await announced(house, who, await now_is(house, card.serial)))
    [owed] = await owed_cards.of_account(house.db, house, waits)
    assert owed.settled is None, "in the post is not here"
    time.pass_(4 * DAY)
    assert isinstance(await returns.receive(house, one.number, house.clock.now(), CLERK), Card)
    [owed] = await owed_cards.of_account(house.db, house, waits)
    assert (owed.settled, owed.settled_at) == (How.RETURNED, house.clock.now())
    assert await house.db.rows("SELECT card_id FROM settled_cards") == [], "the stock knows, and nobody repeats it"
    assert await close_due(house, house.clock.now()) == 1
    [closed] = await accounts.mine(house, who.user)
    assert closed.state.value == "closed"
    assert (await ledger(house))[-1] == (What.RELEASED, "returned", 2000)


async def test_the_last_account_takes_what_was_ordered_and_set_aside_with_it(house: House, time: Time) -> None:
    who, _, _ = await may_order(house, time)
    assert isinstance(await order(house, who), Order)
    account = await closing.mine(house, who, (await accounts.mine(house, who.user))[0].id)
    assert account
    await closing.ask(house, fresh(house, who), account, account.number, "", house.clock.now())
    time.pass_(DAY)
    assert await close_due(house, house.clock.now()) == 1
    assert [one.state.value for one in await orders.mine(house, who.user)] == ["cancelled"]
    assert (await ledger(house))[-1] == (What.RELEASED, "cancelled", 2000)
