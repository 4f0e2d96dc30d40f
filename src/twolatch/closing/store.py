"""What became of the cards of an account that closes."""

from twolatch.closing.model import How
from twolatch.storage.db import Database, Tx


async def settled(db: Database | Tx, account: str) -> dict[str, tuple[How, int]]:
    """By card: what became of it, and when."""
    rows = await db.rows(
        "SELECT card_id, how, settled_at FROM settled_cards WHERE account_id = :account", account=account
    )
    return {row["card_id"]: (How(row["how"]), int(row["settled_at"])) for row in rows}


async def settle(tx: Tx, account: str, card: str, how: How, now: int) -> bool:
    """Once. False when it was settled before."""
    return bool(
        await tx.run(
            """INSERT INTO settled_cards (account_id, card_id, how, settled_at) VALUES (:account, :card, :how, :now)
               ON CONFLICT (account_id, card_id) DO NOTHING""",
            account=account,
            card=card,
            how=how.value,
            now=now,
        )
    )


async def forget(tx: Tx, account: str) -> None:
    """The closing was taken back: what was said of the cards belonged to it."""
    await tx.run("DELETE FROM settled_cards WHERE account_id = :account", account=account)
