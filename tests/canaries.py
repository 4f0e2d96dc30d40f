"""Secrets that tests plant, and the search for them: as they are, and in every dress in which a byte string travels."""

import base64
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from urllib.parse import quote, quote_plus

SHORTEST = 8  # bytes; anything shorter is found by chance in a file of random ones


def dresses(secret: bytes) -> Iterator[tuple[str, bytes]]:
    """The secret with the name of its form. In base64 a secret inside something longer has one of three forms."""
    yield "raw", secret
    yield "hex", secret.hex().encode()
    yield "hex in capitals", secret.hex().upper().encode()
    yield "reversed", secret[::-1]
    for before in range(3):
        whole = base64.b64encode(b"\0" * before + secret).rstrip(b"=")
        inner = whole[(0, 2, 3)[before] : len(whole) - (1 if (before + len(secret)) % 3 else 0)]
        yield "base64", inner
        yield "base64 for addresses", inner.replace(b"+", b"-").replace(b"/", b"_")
    for escape in (quote, quote_plus):
        yield "escaped", escape(secret, safe="").encode()
    if secret.isascii():
        yield "in UTF-16", secret.decode("ascii").encode("utf-16-le")


def found(secrets: Mapping[str, bytes], places: Iterable[tuple[str, bytes]]) -> list[str]:
    """`place: secret, form` of each that was found; empty is what one hopes for."""
    listed = list(places)
    seen = []
    for name, secret in secrets.items():
        assert len(secret) >= SHORTEST, f"{name} would be found by chance"
        forms = dict.fromkeys((form, look) for form, look in dresses(secret) if len(look) >= SHORTEST)
        seen += [f"{place}: {name}, {form}" for place, content in listed for form, look in forms if look in content]
    return sorted(set(seen))


def files_below(folder: Path, leave_out: Iterable[Path] = ()) -> Iterator[tuple[str, bytes]]:
    left = set(leave_out)
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path not in left:
            yield path.relative_to(folder).as_posix(), path.read_bytes()
