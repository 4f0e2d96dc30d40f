"""Logging in after the last account is closed: what the password alone opens, and when a link by mail is asked besides.

Nothing here shows before the right password: a stranger meets the same page, limits and times as at any other name.
"""

from twolatch import audit, limits, notices
from twolatch.house import House
from twolatch.login import store
from twolatch.login.model import Attempt, Proceed, Stage
from twolatch.login.password import RightPassword
from twolatch.people import store as people
from twolatch.people.model import User
from twolatch.sessions.flows import fingerprint
from twolatch.storage.db import Tx
from twolatch.words.events import Event
from twolatch.words.limits import HOUR, MINUTE, READINGS
from twolatch.words.refusals import Code, Refusal, seconds_until
from twolatch.words.secret import Secret
from twolatch.words.visit import Visit

LONG_ENOUGH = 15  # code points of a password that is all there is (NIST SP 800-63B-4, 3.1.1.2)
LINK_LIVES = 15 * MINUTE
LIVES = HOUR  # of a session that reads, used or not


def why_not(house: House, user: User, password: Secret[str], now: int, *, has_key: bool) -> Code | None:
    """Why the right password opens nothing any more. `has_key`: a passkey is asked besides, and no mail is needed."""
    if user.read_until <= now:
        return Code.READING_OVER
    return Code.READING_NO_MAIL if not has_key and needs_link(house, user, password) and not user.email else None


def needs_link(house: House, user: User, password: Secret[str]) -> bool:
    """The operator wants it; or he wants a passkey and this client has none, for he was closed before that; or the
    password is too short to stand alone, or somebody else knows it (he was told to
    change it, and here is no page for that)."""
    is_short = len(password.reveal()) < LONG_ENOUGH
    return house.settings.closed_access != "password" or is_short or user.must_change


async def begin(house: House, visit: Visit, right: RightPassword, password: Secret[str]) -> Proceed | Refusal:
    """Where the password alone is enough the browser collects at once, else after the link."""
    user = right.user
    token = house.chance.token() if needs_link(house, user, password) else ""
    ends = visit.now + LINK_LIVES
    link = fingerprint(token)
    attempt = Attempt(house.chance.id(), user.id, Stage.OPEN, "", visit.now, ends, link)

    async def work(tx: Tx) -> Proceed | Refusal:
        if await people.take_turn(tx, user.id) is None:
            return Refusal(Code.LOGIN_START_OVER)
        await right.settle(tx)
        paid = await limits.pay(tx, READINGS, user.id, visit.now)
        if isinstance(paid, limits.Blocked):
            return Refusal(Code.READINGS, retry_after=seconds_until(paid.until, visit.now))
        await store.insert(tx, visit.pre, attempt)
        await audit.write(
            tx, visit.now, Event.PASSWORD_RIGHT, user.id, attempt.id, address=visit.address, agent=visit.agent
        )
        if token:
            await send_link(tx, house, user, token, visit.now)
        return Proceed(is_ready=not token)

    return await house.db.write(work)


def may_collect(user: User, attempt: Attempt) -> bool:
    """An attempt from before the closing ends with it: what it proved was for another door."""
    return not user.closed_at or (not attempt.link and attempt.created_at > user.closed_at)


async def tell(tx: Tx, house: House, user: User, visit: Visit) -> None:
    """Each login is told: where the password is all there is, its owner is the only one who can see a stranger."""
    agent = visit.agent or "-"
    await notices.write(
        tx, house, visit.now, user.recipient, "reading_login", address=visit.address, agent=agent, name=user.name
    )


async def send_link(tx: Tx, house: House, user: User, token: str, now: int) -> None:
    link = f"{house.settings.portal_url}/login/link/{token}"
    await notices.write(tx, house, now, user.recipient, "reading_link", link=link)


async def follow(house: House, visit: Visit, token: str) -> Proceed | Refusal:
    """The link, pressed in the browser that gave the password: used once. Elsewhere it opens nothing, so nobody is
    talked into letting a stranger in."""

    async def work(tx: Tx) -> Proceed | Refusal:
        if not await store.use_link(tx, visit.pre, fingerprint(token), visit.now):
            return Refusal(Code.READING_LINK)
        return Proceed(is_ready=True)

    return await house.db.write(work)
