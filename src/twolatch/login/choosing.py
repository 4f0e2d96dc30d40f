"""Several authenticators at once: which one is asked now, and what else the client could be asked for."""

from dataclasses import dataclass, replace

from twolatch.authenticators import policy
from twolatch.authenticators import store as authenticators
from twolatch.authenticators.model import Authenticator, Challenge, Stage, State, has_ended
from twolatch.house import House
from twolatch.login import store
from twolatch.login.model import Proceed, Waits
from twolatch.people.model import User
from twolatch.sessions.model import Bearer
from twolatch.storage.db import Tx
from twolatch.words.refusals import Code, Refusal
from twolatch.words.visit import Door, Visit


@dataclass(frozen=True, slots=True)
class Way:
    """One authenticator of the client. `why` it cannot be asked now: its state, "over", "elsewhere", "empty";
    "" when it can.
    `left`: how often, where it runs out."""

    id: str
    kind: str
    name: str
    why: str
    is_asked: bool
    left: int | None


async def ways(house: House, visit: Visit, waits: Waits) -> list[Way]:
    """For the login of this browser, the ones that can be asked first; empty where only one thing may answer (a phone
    that comes back). Reads only."""
    if waits.asks is None:
        return []
    user, asked = waits.asks
    return in_order(house, await authenticators.held_by(house.db, house.keys, user), asked, visit)


async def ways_again(house: House, who: Bearer, visit: Visit) -> list[Way]:
    """For proving again in a session; the first that can be asked is the one that is."""
    held = await authenticators.held_by(house.db, house.keys, who.user.id)
    seen = replace(visit, browser=who.browser)
    first = next(iter(policy.usable_at(house, held, seen)), None)
    return in_order(house, held, first.id if first else "", seen)


def in_order(house: House, held: list[Authenticator], asked: str, visit: Visit) -> list[Way]:
    can, now, browser = policy.usable_at(house, held, visit), visit.now, visit.browser
    ready = {one.id for one in can}
    if visit.door is Door.DESK:
        held = can  # what is too weak for the desk is not offered there
    return [
        Way(one.id, one.kind, one.name, _why(one, ready, now, browser), one.id == asked, policy.left_of(house, one))
        for one in [*can, *(one for one in held if one.id not in ready)]
    ]


def _why(one: Authenticator, ready: set[str], now: int, browser: bytes) -> str:
    if one.id in ready:
        return ""
    if has_ended(one, now):
        return "over"
    if one.state is State.ACTIVE and not policy.serves(one, browser):
        return "elsewhere"
    return "empty" if one.state is State.ACTIVE else one.state.value


async def wanted(house: House, user: User, one_id: str, visit: Visit) -> Authenticator | None:
    """The one the client chose, when it is his and can be asked now. A forged row is none of those."""
    held = await authenticators.held_by(house.db, house.keys, user.id)
    return next((one for one in policy.usable_at(house, held, visit) if one.id == one_id), None)


async def replaceable(tx: Tx, house: House, visit: Visit, attempt: str, seen: str) -> Challenge | Proceed | Refusal:
    """The question of this attempt, when another one may take its place. The caller holds the client's turn, so what
    is found here stays so: of a change of mind and an answer one wins, and a question that was denied, locked or taken
    back does not come to life again by asking somebody else."""
    found = await store.standing(tx, house.keys, visit.pre, visit.now)
    if found is None or found[0].id != attempt or found[1] is None:
        return Refusal(Code.LOGIN_START_OVER)
    if found[1].id != seen:
        return Proceed(is_ready=False)  # asked from another window at the same moment: one question is enough
    stage = found[1].stage_at(visit.now)
    if stage is Stage.APPROVED:
        return Proceed(is_ready=True)  # it was answered while the client changed his mind
    return found[1] if stage in {Stage.PENDING, Stage.EXPIRED} else Refusal(Code.LOGIN_START_OVER)
