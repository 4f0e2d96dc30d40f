"""What a phone does with itself: its name, and goodbye.

A device key alone must not take the second latch off: a thief who knows the password and holds the unlocked phone
would say goodbye in the client's name and then log in by the password alone. So goodbye with PIN or unlock removes;
goodbye without (offline at the time, PIN forgotten) suspends. Either way this phone approves nothing any more.
"""

from twolatch import notices
from twolatch.authenticators import store
from twolatch.authenticators.asking import ask_itself
from twolatch.authenticators.flows import call
from twolatch.authenticators.model import Authenticator, Challenge, Purpose, State
from twolatch.authenticators.outcome import move
from twolatch.house import House
from twolatch.people import store as people
from twolatch.storage.db import Tx
from twolatch.words.events import Event
from twolatch.words.refusals import Code, Refusal

_OVER = {State.REMOVED, State.SUSPENDED}


async def call_itself(house: House, one: Authenticator, name: str, now: int) -> str | Refusal:
    """The new name as it is kept, the same in the portal's list."""
    return await call(house, one.user, one.id, name, now) or Refusal(Code.NAME_EMPTY)


async def ask_leave(house: House, one: Authenticator, now: int) -> Challenge | Refusal:
    """A question whose approval makes the goodbye a removal."""
    return await ask_itself(house, one, Purpose.LEAVE, "phone", now)


async def leave(house: House, one: Authenticator, now: int) -> State | Refusal:
    """Goodbye: `removed` when it was approved just before, else `suspended`. Saying it again changes nothing."""
    if one.state is State.CLAIMED:
        return Refusal(Code.PHONE_UNCONFIRMED)  # nothing was linked; the portal's code runs out by itself

    async def work(tx: Tx) -> State | Refusal:
        user = await people.take_turn(tx, one.user)
        if user is None:
            return Refusal(Code.PHONE_UNKNOWN)
        is_proved = await store.use_up(tx, one.id, Purpose.LEAVE, now)
        if is_proved or one.state is State.UNPROVEN:
            if await move(tx, house, one.id, user, State.REMOVED, Event.AUTHENTICATOR_REMOVED, now):
                await notices.write(tx, house, now, user.recipient, "phone_removed", phone=one.name)
        elif await move(tx, house, one.id, user, State.SUSPENDED, Event.AUTHENTICATOR_LEFT, now):
            await notices.write(tx, house, now, user.recipient, "phone_left", phone=one.name)
        left = await store.find(tx, house.keys, one.id)
        return left.state if left and left.state in _OVER else Refusal(Code.BUSY, retry_after=1)

    return await house.db.write(work)
