"""The client's own wish that a passkey alone lets him in, and that his password opens nothing any more.

Who turns it on has just shown that he can: with such a key. So has who turns it off, or whoever sits at an open session
could bring the password back and log in later with what he fished. Both are told on all channels.
"""

from twolatch import audit, notices
from twolatch.authenticators import policy
from twolatch.authenticators import store as authenticators
from twolatch.authenticators.asking import tell
from twolatch.authenticators.model import Stage
from twolatch.house import House
from twolatch.notices import links
from twolatch.people import store as people
from twolatch.people.model import User
from twolatch.sessions import store as sessions
from twolatch.sessions.flows import note_ended
from twolatch.sessions.model import FreshlySignedIn, SignedIn
from twolatch.storage.db import Tx
from twolatch.words.events import Event
from twolatch.words.refusals import Code, Refusal


async def may_switch(house: House, fresh: FreshlySignedIn) -> Refusal | None:
    """Whether what proved this session is a key that stands alone. Reads only."""
    held = await authenticators.held_by(house.db, house.keys, fresh.signed_in.user.id)
    is_by_key = any(one.id == fresh.signed_in.authenticator for one in policy.alone(house, held))
    return None if is_by_key else Refusal(Code.KEYS_ONLY_NEEDS)


async def switch(house: House, fresh: FreshlySignedIn, now: int, *, is_on: bool) -> Refusal | None:
    """What waits ends, and so does every other session when the password is retired: it may have opened them."""
    who = fresh.signed_in

    async def work(tx: Tx) -> Refusal | None:
        user = await people.take_turn(tx, who.user.id)
        held = await authenticators.held_by(tx, house.keys, who.user.id)
        if user is None or not any(one.id == who.authenticator for one in policy.alone(house, held)):
            return Refusal(Code.KEYS_ONLY_NEEDS)
        if not await people.set_keys_only(tx, user.id, is_on=is_on):
            return None
        event = Event.PASSWORD_RETIRED if is_on else Event.PASSWORD_RESTORED
        await audit.write(tx, now, event, user.id, who.session, phone=who.authenticator)
        if is_on:
            await _end_the_rest(tx, house, who, now)
        link = links.suspend_link(house, who.authenticator, now)
        await notices.write(tx, house, now, user.recipient, "keys_only_on" if is_on else "keys_only_off", link=link)
        tx.after(lambda: house.signals.tell(f"user:{user.id}"))
        return None

    return await house.db.write(work)


async def _end_the_rest(tx: Tx, house: House, who: SignedIn, now: int) -> None:
    tell(tx, house, await authenticators.end_everything(tx, who.user.id, Stage.CANCELLED, now))
    ended = await sessions.end_all(tx, who.user.id, now, but=who.session)
    await note_ended(tx, who.user.id, ended, "keys_only", now)


async def lift(house: House, name: str, now: int) -> bool:
    """The operator's way out for who lost his last key: the password counts again. False when nobody has that name,
    or it counted before."""
    found = await people.by_name(house.db, name)
    return found is not None and await house.db.write(lambda tx: _lift(tx, house, found, now))


async def _lift(tx: Tx, house: House, user: User, now: int) -> bool:
    if not await people.set_keys_only(tx, user.id, is_on=False):
        return False
    await audit.write(tx, now, Event.PASSWORD_RESTORED, user.id, by="operator")
    await notices.write(tx, house, now, user.recipient, "keys_only_lifted")
    return True
