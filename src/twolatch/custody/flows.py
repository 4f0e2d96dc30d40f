"""What the operator does with a card, and what a card does when its authenticator moves."""

from dataclasses import dataclass

from twolatch import audit
from twolatch.authenticators import outcome, telling
from twolatch.authenticators import store as authenticators
from twolatch.authenticators.model import HELD, Authenticator
from twolatch.authenticators.model import State as OfAuthenticator
from twolatch.custody import handing, store
from twolatch.custody.chain import note, timeline
from twolatch.custody.dues import flows as dues
from twolatch.custody.dues.model import Cause
from twolatch.custody.handing import Parcel
from twolatch.custody.model import (
    COMING,
    FOLLOWS,
    IN_HAND,
    LOGIN,
    OPERATOR,
    By,
    Card,
    Fault,
    State,
    Step,
    may_wake,
    warranted,
)
from twolatch.custody.orders import store as orders
from twolatch.custody.orders.model import OF_CARD
from twolatch.custody.returns import store as returns
from twolatch.house import House
from twolatch.kinds.kind import Made
from twolatch.people import store as people
from twolatch.people.model import User, canonical_name
from twolatch.storage.db import Tx
from twolatch.words.events import Event
from twolatch.words.warrants import Lowering, Warrant, must_cover

PAGE = 1_000
# What `mark` is for. The rest has a flow of its own, with what belongs to it: a parcel, a return, an inspection.
MARKED = frozenset({State.STOCKED, State.FAULTY, State.LOST, State.DESTROYED})


async def stock(house: House, after: str = "", most: int = PAGE, state: str = "") -> list[Card]:
    """Cards by serial."""
    return await store.everything(house.db, after, most, state)


async def by_serial(house: House, serial: str) -> Card | None:
    return await store.by_serial(house.db, serial.strip())


async def way_of(house: House, card: Card, *, user: str = "") -> list[Step]:
    """Everything that happened to it, the oldest first; `user`: as far as this client may see it. The desk and the
    portal show this one list."""
    order = await orders.of_card(house.db, house.keys, card.id)
    return await timeline(house.db, card, order.id if order else "", user=user)


async def assign(
    house: House, serial: str, name: str, pin: str, now: int, *, holds: bool = False, by: By = OPERATOR
) -> Card | Fault:
    """A stocked card is for this client, and goes into the post unless it is held back. One at a time."""
    user = await people.by_name(house.db, canonical_name(name))
    if user is None:
        return Fault.NO_CLIENT
    ready = await handing.prepare(house, Parcel(serial, pin=pin))
    if isinstance(ready, Fault):
        return ready

    async def work(tx: Tx) -> Card | Fault:
        await people.take_turn(tx, user.id)
        if await store.coming_to(tx, user.id):
            return Fault.COMING
        sent = await (handing.set_aside if holds else handing.send)(tx, house, user, ready, now, by)
        return sent or Fault.NOT_NOW

    return await house.db.write(work)


async def ship(house: House, parcel: Parcel, now: int, by: By = OPERATOR) -> Card | Fault:
    """A card that was held back goes into the post."""
    card = await by_serial(house, parcel.serial)
    if card is None:
        return Fault.NO_CARD
    if card.state is not State.RESERVED:
        return Fault.NOT_NOW
    way = handing.way_of(house, parcel.carrier, parcel.tracking)
    if isinstance(way, Fault):
        return way
    user = await people.by_id(house.db, card.user)
    assert user is not None

    async def work(tx: Tx) -> Card | Fault:
        await people.take_turn(tx, user.id)
        return await handing.post(tx, house, user, card, way, now, by) or Fault.NOT_NOW

    return await house.db.write(work)


async def deliver(house: House, serial: str, now: int, by: By = OPERATOR) -> Card | Fault:
    """The carrier says that it has arrived at the client's."""
    card = await by_serial(house, serial)
    if card is None:
        return Fault.NO_CARD

    async def work(tx: Tx) -> Card | Fault:
        await people.take_turn(tx, card.user)
        if card.state is not State.SHIPPED or not await step(tx, card, State.DELIVERED, now, by):
            return Fault.NOT_NOW
        tx.after(lambda: house.signals.tell(f"user:{card.user}"))
        return await _latest(tx, card)

    return await house.db.write(work)


async def step(tx: Tx, card: Card, to: State, now: int, by: By, **facts: str) -> bool:
    """One step on, with its line in the chain, and with the order it was sent for. False when somebody was faster, or
    where there is no such step."""
    if not card.may_go(to) or not await store.move(tx, card, to, now):
        return False
    if to in OF_CARD:
        await orders.follow(tx, card.id, OF_CARD[to], now)
    await note(tx, now, to, card, card.user, by, **facts)
    return True


async def _latest(tx: Tx, card: Card) -> Card:
    found = await store.by_id(tx, card.id)
    assert found is not None
    return found


async def mark(house: House, warrant: Warrant, serial: str, to: State, now: int) -> Card | Fault:
    """Faulty, lost, destroyed; or back into the stock what never left it."""
    card = await by_serial(house, serial)
    if card is None:
        return Fault.NO_CARD
    return await house.db.write(lambda tx: write_off(tx, house, warrant, card, to, now))


async def write_off(tx: Tx, house: House, warrant: Warrant, card: Card, to: State, now: int) -> Card | Fault:
    """In a transaction that may hold more, such as the approval by a second person. The login stops taking the card in
    the same transaction. A card that is out of use still counts as the client's second factor: a broken one must not
    leave the password alone."""
    by = warranted(must_cover(warrant, Lowering.STOCK_LOSS, card.serial))
    if to not in MARKED or not card.may_go(to):
        return Fault.NOT_NOW
    user = await people.take_turn(tx, card.user) if card.user else None
    return await _latest(tx, card) if await _marked(tx, house, card, user, to, now, by) else Fault.NOT_NOW


async def fail(house: House, serial: str, now: int, by: By) -> Card | Fault:
    """Its client says that it does not work. One person may note that: it opens nothing from then on, and that is
    never less protection than before."""
    card = await by_serial(house, serial)
    if card is None or not card.user:
        return Fault.NO_CARD

    async def work(tx: Tx) -> Card | Fault:
        user = await people.take_turn(tx, card.user)
        if not card.may_go(State.FAULTY) or not await _marked(tx, house, card, user, State.FAULTY, now, by):
            return Fault.NOT_NOW
        return await _latest(tx, card)

    return await house.db.write(work)


async def _marked(tx: Tx, house: House, card: Card, user: User | None, to: State, now: int, by: By) -> bool:
    if to is State.LOST and user:
        return await lose(tx, house, user, card, now, by)
    if to is not State.STOCKED:
        done = await step(tx, card, to, now, by)
    elif done := await _take_back(tx, house, card, now):
        await note(tx, now, to, card, card.user, by)
    if done and user:
        await out_of_use(tx, house, card, user, now)
    return done


async def _take_back(tx: Tx, house: House, card: Card, now: int) -> bool:
    made = store.opened(house.keys, card)
    fresh = Made(made.serial, made.suite, made.key, made.counter)  # without the PIN of whom it was for
    return await store.take_back(tx, house.keys, card, fresh, now)


async def lose(tx: Tx, house: House, user: User, card: Card, now: int, by: By) -> bool:
    """Inside its client's turn: it opens nothing from that moment on, and the fee table says what it costs him. What
    never came to him costs him nothing."""
    if not await step(tx, card, State.LOST, now, by):
        return False
    never_came = {State.RESERVED, State.SHIPPED}
    sent_back = {State.ANNOUNCED, State.IN_TRANSIT}
    cause = Cause.ON_THE_WAY if card.state in never_came else Cause.LOST
    await returns.end(tx, card.id, "lost", now)
    await out_of_use(tx, house, card, user, now)
    await dues.settle(tx, house, user, card, Cause.NOT_RETURNED if card.state in sent_back else cause, now, by)
    return True


async def release(tx: Tx, house: House, user: User, now: int, by: By) -> None:
    """What was set aside for a client who goes lies in the stock again."""
    card = await store.coming_to(tx, user.id)
    if card and card.state is State.RESERVED and await _take_back(tx, house, card, now):
        await note(tx, now, State.STOCKED, card, user.id, by)


async def out_of_use(tx: Tx, house: House, card: Card, user: User, now: int) -> None:
    """Nothing is demanded for it any more, and its authenticator answers nothing."""
    if card.state in COMING:
        await handing.arrived(tx, user.id)
    if card.authenticator:
        await _stop(tx, house, card, user, now)


async def _stop(tx: Tx, house: House, card: Card, user: User, now: int) -> None:
    event, one = Event.AUTHENTICATOR_SUSPENDED, await authenticators.find(tx, house.keys, card.authenticator)
    if one and user.id not in one.holders:  # who sends it back has left it to his other user name
        user = await people.by_id(tx, one.user) or user
    if one and await outcome.move(tx, house, one.id, user, OfAuthenticator.SUSPENDED, event, now) and one.state in HELD:
        await telling.write(tx, house, user, one, "phone_suspended", now)


_IN_USE = frozenset({State.ACTIVE, State.SUSPENDED, State.WITHDRAWN, State.FAULTY})


@dataclass(frozen=True, slots=True)
class Custodian:
    """A card goes along with its authenticator, in the same transaction."""

    async def allows(self, tx: Tx, one: Authenticator, to: OfAuthenticator) -> bool:
        """A card that is on its way back, or destroyed, opens nothing any more, whoever unlocks its authenticator."""
        card = await store.of_authenticator(tx, one.id) if to is OfAuthenticator.ACTIVE else None
        return card is None or may_wake(card.state, one.state)

    async def follow(self, tx: Tx, house: House, one: Authenticator, to: OfAuthenticator, now: int) -> None:
        goes = FOLLOWS.get(to, {}) if to is OfAuthenticator.ACTIVE or one.state in HELD else {}
        card = await store.of_authenticator(tx, one.id) if goes else None
        wanted = goes.get(card.state) if card else None
        if card is None or wanted is None or not await step(tx, card, wanted, now, LOGIN):
            return
        if wanted is State.ACTIVE:
            await handing.arrived(tx, card.user)

    async def hand_over(self, tx: Tx, house: House, one: Authenticator, user: str, now: int) -> None:
        """Two users of one person had it, and one let go: it stays with the other, who sends it back one day."""
        found = await store.of_authenticator(tx, one.id)
        card = found if found and found.state in _IN_USE else None  # what is on its way back comes from who sent it
        if card and not await store.pass_on(tx, house.keys, card, user, store.opened(house.keys, card), now):
            raise LookupError(f"card {card.serial} changed hands twice at once")
        if card:
            await audit.write(tx, now, Event.CARD_HANDED_OVER, user, card.id, serial=card.serial)


async def coming(house: House, user: User) -> Card | None:
    """What the client can activate as soon as he has it in hand."""
    card = await store.coming_to(house.db, user.id)
    return card if card and card.state in IN_HAND else None


async def of_client(house: House, user: User) -> list[Card]:
    """Every card that is, or was, his."""
    return await store.of_client(house.db, user.id)
