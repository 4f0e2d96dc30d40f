"""Asking an authenticator: who may wait beside whom, and whether the phone is woken."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

import msgspec

from twolatch import audit, limits
from twolatch.authenticators import store
from twolatch.authenticators.model import (
    MAY_NOT_ANSWER,
    ON_THE_PHONE,
    UNPROVEN,
    Authenticator,
    Challenge,
    Purpose,
    Stage,
    State,
)
from twolatch.house import House
from twolatch.kinds.kind import Asked, Record
from twolatch.kinds.shelf import take
from twolatch.people import store as people
from twolatch.people.model import User
from twolatch.protocol.challenge import Transaction
from twolatch.protocol.codes import new_id
from twolatch.storage.db import Row, Tx
from twolatch.wires.push import Subscription
from twolatch.words.events import Event
from twolatch.words.limits import PROMPTS, SECOND
from twolatch.words.refusals import Code, Refusal
from twolatch.words.secret import Secret
from twolatch.words.shapes import facts_of

SESSION = b"session:"  # before the id of a session that asks again, where a login names its browser
WAKE = b'{"look":1}'

_WORDS: Mapping[Purpose, Literal["login", "step_up", "test", "support"]] = {
    Purpose.LOGIN: "login",
    Purpose.STEP_UP: "step_up",
    Purpose.CONFIRM: "step_up",
    Purpose.TEST: "test",
    Purpose.APP: "login",
    Purpose.RETURN: "login",
    Purpose.ALONE: "login",
    Purpose.LEAVE: "step_up",
    Purpose.SET_UP: "test",
    Purpose.MOVE: "step_up",
    Purpose.SHARE: "step_up",
    Purpose.TRIAL: "test",
    Purpose.DESK: "support",
}

# Nobody has to be woken: who answers is there already.
_ASKED_HERE = frozenset({Purpose.APP, Purpose.LEAVE, Purpose.SET_UP, Purpose.MOVE, Purpose.ALONE, Purpose.SHARE})


@dataclass(frozen=True, slots=True)
class Asking:
    """Why, and from where. `browser` tells browsers of one client apart; `started` goes onto the phone's screen."""

    purpose: Purpose
    browser: bytes
    is_known: bool
    agent: str
    address: str
    started: str
    lives: int = 0  # ms; 0 is the site's usual time for a login
    application: str = ""  # what it is for, as the phone shows it; empty: the portal
    place: str = ""
    transaction: Transaction | None = None  # what is to be confirmed, word for word
    digits: bool | None = None  # whether the phone asks for the portal's digits; None: as the purpose wants it


def record_of(house: House, one: Authenticator, user_name: str, *, with_secret: bool = False) -> Record:
    """The authenticator as its kind sees it; the secret is opened where a question is made or an answer checked."""
    secret = b""
    if with_secret and one.secret:
        secret = house.keys.open("authenticators.secret", one.id, one.user, one.secret)
    return Record(
        one.id,
        one.user,
        user_name,
        one.name,
        one.state not in UNPROVEN,
        one.enrolment,
        one.moving,
        Secret(secret),
    )


def prepare(
    house: House, one: Authenticator, user: User, asking: Asking, now: int, invited: bytes = b""
) -> Challenge:
    """The question to this user, drawn and signed before the transaction that writes it down. `invited`: 32 bytes that
    were asked already, before anybody knew whom; the question's id follows from them, so there can be one."""
    challenge = new_id(house.keys.mac("invited", invited)[:16]) if invited else house.chance.id()
    expires = now + (asking.lives or house.settings.challenge_seconds * SECOND)
    asked = Asked(
        challenge=challenge,
        purpose=_WORDS[asking.purpose],
        application=asking.application or house.settings.portal_name,
        browser=asking.agent,
        address=asking.address,
        is_known_browser=asking.is_known,
        place=asking.place,
        needs_digits=_needs_digits(house, asking) if asking.digits is None else asking.digits,
        started=asking.started,
        transaction=asking.transaction,
        expires=expires,
        fresh=(invited + house.chance.bytes(96))[:96],
    )
    record = record_of(house, one, user.name, with_secret=True)  # the next number follows from it
    opening = take(house.kinds, one.kind).begin(record, asked, now)
    prompt = {"shape": type(opening.prompt).__name__, **facts_of(opening.prompt)}
    return Challenge(
        challenge, user.id, one.id, asking.purpose, asking.browser, asking.is_known, prompt, opening.memory,
        Stage.PENDING, 0, b"", now, expires, 0, opening.moving,
    )  # fmt: skip


def _needs_digits(house: House, asking: Asking) -> bool:
    strict = house.settings.is_strict and asking.purpose not in ON_THE_PHONE
    return strict or (asking.purpose in {Purpose.LOGIN, Purpose.RETURN} and not asking.is_known)


def counted_as(user: str, question: Challenge | None) -> str:
    """Whose logins begun are counted. A known browser counts for itself, so that a stranger who has the password
    cannot use up the client's own."""
    return f"{user}:{question.browser.hex()[:32]}" if question and question.is_known else user


async def ask(tx: Tx, house: House, user: User, one: Authenticator, question: Challenge, now: int) -> Refusal | None:
    """Writes the question down and wakes the phone. The caller holds the client's turn.

    A browser's newer question takes the place of its older one, a known browser's that of unknown ones; an unknown
    browser waits its turn, or a stranger with the password could keep replacing the client's own login.
    """
    if question.moving is not None and not await store.remember_asked(tx, house.keys, one, question.moving):
        return Refusal(Code.BUSY, retry_after=1)  # it answered or was asked at this very moment
    is_first = question.purpose is Purpose.LOGIN and question.is_known
    replaced = await store.supersede(tx, user.id, question.browser, question.purpose, now, also_unknown=is_first)
    if question.purpose is Purpose.LOGIN and not is_first and await store.is_another_waiting(tx, user.id, now):
        return Refusal(Code.LOGIN_ANOTHER)
    await store.insert_challenge(tx, house.keys, question)
    for row in replaced:
        await audit.write(tx, now, Event.CHALLENGE_SUPERSEDED, user.id, row["id"])
    tell(tx, house, replaced)
    await audit.write(
        tx, now, Event.CHALLENGE_OPENED, user.id, question.id, purpose=question.purpose.value, phone=one.id
    )
    if question.purpose in _ASKED_HERE:
        return None
    tx.after(lambda: house.signals.tell(f"phone:{one.id}"))
    if question.purpose is not Purpose.TRIAL:  # which says itself whether it wakes, and is counted apart
        await _wake(tx, house, user, one, now)
    return None


async def ask_itself(house: House, one: Authenticator, purpose: Purpose, started: str, now: int) -> Challenge | Refusal:
    """A question that a phone asks itself, to prove PIN or unlock for a wish of its own."""
    user = await people.by_id(house.db, one.user)
    if user is None or one.state is not State.ACTIVE:
        return Refusal(MAY_NOT_ANSWER.get(one.state, Code.PHONE_UNCONFIRMED))
    question = prepare(house, one, user, Asking(purpose, one.id.encode(), True, "", "", started), now)

    async def work(tx: Tx) -> Refusal | None:
        await people.take_turn(tx, user.id)
        return await ask(tx, house, user, one, question, now)

    return await house.db.write(work) or question


async def _wake(tx: Tx, house: House, user: User, one: Authenticator, now: int) -> None:
    """A push only where the client did not call for quiet and did not leave the last ones unanswered (fatigue)."""
    if house.push is None or not one.push or now < user.quiet_until:
        return
    if not isinstance(await limits.pay(tx, PROMPTS, user.id, now), limits.Blocked):
        wake(tx, house, one, now)


def wake(tx: Tx, house: House, one: Authenticator, now: int) -> None:
    """After the commit, a push that says no more than: look. None where nobody can be woken."""
    if house.push is None or not one.push:
        return
    push, subscription = house.push, msgspec.json.decode(one.push, type=Subscription)
    lives = house.settings.challenge_seconds

    def send() -> None:
        push.wake(subscription, WAKE, topic=one.id, ttl=lives, now=now)

    tx.after(send)


def tell(tx: Tx, house: House, challenges: Iterable[Row]) -> None:
    """After the commit, whoever waits for these challenges looks again: browsers and phones."""
    topics = [topic for row in challenges for topic in (f"challenge:{row['id']}", f"phone:{row['authenticator_id']}")]
    for topic in dict.fromkeys(topics):
        tx.after(lambda topic=topic: house.signals.tell(topic))  # type: ignore[misc]
