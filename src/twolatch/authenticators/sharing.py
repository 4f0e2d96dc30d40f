"""One card for two users of the same person.

The law: one card stays one row. It has one state, one lock, one counter of wrong answers and one count of what it was
asked, whoever of the two it answers for; so a number never comes twice, and a loss reported by one stops it for both.
Only its owner and the one guest whom the row names, under its MAC, are let in by it.
"""


from msgspec.structs import replace

from twolatch import audit, notices
from twolatch.authenticators import policy, store
from twolatch.authenticators.asking import tell
from twolatch.authenticators.model import Authenticator, Challenge, Purpose, Stage, State, has_ended
from twolatch.house import House
from twolatch.kinds.kind import Issued
from twolatch.people import store as people
from twolatch.people.model import User
from twolatch.storage.db import Database, Tx
from twolatch.words.events import Event
from twolatch.words.refusals import Code, Refusal


def may_be_shared(house: House, one: Authenticator) -> bool:
    """What came by post, works, and serves one user so far. A phone is not shared: it holds several users anyway."""
    return one.state is State.ACTIVE and not one.guest and isinstance(policy.kind_of(house, one), Issued)


async def why_not(
    db: Database | Tx, house: House, one: Authenticator, guest: User, now: int
) -> Refusal | None:
    """Whether this user may use that card too. He has shown that he knows the password of its owner."""
    owner = await people.by_id(db, one.user)
    if owner is None or not may_be_shared(house, one) or owner.is_off or owner.closed_at or owner.id == guest.id:
        return Refusal(Code.SHARE_NONE)
    if not guest.person or guest.person != owner.person:
        return Refusal(Code.SHARE_PERSON)
    held = await store.held_by(db, house.keys, guest.id)
    if _is_bridged(house, held, now) or _is_bridged(house, await store.held_by(db, house.keys, owner.id), now):
        return Refusal(Code.SHARE_TEMPORARY)
    best = max((policy.rank_of(house, each) for each in policy.usable(house, held, now)), default=None)
    is_weaker = guest.keys_only or (best is not None and best > policy.rank_of(house, one))
    return Refusal(Code.SHARE_WEAKER) if is_weaker else None


def _is_bridged(house: House, held: list[Authenticator], now: int) -> bool:
    return any(policy.is_stand_in(house, one) and one.state is State.ACTIVE and not has_ended(one, now) for one in held)


async def may_begin_to_serve(tx: Tx, house: House, one: Authenticator, guest: User, now: int) -> bool:
    """In the transaction of the card's answer, before it takes any other row: both users' turns, in their one order."""
    turns = {user: await people.take_turn(tx, user) for user in sorted((one.user, guest.id))}
    latest = turns[guest.id]
    return latest is not None and await why_not(tx, house, one, latest, now) is None


async def begins_to_serve(tx: Tx, house: House, one: Authenticator, guest: User, now: int) -> None:
    """Both are told, on all channels: the one that gained a way in, and the one whose card it is."""
    owner = await people.by_id(tx, one.user)
    for user, other in ((guest, owner), (owner, guest)):
        if user and other:
            await audit.write(tx, now, Event.CARD_SHARED, user.id, one.id)
            facts = {"phone": one.name, "other": other.name}
            await notices.write(tx, house, now, user.recipient, "card_shared", **facts)
            tx.after(lambda user=user: house.signals.tell(f"user:{user.id}"))  # type: ignore[misc]


def whom_it_lets_in(one: Authenticator, asked: Challenge | None) -> str | None:
    """The user an answer to this question is for; None when it was put to a card that does not serve him."""
    if asked is None or asked.authenticator != one.id:
        return one.user
    return asked.user if asked.purpose is Purpose.SHARE or asked.user in one.holders else None


async def leave(tx: Tx, house: House, one: Authenticator, user: User, event: Event, now: int) -> bool:
    """This user lets go of it; the other one keeps it, as its owner from now on. Nobody loses his second latch because
    somebody else gives up his. False when somebody was faster."""
    other = await people.by_id(tx, one.beside(user.id))
    then = replace(one, enrolment={name: value for name, value in one.enrolment.items() if name != "shared"})
    if one.user == user.id:
        secret = house.keys.open("authenticators.secret", one.id, one.user, one.secret)
        to = one.guest
        then = replace(then, user=to, secret=house.keys.seal("authenticators.secret", one.id, to, secret))
    if not await store.advance(tx, house.keys, one, then):
        return False
    tell(tx, house, await store.end_of(tx, one.id, Stage.CANCELLED, now, user.id))
    if then.user != one.user:
        for witness in house.witnesses:
            await witness.hand_over(tx, house, one, then.user, now)
    await audit.write(tx, now, event, user.id, one.id, before=one.state.value)
    tx.after(lambda: house.signals.tell(f"user:{user.id}"))
    if other:
        await audit.write(tx, now, Event.SHARE_ENDED, other.id, one.id)
        if one.state is State.ACTIVE:  # who was told that it is stopped is not told that it goes on
            await notices.write(tx, house, now, other.recipient, "share_ended", phone=one.name, other=user.name)
        tx.after(lambda: house.signals.tell(f"user:{other.id}"))
    return True
