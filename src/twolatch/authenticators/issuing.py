"""A code given out by support, for a client who lost the rest: issued, taken back, bound to the first browser.

The law: never two in a row. Until something lasting is active again, or the code was taken back unused, there is no
second one: whoever talks support into codes again and again would have a key of his own.
"""

from dataclasses import dataclass

from msgspec.structs import replace

from twolatch import audit, limits, notices
from twolatch.authenticators import policy, store, telling
from twolatch.authenticators.model import HELD, Authenticator, State, has_ended
from twolatch.authenticators.outcome import move
from twolatch.house import House
from twolatch.kinds.kind import Ends, Kind, Narrows, Newborn, Spoken, Trait
from twolatch.kinds.shelf import take
from twolatch.notices import links
from twolatch.people import store as people
from twolatch.people.model import User, canonical_name
from twolatch.protocol.labels import clean_label
from twolatch.sessions import store as sessions
from twolatch.sessions.flows import note_ended
from twolatch.storage.db import Tx
from twolatch.words.events import Event
from twolatch.words.limits import STAND_INS
from twolatch.words.refusals import Code, Refusal
from twolatch.words.secret import Secret
from twolatch.words.shapes import KeepCodes
from twolatch.words.warrants import Lowering, Warrant, must_cover

FRESH = 64
REASON_LENGTH = 120
FASTER = 5


@dataclass(frozen=True, slots=True)
class Given:
    """Shown once. `narrows` and `ends` in ms; `stopped`: what was stopped because it is lost or broken."""

    code: Secret[str]
    narrows: int
    ends: int
    stopped: list[str]


@dataclass(frozen=True, slots=True)
class Ready:
    """A code before it is given out: hashing takes too long for a transaction."""

    user: User
    one: Authenticator
    born: Newborn
    why: str


def prepare(house: House, user: User, reason: str, label: str, now: int) -> Ready | Refusal:
    """`label` is how the client's list calls the code."""
    why = clean_label(reason.strip(), REASON_LENGTH)
    if not why:
        return Refusal(Code.NAME_EMPTY)
    kind = next(kind for kind in house.kinds if isinstance(kind, Spoken))
    born = kind.spoken(house.chance.bytes(FRESH))
    return Ready(user, _row(house, user, kind, label, born, now), born, why)


async def issue(house: House, warrant: Warrant, name: str, reason: str, label: str, now: int) -> Given | Refusal:
    """A temporary code. What the client can no longer use counts as reported as lost: found again, it comes back by
    its own proof, as always."""
    user = await people.by_name(house.db, canonical_name(name))
    if user is None:
        return Refusal(Code.NAME_EMPTY)
    ready = prepare(house, user, reason, label, now)
    if isinstance(ready, Refusal):
        return ready
    return await house.db.write(lambda tx: give_out(tx, house, warrant, ready, now))


async def give_out(tx: Tx, house: House, warrant: Warrant, ready: Ready, now: int) -> Given | Refusal:
    """In a transaction that may hold more, such as the approval by a second person."""
    one, by = ready.one, must_cover(warrant, Lowering.TEMPORARY_CODE, ready.user.id)
    user = await people.take_turn(tx, ready.user.id)
    if user is None or user.is_off:
        return Refusal(Code.LOGIN_OFF)
    if isinstance(await limits.pay(tx, STAND_INS, user.id, now), limits.Blocked):
        return Refusal(Code.STAND_IN_AGAIN)
    stopped = await _stop_lost(tx, house, user, now)
    for old in await store.of_user(tx, house.keys, user.id, HELD, one.kind):
        await move(tx, house, old.id, user, State.REMOVED, Event.AUTHENTICATOR_REMOVED, now)
    await store.insert(tx, house.keys, one)
    await audit.write(tx, now, Event.STAND_IN_ISSUED, user.id, one.id, reason=ready.why, **by)
    facts = {"narrows_at": str(one.enrolment["narrows"]), "ends_at": str(one.enrolment["ends"])}
    link = links.suspend_link(house, one.id, now)
    await notices.write(tx, house, now, user.recipient, "code_issued", link=link, **facts)
    return Given(_code(ready.born), one.enrolment["narrows"], one.enrolment["ends"], stopped)


def _row(house: House, user: User, kind: Kind, label: str, born: Newborn, now: int) -> Authenticator:
    one = house.chance.id()
    ends = {"ends": now + kind.lives} if isinstance(kind, Ends) else {}
    narrows = {"narrows": now + kind.narrows} if isinstance(kind, Narrows) else {}
    enrolment = {**born.enrolment, **ends, **narrows}
    secret = house.keys.seal("authenticators.secret", one, user.id, born.secret)
    # Active at once: the operator vouches for it, and without it the client has nothing to prove himself with.
    return Authenticator(
        one, user.id, kind.name, label, State.ACTIVE, enrolment, secret, born.moving, 0, "", now, 0
    )


def _code(born: Newborn) -> Secret[str]:
    if not isinstance(born.shown, KeepCodes):
        raise TypeError("what is given out by support is a code")
    return Secret(born.shown.codes[0])


async def _stop_lost(tx: Tx, house: House, user: User, now: int) -> list[str]:
    stopped = []
    for one in await store.held_by(tx, house.keys, user.id):
        lasts = not policy.is_spare(house, one) and not policy.is_stand_in(house, one)
        if lasts and await move(tx, house, one.id, user, State.REPORTED, Event.AUTHENTICATOR_REPORTED, now):
            stopped.append(one.name)
            link = links.suspend_link(house, one.id, now)
            await telling.write(tx, house, user, one, "phone_reported", now, link=link)
    return stopped


async def take_back(house: House, name: str, now: int) -> bool:
    """Ends the client's code. One that nobody has used makes room for another. False when there is none."""
    user = await people.by_name(house.db, canonical_name(name))
    if user is None:
        return False

    async def work(tx: Tx) -> bool:
        await people.take_turn(tx, user.id)
        held = await store.held_by(tx, house.keys, user.id)
        mine = [one for one in held if isinstance(policy.kind_of(house, one), Spoken)]
        for one in mine:
            await end_sessions(tx, house, user, one, now)
            await move(tx, house, one.id, user, State.REMOVED, Event.AUTHENTICATOR_REMOVED, now)
            await telling.write(tx, house, user, one, "phone_removed", now)
            if not one.used_at and not has_ended(one, now):
                await limits.clear(tx, (STAND_INS, user.id))
        return bool(mine)

    return await house.db.write(work)


async def end_sessions(tx: Tx, house: House, user: User, one: Authenticator, now: int) -> None:
    """Whoever stops a spoken code means what it opened as well: somebody else may have listened."""
    if Trait.ONE_BROWSER in policy.kind_of(house, one).traits:
        await note_ended(tx, user.id, await sessions.end_proved(tx, user.id, one.id, now), "code", now)


async def bind(tx: Tx, house: House, kind: str, one_id: str, seen: bytes, session: bytes) -> bool:
    """What serves one browser only belongs to the first that collects a session with it. `seen` is the browser that
    asks, `session` how it is known from now on. False when it belongs to another one."""
    if Trait.ONE_BROWSER not in take(house.kinds, kind).traits:
        return True
    for _ in range(FASTER):
        one = await store.find(tx, house.keys, one_id)
        if one is None or not policy.serves(one, seen):
            return False
        bound = replace(one, enrolment={**one.enrolment, "browser": session.hex()})
        if await store.advance(tx, house.keys, one, bound):
            return True
    return False


async def narrows_at(tx: Tx, house: House, kind: str, one_id: str) -> int:
    """From when a session that this one proved may only get something better; 0: never."""
    if not isinstance(take(house.kinds, kind), Narrows):
        return 0
    one = await store.find(tx, house.keys, one_id)
    return int(one.enrolment["narrows"]) if one else 1
