"""Setting up what no phone claims: the portal shows a secret or a list, and the client types a first code; or it lets
the browser make a key, and what the browser answers is the first answer.

The same law as for phones: who has an authenticator proves it first, nobody becomes active without a first right
answer through the gate, and every other channel is told, with a way to stop it.
"""

import asyncio
from dataclasses import dataclass, field

from twolatch.authenticators import gate, policy, setting_up
from twolatch.authenticators import store as authenticators
from twolatch.authenticators.answers import said_here, told_here
from twolatch.authenticators.asking import SESSION, record_of
from twolatch.authenticators.model import HELD, Authenticator, Challenge, Purpose, Stage, State, ends_at
from twolatch.authenticators.outcome import move
from twolatch.house import House
from twolatch.kinds.kind import Enrols, Kind, Owner, Printed, Rank, SetsUp, Trait
from twolatch.kinds.shelf import find, take
from twolatch.people import store as people
from twolatch.people.model import User
from twolatch.sessions.flows import prove_more
from twolatch.sessions.model import Bearer, Bridging
from twolatch.storage.db import Tx
from twolatch.words.events import Event
from twolatch.words.refusals import Code, Refusal
from twolatch.words.shapes import SetUp

FRESH = 160
_WRONG = frozenset({Code.TYPED_WRONG, Code.CEREMONY_WRONG})


@dataclass(frozen=True, slots=True)
class SettingUp:
    """What a page shows. `shown` is None where it was shown before and cannot be again."""

    one: str
    kind: str
    asked: Challenge
    shown: SetUp | None
    ends: int  # ms; 0: it does not end by itself


@dataclass(frozen=True, slots=True)
class Added:
    """It is active. `token` is the session's new one; empty when it stays as it was."""

    kind: str
    token: str = field(repr=False)


def offered(house: House, who: Bearer, held: list[Authenticator]) -> list[Kind]:
    """Every kind that this client can set up in this way; a stand-in only where one is needed."""
    kinds = [kind for kind in house.kinds if isinstance(kind, Enrols)]
    needs_none = policy.may_stand_in(house, who, held) is not None
    return [kind for kind in kinds if not (needs_none and Trait.STAND_IN in kind.traits)]


async def may_begin(house: House, who: Bearer, wanted: str, now: int) -> Kind | Refusal:
    """Whether this session may set up one of that kind, to say so before it is asked for. Reads only."""
    kind = find(house.kinds, wanted)
    if not isinstance(kind, Enrols):
        return Refusal(Code.NOT_FOUND)
    held = await authenticators.held_by(house.db, house.keys, who.user.id)
    return _refused(house, who, who.user, held, kind, now) or kind


async def begin(house: House, who: Bearer, wanted: str, label: str, agent: str, now: int) -> SettingUp | Refusal:
    """A new secret; one of the same kind that was not finished ends. `label` is how the client's list calls it."""
    kind = find(house.kinds, wanted)
    if not isinstance(kind, Enrols):
        return Refusal(Code.NOT_FOUND)
    owner = await _owner(house, who.user, kind)
    born = await asyncio.to_thread(kind.newborn, owner, house.chance.bytes(FRESH))
    one, question = setting_up.made(house, who, kind, label, born, agent, now)

    async def work(tx: Tx) -> Refusal | None:
        user = await people.take_turn(tx, who.user.id)
        if user is None:
            return Refusal(Code.SESSION_ENDED)
        held = await authenticators.held_by(tx, house.keys, user.id)
        if refused := _refused(house, who, user, held, kind, now):
            return refused
        return await setting_up.begin(tx, house, user, one, question, now)

    refused = await house.db.write(work)
    return refused or _setting_up(one, question, born.shown)


async def _owner(house: House, user: User, kind: Kind) -> Owner:
    held = await authenticators.of_user(house.db, house.keys, user.id, HELD, kind.name)
    return Owner(user.id, user.name, tuple(one.enrolment for one in held))


def _refused(
    house: House, who: Bearer, user: User, held: list[Authenticator], kind: Kind, now: int
) -> Refusal | None:
    if kind.rank is Rank.SPARE and not policy.usable(house, held, now, who.browser):
        return Refusal(Code.NEEDS_ANOTHER)  # a spare for nothing would be the daily key
    if isinstance(who, Bridging) and Trait.STAND_IN not in kind.traits:
        return Refusal(Code.BRIDGING)
    if Trait.STAND_IN in kind.traits and (refused := policy.may_stand_in(house, who, held)):
        return refused
    return policy.may_add(house, who, user, held, now)


async def look(house: House, who: Bearer, one_id: str, now: int) -> SettingUp | Added | Refusal:
    """Where a set-up of this very session stands. Reads only."""
    one = await authenticators.find(house.db, house.keys, one_id)
    asked = await _question(house, who, one, now) if one else None
    if one is None or asked is None:
        return Refusal(Code.SET_UP_OVER)
    if one.state is not State.UNPROVEN:
        return Added(one.kind, "") if one.state is State.ACTIVE else Refusal(Code.SET_UP_OVER)
    if asked.stage_at(now) is not Stage.PENDING:
        return Refusal(Code.SET_UP_OVER)
    kind = policy.kind_of(house, one)
    record = record_of(house, one, who.user.name, with_secret=True)
    shown = kind.shown(record) if isinstance(kind, SetsUp) else None
    return _setting_up(one, asked, shown)


def _setting_up(one: Authenticator, asked: Challenge, shown: SetUp | None) -> SettingUp:
    return SettingUp(one.id, one.kind, asked, shown, ends_at(one))


async def _question(house: House, who: Bearer, one: Authenticator, now: int) -> Challenge | None:
    """The question of this set-up, for the session that began it and nobody else."""
    asked = await authenticators.recent(house.db, house.keys, one.id, now - setting_up.LIVES)
    mine = [each for each in asked if each.purpose is Purpose.SET_UP and each.browser == SESSION + who.session.encode()]
    return mine[0] if mine and one.user == who.user.id else None


async def confirm(house: House, who: Bearer, one_id: str, text: str, now: int) -> Added | Refusal:
    """The first code, or the key that the browser made, through the gate as any other."""
    seen = await look(house, who, one_id, now)
    if not isinstance(seen, SettingUp):
        return seen
    done = await gate.prove(house, said_here(seen.asked, text), now)
    if isinstance(done, Refusal):
        told = told_here(seen.asked, done)
        return told if told.code in _WRONG else Refusal(Code.SET_UP_OVER, done.retry_after, done.tries_left)
    return await _collect(house, who, seen, now)


async def _collect(house: House, who: Bearer, seen: SettingUp, now: int) -> Added:
    """A session of the password alone has proved more now, and goes on with a new token (no fixation)."""
    token = house.chance.token()
    is_spare = take(house.kinds, seen.kind).rank is Rank.SPARE

    async def work(tx: Tx) -> str:
        proof = await authenticators.consume(tx, seen.asked.id, who.user.id, now)
        if proof is None or who.authenticator or is_spare:
            return ""
        one, proved = proof
        return token if await prove_more(tx, who, token, proved, one, now) else ""

    return Added(seen.kind, await house.db.write(work))


async def cancel(house: House, who: Bearer, one_id: str, now: int) -> None:
    """The client goes back; what was shown is worth nothing. What came on paper waits on."""
    one = await authenticators.find(house.db, house.keys, one_id)
    asked = await _question(house, who, one, now) if one else None
    if one is None or asked is None:
        return
    event, only = Event.AUTHENTICATOR_REMOVED, frozenset({State.UNPROVEN})

    async def work(tx: Tx) -> None:
        if isinstance(policy.kind_of(house, one), Printed):
            await authenticators.end_challenge(tx, asked.id, Stage.CANCELLED, now)
            return
        await move(tx, house, one.id, who.user, State.REMOVED, event, now, only_from=only)

    await house.db.write(work)
