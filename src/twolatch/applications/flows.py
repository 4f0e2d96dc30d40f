"""Applications are registered by the operator; one learns of a session by a hand-over that its client agrees to.

The hand-over, in four steps, none of which can be done by somebody else:
  the application asks for one (its key; the address is compared sign by sign with the registered ones);
  the client, signed in, says yes on the portal's page (his session; a form of ours);
  his browser carries a ticket to that address (once, a minute, worth nothing without the key);
  the application exchanges it for a name of the session that nobody else can use (its key).
"""

from hashlib import sha256

from twolatch import audit
from twolatch.applications import store
from twolatch.applications.model import (
    HAND_OVER_LIVES,
    KEY_START,
    TICKET_LIVES,
    Application,
    Fault,
    HandOver,
    KnownSession,
    Scope,
    fault_of,
)
from twolatch.house import House
from twolatch.sessions.model import SignedIn
from twolatch.storage.db import Tx
from twolatch.words.events import Event
from twolatch.words.limits import MINUTE
from twolatch.words.refusals import Code, Refusal
from twolatch.words.secret import Secret


def _print_of(secret: str) -> bytes:
    """256 random bits need no slow hash."""
    return sha256(secret.encode("utf-8", "replace")).digest()


# the operator


async def add(
    house: House, name: str, scopes: list[str], returns: list[str], now: int
) -> tuple[Application, Secret[str]] | Fault:
    """The application and its key, which nobody can read again."""
    if fault := fault_of(name, scopes, returns):
        return fault
    key = f"{KEY_START}{house.chance.token()}"
    new = Application(house.chance.id(), name, frozenset(map(Scope, scopes)), tuple(returns), now, now, 0, 0)

    async def work(tx: Tx) -> bool:
        if not await store.add(tx, new, _print_of(key)):
            return False
        await audit.write(tx, now, Event.APPLICATION_ADDED, None, new.id, name=name, scopes=" ".join(sorted(scopes)))
        return True

    return (new, Secret(key)) if await house.db.write(work) else Fault.TAKEN


async def everyone(house: House) -> list[Application]:
    return await store.everyone(house.db)


async def renew_key(house: House, name: str, now: int) -> Secret[str] | Fault:
    key = f"{KEY_START}{house.chance.token()}"

    async def work(tx: Tx) -> bool:
        if (found := await store.renew_key(tx, name, _print_of(key), now)) is None:
            return False
        await audit.write(tx, now, Event.APPLICATION_KEY, None, found)
        return True

    return Secret(key) if await house.db.write(work) else Fault.NONE


async def revoke(house: House, name: str, now: int) -> bool:
    """Ends its key, its hand-overs and every session it knows, at once."""

    async def work(tx: Tx) -> bool:
        if (found := await store.end(tx, name, now)) is None:
            return False
        await audit.write(tx, now, Event.APPLICATION_ENDED, None, found)
        return True

    return await house.db.write(work)


# the application


async def of_key(house: House, key: str, now: int) -> Application | None:
    """Whose key this is. Notes at most once a minute that it was used."""
    if not key.startswith(KEY_START):
        return None
    found = await store.by_key(house.db, _print_of(key))
    if found and now - found.used_at > MINUTE:
        await house.db.write(lambda tx: store.touch(tx, found.id, now))
    return found


async def ask_hand_over(house: House, by: Application, return_to: str, marker: str, now: int) -> HandOver | Refusal:
    if return_to not in by.returns:
        return Refusal(Code.RETURN_UNKNOWN)
    wish = HandOver(house.chance.id(), by.id, by.name, by.may(Scope.NAMES), return_to, marker)
    await house.db.write(lambda tx: store.ask(tx, wish, now, now + HAND_OVER_LIVES))
    return wish


async def exchange(house: House, by: Application, ticket: str, now: int) -> KnownSession | Refusal:
    """Once. A ticket of another application reads as none, and stays good for the right one."""
    name = house.chance.id()

    async def work(tx: Tx) -> KnownSession | Refusal:
        if (found := await store.exchange(tx, _print_of(ticket), by.id, now)) is None:
            return Refusal(Code.TICKET_OVER)
        known = KnownSession(name, *found, now)
        await store.know(tx, known, by.id)
        await audit.write(tx, now, Event.HAND_OVER_EXCHANGED, known.user, known.id, application=by.id)
        return known

    return await house.db.write(work)


async def forget(house: House, by: Application, name: str, now: int) -> Refusal | None:
    """The client logged out of the application: it needs the session no more, which itself goes on in the portal."""

    async def work(tx: Tx) -> Refusal | None:
        if (user := await store.forget(tx, name, by.id, now)) is None:
            return Refusal(Code.NOT_FOUND)
        await audit.write(tx, now, Event.HAND_OVER_FORGOTTEN, user, name, application=by.id)
        return None

    return await house.db.write(work)


def subject_of(house: House, application: str, user: str) -> str:
    """The client's name towards this application: always the same, and of no use to any other (24 characters)."""
    return house.keys.mac("application-subject", application, user)[:12].hex()


# the client


async def look(house: House, hand_over: str, now: int) -> HandOver | None:
    return await store.asked(house.db, hand_over, now)


async def agree(house: House, who: SignedIn, hand_over: str, now: int) -> str | Refusal:
    """Where the browser goes with its ticket."""
    wish, ticket = await look(house, hand_over, now), house.chance.token()
    if wish is None:
        return Refusal(Code.HAND_OVER_OVER)

    async def work(tx: Tx) -> bool:
        until = now + TICKET_LIVES
        if not await store.issue(tx, wish.id, _print_of(ticket), who.user.id, who.session, now, until):
            return False
        await audit.write(tx, now, Event.HAND_OVER_AGREED, who.user.id, wish.id, application=wish.name)
        return True

    return wish.back(ticket=ticket) if await house.db.write(work) else Refusal(Code.HAND_OVER_OVER)


async def decline(house: House, who: SignedIn, hand_over: str, now: int) -> str | Refusal:
    wish = await look(house, hand_over, now)
    if wish is None:
        return Refusal(Code.HAND_OVER_OVER)

    async def work(tx: Tx) -> bool:
        if not await store.decline(tx, wish.id, now):
            return False
        await audit.write(tx, now, Event.HAND_OVER_DECLINED, who.user.id, wish.id, application=wish.name)
        return True

    return wish.back(error="declined") if await house.db.write(work) else Refusal(Code.HAND_OVER_OVER)
