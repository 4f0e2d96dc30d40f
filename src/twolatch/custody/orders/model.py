"""An order of a card: from the wish to the card in hand. Rules without IO."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from twolatch.accounts.model import Account
from twolatch.accounts.model import State as AccountState
from twolatch.custody.model import Card
from twolatch.custody.model import State as OfCard
from twolatch.protocol.codes import ALPHABET
from twolatch.regions import Address

FIRSTS = "PR"  # a parcel, a return
SIGNS = 8  # of a number that people read out: 40 bits
_LOOKALIKE = str.maketrans({"O": "0", "I": "1", "L": "1", " ": None, "-": None})
_TRACKING = re.compile(r"[A-Z0-9][A-Z0-9-]{2,38}[A-Z0-9]")


class State(StrEnum):
    ORDERED = "ordered"
    SHIPPED = "shipped"
    DELIVERED = "delivered"
    DONE = "done"  # its card is active, or came back
    CANCELLED = "cancelled"
    FAILED = "failed"  # its card never came


NEXT: Mapping[State, frozenset[State]] = {
    State.ORDERED: frozenset({State.SHIPPED, State.CANCELLED}),
    State.SHIPPED: frozenset({State.DELIVERED, State.DONE, State.FAILED}),
    State.DELIVERED: frozenset({State.DONE, State.FAILED}),
    State.DONE: frozenset(),
    State.CANCELLED: frozenset(),
    State.FAILED: frozenset(),
}
OPEN = frozenset({State.ORDERED, State.SHIPPED, State.DELIVERED})

# What an order becomes when its card goes there.
OF_CARD: Mapping[OfCard, State] = {
    OfCard.DELIVERED: State.DELIVERED,
    OfCard.ACTIVE: State.DONE,
    OfCard.RECEIVED: State.DONE,
    OfCard.ANNOUNCED: State.DONE,
    OfCard.LOST: State.FAILED,
    OfCard.FAULTY: State.FAILED,
}

# Who has had one and cannot use it any more may order its successor, whatever his accounts are worth.
WORN = frozenset({
    OfCard.SUSPENDED, OfCard.FAULTY, OfCard.ANNOUNCED, OfCard.IN_TRANSIT, OfCard.RECEIVED, OfCard.INSPECTED,
    OfCard.DESTROYED, OfCard.LOST,
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Order:
    """One row, its address opened; times in ms, `reserve` in hundredths."""

    id: str
    number: str
    user: str
    account: str
    kind: str
    state: State
    address: Address = field(repr=False)
    reserve: int
    currency: str
    card: str
    ordered_at: int
    expected_at: int
    shipped_at: int
    ended_at: int


@dataclass(frozen=True, slots=True)
class Wish:
    """What a client chooses: `account` is its id."""

    account: str
    address: Address = field(repr=False)


def is_worth(accounts: Sequence[Account], wanted: int) -> bool:
    """Whether the open accounts this client holds are worth that much together, as the operator's books say."""
    return sum(one.equity for one in accounts if one.state is AccountState.OPEN and one.is_holder) >= wanted


def replaced(cards: Sequence[Card]) -> Card | None:
    """The card a new one stands in for: the one that went out of use last."""
    worn = [card for card in cards if card.state in WORN and card.shipped_at]
    return max(worn, key=lambda card: card.changed_at, default=None)


def made_number(first: str, random: bytes) -> str:
    """A number that people read out and scan: a letter and eight signs."""
    bits = int.from_bytes(random, "big")
    return first + "".join(ALPHABET[bits >> 5 * place & 31] for place in range(SIGNS))


def shown_number(number: str) -> str:
    """`R-4K7M-2Q9T`."""
    return f"{number[0]}-{number[1:5]}-{number[5:]}"


def read_number(typed: str) -> str:
    """As somebody typed or scanned it; empty when it is none."""
    text = typed.strip().upper().translate(_LOOKALIKE) if typed.isascii() else ""
    is_one = len(text) == SIGNS + 1 and text[0] in FIRSTS and all(sign in ALPHABET for sign in text[1:])
    return text if is_one else ""


def read_tracking(typed: str) -> str:
    """A carrier's number as it is kept; empty when it cannot be one."""
    text = "".join(typed.split()).upper() if typed.isascii() and len(typed) < 80 else ""
    return text if _TRACKING.fullmatch(text) else ""

