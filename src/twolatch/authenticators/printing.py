"""A code card that the site prints for a client and sends him: made, and set up when it has arrived.

The law: the card is seen once, by whoever prints it. Printing opens nothing and ends nothing; the older card serves
until the new one has answered for the first time.
"""

import asyncio
from dataclasses import dataclass, field

from twolatch import audit, limits, notices
from twolatch.authenticators import policy, setting_up, store
from twolatch.authenticators.asking import ask
from twolatch.authenticators.model import Authenticator, State
from twolatch.authenticators.outcome import move
from twolatch.house import House
from twolatch.kinds.kind import Printed
from twolatch.notices import links
from twolatch.people import store as people
from twolatch.people.model import User, canonical_name
from twolatch.sessions.model import SignedIn
from twolatch.storage.db import Tx
from twolatch.words.events import Event
from twolatch.words.limits import ACTIVATIONS
from twolatch.words.refusals import Code, Refusal, seconds_until
from twolatch.words.shapes import KeepCard

FRESH = 160


@dataclass(frozen=True, slots=True)
class Sheet:
    """What goes onto paper, once, in the client's `language`."""

    language: str
    card: KeepCard = field(repr=False)


def _kind(house: House) -> Printed:
    return next(kind for kind in house.kinds if isinstance(kind, Printed))


async def issue(house: House, name: str, label: str, now: int, *, by: str = "operator") -> Sheet | Refusal:
    """Another card for this client; one that was printed before and never activated is worth nothing any more."""
    user = await people.by_name(house.db, canonical_name(name))
    if user is None:
        return Refusal(Code.NAME_EMPTY)
    if user.is_off or user.closed_at:
        return Refusal(Code.LOGIN_OFF)
    kind = _kind(house)
    born = await asyncio.to_thread(kind.printed, house.chance.bytes(FRESH))
    if not isinstance(born.shown, KeepCard):
        raise TypeError("what is printed is a card")
    id_ = house.chance.id()
    secret = house.keys.seal("authenticators.secret", id_, user.id, born.secret)
    one = Authenticator(
        id_, user.id, kind.name, label, State.UNPROVEN, born.enrolment, secret, born.moving, 0, "", now, 0
    )

    async def work(tx: Tx) -> None:
        await people.take_turn(tx, user.id)
        await setting_up.end_unfinished(tx, house, user, one, now)
        await store.insert(tx, house.keys, one)
        number = str(one.enrolment["number"])
        await audit.write(tx, now, Event.CARD_PRINTED, user.id, one.id, number=number, by=by)
        link = links.suspend_link(house, one.id, now)
        await notices.write(tx, house, now, user.recipient, "card_printed", number=number, link=link)
        tx.after(lambda: house.signals.tell(f"user:{user.id}"))

    await house.db.write(work)
    return Sheet(user.language, born.shown)


async def coming(house: House, user: User) -> Authenticator | None:
    """The card that was printed for this client and has not answered yet. Reads only."""
    waits = frozenset({State.UNPROVEN})
    return next(iter(await store.of_user(house.db, house.keys, user.id, waits, _kind(house).name)), None)


async def held_and_coming(house: House, user: User) -> tuple[list[Authenticator], Authenticator | None]:
    """What the client holds, and the card as above; in one read."""
    held, waiting = await store.of_client(house.db, house.keys, user.id)
    return held, next((one for one in waiting if isinstance(policy.kind_of(house, one), Printed)), None)


async def may_begin(house: House, who: SignedIn, now: int) -> Authenticator | Refusal:
    """The card this session can set up, or why it cannot now. Reads only."""
    one = await coming(house, who.user)
    if one is None:
        return Refusal(Code.CARD_NONE)
    held = await store.held_by(house.db, house.keys, who.user.id)
    return policy.may_add(house, who, who.user, held, now) or one


async def begin(house: House, who: SignedIn, agent: str, now: int) -> str | Refusal:
    """The id of the card, which is asked for two cells. Begun again they are the same two."""
    one = await coming(house, who.user)
    if one is None:
        return Refusal(Code.CARD_NONE)
    question = setting_up.question_for(house, who, one, agent, now)

    async def work(tx: Tx) -> Refusal | None:
        user = await people.take_turn(tx, who.user.id)
        if user is None:
            return Refusal(Code.SESSION_ENDED)
        held = await store.held_by(tx, house.keys, user.id)
        if refused := policy.may_add(house, who, user, held, now):
            return refused
        paid = await limits.pay(tx, ACTIVATIONS, user.id, now)
        if isinstance(paid, limits.Blocked):
            return Refusal(Code.ACTIVATION_LIMIT, retry_after=seconds_until(paid.until, now))
        return await ask(tx, house, user, one, question, now)

    return await house.db.write(work) or one.id


async def take_back(house: House, name: str, now: int) -> bool:
    """A card that was printed and is not active yet: ended. False when there is none."""
    user = await people.by_name(house.db, canonical_name(name))
    one = user and await coming(house, user)
    if not user or not one:
        return False
    only = frozenset({State.UNPROVEN})

    async def work(tx: Tx) -> bool:
        event = Event.AUTHENTICATOR_REMOVED
        return await move(tx, house, one.id, user, State.REMOVED, event, now, only_from=only)

    return await house.db.write(work)
