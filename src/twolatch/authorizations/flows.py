"""An application asks what may be done in a session, hears how that stands, and gives back what was not carried out.

Whoever asks for one client waits in his turn, so that of two questions the second sees what the first one took.
"""

from dataclasses import dataclass, replace
from hashlib import sha256

import msgspec

from twolatch import limits
from twolatch.applications import store as applications
from twolatch.applications.flows import subject_of
from twolatch.applications.model import Application, KnownSession, Scope
from twolatch.authorizations import store, telling
from twolatch.authorizations.model import Action, Allowance, Decision, allows, decide
from twolatch.authorizations.money import charged, read
from twolatch.authorizations.standing import note, standing_of
from twolatch.authorizations.store import Entry
from twolatch.house import House
from twolatch.limits import Blocked
from twolatch.people import store as people
from twolatch.people.model import User
from twolatch.protocol.applications import Authorization, AuthorizationWish, Used
from twolatch.protocol.applications import KnownSession as Told
from twolatch.protocol.octets import lp
from twolatch.sessions import store as sessions
from twolatch.sessions.flows import bearer_by_id
from twolatch.sessions.model import Live
from twolatch.storage.db import Tx
from twolatch.words.limits import AUTHORIZATIONS, MINUTE
from twolatch.words.refusals import Code, Refusal, seconds_until


@dataclass(frozen=True, slots=True)
class Asked:
    """A wish whose numbers were read. `units` in the smallest unit of its currency, `counted` in that of the limits."""

    by: Application
    wish: AuthorizationWish
    key: str
    units: int
    counted: int

    @property
    def print(self) -> bytes:
        """Of everything that was asked: under the same key only the very same may be asked again."""
        wish = self.wish
        parts = (wish.session, wish.action, str(self.units), wish.currency, wish.payee, wish.return_to, wish.state)
        return sha256(lp(*parts)).digest()


async def authorize(
    house: House, by: Application, wish: AuthorizationWish, key: str, now: int
) -> Authorization | Refusal:
    """May this session do that, for so much? The answer, what it takes from the limits, and the audit are one."""
    asked = read_wish(house, by, wish, key)
    if isinstance(asked, Refusal):
        return asked
    name = house.chance.id()
    return await house.db.write(lambda tx: _answer(tx, house, asked, name, now))


def read_wish(house: House, by: Application, wish: AuthorizationWish, key: str) -> Asked | Refusal:
    if wish.return_to and wish.return_to not in by.returns:
        return Refusal(Code.RETURN_UNKNOWN)
    if (units := read(wish.amount, wish.currency)) is None:
        return Refusal(Code.AMOUNT)
    settings = house.settings
    counted = charged(units, wish.currency, settings.amount_currency, settings.currency_rates)
    return Refusal(Code.CURRENCY) if counted is None else Asked(by, wish, key, units, counted)


async def _answer(tx: Tx, house: House, asked: Asked, name: str, now: int) -> Authorization | Refusal:
    known = await applications.known(tx, asked.wish.session, asked.by.id)
    if known is None:
        return Refusal(Code.NOT_FOUND)
    await people.take_turn(tx, known.user)
    if seen := await store.by_key(tx, asked.by.id, asked.key):
        return _again(seen, asked)
    paid = await limits.pay(tx, AUTHORIZATIONS, known.user, now)
    if isinstance(paid, Blocked):
        return Refusal(Code.AUTHORIZATIONS, retry_after=seconds_until(paid.until, now))
    live = await bearer_by_id(house, tx, known.session, known.user, now)
    standing = await standing_of(tx, house, live, known.user, now)
    decision = decide(house.settings, standing, asked.counted)
    entry, answer = _made(house, asked, known, name, decision, live.bearer.user if live else None, now)
    if not await store.add(tx, entry):  # the same key at the same moment, for another client
        taken = await store.by_key(tx, asked.by.id, asked.key)
        return _again(taken, asked) if taken else Refusal(Code.BUSY, retry_after=1)
    if live and not standing.barred:
        await sessions.touch(tx, known.session, now)  # a client who does something elsewhere is not away
    await note(tx, entry, asked.by.name, now)
    return answer


def _again(seen: Entry, asked: Asked) -> Authorization | Refusal:
    return telling.said(seen.answer) if seen.request == asked.print else Refusal(Code.KEY_AGAIN)


def _made(
    house: House, asked: Asked, known: KnownSession, name: str, decision: Decision, user: User | None, now: int
) -> tuple[Entry, Authorization]:
    wish, ends = asked.wish, now + house.settings.confirm_minutes * MINUTE
    entry = Entry(
        name, asked.by.id, known.user, known.session, known.id, Action(wish.action), asked.units, wish.currency,
        asked.counted, wish.payee, decision.state, decision.reason, "", asked.key, asked.print, "", wish.return_to,
        wish.state, "", now, now, ends,
    )  # fmt: skip
    answer = telling.first(house, entry, decision, user)
    used = msgspec.json.encode(answer.used).decode() if answer.used else ""
    return replace(entry, strength=used, answer=msgspec.json.encode(answer).decode()), answer


# the application asks again


async def result(house: House, by: Application, one: str, now: int) -> Authorization | Refusal:
    """How it stands now. Of another application it reads as a missing one."""
    entry = await store.by_id(house.db, one)
    if entry is None or entry.application != by.id:
        return Refusal(Code.NOT_FOUND)
    return await _told(house, entry, now)


async def _told(house: House, entry: Entry, now: int) -> Authorization:
    return telling.now_is(entry, await _left(house, entry, now), house.settings.amount_currency, now)


async def _left(house: House, entry: Entry, now: int) -> Allowance | None:
    """Of what proves the session now."""
    live = await bearer_by_id(house, house.db, entry.session, entry.user, now)
    standing = await standing_of(house.db, house, live, entry.user, now)
    return allows(house.settings, standing.proof).less(standing.spent) if standing.proof else None


async def release(house: House, by: Application, one: str, now: int) -> Authorization | Refusal:
    """It was not carried out: it counts no more, and cannot be carried out any more. Released twice is released."""

    async def work(tx: Tx) -> Entry | None:
        found = await store.by_id(tx, one)
        if found is None or found.application != by.id:
            return None
        await people.take_turn(tx, found.user)
        if done := await store.release(tx, one, by.id, now):
            await note(tx, done, by.name, now)
        return done or await store.by_id(tx, one)

    entry = await house.db.write(work)
    return Refusal(Code.NOT_FOUND) if entry is None else await _told(house, entry, now)


# the session, as the application knows it


async def session(house: House, by: Application, name: str, now: int) -> Told | Refusal:
    """Whose it is and what proved it. One that ended reads as `session.ended`."""
    known = await applications.known(house.db, name, by.id)
    if known is None:
        return Refusal(Code.NOT_FOUND)
    live = await bearer_by_id(house, house.db, known.session, known.user, now)
    if live is None:
        return Refusal(Code.SESSION_ENDED)
    standing = await standing_of(house.db, house, live, known.user, now)
    used = telling.used_of(standing.proof, live.bearer.user) if standing.proof else None
    return _told_session(house, by, known, live, used)


def _told_session(house: House, by: Application, known: KnownSession, live: Live, used: Used | None) -> Told:
    user, tells = live.bearer.user, by.may(Scope.NAMES)
    return Told(
        session=known.id,
        subject=subject_of(house, by.id, user.id),
        user=user.name if tells else "",
        display=user.display if tells else "",
        used=used,
        begun=live.begun_at,
        ends=live.ends_at,
    )
