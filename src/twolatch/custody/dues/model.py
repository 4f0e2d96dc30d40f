"""What a card costs its client when it does not come back as it should. Rules without IO; amounts in hundredths."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

CENTS = 100


class Cause(StrEnum):
    """Why a reserve ended."""

    CANCELLED = "cancelled"  # the order was taken back
    ON_THE_WAY = "on_the_way"  # it never came to the client: that is the site's
    RETURNED = "returned"  # came back in order
    BATTERY = "battery"  # its battery is empty
    DEFECT = "defect"  # it failed by itself
    DAMAGED = "damaged"
    LOST = "lost"
    NOT_RETURNED = "not_returned"


CHARGED = frozenset({Cause.DAMAGED, Cause.LOST, Cause.NOT_RETURNED})  # where the fee table says nothing: the reserve
SEEN = frozenset({Cause.RETURNED, Cause.BATTERY, Cause.DEFECT, Cause.DAMAGED})  # what an inspection can find


class What(StrEnum):
    HELD = "held"
    RELEASED = "released"
    CHARGED = "charged"


@dataclass(frozen=True, slots=True)
class Due:
    """One line of the ledger; `at` in ms."""

    id: str
    about: str
    what: What
    user: str
    account: str
    card: str
    amount: int
    currency: str
    cause: str
    at: int


def in_hundredths(amount: Decimal) -> int:
    return int(amount * CENTS)


def fee(table: Mapping[str, Decimal], kind: str, cause: Cause, reserve: Decimal) -> int:
    """What a client pays for a card of this kind that ended so. `table` by `kind.cause`; what is not there costs the
    reserve where the client answers for it, and nothing elsewhere."""
    otherwise = reserve if cause in CHARGED else Decimal(0)
    return in_hundredths(table.get(f"{kind}.{cause.value}", otherwise))
