"""A lost phone: reported with the password alone, and found again.

Reporting stops the phone and can do nothing else, so the password is enough for it; both ways pass the one check of
passwords with its counters. Coming back takes the password and the phone itself, with its PIN or unlock, and the six
digits of the browser: no less than a login.
"""

from dataclasses import dataclass

from twolatch import audit
from twolatch.authenticators import store as authenticators
from twolatch.authenticators import telling
from twolatch.authenticators.asking import prepare
from twolatch.authenticators.model import Authenticator, Purpose, State, may_return
from twolatch.authenticators.outcome import move
from twolatch.house import House
from twolatch.login.flows import asking, open_attempt, refuse
from twolatch.login.model import Proceed
from twolatch.login.password import check_password
from twolatch.notices import links
from twolatch.people import store as people
from twolatch.people.model import User
from twolatch.storage.db import Tx
from twolatch.words.events import Event
from twolatch.words.limits import DAY
from twolatch.words.refusals import Code, Refusal
from twolatch.words.secret import Secret
from twolatch.words.visit import Visit


@dataclass(frozen=True, slots=True)
class Stopped:
    """This phone may approve nothing any more."""

    phone: str


@dataclass(frozen=True, slots=True)
class WhichOne:
    """There are several: (name, token) of each."""

    choices: list[tuple[str, str]]


async def report(house: House, visit: Visit, name: str, password: Secret[str]) -> Stopped | WhichOne | Refusal:
    """Stops the client's phone at once. With several he is asked which one."""
    right = await check_password(house, visit, name, password)
    if isinstance(right, Refusal):
        return right
    user = right.user
    held = await authenticators.held_by(house.db, house.keys, user.id)
    active = [one for one in held if one.state is State.ACTIVE]

    async def work(tx: Tx) -> Stopped | WhichOne | Refusal:
        await right.settle(tx)
        await audit.write(
            tx, visit.now, Event.LOST_SAID, user.id, None, address=visit.address, agent=visit.agent, phones=len(active)
        )
        if len(active) > 1:
            return WhichOne([(one.name, links.lost_token(house, one.id, visit.now)) for one in active])
        return await _stop(tx, house, user, active[0], visit.now) if active else Refusal(Code.LOST_NOTHING)

    return await house.db.write(work)


async def report_this(house: House, visit: Visit, token: str) -> Stopped | Refusal:
    """The one of several that was chosen a moment after the password was shown."""
    one_id = links.read_lost_token(house, token, visit.now)
    one = await authenticators.find(house.db, house.keys, one_id) if one_id else None
    user = one and await people.by_id(house.db, one.user)
    if not one or not user:
        return Refusal(Code.LINK_OVER)
    return await house.db.write(lambda tx: _stop(tx, house, user, one, visit.now))


async def _stop(tx: Tx, house: House, user: User, one: Authenticator, now: int) -> Stopped | Refusal:
    """Reported, not suspended: the client may take it back. One that is locked or suspended stays that."""
    if not await move(tx, house, one.id, user, State.REPORTED, Event.AUTHENTICATOR_REPORTED, now):
        return Refusal(Code.LOST_NOTHING)
    link = links.suspend_link(house, one.id, now)
    await telling.write(tx, house, user, one, "phone_reported", now, link=link)
    return Stopped(one.name)


async def found(house: House, visit: Visit, name: str, password: Secret[str]) -> Proceed | Refusal:
    """Asks the reported phone. Its approval brings it back, and this browser in."""
    right = await check_password(house, visit, name, password)
    if isinstance(right, Refusal):
        return right
    if right.user.is_off or right.user.keys_only:  # coming back opens a session, too
        return await refuse(house, right, Code.LOGIN_OFF if right.user.is_off else Code.LOGIN_KEYS_ONLY, visit)
    held = await authenticators.held_by(house.db, house.keys, right.user.id)
    reported = [one for one in held if one.state is State.REPORTED]
    back = [one for one in reported if may_return(one, visit.now, house.settings.bridging_days * DAY)]
    if not back:
        return await refuse(house, right, Code.FOUND_LATE if reported else Code.FOUND_NOTHING, visit)
    one = max(back, key=lambda one: int(one.enrolment["reported"]))
    wanted = asking(house, visit, is_known=False, purpose=Purpose.RETURN)
    question = prepare(house, one, right.user, wanted, visit.now)
    return await open_attempt(house, visit, right, one, question)
