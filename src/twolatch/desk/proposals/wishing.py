"""What people of the desk propose, each wish with what has to be true before it makes sense to ask a second person."""

import asyncio

import msgspec

from twolatch.authenticators import store as authenticators
from twolatch.authenticators.model import State as OfAuthenticator
from twolatch.custody import importing
from twolatch.custody import store as cards
from twolatch.custody.model import State as OfCard
from twolatch.custody.orders import store as orders
from twolatch.custody.orders.model import State as OfOrder
from twolatch.desk import budgets
from twolatch.desk.budgets import Budget
from twolatch.desk.proposals.actions import AddressWish, BudgetWish, CodeWish, ImportWish, LossWish, RemovalWish
from twolatch.desk.proposals.flows import propose
from twolatch.desk.proposals.model import Proposal
from twolatch.house import House
from twolatch.people import store as people
from twolatch.people.model import User
from twolatch.protocol.labels import clean_label
from twolatch.protocol.pskc.sealing import FileKey
from twolatch.regions import Address
from twolatch.sessions.model import AtDesk
from twolatch.words.refusals import Code, Refusal
from twolatch.words.warrants import Lowering

WRITTEN_OFF = (OfCard.LOST, OfCard.DESTROYED, OfCard.FAULTY)
MOST_EXTRA = 50
FILE_NAME = 80


async def temporary_code(
    house: House, who: AtDesk, client: User, label: str, reason: str, case: str, now: int
) -> Proposal | Refusal:
    """For a caller who can prove nothing. Counts as one of the agent's codes for today, whatever becomes of it."""
    if refused := await budgets.spend(house, who.user.id, Budget.CODES, now):
        return refused
    what = Lowering.TEMPORARY_CODE
    return await propose(house, who, what, client.id, CodeWish(label), reason, now, client=client.id, case=case)


async def removal(house: House, who: AtDesk, client: User, reason: str, case: str, now: int) -> Proposal | Refusal:
    """Everything the client holds, so that he can begin anew with his password."""
    held = await authenticators.held_by(house.db, house.keys, client.id)
    if not held:
        return Refusal(Code.LOST_NOTHING)
    wish = RemovalWish(tuple((one.id, one.name) for one in held if one.state is not OfAuthenticator.REMOVED))
    what = Lowering.LAST_REMOVED
    return await propose(house, who, what, client.id, wish, reason, now, client=client.id, case=case)


async def loss(house: House, who: AtDesk, serial: str, to: OfCard, reason: str, now: int) -> Proposal | Refusal:
    """A card of the stock that is not there, or not fit, and has to leave the books."""
    card = await cards.by_serial(house.db, serial)
    if card is None or card.state is not OfCard.STOCKED or to not in WRITTEN_OFF:
        return Refusal(Code.STOCK_NOT_NOW)
    wish = LossWish(card.serial, card.state.value, to.value)
    return await propose(house, who, Lowering.STOCK_LOSS, card.serial, wish, reason, now)


async def address(
    house: House, who: AtDesk, number: str, new: Address, reason: str, now: int
) -> Proposal | Refusal:
    """A card that is not sent yet goes elsewhere: whoever gets it has half of a login in hand."""
    order = await orders.by_number(house.db, house.keys, number)
    if order is None or order.state is not OfOrder.ORDERED:
        return Refusal(Code.NOT_FOUND)
    if order.address == new:
        return Refusal(Code.ORDER_SAME)
    what, wish = Lowering.ORDER_ADDRESS, AddressWish(order.number, order.address, new)
    return await propose(house, who, what, order.number, wish, reason, now, client=order.user)


async def more(
    house: House, who: AtDesk, agent: str, budget: Budget, extra: int, reason: str, now: int
) -> Proposal | Refusal:
    """For a colleague, and for this day."""
    if await people.staff_of(house.db, house.keys, agent) is None or not 1 <= extra <= MOST_EXTRA:
        return Refusal(Code.MALFORMED)
    wish, about = BudgetWish(agent, budget.value, extra), f"{agent}.{budget.value}"
    return await propose(house, who, Lowering.MORE_BUDGET, about, wish, reason, now, client=agent)


async def stock(
    house: House, who: AtDesk, name: str, data: bytes, given: FileKey, today: str, reason: str, now: int
) -> Proposal | Refusal:
    """A maker's file. Reading it takes seconds, so it is read in a thread, and once: what the second person approves
    are the keys that were found, and no longer a file. Raises BadFile."""
    lot = await asyncio.to_thread(importing.examine, house, data, given, today)
    report = await importing.foresee(house, lot)
    if not report.new:
        return Refusal(Code.STOCK_NOTHING_NEW)
    new, known, refused = tuple(report.new), tuple(report.known), tuple(report.refused)
    wish = ImportWish(clean_label(name, FILE_NAME), lot.file, lot.kind, new, known, refused, tuple(lot.notes))
    cargo = msgspec.json.encode([found for found in lot.fit if found.serial in report.new])
    return await propose(house, who, Lowering.STOCK_IMPORT, lot.file, wish, reason, now, cargo=cargo)
