"""The life of an authenticator and of a challenge to it. Rules without IO."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from msgspec import Struct

from twolatch.words.refusals import Code


class State(StrEnum):
    CLAIMED = "claimed"  # a phone turned a code into a device; the portal has not confirmed it
    UNPROVEN = "unproven"  # confirmed; its first answer is still to come
    ACTIVE = "active"
    LOCKED = "locked"  # too many wrong PINs
    REPORTED = "reported"  # lost, says the client, who may take that back
    SUSPENDED = "suspended"  # not the client's own, or seen twice: only an operator wakes it
    REMOVED = "removed"


NEXT: Mapping[State, frozenset[State]] = {
    State.CLAIMED: frozenset({State.UNPROVEN, State.REMOVED}),
    State.UNPROVEN: frozenset({State.ACTIVE, State.REMOVED}),  # there is nothing yet worth keeping
    State.ACTIVE: frozenset({State.LOCKED, State.REPORTED, State.SUSPENDED, State.REMOVED}),
    State.LOCKED: frozenset({State.ACTIVE, State.SUSPENDED, State.REMOVED}),
    State.REPORTED: frozenset({State.ACTIVE, State.LOCKED, State.SUSPENDED, State.REMOVED}),
    State.SUSPENDED: frozenset({State.ACTIVE, State.REMOVED}),
    State.REMOVED: frozenset(),
}

# What a client has: while one of these stands, the password alone opens nothing.
HELD = frozenset({State.ACTIVE, State.LOCKED, State.REPORTED, State.SUSPENDED})

# It never gave a right answer yet.
UNPROVEN = frozenset({State.CLAIMED, State.UNPROVEN})

MAY_NOT_ANSWER: Mapping[State, Code] = {
    State.CLAIMED: Code.PHONE_UNCONFIRMED,
    State.LOCKED: Code.PHONE_LOCKED,
    State.REPORTED: Code.PHONE_REPORTED,
    State.SUSPENDED: Code.PHONE_SUSPENDED,
    State.REMOVED: Code.PHONE_REMOVED,
}


class Authenticator(Struct, frozen=True):
    """One row, its MAC checked and its secret opened. Times in ms."""

    id: str
    user: str
    kind: str
    name: str
    state: State
    enrolment: Mapping[str, Any]
    secret: bytes  # still sealed: opened only where an answer is checked
    moving: Mapping[str, Any]
    version: int
    push: str
    created_at: int
    used_at: int

    def __repr__(self) -> str:
        return f"Authenticator(id={self.id!r}, kind={self.kind!r}, state={self.state.value!r})"

    @property
    def guest(self) -> str:
        """The other user of the same person that this one serves; "" when it serves its owner alone."""
        return str(self.enrolment.get("shared", ""))

    @property
    def holders(self) -> tuple[str, ...]:
        """The users it serves, the owner first."""
        return (self.user, self.guest) if self.guest else (self.user,)

    def beside(self, user: str) -> str:
        """The other one of its users; "" when there is none."""
        return next((each for each in self.holders if each != user), "")


def enrolment_after(one: Authenticator, to: State, enrolment: Mapping[str, Any], now: int) -> Mapping[str, Any]:
    """`enrolment` with the moment of the step to `to`, under the row's MAC. From a report on runs the time within which
    the client may take it back; coming back to life is a break that ends every move begun before (`arrival`)."""
    if to is State.REPORTED:
        return {**enrolment, "reported": now}
    is_back = to is State.ACTIVE and one.state not in {State.ACTIVE, State.UNPROVEN}
    return {**enrolment, "back": now} if is_back else enrolment


def ends_at(one: Authenticator) -> int:
    """When it serves no more, in ms; 0: it does not end by itself. Under the row's MAC, as all of the enrolment."""
    return int(one.enrolment.get("ends", 0))


def has_ended(one: Authenticator, now: int) -> bool:
    """Whether its time is over. It still counts as held: the password alone opens nothing because a paper got old."""
    return 0 < ends_at(one) <= now


def may_return(one: Authenticator, now: int, bridging: int) -> bool:
    """Whether a phone reported as lost may come back by proof; later only an operator wakes it."""
    return one.state is State.REPORTED and now < int(one.enrolment["reported"]) + bridging


@dataclass(frozen=True, slots=True)
class Swap:
    """What a new authenticator stands in for: `old` ends, `prover` allowed it, the session `keeps` goes on."""

    old: str
    prover: str
    keeps: str

    @property
    def enrolment(self) -> dict[str, Any]:
        """Kept under the new row's MAC: whoever writes into the database cannot point it at another phone."""
        return {"swap": {"old": self.old, "prover": self.prover, "keeps": self.keeps}}


def swap_of(one: Authenticator) -> Swap | None:
    found = one.enrolment.get("swap")
    return Swap(**found) if found else None


class Purpose(StrEnum):
    LOGIN = "login"
    STEP_UP = "step_up"
    TEST = "test"
    APP = "app"  # signing in to the app on the very phone that answers
    RETURN = "return"  # it was reported as lost and is found: approving brings it back
    TRIAL = "trial"  # "test my phone" in the portal: opens nothing
    LEAVE = "leave"  # this phone takes itself off, proved by PIN or unlock
    ALONE = "alone"  # a login by this one and nothing else: no password was asked
    SET_UP = "set_up"  # the first right answer to what the portal has just shown
    DESK = "desk"  # who speaks with support is the client: opens nothing here
    CONFIRM = "confirm"  # this amount and no other; makes no session fresh
    MOVE = "move"  # this phone hands its user on to a new one
    SHARE = "share"  # another user of the same person wants to use it too


# Asked for by the phone that answers: it looks by itself, and there is no other screen that could show digits.
ON_THE_PHONE = frozenset({Purpose.TEST, Purpose.APP, Purpose.LEAVE, Purpose.MOVE})


# Asking for these is no use of it: a login asks the one used last.
_NO_USE = frozenset({Purpose.SET_UP, Purpose.TRIAL, Purpose.SHARE, Purpose.DESK})


def used_at(one: Authenticator, asked: "Challenge", now: int) -> int:
    """When it was used last, after an answer to this question at `now`."""
    return one.used_at if asked.purpose in _NO_USE else now


def silence_of(one: Authenticator, asked: "Challenge | None") -> Code | None:
    """Why this authenticator may not answer this question. One reported as lost answers one only: to come back."""
    is_return = one.state is State.REPORTED and asked is not None and asked.purpose is Purpose.RETURN
    return None if is_return else MAY_NOT_ANSWER.get(one.state)


class Stage(StrEnum):
    PENDING = "pending"
    APPROVED = "approved"
    CONSUMED = "consumed"
    DENIED = "denied"
    NOT_ME = "not_me"
    EXPIRED = "expired"
    SUPERSEDED = "superseded"
    LOCKED = "locked"
    CANCELLED = "cancelled"


# What an answer to a challenge that is over is told.
OVER: Mapping[Stage, Code] = {
    Stage.APPROVED: Code.CHALLENGE_ANSWERED,
    Stage.CONSUMED: Code.CHALLENGE_ANSWERED,
    Stage.DENIED: Code.CHALLENGE_ANSWERED,
    Stage.NOT_ME: Code.CHALLENGE_ANSWERED,
    Stage.EXPIRED: Code.CHALLENGE_EXPIRED,
    Stage.SUPERSEDED: Code.CHALLENGE_SUPERSEDED,
    Stage.CANCELLED: Code.CHALLENGE_SUPERSEDED,
    Stage.LOCKED: Code.CHALLENGE_LOCKED,
}


def stage_at(stage: Stage, expires_at: int, now: int) -> Stage:
    """Time ends what nobody answered, and what nobody collected."""
    waits = stage in {Stage.PENDING, Stage.APPROVED}
    return Stage.EXPIRED if waits and expires_at <= now else stage


class Challenge(Struct, frozen=True):
    """One question to one authenticator. `memory` and `prompt` are opened; times in ms."""

    id: str
    user: str
    authenticator: str
    purpose: Purpose
    browser: bytes
    is_known: bool
    prompt: Mapping[str, Any]
    memory: Mapping[str, Any]
    stage: Stage
    tries: int
    answer: bytes
    created_at: int
    expires_at: int
    ended_at: int
    moving: Mapping[str, Any] | None = None  # of a question not asked yet: what the authenticator has to remember
    number: Mapping[str, Any] | None = None  # the prompt of a number that answers it as well

    def __repr__(self) -> str:
        return f"Challenge(id={self.id!r}, purpose={self.purpose.value!r}, stage={self.stage.value!r})"

    def stage_at(self, now: int) -> Stage:
        return stage_at(self.stage, self.expires_at, now)
