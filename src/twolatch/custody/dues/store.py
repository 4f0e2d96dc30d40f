"""The ledger of reserves and fees. A line is written once and never changed."""

from twolatch.custody.dues.model import Due, What
from twolatch.storage.db import Database, Row, Tx

_FIELDS = "id, about, what, user_id, account_id, card_id, amount, currency, cause, at"


def _due(row: Row) -> Due:
    return Due(
        row["id"], row["about"], What(row["what"]), row["user_id"], row["account_id"], row["card_id"],
        int(row["amount"]), row["currency"], row["cause"], int(row["at"]),
    )  # fmt: skip


async def add(tx: Tx, due: Due) -> bool:
    """False when it began, or ended, before: one reserve is held once, and ends once."""
    return bool(
        await tx.run(
            """INSERT INTO dues (id, about, part, what, user_id, account_id, card_id, amount, currency, cause, at)
               VALUES (:id, :about, :part, :what, :user, :account, :card, :amount, :currency, :cause, :at)
               ON CONFLICT (about, part) DO NOTHING""",
            id=due.id,
            about=due.about,
            part="begin" if due.what is What.HELD else "end",
            what=due.what.value,
            user=due.user,
            account=due.account,
            card=due.card,
            amount=due.amount,
            currency=due.currency,
            cause=due.cause,
            at=due.at,
        )
    )


async def about(db: Database | Tx, thing: str) -> list[Due]:
    """The line that began it and the one that ended it, as far as they are there."""
    rows = await db.rows(f"SELECT {_FIELDS} FROM dues WHERE about = :thing ORDER BY part", thing=thing)  # noqa: S608
    return [_due(row) for row in rows]


async def since(db: Database, at: int, most: int) -> list[Due]:
    """`most` lines from that moment (ms) on, in order."""
    rows = await db.rows(
        f"SELECT {_FIELDS} FROM dues WHERE at >= :at ORDER BY at, part, id LIMIT :most",  # noqa: S608
        at=at,
        most=most,
    )
    return [_due(row) for row in rows]
