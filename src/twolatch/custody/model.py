"""The life of a card, from the maker's box to the shredder. Rules without IO."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum, StrEnum

from twolatch.authenticators.model import State as OfAuthenticator


class State(StrEnum):
    STOCKED = "stocked"
    RESERVED = "reserved"  # set aside for a client; still in the house
    SHIPPED = "shipped"  # in the post to him
    DELIVERED = "delivered"  # with the client, not activated
    ACTIVE = "active"
    SUSPENDED = "suspended"  # reported by its client, or stopped: opens nothing, and may come back by proof
    WITHDRAWN = "withdrawn"  # no longer used at a login; still with the client
    FAULTY = "faulty"
    ANNOUNCED = "announced"  # it will be sent back
    IN_TRANSIT = "in_transit"  # on its way back; opens nothing
    RECEIVED = "received"
    INSPECTED = "inspected"
    DESTROYED = "destroyed"
    LOST = "lost"


_BACK = frozenset({State.RECEIVED})  # whatever is out may turn up here, announced or not
_KEPT = frozenset({State.DELIVERED, State.ACTIVE, State.SUSPENDED, State.WITHDRAWN, State.FAULTY, State.LOST})
# Who once had a card in hand may know its key: nothing leads back to the stock but the box it never left.
NEXT: Mapping[State, frozenset[State]] = {
    State.STOCKED: frozenset({State.RESERVED, State.FAULTY, State.LOST, State.DESTROYED}),
    State.RESERVED: frozenset({State.STOCKED, State.SHIPPED, State.FAULTY, State.LOST, State.DESTROYED}),
    State.SHIPPED: frozenset({State.DELIVERED, State.ACTIVE, State.FAULTY, State.LOST}) | _BACK,
    State.DELIVERED: frozenset({State.ACTIVE, State.FAULTY, State.LOST, State.ANNOUNCED}) | _BACK,
    State.ACTIVE: frozenset({State.SUSPENDED, State.WITHDRAWN, State.FAULTY, State.LOST, State.ANNOUNCED}) | _BACK,
    State.SUSPENDED: frozenset({State.ACTIVE, State.WITHDRAWN, State.FAULTY, State.LOST, State.ANNOUNCED}) | _BACK,
    State.WITHDRAWN: frozenset({State.FAULTY, State.LOST, State.ANNOUNCED}) | _BACK,
    State.FAULTY: frozenset({State.ACTIVE, State.LOST, State.ANNOUNCED, State.DESTROYED}) | _BACK,  # it works after all
    State.LOST: frozenset({State.ACTIVE, State.ANNOUNCED, State.DESTROYED}) | _BACK,  # found, and proved
    State.ANNOUNCED: frozenset({State.IN_TRANSIT, State.FAULTY, State.LOST}) | _BACK | _KEPT,  # not sent after all
    State.IN_TRANSIT: frozenset({State.LOST}) | _BACK,
    State.RECEIVED: frozenset({State.INSPECTED}),
    State.INSPECTED: frozenset({State.DESTROYED}),
    State.DESTROYED: frozenset(),
}

COMING = frozenset({State.RESERVED, State.SHIPPED, State.DELIVERED})
IN_HAND = frozenset({State.SHIPPED, State.DELIVERED})  # as far as we know: its client can set it up
OUT = frozenset({State.SHIPPED, *_KEPT, State.ANNOUNCED, State.IN_TRANSIT})  # the client answers for it
BACK = frozenset({State.RECEIVED, State.INSPECTED, State.DESTROYED})
SENT_BACK_FROM = frozenset({State.SHIPPED, *_KEPT})

# What becomes of the card when its authenticator goes there. A lock is no business of the stock, and what is on its
# way back is not touched.
FOLLOWS: Mapping[OfAuthenticator, Mapping[State, State]] = {
    OfAuthenticator.ACTIVE: dict.fromkeys(
        (State.SHIPPED, State.DELIVERED, State.SUSPENDED, State.FAULTY, State.LOST), State.ACTIVE
    ),
    OfAuthenticator.REPORTED: {State.ACTIVE: State.SUSPENDED},
    OfAuthenticator.SUSPENDED: {State.ACTIVE: State.SUSPENDED},
    OfAuthenticator.REMOVED: {State.ACTIVE: State.WITHDRAWN, State.SUSPENDED: State.WITHDRAWN},
}


def may_wake(card: State, one: OfAuthenticator) -> bool:
    """Whether the authenticator of a card in this state may become active. What is lost on the way back, or destroyed,
    opens nothing any more, whoever unlocks it; what is only announced may be unlocked until it is posted."""
    if card is State.ANNOUNCED:
        return one is OfAuthenticator.LOCKED
    return card is State.ACTIVE or card in FOLLOWS[OfAuthenticator.ACTIVE]


class Fault(Enum):
    """Why an operator's or an agent's wish was not done."""

    NO_CARD = "no card has this serial"
    NO_CLIENT = "nobody has this name"
    NOT_SHARED = "this card serves one user only"
    NOT_NOW = "a card in this state cannot go there"
    COMING = "a card is on its way to this client already"
    NO_PIN = "this card mixes its PIN into its answers: give the PIN of four to eight digits with --pin"
    HAS_PIN = "this card checks its PIN by itself: leave --pin out"
    UNFIT = "this site does not take such cards (any more)"
    NO_ORDER = "no order has this number"
    ORDER_OVER = "this order was shipped, cancelled or ended"
    NO_ACCOUNT = "this client holds no such open account"
    ADDRESS = "this address is not complete"
    CARRIER = "this site knows no such carrier"
    TRACKING = "a tracking number has 4 to 40 letters, digits and hyphens"
    NO_RETURN = "no return has this number, and no card this serial"


@dataclass(frozen=True, slots=True)
class By:
    """Who acted: `client`, `operator`, `carrier`, `site`, or `desk`; then `agent` is the user id of who sits there, and
    `approver` of the second one, where two are required."""

    who: str
    agent: str = ""
    approver: str = ""
    proposal: str = ""

    @property
    def facts(self) -> dict[str, str]:
        """As the audit keeps them."""
        place = "desk" if self.who == "desk" else ""
        told = {"by": self.agent or self.who, "at": place, "approver": self.approver, "proposal": self.proposal}
        return {name: value for name, value in told.items() if value}


CLIENT, OPERATOR, CARRIER, SITE = By("client"), By("operator"), By("carrier"), By("site")
LOGIN = By("")  # it went along with its authenticator, whose own event says who


def desk(agent: str) -> By:
    return By("desk", agent)


def warranted(facts: Mapping[str, str]) -> By:
    """By whose right, as `must_cover` tells it."""
    by, approver, proposal = facts.get("by", ""), facts.get("approver", ""), facts.get("proposal", "")
    who = by if by in {"", "client", "operator", "carrier", "site"} else "desk"
    return By(who, by if who == "desk" else "", approver, proposal)


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
    received_at: int
    carrier: str
    tracking: str

    def may_go(self, to: State) -> bool:
        """What was with a client is looked at before it is destroyed; what never left the house does not come back."""
        has_to_be_seen = to is State.DESTROYED and self.shipped_at > 0 and self.state is not State.INSPECTED
        was_here = to in {State.ANNOUNCED, State.RECEIVED} and not self.shipped_at
        return to in NEXT[self.state] and not has_to_be_seen and not was_here

    @property
    def may_come_back(self) -> bool:
        return self.state in SENT_BACK_FROM and self.shipped_at > 0


@dataclass(frozen=True, slots=True)
class Step:
    """One line of a card's way; `at` in ms. `user`: whose it was then. `facts`: serial, carrier, reason and so on."""

    at: int
    what: str
    user: str
    by: By
    facts: Mapping[str, str]
