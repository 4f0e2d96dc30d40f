"""Closing an account: what has to come back before it closes. Rules without IO."""

from dataclasses import dataclass
from enum import Enum, StrEnum

from twolatch.words.limits import DAY

CANCEL_FOR = DAY  # so long the client may take it back; nobody shortens it, support neither
SETTLED_IN = DAY  # so long the authenticator that proves the wish must have been there


class How(StrEnum):
    """What became of a card."""

    RETURNED = "returned"
    LOST = "lost"
    SHREDDED = "shredded"


class Duty(StrEnum):
    """What a client owes for a card he holds."""

    SEND_BACK = "send_back"
    SHRED = "shred"


# How each duty ends. Only the operator says that something has arrived.
ENDS = {Duty.SEND_BACK: frozenset({How.RETURNED, How.LOST}), Duty.SHRED: frozenset({How.SHREDDED})}
DECLARED = {Duty.SEND_BACK: How.LOST, Duty.SHRED: How.SHREDDED}  # by the client himself


@dataclass(frozen=True, slots=True)
class Card:
    """A card a client holds. `authenticator` is empty where it was never activated; `settled` says what became of it,
    at `settled_at` (ms)."""

    id: str
    user: str
    name: str
    duty: Duty
    authenticator: str
    settled: How | None = None
    settled_at: int = 0


class Fault(Enum):
    """Why an operator's wish was not done."""

    NO_ACCOUNT = "no account has this number"
    NOT_NOW = "the account is not in a state for this"
    NO_CARD = "no card of this account waits for this"
    TARGET = "the account to go into is not open, or is the same, or has other holders"
