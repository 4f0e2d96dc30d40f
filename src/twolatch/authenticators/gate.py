"""The gate: the one function through which every answer to every authenticator passes (rule C8).

Order matters, and each step names its attack:
  1 the row is authentic            a database writer cannot swap a public key
  2 the answer is its own           a stranger can neither lock an authenticator nor learn of it
  3 it may answer, and the challenge is its own, pending, and the very one that was shown
  4 it is no copy                   a copied storage shows itself; an answer that is late does not
  5 a denial ends here, it proves nothing
  6 a try is paid, in its own commit (rule C2)    parallel guesses cannot share one
  7 the kind checks
  8 one transaction approves, moves the counters and tells the audit (rules C1, C3)
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from msgspec.structs import replace

from twolatch import limits
from twolatch.authenticators import arrival, outcome, sharing, store, telling
from twolatch.authenticators.asking import record_of
from twolatch.authenticators.model import (
    OVER,
    Authenticator,
    Challenge,
    Purpose,
    Stage,
    State,
    enrolment_after,
    has_ended,
    silence_of,
    used_at,
)
from twolatch.authenticators.outcome import Case
from twolatch.house import House
from twolatch.kinds.kind import Kind, Said, Signs
from twolatch.kinds.shelf import take
from twolatch.people import store as people
from twolatch.storage.db import Tx
from twolatch.words.refusals import Code, Refusal
from twolatch.words.verdicts import Accepted, Copied, Foreign, Genuine, Origin, Replayed

_ANSWERS = frozenset({Stage.APPROVED, Stage.DENIED, Stage.NOT_ME})
FASTER = 5  # how often somebody may be faster before we say so


@dataclass(frozen=True, slots=True)
class Answered:
    """What became of it. `moving` is how the authenticator stands now: what a phone has to keep is in it."""

    challenge: str
    stage: Stage
    moving: Mapping[str, Any]


async def prove(house: House, said: Said, now: int) -> Answered | Refusal:
    """Steps 1 to 8. A repeated answer gets the answer it got before: a lost reply is no lost login."""
    for _ in range(FASTER):
        case = await _open_case(house, said, now)
        if not isinstance(case, Case):
            return case
        done = await (_approve(house, case, now) if said.decision == "approve" else outcome.refuse(house, case, now))
        if done is not None:
            return Answered(case.challenge.id, *done) if isinstance(done, tuple) else done
    return Refusal(Code.BUSY, retry_after=1)


async def _open_case(house: House, said: Said, now: int) -> Case | Answered | Refusal:
    """Steps 1 to 4."""
    try:
        found = await store.answered(house.db, house.keys, said.authenticator, said.challenge)
    except store.ForgedRow:
        await outcome.report_forged(house, said.authenticator, now)
        return Refusal(Code.PHONE_UNKNOWN)
    if found is None:
        return Refusal(Code.PHONE_UNKNOWN)
    one, challenge, owner = found
    whose = sharing.whom_it_lets_in(one, challenge)
    user = owner if whose == one.user else await people.by_id(house.db, whose) if whose else None
    if user is None:
        return Refusal(Code.PHONE_UNKNOWN)
    kind = take(house.kinds, one.kind)
    record = record_of(house, one, user.name, with_secret=True)
    origin: Origin = kind.origin(record, said.content) if isinstance(kind, Signs) else Genuine()
    if isinstance(origin, Foreign):
        return Refusal(Code.PHONE_UNKNOWN)
    if code := silence_of(one, challenge):
        return Refusal(code)
    if has_ended(one, now):
        return Refusal(Code.LOGIN_RUN_OUT)
    mark = house.keys.mac("answer", said.mark, said.challenge)
    if challenge is None or challenge.authenticator != one.id or not _concerns(kind, challenge, said):
        return Refusal(Code.CHALLENGE_UNKNOWN)
    if challenge.answer == mark:
        return _as_before(one, challenge, now)
    if (stage := challenge.stage_at(now)) is not Stage.PENDING:
        return Refusal(OVER[stage])  # before the look at its epoch: an answer long on its way is from before others
    if isinstance(origin, Copied):
        return await outcome.suspend_copy(house, one, user, now)
    if isinstance(origin, Replayed):
        return Refusal(Code.ANSWER_REPLAYED)
    return Case(one, user, kind, record, challenge, said, mark)


def _as_before(one: Authenticator, challenge: Challenge, now: int) -> Answered | Refusal:
    """The very same answer again: its reply was lost. Nothing is paid and nothing moves."""
    stage = Stage.APPROVED if challenge.stage is Stage.CONSUMED else challenge.stage
    if stage is Stage.PENDING:
        return Refusal(Code.ANSWER_WRONG)
    if stage not in _ANSWERS:
        return Refusal(OVER[challenge.stage_at(now)])
    return Answered(challenge.id, stage, one.moving)  # read with the challenge: as this very answer left it, or later


def _concerns(kind: Kind, challenge: Challenge, said: Said) -> bool:
    return not isinstance(kind, Signs) or kind.concerns(challenge.memory, said.content)


async def _approve(house: House, case: Case, now: int) -> outcome.Done | Refusal | None:
    """Steps 6 to 8; None when somebody was faster and the case must be opened again."""
    paid = await _pay(house, case, now)
    if isinstance(paid, Refusal):
        return None if await _has_ended(house, case, now) else paid
    verdict = case.kind.check(case.record, case.challenge.memory, case.said.content, now)
    if not isinstance(verdict, Accepted):
        return await outcome.count_wrong(house, case, paid, now)
    done = await _accept(house, case, verdict, now)
    if done is None:
        await _give_back(house, case)
    return done


async def _has_ended(house: House, case: Case, now: int) -> bool:
    """The very same answer, sent twice, may have ended the challenge between the look and the payment."""
    found = await store.find_challenge(house.db, house.keys, case.challenge.id)
    return found is not None and found.stage_at(now) is not Stage.PENDING


async def _pay(house: House, case: Case, now: int) -> outcome.Tries | Refusal:
    """All of the kind's price, or nothing of it. Whatever was wrong costs the same, or the difference would tell."""
    price = case.price

    async def work(tx: Tx) -> outcome.Tries:
        tries = await store.pay_try(tx, case.challenge.id, price.tries, now) if price.tries else 0
        person = await limits.pay(tx, price.person, case.user.id, now) if price.person else limits.Paid(0)
        if tries is None or isinstance(person, limits.Blocked):
            raise _Unpaid(Code.CHALLENGE_LOCKED)
        row, month = await limits.pay_each(tx, now, (price.row, case.one.id), (price.month, case.one.id))
        if isinstance(row, limits.Blocked) or isinstance(month, limits.Blocked):
            raise _Unpaid(Code.PHONE_LOCKED if price.locks else Code.WAY_CLOSED)
        return outcome.Tries(price, row.count, month.count, tries, person.count)

    try:
        return await house.db.write(work)
    except _Unpaid as unpaid:
        return Refusal(unpaid.code)


class _Unpaid(Exception):
    """One of the counters is used up: none of them is charged, for nothing will be compared."""

    def __init__(self, code: Code) -> None:
        super().__init__(code.code)
        self.code = code


def _after(case: Case, verdict: Accepted, now: int) -> Authenticator:
    """The authenticator as a right answer leaves it."""
    one, shared = case.one, {"shared": case.user.id} if case.challenge.purpose is Purpose.SHARE else {}
    enrolment = {**(verdict.enrolment or one.enrolment), **shared}
    return replace(
        one,
        state=State.ACTIVE,
        moving=verdict.moving,
        enrolment=enrolment_after(one, State.ACTIVE, enrolment, now),
        used_at=used_at(one, case.challenge, now),
    )


async def _accept(house: House, case: Case, verdict: Accepted, now: int) -> outcome.Done | Refusal | None:
    one, then, is_share = case.one, _after(case, verdict, now), case.challenge.purpose is Purpose.SHARE

    async def work(tx: Tx) -> outcome.Done | None:
        if is_share and not await sharing.may_begin_to_serve(tx, house, one, case.user, now):
            raise _Late
        if not await store.advance(tx, house.keys, one, then):
            return None
        first = one.state is State.UNPROVEN
        if one.state is not State.ACTIVE and not await outcome.allowed(tx, house, one, State.ACTIVE):
            raise _Overtaken
        if first and not await arrival.take_place(tx, house, then, case.user, now):
            raise _Overtaken
        if not await store.end_challenge(tx, case.challenge.id, Stage.APPROVED, now, case.mark):
            raise _Late
        await outcome.write_approved(tx, house, case, now)
        if one.state is not State.ACTIVE:
            await outcome.followed(tx, house, one, State.ACTIVE, now)
        if first:
            await arrival.activated(tx, house, then, case, now)
        else:
            await telling.used(tx, house, case.user, then, now)
        if one.state is State.REPORTED:
            await arrival.returned(tx, house, then, case, now)
        if is_share:
            await sharing.begins_to_serve(tx, house, then, case.user, now)
            await arrival.settle_in(tx, house, then, case, now)
        return Stage.APPROVED, verdict.moving

    try:
        return await house.db.write(work)
    except _Late:
        return await _too_late(house, case, now)
    except _Overtaken:
        return await arrival.stop(house, one, case.user, now)


class _Late(Exception):
    """The challenge ended between the check and the commit; nothing of the approval may stay."""


class _Overtaken(Exception):
    """What allowed this step was stopped meanwhile; nothing of it may stay."""


async def _give_back(house: House, case: Case) -> None:
    """The answer was right, the moment was not: an honest client is not charged for that."""
    price = case.price

    async def work(tx: Tx) -> None:
        await limits.give_back(tx, price.row, case.one.id)
        await limits.give_back(tx, price.month, case.one.id)
        if price.person:
            await limits.give_back(tx, price.person, case.user.id)

    await house.db.write(work)


async def _too_late(house: House, case: Case, now: int) -> Refusal:
    await _give_back(house, case)
    return await outcome.over(house.db, house, case, now)
