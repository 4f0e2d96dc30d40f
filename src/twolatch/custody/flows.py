"""What the operator does with a card, and what a card does when its authenticator moves."""

from dataclasses import dataclass

from twolatch import notices
from twolatch.authenticators import outcome, telling
from twolatch.authenticators import store as authenticators
from twolatch.authenticators.model import HELD, Authenticator
from twolatch.authenticators.model import State as OfAuthenticator
from twolatch.custody import store
from twolatch.custody.chain import note
from twolatch.custody.model import ALONG, COMING, NEXT, Card, Fault, State
from twolatch.house import House
from twolatch.kinds.kind import Issued, Made
from twolatch.kinds.shelf import find
from twolatch.people import store as people
from twolatch.people.model import User, canonical_name
from twolatch.storage.db import Tx
from twolatch.words.events import Event
from twolatch.words.limits import DAY
from twolatch.words.warrants import Lowering, Warrant, must_cover

PAGE = 1_000


async def stock(house: House, after: str = "", most: int = PAGE, state: str = "") -> list[Card]:
    """Cards by serial."""
    return await store.everything(house.db, after, most, state)


async def assign(house: House, serial: str, name: str, pin: str, now: int, *, holds: bool = False) -> Card | Fault:
    """A stocked card is for this client, and goes into the post unless it is held back. One at a time."""
    user = await people.by_name(house.db, canonical_name(name))
    if user is None:
        return Fault.NO_CLIENT
    card = await store.by_serial(house.db, serial)
    if card is None:
        return Fault.NO_CARD
    if card.state is not State.STOCKED:
        return Fault.NOT_NOW
    made = store.opened(house.keys, card)
    if fault := _misfit(house, card, made, pin):
        return fault
    mine = Made(made.serial, made.suite, made.key, made.counter, 0, pin)

    async def work(tx: Tx) -> Card | Fault:
        await people.take_turn(tx, user.id)
        if await store.coming_to(tx, user.id):
            return Fault.COMING
        if not await store.give(tx, house.keys, card, user.id, mine, now):
            return Fault.NOT_NOW
        await note(tx, now, State.ASSIGNED, card.id, card.serial, user.id, by="operator")
        return await _latest(tx, card) if holds else await _ship(tx, house, user, await _latest(tx, card), now)

    return await house.db.write(work)


def _misfit(house: House, card: Card, made: Made, pin: str) -> Fault | None:
    kind = find(house.kinds, card.kind)
    if not isinstance(kind, Issued) or kind.unfit(made.suite, len(made.key)):
        return Fault.UNFIT
    is_pin = pin.isascii() and pin.isdigit() and 4 <= len(pin) <= 8
    if kind.mixes_pin(made.suite):
        return None if is_pin else Fault.NO_PIN
    return Fault.HAS_PIN if pin else None


async def ship(house: House, serial: str, now: int) -> Card | Fault:
    """A card that was held back goes into the post."""
    card = await store.by_serial(house.db, serial)
    if card is None:
        return Fault.NO_CARD
    if card.state is not State.ASSIGNED:
        return Fault.NOT_NOW
    user = await people.by_id(house.db, card.user)
    assert user is not None

    async def work(tx: Tx) -> Card | Fault:
        await people.take_turn(tx, user.id)
        return await _ship(tx, house, user, card, now)

    return await house.db.write(work)


async def _ship(tx: Tx, house: House, user: User, card: Card, now: int) -> Card | Fault:
    """From now on runs the time in which the card is optional."""
    if not await store.move(tx, card, State.SHIPPED, now):
        return Fault.NOT_NOW
    days = house.settings.card_grace_days
    await people.demand_set_up(tx, user.id, now + days * DAY)
    await note(tx, now, State.SHIPPED, card.id, card.serial, user.id, by="operator")
    await notices.write(tx, house, now, user.recipient, "card_shipped", serial=card.serial, days=str(days))
    tx.after(lambda: house.signals.tell(f"user:{user.id}"))
    return await _latest(tx, card)


async def _latest(tx: Tx, card: Card) -> Card:
    found = await store.by_serial(tx, card.serial)
    assert found is not None
    return found


async def mark(house: House, warrant: Warrant, serial: str, to: State, now: int) -> Card | Fault:
    """Faulty, lost, destroyed; or back into the stock what never left it."""
    card = await store.by_serial(house.db, serial)
    if card is None:
        return Fault.NO_CARD
    return await house.db.write(lambda tx: write_off(tx, house, warrant, card, to, now))


async def write_off(tx: Tx, house: House, warrant: Warrant, card: Card, to: State, now: int) -> Card | Fault:
    """In a transaction that may hold more, such as the approval by a second person. The login stops taking the card in
    the same transaction. A card that is out of use still counts as the client's second factor: a broken one must not
    leave the password alone."""
    by = must_cover(warrant, Lowering.STOCK_LOSS, card.serial)
    if to in {State.ASSIGNED, State.SHIPPED, State.ACTIVE} or to not in NEXT[card.state]:
        return Fault.NOT_NOW
    user = await people.take_turn(tx, card.user) if card.user else None
    if not await _put(tx, house, card, to, now):
        return Fault.NOT_NOW
    if user and card.state in COMING:
        await people.demand_set_up(tx, user.id, 0)
    if user and card.authenticator:
        await _stop(tx, house, card, user, now)
    await note(tx, now, to, card.id, card.serial, card.user, by=by["by"])
    return await _latest(tx, card)


async def _put(tx: Tx, house: House, card: Card, to: State, now: int) -> bool:
    if to is State.STOCKED:
        made = store.opened(house.keys, card)
        fresh = Made(made.serial, made.suite, made.key, made.counter)  # without the PIN of whom it was for
        return await store.take_back(tx, house.keys, card, fresh, now)
    return await store.move(tx, card, to, now)


async def _stop(tx: Tx, house: House, card: Card, user: User, now: int) -> None:
    event, one = Event.AUTHENTICATOR_SUSPENDED, await authenticators.find(tx, house.keys, card.authenticator)
    if one and await outcome.move(tx, house, one.id, user, OfAuthenticator.SUSPENDED, event, now) and one.state in HELD:
        await telling.write(tx, house, user, one, "phone_suspended", now)


@dataclass(frozen=True, slots=True)
class Custodian:
    """A card goes along with its authenticator, in the same transaction."""

    async def allows(self, tx: Tx, one: Authenticator, to: OfAuthenticator) -> bool:
        """A card that was lost on the way or destroyed opens nothing any more, whoever unlocks its authenticator."""
        card = await store.of_authenticator(tx, one.id) if to is OfAuthenticator.ACTIVE else None
        return card is None or card.state is State.ACTIVE or State.ACTIVE in NEXT[card.state]

    async def follow(self, tx: Tx, house: House, one: Authenticator, to: OfAuthenticator, now: int) -> None:
        wanted = ALONG.get(to) if to is OfAuthenticator.ACTIVE or one.state in HELD else None
        card = await store.of_authenticator(tx, one.id) if wanted else None
        if wanted is None or card is None or wanted not in NEXT[card.state]:
            return
        if not await store.move(tx, card, wanted, now):
            return
        if wanted is State.ACTIVE:
            await people.demand_set_up(tx, card.user, 0)
        await note(tx, now, wanted, card.id, card.serial, card.user)


async def coming(house: House, user: User) -> Card | None:
    """What the client can activate as soon as he has it in hand."""
    card = await store.coming_to(house.db, user.id)
    return card if card and card.state is State.SHIPPED else None
