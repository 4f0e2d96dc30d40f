"""Sending a card back: announced and posted by its client, received, looked at and destroyed by the house.

The law of a return: a card that is in the post opens nothing, and a card that came back goes to nobody. What it costs
is settled once, by whoever holds it then: at the receipt, or where it is broken when somebody has looked at it.
"""

from dataclasses import dataclass

from twolatch import audit, notices
from twolatch.authenticators import policy
from twolatch.authenticators import store as authenticators
from twolatch.authenticators.model import State as OfAuthenticator
from twolatch.authenticators.outcome import move
from twolatch.custody import handing, where
from twolatch.custody import store as cards
from twolatch.custody.dues import flows as dues
from twolatch.custody.dues.model import SEEN, Cause
from twolatch.custody.flows import by_serial, out_of_use, step
from twolatch.custody.model import CLIENT, By, Card, Fault
from twolatch.custody.model import State as OfCard
from twolatch.custody.orders.model import made_number, read_number, shown_number
from twolatch.custody.returns import store
from twolatch.custody.returns.model import PHONE_FIRST, SEEN_FIRST, Reason, Return, State, home
from twolatch.house import House
from twolatch.people import store as people
from twolatch.people.model import User
from twolatch.regions import Region
from twolatch.sessions.model import FreshlySignedIn, SignedIn
from twolatch.storage.db import Tx
from twolatch.words.events import Event
from twolatch.words.refusals import Code, Refusal

PAGE = 500


@dataclass(frozen=True, slots=True)
class Shown:
    """A return and its card."""

    one: Return
    card: Card


async def may_announce(house: House, who: SignedIn, card: str, reason: Reason | None) -> Card | Refusal:
    """The client's own card that can come back, for this reason; somebody else's reads as a missing one."""
    found = await cards.by_id(house.db, card)
    if found is None or found.user != who.user.id:
        return Refusal(Code.NOT_FOUND)
    if not found.may_come_back:
        return Refusal(Code.RETURN_NOT_NOW)
    if reason in PHONE_FIRST and found.state is not OfCard.FAULTY:
        return Refusal(Code.RETURN_PHONE_FIRST)
    return found


async def announce(
    house: House, fresh: FreshlySignedIn, card: str, reason: Reason, region: Region, now: int
) -> Return | Refusal:
    """Nothing stops yet: the card opens what it opened until it is in the post."""
    who = fresh.signed_in
    found = await may_announce(house, who, card, reason)
    if isinstance(found, Refusal):
        return found

    async def work(tx: Tx) -> Return | Refusal:
        await people.take_turn(tx, who.user.id)
        done = await _announce(tx, house, who.user, found, reason, region, now, CLIENT)
        return done or Refusal(Code.RETURN_NOT_NOW)

    return await house.db.write(work)


async def announce_for(house: House, serial: str, reason: Reason, region: str, now: int, by: By) -> Return | Fault:
    """For a client at the telephone."""
    card, where_to = await by_serial(house, serial), house.regions.by_id(region)
    user = await people.by_id(house.db, card.user) if card and card.user else None
    if card is None or user is None or where_to is None:
        return Fault.NO_CARD

    async def work(tx: Tx) -> Return | Fault:
        await people.take_turn(tx, user.id)
        if not card.may_come_back:
            return Fault.NOT_NOW
        return await _announce(tx, house, user, card, reason, where_to, now, by) or Fault.NOT_NOW

    return await house.db.write(work)


async def _announce(
    tx: Tx, house: House, user: User, card: Card, reason: Reason, region: Region, now: int, by: By
) -> Return | None:
    if card.state is OfCard.SHIPPED and not await step(tx, card, OfCard.DELIVERED, now, by):
        return None  # he has it in hand, whatever the carrier said
    before = await cards.by_id(tx, card.id)
    assert before
    due = where.by_then(region, now, house.settings.card_post_days)
    number = made_number("R", house.chance.bytes(5))
    new = Return(
        house.chance.id(), number, user.id, card.id, reason, region.id, State.ANNOUNCED, before.state, "", "", now, 0,
        0, due, 0, 0,
    )  # fmt: skip
    facts = {"number": number, "reason": reason.value, "region": region.id}
    if not await store.insert(tx, new) or not await step(tx, before, OfCard.ANNOUNCED, now, by, **facts):
        return None
    if before.state is OfCard.DELIVERED:
        await handing.arrived(tx, user.id)  # what goes back is not set up any more
    told = {"serial": card.serial, "number": shown_number(number)}
    await notices.write(tx, house, now, user.recipient, "return_announced", **told)
    return new


async def post(
    house: House, fresh: FreshlySignedIn, one: str, carrier: str, tracking: str, now: int
) -> Return | Refusal:
    """The client has handed it to a carrier: from now on it opens nothing."""
    who = fresh.signed_in
    found = await mine(house, who, one)
    if found is None:
        return Refusal(Code.NOT_FOUND)
    way = handing.way_of(house, carrier, tracking)
    if isinstance(way, Fault) or not way[1]:
        return Refusal(Code.RETURN_TRACKING)

    async def work(tx: Tx) -> Return | Refusal:
        user = await people.take_turn(tx, who.user.id)
        held = await authenticators.held_by(tx, house.keys, who.user.id)
        if refused := policy.may_change(who, held, now):
            return refused
        done = user and await _post(tx, house, user, found, way, now, CLIENT)
        return done or Refusal(Code.RETURN_LATE)

    return await house.db.write(work)


async def post_for(house: House, typed: str, carrier: str, tracking: str, now: int, by: By) -> Return | Fault:
    """The carrier has it, as the client says at the telephone, or the carrier himself. `typed`: serial or number."""
    found = await find(house, typed)
    if found is None:
        return Fault.NO_RETURN
    way = handing.way_of(house, carrier, tracking)
    if isinstance(way, Fault):
        return way

    async def work(tx: Tx) -> Return | Fault:
        user = await people.take_turn(tx, found.one.user)
        assert user
        return await _post(tx, house, user, found, way, now, by) or Fault.NOT_NOW

    return await house.db.write(work)


async def _post(
    tx: Tx, house: House, user: User, shown: Shown, way: tuple[str, str], now: int, by: By
) -> Return | None:
    one, card = shown.one, await cards.by_id(tx, shown.card.id)
    region = house.regions.by_id(one.region) or house.regions.every[0]
    expected, due = where.comes_back(region, now)
    if card is None or not await store.post(tx, one.id, way, now, expected, due):
        return None
    if not await step(tx, card, OfCard.IN_TRANSIT, now, by, carrier=way[0], tracking=way[1], number=one.number):
        return None
    await out_of_use(tx, house, card, user, now)
    facts = {"serial": card.serial, "first_on": str(expected), "last_on": str(due - handing.HALF_A_DAY)}
    await notices.write(tx, house, now, user.recipient, "return_posted", **facts)
    return await store.by_id(tx, one.id)


async def cancel(house: House, who: SignedIn, one: str, now: int) -> Refusal | None:
    """Not sent after all. Of this and of the post one wins."""
    found = await mine(house, who, one)
    if found is None:
        return Refusal(Code.NOT_FOUND)

    async def work(tx: Tx) -> Refusal | None:
        await people.take_turn(tx, who.user.id)
        if not await store.cancel(tx, found.one.id, now):
            return Refusal(Code.RETURN_LATE)
        card = await cards.by_id(tx, found.card.id)
        assert card
        held = await authenticators.find(tx, house.keys, card.authenticator) if card.authenticator else None
        back = home(found.one.was, held.state if held else None)
        if card.state is OfCard.ANNOUNCED:
            await cards.move(tx, card, back, now)
        facts = {"serial": card.serial, "number": found.one.number, "back": back.value, **CLIENT.facts}
        await audit.write(tx, now, Event.RETURN_CANCELLED, who.user.id, card.id, **facts)
        return None

    return await house.db.write(work)


async def mine(house: House, who: SignedIn, one: str) -> Shown | None:
    """The client's own return; somebody else's reads as a missing one."""
    found = await store.by_id(house.db, one)
    card = await cards.by_id(house.db, found.card) if found and found.user == who.user.id else None
    return Shown(found, card) if found and card else None


async def of_client(house: House, user: User) -> list[Return]:
    """The newest first."""
    return await store.of_user(house.db, user.id)


async def find(house: House, typed: str) -> Shown | None:
    """What a clerk scanned: the number of the form, or the serial of a card whose return is under way."""
    number = read_number(typed)
    found = await store.by_number(house.db, number) if number else None
    card = await cards.by_id(house.db, found.card) if found else await by_serial(house, typed)
    found = found or (await store.open_of(house.db, card.id) if card else None)
    return Shown(found, card) if found and card else None


async def card_of(house: House, typed: str) -> Card | None:
    """The card of a return's number, also when the return is over."""
    number = read_number(typed)
    found = await store.by_number(house.db, number) if number else None
    return await cards.by_id(house.db, found.card) if found else None


async def under_way(house: House, most: int = PAGE) -> list[Return]:
    return await store.under_way(house.db, most)


async def overdue(house: House, now: int, most: int = PAGE) -> list[Return]:
    """What should be here by now; the oldest first."""
    return await store.overdue(house.db, now, most)


async def receive(house: House, typed: str, now: int, by: By) -> Card | Fault:
    """It lies on the table: by the barcode of the form, or the serial. Whatever its client said before, it opens
    nothing more, and it goes to nobody else."""
    found = await find(house, typed)
    card = found.card if found else await by_serial(house, typed)
    if card is None or not card.user:
        return Fault.NO_RETURN

    async def work(tx: Tx) -> Card | Fault:
        user = await people.take_turn(tx, card.user)
        assert user
        return await take_in(tx, house, user, card.id, now, by)

    return await house.db.write(work)


async def take_in(tx: Tx, house: House, user: User, card: str, now: int, by: By) -> Card | Fault:
    """Inside its client's turn, beside what else the receipt settles."""
    one, card_is = await store.open_of(tx, card), await cards.by_id(tx, card)
    assert card_is
    if not await step(tx, card_is, OfCard.RECEIVED, now, by, number=one.number if one else ""):
        return Fault.NOT_NOW
    await store.end(tx, card, "received", now)
    await out_of_use(tx, house, card_is, user, now)
    await _take_off(tx, house, card_is, user, now)
    await notices.write(tx, house, now, user.recipient, "return_received", serial=card_is.serial)
    was = one.was if one else card_is.state
    if not (was is OfCard.FAULTY or (one and one.reason in SEEN_FIRST)):
        cause = Cause.ON_THE_WAY if was is OfCard.SHIPPED else Cause.RETURNED
        await dues.settle(tx, house, user, card_is, cause, now, by)
    tx.after(lambda: house.signals.tell(f"user:{user.id}"))
    return await cards.by_id(tx, card) or card_is


async def _take_off(tx: Tx, house: House, card: Card, user: User, now: int) -> None:
    """Its authenticator goes for good where something else that lasts protects the client. Else it stays, stopped: a
    card that came back must not leave the password alone."""
    held = await authenticators.held_by(tx, house.keys, user.id)
    others = [one for one in held if one.id != card.authenticator and one.state is OfAuthenticator.ACTIVE]
    if any(not policy.is_spare(house, one) and not policy.is_stand_in(house, one) for one in others):
        event = Event.AUTHENTICATOR_REMOVED
        await move(tx, house, card.authenticator, user, OfAuthenticator.REMOVED, event, now)


async def inspect(house: House, serial: str, found: Cause, now: int, by: By) -> Card | Fault:
    """What somebody saw who looked at it: in order, its battery empty, a defect of its own, damaged."""
    card = await by_serial(house, serial)
    if card is None:
        return Fault.NO_CARD
    if found not in SEEN:
        return Fault.NOT_NOW

    async def work(tx: Tx) -> Card | Fault:
        user = await people.take_turn(tx, card.user)
        if user is None or not await step(tx, card, OfCard.INSPECTED, now, by, found=found.value):
            return Fault.NOT_NOW
        await dues.settle(tx, house, user, card, found, now, by)
        return await cards.by_id(tx, card.id) or card

    return await house.db.write(work)


async def destroy(house: House, serial: str, now: int, by: By) -> Card | Fault:
    """Its end. What was never out is written off instead (`flows.mark`)."""
    card = await by_serial(house, serial)
    if card is None:
        return Fault.NO_CARD

    async def work(tx: Tx) -> Card | Fault:
        if card.state is not OfCard.INSPECTED or not await step(tx, card, OfCard.DESTROYED, now, by):
            return Fault.NOT_NOW
        return await cards.by_id(tx, card.id) or card

    return await house.db.write(work)
