"""Moving to a new phone, begun on the old one: it allows by PIN or unlock, shows the code, and asks for the six digits.

The code and its claim are those of every activation; only the owner is another: not a session of the portal, but the
phone that will end. All sessions end with it, for none of them moved.
"""

from twolatch.activation import codes, store
from twolatch.activation.flows import Owner, confirmed, drop, issue, right_number, view_of
from twolatch.activation.model import Activation, Done, Offer, Over, Stage, View
from twolatch.authenticators import store as authenticators
from twolatch.authenticators.arrival import may_replace
from twolatch.authenticators.asking import ask_itself
from twolatch.authenticators.model import MAY_NOT_ANSWER, Authenticator, Challenge, Purpose, State, Swap
from twolatch.house import House
from twolatch.people import store as people
from twolatch.storage.db import Tx
from twolatch.words.refusals import Code, Refusal


async def ask(house: House, one: Authenticator, now: int) -> Challenge | Refusal:
    """The question whose approval allows one code."""
    return await ask_itself(house, one, Purpose.MOVE, "move", now)


async def begin(house: House, one: Authenticator, address: str, now: int) -> Offer | Refusal:
    """A code for the new phone, for one approval (rule C1). Asked again without one it is the code that lives: a lost
    reply costs nothing."""
    if (owner := await _owner(house, one, address)) is None:
        return Refusal(Code.PHONE_UNKNOWN)
    activation, swap = house.chance.id(), Swap(one.id, one.id, owner.key)

    async def work(tx: Tx) -> Offer | Refusal:
        user = await people.take_turn(tx, owner.user.id)
        fresh = await authenticators.find(tx, house.keys, one.id)
        stopped = MAY_NOT_ANSWER.get(fresh.state) if fresh else Code.PHONE_REMOVED
        if user is None or stopped:  # since it signed this request
            return Refusal(stopped or Code.PHONE_UNKNOWN)
        if not await may_replace(tx, house, user.id, swap, now):
            return Refusal(Code.STEP_UP)
        if await authenticators.use_up(tx, one.id, Purpose.MOVE, now):
            return await issue(tx, house, user, activation, owner.key, swap, now)
        mine = await store.of_session(tx, owner.key)
        return await _again(tx, house, mine, now) or Refusal(Code.STEP_UP)

    return await house.db.write(work)


async def _again(tx: Tx, house: House, mine: Activation | None, now: int) -> Offer | None:
    if mine is None or mine.swap is None or mine.stage_at(now) is not Stage.ISSUED:
        return None
    if not await may_replace(tx, house, mine.user, mine.swap, mine.created_at):
        return None
    return codes.offer(house, mine.id, mine.expires_at, mine.met)


async def look(house: House, one: Authenticator, address: str, now: int) -> View | Refusal:
    """Where this phone's transfer stands. A phone that was replaced may still ask, and reads `Done`; one that was
    removed in another way learns that."""
    owner = await _owner(house, one, address)
    view = await view_of(house, owner, now) if owner else Over(None)
    is_gone = one.state is State.REMOVED and not isinstance(view, Done)
    return Refusal(Code.PHONE_REMOVED) if is_gone else view


async def confirm(house: House, one: Authenticator, number: str, address: str, now: int) -> Refusal | None:
    """The six digits of the new phone, typed on the old one."""
    if (owner := await _owner(house, one, address)) is None:
        return Refusal(Code.PHONE_UNKNOWN)
    mine = await right_number(house, owner, number, now)
    if isinstance(mine, Refusal):
        return mine
    return await house.db.write(lambda tx: confirmed(tx, house, mine, owner.user, now))


async def cancel(house: House, one: Authenticator, now: int) -> None:
    """The old phone changes its mind; whatever claimed the code ends."""
    if owner := await _owner(house, one, ""):
        await drop(house, owner, now)


async def _owner(house: House, one: Authenticator, address: str) -> Owner | None:
    user = await people.by_id(house.db, one.user)
    return Owner(f"phone:{one.id}", user, address) if user else None
