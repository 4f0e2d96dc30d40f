"""What serves for some time only: its client is warned before it ends."""


from msgspec.structs import replace

from twolatch.authenticators import store, telling
from twolatch.authenticators.model import Authenticator, State, ends_at
from twolatch.house import House
from twolatch.kinds.kind import Ends
from twolatch.people import store as people
from twolatch.storage.db import Tx


async def warn(house: House, now: int) -> int:
    """Writes to everybody whose card or code ends soon, once for each. Returns to how many."""
    written = 0
    for kind in house.kinds:
        if isinstance(kind, Ends) and kind.warns:
            for one in await store.active_of(house.db, kind.name):
                written += await _warn(house, one, kind.warns, now)
    return written


async def _warn(house: House, authenticator: str, before: int, now: int) -> int:
    try:
        one = await store.find(house.db, house.keys, authenticator)
    except store.ForgedRow:
        return 0  # it answers nothing, and our MAC must not come under it
    user = one and await people.by_id(house.db, one.user)
    if not one or not user or not _is_due(one, before, now):
        return 0

    async def work(tx: Tx) -> int:
        warned = replace(one, enrolment={**one.enrolment, "warned": now})
        if not await store.advance(tx, house.keys, one, warned):
            return 0  # used or ended at this very moment: the next round looks again
        await telling.ends_soon(tx, house, user, one, now)
        return 1

    return await house.db.write(work)


def _is_due(one: Authenticator, before: int, now: int) -> bool:
    is_near = ends_at(one) - before <= now < ends_at(one)
    return one.state is State.ACTIVE and is_near and "warned" not in one.enrolment
