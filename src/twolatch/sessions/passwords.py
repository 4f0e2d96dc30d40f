"""Changing one's own password: freshly proved, told on all channels, and every other session ends."""

from twolatch import audit, notices
from twolatch.house import House
from twolatch.notices import links
from twolatch.people import store as people
from twolatch.people.common import is_common
from twolatch.people.model import fault_of, normal_password
from twolatch.sessions import store
from twolatch.sessions.flows import fingerprint, note_ended
from twolatch.sessions.model import FreshlySignedIn, SignedIn
from twolatch.storage.db import Tx
from twolatch.words.events import Event
from twolatch.words.refusals import Code, Refusal
from twolatch.words.secret import Secret


async def change(
    house: House, fresh: FreshlySignedIn, new: Secret[str], repeated: Secret[str], now: int
) -> str | Refusal:
    """Returns the session's new token. The old password is refused, or a forced change would change nothing."""
    who, text = fresh.signed_in, normal_password(new.reveal())
    if text != normal_password(repeated.reveal()):
        return Refusal(Code.PASSWORD_MISMATCH)
    if fault := fault_of(text, who.user, is_common(text)):
        return Refusal(fault)
    if await house.hasher.is_right(who.user.password, new):
        return Refusal(Code.PASSWORD_SAME)
    hashed, token = await house.hasher.hash(new), house.chance.token()

    async def work(tx: Tx) -> str | Refusal:
        if not await store.renew(tx, who.session, fingerprint(token), now):
            return Refusal(Code.SESSION_ENDED)
        await people.set_password(tx, who.user.id, hashed, now, must_change=False)
        ended = await store.end_all(tx, who.user.id, now, but=who.session)
        await note_ended(tx, who.user.id, ended, "password", now)
        await audit.write(tx, now, Event.PASSWORD_CHANGED, who.user.id, who.session)
        await _tell(tx, house, who, now)
        return token

    return await house.db.write(work)


async def _tell(tx: Tx, house: House, who: SignedIn, now: int) -> None:
    """Who proved himself with a phone: if that was not the client, the mail's link stops it."""
    if not who.authenticator:
        return await notices.write(tx, house, now, who.user.recipient, "password_changed")
    link = links.suspend_link(house, who.authenticator, now)
    await notices.write(tx, house, now, who.user.recipient, "password_changed_by_phone", link=link)
    return None
