"""What a client does with his sessions: is let in by one, looks at them, ends them."""

from collections.abc import Iterable
from hashlib import sha256

from twolatch import audit
from twolatch.house import House
from twolatch.people import store as people
from twolatch.people.model import User
from twolatch.sessions import store
from twolatch.sessions.model import AtDesk, Bearer, Bridging, FreshlySignedIn, Live, ReadingOnly, Session, SignedIn
from twolatch.storage.db import Database, Row, Tx
from twolatch.words.events import Event
from twolatch.words.limits import MINUTE

KNOWN_BROWSER_DAYS = 180
READING = "reading"  # the scope of a session that reads papers alone
READING_IDLE = 10 * MINUTE
DESK = "desk"  # the scope of a session at work


def fingerprint(token: str) -> bytes:
    """SHA-256 of a cookie's value; empty for none. 256 random bits need no slow hash."""
    return sha256(token.encode("ascii", "replace")).digest() if token else b""


async def signed_in(house: House, token: str, now: int, bound_to: str = "") -> SignedIn | None:
    """Whose session this token opens, when it opens everything."""
    found = await bearer(house, token, now, bound_to)
    return found if isinstance(found, SignedIn) else None


async def bearer(house: House, token: str, now: int, bound_to: str = "") -> SignedIn | Bridging | None:
    """Whose session this token opens, in a browser or on the device it is bound to. Notes at most once a minute that
    it was used."""
    if not token:
        return None
    found = await store.by_token(house.db, fingerprint(token), now, idle(house), bound_to)
    if found is None or found[1].is_off or found[1].closed_at:
        return None
    await _seen(house, found[0], now)
    return _bearer_of(house, *found, now)


async def bearer_by_id(house: House, tx: Database | Tx, session: str, user: str, now: int) -> Live | None:
    """A browser's session as it stands, for who was told of it by its client. Notes nothing."""
    found = await store.by_id(tx, session, user, now, idle(house))
    if found is None or found[1].is_off or found[1].closed_at:
        return None
    who, row = _bearer_of(house, *found, now), found[0]
    return Live(who, who.begun_at, int(row["ends_at"]))


def _bearer_of(house: House, row: Row, user: User, now: int) -> SignedIn | Bridging:
    fresh_until = int(row["fresh_at"]) + house.settings.fresh_minutes * MINUTE
    kind = Bridging if 0 < int(row["narrow_at"]) <= now else SignedIn
    return kind(
        row["session"],
        user,
        row["proved"],
        fresh_until,
        bytes(row["browser"]),
        row["address"],
        row["agent"],
        row["authenticator_id"] or "",
        begun_at=int(row["begun_at"]),
    )


async def reading(house: House, token: str, now: int) -> ReadingOnly | None:
    """Whose reading session this token opens, until the end date of his papers."""
    if not token:
        return None
    found = await store.by_token(house.db, fingerprint(token), now, READING_IDLE, "", READING)
    if found is None or found[1].is_off or not found[1].closed_at or found[1].read_until <= now:
        return None
    await _seen(house, found[0], now)
    return ReadingOnly(found[0]["session"], found[1])


async def at_desk(house: House, token: str, now: int) -> AtDesk | None:
    """Who works with this token, as long as he has the role: taken from him, it is over with the next request."""
    found = await store.by_token(house.db, fingerprint(token), now, idle(house), "", DESK) if token else None
    if found is None or found[1].is_off or found[1].closed_at:
        return None
    row, user = found
    staff = await people.staff_of(house.db, house.keys, user.id)
    if staff is None:
        return None
    await _seen(house, row, now)
    fresh_until = int(row["fresh_at"]) + house.settings.desk_fresh_minutes * MINUTE
    proof = (row["proved"], fresh_until, bytes(row["browser"]), row["address"], row["agent"])
    return AtDesk(row["session"], user, *proof, row["authenticator_id"] or "", staff)


async def is_at_work(house: House, user: str, now: int) -> bool:
    """Whether he sits at the desk at this moment."""
    return await store.is_at(house.db, user, DESK, now, idle(house))


async def _seen(house: House, row: Row, now: int) -> None:
    if now - int(row["seen_at"]) <= MINUTE:
        return

    async def touch(tx: Tx) -> None:
        await store.touch(tx, row["session"], now)

    await house.db.write(touch)


def freshly(who: SignedIn, now: int) -> FreshlySignedIn | None:
    """The proof that a sensitive wish asks for; None sends the client to prove himself again."""
    return FreshlySignedIn(who) if is_fresh(who, now) else None


def is_fresh(who: Bearer, now: int) -> bool:
    return now < who.fresh_until


async def mine(house: House, who: SignedIn, now: int) -> list[Session]:
    return await store.of_user(house.db, who.user.id, who.session, now, idle(house))


async def end(house: House, who: SignedIn | ReadingOnly, session: str, now: int) -> bool:
    """Ends one of the client's own sessions; False when there is none such."""

    async def work(tx: Tx) -> bool:
        if not await store.end(tx, who.user.id, session, now):
            return False
        await audit.write(tx, now, Event.SESSION_ENDED, who.user.id, session, why="client")
        return True

    return await house.db.write(work)


async def end_others(house: House, who: SignedIn, now: int) -> int:
    """Ends all but this session; returns how many."""

    async def work(tx: Tx) -> int:
        ended = await store.end_all(tx, who.user.id, now, but=who.session)
        await note_ended(tx, who.user.id, ended, "client", now)
        return len(ended)

    return await house.db.write(work)


async def prove_more(
    tx: Tx, who: Bearer, token: str, proved: str, authenticator: str | None, now: int, narrow_at: int = 0
) -> bool:
    """The session is fresh by a new proof, may do what that one is good for, and goes on with a new token (no
    fixation). False when it ended."""
    proof = store.Proof(proved, authenticator, narrow_at)
    if not await store.renew(tx, who.session, fingerprint(token), now, proof):
        return False
    await audit.write(tx, now, Event.SESSION_STEPPED_UP, who.user.id, who.session, proved=proved)
    return True


async def note_ended(tx: Tx, user: str, ended: Iterable[str], why: str, now: int) -> None:
    """The audit learns of every session that somebody else than its own "log out" ended."""
    for session in ended:
        await audit.write(tx, now, Event.SESSION_ENDED, user, session, why=why)


def idle(house: House) -> int:
    """How long a session that nobody uses goes on, in ms."""
    return house.settings.session_idle_minutes * MINUTE
