"""The chain of custody: every hand-over of a card is a dated line of the audit, in the transaction it tells of; and the
way of one card, read back from there. One list for its client and for the desk."""

from twolatch import audit
from twolatch.custody.model import By, Card, State, Step, warranted
from twolatch.storage.db import Database, Tx
from twolatch.words.events import Event

OF_A_CARD = tuple(event for event in Event if event.value.startswith("custody:") and event is not Event.CARDS_IMPORTED)


async def note(tx: Tx, now: int, to: State, card: Card, user: str, by: By, **facts: str) -> None:
    """`card` went to the state `to`."""
    event = {
        State.STOCKED: Event.CARD_STOCKED,
        State.RESERVED: Event.CARD_ASSIGNED,
        State.SHIPPED: Event.CARD_SHIPPED,
        State.DELIVERED: Event.CARD_DELIVERED,
        State.ACTIVE: Event.CARD_ACTIVATED,
        State.SUSPENDED: Event.CARD_SUSPENDED,
        State.WITHDRAWN: Event.CARD_WITHDRAWN,
        State.FAULTY: Event.CARD_FAULTY,
        State.ANNOUNCED: Event.CARD_ANNOUNCED,
        State.IN_TRANSIT: Event.CARD_POSTED,
        State.RECEIVED: Event.CARD_RECEIVED,
        State.INSPECTED: Event.CARD_INSPECTED,
        State.LOST: Event.CARD_LOST,
        State.DESTROYED: Event.CARD_DESTROYED,
    }[to]
    told = {name: value for name, value in facts.items() if value}
    await audit.write(tx, now, event, user or None, card.id, serial=card.serial, **told, **by.facts)


async def note_stocked(tx: Tx, now: int, card: str, serial: str, by: By) -> None:
    """It came in the maker's box."""
    await audit.write(tx, now, Event.CARD_STOCKED, None, card, serial=serial, **by.facts)


async def timeline(db: Database, card: Card | None, order: str = "", *, user: str = "") -> list[Step]:
    """All that happened to a card and to the order it was sent for, the oldest first. `user`: as this client may see
    it, which is what happened while it was his; empty: as the desk sees it."""
    objects = [one for one in (card.id if card else "", order) if one]
    lines = await audit.of_objects(db, objects, OF_A_CARD)
    return [_step(line) for line in lines if not user or line.user == user]


def _step(line: audit.Line) -> Step:
    told = {name: value for name, value in line.facts.items() if isinstance(value, str)}
    facts = {name: value for name, value in told.items() if name not in {"by", "at", "approver", "proposal"}}
    return Step(line.at, line.event.value, line.user, warranted(told), facts)
