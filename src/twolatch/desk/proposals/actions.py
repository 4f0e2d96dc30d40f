"""What two persons can decide: a closed table. Each line says what is fixed, and what happens when it is approved.

`ready` runs before the transaction of the approval, for what takes long; `run` inside it. Whatever is no longer as it
was when it was proposed raises NotPossible, and nothing is done: nobody approves one thing and gets another.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from twolatch.authenticators import flows as authenticators
from twolatch.authenticators import issuing
from twolatch.authenticators import store as held
from twolatch.custody import flows as custody
from twolatch.custody import importing
from twolatch.custody import store as cards
from twolatch.custody.model import Fault
from twolatch.custody.model import State as OfCard
from twolatch.custody.orders import flows as ordering
from twolatch.custody.orders import store as orders
from twolatch.desk import budgets
from twolatch.desk.budgets import Budget
from twolatch.desk.proposals import store
from twolatch.desk.proposals.model import Content, Wish
from twolatch.house import House
from twolatch.people import store as people
from twolatch.people.model import Role
from twolatch.protocol.pskc.reading import FoundKey
from twolatch.regions import Address
from twolatch.storage.db import Tx
from twolatch.words.refusals import Code, Refusal
from twolatch.words.warrants import Lowering, TwoPersons

ANYBODY = frozenset(Role)
OFFICERS = frozenset({Role.OFFICER})


class NotPossible(Exception):
    """What was approved cannot be done any more; the transaction goes back."""

    def __init__(self, code: Code) -> None:
        super().__init__(code.code)
        self.code = code


class Given(msgspec.Struct, frozen=True):
    """What an execution gave out, for the proposer to see once. Times in ms."""

    code: str
    narrows: int
    ends: int
    stopped: list[str]


class CodeWish(Wish, frozen=True, tag="temporary_code"):
    """`label`: how the client's list calls the code."""

    label: str


class RemovalWish(Wish, frozen=True, tag="last_removed"):
    """All that the client holds: (id, name) of each, as it was when it was proposed."""

    held: tuple[tuple[str, str], ...]


class ImportWish(Wish, frozen=True, tag="stock_import"):
    """A file that was read and believed: the serials it holds, and what of it was refused (line, serial, reason). The
    keys themselves are its cargo."""

    name: str
    file: str
    kind: str
    new: tuple[str, ...]
    known: tuple[str, ...]
    refused: tuple[tuple[int, str, importing.Why], ...]
    notes: tuple[str, ...]


class LossWish(Wish, frozen=True, tag="stock_loss"):
    """A card that is written off: `was` where it lay, `to` what is said to have become of it."""

    serial: str
    was: str
    to: str


class AddressWish(Wish, frozen=True, tag="order_address"):
    """Where the card of this order goes, and where it went before."""

    number: str
    old: Address
    new: Address


class BudgetWish(Wish, frozen=True, tag="more_budget"):
    agent: str
    budget: str
    extra: int


async def _ready_code(house: House, proposal: str, content: Content, wish: CodeWish, now: int) -> issuing.Ready:
    user = await people.by_id(house.db, content.client)
    found = issuing.prepare(house, user, content.reason, wish.label, now) if user else Refusal(Code.LOGIN_OFF)
    if isinstance(found, Refusal):
        raise NotPossible(found.code)
    return found


async def _give_code(
    tx: Tx, house: House, warrant: TwoPersons, wish: CodeWish, ready: issuing.Ready, now: int
) -> Given:
    done = await issuing.give_out(tx, house, warrant, ready, now)
    if isinstance(done, Refusal):
        raise NotPossible(done.code)
    return Given(done.code.reveal(), done.narrows, done.ends, done.stopped)


async def _take_off(tx: Tx, house: House, warrant: TwoPersons, wish: RemovalWish, ready: None, now: int) -> None:
    user = await people.take_turn(tx, warrant.about)
    now_held = {one.id for one in await held.held_by(tx, house.keys, warrant.about)}
    if user is None or now_held != {one for one, _ in wish.held}:
        raise NotPossible(Code.PROPOSAL_CHANGED)
    await authenticators.take_off(tx, house, warrant, user, now)


async def _ready_cards(
    house: House, proposal: str, content: Content, wish: ImportWish, now: int
) -> importing.Lot:
    cargo = await store.cargo(house.db, house.keys, proposal, content.client)
    if not cargo:
        raise NotPossible(Code.PROPOSAL_CHANGED)
    fit = msgspec.json.decode(cargo, type=list[FoundKey])
    return importing.Lot(wish.file, wish.kind, fit, list(wish.refused), list(wish.notes))


async def _keep_cards(
    tx: Tx, house: House, warrant: TwoPersons, wish: ImportWish, ready: importing.Lot, now: int
) -> None:
    report = await importing.keep(tx, house, warrant, ready, now)
    if tuple(report.new) != wish.new:
        raise NotPossible(Code.PROPOSAL_CHANGED)


async def _write_off(tx: Tx, house: House, warrant: TwoPersons, wish: LossWish, ready: None, now: int) -> None:
    card = await cards.by_serial(tx, wish.serial)
    if card is None or card.state.value != wish.was:
        raise NotPossible(Code.PROPOSAL_CHANGED)
    if isinstance(await custody.write_off(tx, house, warrant, card, OfCard(wish.to), now), Fault):
        raise NotPossible(Code.PROPOSAL_CHANGED)


async def _readdress(tx: Tx, house: House, warrant: TwoPersons, wish: AddressWish, ready: None, now: int) -> None:
    order = await orders.by_number(tx, house.keys, wish.number)
    if order is None or order.address != wish.old:
        raise NotPossible(Code.PROPOSAL_CHANGED)
    if isinstance(await ordering.send_elsewhere(tx, house, warrant, order, wish.new, now), Fault):
        raise NotPossible(Code.PROPOSAL_CHANGED)


async def _give_more(tx: Tx, house: House, warrant: TwoPersons, wish: BudgetWish, ready: None, now: int) -> None:
    await budgets.give_more(tx, warrant, wish.agent, Budget(wish.budget), wish.extra, now)


async def _nothing(house: House, proposal: str, content: Content, wish: Wish, now: int) -> None:
    return None


@dataclass(frozen=True, slots=True)
class Action:
    """`proposers`: whose business it is to propose it."""

    wish: type[Wish]
    proposers: frozenset[Role]
    run: Callable[..., Awaitable[Given | None]]
    ready: Callable[..., Awaitable[Any]] = _nothing


ACTIONS: Mapping[Lowering, Action] = {
    Lowering.TEMPORARY_CODE: Action(CodeWish, ANYBODY, _give_code, _ready_code),
    Lowering.LAST_REMOVED: Action(RemovalWish, ANYBODY, _take_off),
    Lowering.ORDER_ADDRESS: Action(AddressWish, ANYBODY, _readdress),
    Lowering.STOCK_IMPORT: Action(ImportWish, OFFICERS, _keep_cards, _ready_cards),
    Lowering.STOCK_LOSS: Action(LossWish, ANYBODY, _write_off),
    Lowering.MORE_BUDGET: Action(BudgetWish, OFFICERS, _give_more),
}


def wish_of(content: Content) -> Any:
    """What is wished for, in the struct of its action."""
    return msgspec.json.decode(content.wish, type=ACTIONS[content.what].wish)
