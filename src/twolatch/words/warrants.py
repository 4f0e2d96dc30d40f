"""By whose right something is done that protects a client, or the stock, less than before. A right is a type.

The law of this file: a flow that lowers protection asks for a warrant and checks that it covers this very thing, so
that forgetting the check is a type error. Each warrant is made in one place (`tests/house/test_doors.py`), and none of
them comes out of a request.
"""

from dataclasses import dataclass
from enum import StrEnum


class Lowering(StrEnum):
    """What two persons of the desk decide together."""

    TEMPORARY_CODE = "temporary_code"  # for a caller who can prove nothing
    LAST_REMOVED = "last_removed"  # from then on the password alone protects the client
    ORDER_ADDRESS = "order_address"  # where a card goes that is not sent yet
    STOCK_IMPORT = "stock_import"
    STOCK_LOSS = "stock_loss"
    MORE_BUDGET = "more_budget"  # more codes, look-ups or unlocks for one agent today


@dataclass(frozen=True, slots=True)
class Operator:
    """Whoever keeps the site, at the machine itself: he holds its database and its key anyway. Made by commands."""


@dataclass(frozen=True, slots=True)
class CallerProved:
    """This caller has just proved himself to this agent by something he holds. Made by the desk's verification."""

    agent: str
    case: str
    user: str


@dataclass(frozen=True, slots=True)
class TwoPersons:
    """Two persons want this: `what`, and `about` whom or which. Made by the approval of a proposal."""

    proposal: str
    what: Lowering
    about: str
    proposer: str
    approver: str


Warrant = Operator | CallerProved | TwoPersons

BY_PROOF = frozenset({Lowering.TEMPORARY_CODE})  # what a proof of the client makes one agent's business


class WrongWarrant(Exception):
    """A fault of ours: a right to one thing was used for another."""


def must_cover(warrant: Warrant, what: Lowering, about: str) -> dict[str, str]:
    """Who did it, for the audit. Raises WrongWarrant."""
    match warrant:
        case Operator():
            return {"by": "operator"}
        case CallerProved() if what in BY_PROOF and warrant.user == about:
            return {"by": warrant.agent, "case": warrant.case}
        case TwoPersons() if warrant.what is what and warrant.about == about:
            return {"by": warrant.proposer, "approver": warrant.approver, "proposal": warrant.proposal}
    raise WrongWarrant(f"{type(warrant).__name__} does not cover {what} of {about}")
