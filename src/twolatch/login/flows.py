"""Logging in: prove the password, prove the second factor, collect. Proving is not collecting: a session is made on one
line of this house, in `collect`, for the browser that began."""

from dataclasses import replace

from msgspec import structs

from twolatch import audit, limits
from twolatch.authenticators import issuing, policy
from twolatch.authenticators import store as authenticators
from twolatch.authenticators.asking import Asking, ask, counted_as, prepare, tell
from twolatch.authenticators.model import Authenticator, Challenge, Purpose, State, has_ended, may_return, silence_of
from twolatch.authenticators.model import Stage as ChallengeStage
from twolatch.house import House
from twolatch.login import choosing, doors, reading, store, unfinished
from twolatch.login.model import (
    ENDED,
    Asked,
    Attempt,
    Collected,
    MailSent,
    Proceed,
    Ready,
    Stage,
    StartOver,
    StillWaiting,
    View,
    Waits,
)
from twolatch.login.password import RightPassword, check_password
from twolatch.login.prompts import number_of, prompt_of
from twolatch.people import store as people
from twolatch.people.model import User
from twolatch.sessions import store as sessions
from twolatch.sessions.flows import DESK, READING, fingerprint
from twolatch.storage.db import Tx
from twolatch.words.events import Event
from twolatch.words.limits import CHALLENGES, DAY, HOUR, MINUTE, SECOND
from twolatch.words.refusals import Code, Refusal, seconds_until
from twolatch.words.secret import Secret
from twolatch.words.visit import Door, Visit

TOLD = 10 * MINUTE  # how long the browser can still be told what became of a question that is over


async def begin(house: House, visit: Visit, name: str, password: Secret[str]) -> Proceed | Refusal:
    """The first latch. An unknown name and a wrong password cost, take and read the same."""
    if not visit.pre:  # all browsers without one would share the attempt
        return Refusal(Code.LOGIN_START_OVER)
    right = await check_password(house, visit, name, password)
    if isinstance(right, Refusal):
        return right
    user, is_known = right.user, right.is_known
    held = await authenticators.held_by(house.db, house.keys, user.id)
    usable = policy.usable_at(house, held, visit)
    if shut := await doors.why_not(house, user, usable, visit):
        return await refuse(house, right, shut, visit)
    if user.closed_at and not user.is_off:
        if code := reading.why_not(house, user, password, visit.now, has_key=bool(held)):
            return await refuse(house, right, code, visit)
        if not held:  # who kept a passkey is asked for it, whatever the setting says by now
            return await reading.begin(house, visit, right, password)
    if user.is_off or user.keys_only or (held and not usable):
        return await refuse(house, right, _why_not(house, user, held, visit.now), visit)
    question = prepare(house, usable[0], user, asking(house, visit, is_known), visit.now) if usable else None
    return await open_attempt(house, visit, right, usable[0] if usable else None, question)


def _why_not(house: House, user: User, held: list[Authenticator], now: int) -> Code:
    if user.is_off or user.keys_only:
        return Code.LOGIN_OFF if user.is_off else Code.LOGIN_KEYS_ONLY
    active = [one for one in held if one.state is State.ACTIVE]
    if any(not has_ended(one, now) and "browser" in one.enrolment for one in active):
        return Code.LOGIN_ELSEWHERE
    if any(has_ended(one, now) for one in active):
        return Code.LOGIN_RUN_OUT
    is_coming_back = any(may_return(one, now, house.settings.bridging_days * DAY) for one in held)
    return Code.LOGIN_PHONE_REPORTED if is_coming_back else Code.LOGIN_PHONE_LOCKED


def asking(house: House, visit: Visit, is_known: bool, purpose: Purpose = Purpose.LOGIN) -> Asking:
    """A phone that comes back is never asked by a "known browser": the digits are always typed on it."""
    if purpose is Purpose.RETURN:
        return Asking(purpose, visit.pre, False, visit.agent, visit.address, "found")
    browser = visit.browser if is_known else visit.pre
    application = doors.application_at(house, visit)
    return Asking(Purpose.LOGIN, browser, is_known, visit.agent, visit.address, "password", application=application)


async def refuse(house: House, right: RightPassword, code: Code, visit: Visit) -> Refusal:
    async def work(tx: Tx) -> None:
        await right.settle(tx)
        await audit.write(
            tx, visit.now, Event.LOGIN_REFUSED, right.user.id, None, code=code.code, address=visit.address
        )
        await unfinished.refused(tx, house, visit, right.user)

    await house.db.write(work)
    return Refusal(code)


async def open_attempt(
    house: House, visit: Visit, right: RightPassword, one: Authenticator | None, question: Challenge | None
) -> Proceed | Refusal:
    """Writes the attempt down and asks the authenticator, if there is one."""
    user = right.user
    lives = house.settings.challenge_seconds * SECOND
    subject = counted_as(user.id, question)
    end = question.expires_at + TOLD if question else visit.now + lives
    attempt = Attempt(
        house.chance.id(), user.id, Stage.OPEN, question.id if question else "", visit.now, end,
        agent=visit.agent, address=visit.address, tell_at=unfinished.tell_at(user, question, end),
    )  # fmt: skip

    async def work(tx: Tx) -> Proceed | Refusal:
        if await people.take_turn(tx, user.id) is None:
            return Refusal(Code.LOGIN_START_OVER)
        await right.settle(tx)
        if refused := _too_many(await limits.pay(tx, CHALLENGES, subject, visit.now), visit.now):
            return refused
        if question and one and (refused := await ask(tx, house, user, one, question, visit.now)):
            return refused
        await unfinished.replaced(tx, await store.insert(tx, visit.pre, attempt), user, visit)
        await audit.write(
            tx, visit.now, Event.PASSWORD_RIGHT, user.id, attempt.id, address=visit.address, agent=visit.agent
        )
        return Proceed(is_ready=question is None)

    return await house.db.write(work)


def _too_many(paid: limits.Paid | limits.Blocked, now: int) -> Refusal | None:
    """Logins begun and not approved."""
    if isinstance(paid, limits.Paid):
        return None
    return Refusal(Code.LOGIN_CHALLENGES, retry_after=seconds_until(paid.until, now))


async def look(house: House, visit: Visit) -> View:
    """Where this browser's attempt stands. Reads only."""
    found = await store.standing(house.db, house.keys, visit.pre, visit.now)
    return StartOver(Code.LOGIN_START_OVER) if found is None else _view(*found, visit.now)


async def glance(house: House, visit: Visit) -> StillWaiting | MailSent | Ready | StartOver:
    """The same for who does not want to see the question. Reads only."""
    found = await store.glance(house.db, visit.pre, visit.now)
    return StartOver(Code.LOGIN_START_OVER) if found is None else _glanced(*found, visit.now)


def _view(attempt: Attempt, challenge: Challenge | None, now: int) -> View:
    seen = _glanced(attempt, challenge, now)
    if not isinstance(seen, StillWaiting):
        return seen
    assert challenge is not None
    asks = (challenge.user, challenge.authenticator) if challenge.purpose is Purpose.LOGIN else None
    return Waits(prompt_of(challenge), challenge.id, challenge.created_at, number_of(challenge), asks)


def _glanced(
    attempt: Attempt, challenge: Challenge | Asked | None, now: int
) -> StillWaiting | MailSent | Ready | StartOver:
    if attempt.link:
        return MailSent()
    if not attempt.challenge:
        return Ready()
    if challenge is None:
        return StartOver(Code.LOGIN_START_OVER)
    stage = challenge.stage_at(now)
    if stage is ChallengeStage.APPROVED:
        return Ready()
    return StillWaiting(challenge.id) if stage is ChallengeStage.PENDING else StartOver(ENDED[stage])


async def again(house: House, visit: Visit, instead: str = "") -> Proceed | Refusal:
    """A fresh question in place of one that got lost, or to another authenticator (`instead`) within the same attempt;
    the older one is withdrawn. Nothing is won by it: counters of authenticators are theirs, every question begun is
    paid for, and the wrong answers given so far count for the new one."""
    attempt = await store.live(house.db, visit.pre, visit.now)
    user = attempt and await people.by_id(house.db, attempt.user)
    old = attempt and await authenticators.find_challenge(house.db, house.keys, attempt.challenge)
    if not attempt or not user or not old:
        return Refusal(Code.LOGIN_START_OVER)
    one = await _asked_now(house, user, old, instead, visit)
    if one is None:
        return Refusal(Code.LOGIN_NOT_THIS if instead else Code.LOGIN_START_OVER)
    is_known = await sessions.is_known(house.db, visit.browser, user.id)
    drawn = prepare(house, one, user, asking(house, visit, is_known, old.purpose), visit.now)

    async def work(tx: Tx) -> Proceed | Refusal:
        await people.take_turn(tx, user.id)
        seen = await choosing.replaceable(tx, house, visit, attempt.id, old.id)
        if not isinstance(seen, Challenge):
            return seen
        question = structs.replace(drawn, tries=seen.tries)
        paid = await limits.pay(tx, CHALLENGES, counted_as(user.id, question), visit.now)
        if refused := _too_many(paid, visit.now) or await ask(tx, house, user, one, question, visit.now):
            return refused
        before = await authenticators.find_challenge(tx, house.keys, old.id)
        if before and before.stage is ChallengeStage.APPROVED:
            raise _Answered
        await store.point_at(tx, attempt.id, question.id, question.expires_at + TOLD)
        return Proceed(is_ready=False)

    try:
        return await house.db.write(work)
    except _Answered:
        return Proceed(is_ready=True)


class _Answered(Exception):
    """The older question was answered while the newer one was made; nothing of the newer one may stay."""


async def _asked_now(house: House, user: User, old: Challenge, instead: str, visit: Visit) -> Authenticator | None:
    if instead:  # a phone that comes back has to answer itself
        return await choosing.wanted(house, user, instead, visit) if old.purpose is Purpose.LOGIN else None
    one = await authenticators.find(house.db, house.keys, old.authenticator)
    return None if one is None or silence_of(one, old) or has_ended(one, visit.now) else one


async def cancel(house: House, visit: Visit) -> None:
    """The client goes back; the phone's prompt is withdrawn."""

    async def work(tx: Tx) -> None:
        attempt = await store.end(tx, visit.pre)
        if attempt is None:
            return
        await audit.write(tx, visit.now, Event.LOGIN_CANCELLED, attempt.user, attempt.id)
        await unfinished.given_up(tx, house, attempt, visit.now)
        old = attempt.challenge and await authenticators.find_challenge(tx, house.keys, attempt.challenge)
        if old and await authenticators.end_challenge(tx, old.id, ChallengeStage.CANCELLED, visit.now):
            tell(tx, house, [{"id": old.id, "authenticator_id": old.authenticator}])

    await house.db.write(work)


async def collect(house: House, visit: Visit, bound_to: str = "") -> Collected | StillWaiting | StartOver:
    """Turns what is proved into a session, once, in one transaction, for the browser that began.

    `bound_to`: the device whose app it was that began; the session serves nobody else.
    """
    found = await store.glance(house.db, visit.pre, visit.now)
    if found is None:
        return StartOver(Code.LOGIN_START_OVER)
    seen = _glanced(*found, visit.now)
    if not isinstance(seen, Ready):
        return seen if isinstance(seen, StartOver) else StillWaiting()
    try:
        is_alone = found[1] is not None and found[1].purpose is Purpose.ALONE
        return await house.db.write(lambda tx: _collect(tx, house, visit, found[0], bound_to, is_alone))
    except _NotOurs:
        now_asked = await store.glance(house.db, visit.pre, visit.now)
        waits = now_asked is not None and isinstance(_glanced(*now_asked, visit.now), StillWaiting)
        return StillWaiting() if waits else StartOver(Code.LOGIN_START_OVER)  # the client may have changed his mind


class _NotOurs(Exception):
    """Somebody collected it first, or it asks for something else now; nothing of this collection may stay."""


async def _collect(tx: Tx, house: House, visit: Visit, attempt: Attempt, bound_to: str, is_alone: bool) -> Collected:
    now = visit.now
    user, is_known = await sessions.take_turn(tx, attempt.user, visit.browser)
    proof = None
    if attempt.challenge:
        proof = await authenticators.consume(tx, attempt.challenge, attempt.user, now)
    elif user and await authenticators.held_by(tx, house.keys, user.id):
        raise _NotOurs  # a phone was activated meanwhile: the password alone opens nothing any more
    is_proved = proof is not None or not attempt.challenge
    may_enter = user is not None and not user.is_off and user.keys_only is is_alone  # that may have changed meanwhile
    if not user or not may_enter or not is_proved or not reading.may_collect(user, attempt):
        raise _NotOurs
    if not await doors.may_pass(tx, house, user, proof, visit):
        raise _NotOurs
    if not await store.collect(tx, attempt, visit.pre, now):
        raise _NotOurs
    browser_token = house.chance.token()
    browser = visit.browser if is_known or bound_to else fingerprint(browser_token)
    token, new = await _new_session(tx, house, visit, user, proof, browser, bound_to)
    new = replace(new, proved=f"{new.proved}.alone") if is_alone else new
    if proof:
        await unfinished.followed(tx, attempt)
    await sessions.insert(tx, new)  # the one line that makes a session
    if not bound_to:
        await sessions.know(tx, browser, user.id, now)
    if proof is None:
        await limits.clear(tx, (CHALLENGES, user.id))
    dormant = proof is None and user.is_dormant(now, house.settings.dormant_days * DAY)
    await people.logged_in(tx, user.id, now, needs_desk=dormant)
    await audit.write(
        tx, now, Event.LOGIN_COLLECTED, user.id, new.id, proved=new.proved, address=visit.address, scope=new.scope
    )
    if new.scope == READING:
        await reading.tell(tx, house, user, visit)
    kept = "" if browser == visit.browser else browser_token
    return Collected(token, kept, user.id, new.proved, user.must_change and not new.scope)


async def _new_session(
    tx: Tx, house: House, visit: Visit, user: User, proof: tuple[str, str] | None, browser: bytes, bound_to: str
) -> tuple[str, sessions.NewSession]:
    """Its token, and what is kept of it. Raises when what proved it serves another browser."""
    token, now = house.chance.token(), visit.now
    one, proved = proof or (None, "password")
    lives = reading.LIVES if user.closed_at else house.settings.session_hours * HOUR
    if one and not await issuing.bind(tx, house, proved, one, visit.browser, browser):
        raise _NotOurs
    return token, sessions.NewSession(
        id=house.chance.id(),
        token=fingerprint(token),
        user=user.id,
        browser=browser,
        proved=proved,
        authenticator=one,
        agent=visit.agent,
        address=visit.address,
        now=now,
        ends_at=now + lives,
        bound_to=bound_to,
        narrow_at=await issuing.narrows_at(tx, house, proved, one) if one else 0,
        scope=DESK if visit.door is Door.DESK else READING if user.closed_at else "",
    )
