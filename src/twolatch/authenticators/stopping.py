"""A client stops one of his own authenticators: for good, or until he takes it back.

The law of this file: nobody loses his way in without having been told. Both wishes carry the warning that the client
has seen, and what he would lose is looked up again within his turn: two windows that each remove "the other one" do
not leave him with nothing.
"""

from twolatch.authenticators import policy, store, telling
from twolatch.authenticators.model import HELD, Authenticator, State
from twolatch.authenticators.outcome import move
from twolatch.authenticators.policy import Loss
from twolatch.house import House
from twolatch.notices import links
from twolatch.people import store as people
from twolatch.people.model import User
from twolatch.sessions.model import FreshlySignedIn, SignedIn
from twolatch.storage.db import Tx
from twolatch.words.events import Event
from twolatch.words.refusals import Code, Refusal


async def remove(
    house: House, fresh: FreshlySignedIn, authenticator: str, warned: str, now: int
) -> bool | Loss | Refusal:
    """Ends it for good and tells the client. False: a foreign id reads as a missing one. A `Loss` that is not the one
    he was `warned` of stops it."""
    user = fresh.signed_in.user

    async def work(tx: Tx) -> bool | Loss | Refusal:
        now_is, held = await _in_turn(tx, house, user)
        one = _named(held, authenticator)
        if one is None:
            return False
        if not policy.still_stands(fresh.signed_in, held, now):
            return Refusal(Code.STEP_UP)
        if policy.is_only_way(house, now_is, held, one):
            return Refusal(Code.KEYS_ONLY_LAST)
        if (lost := policy.loss(house, held, one, now)) != warned:
            return lost
        if not await move(tx, house, one.id, user, State.REMOVED, Event.AUTHENTICATOR_REMOVED, now):
            return False
        await telling.write(tx, house, user, one, "phone_removed", now)
        return True

    return await house.db.write(work)


async def pause(house: House, who: SignedIn, authenticator: str, warned: str, now: int) -> bool | Loss | Refusal:
    """As if it were reported as lost: it opens nothing until it proves itself and is taken back (decision 0008)."""

    async def work(tx: Tx) -> bool | Loss | Refusal:
        now_is, held = await _in_turn(tx, house, who.user)
        one = _named(held, authenticator)
        if one is None or one.state is not State.ACTIVE:
            return False
        if policy.is_only_way(house, now_is, held, one):
            return Refusal(Code.KEYS_ONLY_LAST)
        if (lost := policy.loss(house, held, one, now, is_kept=True)) != warned:
            return lost
        if not await move(tx, house, one.id, who.user, State.REPORTED, Event.AUTHENTICATOR_REPORTED, now):
            return False
        link = links.suspend_link(house, one.id, now)
        await telling.write(tx, house, who.user, one, "phone_reported", now, link=link)
        return True

    return await house.db.write(work)


async def _in_turn(tx: Tx, house: House, user: User) -> tuple[User, list[Authenticator]]:
    now_is = await people.take_turn(tx, user.id)
    return now_is or user, await store.held_by(tx, house.keys, user.id)


def _named(held: list[Authenticator], authenticator: str) -> Authenticator | None:
    return next((one for one in held if one.id == authenticator and one.state in HELD), None)
