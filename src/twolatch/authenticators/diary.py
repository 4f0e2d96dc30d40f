"""The security diary: what happened to a client, for him to read. A page at a time; nothing in it can be changed."""

from collections.abc import Mapping
from dataclasses import dataclass

from twolatch import audit
from twolatch.authenticators import store
from twolatch.house import House
from twolatch.sessions.model import SignedIn
from twolatch.words.events import Event

PAGE = 20

# What a client is told. The rest is told by another line beside it, or speaks of strangers.
TOLD = tuple(
    event
    for event in Event
    if event
    not in {
        Event.CHALLENGE_OPENED,  # what became of it is told
        Event.CHALLENGE_SUPERSEDED,  # the newer one is told
        Event.ACTIVATION_CONFIRMED,  # told when it is finished
        Event.ACTIVATION_CLAIM_REFUSED,  # a stranger's guess; belongs to nobody
        Event.AUTHENTICATOR_FORGED,  # the operator's
        Event.CARDS_IMPORTED,  # the operator's
        Event.CARD_STOCKED,  # the operator's
        Event.CARD_INSPECTED,  # what it means for the client, a fee or the reserve, is told
        Event.ACCOUNT_VALUED,  # the operator's
        Event.PERSON_STATED,  # the operator's
        Event.CARD_HANDED_OVER,  # the same is told of the authenticator
        Event.DOCUMENT_TAKEN,  # the operator's
        Event.DOCUMENT_REMOVED,  # past their date, when nobody reads a diary any more
        Event.CLOSING_WAITS,  # of an account, and of nobody alone
        Event.ACCOUNT_CLOSED,  # the same
        Event.PROPOSED,  # what came of it is told
        Event.PROPOSAL_DENIED,  # nothing came of it
        Event.PROPOSAL_WITHDRAWN,  # the same
        Event.PROPOSAL_EXPIRED,  # the same
        Event.PROPOSAL_VOID,  # the same
        Event.PROPOSAL_SHOWN,  # the desk's
        Event.BUDGET_REACHED,  # the desk's
        Event.BUDGET_REFUSED,  # the desk's
        Event.BUDGET_RAISED,  # the proposal tells it
        Event.KEY_MADE,  # the operator's
        Event.KEY_DROPPED,  # the operator's
        Event.KEYS_MOVED,  # the operator's
        Event.APPLICATION_ADDED,  # the operator's
        Event.APPLICATION_KEY,  # the operator's
        Event.APPLICATION_ENDED,  # the operator's
        Event.HAND_OVER_EXCHANGED,  # the client's yes is told
        Event.HAND_OVER_FORGOTTEN,  # nothing changes for him
        Event.AUTHORIZATION_ASKED,  # what became of it is told
        Event.FENCED,  # the operator's
        Event.CLOCK_MOVED,  # the operator's, at a rehearsal
    }
)


@dataclass(frozen=True, slots=True)
class Entry:
    """One line; `at` in ms. What is not known is empty."""

    number: int
    at: int
    event: Event
    phone: str
    agent: str
    address: str


@dataclass(frozen=True, slots=True)
class Page:
    entries: list[Entry]
    is_more: bool


async def read(house: House, who: SignedIn, before: int | None) -> Page:
    """The newest entries of this client, or those older than the one numbered `before`."""
    rows = await audit.of_user(house.db, who.user.id, TOLD, before, PAGE + 1)
    names = await store.names_of(house.db, who.user.id)
    return Page([_entry(row, names) for row in rows[:PAGE]], len(rows) > PAGE)


def _entry(row: audit.Line, names: Mapping[str, str]) -> Entry:
    told = {name: value for name, value in row.facts.items() if isinstance(value, str)}
    phone = names.get(told.get("phone", "")) or names.get(row.object) or ""
    return Entry(row.number, row.at, row.event, phone, told.get("agent", ""), told.get("address", ""))
