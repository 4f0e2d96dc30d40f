"""The challenge: serialised once, signed, stored and sent as those very bytes (docs/protocol.md, 3.1)."""

from typing import Annotated, Literal

from msgspec import Meta, Struct, ValidationError
from msgspec.json import Decoder, Encoder

from twolatch.protocol.octets import Malformed, label, unb64u
from twolatch.protocol.shapes import Host, Id, Millis, Short, UserName


class Audience(Struct, frozen=True, forbid_unknown_fields=True):
    """Who asks: the portal, or an application that Twolatch guards."""

    id: Short
    name: Short


class Context(Struct, frozen=True, forbid_unknown_fields=True):
    """Where the login began. Texts may be empty; a phone shows them as text and nothing else."""

    address: Short
    application: Short
    browser: Short
    known_browser: bool
    place: Short


class Transaction(Struct, frozen=True, forbid_unknown_fields=True):
    """What is to be confirmed, as it is shown: who asks for it, what is done, how much, and to whom (may be empty).
    `amount` is decimal text with all decimals of the currency: "1500.00"."""

    action: Literal["withdrawal", "transfer", "payment"]
    amount: Annotated[str, Meta(pattern=r"^(0|[1-9][0-9]{0,11})(\.[0-9]{1,3})?$(?!\n)", min_length=1, max_length=16)]
    application: Annotated[str, Meta(min_length=1, max_length=200)]
    currency: Annotated[str, Meta(pattern=r"^[A-Z]{3}$(?!\n)", min_length=3, max_length=3)]
    payee: Short


class Challenge(Struct, frozen=True, forbid_unknown_fields=True):
    """One question to one user's phone. Times are the server's, in ms UTC; `nonce` is b64u of 32 bytes."""

    audience: Audience
    challenge: Id
    confirmation: Literal["none", "digits"]
    context: Context
    expires: Millis
    host: Host
    issued: Millis
    nonce: Annotated[str, Meta(min_length=43, max_length=43)]
    started: Short
    transaction: Transaction | None
    type: Literal["login", "step_up", "test", "support"]
    user: UserName
    version: Literal[1]


_DECODER = Decoder(Challenge, strict=True)
# RFC 8785 for what challenges are made of: ASCII names, text, booleans, null, integers below 2**53.
_ENCODER = Encoder(order="sorted")


def encode(challenge: Challenge) -> bytes:
    """Canonical JSON (RFC 8785). Raises Malformed on text that has no UTF-8 (a lone surrogate)."""
    try:
        return _ENCODER.encode(challenge)
    except UnicodeEncodeError as fault:
        raise Malformed("text holds a lone surrogate") from fault


def decode(raw: bytes) -> Challenge:
    """The challenge in these bytes. Raises Malformed unless they are exactly what `encode` makes of it.

    The phone signs the hash of the bytes but shows the fields: with two readings of the same bytes (a key
    given twice, a number written as 1e3) it would sign something else than it showed.
    """
    try:
        challenge = _DECODER.decode(raw)
    except (ValidationError, ValueError) as fault:
        raise Malformed(f"not a challenge: {fault}") from fault
    unb64u(challenge.nonce, 32)
    if encode(challenge) != raw:
        raise Malformed("a challenge that is not in canonical form")
    return challenge


def signed_text(raw: bytes) -> bytes:
    """What the server's signing key signs."""
    return label("challenge") + raw
