"""Messages of the app's own sign-in and home (docs/protocol.md, section 4). Unknown fields are refused."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from twolatch.protocol.shapes import Id, Millis, Sentence, Short


class SignIn(Struct, frozen=True, forbid_unknown_fields=True):
    """`POST sign-in`: the first latch, typed on the phone."""

    name: Annotated[str, Meta(max_length=200)]
    password: Annotated[str, Meta(max_length=300)]

    def __repr__(self) -> str:
        return f"SignIn({self.name!r}, …)"


class AppSession(Struct, frozen=True, forbid_unknown_fields=True):
    """The answer to `POST session`: a token that serves beside this device's signature only; it ends at `ends` (ms)."""

    token: Annotated[str, Meta(max_length=128)]
    ends: Millis

    def __repr__(self) -> str:
        return f"AppSession(…, {self.ends})"


class OwnAuthenticator(Struct, frozen=True, forbid_unknown_fields=True):
    """One of the client's authenticators. Times in ms; `used` 0: never."""

    device: Id
    kind: Short
    name: Short
    state: Literal["active", "locked", "suspended"]
    added: Millis
    used: Millis
    this: bool


class OwnSession(Struct, frozen=True, forbid_unknown_fields=True):
    """One of the client's sessions. Times in ms; `proved`: "password", "phone", or another kind of authenticator."""

    session: Id
    place: Literal["app", "browser"]
    agent: Short
    address: Short
    proved: Short
    since: Millis
    seen: Millis
    this: bool


class Overview(Struct, frozen=True, forbid_unknown_fields=True):
    """The answer to `GET overview`. `must_change`: the portal asks for a new password at the next login."""

    user: Short
    display: Short
    must_change: bool
    authenticators: list[OwnAuthenticator]
    sessions: list[OwnSession]


class DiaryEntry(Struct, frozen=True, forbid_unknown_fields=True):
    """One thing that happened; `text` is the sentence for it. What is not known is empty."""

    number: Millis
    at: Millis
    event: Short
    text: Sentence
    phone: Short
    agent: Short
    address: Short


class Diary(Struct, frozen=True, forbid_unknown_fields=True):
    """The answer to `GET diary`, newest first. `more`: older ones follow at `diary/<number of the last>`."""

    entries: list[DiaryEntry]
    more: bool


class Label(Struct, frozen=True, forbid_unknown_fields=True):
    """What this phone is called, here and in the portal's list."""

    name: Short


class Left(Struct, frozen=True, forbid_unknown_fields=True):
    """The answer to `DELETE device`."""

    state: Literal["removed", "suspended"]
