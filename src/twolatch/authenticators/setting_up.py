"""Setting up in the portal what is to prove a client: the newcomer waits unproven for its first right answer.

Whatever it is and wherever it comes from, the same law: who may add it was asked before, at most one of a kind is on
its way, and each begin is paid for.
"""

from twolatch import limits
from twolatch.authenticators import store
from twolatch.authenticators.asking import SESSION, Asking, ask, prepare
from twolatch.authenticators.model import Authenticator, Challenge, Purpose, State
from twolatch.authenticators.outcome import move
from twolatch.house import House
from twolatch.kinds.kind import Ends, Kind, Newborn
from twolatch.people.model import User
from twolatch.sessions.model import Bearer
from twolatch.storage.db import Tx
from twolatch.words.events import Event
from twolatch.words.limits import ACTIVATIONS, MINUTE
from twolatch.words.refusals import Code, Refusal, seconds_until

LIVES = 15 * MINUTE  # to find the app, a printer, or the card


def made(
    house: House, who: Bearer, kind: Kind, label: str, born: Newborn, agent: str, now: int
) -> tuple[Authenticator, Challenge]:
    """The newcomer and its first question, before they are written down."""
    one = house.chance.id()
    secret = house.keys.seal("authenticators.secret", one, who.user.id, born.secret)
    end = {"ends": now + kind.lives} if isinstance(kind, Ends) else {}
    enrolment = {**born.enrolment, **end}
    new = Authenticator(
        one, who.user.id, kind.name, label, State.UNPROVEN, enrolment, secret, born.moving, 0, "", now, 0
    )
    return new, question_for(house, who, new, agent, now)


def question_for(house: House, who: Bearer, new: Authenticator, agent: str, now: int) -> Challenge:
    """The question of this session whose right answer makes it active."""
    asking = Asking(Purpose.SET_UP, SESSION + who.session.encode(), True, agent, who.address, "portal", LIVES)
    return prepare(house, new, who.user, asking, now)


async def begin(
    tx: Tx, house: House, user: User, one: Authenticator, question: Challenge, now: int
) -> Refusal | None:
    """The caller holds the client's turn, and has asked whether this session may add it."""
    paid = await limits.pay(tx, ACTIVATIONS, user.id, now)
    if isinstance(paid, limits.Blocked):
        return Refusal(Code.ACTIVATION_LIMIT, retry_after=seconds_until(paid.until, now))
    await end_unfinished(tx, house, user, one, now)
    await store.insert(tx, house.keys, one)
    return await ask(tx, house, user, one, question, now)


async def end_unfinished(tx: Tx, house: House, user: User, one: Authenticator, now: int) -> None:
    """At most one of a kind is on its way, so that two sets confirmed at once cannot both stay."""
    event, only = Event.AUTHENTICATOR_REMOVED, frozenset({State.UNPROVEN})
    for old in await store.of_user(tx, house.keys, user.id, only, one.kind):
        await move(tx, house, old.id, user, State.REMOVED, event, now, only_from=only)
