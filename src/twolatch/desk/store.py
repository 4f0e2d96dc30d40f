"""The tables of cases, their proofs and their notes. Notes are added, and nothing of them is ever changed."""

from twolatch.desk.model import Case, CaseState, Channel, Ended, Level, Note, Proof, Reason, Way
from twolatch.house.keys import Keys
from twolatch.storage.db import Database, Row, Tx

_CASE = "id, user_id, agent_id, reason, channel, state, code, opened_at, ends_at, closed_at"
_PROOF = "id, case_id, way, state, name, challenge_id, worth, asked_at, ended_at"


def _case(row: Row) -> Case:
    return Case(
        row["id"], row["user_id"], row["agent_id"], Reason(row["reason"]), Channel(row["channel"]),
        CaseState(row["state"]), row["code"], int(row["opened_at"]), int(row["ends_at"]), int(row["closed_at"]),
    )  # fmt: skip


def _proof(row: Row) -> Proof:
    return Proof(
        row["id"], row["case_id"], Way(row["way"]), Ended(row["state"]), row["name"], row["challenge_id"],
        Level(int(row["worth"])), int(row["asked_at"]), int(row["ended_at"]),
    )  # fmt: skip


async def insert(tx: Tx, new: Case) -> bool:
    """False when this agent has an open case of this client, or the code is just in use."""
    return bool(
        await tx.run(
            """INSERT INTO cases (id, user_id, agent_id, reason, channel, state, code, opened_at, ends_at)
               VALUES (:id, :user, :agent, :reason, :channel, 'open', :code, :now, :ends) ON CONFLICT DO NOTHING""",
            id=new.id,
            user=new.user,
            agent=new.agent,
            reason=new.reason.value,
            channel=new.channel.value,
            code=new.code,
            now=new.opened_at,
            ends=new.ends_at,
        )
    )


async def by_id(db: Database | Tx, case: str) -> Case | None:
    row = await db.row(f"SELECT {_CASE} FROM cases WHERE id = :id", id=case)  # noqa: S608 our own words
    return None if row is None else _case(row)


async def open_of(db: Database | Tx, agent: str, now: int) -> list[Case]:
    """What this agent works on, the newest first."""
    rows = await db.rows(
        f"""SELECT {_CASE} FROM cases WHERE agent_id = :agent AND state = 'open' AND ends_at > :now
            ORDER BY opened_at DESC, id LIMIT 50""",  # noqa: S608
        agent=agent,
        now=now,
    )
    return [_case(row) for row in rows]


async def of_client(db: Database | Tx, user: str, most: int) -> list[Case]:
    """His cases, the newest first."""
    rows = await db.rows(
        f"SELECT {_CASE} FROM cases WHERE user_id = :user ORDER BY opened_at DESC, id LIMIT :most",  # noqa: S608
        user=user,
        most=most,
    )
    return [_case(row) for row in rows]


async def by_code(db: Database | Tx, code: str, now: int) -> Case | None:
    """The open case of which agent and client see this code."""
    sql = f"SELECT {_CASE} FROM cases WHERE code = :code AND state = 'open' AND ends_at > :now"  # noqa: S608
    row = await db.row(sql, code=code, now=now)
    return None if row is None else _case(row)


async def close(tx: Tx, case: str, now: int) -> bool:
    """Open becomes closed, once."""
    row = await tx.row(
        "UPDATE cases SET state = 'closed', closed_at = :now WHERE id = :id AND state = 'open' RETURNING id",
        id=case,
        now=now,
    )
    return row is not None


async def close_over(tx: Tx, agent: str, now: int) -> list[str]:
    """Closes what this agent left open for too long."""
    rows = await tx.rows(
        """UPDATE cases SET state = 'closed', closed_at = ends_at
           WHERE agent_id = :agent AND state = 'open' AND ends_at <= :now RETURNING id""",
        agent=agent,
        now=now,
    )
    return [row["id"] for row in rows]


# proofs


async def insert_proof(tx: Tx, new: Proof) -> None:
    await tx.run(
        """INSERT INTO case_proofs (id, case_id, way, state, name, challenge_id, worth, asked_at, ended_at)
           VALUES (:id, :case, :way, :state, :name, :challenge, :worth, :asked, :ended)""",
        id=new.id,
        case=new.case,
        way=new.way.value,
        state=new.state.value,
        name=new.name,
        challenge=new.challenge,
        worth=int(new.worth),
        asked=new.asked_at,
        ended=new.ended_at,
    )


async def proofs_of(db: Database | Tx, case: str) -> list[Proof]:
    rows = await db.rows(
        f"SELECT {_PROOF} FROM case_proofs WHERE case_id = :case ORDER BY asked_at, id", case=case  # noqa: S608
    )
    return [_proof(row) for row in rows]


async def end_proof(tx: Tx, proof: str, to: Ended, worth: Level, now: int) -> bool:
    """Asked becomes what came of it, once."""
    row = await tx.row(
        """UPDATE case_proofs SET state = :to, worth = :worth, ended_at = :now
           WHERE id = :id AND state = 'asked' RETURNING id""",
        id=proof,
        to=to.value,
        worth=int(worth),
        now=now,
    )
    return row is not None


# notes


async def add_note(tx: Tx, keys: Keys, note: str, case: Case, of: Note) -> None:
    tx.later(
        """INSERT INTO case_notes (id, case_id, user_id, agent_id, kind, sealed, at)
           VALUES (:id, :case, :user, :agent, :kind, :sealed, :at)""",
        id=note,
        case=case.id,
        user=case.user,
        agent=of.agent,
        kind=of.kind,
        sealed=keys.seal("case_notes.sealed", note, case.user, of.text.encode()),
        at=of.at,
    )


async def notes_of(db: Database | Tx, keys: Keys, case: str) -> list[Note]:
    rows = await db.rows(
        "SELECT id, user_id, agent_id, kind, sealed, at FROM case_notes WHERE case_id = :case ORDER BY at, id",
        case=case,
    )
    return [
        Note(
            int(row["at"]), row["agent_id"], row["kind"],
            keys.open("case_notes.sealed", row["id"], row["user_id"], bytes(row["sealed"])).decode(),
        )
        for row in rows
    ]  # fmt: skip
