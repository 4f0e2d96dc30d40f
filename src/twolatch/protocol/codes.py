"""Ids, the typed session ID and the scanned link (docs/protocol.md, section 1)."""

import re
from dataclasses import dataclass
from hashlib import sha256

from twolatch.protocol.octets import Malformed, b64u, label, lp, unb64u

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LINK_VERSION = "1"
ID_PATTERN = "^[0-7][0-9a-hjkmnp-tv-z]{25}$"

_PAIRS = [first + second for first in ALPHABET.lower() for second in ALPHABET.lower()]
_VALUE = {sign: value for value, sign in enumerate(ALPHABET)}
_LOOKALIKE = str.maketrans({"O": "0", "I": "1", "L": "1", " ": None, "-": None})
_ID = re.compile(ID_PATTERN.rstrip("$"), re.ASCII)
_LINK = re.compile(r"(https?://[A-Za-z0-9.:\[\]-]+)/a#([^#]*)", re.ASCII)


def session_id(random: bytes) -> str:
    """Twelve characters: the first 55 bits of at least seven random bytes, and a check character."""
    if len(random) < 7:
        raise Malformed("a session ID takes at least seven random bytes")
    bits = int.from_bytes(random[:7], "big") >> 1
    body = [bits >> 5 * (10 - place) & 31 for place in range(11)]
    return "".join(ALPHABET[value] for value in [*body, _check(body)])


def show_session_id(code: str) -> str:
    """`XXXX-XXXX-XXXX`, as the portal prints it."""
    return f"{code[:4]}-{code[4:8]}-{code[8:]}"


def read_session_id(text: str) -> str | None:
    """The twelve characters of what somebody typed, or None when length, alphabet or check is wrong.

    Only ASCII is read: `str.upper` turns other scripts' letters into ours (U+0131 into I).
    """
    if not text.isascii():
        return None
    code = text.upper().translate(_LOOKALIKE)
    if len(code) != 12 or any(sign not in _VALUE for sign in code):
        return None
    values = [_VALUE[sign] for sign in code]
    return code if _check(values[:11]) == values[11] else None


def _check(body: list[int]) -> int:
    """Sum of alpha^(i+1) * d_i over GF(32), modulo x^5 + x^2 + 1, alpha = 2, by Horner's rule."""
    total = 0
    for value in reversed(body):
        total = _double(total ^ value)
    return total


def _double(value: int) -> int:
    doubled = value << 1
    return doubled ^ 0b100101 if doubled & 32 else doubled


def new_id(random16: bytes) -> str:
    """Sixteen random bytes as 26 characters of Crockford base 32, lower case; the first is 0 to 7."""
    if len(random16) != 16:
        raise Malformed("an id takes sixteen random bytes")
    number = int.from_bytes(random16, "big")
    return "".join([_PAIRS[number >> place & 1023] for place in range(120, -1, -10)])


def is_id(text: str) -> bool:
    """Whether the text has the form of an id."""
    return _ID.fullmatch(text) is not None


@dataclass(frozen=True)
class Link:
    """What the QR code carries: an activation's id, its secret, a fingerprint of the server's keys."""

    id: str
    secret: bytes
    kfp: bytes

    def url(self, phone_base_url: str) -> str:
        """The address to show as QR code; all in the fragment, so no server log and no Referer carries it."""
        return f"{phone_base_url.rstrip('/')}/a#{LINK_VERSION}.{self.id}.{b64u(self.secret)}.{b64u(self.kfp)}"

    @property
    def code(self) -> str:
        """`<id>.<secret>`, as the claim sends it."""
        return f"{self.id}.{b64u(self.secret)}"

    def __repr__(self) -> str:
        return f"Link(id={self.id!r})"


def read_link(text: str) -> Link | None:
    """The link in a scanned text, or None when it is no activation link of this version."""
    found = _LINK.fullmatch(text.strip())
    parts = found[2].split(".") if found else []
    if len(parts) != 4 or parts[0] != LINK_VERSION or not is_id(parts[1]):
        return None
    try:
        return Link(parts[1], unb64u(parts[2], 16), unb64u(parts[3], 16))
    except Malformed:
        return None


def link_base(text: str) -> str | None:
    """`https://<phone host>` of an activation link, or None when it is none."""
    found = _LINK.fullmatch(text.strip())
    return found[1] if found and read_link(text) else None


def keys_fingerprint(signing65: bytes, pin65: bytes) -> bytes:
    """Sixteen bytes over the server's two keys, by which who scanned checks the answer to his claim."""
    return sha256(label("server-keys") + lp(signing65, pin65)).digest()[:16]
