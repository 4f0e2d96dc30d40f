"""Being signed in is a type. A flow that needs it asks for it, and forgetting the check is a type error."""

from dataclasses import dataclass, field

from twolatch.people.model import Role, Staff, User


@dataclass(frozen=True, slots=True)
class Bearer:
    """A client with a live session, whatever it may do. `proved` is "password", or the kind that proved it."""

    session: str
    user: User
    proved: str
    fresh_until: int
    browser: bytes
    address: str
    agent: str
    authenticator: str  # the one that proved last; empty after the password alone
    begun_at: int = field(default=0, kw_only=True)  # in ms


@dataclass(frozen=True, slots=True)
class SignedIn(Bearer):
    """A session that may do everything its proof is good for."""


@dataclass(frozen=True, slots=True)
class Bridging(Bearer):
    """A session of a temporary code that is some days old: it may get its client something better, and nothing else.
    Wishes ask for `SignedIn`, so what is not written for this type is out of its reach."""


@dataclass(frozen=True, slots=True)
class AtDesk(Bearer):
    """Somebody at work at the desk. Not `SignedIn`: nothing a client does is in its reach, and nothing of the desk is
    in a client's."""

    staff: Staff

    @property
    def is_officer(self) -> bool:
        return self.staff.role is Role.OFFICER


@dataclass(frozen=True, slots=True)
class FreshlySignedIn:
    """A client who proved himself a moment ago with the strongest factor he has. Made by `sessions.freshly` alone."""

    signed_in: SignedIn


@dataclass(frozen=True, slots=True)
class ReadingOnly:
    """A client whose last account is closed. No other flow takes this type: it reads papers, and nothing leads from it
    to being signed in."""

    session: str
    user: User


@dataclass(frozen=True, slots=True)
class Live:
    """A session seen from beside: whose it is, since when, and when it ends at the latest (ms)."""

    bearer: SignedIn | Bridging
    begun_at: int
    ends_at: int


@dataclass(frozen=True, slots=True)
class Session:
    """One line of the client's list. Times in ms. `bound_to`: the device whose app it lives in; empty for a browser."""

    id: str
    proved: str
    agent: str
    address: str
    created_at: int
    seen_at: int
    is_this: bool
    bound_to: str
