"""Proving again inside a session, before something sensitive: with the phone, or with the password by who has none."""

from dataclasses import dataclass, replace

from twolatch.authenticators import issuing, policy
from twolatch.authenticators import store as authenticators
from twolatch.authenticators.asking import SESSION, Asking, ask, prepare
from twolatch.authenticators.model import Authenticator, Challenge, Purpose, State, may_return
from twolatch.authenticators.model import Stage as ChallengeStage
from twolatch.house import House
from twolatch.login import doors
from twolatch.login.model import ENDED, StartOver, Waits
from twolatch.login.password import check_password
from twolatch.login.prompts import number_of, prompt_of
from twolatch.people import store as people
from twolatch.sessions.flows import prove_more
from twolatch.sessions.model import Bearer
from twolatch.storage.db import Tx
from twolatch.words.limits import DAY
from twolatch.words.refusals import Code, Refusal
from twolatch.words.secret import Secret
from twolatch.words.shapes import TypePassword
from twolatch.words.visit import Door, Visit

_OURS = frozenset({Purpose.STEP_UP, Purpose.RETURN})


@dataclass(frozen=True, slots=True)
class Proved:
    """Fresh again. The session has a new token; the old one is dead."""

    token: str


async def how(house: House, who: Bearer) -> TypePassword | None:
    """What will be asked: the password of a client without authenticators; None: his authenticator."""
    held = await authenticators.held_by(house.db, house.keys, who.user.id)
    return None if held else TypePassword()


async def begin(house: House, who: Bearer, visit: Visit, wanted: str = "") -> Waits | Refusal:
    """Asks the one that is wanted, else the one used last. Pressing twice replaces the first question. One that the
    client has stopped himself is asked too, when he wants it back: no less than at a login, its digits included."""
    held = await authenticators.held_by(house.db, house.keys, who.user.id)
    ready = policy.usable_at(house, held, replace(visit, browser=who.browser))
    one = next((one for one in ready if wanted in {"", one.id}), None)
    stopped = one or next((one for one in held if one.id == wanted), None)
    if stopped is None:
        return Refusal(Code.LOGIN_PHONE_LOCKED)
    may_come_back = visit.door is Door.PORTAL and may_return(stopped, visit.now, house.settings.bridging_days * DAY)
    if one is None and not may_come_back:
        return Refusal(Code.FOUND_LATE if stopped.state is State.REPORTED else Code.LOGIN_NOT_THIS)
    return await _ask(house, who, stopped, _asking(house, who, visit, is_back=one is None), visit)


def _asking(house: House, who: Bearer, visit: Visit, *, is_back: bool) -> Asking:
    if is_back:
        return Asking(Purpose.RETURN, browser_of(who), False, visit.agent, visit.address, "found")
    application = doors.application_at(house, visit)
    return Asking(
        Purpose.STEP_UP, browser_of(who), True, visit.agent, visit.address, visit.door.value, application=application
    )


async def _ask(
    house: House, who: Bearer, one: Authenticator, asking: Asking, visit: Visit
) -> Waits | Refusal:
    question = prepare(house, one, who.user, asking, visit.now)

    async def work(tx: Tx) -> Waits | Refusal:
        await people.take_turn(tx, who.user.id)
        if refused := await ask(tx, house, who.user, one, question, visit.now):
            return refused
        return Waits(prompt_of(question), question.id, visit.now)

    return await house.db.write(work)


async def look(house: House, who: Bearer, challenge: str, now: int) -> Waits | Proved | StartOver:
    """Where a question of this session stands; `Proved("")` means: collect. Reads only."""
    found = await mine(house, who, challenge)
    if found is None:
        return StartOver(Code.LOGIN_START_OVER)
    stage = found.stage_at(now)
    if stage is ChallengeStage.PENDING:
        return Waits(prompt_of(found), found.id, found.created_at, number_of(found))
    return Proved("") if stage is ChallengeStage.APPROVED else StartOver(ENDED[stage])


async def mine(house: House, who: Bearer, challenge: str) -> Challenge | None:
    """A question of this very session."""
    found = await authenticators.find_challenge(house.db, house.keys, challenge)
    return found if found and found.purpose in _OURS and found.browser == browser_of(who) else None


async def collect(house: House, who: Bearer, challenge: str, now: int) -> Proved | StartOver:
    """Makes the session fresh, once for one approval."""
    if not isinstance(seen := await look(house, who, challenge, now), Proved):
        return seen if isinstance(seen, StartOver) else StartOver(Code.LOGIN_START_OVER)
    token = house.chance.token()

    async def work(tx: Tx) -> Proved | StartOver:
        if proof := await authenticators.consume(tx, challenge, who.user.id, now):
            narrow_at = await issuing.narrows_at(tx, house, proof[1], proof[0])
            return await _renew(tx, who, token, proof[1], now, proof[0], narrow_at)
        return StartOver(Code.LOGIN_START_OVER)

    return await house.db.write(work)


async def prove_password(house: House, who: Bearer, visit: Visit, password: Secret[str]) -> Proved | Refusal:
    """For a client without authenticators; through the same gate and counters as a login."""
    if await how(house, who) is None:
        return Refusal(Code.STEP_UP)
    checked = await check_password(house, visit, who.user.name, password)
    if isinstance(checked, Refusal):
        return checked
    token = house.chance.token()

    async def work(tx: Tx) -> Proved | StartOver:
        await checked.settle(tx)
        if await authenticators.held_by(tx, house.keys, who.user.id):
            return StartOver(Code.STEP_UP)
        return await _renew(tx, who, token, "password", visit.now)

    done = await house.db.write(work)
    return done if isinstance(done, Proved) else Refusal(done.refusal)


async def _renew(
    tx: Tx, who: Bearer, token: str, proved: str, now: int, one: str | None = None, narrow_at: int = 0
) -> Proved | StartOver:
    is_live = await prove_more(tx, who, token, proved, one, now, narrow_at)
    return Proved(token) if is_live else StartOver(Code.SESSION_ENDED)


def browser_of(who: Bearer) -> bytes:
    """A session's own questions, apart from those of its browser's logins."""
    return SESSION + who.session.encode()
