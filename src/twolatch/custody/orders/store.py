"""The table of orders. An order goes from one state to the next by one conditional statement (rule C1)."""

import msgspec

from twolatch.custody.orders.model import OPEN, Order, State
from twolatch.house.keys import Keys
from twolatch.regions import Address
from twolatch.storage.db import Database, Row, Tx

_FIELDS = """id, number, user_id, account_id, kind, state, sealed, reserve, currency, card_id, ordered_at, expected_at,
             shipped_at, ended_at"""
_read = msgspec.json.Decoder(Address)


def _sealed(keys: Keys, order: str, user: str, address: Address) -> bytes:
    return keys.seal("orders.sealed", order, user, msgspec.json.encode(address))


def _order(keys: Keys, row: Row) -> Order:
    return Order(
        id=row["id"],
        number=row["number"],
        user=row["user_id"],
        account=row["account_id"],
        kind=row["kind"],
        state=State(row["state"]),
        address=_read.decode(keys.open("orders.sealed", row["id"], row["user_id"], bytes(row["sealed"]))),
        reserve=int(row["reserve"]),
        currency=row["currency"],
        card=row["card_id"],
        ordered_at=int(row["ordered_at"]),
        expected_at=int(row["expected_at"]),
        shipped_at=int(row["shipped_at"]),
        ended_at=int(row["ended_at"]),
    )


async def insert(tx: Tx, keys: Keys, order: Order) -> bool:
    """False when this client has an open one."""
    return bool(
        await tx.run(
            """INSERT INTO orders (id, number, user_id, account_id, kind, state, sealed, reserve, currency, ordered_at,
                                   expected_at)
               VALUES (:id, :number, :user, :account, :kind, 'ordered', :sealed, :reserve, :currency, :at, :expected)
               ON CONFLICT (user_id) WHERE state IN ('ordered', 'shipped', 'delivered') DO NOTHING""",
            id=order.id,
            number=order.number,
            user=order.user,
            account=order.account,
            kind=order.kind,
            sealed=_sealed(keys, order.id, order.user, order.address),
            reserve=order.reserve,
            currency=order.currency,
            at=order.ordered_at,
            expected=order.expected_at,
        )
    )


async def by_number(db: Database | Tx, keys: Keys, number: str) -> Order | None:
    row = await db.row(f"SELECT {_FIELDS} FROM orders WHERE number = :number", number=number)  # noqa: S608 our own words
    return None if row is None else _order(keys, row)


async def of_user(db: Database | Tx, keys: Keys, user: str) -> list[Order]:
    """This client's orders, the newest first."""
    rows = await db.rows(
        f"SELECT {_FIELDS} FROM orders WHERE user_id = :user ORDER BY ordered_at DESC, id",  # noqa: S608
        user=user,
    )
    return [_order(keys, row) for row in rows]


async def open_of(db: Database | Tx, keys: Keys, user: str) -> Order | None:
    return next((one for one in await of_user(db, keys, user) if one.state in OPEN), None)


async def waiting(db: Database, keys: Keys, most: int) -> list[Order]:
    """Orders to ship, the oldest first."""
    rows = await db.rows(
        f"SELECT {_FIELDS} FROM orders WHERE state = 'ordered' ORDER BY ordered_at, id LIMIT :most",  # noqa: S608
        most=most,
    )
    return [_order(keys, row) for row in rows]


async def of_card(tx: Database | Tx, keys: Keys, card: str) -> Order | None:
    """What it was sent for."""
    row = await tx.row(f"SELECT {_FIELDS} FROM orders WHERE card_id = :card AND card_id <> ''", card=card)  # noqa: S608
    return None if row is None else _order(keys, row)


async def ship(tx: Tx, order: str, card: str, now: int) -> bool:
    """Once: of two clerks, and of shipping and cancelling, one wins."""
    row = await tx.row(
        """UPDATE orders SET state = 'shipped', card_id = :card, shipped_at = :now
           WHERE id = :id AND state = 'ordered' RETURNING id""",
        id=order,
        card=card,
        now=now,
    )
    return row is not None


async def cancel(tx: Tx, order: str, now: int) -> bool:
    row = await tx.row(
        "UPDATE orders SET state = 'cancelled', ended_at = :now WHERE id = :id AND state = 'ordered' RETURNING id",
        id=order,
        now=now,
    )
    return row is not None


async def readdress(tx: Tx, keys: Keys, order: Order, address: Address, expected: int) -> bool:
    """Before it is shipped, and never after."""
    row = await tx.row(
        """UPDATE orders SET sealed = :sealed, expected_at = :expected
           WHERE id = :id AND state = 'ordered' RETURNING id""",
        id=order.id,
        sealed=_sealed(keys, order.id, order.user, address),
        expected=expected,
    )
    return row is not None


async def follow(tx: Tx, card: str, to: State, now: int) -> None:
    """The order of a card that went on; nothing when it has none, or is over."""
    await tx.run(
        """UPDATE orders SET state = :to, ended_at = CASE WHEN :to = 'delivered' THEN ended_at ELSE :now END
           WHERE card_id = :card AND state IN ('shipped', 'delivered') AND state <> :to""",
        card=card,
        to=to.value,
        now=now,
    )
