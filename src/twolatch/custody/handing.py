"""A card leaves the house: what is packed, by whom it is brought, and what its client is told."""

from dataclasses import dataclass, field

from twolatch import notices
from twolatch.custody import store
from twolatch.custody.chain import note
from twolatch.custody.model import By, Card, Fault, State
from twolatch.custody.orders.model import read_tracking
from twolatch.house import House
from twolatch.kinds.kind import Issued, Made
from twolatch.kinds.shelf import find
from twolatch.people import store as people
from twolatch.people.model import User
from twolatch.storage.db import Tx
from twolatch.words.limits import DAY

CARRIER_LENGTH = 40
HALF_A_DAY = DAY // 2
REMINDER = "card_reminder"  # letters that wait until a card was not activated for so many days


@dataclass(frozen=True, slots=True)
class Parcel:
    """As a clerk scans and types it. `pin`: of a card that mixes it into its answers."""

    serial: str
    carrier: str = ""
    tracking: str = ""
    pin: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Prepared:
    card: Card
    made: Made = field(repr=False)
    carrier: str
    tracking: str


async def prepare(house: House, parcel: Parcel) -> Prepared | Fault:
    """Whether this card of the stock can be sent so."""
    card = await store.by_serial(house.db, parcel.serial.strip())
    if card is None:
        return Fault.NO_CARD
    if card.state is not State.STOCKED:
        return Fault.NOT_NOW
    way = way_of(house, parcel.carrier, parcel.tracking)
    if isinstance(way, Fault):
        return way
    made = store.opened(house.keys, card)
    if fault := _misfit(house, card, made, parcel.pin):
        return fault
    return Prepared(card, Made(made.serial, made.suite, made.key, made.counter, 0, parcel.pin), *way)


def way_of(house: House, carrier: str, tracking: str) -> tuple[str, str] | Fault:
    """(carrier, tracking number) as they are kept. A site that names its carriers takes no other."""
    named, number = carrier.strip()[:CARRIER_LENGTH], read_tracking(tracking)
    if tracking.strip() and not number:
        return Fault.TRACKING
    if named and house.settings.carriers and named not in house.settings.carriers:
        return Fault.CARRIER
    return (named, number) if named.isprintable() else Fault.CARRIER


def follow_link(house: House, carrier: str, tracking: str) -> str:
    """Where the carrier tells how far a parcel is; empty where we do not know."""
    pattern = house.settings.carriers.get(carrier, "")
    return pattern.replace("{number}", tracking) if pattern and tracking else ""


def _misfit(house: House, card: Card, made: Made, pin: str) -> Fault | None:
    kind = find(house.kinds, card.kind)
    if not isinstance(kind, Issued) or kind.unfit(made.suite, len(made.key)):
        return Fault.UNFIT
    is_pin = pin.isascii() and pin.isdigit() and 4 <= len(pin) <= 8
    if kind.mixes_pin(made.suite):
        return None if is_pin else Fault.NO_PIN
    return Fault.HAS_PIN if pin else None


async def set_aside(tx: Tx, house: House, user: User, ready: Prepared, now: int, by: By) -> Card | None:
    """From the stock to this client's name. None when somebody was faster."""
    if not await store.give(tx, house.keys, ready.card, user.id, ready.made, now):
        return None
    await note(tx, now, State.RESERVED, ready.card, user.id, by)
    return await store.by_id(tx, ready.card.id)


async def post(tx: Tx, house: House, user: User, card: Card, way: tuple[str, str], now: int, by: By) -> Card | None:
    """From now on runs the time in which the card is optional. None when somebody was faster."""
    carrier, tracking = way
    if not await store.hand_over(tx, card, carrier, tracking, now):
        return None
    settings = house.settings
    await people.demand_set_up(tx, user.id, now + settings.card_grace_days * DAY)
    await note(tx, now, State.SHIPPED, card, user.id, by, carrier=carrier, tracking=tracking)
    await _tell_sent(tx, house, user, card, way, now)
    tx.after(lambda: house.signals.tell(f"user:{user.id}"))
    return await store.by_id(tx, card.id)


async def _tell_sent(tx: Tx, house: House, user: User, card: Card, way: tuple[str, str], now: int) -> None:
    carrier, tracking = way
    days = house.settings.card_grace_days
    facts = {"serial": card.serial, "days": str(days)}
    if tracking:
        link = follow_link(house, carrier, tracking) or "-"
        facts |= {"carrier": carrier or "-", "tracking": tracking, "link": link}
    kind = "card_shipped_tracked" if tracking else "card_shipped"
    await notices.write(tx, house, now, user.recipient, kind, **facts)
    told = {"serial": card.serial, "by_at": str(now + days * DAY)}
    for due in house.settings.card_reminder_days:
        if due < days:
            notice = house.chance.id()
            await notices.write_for_later(tx, house, notice, now, now + due * DAY, user.recipient, REMINDER, **told)


async def send(tx: Tx, house: House, user: User, ready: Prepared, now: int, by: By) -> Card | None:
    """Both at once: packed and handed over."""
    card = await set_aside(tx, house, user, ready, now, by)
    return card and await post(tx, house, user, card, (ready.carrier, ready.tracking), now, by)


async def arrived(tx: Tx, user: str) -> None:
    """It is active, or out of use: nothing is demanded, and nobody is reminded, any more."""
    await people.demand_set_up(tx, user, 0)
    await notices.withdraw_all(tx, user, REMINDER)
