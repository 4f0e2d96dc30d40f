"""Reserves and fees: written beside the step they follow from. Twolatch moves no money: who does exports the lines."""

from twolatch import audit, notices
from twolatch.custody.dues import store
from twolatch.custody.dues.model import Cause, Due, What, fee
from twolatch.custody.model import By, Card
from twolatch.custody.orders import store as orders
from twolatch.custody.orders.model import Order
from twolatch.house import House
from twolatch.people.model import User
from twolatch.storage.db import Database, Tx
from twolatch.words.events import Event


async def hold(tx: Tx, house: House, order: Order, now: int, by: By) -> None:
    """The account carries the reserve from now on."""
    new = Due(
        house.chance.id(), order.id, What.HELD, order.user, order.account, "", order.reserve, order.currency, "", now
    )
    if await store.add(tx, new):
        await audit.write(tx, now, Event.RESERVE_HELD, order.user, order.id, amount=order.reserve, **by.facts)


async def give_up(tx: Tx, house: House, order: Order, cause: Cause, now: int, by: By) -> None:
    """An order that leads to no card: nothing is charged."""
    due = Due(
        house.chance.id(), order.id, What.RELEASED, order.user, order.account, order.card, order.reserve,
        order.currency, cause.value, now,
    )  # fmt: skip
    if await store.add(tx, due):
        facts = {"cause": cause.value, **by.facts}
        await audit.write(tx, now, Event.RESERVE_RELEASED, order.user, order.id, amount=order.reserve, **facts)


async def settle(tx: Tx, house: House, user: User, card: Card, cause: Cause, now: int, by: By) -> Due | None:
    """The card has come to an end: its reserve is given back, or the fee is charged. Once; None when there is nothing
    to settle."""
    order = await orders.of_card(tx, house.keys, card.id)
    table, reserve = house.settings.card_fees, house.settings.card_reserve
    amount = fee(table, card.kind, cause, reserve)
    what = What.CHARGED if amount else What.RELEASED
    if order is None and not amount:
        return None
    due = Due(
        house.chance.id(),
        order.id if order else card.id,
        what,
        user.id,
        order.account if order else "",
        card.id,
        amount or (order.reserve if order else 0),
        order.currency if order else house.settings.card_currency,
        cause.value,
        now,
    )
    if not await store.add(tx, due):
        return None
    event = Event.FEE_CHARGED if what is What.CHARGED else Event.RESERVE_RELEASED
    told = {"serial": card.serial, "currency": due.currency, "cause": cause.value, **by.facts}
    await audit.write(tx, now, event, user.id, card.id, amount=due.amount, **told)
    notice = "card_fee" if what is What.CHARGED else "card_released"
    facts = {"serial": card.serial, "amount": money(due), "cause": cause.value}
    await notices.write(tx, house, now, user.recipient, notice, **facts)
    return due


def money(due: Due) -> str:
    return f"{due.amount // 100}.{due.amount % 100:02d} {due.currency}"


async def of_order(db: Database | Tx, order: Order) -> list[Due]:
    return await store.about(db, order.id)


async def export(house: House, since: int, most: int = 100_000) -> list[Due]:
    """The lines from that moment (ms) on, for whoever books them."""
    return await store.since(house.db, since, most)
