"""The closed set of things a login can ask of a person. Faces know shapes only, never kinds."""

from dataclasses import dataclass, field
from typing import Any, Literal


@dataclass(frozen=True, slots=True)
class ApproveOnPhone:
    """Look at the phone. `digits` are to be typed there; empty when a tap is enough. `has_codes`: without a network it
    can answer a number instead. `page_key` (b64u, 16 bytes) makes the codes by which it can scan this question."""

    phone: str
    digits: str
    expires: int
    has_codes: bool = False
    page_key: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class AnswerChallenge:
    """Type `number` into the authenticator, and its answer of `length` digits into the portal."""

    authenticator: str
    number: str
    length: int
    expires: int
    on_keypad: bool = False  # a device with keys and a PIN of its own, not an app


@dataclass(frozen=True, slots=True)
class TypeCode:
    """Type a code of the authenticator. `question` says which one, where it holds several; empty for the next.
    `length`: so many digits; 0 where it is no number."""

    authenticator: str
    question: str
    expires: int
    length: int = 0


@dataclass(frozen=True, slots=True)
class TypeCells:
    """Type what stands at these `places` of the card with that `number`: `length` signs at each."""

    authenticator: str
    number: str
    places: tuple[str, ...]
    length: int
    expires: int


@dataclass(frozen=True, slots=True)
class BrowserCeremony:
    """Let the browser ask the authenticator: `navigator.credentials.get`, or `create` while it is set up. `options` is
    the JSON of WebAuthn Level 3, 5.1 (`PublicKeyCredentialRequestOptionsJSON` or `...CreationOptionsJSON`)."""

    authenticator: str
    call: Literal["get", "create"]
    options: str
    expires: int


@dataclass(frozen=True, slots=True)
class TypePassword:
    """Prove again with the password (a client without any authenticator)."""


Prompt = ApproveOnPhone | AnswerChallenge | TypeCode | TypeCells | BrowserCeremony | TypePassword


def facts_of(told: Any) -> dict[str, Any]:
    """The fields of a prompt, or of any data class with slots, by name; as they are, where `asdict` copies each."""
    return {name: getattr(told, name) for name in told.__slots__}


# Setting up: what the portal shows before a first right answer makes an authenticator active.


@dataclass(frozen=True, slots=True)
class ScanSecret:
    """Scan `link`, or type `secret` (in groups of four), into an app; then type what the app shows."""

    link: str = field(repr=False)
    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class KeepCodes:
    """Keep these codes, shown once; then type one of them, which is not used up by that."""

    codes: tuple[str, ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class KeepCard:
    """Print this card; then type what stands at the places asked for. The first cell is at place 1."""

    number: str
    cells: tuple[str, ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class AnswerNumber:
    """Type `number` into the device that came by post; then type its answer of `length` digits."""

    number: str
    length: int


@dataclass(frozen=True, slots=True)
class MakeHere:
    """Let the browser make it: what `navigator.credentials.create` answers to `options` is the first answer."""

    options: str


SetUp = ScanSecret | KeepCodes | KeepCard | AnswerNumber | MakeHere
