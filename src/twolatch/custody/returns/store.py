"""The table of returns. A return goes from one state to the next by one conditional statement (rule C1)."""

from twolatch.custody.model import State as OfCard
from twolatch.custody.returns.model import Reason, Return, State
from twolatch.storage.db import Database, Row, Tx

_FIELDS = """id, number, user_id, card_id, reason, region, state, was, carrier, tracking, announced_at, posted_at,
             expected_at, due_at, told_at, ended_at"""


def _return(row: Row) -> Return:
    return Return(
        id=row["id"],
        number=row["number"],
        user=row["user_id"],
        card=row["card_id"],
        reason=Reason(row["reason"]),
        region=row["region"],
        state=State(row["state"]),
        was=OfCard(row["was"]),
        carrier=row["carrier"],
        tracking=row["tracking"],
        announced_at=int(row["announced_at"]),
        posted_at=int(row["posted_at"]),
        expected_at=int(row["expected_at"]),
        due_at=int(row["due_at"]),
        told_at=int(row["told_at"]),
        ended_at=int(row["ended_at"]),
    )


async def insert(tx: Tx, new: Return) -> bool:
    """False when this card has an open one."""
    return bool(
        await tx.run(
            """INSERT INTO returns (id, number, user_id, card_id, reason, region, state, was, announced_at, due_at)
               VALUES (:id, :number, :user, :card, :reason, :region, 'announced', :was, :at, :due)
               ON CONFLICT (card_id) WHERE state IN ('announced', 'posted') DO NOTHING""",
            id=new.id,
            number=new.number,
            user=new.user,
            card=new.card,
            reason=new.reason.value,
            region=new.region,
            was=new.was.value,
            at=new.announced_at,
            due=new.due_at,
        )
    )


async def by_number(db: Database | Tx, number: str) -> Return | None:
    row = await db.row(f"SELECT {_FIELDS} FROM returns WHERE number = :number", number=number)  # noqa: S608 our own words
    return None if row is None else _return(row)


async def by_id(db: Database | Tx, one: str) -> Return | None:
    row = await db.row(f"SELECT {_FIELDS} FROM returns WHERE id = :id", id=one)  # noqa: S608
    return None if row is None else _return(row)


async def open_of(db: Database | Tx, card: str) -> Return | None:
    row = await db.row(
        f"SELECT {_FIELDS} FROM returns WHERE card_id = :card AND state IN ('announced', 'posted')",  # noqa: S608
        card=card,
    )
    return None if row is None else _return(row)


async def of_user(db: Database | Tx, user: str) -> list[Return]:
    """The newest first."""
    rows = await db.rows(
        f"SELECT {_FIELDS} FROM returns WHERE user_id = :user ORDER BY announced_at DESC, id",  # noqa: S608
        user=user,
    )
    return [_return(row) for row in rows]


async def under_way(db: Database, most: int) -> list[Return]:
    """Announced and posted ones, those that are due first at the top."""
    rows = await db.rows(
        f"""SELECT {_FIELDS} FROM returns WHERE state IN ('announced', 'posted')
            ORDER BY due_at, id LIMIT :most""",  # noqa: S608
        most=most,
    )
    return [_return(row) for row in rows]


async def overdue(db: Database, now: int, most: int, *, untold: bool = False) -> list[Return]:
    """The oldest first; with `untold` those whose client was not told yet."""
    rows = await db.rows(
        f"""SELECT {_FIELDS} FROM returns
            WHERE state IN ('announced', 'posted') AND due_at <= :now AND (told_at = 0 OR :every = 1)
            ORDER BY due_at, id LIMIT :most""",  # noqa: S608
        now=now,
        every=int(not untold),
        most=most,
    )
    return [_return(row) for row in rows]


async def post(tx: Tx, one: str, way: tuple[str, str], now: int, expected: int, due: int) -> bool:
    row = await tx.row(
        """UPDATE returns SET state = 'posted', carrier = :carrier, tracking = :tracking, posted_at = :now,
               expected_at = :expected, due_at = :due
           WHERE id = :id AND state = 'announced' RETURNING id""",
        id=one,
        carrier=way[0],
        tracking=way[1],
        now=now,
        expected=expected,
        due=due,
    )
    return row is not None


async def cancel(tx: Tx, one: str, now: int) -> bool:
    row = await tx.row(
        "UPDATE returns SET state = 'cancelled', ended_at = :now WHERE id = :id AND state = 'announced' RETURNING id",
        id=one,
        now=now,
    )
    return row is not None


async def end(tx: Tx, card: str, to: str, now: int) -> bool:
    """The open return of this card is `received` or `lost`. False when it has none."""
    row = await tx.row(
        """UPDATE returns SET state = :to, ended_at = :now
           WHERE card_id = :card AND state IN ('announced', 'posted') RETURNING id""",
        card=card,
        to=to,
        now=now,
    )
    return row is not None


async def tell(tx: Tx, one: str, now: int) -> bool:
    """Its client is told that it is overdue, once."""
    row = await tx.row(
        """UPDATE returns SET told_at = :now
           WHERE id = :id AND told_at = 0 AND state IN ('announced', 'posted') RETURNING id""",
        id=one,
        now=now,
    )
    return row is not None
