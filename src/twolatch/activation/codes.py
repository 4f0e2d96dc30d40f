"""The two forms of a code. Both follow from its id under the site's key, so the portal can show them again and a thief
of the database has neither."""

from dataclasses import dataclass

from twolatch.activation.model import Offer
from twolatch.house import House
from twolatch.house.keys import PIN, SIGNING
from twolatch.protocol import codes
from twolatch.protocol.octets import Malformed, unb64u


@dataclass(frozen=True, slots=True)
class Scanned:
    id: str
    secret: bytes


@dataclass(frozen=True, slots=True)
class Typed:
    code: str


def session_id(house: House, activation: str) -> str:
    return codes.session_id(house.keys.mac("activation-typed", activation))


def secret(house: House, activation: str) -> bytes:
    return house.keys.mac("activation-secret", activation)[:16]


def typed_mac(house: House, code: str) -> bytes:
    return house.keys.mac("activation-lookup", code)


def number_mac(house: House, activation: str, number: str) -> bytes:
    return house.keys.mac("activation-number", activation, number)


def read(code: str) -> Scanned | Typed | None:
    """What a claim names; None when it is neither form."""
    if "." in code:
        activation, _, rest = code.partition(".")
        try:
            return Scanned(activation, unb64u(rest, 16)) if codes.is_id(activation) else None
        except Malformed:
            return None
    typed = codes.read_session_id(code)
    return Typed(typed) if typed == code else None


def offer(house: House, activation: str, expires_at: int, met: str = "") -> Offer:
    keys = codes.keys_fingerprint(house.keys.public(SIGNING), house.keys.public(PIN))
    link = codes.Link(activation, secret(house, activation), keys)
    return Offer(
        link.url(house.settings.phone_url), codes.show_session_id(session_id(house, activation)), expires_at, met
    )
