"""Ordering a card: who may, once at a time, taken back or shipped and never both, and what the way of a card tells."""

import asyncio
from dataclasses import replace

import pytest

from tests.flows.houses import Seat, Time, activated, add_user
from tests.flows.test_accounts import opened
from tests.flows.test_closing import come_back
from tests.flows.travels import (
    CLERK,
    DAY,
    HOME,
    HOURS,
    TRACKING,
    box,
    fresh,
    may_order,
    now_is,
    order,
    sent,
    set_up,
    told,
    way,
    with_card,
    with_settings,
)
from twolatch.accounts import flows as accounts
from twolatch.custody import flows
from twolatch.custody.dues import flows as dues
from twolatch.custody.dues.model import What
from twolatch.custody.handing import Parcel
from twolatch.custody.model import CARRIER, Card, Fault
from twolatch.custody.model import State as OfCard
from twolatch.custody.orders import flows as orders
from twolatch.custody.orders.flows import Offer
from twolatch.custody.orders.model import Order, State, Wish, read_number, shown_number
from twolatch.house import House
from twolatch.people import store as people
from twolatch.regions import Address
from twolatch.words.refusals import Code, Refusal
from twolatch.words.warrants import Lowering, Operator, TwoPersons, WrongWarrant


async def test_anna_orders_a_card_it_is_sent_she_activates_it_and_one_list_tells_all_of_it(
    house: House, time: Time
) -> None:
    who, _, _ = await may_order(house, time)
    ordered = await order(house, who)
    assert isinstance(ordered, Order)
    assert ordered.expected_at > house.clock.now() + 5 * DAY * 1000 - 12 * HOURS * 1000, "business days"
    assert [one.number for one in await orders.waiting(house)] == [ordered.number]
    [card] = await box(house)
    time.pass_(DAY)
    parcel = Parcel(card.serial, "", TRACKING)
    shipped = await orders.ship(house, shown_number(ordered.number).lower(), parcel, house.clock.now(), CLERK)
    assert isinstance(shipped, Card)
    assert (shipped.state, shipped.tracking) == (OfCard.SHIPPED, TRACKING)
    time.pass_(2 * DAY)
    assert isinstance(await flows.deliver(house, card.serial, house.clock.now(), CARRIER), Card)
    active = await set_up(house, who, card)
    assert active.state is OfCard.ACTIVE
    [after] = await orders.mine(house, who.user)
    assert (after.state, after.card) == (State.DONE, active.id)
    assert await way(house, active) == [
        "order:placed", "reserve:held", "card:stocked", "card:assigned", "card:shipped", "card:delivered",
        "card:activated",
    ]  # fmt: skip
    hers = await way(house, active, who.user.id)
    assert hers == [step for step in await way(house, active) if step != "card:stocked"], "but what was before her"
    steps = await flows.way_of(house, active)
    assert [(step.by.who, step.by.agent) for step in steps[:6]] == [
        ("client", ""), ("client", ""), ("operator", ""), ("desk", "clerk"), ("desk", "clerk"), ("carrier", ""),
    ]  # fmt: skip
    assert steps[4].facts["tracking"] == TRACKING
    letters = await told(house, who.user.id)
    assert {"card_ordered", "card_shipped_tracked"} <= set(letters)
    assert "card_reminder" not in letters, "nobody is reminded of what is done"
    user = await people.by_id(house.db, who.user.id)
    assert user
    assert user.set_up_by == 0


async def test_who_does_not_activate_it_is_reminded_twice_and_then_meets_it_at_the_login(
    house: House, time: Time
) -> None:
    who, _, _ = await may_order(house, time)
    now = house.clock.now()
    await sent(house, who)
    rows = await house.db.rows("SELECT due_at FROM notices WHERE kind = 'card_reminder' ORDER BY due_at")
    assert [(row["due_at"] - now) // (DAY * 1000) for row in rows] == [7, 12]
    user = await people.by_id(house.db, who.user.id)
    assert user
    assert not user.must_set_up(now + 14 * DAY * 1000 - 1)
    assert user.must_set_up(now + 14 * DAY * 1000)


async def test_a_card_whose_accounts_are_worth_too_little_is_not_ordered(house: House, time: Time) -> None:
    who, _, _ = await may_order(house, time, equity=999_999)
    assert await order(house, who) == Refusal(Code.ORDER_NOT_ELIGIBLE)
    assert isinstance(await order(with_settings(house, card_orders="everybody"), who), Order)
    assert await order(with_settings(house, card_orders="off"), who) == Refusal(Code.ORDER_OFF)


async def test_two_accounts_count_together_and_one_that_closes_does_not(house: House, time: Time) -> None:
    who, _, _ = await may_order(house, time, equity=600_000)
    await opened(house, "A1002")
    await accounts.value(house, "A1002", 400_000, house.clock.now())
    await house.db.write(lambda tx: tx.run("UPDATE accounts SET state = 'asked' WHERE number = 'A1002'"))
    assert await order(house, who) == Refusal(Code.ORDER_NOT_ELIGIBLE)
    await house.db.write(lambda tx: tx.run("UPDATE accounts SET state = 'open' WHERE number = 'A1002'"))
    assert isinstance(await order(house, who), Order)
    assert await accounts.value(house, "NONE", 1, house.clock.now()) is None


async def test_a_password_or_a_new_phone_orders_nothing(house: House, time: Time) -> None:
    free = with_settings(house, card_orders="everybody")
    await add_user(house, "bram")
    await opened(house, "B2001", ("bram",))
    assert await order(free, await Seat(house).log_in("bram")) == Refusal(Code.ORDER_NEEDS_SECOND)
    _, seat, phone = await activated(house, "anna")
    await opened(house)
    time.pass_(HOURS)
    assert await order(free, await come_back(house, seat, phone, "anna")) == Refusal(Code.ORDER_TOO_NEW)
    time.pass_(DAY)
    who = await come_back(house, seat, phone, "anna")
    time.pass_(HOURS)
    assert await orders.may_order(free, who, house.clock.now()) == Refusal(Code.STEP_UP), "an old proof neither"


async def test_an_account_of_somebody_else_carries_no_reserve_and_half_an_address_takes_no_card(
    house: House, time: Time
) -> None:
    who, _, _ = await may_order(house, time)
    await add_user(house, "bram")
    foreign = await opened(house, "B2001", ("bram",))
    now = house.clock.now()
    done = await orders.order(house, fresh(house, who), Wish(foreign.id, HOME), now)
    assert done == Refusal(Code.ORDER_ACCOUNT)
    for bad in (replace(HOME, street=""), replace(HOME, postcode="1"), Address("ZZ", "Anna"), Address("")):
        assert await order(house, who, bad) == Refusal(Code.ORDER_ADDRESS)
    assert await orders.mine(house, who.user) == []


async def test_two_wishes_at_the_same_moment_are_one_order(house: House, time: Time) -> None:
    who, _, _ = await may_order(house, time)
    done = await asyncio.gather(*(order(house, who) for _ in range(6)))
    assert [type(one).__name__ for one in done].count("Order") == 1
    assert {one.code for one in done if isinstance(one, Refusal)} == {Code.ORDER_OPEN}
    assert len(await dues.export(house, 0)) == 1, "and one reserve"


async def test_of_taking_an_order_back_and_shipping_it_one_wins(house: House, time: Time) -> None:
    who, _, _ = await may_order(house, time)
    for _ in range(5):
        time.pass_(1)  # so that the newest is the first of her orders
        ordered = await order(house, who)
        assert isinstance(ordered, Order)
        [card] = await box(house)
        now = house.clock.now()
        back, shipped = await asyncio.gather(
            orders.cancel(house, who, now), orders.ship(house, ordered.number, Parcel(card.serial), now, CLERK)
        )
        state = (await orders.mine(house, who.user))[0].state
        after = await now_is(house, card.serial)
        if isinstance(shipped, Card):
            assert (back, state, after.state) == (Refusal(Code.ORDER_LATE), State.SHIPPED, OfCard.SHIPPED)
            return
        assert (back, shipped, state, after.state) == (None, Fault.ORDER_OVER, State.CANCELLED, OfCard.STOCKED)


async def test_two_clerks_ship_one_order_once_and_one_card_once(house: House, time: Time) -> None:
    who, _, _ = await may_order(house, time)
    ordered = await order(house, who)
    assert isinstance(ordered, Order)
    cards, now = await box(house, 3), house.clock.now()
    done = await asyncio.gather(
        *(orders.ship(house, ordered.number, Parcel(card.serial), now, CLERK) for card in cards for _ in range(2))
    )
    assert [type(one).__name__ for one in done].count("Card") == 1
    assert sorted([(await now_is(house, card.serial)).state for card in cards]) == ["shipped", "stocked", "stocked"]
    await add_user(house, "bram")
    left = [card for card in cards if (await now_is(house, card.serial)).state is OfCard.STOCKED]
    other = await orders.order_for(house, Operator(), "bram", "B1", Wish("", HOME), now)
    assert other is Fault.NO_ACCOUNT
    await opened(house, "B2001", ("bram",))
    for_bram = await orders.order_for(house, Operator(), "bram", "B2001", Wish("", HOME), now)
    assert isinstance(for_bram, Order)
    parcel = Parcel(left[0].serial)
    done = await asyncio.gather(
        orders.ship(house, for_bram.number, parcel, now, CLERK), flows.assign(house, parcel.serial, "anna", "", now)
    )
    assert [type(one).__name__ for one in done].count("Card") == 1


async def test_an_order_that_is_taken_back_gives_the_reserve_back_once(house: House, time: Time) -> None:
    who, _, _ = await may_order(house, time)
    assert isinstance(await order(house, who), Order)
    assert await orders.cancel(house, who, house.clock.now()) is None
    assert await orders.cancel(house, who, house.clock.now()) == Refusal(Code.ORDER_LATE)
    lines = await dues.export(house, 0)
    assert [(line.what, line.amount, line.currency) for line in lines] == [
        (What.HELD, 2000, "USD"), (What.RELEASED, 2000, "USD"),
    ]  # fmt: skip
    assert "card_order_cancelled" in await told(house, who.user.id)
    assert isinstance(await order(house, who), Order), "and another one may follow"


async def test_who_holds_a_card_orders_no_second_one_until_his_own_is_broken(house: House, time: Time) -> None:
    who, card, _ = await with_card(house, time)
    assert await order(house, who) == Refusal(Code.ORDER_HAS_CARD)
    assert isinstance(await flows.fail(house, card.serial, house.clock.now(), CLERK), Card)
    poor = with_settings(house, card_equity=10**12)
    offer = await orders.may_order(poor, fresh(house, who).signed_in, house.clock.now())
    assert isinstance(offer, Offer)
    assert offer.replaces
    assert offer.replaces.serial == card.serial
    assert isinstance(await order(poor, who), Order), "who needs a successor need not be rich"


async def test_another_address_takes_two_persons_and_ends_with_the_shipping(house: House, time: Time) -> None:
    who, _, _ = await may_order(house, time)
    ordered = await order(house, who)
    assert isinstance(ordered, Order)
    elsewhere, now = replace(HOME, street="Prinsengracht 2"), house.clock.now()
    two = TwoPersons("p1", Lowering.ORDER_ADDRESS, ordered.number, "clerk", "officer")
    other = replace(two, about="P00000000")
    with pytest.raises(WrongWarrant):
        await orders.readdress(house, other, ordered.number, elsewhere, now)
    done = await orders.readdress(house, two, ordered.number, elsewhere, now)
    assert isinstance(done, Order)
    assert (await orders.mine(house, who.user))[0].address.street == "Prinsengracht 2"
    assert "card_readdressed" in await told(house, who.user.id)
    assert await orders.readdress(house, two, ordered.number, Address("NL"), now) is Fault.ADDRESS
    [card] = await box(house)
    await orders.ship(house, ordered.number, Parcel(card.serial), now, CLERK)
    assert await orders.readdress(house, two, ordered.number, HOME, now) is Fault.ORDER_OVER
    rows = await house.db.rows("SELECT facts FROM audit WHERE event = 'custody:order:readdressed'")
    assert '"approver":"officer"' in rows[0]["facts"]


async def test_the_address_lies_sealed_in_the_database(house: House, time: Time) -> None:
    who, _, _ = await may_order(house, time)
    await order(house, who)
    [row] = await house.db.rows("SELECT sealed FROM orders")
    assert b"Keizersgracht" not in bytes(row["sealed"])


@pytest.mark.parametrize(
    ("carrier", "tracking", "fault"),
    [("Slow Post", "X1234", Fault.CARRIER), ("Fast Post", "<b>", Fault.TRACKING), ("Fast Post", "x", Fault.TRACKING)],
)
async def test_a_parcel_goes_with_a_carrier_of_the_site_and_a_number_that_can_be_one(
    house: House, time: Time, carrier: str, tracking: str, fault: Fault
) -> None:
    named = with_settings(house, carriers={"Fast Post": "https://post.example/{number}"})
    who, _, _ = await may_order(house, time)
    ordered = await order(house, who)
    assert isinstance(ordered, Order)
    [card] = await box(house)
    parcel, now = Parcel(card.serial, carrier, tracking), house.clock.now()
    assert await orders.ship(named, ordered.number, parcel, now, CLERK) is fault
    good = replace(parcel, carrier="Fast Post", tracking="3s abc-99")
    done = await orders.ship(named, ordered.number, good, now, CLERK)
    assert isinstance(done, Card)
    assert (done.carrier, done.tracking) == ("Fast Post", "3SABC-99")


async def test_a_parcel_that_never_came_costs_the_client_nothing(house: House, time: Time) -> None:
    who, _, _ = await may_order(house, time)
    card, _ = await sent(house, who)
    done = await flows.mark(house, Operator(), card.serial, OfCard.LOST, house.clock.now())
    assert isinstance(done, Card)
    assert [line.what for line in await dues.export(house, 0)] == [What.HELD, What.RELEASED]
    assert (await orders.mine(house, who.user))[0].state is State.FAILED
    assert isinstance(await order(house, who), Order), "and he orders again"


def test_a_number_is_read_as_people_type_it() -> None:
    assert shown_number("R4K7M2Q9T") == "R-4K7M-2Q9T"
    assert {read_number(text) for text in ("R-4K7M-2Q9T", " r4k7m2q9t ", "r 4k7m 2q9t")} == {"R4K7M2Q9T"}
    assert {read_number(text) for text in ("", "R-4K7M", "X-4K7M-2Q9T", "R-4K7M-2Q9U", "Ⅻ", "730017742")} == {""}
