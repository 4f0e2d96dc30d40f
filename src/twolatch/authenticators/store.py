"""The tables of authenticators and challenges."""

from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec.structs import replace

from twolatch.authenticators.model import HELD, Authenticator, Challenge, Purpose, Stage, State
from twolatch.house.keys import Keys
from twolatch.people import store as people
from twolatch.people.model import User
from twolatch.protocol.keys import same
from twolatch.storage.db import Database, Row, Tx

_FIELDS = "id, user_id, kind, name, state, enrolment, secret, moving, version, row_mac, push, created_at, used_at"
_OWN_FIELDS = ", ".join(f"authenticators.{name}" for name in _FIELDS.split(", "))
_CHALLENGE = """id, user_id, authenticator_id, purpose, browser, is_known, sealed, state, tries, answer,
                created_at, expires_at, ended_at"""
_HELD = ", ".join(f"'{state}'" for state in sorted(HELD))

_json = msgspec.json.Encoder(order="deterministic")
_read = msgspec.json.Decoder(dict[str, Any])


class ForgedRow(Exception):
    """The row's MAC is wrong: somebody wrote into the table who does not hold the site's key."""

    def __init__(self, row: Authenticator) -> None:
        super().__init__(row.id)
        self.row = row


def _mac(keys: Keys, row: "Authenticator", enrolment: str) -> bytes:
    return keys.row_mac("authenticator", row.secret, row.id, row.user, row.kind, row.state, enrolment)


def _authenticator(keys: Keys, row: Row) -> Authenticator:
    found = Authenticator(
        id=row["id"],
        user=row["user_id"],
        kind=row["kind"],
        name=row["name"],
        state=State(row["state"]),
        enrolment=_read.decode(row["enrolment"]),
        secret=bytes(row["secret"]),
        moving=_read.decode(row["moving"]),
        version=int(row["version"]),
        push=row["push"],
        created_at=int(row["created_at"]),
        used_at=int(row["used_at"]),
    )
    if not same(_mac(keys, found, row["enrolment"]), bytes(row["row_mac"])):
        raise ForgedRow(found)
    return found


async def insert(tx: Tx, keys: Keys, new: Authenticator) -> None:
    enrolment = _json.encode(new.enrolment).decode()
    await tx.run(  # and not later: a question may change the row in the same transaction
        """INSERT INTO authenticators (id, user_id, kind, name, state, enrolment, secret, moving, row_mac, created_at)
           VALUES (:id, :user_id, :kind, :name, :state, :enrolment, :secret, :moving, :row_mac, :now)""",
        id=new.id, user_id=new.user, kind=new.kind, name=new.name, state=new.state.value, enrolment=enrolment,
        secret=new.secret, moving=_json.encode(new.moving).decode(), row_mac=_mac(keys, new, enrolment),
        now=new.created_at,
    )  # fmt: skip


async def advance(tx: Tx, keys: Keys, seen: Authenticator, then: Authenticator) -> bool:
    """The one compare-and-set: `seen` becomes `then`, unless somebody was faster; then nothing happens.

    Only state, enrolment, moving, the time of use, and what closes the secret change here; and the owner, where a
    shared one is left to who shares it. What an index holds is named when it changes, or SQLite writes the index anew.
    """
    found = {"state": then.state.value, "user_id": then.user, "guest": then.guest}
    moves = found if (seen.state, seen.user, seen.guest) != (then.state, then.user, then.guest) else {}
    enrolment = _json.encode(then.enrolment).decode()
    changed = await tx.run(
        f"""UPDATE authenticators SET {"".join(f"{name} = :{name}, " for name in moves)} enrolment = :enrolment,
               secret = :secret, moving = :moving, row_mac = :row_mac, used_at = :used_at, version = version + 1
           WHERE id = :id AND version = :version""",  # noqa: S608 our own words
        id=seen.id, version=seen.version, enrolment=enrolment, secret=then.secret,
        moving=_json.encode(then.moving).decode(), row_mac=_mac(keys, then, enrolment), used_at=then.used_at, **moves,
    )  # fmt: skip
    return bool(changed)


async def remember_asked(tx: Tx, keys: Keys, seen: Authenticator, moving: Mapping[str, Any]) -> bool:
    """What it was asked, so that it is never asked the same again. False when somebody was faster."""
    return await advance(tx, keys, seen, replace(seen, moving=moving))


async def find(db: Database | Tx, keys: Keys, authenticator: str) -> Authenticator | None:
    row = await db.row(f"SELECT {_FIELDS} FROM authenticators WHERE id = :id", id=authenticator)  # noqa: S608
    return None if row is None else _authenticator(keys, row)


async def held_by(db: Database | Tx, keys: Keys, user: str) -> list[Authenticator]:
    """What counts as the client's second factor, the one used last first; what another user of his shares with him,
    too. Who writes into the database shares nothing: the row itself, under its MAC, says with whom."""
    return (await of_client(db, keys, user))[0]


async def of_client(db: Database | Tx, keys: Keys, user: str) -> tuple[list[Authenticator], list[Authenticator]]:
    """What is held, as above; and what is the client's own and has not answered yet."""
    rows = await db.rows(
        f"""SELECT {_FIELDS} FROM authenticators WHERE user_id = :user AND state <> 'removed'
            UNION ALL
            SELECT {_FIELDS} FROM authenticators WHERE guest = :user AND guest <> '' AND state IN ({_HELD})
            ORDER BY used_at DESC, created_at DESC""",  # noqa: S608
        user=user,
    )
    held = [found for row in rows if row["state"] in HELD and user in (found := _held(keys, row)).holders]
    own = [_held(keys, row) for row in rows if row["state"] == State.UNPROVEN]
    return held, [one for one in own if one.state is State.UNPROVEN]


def _held(keys: Keys, row: Row) -> Authenticator:
    """A forged row still counts as held, or forging one would open the login by the password alone; it answers
    nothing."""
    try:
        return _authenticator(keys, row)
    except ForgedRow as forged:
        return replace(forged.row, state=State.SUSPENDED)


async def asked_numbers(db: Database | Tx) -> list[str]:
    """Whoever was asked a number before, and can be asked again."""
    rows = await db.rows("SELECT id FROM authenticators WHERE state <> 'removed' AND moving LIKE '%\"asked\":%'")
    return [row["id"] for row in rows]


async def of_user(
    db: Database | Tx, keys: Keys, user: str, states: frozenset[State], kind: str = ""
) -> list[Authenticator]:
    """Those in one of these states; of one kind, or of all."""
    rows = await db.rows(
        f"""SELECT {_FIELDS} FROM authenticators
            WHERE user_id = :user AND state <> 'removed' AND (kind = :kind OR :kind = '')""",  # noqa: S608
        user=user, kind=kind,
    )  # fmt: skip
    return [found for row in rows if (found := _held(keys, row)).state in states]


async def active_of(db: Database, kind: str) -> list[str]:
    sql = "SELECT id FROM authenticators WHERE state = 'active' AND kind = :kind"
    return [row["id"] for row in await db.rows(sql, kind=kind)]


async def rename(tx: Tx, user: str, authenticator: str, name: str) -> bool:
    sql = "UPDATE authenticators SET name = :name WHERE id = :id AND user_id = :user AND state <> 'removed'"
    return bool(await tx.run(sql, id=authenticator, user=user, name=name))


async def names_of(db: Database | Tx, user: str) -> dict[str, str]:
    """What the client calls his authenticators, the removed ones too."""
    sql = "SELECT id, name FROM authenticators WHERE user_id = :user"
    shared = "SELECT id, name FROM authenticators WHERE guest = :user AND guest <> ''"
    rows = await db.rows(f"{sql} UNION ALL {shared}", user=user)
    return {row["id"]: row["name"] for row in rows}


async def keep_push(tx: Tx, authenticator: str, push: str) -> None:
    await tx.run("UPDATE authenticators SET push = :push WHERE id = :id", id=authenticator, push=push)


async def drop_push(tx: Tx, push: str) -> None:
    await tx.run("UPDATE authenticators SET push = '' WHERE push = :push", push=push)


# challenges


def _challenge(keys: Keys, row: Row) -> Challenge:
    opened = _read.decode(keys.open("challenges.sealed", row["id"], row["user_id"], bytes(row["sealed"])))
    is_as_asked = opened.get("to") == [row["authenticator_id"], row["purpose"]]
    return Challenge(
        id=row["id"],
        user=row["user_id"],
        authenticator=row["authenticator_id"],
        purpose=Purpose(row["purpose"]),
        browser=bytes(row["browser"]),
        is_known=bool(row["is_known"]),
        prompt=opened["prompt"],
        memory=opened["memory"],
        number=opened.get("number"),
        stage=Stage(row["state"]) if is_as_asked else Stage.CANCELLED,
        tries=int(row["tries"]),
        answer=bytes(row["answer"] or b""),
        created_at=int(row["created_at"]),
        expires_at=int(row["expires_at"]),
        ended_at=int(row["ended_at"]),
    )


def _content(asked: Challenge) -> bytes:
    """Under the seal stands, too, who was asked and what for: a writer into the table makes no other question of it."""
    to = [asked.authenticator, asked.purpose.value]
    return _json.encode({"prompt": asked.prompt, "memory": asked.memory, "number": asked.number, "to": to})


async def insert_challenge(tx: Tx, keys: Keys, new: Challenge) -> None:
    content = _content(new)
    tx.later(
        """INSERT INTO challenges (id, user_id, authenticator_id, purpose, browser, is_known, sealed, state,
                                   tries, created_at, expires_at)
           VALUES (:id, :user, :one, :purpose, :browser, :is_known, :sealed, 'pending', :tries, :now, :expires)""",
        id=new.id, user=new.user, one=new.authenticator, purpose=new.purpose.value, browser=new.browser,
        is_known=int(new.is_known), sealed=keys.seal("challenges.sealed", new.id, new.user, content),
        tries=new.tries, now=new.created_at, expires=new.expires_at,
    )  # fmt: skip


_JOINED = {f"c_{name.strip()}": name.strip() for name in _CHALLENGE.split(",")}
CHALLENGE_FIELDS = ", ".join(f"challenges.{name} AS {joined}" for joined, name in _JOINED.items())


def challenge_of(keys: Keys, row: Row) -> Challenge | None:
    """The challenge of a row that was read with `CHALLENGE_FIELDS` by an outer join; None where there was none."""
    own = {name: row[joined] for joined, name in _JOINED.items()}
    return None if own["id"] is None else _challenge(keys, own)


async def ask_number(tx: Tx, keys: Keys, then: Challenge, now: int) -> bool:
    """The question can be answered by a number from now on, and lives as long as `then` says. The caller holds the
    client's turn. False when it waits no longer."""
    content = _content(then)
    row = await tx.row(
        """UPDATE challenges SET sealed = :sealed, expires_at = :expires
           WHERE id = :id AND state = 'pending' AND expires_at > :now RETURNING id""",
        id=then.id, sealed=keys.seal("challenges.sealed", then.id, then.user, content),
        expires=then.expires_at, now=now,
    )  # fmt: skip
    return row is not None


async def answered(
    db: Database, keys: Keys, authenticator: str, challenge: str
) -> tuple[Authenticator, Challenge | None, User | None] | None:
    """What an answer is about, of one moment: who answers, what was asked, and the owner. Raises ForgedRow."""
    row = await db.row(
        f"""SELECT {_OWN_FIELDS}, {CHALLENGE_FIELDS}, {people.JOINED_FIELDS}
            FROM authenticators LEFT JOIN challenges ON challenges.id = :challenge
                 LEFT JOIN users ON users.id = authenticators.user_id
            WHERE authenticators.id = :id""",  # noqa: S608
        id=authenticator, challenge=challenge,
    )  # fmt: skip
    return None if row is None else (_authenticator(keys, row), challenge_of(keys, row), people.joined_user(row))


async def find_challenge(db: Database | Tx, keys: Keys, challenge: str) -> Challenge | None:
    row = await db.row(f"SELECT {_CHALLENGE} FROM challenges WHERE id = :id", id=challenge)  # noqa: S608
    return None if row is None else _challenge(keys, row)


async def recent(db: Database, keys: Keys, authenticator: str, since: int) -> list[Challenge]:
    rows = await db.rows(
        f"""SELECT {_CHALLENGE} FROM challenges WHERE authenticator_id = :id AND created_at > :since
            ORDER BY created_at DESC LIMIT 20""",  # noqa: S608
        id=authenticator, since=since,
    )  # fmt: skip
    return [_challenge(keys, row) for row in rows]


async def pay_try(tx: Tx, challenge: str, most: int, now: int) -> int | None:
    """Counts one wrong answer in advance; None when none is left or the challenge is over."""
    row = await tx.row(
        """UPDATE challenges SET tries = tries + 1
           WHERE id = :id AND state = 'pending' AND expires_at > :now AND tries < :most RETURNING tries""",
        id=challenge, most=most, now=now,
    )  # fmt: skip
    return None if row is None else int(row["tries"])


async def remember_wrong(tx: Tx, challenge: str, answer: bytes) -> None:
    sql = "UPDATE challenges SET answer = :answer WHERE id = :id AND state = 'pending'"
    await tx.run(sql, id=challenge, answer=answer)


async def end_challenge(tx: Tx, challenge: str, stage: Stage, now: int, answer: bytes = b"") -> bool:
    """`pending` becomes `stage`, once; False when it was not pending any more or had expired."""
    row = await tx.row(
        """UPDATE challenges SET state = :stage, answer = :answer, ended_at = :now
           WHERE id = :id AND state = 'pending' AND expires_at > :now RETURNING id""",
        id=challenge, stage=stage.value, answer=answer, now=now,
    )  # fmt: skip
    return row is not None


async def consume(tx: Tx, challenge: str, user: str, now: int) -> tuple[str, str] | None:
    """`approved` becomes `consumed`, once (rule C1). Returns the authenticator that proved, and its kind."""
    row = await tx.row(
        """UPDATE challenges SET state = 'consumed' WHERE id = :id AND user_id = :user AND state = 'approved'
           AND expires_at > :now
           RETURNING authenticator_id, (SELECT kind FROM authenticators WHERE id = authenticator_id) AS kind""",
        id=challenge, user=user, now=now,
    )  # fmt: skip
    return None if row is None else (str(row["authenticator_id"]), str(row["kind"]))


async def use_up(tx: Tx, authenticator: str, purpose: Purpose, now: int) -> bool:
    """What this authenticator approved for one purpose serves once (rule C1)."""
    row = await tx.row(
        """UPDATE challenges SET state = 'consumed' WHERE authenticator_id = :id AND purpose = :purpose
           AND state = 'approved' AND expires_at > :now RETURNING id""",
        id=authenticator, purpose=purpose.value, now=now,
    )  # fmt: skip
    return row is not None


async def supersede(
    tx: Tx, user: str, browser: bytes, purpose: Purpose, now: int, *, also_unknown: bool
) -> list[Row]:
    """Ends what waits for this client and this purpose: of one browser, and of all browsers not known."""
    return await tx.rows(
        """UPDATE challenges SET state = 'superseded', ended_at = :now
           WHERE user_id = :user AND state = 'pending' AND purpose = :purpose
             AND (browser = :browser OR is_known = 0 AND :also = 1)
           RETURNING id, authenticator_id""",
        user=user, browser=browser, purpose=purpose.value, also=int(also_unknown), now=now,
    )  # fmt: skip


async def is_another_waiting(tx: Tx, user: str, now: int) -> bool:
    row = await tx.row(
        """SELECT 1 AS one FROM challenges
           WHERE user_id = :user AND state = 'pending' AND purpose = 'login' AND expires_at > :now LIMIT 1""",
        user=user, now=now,
    )  # fmt: skip
    return row is not None


async def end_everything(tx: Tx, user: str, stage: Stage, now: int) -> list[Row]:
    """Ends all that waits for this client or waits to be collected."""
    return await tx.rows(
        """UPDATE challenges SET state = :stage, ended_at = :now
           WHERE user_id = :user AND state IN ('pending', 'approved') RETURNING id, authenticator_id""",
        user=user, stage=stage.value, now=now,
    )  # fmt: skip


async def end_of(tx: Tx, authenticator: str, stage: Stage, now: int, user: str = "") -> list[Row]:
    """Ends all that waits for one authenticator; of one of its users, or of all."""
    return await tx.rows(
        """UPDATE challenges SET state = :stage, ended_at = :now
           WHERE authenticator_id = :id AND state IN ('pending', 'approved') AND (user_id = :user OR :user = '')
           RETURNING id, authenticator_id""",
        id=authenticator, stage=stage.value, now=now, user=user,
    )  # fmt: skip
