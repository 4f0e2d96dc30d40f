"""Sessions and the browsers that are known. Only SHA-256 of a token is kept."""

from dataclasses import dataclass

from twolatch.people import store as people
from twolatch.people.model import User
from twolatch.sessions.model import Session
from twolatch.storage.db import Database, Row, Tx


@dataclass(frozen=True, slots=True)
class NewSession:
    id: str
    token: bytes
    user: str
    browser: bytes
    proved: str
    authenticator: str | None
    agent: str
    address: str
    now: int
    ends_at: int
    bound_to: str
    narrow_at: int = 0
    scope: str = ""


@dataclass(frozen=True, slots=True)
class Proof:
    """What made a session fresh again: a kind (or the password), which one, and from when it opens little."""

    proved: str
    authenticator: str | None
    narrow_at: int


async def insert(tx: Tx, new: NewSession) -> None:
    tx.later(
        """INSERT INTO sessions (id, token, user_id, browser, proved, authenticator_id, agent, address,
                                 created_at, seen_at, fresh_at, ends_at, bound_to, narrow_at, scope)
           VALUES (:id, :token, :user_id, :browser, :proved, :authenticator, :agent, :address,
                   :now, :now, :now, :ends_at, :bound_to, :narrow_at, :scope)""",
        id=new.id,
        token=new.token,
        user_id=new.user,
        browser=new.browser,
        proved=new.proved,
        authenticator=new.authenticator,
        agent=new.agent,
        address=new.address,
        now=new.now,
        ends_at=new.ends_at,
        bound_to=new.bound_to,
        narrow_at=new.narrow_at,
        scope=new.scope,
    )


async def by_token(
    db: Database | Tx, token: bytes, now: int, idle: int, bound_to: str, scope: str = ""
) -> tuple[Row, User] | None:
    """The live session of a token and whose it is: not ended, not idle for longer than `idle` ms, not past its end.

    A browser's token (`bound_to` empty) is none in the app, the app's is none in a browser, nor on another device.
    One that only reads (`scope`) is none where more is asked for, and the other way round.
    """
    row = await db.row(
        f"""SELECT sessions.id AS session, sessions.browser, sessions.proved, sessions.authenticator_id,
                   sessions.agent, sessions.address, sessions.seen_at, sessions.fresh_at,
                   sessions.narrow_at, sessions.created_at AS begun_at, {people.OWN_FIELDS}
            FROM sessions JOIN users ON users.id = sessions.user_id
            WHERE sessions.token = :token AND sessions.bound_to = :bound_to
              AND sessions.scope = :scope AND sessions.ended_at = 0
              AND sessions.ends_at > :now AND sessions.seen_at > :idle_since""",  # noqa: S608
        token=token,
        bound_to=bound_to,
        scope=scope,
        now=now,
        idle_since=now - idle,
    )
    return None if row is None else (row, people.user_of(row))


async def by_id(db: Database | Tx, session: str, user: str, now: int, idle: int) -> tuple[Row, User] | None:
    """As above, of a browser's whole session whose id is known: for who was told of it by its client."""
    row = await db.row(
        f"""SELECT sessions.id AS session, sessions.browser, sessions.proved, sessions.authenticator_id,
                   sessions.agent, sessions.address, sessions.seen_at, sessions.fresh_at,
                   sessions.narrow_at, sessions.created_at AS begun_at, sessions.ends_at, {people.OWN_FIELDS}
            FROM sessions JOIN users ON users.id = sessions.user_id
            WHERE sessions.id = :id AND sessions.user_id = :user AND sessions.bound_to = '' AND sessions.scope = ''
              AND sessions.ended_at = 0 AND sessions.ends_at > :now AND sessions.seen_at > :idle_since""",  # noqa: S608
        id=session,
        user=user,
        now=now,
        idle_since=now - idle,
    )
    return None if row is None else (row, people.user_of(row))


async def touch(tx: Tx, session: str, now: int) -> None:
    await tx.run("UPDATE sessions SET seen_at = :now WHERE id = :id AND ended_at = 0", id=session, now=now)


async def renew(tx: Tx, session: str, token: bytes, now: int, proof: Proof | None = None) -> bool:
    """A new token; the old one is dead at once. With a proof the session is fresh again. False when it ended."""
    return bool(
        await tx.run(
            """UPDATE sessions SET token = :token, seen_at = :now,
                   fresh_at = CASE WHEN :is_proof = 1 THEN :now ELSE fresh_at END,
                   proved = CASE WHEN :is_proof = 1 THEN :proved ELSE proved END,
                   authenticator_id = CASE WHEN :is_proof = 1 THEN :authenticator ELSE authenticator_id END,
                   narrow_at = CASE WHEN :is_proof = 1 THEN :narrow_at ELSE narrow_at END
               WHERE id = :id AND ended_at = 0 AND ends_at > :now""",
            id=session,
            token=token,
            now=now,
            is_proof=int(proof is not None),
            proved=proof.proved if proof else "",
            authenticator=proof.authenticator if proof else None,
            narrow_at=proof.narrow_at if proof else 0,
        )
    )


# How many other sessions than :session the client :user has; where another table is read with it.
OTHERS = """SELECT COUNT(*) FROM sessions WHERE user_id = :user AND id <> :session AND ended_at = 0
              AND ends_at > :now AND seen_at > :idle_since"""


async def of_user(db: Database | Tx, user: str, this: str, now: int, idle: int) -> list[Session]:
    rows = await db.rows(
        """SELECT id, proved, agent, address, created_at, seen_at, bound_to FROM sessions
           WHERE user_id = :user AND ended_at = 0 AND ends_at > :now AND seen_at > :idle_since
           ORDER BY seen_at DESC, id""",
        user=user,
        now=now,
        idle_since=now - idle,
    )
    return [
        Session(
            row["id"],
            row["proved"],
            row["agent"],
            row["address"],
            row["created_at"],
            row["seen_at"],
            row["id"] == this,
            row["bound_to"],
        )
        for row in rows
    ]


async def end(tx: Tx, user: str, session: str, now: int) -> bool:
    """Ends one session of this client; a foreign id reads as a missing one."""
    return bool(
        await tx.run(
            "UPDATE sessions SET ended_at = :now WHERE id = :id AND user_id = :user AND ended_at = 0",
            id=session,
            user=user,
            now=now,
        )
    )


async def is_at(db: Database | Tx, user: str, scope: str, now: int, idle: int) -> bool:
    """Whether a session of this scope lives."""
    row = await db.row(
        """SELECT 1 AS one FROM sessions WHERE user_id = :user AND scope = :scope AND ended_at = 0
             AND ends_at > :now AND seen_at > :idle_since LIMIT 1""",
        user=user,
        scope=scope,
        now=now,
        idle_since=now - idle,
    )
    return row is not None


async def end_scope(tx: Tx, user: str, scope: str, now: int) -> list[str]:
    """Ends every session of the client that was opened for this and nothing else."""
    rows = await tx.rows(
        "UPDATE sessions SET ended_at = :now WHERE user_id = :user AND scope = :scope AND ended_at = 0 RETURNING id",
        user=user,
        scope=scope,
        now=now,
    )
    return [row["id"] for row in rows]


async def end_all(tx: Tx, user: str, now: int, *, but: str = "") -> list[str]:
    """Ends every session of the client but one; returns the ids of those that ended."""
    rows = await tx.rows(
        "UPDATE sessions SET ended_at = :now WHERE user_id = :user AND ended_at = 0 AND id <> :but RETURNING id",
        user=user,
        but=but,
        now=now,
    )
    return [row["id"] for row in rows]


async def end_bound(tx: Tx, user: str, device: str, now: int) -> list[str]:
    """Ends what is signed in on this device; returns the ids."""
    rows = await tx.rows(
        """UPDATE sessions SET ended_at = :now
           WHERE user_id = :user AND bound_to = :device AND ended_at = 0 RETURNING id""",
        user=user,
        device=device,
        now=now,
    )
    return [row["id"] for row in rows]


async def end_proved(tx: Tx, user: str, authenticator: str, now: int) -> list[str]:
    """Ends every session that this one proved last; returns the ids."""
    rows = await tx.rows(
        """UPDATE sessions SET ended_at = :now
           WHERE user_id = :user AND authenticator_id = :one AND ended_at = 0 RETURNING id""",
        user=user,
        one=authenticator,
        now=now,
    )
    return [row["id"] for row in rows]


async def end_young(tx: Tx, user: str, browser: bytes, since: int, now: int) -> list[str]:
    """Ends the sessions this browser opened after `since`: it was not the client who sat there."""
    rows = await tx.rows(
        """UPDATE sessions SET ended_at = :now
           WHERE user_id = :user AND browser = :browser AND created_at >= :since AND ended_at = 0 RETURNING id""",
        user=user,
        browser=browser,
        since=since,
        now=now,
    )
    return [row["id"] for row in rows]


async def is_known(db: Database | Tx, browser: bytes, user: str) -> bool:
    """Whether this client logged in with this browser before."""
    if not browser:
        return False
    row = await db.row(
        "SELECT 1 AS one FROM browsers WHERE browser = :browser AND user_id = :user", browser=browser, user=user
    )
    return row is not None


async def by_name(db: Database, name: str, browser: bytes) -> tuple[User | None, bool]:
    """The client of that name, and whether he logged in with this browser before: one read for known and unknown."""
    row = await db.row(
        f"""SELECT {people.OWN_FIELDS},
                   EXISTS (SELECT 1 FROM browsers WHERE browser = :browser AND user_id = users.id) AS is_known
            FROM users WHERE name = :name""",  # noqa: S608
        name=name,
        browser=browser,
    )
    return (None, False) if row is None else (people.user_of(row), bool(browser and row["is_known"]))


async def take_turn(tx: Tx, user: str, browser: bytes) -> tuple[User | None, bool]:
    """As in `people`, and whether this client logged in with this browser before."""
    row = await tx.row(
        f"""{people.TAKE_TURN},
            EXISTS (SELECT 1 FROM browsers WHERE browser = :browser AND user_id = :id) AS is_known""",  # noqa: S608
        id=user,
        browser=browser,
    )
    return (None, False) if row is None else (people.user_of(row), bool(browser and row["is_known"]))


async def know(tx: Tx, browser: bytes, user: str, now: int) -> None:
    tx.later(
        """INSERT INTO browsers (browser, user_id, since, last_at) VALUES (:browser, :user, :now, :now)
           ON CONFLICT (browser, user_id) DO UPDATE SET last_at = :now""",
        browser=browser,
        user=user,
        now=now,
    )


async def forget_browser(tx: Tx, browser: bytes, user: str) -> None:
    await tx.run("DELETE FROM browsers WHERE browser = :browser AND user_id = :user", browser=browser, user=user)


async def forget_browsers_but_of(tx: Tx, user: str, session: str) -> None:
    """All but the one of this session."""
    tx.later(
        """DELETE FROM browsers WHERE user_id = :user
             AND browser NOT IN (SELECT browser FROM sessions WHERE id = :session AND user_id = :user)""",
        user=user,
        session=session,
    )


async def forget_browsers(tx: Tx, user: str, *, but: bytes) -> None:
    tx.later("DELETE FROM browsers WHERE user_id = :user AND browser <> :but", user=user, but=but)
