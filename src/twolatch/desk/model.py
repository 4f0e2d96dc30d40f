"""A case, what its caller proved, and what that allows. Rules without IO.

The law of this file: how much a caller proved, and what it takes for which wish, is data. No page and no agent decides
it, and what is not in the table is refused.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum, IntEnum, StrEnum

from twolatch.words.limits import DAY, HOUR, MINUTE

CASE_LIVES = 4 * HOUR
PROOF_LIVES = 30 * MINUTE  # what was proved is proved for this conversation
NUMBER_IS_OLD = 30 * DAY  # who changes the number and phones at once proves nothing by being called there
PROOFS_MOST = 5  # questions in one case: who fails so often is not helped by another one


class Reason(StrEnum):
    """Why a client turns to the desk. There is no case without one."""

    BROKEN = "broken"
    LOST = "lost"
    STOLEN = "stolen"
    LOCKED = "locked"
    NEW_PHONE = "new_phone"
    SUSPICION = "suspicion"
    OTHER = "other"


class Channel(StrEnum):
    """How they speak. The client's phone shows it: somebody who was called by "support" sees that he should have
    phoned himself."""

    PHONED_IN = "phoned_in"
    CALLED_BACK = "called_back"
    AT_THE_COUNTER = "counter"


class CaseState(StrEnum):
    OPEN = "open"
    CLOSED = "closed"


NEXT_CASE: Mapping[CaseState, frozenset[CaseState]] = {
    CaseState.OPEN: frozenset({CaseState.CLOSED}),
    CaseState.CLOSED: frozenset(),
}


@dataclass(frozen=True, slots=True)
class Case:
    """One row; times in ms. `code`: what agent and client both see while it is open."""

    id: str
    user: str
    agent: str
    reason: Reason
    channel: Channel
    state: CaseState
    code: str
    opened_at: int
    ends_at: int
    closed_at: int

    @property
    def label(self) -> str:
        """What people call it."""
        return self.id[-6:].upper()

    def is_open_at(self, now: int) -> bool:
        return self.state is CaseState.OPEN and now < self.ends_at


class Way(StrEnum):
    """How a caller can show who he is."""

    PUSH = "push"  # a phone he still has: approved there, with digits that the agent reads out
    CARD = "card"  # a number read out, the card's answer read back
    CALLBACK = "callback"  # the number on record was called, and he answered


class Ended(StrEnum):
    """How a question to the caller stands."""

    ASKED = "asked"
    PROVED = "proved"
    FAILED = "failed"  # too many wrong answers, or nobody answered the telephone
    EXPIRED = "expired"
    DENIED = "denied"
    NOT_ME = "not_me"  # the client says that he does not speak with the desk


NEXT_PROOF: Mapping[Ended, frozenset[Ended]] = {
    Ended.ASKED: frozenset({Ended.PROVED, Ended.FAILED, Ended.EXPIRED, Ended.DENIED, Ended.NOT_ME}),
    **{end: frozenset() for end in Ended if end is not Ended.ASKED},
}


class Level(IntEnum):
    """How sure it is that the caller is the client."""

    REFUTED = 0  # his own phone says that it is not he
    NOTHING = 1
    WEAK = 2  # somebody answered at his number
    STRONG = 3  # something that he holds, and that asks for his PIN, face or finger


WORTH: Mapping[Way, Level] = {Way.PUSH: Level.STRONG, Way.CARD: Level.STRONG, Way.CALLBACK: Level.WEAK}


@dataclass(frozen=True, slots=True)
class Proof:
    """One question to the caller, and what came of it. `name`: what was asked, as the client calls it. Times in ms."""

    id: str
    case: str
    way: Way
    state: Ended
    name: str
    challenge: str
    worth: Level
    asked_at: int
    ended_at: int


def worth_of(way: Way, number_since: int, now: int) -> Level:
    """What an answer by this way is worth. A number that stands there since yesterday may be the caller's own."""
    if way is Way.CALLBACK and (not number_since or now - number_since < NUMBER_IS_OLD):
        return Level.NOTHING
    return WORTH[way]


def level_of(proofs: Iterable[Proof], now: int) -> Level:
    """What all answers in a case are worth together. A denial on the client's own phone outweighs everything: the
    caller is somebody else, or the client has changed his mind."""
    seen = list(proofs)
    if any(one.state in {Ended.DENIED, Ended.NOT_ME} for one in seen):
        return Level.REFUTED
    counted = [one.worth for one in seen if one.state is Ended.PROVED and now < one.ended_at + PROOF_LIVES]
    return max(counted, default=Level.NOTHING)


def may_ask_more(proofs: Iterable[Proof]) -> bool:
    """Whatever became of them, questions are counted: nobody tries until something fits."""
    return len(list(proofs)) < PROOFS_MOST


class Action(StrEnum):
    """What the desk can do for a client."""

    TEMPORARY_CODE = "temporary_code"
    LOCK = "lock"
    UNLOCK = "unlock"
    SUSPEND = "suspend"
    WAKE = "wake"  # an authenticator that was locked or suspended answers again
    FAULTY = "faulty"
    ALLOW_PHONE = "allow_phone"  # a first phone may be linked although the login was long unused
    REMOVE_ALL = "remove_all"
    ADDRESS = "address"  # where a card goes that is not sent yet


class Verdict(Enum):
    ALLOWED = "allowed"
    FOUR_EYES = "four_eyes"
    REFUSED = "refused"


_A, _4, _R = Verdict.ALLOWED, Verdict.FOUR_EYES, Verdict.REFUSED
# Stopping something never waits for a proof: a stranger who has a thing stopped costs its owner a call, and a thief who
# is not stopped costs him everything. What opens something takes what the client holds, or a second person.
NEEDS: Mapping[Action, Mapping[Level, Verdict]] = {
    #                       refuted             nothing             somebody there    something he holds
    Action.LOCK:           {Level.REFUTED: _A, Level.NOTHING: _A, Level.WEAK: _A, Level.STRONG: _A},
    Action.SUSPEND:        {Level.REFUTED: _A, Level.NOTHING: _A, Level.WEAK: _A, Level.STRONG: _A},
    Action.FAULTY:         {Level.REFUTED: _R, Level.NOTHING: _A, Level.WEAK: _A, Level.STRONG: _A},
    Action.TEMPORARY_CODE: {Level.REFUTED: _R, Level.NOTHING: _4, Level.WEAK: _4, Level.STRONG: _A},
    Action.REMOVE_ALL:     {Level.REFUTED: _R, Level.NOTHING: _4, Level.WEAK: _4, Level.STRONG: _4},
    Action.ADDRESS:        {Level.REFUTED: _R, Level.NOTHING: _R, Level.WEAK: _4, Level.STRONG: _4},
    Action.ALLOW_PHONE:    {Level.REFUTED: _R, Level.NOTHING: _R, Level.WEAK: _A, Level.STRONG: _A},
    Action.UNLOCK:         {Level.REFUTED: _R, Level.NOTHING: _R, Level.WEAK: _A, Level.STRONG: _A},
    Action.WAKE:           {Level.REFUTED: _R, Level.NOTHING: _R, Level.WEAK: _R, Level.STRONG: _A},
}  # fmt: skip


def verdict_on(action: Action, level: Level) -> Verdict:
    """What this wish takes from a caller who proved so much; refused where the table is silent."""
    return NEEDS.get(action, {}).get(level, Verdict.REFUSED)


@dataclass(frozen=True, slots=True)
class Note:
    """One line of a case. `kind` is "note" for words of the agent, else what was done."""

    at: int
    agent: str
    kind: str
    text: str
