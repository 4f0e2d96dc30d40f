"""What the desk does for a client: each wish looks up, inside its own transaction, how much the caller proved and what
the table asks for. Whatever takes a second person goes to `proposals` and comes back by itself.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from twolatch import audit, limits, notices
from twolatch.authenticators import flows as life
from twolatch.authenticators import issuing, telling
from twolatch.authenticators import store as authenticators
from twolatch.authenticators.issuing import Given
from twolatch.authenticators.model import Authenticator, State
from twolatch.authenticators.outcome import move
from twolatch.custody import flows as custody
from twolatch.custody import store as cards
from twolatch.custody.model import By, Fault
from twolatch.desk import cases, store
from twolatch.desk.budgets import Budget, spend
from twolatch.desk.model import Action, Case, Level, Verdict, level_of, verdict_on
from twolatch.desk.proposals import wishing
from twolatch.desk.proposals.model import Proposal
from twolatch.house import House
from twolatch.people import store as people
from twolatch.people.model import User
from twolatch.sessions.flows import is_fresh
from twolatch.sessions.model import AtDesk
from twolatch.storage.db import Tx
from twolatch.words.events import Event
from twolatch.words.limits import PASSWORD
from twolatch.words.refusals import Code, Refusal
from twolatch.words.warrants import CallerProved

# What opens something to somebody who works here himself takes a second person, or the operator.
_FOR_COLLEAGUES = {
    Action.TEMPORARY_CODE: Verdict.FOUR_EYES,
    Action.UNLOCK: Verdict.REFUSED,
    Action.WAKE: Verdict.REFUSED,
    Action.ALLOW_PHONE: Verdict.REFUSED,
}


@dataclass(frozen=True, slots=True)
class Standing:
    """Where an action begins: the case, whose it is, and what was proved."""

    case: Case
    user: User
    level: Level


def verdict(action: Action, level: Level, *, is_staff: bool) -> Verdict:
    found = verdict_on(action, level)
    return _FOR_COLLEAGUES.get(action, found) if is_staff and found is Verdict.ALLOWED else found


async def _stand(
    tx: Tx, house: House, who: AtDesk, case: str, action: Action, now: int, wanted: Verdict = Verdict.ALLOWED
) -> Standing | Refusal:
    """Inside the transaction of the wish: the role, the case, and what was proved, as they are now."""
    found = await cases.mine(tx, who, case, now)
    if isinstance(found, Refusal):
        return found
    turns = {user: await people.take_turn(tx, user) for user in sorted({who.user.id, found.user})}
    user = turns[found.user]
    if user is None or await people.staff_of(tx, house.keys, who.user.id) is None:
        return Refusal(Code.SESSION_ENDED)
    if who.user.id in await cases.kin(tx, found.user):
        return Refusal(Code.DESK_OWN)
    level = level_of(await store.proofs_of(tx, found.id), now)
    is_staff = await people.staff_of(tx, house.keys, user.id) is not None
    if verdict(action, level, is_staff=is_staff) is not wanted:
        return Refusal(Code.DESK_PROOF)
    return Standing(found, user, level)


Work = Callable[[Tx, Standing], Awaitable[Refusal | None]]


async def _do(house: House, who: AtDesk, case: str, action: Action, work: Work, now: int) -> Refusal | None:
    if not is_fresh(who, now):
        return Refusal(Code.STEP_UP)

    async def whole(tx: Tx) -> Refusal | None:
        standing = await _stand(tx, house, who, case, action, now)
        return standing if isinstance(standing, Refusal) else await work(tx, standing)

    return await house.db.write(whole)


def _by(who: AtDesk, case: Case) -> dict[str, str]:
    return {"by": who.user.id, "case": case.id}


async def temporary_code(house: House, who: AtDesk, case: str, label: str, now: int) -> Given | Proposal | Refusal:
    """Shown once, to who asked for it. For a caller who proved himself by something he holds it is this agent's
    business; for anybody else a second person decides. `label` is how the client's list calls it."""
    if not is_fresh(who, now):
        return Refusal(Code.STEP_UP)
    found = await cases.mine(house.db, who, case, now)
    user = None if isinstance(found, Refusal) else await people.by_id(house.db, found.user)
    if isinstance(found, Refusal) or user is None:
        return found if isinstance(found, Refusal) else Refusal(Code.DESK_NOBODY)
    level = level_of(await store.proofs_of(house.db, found.id), now)
    is_staff = await people.staff_of(house.db, house.keys, user.id) is not None
    ruled = verdict(Action.TEMPORARY_CODE, level, is_staff=is_staff)
    why = f"case {found.label}: {found.reason.value}"
    if ruled is Verdict.FOUR_EYES:
        return await wishing.temporary_code(house, who, user, label, why, found.id, now)
    if ruled is Verdict.REFUSED:
        return Refusal(Code.DESK_PROOF)
    if refused := await spend(house, who.user.id, Budget.CODES, now):
        return refused
    ready = issuing.prepare(house, user, why, label, now)
    return ready if isinstance(ready, Refusal) else await _give(house, who, case, ready, now)


async def _give(house: House, who: AtDesk, case: str, ready: issuing.Ready, now: int) -> Given | Refusal:
    async def work(tx: Tx) -> Given | Refusal:
        standing = await _stand(tx, house, who, case, Action.TEMPORARY_CODE, now)
        if isinstance(standing, Refusal):
            return standing
        warrant = CallerProved(who.user.id, standing.case.id, standing.user.id)
        given = await issuing.give_out(tx, house, warrant, ready, now)
        if isinstance(given, Given):
            await cases.did(tx, house, standing.case, who.user.id, Action.TEMPORARY_CODE.value, "", now)
        return given

    return await house.db.write(work)


async def remove_all(house: House, who: AtDesk, case: str, why: str, now: int) -> Proposal | Refusal:
    """Everything the client holds: a second person decides, whatever was proved."""
    if not is_fresh(who, now):
        return Refusal(Code.STEP_UP)

    async def work(tx: Tx) -> Standing | Refusal:
        return await _stand(tx, house, who, case, Action.REMOVE_ALL, now, Verdict.FOUR_EYES)

    standing = await house.db.write(work)
    if isinstance(standing, Refusal):
        return standing
    return await wishing.removal(house, who, standing.user, why, standing.case.id, now)


async def lock(house: House, who: AtDesk, case: str, now: int) -> Refusal | None:
    """Nobody gets in as this client, by whatever he holds."""

    async def work(tx: Tx, at: Standing) -> Refusal | None:
        if at.user.is_off or not await people.set_off(tx, at.user.id, is_off=True):
            return Refusal(Code.DESK_NOT_NOW)
        await audit.write(tx, now, Event.USER_LOCKED, at.user.id, **_by(who, at.case))
        await notices.write(tx, house, now, at.user.recipient, "desk_locked")
        await cases.did(tx, house, at.case, who.user.id, Action.LOCK.value, "", now)
        return None

    return await _do(house, who, case, Action.LOCK, work, now)


async def unlock(house: House, who: AtDesk, case: str, now: int) -> Refusal | None:
    """Lets the client in again: what was locked, and too many wrong passwords. What he holds stays as it is."""
    if refused := await spend(house, who.user.id, Budget.UNLOCKS, now):
        return refused

    async def work(tx: Tx, at: Standing) -> Refusal | None:
        await people.set_off(tx, at.user.id, is_off=False)
        await limits.clear(tx, (PASSWORD, at.user.id))
        await audit.write(tx, now, Event.USER_UNLOCKED, at.user.id, **_by(who, at.case))
        await notices.write(tx, house, now, at.user.recipient, "desk_opened")
        await cases.did(tx, house, at.case, who.user.id, Action.UNLOCK.value, "", now)
        return None

    return await _do(house, who, case, Action.UNLOCK, work, now)


async def allow_phone(house: House, who: AtDesk, case: str, now: int) -> Refusal | None:
    """A first phone may be linked although the login was long unused."""

    async def work(tx: Tx, at: Standing) -> Refusal | None:
        if not at.user.needs_desk:
            return Refusal(Code.DESK_NOT_NOW)
        await people.allow_activation(tx, at.user.id, now)
        await audit.write(tx, now, Event.PHONE_ALLOWED, at.user.id, **_by(who, at.case))
        await notices.write(tx, house, now, at.user.recipient, "desk_opened")
        await cases.did(tx, house, at.case, who.user.id, Action.ALLOW_PHONE.value, "", now)
        return None

    return await _do(house, who, case, Action.ALLOW_PHONE, work, now)


async def _held(tx: Tx, house: House, at: Standing, one_id: str) -> Authenticator | None:
    held = await authenticators.held_by(tx, house.keys, at.user.id)
    return next((one for one in held if one.id == one_id), None)


async def suspend(house: House, who: AtDesk, case: str, one_id: str, now: int) -> Refusal | None:
    """It answers nothing until somebody wakes it."""

    async def work(tx: Tx, at: Standing) -> Refusal | None:
        one = await _held(tx, house, at, one_id)
        event = Event.AUTHENTICATOR_SUSPENDED
        if one is None or not await move(tx, house, one.id, at.user, State.SUSPENDED, event, now):
            return Refusal(Code.DESK_NOT_NOW)
        await issuing.end_sessions(tx, house, at.user, one, now)
        await telling.write(tx, house, at.user, one, "phone_suspended", now)
        await cases.did(tx, house, at.case, who.user.id, Action.SUSPEND.value, one.name, now)
        return None

    return await _do(house, who, case, Action.SUSPEND, work, now)


async def wake(house: House, who: AtDesk, case: str, one_id: str, now: int) -> Refusal | None:
    """What was locked or suspended answers again, with its tries given back."""
    if refused := await spend(house, who.user.id, Budget.UNLOCKS, now):
        return refused

    async def work(tx: Tx, at: Standing) -> Refusal | None:
        one = await _held(tx, house, at, one_id)
        if one is None or one.state is State.ACTIVE or not await life.wake(tx, house, at.user, one, now):
            return Refusal(Code.DESK_NOT_NOW)
        await notices.write(tx, house, now, at.user.recipient, "desk_opened")
        await cases.did(tx, house, at.case, who.user.id, Action.WAKE.value, one.name, now)
        return None

    return await _do(house, who, case, Action.WAKE, work, now)


async def faulty(house: House, who: AtDesk, case: str, serial: str, now: int) -> Refusal | None:
    """The card does not work: it opens nothing any more, and still counts as what the client holds."""
    if not is_fresh(who, now):
        return Refusal(Code.STEP_UP)

    async def look(tx: Tx) -> Standing | Refusal:
        return await _stand(tx, house, who, case, Action.FAULTY, now)

    at = await house.db.write(look)
    if isinstance(at, Refusal):
        return at
    card = await cards.by_serial(house.db, serial)
    if card is None or card.user != at.user.id:
        return Refusal(Code.NOT_FOUND)
    if isinstance(await custody.fail(house, serial, now, By("desk", who.user.id)), Fault):
        return Refusal(Code.DESK_NOT_NOW)

    async def keep(tx: Tx) -> None:
        await cases.did(tx, house, at.case, who.user.id, Action.FAULTY.value, card.serial, now)

    await house.db.write(keep)
    return None
