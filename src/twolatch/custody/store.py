"""The table of cards. A card goes from one state to the next by one conditional statement (rule C1)."""

from dataclasses import dataclass, field
from typing import Any

import msgspec

from twolatch.custody.model import Card, State
from twolatch.house.keys import Keys
from twolatch.kinds.kind import Made
from twolatch.storage.db import Database, Row, Tx

_FIELDS = """id, serial, kind, maker, model, sealed, asked, state, user_id, authenticator_id, created_at, changed_at,
             shipped_at, received_at, carrier, tracking"""
_read = msgspec.json.Decoder(dict[str, Any])


@dataclass(frozen=True, slots=True)
class NewCard:
    """A card before it lies in the stock."""

    id: str
    kind: str
    maker: str
    model: str
    made: Made = field(repr=False)


def _card(row: Row) -> Card:
    return Card(
        id=row["id"],
        serial=row["serial"],
        kind=row["kind"],
        maker=row["maker"],
        model=row["model"],
        secret=bytes(row["sealed"]),
        asked=int(row["asked"]),
        state=State(row["state"]),
        user=row["user_id"],
        authenticator=row["authenticator_id"],
        created_at=int(row["created_at"]),
        changed_at=int(row["changed_at"]),
        shipped_at=int(row["shipped_at"]),
        received_at=int(row["received_at"]),
        carrier=row["carrier"],
        tracking=row["tracking"],
    )


def sealed(keys: Keys, card: str, user: str, made: Made) -> bytes:
    """Bound to the card and to the client it is for: a writer into the table cannot give it to somebody else."""
    content = {
        "serial": made.serial, "suite": made.suite, "key": made.key.hex(), "counter": made.counter, "pin": made.pin,
    }  # fmt: skip
    return keys.seal("cards.sealed", card, user, msgspec.json.encode(content))


def opened(keys: Keys, card: Card) -> Made:
    content = _read.decode(keys.open("cards.sealed", card.id, card.user, card.secret))
    key = bytes.fromhex(content["key"])
    return Made(content["serial"], content["suite"], key, content["counter"], card.asked, content["pin"])


def key_mac(keys: Keys, key: bytes) -> bytes:
    return keys.mac("card-key", key)


async def serial_of_key(db: Database | Tx, mac: bytes) -> str | None:
    """Which card has this key."""
    row = await db.row("SELECT serial FROM cards WHERE key_mac = :mac", mac=mac)
    return None if row is None else str(row["serial"])


async def insert(tx: Tx, keys: Keys, new: NewCard, now: int) -> None:
    await tx.run(
        """INSERT INTO cards (id, serial, kind, maker, model, sealed, key_mac, state, created_at, changed_at)
           VALUES (:id, :serial, :kind, :maker, :model, :sealed, :mac, 'stocked', :now, :now)""",
        id=new.id,
        serial=new.made.serial,
        kind=new.kind,
        maker=new.maker,
        model=new.model,
        sealed=sealed(keys, new.id, "", new.made),
        mac=key_mac(keys, new.made.key),
        now=now,
    )


async def by_serial(db: Database | Tx, serial: str) -> Card | None:
    row = await db.row(f"SELECT {_FIELDS} FROM cards WHERE serial = :serial", serial=serial)  # noqa: S608
    return None if row is None else _card(row)


async def by_id(db: Database | Tx, card: str) -> Card | None:
    row = await db.row(f"SELECT {_FIELDS} FROM cards WHERE id = :id", id=card)  # noqa: S608
    return None if row is None else _card(row)


async def of_authenticator(db: Database | Tx, authenticator: str) -> Card | None:
    sql = f"SELECT {_FIELDS} FROM cards WHERE authenticator_id = :id AND authenticator_id <> ''"  # noqa: S608
    row = await db.row(sql, id=authenticator)
    return None if row is None else _card(row)


async def coming_to(db: Database | Tx, user: str) -> Card | None:
    """The one card that is set aside for this client, on its way to him, or with him and not activated."""
    row = await db.row(
        f"""SELECT {_FIELDS} FROM cards
            WHERE user_id = :user AND state IN ('reserved', 'shipped', 'delivered')""",  # noqa: S608
        user=user,
    )
    return None if row is None else _card(row)


async def of_client(db: Database | Tx, user: str) -> list[Card]:
    """Every card that is, or was, this client's."""
    sql = f"SELECT {_FIELDS} FROM cards WHERE user_id = :user AND user_id <> '' ORDER BY serial"  # noqa: S608
    rows = await db.rows(sql, user=user)
    return [_card(row) for row in rows]


async def everything(db: Database, after: str, most: int, state: str) -> list[Card]:
    """`most` cards whose serials follow `after`; in one state, or in all."""
    rows = await db.rows(
        f"""SELECT {_FIELDS} FROM cards WHERE serial > :after AND (state = :state OR :state = '')
            ORDER BY serial LIMIT :most""",  # noqa: S608
        after=after,
        state=state,
        most=most,
    )
    return [_card(row) for row in rows]


async def move(tx: Tx, card: Card, to: State, now: int) -> bool:
    """From the state it was seen in to the next. False when somebody was faster. What was with a client is destroyed
    after it was inspected, and lies in no stock again."""
    row = await tx.row(
        """UPDATE cards SET state = :to, changed_at = :now,
               received_at = CASE WHEN :to = 'received' THEN :now ELSE received_at END
           WHERE id = :id AND state = :seen AND :to NOT IN ('stocked', 'reserved', 'shipped')
             AND (:to <> 'destroyed' OR shipped_at = 0 OR state = 'inspected') RETURNING id""",
        id=card.id,
        to=to.value,
        seen=card.state.value,
        now=now,
    )
    return row is not None


async def hand_over(tx: Tx, card: Card, carrier: str, tracking: str, now: int) -> bool:
    """What was set aside goes into the post. False when somebody was faster."""
    row = await tx.row(
        """UPDATE cards SET state = 'shipped', changed_at = :now, shipped_at = :now, carrier = :carrier,
               tracking = :tracking
           WHERE id = :id AND state = 'reserved' RETURNING id""",
        id=card.id,
        carrier=carrier,
        tracking=tracking,
        now=now,
    )
    return row is not None


async def give(tx: Tx, keys: Keys, card: Card, user: str, made: Made, now: int) -> bool:
    """A stocked card becomes a client's, sealed anew under his name. One that was out never becomes anybody's again."""
    row = await tx.row(
        """UPDATE cards SET state = 'reserved', user_id = :user, sealed = :sealed, changed_at = :now
           WHERE id = :id AND state = 'stocked' AND shipped_at = 0 RETURNING id""",
        id=card.id,
        user=user,
        sealed=sealed(keys, card.id, user, made),
        now=now,
    )
    return row is not None


async def pass_on(tx: Tx, keys: Keys, card: Card, user: str, made: Made, now: int) -> bool:
    """From one of its two users to the other, sealed anew under his name; its state stays."""
    row = await tx.row(
        """UPDATE cards SET user_id = :user, sealed = :sealed, changed_at = :now
           WHERE id = :id AND user_id = :from_user AND state = :seen RETURNING id""",
        id=card.id, user=user, sealed=sealed(keys, card.id, user, made), now=now, from_user=card.user,
        seen=card.state.value,
    )  # fmt: skip
    return row is not None


async def take_back(tx: Tx, keys: Keys, card: Card, made: Made, now: int) -> bool:
    """It never left the house: into the stock again."""
    row = await tx.row(
        """UPDATE cards SET state = 'stocked', user_id = '', sealed = :sealed, changed_at = :now
           WHERE id = :id AND state = 'reserved' RETURNING id""",
        id=card.id,
        sealed=sealed(keys, card.id, "", made),
        now=now,
    )
    return row is not None


async def point_at(tx: Tx, card: Card, authenticator: str, asked: int) -> bool:
    """It is being set up as this authenticator, and was asked so many numbers. False when somebody was faster."""
    row = await tx.row(
        """UPDATE cards SET authenticator_id = :authenticator, asked = :asked
           WHERE id = :id AND state IN ('shipped', 'delivered') AND asked = :seen RETURNING id""",
        id=card.id,
        authenticator=authenticator,
        asked=asked,
        seen=card.asked,
    )
    return row is not None
