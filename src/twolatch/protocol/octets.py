"""How values become bytes: lengths, numbers, base64url, labels (docs/protocol.md, "Notation")."""

import binascii

_TO_URL, _FROM_URL = bytes.maketrans(b"+/", b"-_"), bytes.maketrans(b"-_", b"+/")


class Malformed(ValueError):
    """Bytes or text from outside that do not have the one form the protocol allows."""


def lp(*parts: bytes | str) -> bytes:
    """Each part with its length (two bytes, big-endian) before it; text as UTF-8.

    Raises Malformed when a part is longer than 65,535 bytes or holds a lone surrogate: what cannot be
    written unambiguously must not be signed.
    """
    out: list[bytes] = []
    try:
        for part in parts:
            raw = part.encode() if isinstance(part, str) else part
            out += (len(raw).to_bytes(2), raw)
    except OverflowError as fault:
        raise Malformed("a part is longer than 65535 bytes") from fault
    except UnicodeEncodeError as fault:
        raise Malformed("text holds a lone surrogate") from fault
    return b"".join(out)


def utf8(text: str) -> bytes:
    """UTF-8, strict. Raises Malformed on a lone surrogate."""
    try:
        return text.encode("utf-8")
    except UnicodeEncodeError as fault:
        raise Malformed("text holds a lone surrogate") from fault


def u64(number: int) -> bytes:
    """Eight bytes, big-endian. Raises Malformed outside 0 .. 2**64-1."""
    if not 0 <= number < 1 << 64:
        raise Malformed("number does not fit eight bytes")
    return number.to_bytes(8, "big")


def label(name: str) -> bytes:
    """`twolatch/v1/<name>` and a zero byte. Labels keep a signature for one purpose from serving another."""
    return b"twolatch/v1/" + name.encode("ascii") + b"\0"


def b64u(raw: bytes) -> str:
    """base64url without padding (RFC 4648 section 5)."""
    return binascii.b2a_base64(raw, newline=False).translate(_TO_URL).rstrip(b"=").decode("ascii")


def unb64u(text: str, length: int | None = None) -> bytes:
    """The bytes of a base64url text; `length` is how many bytes it must hold.

    Raises Malformed on padding, other alphabets, white space, and endings that are not canonical: two texts
    for the same bytes would let one proof be shown as two.
    """
    try:
        raw = binascii.a2b_base64(text.encode("ascii").translate(_FROM_URL) + b"=" * (-len(text) % 4))
    except ValueError as fault:  # binascii.Error, UnicodeEncodeError
        raise Malformed("not base64url") from fault
    if b64u(raw) != text:  # what the decoder leaves out, reads in another alphabet, or rounds off
        raise Malformed("not base64url in its one form")
    if length is not None and len(raw) != length:
        raise Malformed(f"{len(raw)} bytes where {length} are due")
    return raw
