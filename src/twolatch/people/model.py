"""A client: a name, a password, an address to write to. Rules without IO."""

import unicodedata
from dataclasses import dataclass
from enum import StrEnum

from msgspec import Struct

from twolatch.notices import Recipient
from twolatch.words.refusals import Code

NAME_LENGTH = 128
PASSWORD_SHORTEST, PASSWORD_LONGEST = 8, 256  # code points after NFC (NIST SP 800-63B-4, 3.1.1.2)


class User(Struct, frozen=True):
    """Times in ms. `name` is canonical, `display` what the client likes to be called.

    A struct, as it is made several times for each page: a frozen data class of so many fields costs six times as much.
    """

    id: str
    name: str
    display: str
    email: str
    language: str
    password: str
    must_change: bool
    is_off: bool
    needs_desk: bool
    quiet_until: int
    banner_hidden: bool
    created_at: int
    last_login_at: int
    set_up_by: int = 0  # from then on a login ends at setting up what was sent; 0: nothing was
    keys_only: bool = False  # a passkey alone lets him in, and nothing else does
    closed_at: int = 0  # when his last account closed: from then on he reads, and no more
    read_until: int = 0
    person: str = ""  # users with the same word here are one person, says the operator; "" says nothing
    phone: str = ""  # where the desk calls him back; since `phone_at` (ms)
    phone_at: int = 0

    def __repr__(self) -> str:
        return f"User(id={self.id!r}, name={self.name!r})"

    @property
    def recipient(self) -> Recipient:
        return Recipient(self.id, self.display, self.email, self.language)

    def is_dormant(self, now: int, dormant_after: int) -> bool:
        """Long unused: its password may have leaked meanwhile, so it does not bind a first phone by itself."""
        return now - (self.last_login_at or self.created_at) > dormant_after

    def must_set_up(self, now: int) -> bool:
        return 0 < self.set_up_by <= now


class Role(StrEnum):
    """What somebody does at the desk. Each is also a client of his own, and nobody's agent in his own affairs."""

    AGENT = "agent"
    OFFICER = "officer"


@dataclass(frozen=True, slots=True)
class Staff:
    """Who works at the desk. `called` and `number` are what clients are told of him."""

    user: str
    role: Role
    called: str
    number: int
    since: int


def canonical_name(typed: str) -> str:
    """One spelling for all spellings of a name, so that letter case or look-alike forms do not double a limit.

    Empty when nothing usable was typed.
    """
    name = unicodedata.normalize("NFKC", typed[: 4 * NAME_LENGTH]).strip().casefold()
    name = unicodedata.normalize("NFKC", name)
    return name if 0 < len(name) <= NAME_LENGTH and name.isprintable() else ""


def normal_password(typed: str) -> str:
    return unicodedata.normalize("NFC", typed)


def fault_of(password: str, user: User | None, is_common: bool) -> Code | None:
    """Why a new password may not be used; None when it may. No composition rules on purpose."""
    if len(password) < PASSWORD_SHORTEST:
        return Code.PASSWORD_SHORT
    if len(password) > PASSWORD_LONGEST:
        return Code.PASSWORD_LONG
    if user and user.name in password.casefold():
        return Code.PASSWORD_NAME
    return Code.PASSWORD_COMMON if is_common else None
