"""The life of a code: issued -> claimed -> active, or expired, cancelled, burned. One that lives per client."""

from dataclasses import dataclass, field
from enum import StrEnum

from twolatch.authenticators.model import Swap
from twolatch.words.refusals import Code


class Stage(StrEnum):
    ISSUED = "issued"
    CLAIMED = "claimed"
    ACTIVE = "active"  # confirmed in the portal
    EXPIRED = "expired"
    CANCELLED = "cancelled"
    BURNED = "burned"


OVER = {
    Stage.CLAIMED: Code.CODE_USED,
    Stage.ACTIVE: Code.CODE_USED,
    Stage.EXPIRED: Code.CODE_EXPIRED,
    Stage.CANCELLED: Code.CODE_CANCELLED,
    Stage.BURNED: Code.CODE_BURNED,
}


MISNAMED = "name.wrong"  # what a phone met that typed the code with another user's name; it was told "unknown code"


@dataclass(frozen=True, slots=True)
class Activation:
    """One row. Times in ms; `device` is what the claimant said of itself, as JSON; `met` the code of the
    last refusal a phone got with it, `MISNAMED`, or empty."""

    id: str
    user: str
    session: str
    stage: Stage
    tries: int
    number: bytes
    authenticator: str
    claim: bytes
    claimed: str
    device: str
    met: str
    created_at: int
    expires_at: int
    swap: Swap | None = None  # a move to another phone: what ends, who allowed it

    def stage_at(self, now: int) -> Stage:
        lives = self.stage in {Stage.ISSUED, Stage.CLAIMED}
        return Stage.EXPIRED if lives and self.expires_at <= now else self.stage


@dataclass(frozen=True, slots=True)
class Device:
    """The claimant as the portal shows it."""

    platform: str
    model: str
    browser: str
    address: str
    is_same_address: bool


@dataclass(frozen=True, slots=True)
class Offer:
    """A code to show: the link for the QR code and the session ID below it. In every view `replaces` is the phone that
    ends when the code has become one, or empty."""

    link: str
    session_id: str
    expires_at: int
    met: str = ""
    replaces: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class AwaitsNumber:
    """A phone claimed the code; the client types the six digits it shows."""

    device: Device
    tries_left: int
    expires_at: int
    met: str = ""
    replaces: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Finishing:
    """The digits were right; the phone proves itself with its first answer."""

    device: Device
    met: str = ""
    replaces: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Done:
    """The client has an authenticator."""

    met: str = ""
    replaces: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Over:
    """No code lives; `why` of the last one, if there was one in this session."""

    why: Stage | None
    met: str = ""
    replaces: str = field(default="", compare=False)


View = Offer | AwaitsNumber | Finishing | Done | Over
