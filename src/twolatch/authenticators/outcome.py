"""What follows from an answer: each outcome in one transaction with its audit event and its notices."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from msgspec.structs import replace

from twolatch import audit, limits, notices
from twolatch.authenticators import sharing, store, telling
from twolatch.authenticators.asking import SESSION, counted_as, tell
from twolatch.authenticators.model import (
    MAY_NOT_ANSWER,
    NEXT,
    OVER,
    Authenticator,
    Challenge,
    Purpose,
    Stage,
    State,
    enrolment_after,
    used_at,
)
from twolatch.house import House
from twolatch.kinds.kind import Kind, Price, Printed, Record, Said, Signs
from twolatch.notices import links
from twolatch.people import store as people
from twolatch.people.model import User
from twolatch.sessions import store as sessions
from twolatch.sessions.flows import note_ended
from twolatch.storage.db import Database, Tx
from twolatch.words.events import Event
from twolatch.words.limits import CHALLENGES, DAY, HOUR, PROMPTS
from twolatch.words.refusals import Code, Refusal

ALARM_AT = 3  # wrong second factors in a row, after which the client is told
QUIET = DAY
YOUNG = HOUR

Done = tuple[Stage, Mapping[str, Any]]  # how the challenge ended, and how the authenticator stands now


@dataclass(frozen=True, slots=True)
class Case:
    """One answer on its way through the gate."""

    one: Authenticator
    user: User
    kind: Kind
    record: Record
    challenge: Challenge
    said: Said
    mark: bytes  # MAC of the whole answer, to know a repeated one

    @property
    def price(self) -> Price:
        return self.kind.price(self.challenge.memory, self.said.content)


@dataclass(frozen=True, slots=True)
class Tries:
    """Charges that stand, this one included: in a row, in the month, on the challenge, of the client."""

    price: Price
    row: int
    month: int
    challenge: int
    person: int

    @property
    def are_used_up(self) -> bool:
        """No try is left to the authenticator in this way."""
        return self.row >= self.price.row.allowance or self.month >= self.price.month.allowance

    @property
    def end_the_question(self) -> bool:
        person = self.price.person is not None and self.person >= self.price.person.allowance
        return self.are_used_up or person or (self.price.tries > 0 and self.challenge >= self.price.tries)

    @property
    def left(self) -> int:
        row = min(self.price.row.allowance - self.row, self.price.month.allowance - self.month)
        return max(0, min(row, self.price.tries - self.challenge) if self.price.tries else row)


async def write_approved(tx: Tx, house: House, case: Case, now: int) -> None:
    one, user, challenge, price = case.one, case.user, case.challenge, case.price
    done = [(limit, one.id) for limit in (price.row, *price.frees)]
    if price.person:
        done.append((price.person, user.id))
    if challenge.purpose in {Purpose.LOGIN, Purpose.APP, Purpose.RETURN}:
        done.append((CHALLENGES, counted_as(user.id, challenge)))
    await limits.give_back(tx, price.month, one.id)
    await limits.clear(tx, *done, (PROMPTS, user.id))
    await audit.write(
        tx, now, Event.CHALLENGE_APPROVED, user.id, challenge.id,
        purpose=challenge.purpose.value, phone=one.id, way=price.way,
    )  # fmt: skip
    tell(tx, house, [{"id": challenge.id, "authenticator_id": one.id}])


async def refuse(house: House, case: Case, now: int) -> Done | Refusal | None:
    """Deny, or "it was not me". None when somebody moved the authenticator meanwhile."""
    one, user, challenge = case.one, case.user, case.challenge
    if not isinstance(case.kind, Signs):
        return Refusal(Code.MALFORMED)  # what is typed into the portal can only prove
    stage = Stage.NOT_ME if case.said.decision == "not_me" else Stage.DENIED
    moved = replace(one, moving=case.kind.denied(case.record, case.said.content), used_at=used_at(one, challenge, now))

    async def work(tx: Tx) -> Done | Refusal | None:
        if not await store.advance(tx, house.keys, one, moved):
            return None
        if not await store.end_challenge(tx, challenge.id, stage, now, case.mark):
            return await over(tx, house, case, now)
        await limits.clear(tx, (PROMPTS, user.id))
        event = Event.CHALLENGE_NOT_ME if stage is Stage.NOT_ME else Event.CHALLENGE_DENIED
        await audit.write(tx, now, event, user.id, challenge.id, purpose=challenge.purpose.value, phone=one.id)
        tell(tx, house, [{"id": challenge.id, "authenticator_id": one.id}])
        if stage is Stage.NOT_ME:
            await _alarm(tx, house, one, challenge, user, now)
        return stage, moved.moving

    return await house.db.write(work)


async def over(at: Database | Tx, house: House, case: Case, now: int) -> Refusal:
    """The question ended between the look and the commit: how, in its own words."""
    found = await store.find_challenge(at, house.keys, case.challenge.id)
    stage = found.stage_at(now) if found else Stage.EXPIRED
    return Refusal(OVER.get(stage, Code.CHALLENGE_EXPIRED))


async def _alarm(tx: Tx, house: House, one: Authenticator, challenge: Challenge, user: User, now: int) -> None:
    """Somebody else knows the password: everything that waits ends, so do that browser's young sessions."""
    tell(tx, house, await store.end_everything(tx, user.id, Stage.NOT_ME, now))
    ended = await sessions.end_young(tx, user.id, challenge.browser, now - YOUNG, now)
    asked_by = challenge.browser.removeprefix(SESSION).decode() if challenge.browser.startswith(SESSION) else ""
    if asked_by and await sessions.end(tx, user.id, asked_by, now):
        ended.append(asked_by)
    await note_ended(tx, user.id, ended, "not_me", now)
    await sessions.forget_browser(tx, challenge.browser, user.id)
    await people.alarm(tx, user.id, now + QUIET)
    link = links.suspend_link(house, one.id, now)
    await notices.withdraw_all(tx, user.id, notices.UNFINISHED)  # it would say less of the same
    await notices.write(tx, house, now, user.recipient, "not_me", phone=one.name, link=link)


async def count_wrong(house: House, case: Case, tries: Tries, now: int) -> Refusal:
    """The try stays paid, once: the same answer is known again by its mark. The last one locks; the third one tells
    the client."""
    one, user, challenge = case.one, case.user, case.challenge
    must_lock, is_over = tries.are_used_up and tries.price.locks, tries.end_the_question
    link = links.suspend_link(house, one.id, now)

    async def work(tx: Tx) -> None:
        await audit.write(
            tx, now, Event.ANSWER_WRONG, user.id, challenge.id,
            phone=one.id, way=tries.price.way, row=tries.row, tries=tries.challenge,
        )  # fmt: skip
        await store.remember_wrong(tx, challenge.id, case.mark)
        if is_over:
            await store.end_challenge(tx, challenge.id, Stage.LOCKED, now, case.mark)
            tell(tx, house, [{"id": challenge.id, "authenticator_id": one.id}])
        if challenge.purpose is Purpose.SET_UP:  # nothing is protected by it yet; the question ends by itself
            if must_lock and isinstance(case.kind, Printed):  # this paper waits on, and could be guessed at for ever
                await move(tx, house, one.id, user, State.REMOVED, Event.AUTHENTICATOR_REMOVED, now)
                await telling.write(tx, house, user, one, "phone_removed", now)
            return
        if must_lock:
            await move(tx, house, one.id, user, State.LOCKED, Event.AUTHENTICATOR_LOCKED, now)
            await telling.write(tx, house, user, one, "phone_locked", now, link=link)
        elif tries.row == ALARM_AT:
            await notices.write(tx, house, now, user.recipient, "guesses", phone=one.name, link=link)

    await house.db.write(work)
    if must_lock:
        return Refusal(Code.PHONE_LOCKED, tries_left=0)
    return Refusal(Code.CHALLENGE_LOCKED if is_over else Code.ANSWER_WRONG, tries_left=tries.left)


async def suspend_copy(house: House, one: Authenticator, user: User, now: int) -> Refusal:
    """An old epoch: the storage was copied, and nobody can tell which copy is the client's."""

    async def work(tx: Tx) -> None:
        if await move(tx, house, one.id, user, State.SUSPENDED, Event.AUTHENTICATOR_COPIED, now):
            await notices.write(tx, house, now, user.recipient, "copied_phone", phone=one.name)

    await house.db.write(work)
    return Refusal(Code.PHONE_COPIED)


async def report_forged(house: House, authenticator: str, now: int) -> None:
    async def work(tx: Tx) -> None:
        await audit.write(tx, now, Event.AUTHENTICATOR_FORGED, None, authenticator)

    await house.db.write(work)


async def move(
    tx: Tx, house: House, authenticator: str, user: User, to: State, event: Event, now: int,
    only_from: frozenset[State] = frozenset(State),
) -> bool:  # fmt: skip
    """From one state of its life to the next, with all that waited for it ended. False when it may not go there."""
    for _ in range(5):
        one = await _found(tx, house, authenticator, to, now)
        if one is None or user.id not in one.holders:
            return False
        if one.state is State.UNPROVEN and to in {State.LOCKED, State.REPORTED, State.SUSPENDED}:
            to = State.REMOVED
        if to not in NEXT[one.state] or one.state not in only_from or not await allowed(tx, house, one, to):
            return False
        if to is State.REMOVED and one.guest:
            if await sharing.leave(tx, house, one, user, event, now):
                return True
            continue
        enrolment = enrolment_after(one, to, one.enrolment, now)
        if await store.advance(tx, house.keys, one, replace(one, state=to, enrolment=enrolment)):
            if to in MAY_NOT_ANSWER:
                tell(tx, house, await store.end_of(tx, one.id, Stage.CANCELLED, now))
                await note_ended(tx, user.id, await sessions.end_bound(tx, user.id, one.id, now), "phone", now)
            await followed(tx, house, one, to, now)
            tx.after(lambda: house.signals.tell(f"phone:{authenticator}"))
            for holder in one.holders:
                await audit.write(tx, now, event, holder, one.id, before=one.state.value)
                tx.after(lambda holder=holder: house.signals.tell(f"user:{holder}"))  # type: ignore[misc]
            return True
    return False


async def allowed(tx: Tx, house: House, one: Authenticator, to: State) -> bool:
    """Whether nothing that is kept beside this authenticator stands against the step."""
    return all([await witness.allows(tx, one, to) for witness in house.witnesses])


async def followed(tx: Tx, house: House, one: Authenticator, to: State, now: int) -> None:
    for witness in house.witnesses:
        await witness.follow(tx, house, one, to, now)


async def _found(tx: Tx, house: House, authenticator: str, to: State, now: int) -> Authenticator | None:
    """The row to move; a forged one may only go, or a new state would put our MAC under a stranger's key."""
    try:
        return await store.find(tx, house.keys, authenticator)
    except store.ForgedRow as forged:
        await audit.write(tx, now, Event.AUTHENTICATOR_FORGED, forged.row.user, authenticator)
        return forged.row if to is State.REMOVED else None
