"""The first latch: name and password. Limited before the hash, charged before the look (rules C2, C8)."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from twolatch import audit, limits, notices
from twolatch.house import HashingBusy, House
from twolatch.people import store as people
from twolatch.people.model import PASSWORD_LONGEST, User, canonical_name
from twolatch.sessions import store as sessions
from twolatch.storage.db import Tx
from twolatch.words.events import Event
from twolatch.words.limits import PASSWORD, PASSWORD_ADDRESS, PASSWORD_KNOWN_BROWSER, PASSWORD_SITE, Limit
from twolatch.words.refusals import Code, Refusal, seconds_until
from twolatch.words.secret import Secret
from twolatch.words.visit import Visit


@dataclass(frozen=True, slots=True)
class RightPassword:
    """Whose it is. `settle` belongs into the transaction that goes on from here: it resets the password's own counter
    and no other, and gives the address this one charge back, not its failures. Left out, the charge stays."""

    user: User
    is_known: bool
    settle: Callable[[Tx], Awaitable[None]]


async def check_password(house: House, visit: Visit, name: str, password: Secret[str]) -> RightPassword | Refusal:
    """The client whose password this is. All names walk the same steps; only the last one knows the difference."""
    canonical = canonical_name(name)
    if not canonical:
        return Refusal(Code.NAME_EMPTY)
    user, is_known = await sessions.by_name(house.db, canonical, visit.browser)
    limit, subject = _counter(house, visit, canonical, user, is_known)
    paid = await _pay(house, visit, limit, subject)
    if isinstance(paid, Refusal):
        return paid
    fits = len(password.reveal()) <= PASSWORD_LONGEST
    guess = password if fits else Secret("")  # as dear as any other, and never right
    try:
        is_right = await house.hasher.is_right(user.password if user and fits else None, guess)
    except HashingBusy:  # nothing was compared: a storm at the door locks nobody out
        await _unpay(house, visit, limit, subject, paid)
        raise
    if user is None or not is_right:
        return await _wrong(house, visit, user, limit, subject)
    return await _right(house, visit, user, is_known, (limit, subject), password)


def _counter(house: House, visit: Visit, canonical: str, user: User | None, is_known: bool) -> tuple[Limit, str]:
    """A browser the client used before counts for itself, so that a stranger cannot lock the owner out."""
    if user is None:
        return PASSWORD, f"?{house.keys.mac('stranger', canonical).hex()[:32]}"
    if is_known:
        return PASSWORD_KNOWN_BROWSER, f"{user.id}:{visit.browser.hex()[:32]}"
    return PASSWORD, user.id


async def _pay(house: House, visit: Visit, limit: Limit, subject: str) -> limits.Paid | Refusal:
    now = visit.now
    site = () if limit is PASSWORD_KNOWN_BROWSER else ((PASSWORD_SITE, ""),)
    if found := await limits.first_blocked(house.db, now, (limit, subject), *site):
        return _blocked(*found, now)  # a flood of refusals writes nothing

    async def work(tx: Tx) -> limits.Paid:
        address, paid = await limits.pay_each(tx, now, (PASSWORD_ADDRESS, visit.address), (limit, subject))
        if isinstance(address, limits.Blocked):
            raise _Unpaid(Refusal(Code.LOGIN_ADDRESS, retry_after=seconds_until(address.until, now)))
        if isinstance(paid, limits.Blocked):
            raise _Unpaid(_blocked(limit, paid, now))
        return paid

    try:
        return await house.db.write(work)
    except _Unpaid as unpaid:
        return unpaid.refusal


async def _unpay(house: House, visit: Visit, limit: Limit, subject: str, paid: limits.Paid) -> None:
    async def work(tx: Tx) -> None:
        await limits.give_back(tx, PASSWORD_ADDRESS, visit.address)
        await limits.take_back(tx, limit, subject, paid)

    await house.db.write(work)


class _Unpaid(Exception):
    """One of the counters is used up: neither is charged, for nothing will be compared. An address that may not try
    any more must not use up a client's tries."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.code.code)
        self.refusal = refusal


def _blocked(limit: Limit, blocked: limits.Blocked, now: int) -> Refusal:
    if limit is PASSWORD_SITE:
        return Refusal(Code.LOGIN_ADDRESS, seconds_until(blocked.until, now))
    is_locked = blocked.count >= limit.allowance
    return Refusal(Code.LOGIN_LOCKED if is_locked else Code.LOGIN_WAIT, seconds_until(blocked.until, now))


async def _wrong(house: House, visit: Visit, user: User | None, limit: Limit, subject: str) -> Refusal:
    """The charge stays. Nothing here tells a known name from an unknown one, not even the number of statements."""
    now = visit.now

    async def work(tx: Tx) -> None:
        await limits.pay(tx, PASSWORD_SITE, "", now)
        await audit.write(
            tx, now, Event.PASSWORD_WRONG, user.id if user else None, subject, address=visit.address, agent=visit.agent
        )
        blocked = await limits.blocked_until(tx, limit, subject, now)
        if blocked and blocked.count >= limit.allowance:
            to = user.recipient if user else notices.NOBODY
            await notices.write(tx, house, now, to, "login_locked", address=visit.address)

    await house.db.write(work)
    return Refusal(Code.LOGIN_WRONG)


async def _right(
    house: House, visit: Visit, user: User, is_known: bool, counter: tuple[Limit, str], password: Secret[str]
) -> RightPassword:
    renewed = await _renewed(house, user, password)

    async def settle(tx: Tx) -> None:
        await limits.clear(tx, counter)
        await limits.give_back(tx, PASSWORD_ADDRESS, visit.address)
        if renewed:
            await people.replace_hash(tx, user.id, user.password, renewed)

    return RightPassword(user, is_known, settle)


async def _renewed(house: House, user: User, password: Secret[str]) -> str:
    """A hash by the rules of today, where the stored one is older. When everybody comes at once it can wait."""
    try:
        return await house.hasher.hash(password) if house.hasher.is_outdated(user.password) else ""
    except HashingBusy:
        return ""
