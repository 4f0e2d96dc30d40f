"""What should have come back and did not: its client is told once, and the house keeps it on a list."""

from twolatch import audit, notices
from twolatch.custody import store as cards
from twolatch.custody.model import SITE
from twolatch.custody.orders.model import shown_number
from twolatch.custody.returns import store
from twolatch.custody.returns.model import Return, State
from twolatch.house import House
from twolatch.people import store as people
from twolatch.storage.db import Tx
from twolatch.words.events import Event

AT_ONCE = 200


async def warn(house: House, now: int) -> int:
    """Returns to how many was written."""
    return sum([await _warn(house, one, now) for one in await store.overdue(house.db, now, AT_ONCE, untold=True)])


async def _warn(house: House, one: Return, now: int) -> int:
    async def work(tx: Tx) -> int:
        user, card = await people.by_id(tx, one.user), await cards.by_id(tx, one.card)
        if user is None or card is None or not await store.tell(tx, one.id, now):
            return 0
        facts = {"serial": card.serial, "number": one.number, **SITE.facts}
        await audit.write(tx, now, Event.RETURN_OVERDUE, user.id, card.id, **facts)
        kind = "return_overdue" if one.state is State.POSTED else "return_not_posted"
        told = {"serial": card.serial, "number": shown_number(one.number)}
        await notices.write(tx, house, now, user.recipient, kind, **told)
        return 1

    return await house.db.write(work)
