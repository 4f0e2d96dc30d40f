"""Applications beside the portal: what one may, and where a client may be led back to. Rules without IO."""

import re
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import urlencode, urlsplit

from twolatch.words.limits import MINUTE

HAND_OVER_LIVES = 10 * MINUTE  # from the application's wish to the client's yes, a login in between
TICKET_LIVES = MINUTE  # from his yes to its exchange
KEY_START = "twolatch-"  # so that a key in a log or a repository is recognised for what it is
RETURNS_MOST = 10
_LOOPBACK = re.compile(r"http://(localhost|127\.0\.0\.1|[a-z0-9-]+\.localhost)(:[0-9]{1,5})?/[^?#]*")
_ADDRESS = re.compile(r"https?://[a-z0-9.-]+(:[0-9]{1,5})?/[A-Za-z0-9._~/-]*")
_NAME = re.compile(r"[^\s\x00-\x1f\x7f](.{0,58}[^\s\x00-\x1f\x7f])?")


class Scope(StrEnum):
    """What an application may be given. Learning the client's name is a right of its own."""

    SESSIONS = "sessions"  # who is signed in, and whether he still is
    NAMES = "names"  # his user name and how he is called
    AUTHORIZATIONS = "authorizations"  # what he may do
    DOCUMENTS = "documents"  # hand in statements and tax forms; never read one


@dataclass(frozen=True, slots=True)
class Application:
    """One row. Times in ms; `ended_at` 0: it is in use."""

    id: str
    name: str
    scopes: frozenset[Scope]
    returns: tuple[str, ...]
    created_at: int
    key_at: int
    used_at: int
    ended_at: int

    def may(self, scope: Scope) -> bool:
        return scope in self.scopes


@dataclass(frozen=True, slots=True)
class HandOver:
    """A wish to learn who sits at a browser. `application` and `name` are who asks."""

    id: str
    application: str
    name: str
    tells_name: bool
    return_to: str
    marker: str

    def back(self, **facts: str) -> str:
        return led_back(self.return_to, self.marker, **facts)


@dataclass(frozen=True, slots=True)
class KnownSession:
    """The name by which an application knows a session."""

    id: str
    user: str
    session: str
    created_at: int


class Fault(StrEnum):
    """Why an application cannot be registered so."""

    NAME = "a name has 1 to 60 characters, and none that cannot be seen"
    TAKEN = "an application of this name is there already"
    SCOPE = "scopes are: sessions, names, authorizations, documents"
    ADDRESS = (
        "an address to return to is https://HOST/PATH in small plain letters, without user, query or fragment "
        "(http only on localhost)"
    )
    MANY = "at most 10 addresses to return to"
    NONE = "no application has this name"


def fault_of(name: str, scopes: list[str], returns: list[str]) -> Fault | None:
    if not _NAME.fullmatch(name) or not name.isprintable():
        return Fault.NAME
    if not scopes or not set(scopes) <= set(Scope):
        return Fault.SCOPE
    if len(returns) > RETURNS_MOST:
        return Fault.MANY
    return None if all(map(is_address, returns)) else Fault.ADDRESS


def is_address(text: str) -> bool:
    """What can be compared sign by sign, and stand in a header: one spelling, no dots that a browser would resolve."""
    if len(text) > 300 or not _ADDRESS.fullmatch(text) or "/../" in f"{text}/" or "/./" in f"{text}/":
        return False
    try:
        parts = urlsplit(text)
        is_port = parts.port is None or parts.port > 0
    except ValueError:
        return False
    return is_port and "//" not in parts.path and (parts.scheme == "https" or bool(_LOOPBACK.fullmatch(text)))


def led_back(address: str, marker: str, **facts: str) -> str:
    """The registered address with what is told to it. It has no query of its own, so nothing of it is lost."""
    return f"{address}?{urlencode({**facts, 'state': marker})}"


def origin_of(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}"
