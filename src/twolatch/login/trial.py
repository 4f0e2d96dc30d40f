""" "Test my phone": the client walks every way to approve and sees which works. Nothing is opened by any of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from msgspec.structs import replace

from twolatch import audit, limits
from twolatch.authenticators import policy, waking
from twolatch.authenticators import store as authenticators
from twolatch.authenticators.asking import SESSION, Asking, ask, prepare, tell, wake
from twolatch.authenticators.model import Authenticator, Challenge, Purpose, Stage
from twolatch.house import House
from twolatch.login import rungs
from twolatch.login.model import Proceed, Waits
from twolatch.login.prompts import number_of, prompt_of
from twolatch.people import store as people
from twolatch.sessions.model import SignedIn
from twolatch.storage.db import Tx
from twolatch.words.events import Event
from twolatch.words.limits import PUSH_TESTS, TRIALS, Limit
from twolatch.words.refusals import Code, Refusal, seconds_until
from twolatch.words.shapes import facts_of
from twolatch.words.visit import Visit


class Rung(StrEnum):
    """The ways to approve, from the usual one down."""

    PUSH = "push"
    SCAN = "scan"
    CODE = "code"


class Over(StrEnum):
    """Why a question cannot be answered any more."""

    EXPIRED = "expired"
    DENIED = "denied"
    LOCKED = "locked"  # too many wrong answers
    ENDED = "ended"  # a newer one took its place, the phone was stopped, or it never was this session's


_OVER: Mapping[Stage, Over] = {Stage.EXPIRED: Over.EXPIRED, Stage.DENIED: Over.DENIED, Stage.LOCKED: Over.LOCKED}


@dataclass(frozen=True, slots=True)
class Works:
    """An answer arrived by the way that was tried."""


@dataclass(frozen=True, slots=True)
class Subject:
    """What is tried: the phone's name, the ways it has on this site, and whether it is woken now: `is_quiet` after
    somebody said "it was not me"."""

    name: str
    rungs: tuple[Rung, ...]
    is_woken: bool
    is_quiet: bool


async def subject(house: House, who: SignedIn, phone: str, now: int) -> Subject | None:
    """The phone to try: this one of the client's, or for "" the one that the next login asks. None without one."""
    one = await _mine(house, who, phone, now)
    if one is None:
        return None
    ways = (Rung.PUSH, Rung.SCAN, Rung.CODE) if house.settings.code_digits else (Rung.PUSH, Rung.SCAN)
    return Subject(one.name, ways, waking.wakes(house, one), now < who.user.quiet_until)


async def _mine(house: House, who: SignedIn, phone: str, now: int) -> Authenticator | None:
    held = await authenticators.held_by(house.db, house.keys, who.user.id)
    found = policy.with_a_screen(house, held, now)
    return next((one for one in found if phone in {"", one.id}), None)


async def begin(house: House, who: SignedIn, phone: str, rung: Rung, visit: Visit) -> Waits | Refusal:
    """Asks the phone in this one way. A newer trial takes the older one's place."""
    one = await _mine(house, who, phone, visit.now)
    if one is None:
        return Refusal(Code.LOGIN_PHONE_LOCKED)
    # Digits that the page does not show: only the scan can answer.
    digits = True if rung is Rung.SCAN else None
    browser = SESSION + who.session.encode()
    asking = Asking(Purpose.TRIAL, browser, True, visit.agent, visit.address, "trial", digits=digits)
    question = prepare(house, one, who.user, asking, visit.now)
    try:
        return await house.db.write(lambda tx: _begin(tx, house, who, one, question, rung))
    except _Enough as enough:
        return enough.refusal


class _Enough(Exception):
    """One of the counters is used up: none of them is charged."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.code.code)
        self.refusal = refusal


async def _begin(
    tx: Tx, house: House, who: SignedIn, one: Authenticator, question: Challenge, rung: Rung
) -> Waits | Refusal:
    now = question.created_at
    await people.take_turn(tx, who.user.id)
    wakes = rung is Rung.PUSH and waking.wakes(house, one) and now >= who.user.quiet_until
    await _pay(tx, now, (TRIALS, who.user.id), *([(PUSH_TESTS, one.id)] if wakes else []))
    if rung is Rung.CODE:  # with its number from the start: such a question is never shown on the phone
        opening = await rungs.open_number(tx, house, one, who.user.name, question, question.expires_at, now)
        if isinstance(opening, Refusal):
            return opening
        question = replace(question, memory=opening.memory, number=facts_of(opening.prompt))
    if refused := await ask(tx, house, who.user, one, question, now):
        return refused
    if wakes:
        wake(tx, house, one, now)
    await audit.write(tx, now, Event.TRIAL_BEGUN, who.user.id, question.id, way=rung.value, phone=one.id)
    return Waits(prompt_of(question), question.id, now, number_of(question))


async def _pay(tx: Tx, now: int, *counters: tuple[Limit, str]) -> None:
    for paid in await limits.pay_each(tx, now, *counters):
        if isinstance(paid, limits.Blocked):
            raise _Enough(Refusal(Code.TRIAL_LIMIT, retry_after=seconds_until(paid.until, now)))


async def look(house: House, who: SignedIn, challenge: str, now: int) -> Waits | Works | Over:
    """Where a trial of this session stands. Reads only; nothing is ever collected from it."""
    found = await _asked(house, who, challenge)
    if found is None:
        return Over.ENDED
    stage = found.stage_at(now)
    if stage is Stage.PENDING:
        return Waits(prompt_of(found), found.id, found.created_at, number_of(found))
    return Works() if found.stage is Stage.APPROVED else _OVER.get(stage, Over.ENDED)


async def _asked(house: House, who: SignedIn, challenge: str) -> Challenge | None:
    found = await authenticators.find_challenge(house.db, house.keys, challenge)
    is_mine = found and found.purpose is Purpose.TRIAL and found.browser == SESSION + who.session.encode()
    return found if is_mine else None


async def answer(house: House, who: SignedIn, challenge: str, text: str, now: int) -> Proceed | Refusal:
    """The code for a trial by number."""
    return await rungs.prove_typed(house, await _asked(house, who, challenge), text, now)


async def failed(house: House, who: SignedIn, challenge: str, rung: Rung, now: int) -> None:
    """The client says that this way does not work; what still waits on the phone is withdrawn. Past the limit nothing
    is written: an open session is no pen for filling the audit."""
    asked = await _asked(house, who, challenge)

    async def work(tx: Tx) -> None:
        if isinstance(await limits.pay(tx, TRIALS, who.user.id, now), limits.Blocked):
            return
        if asked and await authenticators.end_challenge(tx, asked.id, Stage.CANCELLED, now):
            tell(tx, house, [{"id": asked.id, "authenticator_id": asked.authenticator}])
        about, phone = (asked.id, asked.authenticator) if asked else (None, "")
        await audit.write(tx, now, Event.TRIAL_FAILED, who.user.id, about, way=rung.value, phone=phone)

    await house.db.write(work)
