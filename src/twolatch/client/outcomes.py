"""How a phone's wishes end: refusals are values, exceptions are for faults and for servers that cheat."""

from dataclasses import dataclass, field

from twolatch.protocol.challenge import Challenge
from twolatch.protocol.messages import AnswerState, Ended, Problem


class ServerAway(Exception):
    """The server could not be reached, or broke off, after several tries."""


class NotTrusted(Exception):
    """Keys, a signature or a field are not what they must be: another server, or somebody in between."""


@dataclass(frozen=True)
class Refused:
    """A refusal, by the server or by the phone itself (then `status` is 0).

    `code` is for programs; `detail` and `next` are sentences for people. `retry_after` in seconds.
    """

    code: str
    title: str
    detail: str = ""
    next: str = ""
    status: int = 0
    retry_after: int | None = None
    tries_left: int | None = None

    @classmethod
    def by(cls, problem: Problem) -> "Refused":
        """The refusal in a server's problem document."""
        return cls(
            problem.code,
            problem.title,
            problem.detail,
            problem.next,
            problem.status,
            problem.retry_after,
            problem.tries_left,
        )


@dataclass(frozen=True)
class Shown:
    """A code was claimed: what the phone shows. The portal asks for `six_digits` until `expires` (ms)."""

    device: str
    user: str
    display: str
    site: str
    six_digits: str
    expires: int


@dataclass(frozen=True)
class Activated:
    """The phone is an authenticator of this user."""

    device: str
    user: str
    site: str


@dataclass(frozen=True)
class Asked:
    """A challenge that waits for one user: verified, parsed, and the exact bytes that are answered."""

    device: str
    bytes: bytes
    challenge: Challenge


@dataclass(frozen=True)
class Scanned:
    """A question whose page was scanned in time. `confirmation` stands in for the digits of that page."""

    asked: Asked
    confirmation: str = field(repr=False)


@dataclass(frozen=True)
class Look:
    """What a look at the server brought: questions, what ended lately, and who was refused (by device id)."""

    asked: tuple[Asked, ...] = ()
    ended: tuple[Ended, ...] = ()
    refused: tuple[tuple[str, Refused], ...] = ()


@dataclass(frozen=True)
class Answered:
    """The server took the answer."""

    challenge: str
    state: AnswerState


@dataclass(frozen=True)
class Gone:
    """A user is no longer on this phone. `state`, as the server has it: `removed`, `suspended` (without proof), or
    `dropped` (he was never confirmed)."""

    device: str
    user: str
    state: str


@dataclass(frozen=True)
class User:
    """One user of this phone; `state` is `claimed` (not confirmed yet), `active` or `removed`."""

    device: str
    user: str
    display: str
    site: str
    host: str
    state: str
    six_digits: str
