"""The table of proposals. One ends by one conditional statement (rule C1), and its content is never written again."""

import hmac

import msgspec

from twolatch.desk.proposals.model import Content, Proposal, State
from twolatch.house.keys import Keys
from twolatch.storage.db import Database, Row, Tx

_FIELDS = """id, what, about, client_id, proposer_id, sealed, digest, state, decider_id, said, created_at, expires_at,
             ended_at, shows_until"""
_encode = msgspec.json.Encoder(order="deterministic").encode
_decode = msgspec.json.Decoder(Content).decode
_SAID = msgspec.json.Decoder(dict[str, str]).decode


class ForgedProposal(Exception):
    """A row that we did not write: somebody changed the database. Nothing of it is shown or done."""


def digest_of(keys: Keys, proposal: str, content: Content) -> str:
    """Hex. A MAC and no plain hash: it stands in the audit, and a short reason could be guessed from that."""
    return keys.mac("proposal", proposal, _encode(content)).hex()


def _proposal(keys: Keys, row: Row) -> Proposal:
    content = _decode(keys.open("proposals.sealed", row["id"], row["client_id"], bytes(row["sealed"])))
    told = (content.what.value, content.about, content.proposer, content.created_at, content.expires_at)
    kept = (row["what"], row["about"], row["proposer_id"], int(row["created_at"]), int(row["expires_at"]))
    digest = digest_of(keys, row["id"], content)
    if told != kept or content.client != row["client_id"] or not hmac.compare_digest(digest, row["digest"]):
        raise ForgedProposal(row["id"])
    said = _SAID(keys.open("proposals.said", row["id"], row["client_id"], bytes(row["said"]))) if row["said"] else {}
    return Proposal(
        row["id"],
        content,
        digest,
        State(row["state"]),
        row["decider_id"],
        said.get("said", ""),
        said.get("why", ""),
        int(row["ended_at"]),
        int(row["shows_until"]),
    )


async def insert(tx: Tx, keys: Keys, proposal: str, content: Content, cargo: bytes) -> bool:
    """False while the same is open already. `cargo`: what is large, and secret; it goes when the proposal ends."""
    row = await tx.row(
        """INSERT INTO proposals (id, what, about, client_id, proposer_id, sealed, digest, state,
                                  cargo, created_at, expires_at)
           VALUES (:id, :what, :about, :client, :proposer, :sealed, :digest, 'open', :cargo, :created, :expires)
           ON CONFLICT DO NOTHING RETURNING id""",
        id=proposal,
        what=content.what.value,
        about=content.about,
        client=content.client,
        proposer=content.proposer,
        sealed=keys.seal("proposals.sealed", proposal, content.client, _encode(content)),
        digest=digest_of(keys, proposal, content),
        cargo=keys.seal("proposals.cargo", proposal, content.client, cargo) if cargo else None,
        created=content.created_at,
        expires=content.expires_at,
    )
    return row is not None


async def find(db: Database | Tx, keys: Keys, proposal: str) -> Proposal | None:
    """Raises ForgedProposal."""
    row = await db.row(f"SELECT {_FIELDS} FROM proposals WHERE id = :id", id=proposal)  # noqa: S608
    return None if row is None else _proposal(keys, row)


async def cargo(db: Database | Tx, keys: Keys, proposal: str, client: str) -> bytes:
    """Empty when there is none, or none any more."""
    row = await db.row("SELECT cargo FROM proposals WHERE id = :id", id=proposal)
    return keys.open("proposals.cargo", proposal, client, bytes(row["cargo"])) if row and row["cargo"] else b""


async def waiting(db: Database | Tx, keys: Keys, now: int, most: int) -> list[Proposal]:
    """What can still be decided, the one that ends first before the others."""
    rows = await db.rows(
        f"""SELECT {_FIELDS} FROM proposals WHERE state = 'open' AND expires_at > :now
            ORDER BY expires_at, id LIMIT :most""",  # noqa: S608
        now=now,
        most=most,
    )
    return [_proposal(keys, row) for row in rows]


async def ended(db: Database | Tx, keys: Keys, now: int, before: int, most: int) -> list[Proposal]:
    """What was decided or ran out, the newest first, of those proposed before `before` (ms)."""
    rows = await db.rows(
        f"""SELECT {_FIELDS} FROM proposals WHERE (state <> 'open' OR expires_at <= :now) AND created_at < :before
            ORDER BY created_at DESC, id LIMIT :most""",  # noqa: S608
        now=now,
        before=before,
        most=most,
    )
    return [_proposal(keys, row) for row in rows]


async def end(
    tx: Tx, keys: Keys, of: Proposal, to: State, decider: str, now: int, *, said: str = "", why: str = ""
) -> bool:
    """Open and in time becomes what was decided, if it is what the decider saw. False when somebody was faster."""
    words = _encode({"said": said, "why": why})
    row = await tx.row(
        """UPDATE proposals SET state = :to, decider_id = :decider, said = :said, ended_at = :now, cargo = NULL
           WHERE id = :id AND state = 'open' AND expires_at > :now AND digest = :digest RETURNING id""",
        id=of.id,
        to=to.value,
        decider=decider,
        said=keys.seal("proposals.said", of.id, of.content.client, words),
        now=now,
        digest=of.digest,
    )
    return row is not None


async def run_out(tx: Tx, now: int) -> list[tuple[str, str, str]]:
    """Ends what nobody decided in time: (proposal, client, proposer) of each."""
    rows = await tx.rows(
        """UPDATE proposals SET state = 'expired', ended_at = expires_at, cargo = NULL
           WHERE state = 'open' AND expires_at <= :now
           RETURNING id, client_id, proposer_id""",
        now=now,
    )
    return [(row["id"], row["client_id"], row["proposer_id"]) for row in rows]


# what is shown once


async def keep_given(tx: Tx, keys: Keys, of: Proposal, given: bytes, until: int) -> None:
    await tx.run(
        "UPDATE proposals SET given = :given, shows_until = :until WHERE id = :id",
        id=of.id,
        given=keys.seal("proposals.given", of.id, of.content.client, given),
        until=until,
    )


async def take_given(tx: Tx, keys: Keys, proposal: str, proposer: str, now: int) -> bytes | None:
    """Once, for the proposer; afterwards nothing of it is left. None for everybody else, and later."""
    row = await tx.row(
        """UPDATE proposals SET shows_until = 0 WHERE id = :id AND proposer_id = :proposer AND shows_until > :now
           RETURNING client_id, given""",
        id=proposal,
        proposer=proposer,
        now=now,
    )
    if row is None:
        return None
    await tx.run("UPDATE proposals SET given = NULL WHERE id = :id", id=proposal)
    return keys.open("proposals.given", proposal, row["client_id"], bytes(row["given"]))


async def forget_given(tx: Tx, now: int) -> int:
    """What its proposer did not look at in time is shown to nobody."""
    return await tx.run(
        "UPDATE proposals SET given = NULL, shows_until = 0 WHERE shows_until <> 0 AND shows_until <= :now", now=now
    )
