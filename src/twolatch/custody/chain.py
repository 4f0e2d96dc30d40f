"""The chain of custody: every hand-over of a card is a dated line of the audit, in the transaction it tells of."""

from twolatch import audit
from twolatch.custody.model import State
from twolatch.storage.db import Tx
from twolatch.words.events import Event


async def note(tx: Tx, now: int, to: State, card: str, serial: str, user: str, *, by: str = "") -> None:
    """`card` went to the state `to`. `by`: who said so, where it was not the client."""
    event = {
        State.STOCKED: Event.CARD_STOCKED,
        State.ASSIGNED: Event.CARD_ASSIGNED,
        State.SHIPPED: Event.CARD_SHIPPED,
        State.ACTIVE: Event.CARD_ACTIVATED,
        State.WITHDRAWN: Event.CARD_WITHDRAWN,
        State.FAULTY: Event.CARD_FAULTY,
        State.LOST: Event.CARD_LOST,
        State.DESTROYED: Event.CARD_DESTROYED,
    }[to]
    await audit.write(tx, now, event, user or None, card, serial=serial, **({"by": by} if by else {}))
