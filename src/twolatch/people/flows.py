"""What happens to a client's own record: he is added, locked out and let in again, his password changes."""

import re
from dataclasses import dataclass

from twolatch import audit, limits
from twolatch.house import House
from twolatch.people import store
from twolatch.people.common import is_common
from twolatch.people.model import User, canonical_name, fault_of, normal_password
from twolatch.storage.db import Tx
from twolatch.words.events import Event
from twolatch.words.limits import PASSWORD
from twolatch.words.refusals import Code, Refusal
from twolatch.words.secret import Secret

NUMBER = re.compile(r"\+[1-9][0-9]{5,14}")  # ITU-T E.164
NOT_DIGITS = re.compile(r"[ ()./-]")


@dataclass(frozen=True, slots=True)
class NewUser:
    name: str
    display: str
    email: str
    language: str
    password: Secret[str]


@dataclass(frozen=True, slots=True)
class NameTaken:
    name: str


async def add(house: House, new: NewUser, now: int) -> User | Refusal | NameTaken:
    name, password = canonical_name(new.name), normal_password(new.password.reveal())
    if not name:
        return Refusal(Code.NAME_EMPTY)
    blank = User(
        house.chance.id(), name, new.display or name, new.email, new.language, "", False, False, False, 0, False, now, 0
    )
    if fault := fault_of(password, blank, is_common(password)):
        return Refusal(fault)
    hashed = await house.hasher.hash(Secret(password))

    async def work(tx: Tx) -> User | NameTaken:
        user = User(
            blank.id, name, blank.display, new.email, new.language, hashed, False, False, False, 0, False, now, 0
        )
        if not await store.add(tx, user, now):
            return NameTaken(name)
        await audit.write(tx, now, Event.USER_ADDED, user.id, by="operator")
        return user

    return await house.db.write(work)


async def set_password(house: House, name: str, password: Secret[str], now: int) -> Refusal | None:
    """The operator's way: the client must choose his own at the next login."""
    user = await store.by_name(house.db, canonical_name(name))
    if user is None:
        return Refusal(Code.NAME_EMPTY)
    text = normal_password(password.reveal())
    if fault := fault_of(text, user, is_common(text)):
        return Refusal(fault)
    hashed = await house.hasher.hash(password)

    async def work(tx: Tx) -> None:
        await store.set_password(tx, user.id, hashed, now, must_change=True)
        await audit.write(tx, now, Event.PASSWORD_SET, user.id, by="operator")

    await house.db.write(work)
    return None


async def switch_off(house: House, name: str, now: int, *, is_off: bool) -> bool:
    """Locks a client out, or lets him in again and forgives his wrong passwords. False when nobody has that name."""
    user = await store.by_name(house.db, canonical_name(name))
    if user is None:
        return False

    async def work(tx: Tx) -> None:
        await store.set_off(tx, user.id, is_off=is_off)
        if not is_off:
            await limits.clear(tx, (PASSWORD, user.id))
            await store.allow_activation(tx, user.id, now)
        await audit.write(tx, now, Event.USER_LOCKED if is_off else Event.USER_UNLOCKED, user.id, by="operator")

    await house.db.write(work)
    return True


async def record_number(house: House, name: str, number: str, now: int) -> bool | None:
    """Where the desk calls this client back. Empty takes it off. False: it stood there already, and keeps its age.
    None: nobody has that name, or it is no number such as +31 20 123 4567."""
    user, plain = await store.by_name(house.db, canonical_name(name)), NOT_DIGITS.sub("", number)
    if user is None or (plain and not NUMBER.fullmatch(plain)):
        return None

    async def work(tx: Tx) -> bool:
        await store.take_turn(tx, user.id)
        if not await store.record_number(tx, user.id, plain, now):
            return False
        await audit.write(tx, now, Event.NUMBER_RECORDED, user.id, by="operator", is_none=not plain)
        return True

    return await house.db.write(work)


async def dismiss_banner(house: House, user: User, *, hidden: bool) -> None:
    async def work(tx: Tx) -> None:
        await store.hide_banner(tx, user.id, hidden=hidden)

    await house.db.write(work)


async def speak(house: House, user: User, language: str) -> None:
    """The language of the client's mails follows the one he picked in the portal."""

    async def work(tx: Tx) -> None:
        await store.set_language(tx, user.id, language)

    await house.db.write(work)


async def same_person(house: House, name: str, other: str, now: int) -> bool:
    """The operator states that two users are one and the same person. False when one of them is not there, or both
    names are one user's."""
    found = [await store.by_name(house.db, canonical_name(each)) for each in (name, other)]
    users = sorted((user for user in found if user), key=lambda user: user.id)
    if len({user.id for user in users}) < 2:
        return False
    person = next((user.person for user in users if user.person), "") or house.chance.id()

    async def work(tx: Tx) -> bool:
        for user in users:
            await store.take_turn(tx, user.id)
            await store.state_person(tx, user.id, person)
            await audit.write(tx, now, Event.PERSON_STATED, user.id, person, by="operator")
        return True

    return await house.db.write(work)


async def another_person(house: House, name: str, now: int) -> bool:
    """The statement is taken back; what the user shares already he goes on sharing. False when there was none."""
    user = await store.by_name(house.db, canonical_name(name))
    if user is None or not user.person:
        return False

    async def work(tx: Tx) -> bool:
        await store.take_turn(tx, user.id)
        await store.state_person(tx, user.id, "")
        await audit.write(tx, now, Event.PERSON_STATED, user.id, "", by="operator")
        return True

    return await house.db.write(work)
