"""The tables of applications, of their hand-overs and of the sessions they know. Only SHA-256 of a key is kept."""

import json
from typing import Any

from twolatch.applications.model import Application, HandOver, KnownSession, Scope
from twolatch.storage.db import Database, Row, Tx

_FIELDS = "id, name, scopes, returns, created_at, key_at, used_at, ended_at"


def _application(row: Row) -> Application:
    return Application(
        id=row["id"],
        name=row["name"],
        scopes=frozenset(map(Scope, row["scopes"].split())),
        returns=tuple(json.loads(row["returns"])),
        created_at=int(row["created_at"]),
        key_at=int(row["key_at"]),
        used_at=int(row["used_at"]),
        ended_at=int(row["ended_at"]),
    )


async def add(tx: Tx, new: Application, key: bytes) -> bool:
    """False when the name is taken, be it by one that is not in use any more."""
    return bool(
        await tx.run(
            """INSERT INTO applications (id, name, key, scopes, returns, created_at, key_at)
               VALUES (:id, :name, :key, :scopes, :returns, :now, :now) ON CONFLICT (name) DO NOTHING""",
            id=new.id,
            name=new.name,
            key=key,
            scopes=" ".join(sorted(new.scopes)),
            returns=json.dumps(new.returns),
            now=new.created_at,
        )
    )


async def everyone(db: Database) -> list[Application]:
    sql = f"SELECT {_FIELDS} FROM applications ORDER BY ended_at <> 0, name"  # noqa: S608 our own words
    return [_application(row) for row in await db.rows(sql)]


async def by_key(db: Database, key: bytes) -> Application | None:
    sql = f"SELECT {_FIELDS} FROM applications WHERE key = :key AND ended_at = 0"  # noqa: S608
    row = await db.row(sql, key=key)
    return None if row is None else _application(row)


async def by_id(db: Database | Tx, application: str) -> Application | None:
    """One that is in use."""
    sql = f"SELECT {_FIELDS} FROM applications WHERE id = :id AND ended_at = 0"  # noqa: S608
    row = await db.row(sql, id=application)
    return None if row is None else _application(row)


async def touch(tx: Tx, application: str, now: int) -> None:
    await tx.run("UPDATE applications SET used_at = :now WHERE id = :id AND ended_at = 0", id=application, now=now)


async def renew_key(tx: Tx, name: str, key: bytes, now: int) -> str | None:
    """A new key; the old one is dead at once. The application's id."""
    row = await tx.row(
        "UPDATE applications SET key = :key, key_at = :now WHERE name = :name AND ended_at = 0 RETURNING id",
        name=name,
        key=key,
        now=now,
    )
    return None if row is None else str(row["id"])


async def end(tx: Tx, name: str, now: int) -> str | None:
    """Not in use any more, with all it waits for and all sessions it knows."""
    row = await tx.row(
        "UPDATE applications SET ended_at = :now WHERE name = :name AND ended_at = 0 RETURNING id", name=name, now=now
    )
    if row is None:
        return None
    await tx.run(
        """UPDATE hand_overs SET stage = 'over'
           WHERE application_id = :id AND stage IN ('asked', 'issued')""",
        id=row["id"],
    )
    await tx.run(
        "UPDATE known_sessions SET ended_at = :now WHERE application_id = :id AND ended_at = 0", id=row["id"], now=now
    )
    return str(row["id"])


# hand-overs


async def ask(tx: Tx, wish: HandOver, now: int, until: int) -> None:
    await tx.run(
        """INSERT INTO hand_overs (id, application_id, return_to, marker, stage, created_at, expires_at)
           VALUES (:id, :application, :to, :marker, 'asked', :now, :until)""",
        id=wish.id,
        application=wish.application,
        to=wish.return_to,
        marker=wish.marker,
        now=now,
        until=until,
    )


async def asked(db: Database, hand_over: str, now: int) -> HandOver | None:
    """One that still waits for a client, of an application that is in use."""
    row = await db.row(
        """SELECT hand_overs.id, application_id, return_to, marker, applications.name, applications.scopes
           FROM hand_overs JOIN applications ON applications.id = application_id
           WHERE hand_overs.id = :id AND stage = 'asked' AND expires_at > :now AND applications.ended_at = 0""",
        id=hand_over,
        now=now,
    )
    if row is None:
        return None
    tells_name = Scope.NAMES in row["scopes"].split()
    return HandOver(row["id"], row["application_id"], row["name"], tells_name, row["return_to"], row["marker"])


async def issue(tx: Tx, hand_over: str, ticket: bytes, user: str, session: str, now: int, until: int) -> bool:
    """The client said yes, once (rule C1)."""
    return bool(
        await tx.run(
            """UPDATE hand_overs SET stage = 'issued', ticket = :ticket, user_id = :user, session_id = :session,
                   expires_at = :until
               WHERE id = :id AND stage = 'asked' AND expires_at > :now""",
            id=hand_over,
            ticket=ticket,
            user=user,
            session=session,
            now=now,
            until=until,
        )
    )


async def decline(tx: Tx, hand_over: str, now: int) -> bool:
    return bool(
        await tx.run(
            "UPDATE hand_overs SET stage = 'declined' WHERE id = :id AND stage = 'asked' AND expires_at > :now",
            id=hand_over,
            now=now,
        )
    )


async def exchange(tx: Tx, ticket: bytes, application: str, now: int) -> tuple[str, str] | None:
    """Client and session of a ticket, once, and for the application it was made for (rule C1)."""
    row = await tx.row(
        """UPDATE hand_overs SET stage = 'exchanged'
           WHERE ticket = :ticket AND application_id = :application AND stage = 'issued' AND expires_at > :now
           RETURNING user_id, session_id""",
        ticket=ticket,
        application=application,
        now=now,
    )
    return None if row is None else (str(row["user_id"]), str(row["session_id"]))


# known sessions


async def know(tx: Tx, new: KnownSession, application: str) -> None:
    await tx.run(
        """INSERT INTO known_sessions (id, application_id, user_id, session_id, created_at)
           VALUES (:id, :application, :user, :session, :now)""",
        id=new.id,
        application=application,
        user=new.user,
        session=new.session,
        now=new.created_at,
    )


async def known(db: Database | Tx, name: str, application: str) -> KnownSession | None:
    """What this application knows by that name; what another one knows reads as a missing one."""
    row: Any = await db.row(
        """SELECT id, user_id, session_id, created_at FROM known_sessions
           WHERE id = :id AND application_id = :application AND ended_at = 0""",
        id=name,
        application=application,
    )
    return None if row is None else KnownSession(row["id"], row["user_id"], row["session_id"], int(row["created_at"]))


async def forget(tx: Tx, name: str, application: str, now: int) -> str | None:
    """The client it was about."""
    row = await tx.row(
        """UPDATE known_sessions SET ended_at = :now
           WHERE id = :id AND application_id = :application AND ended_at = 0 RETURNING user_id""",
        id=name,
        application=application,
        now=now,
    )
    return None if row is None else str(row["user_id"])
