"""Who uses a card; and the operator ends its sharing: its owner keeps it."""

from twolatch.authenticators import outcome
from twolatch.authenticators import store as authenticators
from twolatch.authenticators.model import State as OfAuthenticator
from twolatch.custody import store
from twolatch.custody.model import Card, Fault
from twolatch.house import House
from twolatch.people import store as people
from twolatch.storage.db import Tx
from twolatch.words.events import Event
from twolatch.words.warrants import Lowering, Warrant, must_cover


async def end(house: House, warrant: Warrant, serial: str, now: int) -> Card | Fault:
    """The other user may be left with his password alone: it takes a warrant, as the removal of his last one does."""
    card = await store.by_serial(house.db, serial)
    one = await authenticators.find(house.db, house.keys, card.authenticator) if card and card.authenticator else None
    if card is None:
        return Fault.NO_CARD
    if one is None or not one.guest:
        return Fault.NOT_SHARED
    must_cover(warrant, Lowering.LAST_REMOVED, one.guest)

    async def work(tx: Tx) -> Card | Fault:
        turns = {user: await people.take_turn(tx, user) for user in sorted(one.holders)}
        guest, event = turns[one.guest], Event.AUTHENTICATOR_REMOVED
        latest = await authenticators.find(tx, house.keys, one.id)
        if guest is None or latest is None or latest.holders != one.holders:
            return Fault.NOT_SHARED
        is_done = await outcome.move(tx, house, one.id, guest, OfAuthenticator.REMOVED, event, now)
        return card if is_done else Fault.NOT_NOW

    return await house.db.write(work)


async def users_of(house: House, card: Card) -> list[str]:
    """The names of the users it serves, or is sent to; whose it is first."""
    try:
        one = await authenticators.find(house.db, house.keys, card.authenticator) if card.authenticator else None
    except authenticators.ForgedRow:
        one = None  # it serves nobody
    ids = [card.user, one.guest if one else ""]
    found = [await people.by_id(house.db, each) for each in ids if each]
    return [user.name for user in found if user]
