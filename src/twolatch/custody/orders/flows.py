"""Ordering a card: who may, the order itself, taking it back, another address; and the clerk who ships it.

A card leads into an account, so it is ordered by who proved himself a moment ago with something that lasts, and is sent
to an address that nobody at the desk changes alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from twolatch import audit, notices
from twolatch.accounts import store as accounts
from twolatch.accounts.model import Account
from twolatch.accounts.model import State as AccountState
from twolatch.authenticators import policy
from twolatch.authenticators import store as authenticators
from twolatch.authenticators.model import Authenticator
from twolatch.custody import handing, where
from twolatch.custody import store as cards
from twolatch.custody.dues import flows as dues
from twolatch.custody.dues.model import Cause, in_hundredths
from twolatch.custody.model import CLIENT, By, Card, Fault, warranted
from twolatch.custody.model import State as OfCard
from twolatch.custody.orders import store
from twolatch.custody.orders.model import Order, State, Wish, is_worth, made_number, read_number, replaced, shown_number
from twolatch.house import House
from twolatch.kinds.kind import Issued
from twolatch.people import store as people
from twolatch.people.model import User, canonical_name
from twolatch.regions import Address
from twolatch.regions.addresses import problems, tidy
from twolatch.sessions.model import FreshlySignedIn, SignedIn
from twolatch.storage.db import Database, Tx
from twolatch.words.events import Event
from twolatch.words.limits import DAY
from twolatch.words.refusals import Code, Refusal
from twolatch.words.warrants import Lowering, Warrant, must_cover

SETTLED_IN = DAY  # so long the authenticator that proves the wish must have been there
PAGE = 200


@dataclass(frozen=True, slots=True)
class Offer:
    """What a client can choose from. `replaces`: the card a new one stands in for; `reserve` in hundredths."""

    accounts: list[Account]
    reserve: int
    currency: str
    replaces: Card | None


async def may_order(house: House, who: SignedIn, now: int) -> Offer | Refusal:
    """What stands in the way before anything is typed, or what can be chosen."""
    held = await authenticators.held_by(house.db, house.keys, who.user.id)
    mine = await cards.of_client(house.db, who.user.id)
    account = await accounts.of_user(house.db, who.user.id)
    if refused := await _refused(house.db, house, who, mine, account):
        return refused
    if refused := _unproved(house, who, held, now):
        return refused
    carries = [one for one in account if one.state is AccountState.OPEN and one.is_holder]
    settings = house.settings
    return Offer(carries, in_hundredths(settings.card_reserve), settings.card_currency, replaced(mine))


async def _refused(
    db: Database | Tx, house: House, who: SignedIn, mine: Sequence[Card], account: Sequence[Account]
) -> Refusal | None:
    if house.settings.card_orders == "off":
        return Refusal(Code.ORDER_OFF)
    if await store.open_of(db, house.keys, who.user.id) or await cards.coming_to(db, who.user.id):
        return Refusal(Code.ORDER_OPEN)
    if any(card.state is OfCard.ACTIVE for card in mine):
        return Refusal(Code.ORDER_HAS_CARD)
    if not any(one.state is AccountState.OPEN and one.is_holder for one in account):
        return Refusal(Code.ORDER_ACCOUNT)
    is_free = house.settings.card_orders == "everybody" or replaced(mine) is not None
    return None if is_free or is_worth(account, house.settings.card_equity) else Refusal(Code.ORDER_NOT_ELIGIBLE)


def _unproved(house: House, who: SignedIn, held: Sequence[Authenticator], now: int) -> Refusal | None:
    """By what lasts and is a day old, or by a temporary code: then the desk has just looked at this client."""
    if not held or all(policy.is_spare(house, one) and not policy.is_stand_in(house, one) for one in held):
        return Refusal(Code.ORDER_NEEDS_SECOND)
    if refused := policy.may_change(who, held, now):
        return refused
    prover = next(one for one in held if one.id == who.authenticator)
    if policy.is_stand_in(house, prover):
        return None
    if policy.is_spare(house, prover):
        return Refusal(Code.ORDER_NEEDS_SECOND)
    return Refusal(Code.ORDER_TOO_NEW) if prover.created_at > now - SETTLED_IN else None


async def order(house: House, fresh: FreshlySignedIn, wish: Wish, now: int) -> Order | Refusal:
    """One at a time: two wishes at the same moment are one order."""
    who = fresh.signed_in
    offer = await may_order(house, who, now)
    if isinstance(offer, Refusal):
        return offer
    if wish.account not in {one.id for one in offer.accounts}:
        return Refusal(Code.ORDER_ACCOUNT)
    new = _made(house, who.user, wish, now)
    if problems(new.address):
        return Refusal(Code.ORDER_ADDRESS)

    async def work(tx: Tx) -> Order | Refusal:
        await people.take_turn(tx, who.user.id)
        mine = await cards.of_client(tx, who.user.id)
        account = await accounts.of_user(tx, who.user.id)
        if refused := await _refused(tx, house, who, mine, account):
            return refused
        return new if await _place(tx, house, who.user, new, now, CLIENT) else Refusal(Code.ORDER_OPEN)

    return await house.db.write(work)


def _made(house: House, user: User, wish: Wish, now: int) -> Order:
    kind = next(kind for kind in house.kinds if isinstance(kind, Issued))
    address, settings = tidy(wish.address), house.settings
    number = made_number("P", house.chance.bytes(5))
    reserve = in_hundredths(settings.card_reserve)
    return Order(
        house.chance.id(), number, user.id, wish.account, kind.name, State.ORDERED, address, reserve,
        settings.card_currency, "", now, where.arrives(house, address.country, now), 0, 0,
    )  # fmt: skip


async def _place(tx: Tx, house: House, user: User, new: Order, now: int, by: By) -> bool:
    if not await store.insert(tx, house.keys, new):
        return False
    await audit.write(tx, now, Event.ORDER_PLACED, user.id, new.id, number=new.number, kind=new.kind, **by.facts)
    await dues.hold(tx, house, new, now, by)
    facts = {"number": shown_number(new.number), "expected_on": str(new.expected_at)}
    await notices.write(tx, house, now, user.recipient, "card_ordered", **facts)
    return True


async def order_for(
    house: House, warrant: Warrant, name: str, account: str, wish: Wish, now: int
) -> Order | Fault:
    """For a client whose wish was told to the operator. `account` is its number. The address is as good as the word of
    whoever told it, so this is nothing that one person at the desk does."""
    user = await people.by_name(house.db, canonical_name(name))
    if user is None:
        return Fault.NO_CLIENT
    by = warranted(must_cover(warrant, Lowering.ORDER_ADDRESS, user.id))
    held = await accounts.of_user(house.db, user.id)
    carries = next((one for one in held if one.number == account and one.state is AccountState.OPEN), None)
    if carries is None or not carries.is_holder:
        return Fault.NO_ACCOUNT
    new = _made(house, user, replace(wish, account=carries.id), now)
    if problems(new.address):
        return Fault.ADDRESS

    async def work(tx: Tx) -> Order | Fault:
        await people.take_turn(tx, user.id)
        if await cards.coming_to(tx, user.id):
            return Fault.COMING
        return new if await _place(tx, house, user, new, now, by) else Fault.COMING

    return await house.db.write(work)


async def mine(house: House, user: User) -> list[Order]:
    """The newest first."""
    return await store.of_user(house.db, house.keys, user.id)


async def waiting(house: House, most: int = PAGE) -> list[Order]:
    """To ship, the oldest first."""
    return await store.waiting(house.db, house.keys, most)


async def by_number(house: House, typed: str) -> Order | None:
    number = read_number(typed)
    return await store.by_number(house.db, house.keys, number) if number else None


async def cancel(house: House, who: SignedIn, now: int) -> Refusal | None:
    """The client takes his order back. Of this and of shipping one wins."""
    found = await store.open_of(house.db, house.keys, who.user.id)
    if found is None:
        return Refusal(Code.ORDER_LATE)

    async def work(tx: Tx) -> Refusal | None:
        await people.take_turn(tx, who.user.id)
        return None if await take_back(tx, house, who.user, found, now, CLIENT) else Refusal(Code.ORDER_LATE)

    return await house.db.write(work)


async def take_back(tx: Tx, house: House, user: User, one: Order, now: int, by: By) -> bool:
    """Inside a client's turn. False when it was shipped, or ended before."""
    if not await store.cancel(tx, one.id, now):
        return False
    await audit.write(tx, now, Event.ORDER_CANCELLED, user.id, one.id, number=one.number, **by.facts)
    await dues.give_up(tx, house, one, Cause.CANCELLED, now, by)
    await notices.write(tx, house, now, user.recipient, "card_order_cancelled", number=shown_number(one.number))
    return True


async def cancel_for(house: House, typed: str, now: int, by: By) -> Fault | None:
    one = await by_number(house, typed)
    user = await people.by_id(house.db, one.user) if one else None
    if one is None or user is None:
        return Fault.NO_ORDER

    async def work(tx: Tx) -> Fault | None:
        await people.take_turn(tx, user.id)
        return None if await take_back(tx, house, user, one, now, by) else Fault.ORDER_OVER

    return await house.db.write(work)


async def readdress(house: House, warrant: Warrant, typed: str, address: Address, now: int) -> Order | Fault:
    """Another address, before the card is in the post."""
    one = await by_number(house, typed)
    if one is None:
        return Fault.NO_ORDER
    return await house.db.write(lambda tx: send_elsewhere(tx, house, warrant, one, address, now))


async def send_elsewhere(
    tx: Tx, house: House, warrant: Warrant, one: Order, address: Address, now: int
) -> Order | Fault:
    """In a transaction that may hold more, such as the approval by a second person: whoever talked one of them into it
    would be sent the card. The warrant is about the order's number."""
    by = warranted(must_cover(warrant, Lowering.ORDER_ADDRESS, one.number))
    clean = tidy(address)
    if problems(clean):
        return Fault.ADDRESS
    user = await people.take_turn(tx, one.user)
    expected = where.arrives(house, clean.country, now)
    if user is None or not await store.readdress(tx, house.keys, one, clean, expected):
        return Fault.ORDER_OVER
    await audit.write(tx, now, Event.ORDER_READDRESSED, user.id, one.id, number=one.number, **by.facts)
    await notices.write(tx, house, now, user.recipient, "card_readdressed", number=shown_number(one.number))
    return replace(one, address=clean, expected_at=expected)


async def ship(house: House, typed: str, parcel: handing.Parcel, now: int, by: By) -> Card | Fault:
    """A clerk packs a card of the stock for an order, and hands it to the carrier."""
    one = await by_number(house, typed)
    user = await people.by_id(house.db, one.user) if one else None
    if one is None or user is None:
        return Fault.NO_ORDER
    prepared = await handing.prepare(house, parcel)
    if isinstance(prepared, Fault):
        return prepared

    async def work(tx: Tx) -> Card | Fault:
        await people.take_turn(tx, user.id)
        if await cards.coming_to(tx, user.id):
            return Fault.COMING
        if not await store.ship(tx, one.id, prepared.card.id, now):
            return Fault.ORDER_OVER
        if (sent := await handing.send(tx, house, user, prepared, now, by)) is None:
            raise _Taken
        return sent

    try:
        return await house.db.write(work)
    except _Taken:
        return Fault.NOT_NOW


class _Taken(Exception):
    """Another clerk took the card at this very moment: the order still waits."""


async def end_all(tx: Tx, house: House, user: User, now: int, by: By) -> None:
    """The client goes: what he ordered is not sent."""
    if found := await store.open_of(tx, house.keys, user.id):
        await take_back(tx, house, user, found, now, by)
