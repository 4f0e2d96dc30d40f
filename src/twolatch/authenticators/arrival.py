"""A new authenticator becomes active: told on every channel, and where it stands in for another, that one ends.

The law of a move: the old one ends in the very transaction in which the new one becomes active. Never two, never none:
until then the old one stays as it was, whatever becomes of the new one.
"""

from twolatch import audit, limits, notices
from twolatch.authenticators import store, telling
from twolatch.authenticators.asking import SESSION
from twolatch.authenticators.model import HELD, Authenticator, Purpose, State, Swap, swap_of
from twolatch.authenticators.outcome import Case, move
from twolatch.authenticators.policy import is_spare, is_stand_in, linked, may_hand_on, traits_of
from twolatch.house import House
from twolatch.kinds.kind import Trait
from twolatch.notices import links
from twolatch.people.model import User
from twolatch.sessions import store as sessions
from twolatch.sessions.flows import note_ended
from twolatch.storage.db import Database, Tx
from twolatch.words.events import Event
from twolatch.words.limits import STAND_INS
from twolatch.words.refusals import Code, Refusal

FASTER = 5


async def may_replace(db: Database | Tx, house: House, user: str, swap: Swap, since: int) -> bool:
    """Whether this move may still happen. Who allowed it must have been active without a break since then: a report
    or a lock in between ends every move, or a thief's would outlive it."""
    try:
        prover = await store.find(db, house.keys, swap.prover)
        old = prover if swap.old == swap.prover else await store.find(db, house.keys, swap.old)
    except store.ForgedRow:
        return False
    if not prover or not old or user not in prover.holders or old.user != user:
        return False
    return _is_unbroken(prover, since) and may_hand_on(house, prover) and old.state in HELD


def _is_unbroken(prover: Authenticator, since: int) -> bool:
    return prover.state is State.ACTIVE and int(prover.enrolment.get("back", 0)) <= since


async def take_place(tx: Tx, house: House, new: Authenticator, user: User, now: int) -> bool:
    """Ends the one `new` stands in for. False when it may not: then nothing of this transaction may stay."""
    swap = swap_of(new)
    if swap is None:
        return True
    if not await may_replace(tx, house, user.id, swap, new.created_at):
        return False
    if swap.prover == swap.old:  # from active only: a report that commits first is seen here
        return await _end(tx, house, swap.old, user, now, frozenset({State.ACTIVE}))
    return await _hold(tx, house, swap.prover, new.created_at) and await _end(tx, house, swap.old, user, now, HELD)


async def _end(tx: Tx, house: House, old: str, user: User, now: int, before: frozenset[State]) -> bool:
    return await move(tx, house, old, user, State.REMOVED, Event.AUTHENTICATOR_MOVED, now, only_from=before)


async def _hold(tx: Tx, house: House, prover: str, since: int) -> bool:
    """Writes the prover's row as it is, so that a report at the same moment waits for us or is seen by us."""
    for _ in range(FASTER):
        one = await store.find(tx, house.keys, prover)
        if one is None or not _is_unbroken(one, since):
            return False
        if await store.advance(tx, house.keys, one, one):
            return True
    return False


async def activated(tx: Tx, house: House, one: Authenticator, case: Case, now: int) -> None:
    """The last step of an activation: told on every other channel, with a way to stop it."""
    user = case.user
    await audit.write(tx, now, Event.ACTIVATION_FINISHED, user.id, one.id, kind=one.kind, way=case.price.way)
    link = links.suspend_link(house, one.id, now)
    if swap := swap_of(one):
        old = await store.find(tx, house.keys, swap.old)
        name = old.name if old else ""
        await notices.write(tx, house, now, user.recipient, "phone_moved", phone=one.name, old=name, link=link)
        ended = await sessions.end_all(tx, user.id, now, but=swap.keeps)
        await note_ended(tx, user.id, ended, "moved", now)
    else:
        await telling.write(tx, house, user, one, "new_phone", now, link=link)
    await settle_in(tx, house, one, case, now)
    tx.after(lambda: house.signals.tell(f"user:{user.id}"))


async def returned(tx: Tx, house: House, one: Authenticator, case: Case, now: int) -> None:
    """The lost phone was found, and proved it: told like a new one, for a thief may have "found" it."""
    user = case.user
    await audit.write(tx, now, Event.AUTHENTICATOR_RETURNED, user.id, one.id, way=case.price.way)
    link = links.suspend_link(house, one.id, now)
    await telling.write(tx, house, user, one, "phone_returned", now, link=link)
    await _relieve(tx, house, one, user, now)
    tx.after(lambda: house.signals.tell(f"user:{user.id}"))


async def settle_in(tx: Tx, house: House, one: Authenticator, case: Case, now: int) -> None:
    """One that is alone of its kind ends the older one. The client's very first ends what the password alone had
    opened elsewhere, and those browsers are strangers again: a thief who came first would else stay in. For a phone
    that happened with the six digits, and happens again: the password alone opens the door until this very answer."""
    user = case.user
    if Trait.ALONE in traits_of(house, one):
        older = await store.of_user(tx, house.keys, user.id, HELD, one.kind)
        for old in (each for each in older if each.id != one.id):
            await move(tx, house, old.id, user, State.REMOVED, Event.AUTHENTICATOR_REMOVED, now)
    held = await _relieve(tx, house, one, user, now)
    if case.challenge.purpose is not Purpose.SHARE and swap_of(one):
        return  # something was held all the while
    if not any(other.id != one.id for other in held):
        session = case.challenge.browser.removeprefix(SESSION).decode()
        await sessions.forget_browsers_but_of(tx, user.id, session)
        await note_ended(tx, user.id, await sessions.end_all(tx, user.id, now, but=session), "activation", now)


async def _relieve(tx: Tx, house: House, one: Authenticator, user: User, now: int) -> list[Authenticator]:
    """What stood in ends when something lasting is there: a paper or a spoken code must not stay a key beside it.
    Returns what this client holds from now on."""
    held = await store.held_by(tx, house.keys, user.id)
    if is_spare(house, one) or is_stand_in(house, one):
        return held
    await limits.clear(tx, (STAND_INS, user.id))
    over = [other for other in held if is_stand_in(house, other) or _gave_room(house, other, held)]
    for other in over:
        if await move(tx, house, other.id, user, State.REMOVED, Event.AUTHENTICATOR_REMOVED, now):
            held.remove(other)
        await telling.write(tx, house, user, other, "phone_removed", now)
    return held


def _gave_room(house: House, other: Authenticator, held: list[Authenticator]) -> bool:
    """What was lost, where the new one has taken its place (`policy.has_room`)."""
    is_full = len(linked(house, held)) > house.settings.phones_per_user
    return is_full and other.state is not State.ACTIVE and bool(linked(house, [other]))


async def stop(house: House, new: Authenticator, user: User, now: int) -> Refusal:
    """The one that allowed the move was stopped meanwhile: the newcomer goes, the old one stays as it is."""

    async def work(tx: Tx) -> None:
        if await move(tx, house, new.id, user, State.REMOVED, Event.AUTHENTICATOR_REMOVED, now):
            await audit.write(tx, now, Event.MOVE_STOPPED, user.id, new.id)

    await house.db.write(work)
    return Refusal(Code.PHONE_REMOVED)
