"""What a client does with his authenticators, and what a phone asks about itself."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from twolatch import audit, limits
from twolatch.authenticators import issuing, store, telling
from twolatch.authenticators.asking import ask_itself, record_of
from twolatch.authenticators.model import ON_THE_PHONE, Authenticator, Challenge, Purpose, Stage, State
from twolatch.authenticators.outcome import move, report_forged
from twolatch.house import House
from twolatch.kinds.kind import Leaps, Signs
from twolatch.kinds.shelf import take
from twolatch.notices import links
from twolatch.people import store as people
from twolatch.people.model import User
from twolatch.protocol.labels import clean_label
from twolatch.sessions.model import SignedIn
from twolatch.storage.db import Tx
from twolatch.words.events import Event
from twolatch.words.limits import (
    CARD_MONTH,
    CARD_ROW,
    CARD_SHORT_ROW,
    CODE_MONTH,
    CODE_ROW,
    DIGITS_ROW,
    MINUTE,
    PIN_MONTH,
    PIN_ROW,
    TYPED_MONTH,
    TYPED_ROW,
)
from twolatch.words.refusals import Code, Refusal
from twolatch.words.warrants import Lowering, Warrant, must_cover

NAME_LENGTH = 60
RECENT = 10 * MINUTE
_OF_ONE = (
    PIN_ROW, PIN_MONTH, CODE_ROW, CODE_MONTH, TYPED_ROW, TYPED_MONTH, CARD_ROW, CARD_SHORT_ROW, CARD_MONTH,
)  # fmt: skip  # wrong answers are counted by these


@dataclass(frozen=True, slots=True)
class Waiting:
    """What a phone finds when it looks."""

    pending: list[Challenge]
    ended: list[Challenge]


async def mine(house: House, user: User) -> list[Authenticator]:
    return await store.held_by(house.db, house.keys, user.id)


async def rename(house: House, who: SignedIn, authenticator: str, name: str, now: int) -> bool:
    """False when it is not the client's, or the name is empty."""
    return bool(await call(house, who.user.id, authenticator, name, now))


async def call(house: House, user: str, authenticator: str, name: str, now: int) -> str:
    """The name as it is kept; empty when it is not this client's, or nothing is left of the name."""
    label = clean_label(name.strip(), NAME_LENGTH)

    async def work(tx: Tx) -> str:
        if not label or not await store.rename(tx, user, authenticator, label):
            return ""
        await audit.write(tx, now, Event.AUTHENTICATOR_RENAMED, user, authenticator, name=label)
        return label

    return await house.db.write(work)


async def suspend_by_link(house: House, token: str, now: int) -> str | Refusal:
    """The link in a mail, pressed: stops the phone. Returns its name; pressing twice is no fault."""
    one = await _linked(house, token, now)
    user = one and await people.by_id(house.db, one.user)
    if not one or not user:
        return Refusal(Code.LINK_OVER)

    async def work(tx: Tx) -> None:
        if await move(tx, house, one.id, user, State.SUSPENDED, Event.AUTHENTICATOR_SUSPENDED, now):
            await issuing.end_sessions(tx, house, user, one, now)
            await telling.write(tx, house, user, one, "phone_suspended", now)

    await house.db.write(work)
    return one.name


async def suspendable(house: House, token: str, now: int) -> str | Refusal:
    """The name of the phone a link in a mail is about, to show before the button."""
    one = await _linked(house, token, now)
    return one.name if one else Refusal(Code.LINK_OVER)


async def _linked(house: House, token: str, now: int) -> Authenticator | None:
    one_id = links.read_suspend_token(house, token, now)
    one = await store.find(house.db, house.keys, one_id) if one_id else None
    return None if one is None or one.state is State.REMOVED else one


async def unlock_all(house: House, name: str, now: int) -> int:
    """The operator's way out after a lock or a suspension: the client's authenticators may answer again."""

    async def each(tx: Tx, user: User, one: Authenticator) -> bool:
        return await wake(tx, house, user, one, now)

    return await _for_all(house, name, each)


async def wake(tx: Tx, house: House, user: User, one: Authenticator, now: int) -> bool:
    """Its wrong answers are forgiven, and it may answer again. False when it was not silent, or may not wake."""
    await limits.clear(tx, (DIGITS_ROW, user.id), *[(limit, one.id) for limit in _OF_ONE])
    is_silent = one.state is not State.ACTIVE
    return is_silent and await move(tx, house, one.id, user, State.ACTIVE, Event.AUTHENTICATOR_UNLOCKED, now)


async def remove_all(house: House, warrant: Warrant, name: str, now: int) -> int:
    """The last way out: a phone that was copied, broken or lost ends, and the client activates another."""
    user = await people.by_name(house.db, name)
    return 0 if user is None else await house.db.write(lambda tx: take_off(tx, house, warrant, user, now))


async def take_off(tx: Tx, house: House, warrant: Warrant, user: User, now: int) -> int:
    """In a transaction that may hold more, such as the approval by a second person. Returns how many ended."""
    by = must_cover(warrant, Lowering.LAST_REMOVED, user.id)
    await people.take_turn(tx, user.id)
    ended = 0
    for one in await store.held_by(tx, house.keys, user.id):
        if await move(tx, house, one.id, user, State.REMOVED, Event.AUTHENTICATOR_REMOVED, now):
            ended += 1
            await telling.write(tx, house, user, one, "phone_removed", now)
    if ended and await people.set_keys_only(tx, user.id, is_on=False):  # or nothing at all would let him in
        await audit.write(tx, now, Event.PASSWORD_RESTORED, user.id, **by)
    return ended


async def _for_all(
    house: House, name: str, each: Callable[[Tx, User, Authenticator], Awaitable[bool]]
) -> int:
    """All that a client holds, in one transaction; returns for how many `each` did something."""
    user = await people.by_name(house.db, name)
    if user is None:
        return 0

    async def work(tx: Tx) -> int:
        return sum([await each(tx, user, one) for one in await store.held_by(tx, house.keys, user.id)])

    return await house.db.write(work)


async def leap_all(tx: Tx, house: House) -> int:
    """After a restore: nobody is asked a number again that he answered since the backup (rule C5)."""
    return sum([await _leap(house, one, tx) for one in await store.asked_numbers(tx)])


async def _leap(house: House, authenticator: str, tx: Tx) -> bool:
    try:
        one = await store.find(tx, house.keys, authenticator)
    except store.ForgedRow:
        return False  # it answers nothing, and our MAC must not come under it
    kind = one and take(house.kinds, one.kind)
    if one is None or not isinstance(kind, Leaps):
        return False
    return await store.remember_asked(tx, house.keys, one, kind.leap(record_of(house, one, "")))


# what a phone asks


async def speaking(house: House, device: str, text: bytes, signature: bytes, now: int) -> Authenticator | Refusal:
    """Which authenticator signed a request. An unknown one and a wrong signature read the same."""
    try:
        one = await store.find(house.db, house.keys, device)
    except store.ForgedRow:
        await report_forged(house, device, now)
        return Refusal(Code.PHONE_UNKNOWN)
    kind = one and take(house.kinds, one.kind)
    if one is None or not isinstance(kind, Signs) or not kind.spoke(record_of(house, one, ""), text, signature):
        return Refusal(Code.PHONE_UNKNOWN)
    return one


async def waiting(house: House, one: Authenticator, now: int) -> Waiting:
    """What waits for this phone, and what ended in the last ten minutes."""
    lives = house.settings.challenge_seconds * 1000
    found = await store.recent(house.db, house.keys, one.id, now - RECENT - lives)
    asked = [challenge for challenge in found if challenge.purpose not in ON_THE_PHONE and not _by_code(challenge)]
    pending = [challenge for challenge in asked if challenge.stage_at(now) is Stage.PENDING]
    over = [challenge for challenge in asked if challenge not in pending and challenge.purpose is not Purpose.TRIAL]
    ended = [challenge for challenge in over if _ended_at(challenge) > now - RECENT]  # a test is no news
    return Waiting(pending, ended)


def _by_code(challenge: Challenge) -> bool:
    """A trial of codes: the phone is to make one, not to approve."""
    return challenge.purpose is Purpose.TRIAL and challenge.number is not None


def _ended_at(challenge: Challenge) -> int:
    return challenge.ended_at or challenge.expires_at


async def test(house: House, one: Authenticator, now: int) -> Challenge | Refusal:
    """A question that opens nothing: proves PIN or unlock before a user is added to the app."""
    return await ask_itself(house, one, Purpose.TEST, "phone", now)
