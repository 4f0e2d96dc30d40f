"""A return: why a card comes back, and how far it is. Rules without IO."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from twolatch.authenticators.model import State as OfAuthenticator
from twolatch.custody.model import State as OfCard


class Reason(StrEnum):
    DAMAGE = "damage"
    BREAKAGE = "breakage"
    REPLACEMENT = "replacement"  # it is defective, and another one takes its place
    CONSOLIDATION = "consolidation"
    CLOSING = "closing"


PHONE_FIRST = frozenset({Reason.REPLACEMENT})  # support marks it as faulty before anything is sent
SEEN_FIRST = frozenset({Reason.DAMAGE, Reason.BREAKAGE, Reason.REPLACEMENT})  # what it costs, an inspection says


class State(StrEnum):
    ANNOUNCED = "announced"
    POSTED = "posted"
    RECEIVED = "received"
    CANCELLED = "cancelled"
    LOST = "lost"


NEXT: Mapping[State, frozenset[State]] = {
    State.ANNOUNCED: frozenset({State.POSTED, State.RECEIVED, State.CANCELLED, State.LOST}),
    State.POSTED: frozenset({State.RECEIVED, State.LOST}),
    State.RECEIVED: frozenset(),
    State.CANCELLED: frozenset(),
    State.LOST: frozenset(),
}
OPEN = frozenset({State.ANNOUNCED, State.POSTED})


@dataclass(frozen=True, slots=True)
class Return:
    """One row; times in ms. `was`: the card's state before; `due_at`: from then on it is overdue, also while it was
    only announced."""

    id: str
    number: str
    user: str
    card: str
    reason: Reason
    region: str
    state: State
    was: OfCard
    carrier: str
    tracking: str
    announced_at: int
    posted_at: int
    expected_at: int
    due_at: int
    told_at: int
    ended_at: int

    def is_overdue(self, now: int) -> bool:
        return self.state in OPEN and self.due_at <= now


def home(was: OfCard, one: OfAuthenticator | None) -> OfCard:
    """Where a card goes whose return was called off: to what it was, as far as its authenticator still is."""
    if was in {OfCard.FAULTY, OfCard.LOST} or one is None:
        return OfCard.DELIVERED if was is OfCard.SHIPPED else was
    if one in {OfAuthenticator.ACTIVE, OfAuthenticator.LOCKED}:
        return OfCard.ACTIVE
    return OfCard.WITHDRAWN if one is OfAuthenticator.REMOVED else OfCard.SUSPENDED
