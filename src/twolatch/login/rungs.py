"""The other ways to answer a question that waits: a number instead of the notification, and what is typed here.

The attempt stays the one it is. Whatever is proved first, here or on the phone, ends the question; the rest comes late.
"""

from msgspec.structs import replace

from twolatch import audit, limits
from twolatch.authenticators import gate
from twolatch.authenticators import store as authenticators
from twolatch.authenticators.answers import said_here, told_here
from twolatch.authenticators.asking import record_of
from twolatch.authenticators.model import Authenticator, Challenge, Stage, State
from twolatch.house import House
from twolatch.kinds.kind import AnswersNumbers, Opening, Typed
from twolatch.kinds.shelf import take
from twolatch.login import step_up, store
from twolatch.login.flows import TOLD
from twolatch.login.model import Attempt, Proceed
from twolatch.people import store as people
from twolatch.sessions.model import Bearer
from twolatch.storage.db import Tx
from twolatch.words.events import Event
from twolatch.words.limits import SECOND
from twolatch.words.refusals import Code, Refusal, seconds_until
from twolatch.words.shapes import facts_of
from twolatch.words.visit import Visit


async def ask_number(house: House, visit: Visit) -> Proceed | Refusal:
    """A number that answers the question of this browser's login, for a phone without network. Asked again, it is
    the same number: who could ask for another one could wait for one whose answer he knows."""
    attempt = await store.live(house.db, visit.pre, visit.now)
    return await ask_number_to(house, attempt.challenge if attempt else "", attempt, visit.now)


async def ask_number_step_up(house: House, who: Bearer, challenge: str, now: int) -> Proceed | Refusal:
    """As above, for a question of this session."""
    asked = await step_up.mine(house, who, challenge)
    return await ask_number_to(house, asked.id if asked else "", None, now)


async def ask_number_to(house: House, challenge: str, attempt: Attempt | None, now: int) -> Proceed | Refusal:
    """The caller knows that the question belongs to whoever asks."""
    asked = await authenticators.find_challenge(house.db, house.keys, challenge)
    if asked is None or asked.stage_at(now) is not Stage.PENDING:
        return Refusal(Code.LOGIN_START_OVER)
    expires = max(asked.expires_at, now + house.settings.challenge_seconds * SECOND)

    async def work(tx: Tx) -> Proceed | Refusal:
        user = await people.take_turn(tx, asked.user)
        seen = await authenticators.find_challenge(tx, house.keys, asked.id)
        one = await authenticators.find(tx, house.keys, asked.authenticator)
        if not user or not seen or not one or one.state is not State.ACTIVE:
            return Refusal(Code.LOGIN_START_OVER)
        if seen.number:
            return Proceed(is_ready=False)
        opening = await open_number(tx, house, one, user.name, seen, expires, now)
        if isinstance(opening, Refusal):
            return opening
        then = replace(seen, memory=opening.memory, number=facts_of(opening.prompt), expires_at=expires)
        if not await authenticators.ask_number(tx, house.keys, then, now):
            return Refusal(Code.LOGIN_START_OVER)
        if attempt:
            await store.point_at(tx, attempt.id, asked.id, expires + TOLD)
        await audit.write(tx, now, Event.NUMBER_ASKED, user.id, asked.id, phone=one.id)
        return Proceed(is_ready=False)

    return await house.db.write(work)


async def open_number(
    tx: Tx, house: House, one: Authenticator, name: str, asked: Challenge, expires: int, now: int
) -> Opening | Refusal:
    """Draws the number, and lets the authenticator remember it before anybody sees it."""
    kind = take(house.kinds, one.kind)
    if not isinstance(kind, AnswersNumbers):
        return Refusal(Code.WAY_OFF)
    price = kind.price(asked.memory, Typed(""))
    for limit in (price.row, price.month):
        if blocked := await limits.blocked_until(tx, limit, one.id, now):
            until = seconds_until(blocked.until, now) if limit.window else None
            return Refusal(Code.WAY_CLOSED, retry_after=until)
    opening = kind.number(record_of(house, one, name, with_secret=True), asked.memory, expires)
    if opening is None or opening.moving is None:
        return Refusal(Code.WAY_OFF)
    if not await authenticators.remember_asked(tx, house.keys, one, opening.moving):
        return Refusal(Code.BUSY, retry_after=1)
    return opening


async def answer(house: House, visit: Visit, text: str) -> Proceed | Refusal:
    """The code, or what a ceremony made, for the login of this browser. Proving is not collecting: that comes after."""
    attempt = await store.live(house.db, visit.pre, visit.now)
    asked = attempt and await authenticators.find_challenge(house.db, house.keys, attempt.challenge)
    return await prove_typed(house, asked or None, text, visit.now)


async def answer_step_up(house: House, who: Bearer, challenge: str, text: str, now: int) -> Proceed | Refusal:
    """As above, for a question of this session."""
    return await prove_typed(house, await step_up.mine(house, who, challenge), text, now)


async def prove_typed(house: House, asked: Challenge | None, text: str, now: int) -> Proceed | Refusal:
    """What was typed, to the gate. The caller knows that the question belongs to whoever typed."""
    if asked is None:
        return Refusal(Code.LOGIN_START_OVER)
    done = await gate.prove(house, said_here(asked, text), now)
    return told_here(asked, done) if isinstance(done, Refusal) else Proceed(is_ready=True)
