"""The table of codes. Secrets are not in it: both forms of a code are derived from its id under the site's key."""

from twolatch.activation.model import Activation, Stage
from twolatch.authenticators.model import Swap
from twolatch.storage.db import Database, Row, Tx

_FIELDS = """id, user_id, session_id, state, tries, number, authenticator_id, claim, claimed, device, met,
             created_at, expires_at, replaces, proved_by"""


def _activation(row: Row) -> Activation:
    return Activation(
        id=row["id"],
        user=row["user_id"],
        session=row["session_id"],
        stage=Stage(row["state"]),
        tries=int(row["tries"]),
        number=bytes(row["number"] or b""),
        authenticator=row["authenticator_id"] or "",
        claim=bytes(row["claim"] or b""),
        claimed=row["claimed"] or "",
        device=row["device"] or "",
        met=row["met"] or "",
        created_at=int(row["created_at"]),
        expires_at=int(row["expires_at"]),
        swap=Swap(row["replaces"], row["proved_by"], row["session_id"]) if row["replaces"] else None,
    )


async def insert(tx: Tx, new: Activation, typed: bytes) -> None:
    tx.later(
        """INSERT INTO activations (id, user_id, session_id, typed, state, created_at, expires_at, replaces, proved_by)
           VALUES (:id, :user_id, :session, :typed, 'issued', :now, :expires, :replaces, :proved_by)""",
        id=new.id,
        user_id=new.user,
        session=new.session,
        typed=typed,
        now=new.created_at,
        expires=new.expires_at,
        replaces=new.swap.old if new.swap else "",
        proved_by=new.swap.prover if new.swap else "",
    )


async def end_live(tx: Tx, user: str) -> list[Activation]:
    """Cancels the client's living code; there is never more than one."""
    rows = await tx.rows(
        f"""UPDATE activations SET state = 'cancelled'
            WHERE user_id = :user AND state IN ('issued', 'claimed') RETURNING {_FIELDS}""",  # noqa: S608
        user=user,
    )
    return [_activation(row) for row in rows]


async def of_session(db: Database | Tx, session: str) -> Activation | None:
    """The newest code of a portal session."""
    row = await db.row(
        f"SELECT {_FIELDS} FROM activations WHERE session_id = :session ORDER BY created_at DESC LIMIT 1",  # noqa: S608
        session=session,
    )
    return None if row is None else _activation(row)


async def by_id(db: Database | Tx, activation: str) -> Activation | None:
    row = await db.row(f"SELECT {_FIELDS} FROM activations WHERE id = :id", id=activation)  # noqa: S608
    return None if row is None else _activation(row)


async def by_typed(db: Database | Tx, typed: bytes) -> Activation | None:
    row = await db.row(f"SELECT {_FIELDS} FROM activations WHERE typed = :typed", typed=typed)  # noqa: S608
    return None if row is None else _activation(row)


async def of_phone(db: Database | Tx, authenticator: str) -> Activation | None:
    row = await db.row(
        f"SELECT {_FIELDS} FROM activations WHERE authenticator_id = :id",  # noqa: S608
        id=authenticator,
    )
    return None if row is None else _activation(row)


async def claim(
    tx: Tx, activation: str, authenticator: str, now: int, *, claim: bytes, claimed: str, device: str, number: bytes
) -> bool:
    """`issued` becomes `claimed`, once (rule C1)."""
    row = await tx.row(
        """UPDATE activations SET state = 'claimed', authenticator_id = :authenticator, claim = :claim,
               claimed = :claimed, device = :device, number = :number, met = NULL
           WHERE id = :id AND state = 'issued' AND expires_at > :now RETURNING id""",
        id=activation,
        authenticator=authenticator,
        claim=claim,
        claimed=claimed,
        device=device,
        number=number,
        now=now,
    )
    return row is not None


async def pay_try(tx: Tx, session: str, most: int, now: int) -> Activation | None:
    """Counts one number in advance (rule C2); only the session that began may try."""
    row = await tx.row(
        f"""UPDATE activations SET tries = tries + 1
            WHERE session_id = :session AND state = 'claimed' AND expires_at > :now AND tries < :most
            RETURNING {_FIELDS}""",  # noqa: S608
        session=session,
        most=most,
        now=now,
    )
    return None if row is None else _activation(row)


async def remember_met(tx: Tx, activation: str, user: str, met: str) -> None:
    """What a phone met with this code. The code the client sees now remembers it too, when the phone had an older
    one."""
    await tx.run(
        """UPDATE activations SET met = :met
           WHERE id = :id OR (user_id = :user AND state IN ('issued', 'claimed'))""",
        id=activation,
        user=user,
        met=met,
    )


async def settle(tx: Tx, activation: str, before: Stage, after: Stage) -> bool:
    row = await tx.row(
        "UPDATE activations SET state = :after WHERE id = :id AND state = :before RETURNING id",
        id=activation,
        before=before.value,
        after=after.value,
    )
    return row is not None
