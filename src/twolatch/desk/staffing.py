"""Who works at the desk: taken on and let go by the operator alone, never by a page."""

from twolatch import audit
from twolatch.house import House
from twolatch.people import store as people
from twolatch.people.model import Role, Staff, canonical_name
from twolatch.protocol.labels import clean_label
from twolatch.sessions import store as sessions
from twolatch.sessions.flows import DESK, note_ended
from twolatch.sessions.model import AtDesk
from twolatch.storage.db import Tx
from twolatch.words.events import Event

CALLED_LENGTH = 40


async def add(house: House, name: str, role: Role, called: str, now: int) -> Staff | None:
    """Takes a client on, or gives him another role; what he began in the older one is over. None: nobody has that
    name. `called` is the first name that clients are told; empty: the first word of his own."""
    user = await people.by_name(house.db, canonical_name(name))
    if user is None:
        return None
    first = clean_label(called or user.display.split(" ")[0], CALLED_LENGTH) or user.name

    async def work(tx: Tx) -> Staff:
        await people.take_turn(tx, user.id)
        before = await people.staff_of(tx, house.keys, user.id)
        number = before.number if before else await people.next_number(tx)
        one = Staff(user.id, role, first, number, now)
        await people.keep_staff(tx, house.keys, one)
        await _end_work(tx, user.id, now)
        await audit.write(tx, now, Event.STAFF_ADDED, user.id, role=role.value, number=number, by="operator")
        return one

    return await house.db.write(work)


async def remove(house: House, name: str, now: int) -> bool:
    """False when he works not here. His sessions at the desk end at once; he stays the client he is."""
    user = await people.by_name(house.db, canonical_name(name))
    if user is None:
        return False

    async def work(tx: Tx) -> bool:
        await people.take_turn(tx, user.id)
        if not await people.drop_staff(tx, user.id):
            return False
        await _end_work(tx, user.id, now)
        await audit.write(tx, now, Event.STAFF_REMOVED, user.id, by="operator")
        return True

    return await house.db.write(work)


async def _end_work(tx: Tx, user: str, now: int) -> None:
    await note_ended(tx, user, await sessions.end_scope(tx, user, DESK, now), "desk", now)


async def everybody(house: House) -> list[tuple[Staff, str]]:
    """All who work here, with their user names."""
    staff = await people.all_staff(house.db, house.keys)
    users = [await people.by_id(house.db, one.user) for one in staff]
    return [(one, user.name) for one, user in zip(staff, users, strict=True) if user]


async def leave(house: House, who: AtDesk, now: int) -> None:
    """The agent logs out."""

    async def work(tx: Tx) -> None:
        if await sessions.end(tx, who.user.id, who.session, now):
            await audit.write(tx, now, Event.SESSION_ENDED, who.user.id, who.session, why="client")

    await house.db.write(work)
