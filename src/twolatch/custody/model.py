"""The life of a card, from the maker's box to the shredder. Rules without IO."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum, StrEnum

from twolatch.authenticators.model import State as OfAuthenticator


class State(StrEnum):
    STOCKED = "stocked"
    ASSIGNED = "assigned"  # set aside for a client; still in the house
    SHIPPED = "shipped"  # in the post, or with the client and not activated
    ACTIVE = "active"
    WITHDRAWN = "withdrawn"  # no longer used at a login; still with the client
    FAULTY = "faulty"
    LOST = "lost"
    DESTROYED = "destroyed"


# Who once had a card in hand may know its key: nothing leads back to the stock but the box it never left.
NEXT: Mapping[State, frozenset[State]] = {
    State.STOCKED: frozenset({State.ASSIGNED, State.FAULTY, State.LOST, State.DESTROYED}),
    State.ASSIGNED: frozenset({State.STOCKED, State.SHIPPED, State.FAULTY, State.LOST, State.DESTROYED}),
    State.SHIPPED: frozenset({State.ACTIVE, State.FAULTY, State.LOST, State.DESTROYED}),
    State.ACTIVE: frozenset({State.WITHDRAWN, State.FAULTY, State.LOST}),
    State.WITHDRAWN: frozenset({State.FAULTY, State.LOST, State.DESTROYED}),
    State.FAULTY: frozenset({State.ACTIVE, State.WITHDRAWN, State.DESTROYED}),  # it works after all
    State.LOST: frozenset({State.ACTIVE, State.WITHDRAWN, State.DESTROYED}),  # found, and proved
    State.DESTROYED: frozenset(),
}

COMING = frozenset({State.ASSIGNED, State.SHIPPED})

# What becomes of the card when its authenticator goes there. A lock is no business of the stock.
ALONG: Mapping[OfAuthenticator, State] = {
    OfAuthenticator.ACTIVE: State.ACTIVE,
    OfAuthenticator.REPORTED: State.LOST,
    OfAuthenticator.REMOVED: State.WITHDRAWN,
}


class Fault(Enum):
    """Why an operator's wish was not done."""

    NO_CARD = "no card has this serial"
    NO_CLIENT = "nobody has this name"
    NOT_NOW = "a card in this state cannot go there"
    COMING = "a card is on its way to this client already"
    NO_PIN = "this card mixes its PIN into its answers: give the PIN of four to eight digits with --pin"
    HAS_PIN = "this card checks its PIN by itself: leave --pin out"
    UNFIT = "this site does not take such cards (any more)"


@dataclass(frozen=True, slots=True)
class Card:
    """One row; times in ms. `secret` is still sealed."""

    id: str
    serial: str
    kind: str
    maker: str
    model: str
    secret: bytes = field(repr=False)
    asked: int
    state: State
    user: str
    authenticator: str
    created_at: int
    changed_at: int
    shipped_at: int
