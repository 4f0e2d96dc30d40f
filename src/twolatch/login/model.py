"""A login attempt: from the right password to a session or an end."""

from dataclasses import dataclass
from enum import StrEnum

from msgspec import Struct

from twolatch.authenticators.model import Purpose
from twolatch.authenticators.model import Stage as ChallengeStage
from twolatch.authenticators.model import stage_at as challenge_stage_at
from twolatch.words.refusals import Code
from twolatch.words.shapes import AnswerChallenge, Prompt


class Stage(StrEnum):
    OPEN = "open"
    COLLECTED = "collected"
    OVER = "over"


class Attempt(Struct, frozen=True):
    """One row. Without a challenge the password was all there was to prove. Times in ms."""

    id: str
    user: str
    stage: Stage
    challenge: str
    created_at: int
    expires_at: int
    link: bytes = b""  # SHA-256 of a mailed link that has to be followed first
    agent: str = ""
    address: str = ""
    tell_at: int = 0  # then the client is told that nobody finished it; 0: there is nothing to tell


class Asked(Struct, frozen=True):
    """The challenge of an attempt as far as it can be told without opening it."""

    id: str
    authenticator: str
    purpose: Purpose
    stage: ChallengeStage
    expires_at: int

    def stage_at(self, now: int) -> ChallengeStage:
        return challenge_stage_at(self.stage, self.expires_at, now)


# How a challenge that ended reads to the browser that began it.
ENDED = {
    ChallengeStage.DENIED: Code.LOGIN_DENIED,
    ChallengeStage.NOT_ME: Code.LOGIN_NOT_ME,
    ChallengeStage.EXPIRED: Code.LOGIN_EXPIRED,
    ChallengeStage.SUPERSEDED: Code.LOGIN_SUPERSEDED,
    ChallengeStage.CANCELLED: Code.LOGIN_CANCELLED,
    ChallengeStage.LOCKED: Code.LOGIN_CHALLENGE_LOCKED,
    ChallengeStage.CONSUMED: Code.LOGIN_START_OVER,
}


@dataclass(frozen=True, slots=True)
class Proceed:
    """The password was right. Collect at once when `is_ready`, else the second factor is waited for."""

    is_ready: bool


@dataclass(frozen=True, slots=True)
class Waits:
    """The second factor is asked. `challenge` names the signal's topic, `sent_at` when it was asked (ms)."""

    prompt: Prompt
    challenge: str
    sent_at: int
    number: AnswerChallenge | None = None  # asked besides; whichever is answered first wins
    asks: tuple[str, str] | None = None  # user and authenticator, where another one may be asked instead


@dataclass(frozen=True, slots=True)
class MailSent:
    """A link is on its way by mail; following it in this browser goes on."""


@dataclass(frozen=True, slots=True)
class Ready:
    """Everything is proved; the browser collects."""


@dataclass(frozen=True, slots=True)
class StartOver:
    """The attempt is over, or there is none."""

    refusal: Code


View = Waits | MailSent | Ready | StartOver


@dataclass(frozen=True, slots=True)
class Collected:
    """A session. `token` and `browser_token` are the cookies' values; nothing else ever knows them."""

    token: str
    browser_token: str
    user: str
    proved: str
    must_change: bool


@dataclass(frozen=True, slots=True)
class StillWaiting:
    """Nothing to collect yet. `challenge`: the signal's topic, for who looks only whether there is."""

    challenge: str = ""
