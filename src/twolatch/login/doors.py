"""Two doors: the portal's, and the desk's. The desk opens to whoever works there, never to a password alone, and never
to what can be talked out of him. What was begun at one door is none at the other: the marks of a browser differ."""

from collections.abc import Sequence

from twolatch.authenticators import policy
from twolatch.authenticators import store as authenticators
from twolatch.authenticators.model import Authenticator
from twolatch.house import House
from twolatch.people import store as people
from twolatch.people.model import User
from twolatch.storage.db import Tx
from twolatch.words.refusals import Code
from twolatch.words.visit import Door, Visit


def application_at(house: House, visit: Visit) -> str:
    """What the phone shows as the one who asks."""
    return house.settings.desk_name if visit.door is Door.DESK else house.settings.portal_name


async def why_not(house: House, user: User, ready: Sequence[Authenticator], visit: Visit) -> Code | None:
    """Why this door stays shut after a right password; None at the portal, which has rules of its own."""
    if visit.door is Door.PORTAL:
        return None
    if user.is_off:
        return Code.LOGIN_OFF
    if await people.staff_of(house.db, house.keys, user.id) is None or user.closed_at:
        return Code.DESK_NO_ROLE
    if user.must_change:
        return Code.DESK_PASSWORD
    return None if ready else Code.DESK_WEAK


async def may_pass(tx: Tx, house: House, user: User, proof: tuple[str, str] | None, visit: Visit) -> bool:
    """Looked at again where the session is made: the role or the phone may be gone since the password."""
    if visit.door is Door.PORTAL:
        return True
    one = await authenticators.find(tx, house.keys, proof[0]) if proof else None
    is_staff = await people.staff_of(tx, house.keys, user.id) is not None
    return is_staff and not user.must_change and one is not None and policy.is_strong(house, one)
