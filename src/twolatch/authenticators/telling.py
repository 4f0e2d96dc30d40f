"""Letters about an authenticator: what became of it, on all channels. The words depend on its traits."""

from twolatch import notices
from twolatch.authenticators.asking import record_of
from twolatch.authenticators.model import Authenticator, ends_at
from twolatch.authenticators.policy import is_spare, is_stand_in, kind_of, linked
from twolatch.house import House
from twolatch.kinds.kind import RunsOut
from twolatch.notices import links
from twolatch.people import store as people
from twolatch.people.model import User
from twolatch.storage.db import Tx

_OF_OTHERS = {
    "new_phone": "new_other",
    "phone_removed": "other_removed",
    "phone_suspended": "other_suspended",
    "phone_locked": "other_locked",
    "phone_reported": "other_reported",
    "phone_returned": "other_returned",
}


async def write(tx: Tx, house: House, user: User, one: Authenticator, notice: str, now: int, **facts: str) -> None:
    """`notice` as of a phone; whatever is none has sentences of its own, which begin with what it is. Of what serves
    two users both are told."""
    if linked(house, [one]):
        await notices.write(tx, house, now, user.recipient, notice, phone=one.name, **facts)
        return
    facts |= {"phone": one.name, "about": one.kind}
    await notices.write(tx, house, now, user.recipient, _OF_OTHERS[notice], **facts)
    other = one.beside(user.id) if notice != "phone_removed" else ""  # who lets go of it leaves it to the other
    if other and (beside := await people.by_id(tx, other)):
        await notices.write(tx, house, now, beside.recipient, _OF_OTHERS[notice], **facts)


async def ends_soon(tx: Tx, house: House, user: User, one: Authenticator, now: int) -> None:
    facts = {"phone": one.name, "about": one.kind, "ends_at": str(ends_at(one))}
    await notices.write(tx, house, now, user.recipient, "ends_soon", **facts)


async def used(tx: Tx, house: House, user: User, one: Authenticator, now: int) -> None:
    """Each use of what runs out is told, or somebody who found the paper could use it up unseen; so is each use of a
    code that was spoken, for somebody may have listened."""
    kind = kind_of(house, one)
    if is_spare(house, one) and is_stand_in(house, one):
        link = links.suspend_link(house, one.id, now)
        await notices.write(tx, house, now, user.recipient, "stand_in_used", phone=one.name, about=one.kind, link=link)
    if isinstance(kind, RunsOut):
        left = kind.left(record_of(house, one, ""))
        notice = "spare_low" if left <= kind.low else "spare_used"
        link = links.suspend_link(house, one.id, now)
        await notices.write(tx, house, now, user.recipient, notice, phone=one.name, left=str(left), link=link)
