"""OCRA, challenge and response by HMAC (RFC 6287): offline codes of the phone, and challenge cards.

A suite says what is computed from what: `OCRA-1:HOTP-SHA256-8:QN06` answers a number of up to six digits with eight.
"""

import hmac
import re
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha1, sha256, sha512

from twolatch.protocol.keys import hkdf
from twolatch.protocol.octets import Malformed, label

_HASHES = {"SHA1": sha1, "SHA256": sha256, "SHA512": sha512}
_SUITE = re.compile(
    r"OCRA-1:HOTP-(?P<hash>SHA1|SHA256|SHA512)-(?P<digits>0|[4-9]|10):(?P<counter>C-)?Q(?P<form>[ANH])(?P<most>\d\d)"
    r"(?:-P(?P<pin>SHA1|SHA256|SHA512))?(?:-S(?P<session>\d{3}))?(?:-T(?P<step>[1-9]\d?)(?P<unit>[SMH]))?",
    re.ASCII,
)
_FORMS = {"N": re.compile(r"[0-9]+", re.ASCII), "H": re.compile(r"[0-9A-Fa-f]+", re.ASCII), "A": re.compile("[!-~]+")}
_QUESTION = 128  # bytes
_UNITS = {"S": (1, 59), "M": (60, 59), "H": (3600, 48)}


@dataclass(frozen=True, slots=True)
class Suite:
    """`digits` 0: the whole HMAC in hex. `most` is how many signs a question may have, `step` in s, 0 without time."""

    text: str
    hash: str
    digits: int
    has_counter: bool
    form: str
    most: int
    typed_hash: str  # of a PIN that goes in as well
    session: int
    step: int


@lru_cache(maxsize=64)
def read_suite(text: str) -> Suite:
    """Raises Malformed for what RFC 6287, section 6, does not allow."""
    found = _SUITE.fullmatch(text)
    if found is None:
        raise Malformed("not an OCRA suite")
    most, session, step = int(found["most"]), int(found["session"] or 0), int(found["step"] or 0)
    seconds, longest = _UNITS[found["unit"] or "S"]
    if not 4 <= most <= 64 or session > 512 or step > longest:
        raise Malformed("an OCRA suite with a number out of range")
    return Suite(
        text, found["hash"], int(found["digits"]), bool(found["counter"]), found["form"], most, found["pin"] or "",
        session, step * seconds,
    )  # fmt: skip


def response(
    suite: str,
    key: bytes,
    question: str,
    second: str = "",
    *,
    counter: int = 0,
    pin_hash: bytes = b"",
    session: bytes = b"",
    time: int = 0,
) -> str:
    """The answer to `question`; where both sides prove themselves, `second` is the other side's question behind it.

    `counter` and `time` (in steps of the suite) are 64 bit; `session` is filled up in front.

    Raises Malformed when a part does not fit the suite: two computations over different parts must not look alike.
    """
    of = read_suite(suite)
    parts = [of.text.encode(), b"\0"]
    if of.has_counter:
        parts.append(_u64(counter))
    parts.append(_question(of, question, second))
    if of.typed_hash:
        if len(pin_hash) != _HASHES[of.typed_hash]().digest_size:
            raise Malformed("the hash of the PIN has another length")
        parts.append(pin_hash)
    if of.session:
        if len(session) > of.session:
            raise Malformed("the session information is too long")
        parts.append(session.rjust(of.session, b"\0"))
    if of.step:
        parts.append(_u64(time))
    return shortened(hmac.digest(key, b"".join(parts), of.hash.lower()), of.digits)


def _question(of: Suite, question: str, second: str) -> bytes:
    """128 bytes, filled up behind. A number becomes its hexadecimal digits, not its bytes (RFC 6287, 5.1 and A)."""
    text = question + second
    if max(len(question), len(second)) > of.most or not question or not _FORMS[of.form].fullmatch(text):
        raise Malformed("a question of another form")
    if of.form == "A":
        return text.encode("ascii").ljust(_QUESTION, b"\0")
    nibbles = f"{int(text):X}" if of.form == "N" else text
    return bytes.fromhex(nibbles.ljust(2 * _QUESTION, "0"))


def _u64(number: int) -> bytes:
    if not 0 <= number < 1 << 64:
        raise Malformed("number does not fit eight bytes")
    return number.to_bytes(8, "big")


def shortened(digest: bytes, digits: int) -> str:
    """Dynamic truncation (RFC 4226, 5.3)."""
    if not digits:
        return digest.hex()
    at = digest[-1] & 15
    number = int.from_bytes(digest[at : at + 4], "big") & 0x7FFFFFFF
    return f"{number % 10**digits:0{digits}d}"


def offline_suite(digits: int) -> str:
    """The phone's own: a number of `digits` digits (6 or 8) goes in, eight come out."""
    return f"OCRA-1:HOTP-SHA256-8:QN{digits:02d}"


def offline_key(secret: bytes) -> bytes:
    """`Koff`, 32 bytes, from S' (docs/protocol.md, section 6). A wrong PIN makes another key, and nobody can tell."""
    return hkdf(secret, b"", label("ocra"), 32)


def offline_response(secret: bytes, number: str) -> str:
    """What a phone without network answers to the portal's number. Raises Malformed unless it has 6 or 8 digits."""
    if len(number) not in {6, 8}:
        raise Malformed("a number of six or eight digits")
    return response(offline_suite(len(number)), offline_key(secret), number)
