"""What waits for a second person. Rules without IO.

The law of this file: nobody approves what he proposed himself, nor what concerns himself; both still work here at that
moment; and what is approved is, to the byte, what was proposed.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

import msgspec

from twolatch.people.model import Role, Staff
from twolatch.words.refusals import Code
from twolatch.words.warrants import Lowering


class State(StrEnum):
    OPEN = "open"
    EXECUTED = "executed"  # approved, and done in the same transaction
    DENIED = "denied"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"
    VOID = "void"  # approved, and no longer possible: nothing was done


NEXT: Mapping[State, frozenset[State]] = {
    State.OPEN: frozenset({State.EXECUTED, State.DENIED, State.WITHDRAWN, State.EXPIRED, State.VOID}),
    State.EXECUTED: frozenset(),
    State.DENIED: frozenset(),
    State.WITHDRAWN: frozenset(),
    State.EXPIRED: frozenset(),
    State.VOID: frozenset(),
}


class Wish(msgspec.Struct, frozen=True):
    """What is wished for. Each thing two persons decide has a struct of its own (`actions`)."""


class Content(msgspec.Struct, frozen=True):
    """All that is fixed when it is proposed. Sealed, and under a MAC: no flow changes it, and no writer of the
    database can. `client`: whom it concerns, empty for nobody. Times in ms."""

    what: Lowering
    about: str
    client: str
    case: str
    proposer: str
    reason: str
    wish: msgspec.Raw
    created_at: int
    expires_at: int


@dataclass(frozen=True, slots=True)
class Proposal:
    """`digest`: what the approver's page carries, so that he approves what he saw. `decider` and `said`: who ended it,
    and in which words. `why`: the code of the refusal that made it void."""

    id: str
    content: Content
    digest: str
    state: State
    decider: str
    said: str
    why: str
    ended_at: int
    shows_until: int  # what its execution gave out is shown to the proposer until then, once; 0: nothing is there

    def state_at(self, now: int) -> State:
        """Time ends what nobody decided."""
        return State.EXPIRED if self.state is State.OPEN and self.content.expires_at <= now else self.state

    def may_show(self, user: str, now: int) -> bool:
        return self.content.proposer == user and now < self.shows_until


OVER: Mapping[State, Code] = {
    State.EXECUTED: Code.PROPOSAL_DECIDED,
    State.DENIED: Code.PROPOSAL_DECIDED,
    State.WITHDRAWN: Code.PROPOSAL_WITHDRAWN,
    State.EXPIRED: Code.PROPOSAL_EXPIRED,
    State.VOID: Code.PROPOSAL_VOID,
}


@dataclass(frozen=True, slots=True)
class Persons:
    """Who is who at the moment of a decision, read within its transaction. `kin`: users who share an account with the
    client concerned, himself included. `decides`, `proposed`: the two under all their names."""

    decider: Staff | None
    proposer: Staff | None
    kin: frozenset[str]
    decides: frozenset[str]
    proposed: frozenset[str]


def why_not(proposal: Proposal, who: str, persons: Persons, now: int) -> Code | None:
    """Why this person may not decide this now; None when he may. A second session, browser, role or name is the same
    person."""
    of = proposal.content
    if persons.decider is None or persons.decider.role is not Role.OFFICER:
        return Code.PROPOSAL_OFFICER
    if who == of.proposer or persons.decides & persons.proposed:
        return Code.PROPOSAL_OWN
    if (persons.decides | persons.proposed | {who, of.proposer}) & (persons.kin | {of.client}):
        return Code.PROPOSAL_CONCERNED
    if (state := proposal.state_at(now)) is not State.OPEN:
        return OVER[state]
    return None


def stands(persons: Persons) -> bool:
    """Whether the proposer may still want anything here: who was let go leaves no wishes behind."""
    return persons.proposer is not None
