"""The table of attempts. An attempt belongs to the browser that began it, by its pre-session."""

from twolatch.authenticators import store as authenticators
from twolatch.authenticators.model import Challenge, Purpose
from twolatch.authenticators.model import Stage as ChallengeStage
from twolatch.house.keys import Keys
from twolatch.login.model import Asked, Attempt, Stage
from twolatch.storage.db import Database, Row, Tx

_FIELDS = "id, user_id, stage, challenge_id, created_at, expires_at, link, agent, address, tell_at"
_OWN_FIELDS = ", ".join(f"attempts.{name}" for name in _FIELDS.split(", "))


def _attempt(row: Row) -> Attempt:
    return Attempt(
        row["id"],
        row["user_id"],
        Stage(row["stage"]),
        row["challenge_id"] or "",
        int(row["created_at"]),
        int(row["expires_at"]),
        bytes(row["link"] or b""),
        row["agent"],
        row["address"],
        int(row["tell_at"]),
    )


async def insert(tx: Tx, pre: bytes, new: Attempt) -> Attempt | None:
    """The browser's older attempt ends, and is returned: there is one live attempt per browser."""
    older = await end(tx, pre)
    tx.later(
        """INSERT INTO attempts (id, pre, user_id, stage, challenge_id, created_at, expires_at, link, agent, address,
                                 tell_at)
           VALUES (:id, :pre, :user_id, 'open', :challenge, :now, :expires, :link, :agent, :address, :tell_at)""",
        id=new.id,
        pre=pre,
        user_id=new.user,
        challenge=new.challenge or None,
        now=new.created_at,
        expires=new.expires_at,
        link=new.link or None,
        agent=new.agent,
        address=new.address,
        tell_at=new.tell_at,
    )
    return older


async def end(tx: Tx, pre: bytes) -> Attempt | None:
    row = await tx.row(
        f"UPDATE attempts SET stage = 'over' WHERE pre = :pre AND stage = 'open' RETURNING {_FIELDS}",  # noqa: S608
        pre=pre,
    )
    return None if row is None else _attempt(row)


async def live(db: Database | Tx, pre: bytes, now: int) -> Attempt | None:
    row = await db.row(
        f"SELECT {_FIELDS} FROM attempts WHERE pre = :pre AND stage = 'open' AND expires_at > :now",  # noqa: S608
        pre=pre,
        now=now,
    )
    return None if row is None else _attempt(row)


async def glance(db: Database, pre: bytes, now: int) -> tuple[Attempt, Asked | None] | None:
    """The browser's live attempt, and what can be told of its challenge unopened: most looks want no more."""
    row = await db.row(
        f"""SELECT {_OWN_FIELDS}, challenges.id AS asked, challenges.authenticator_id, challenges.purpose,
                   challenges.state, challenges.expires_at AS asked_until
            FROM attempts LEFT JOIN challenges ON challenges.id = attempts.challenge_id
            WHERE attempts.pre = :pre AND attempts.stage = 'open' AND attempts.expires_at > :now""",  # noqa: S608
        pre=pre,
        now=now,
    )
    if row is None:
        return None
    return _attempt(row), None if row["asked"] is None else _asked(row)


def _asked(row: Row) -> Asked:
    stage, until = ChallengeStage(row["state"]), int(row["asked_until"])
    return Asked(row["asked"], row["authenticator_id"], Purpose(row["purpose"]), stage, until)


async def standing(db: Database | Tx, keys: Keys, pre: bytes, now: int) -> tuple[Attempt, Challenge | None] | None:
    """The browser's live attempt and the challenge it waits for, opened."""
    row = await db.row(
        f"""SELECT {_OWN_FIELDS}, {authenticators.CHALLENGE_FIELDS}
            FROM attempts LEFT JOIN challenges ON challenges.id = attempts.challenge_id
            WHERE attempts.pre = :pre AND attempts.stage = 'open' AND attempts.expires_at > :now""",  # noqa: S608
        pre=pre,
        now=now,
    )
    return None if row is None else (_attempt(row), authenticators.challenge_of(keys, row))


async def point_at(tx: Tx, attempt: str, challenge: str, expires: int) -> bool:
    """The attempt waits for another challenge now, and whoever does not finish it is told of later."""
    return bool(
        await tx.run(
            """UPDATE attempts SET challenge_id = :challenge, expires_at = :expires,
                   tell_at = CASE WHEN tell_at > 0 THEN :expires ELSE 0 END
               WHERE id = :id AND stage = 'open'""",
            id=attempt,
            challenge=challenge,
            expires=expires,
        )
    )


async def collect(tx: Tx, attempt: Attempt, pre: bytes, now: int) -> bool:
    """`open` becomes `collected`, once, only for the browser that began (rule C1), and only while it asks for what was
    proved: the client may have changed his mind since it was read. There is nothing to tell any more."""
    row = await tx.row(
        """UPDATE attempts SET stage = 'collected', tell_at = 0
           WHERE id = :id AND pre = :pre AND stage = 'open' AND expires_at > :now
             AND COALESCE(challenge_id, '') = :challenge RETURNING id""",
        id=attempt.id,
        challenge=attempt.challenge,
        pre=pre,
        now=now,
    )
    return row is not None


async def use_link(tx: Tx, pre: bytes, link: bytes, now: int) -> bool:
    """Once, and only in the browser that began."""
    row = await tx.row(
        """UPDATE attempts SET link = NULL
           WHERE pre = :pre AND link = :link AND stage = 'open' AND expires_at > :now RETURNING id""",
        pre=pre,
        link=link,
        now=now,
    )
    return row is not None


# what nobody finished


async def untold(db: Database) -> int | None:
    """When the next of these is told, in ms; None when there is none."""
    row = await db.row("SELECT MIN(tell_at) AS due FROM attempts WHERE tell_at > 0")
    return None if row is None or row["due"] is None else int(row["due"])


async def take_untold(tx: Tx, now: int) -> Attempt | None:
    """One that is to be told by now; nobody else gets it."""
    row = await tx.row(
        f"""UPDATE attempts SET tell_at = 0
            WHERE tell_at > 0 AND tell_at <= :now
              AND id = (SELECT id FROM attempts WHERE tell_at > 0 AND tell_at <= :now ORDER BY tell_at LIMIT 1)
            RETURNING {_FIELDS}""",  # noqa: S608
        now=now,
    )
    return None if row is None else _attempt(row)


async def tell_nothing(tx: Tx, attempt: str) -> None:
    tx.later("UPDATE attempts SET tell_at = 0 WHERE id = :id", id=attempt)
