"""Which keys a PSKC file holds (RFC 6030, section 4), and of which devices."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from twolatch.protocol.pskc.door import PSKC, BadFile, Node, tree
from twolatch.protocol.pskc.sealing import FileKey, Opener, opener

OCRA = f"{PSKC}:ocra"
_SUITE_IN_NAME = f"{PSKC}#"  # older files: the algorithm is "...pskc#OCRA-1:..."
_SERIAL = re.compile(r"[!-~]{1,64}", re.ASCII)
_LABEL = re.compile(r"[^\x00-\x1f\x7f]{0,64}")


@dataclass(frozen=True, slots=True)
class FoundKey:
    """One key of one device. `suite` only of challenge and response; `secret` None where the file holds none.
    `expires` as the file says it, or empty."""

    line: int
    serial: str
    maker: str
    model: str
    algorithm: str
    suite: str
    counter: int
    expires: str
    secret: bytes | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class Package:
    """What a file holds, and what its reader should know of it."""

    keys: list[FoundKey]
    notes: list[str]


def read(data: bytes, given: FileKey, tell: Callable[[int, int], None] = lambda done, all_: None) -> Package:
    """Raises BadFile when the file cannot be read or believed; then none of its keys may be used.

    `tell(done, all)` is called as it goes on.
    """
    root = tree(data)
    if (root.space, root.name, root.marks.get("Version")) != (PSKC, "KeyContainer", "1.0"):
        raise BadFile("not a key container of version 1.0", root.line)
    opened = opener(root, given)
    found = list(_keys(root))
    keys = []
    for number, (device, key) in enumerate(found, 1):
        keys.append(_key(device, key, opened))
        tell(number, len(found))
    if not keys:
        raise BadFile("no keys", root.line)
    signed = any(part.name == "Signature" for part in root.parts)
    notes = ["The file is signed; the signature was not looked at."] if signed else []
    return Package(keys, [*opened.notes, *notes])


def _keys(root: Node) -> Iterator[tuple[Node | None, Node]]:
    for package in root.parts:
        if (package.space, package.name) == (PSKC, "KeyPackage") and (key := package.one("Key")):
            yield package.one("DeviceInfo"), key


def _key(device: Node | None, key: Node, opened: Opener) -> FoundKey:
    data = key.one("Data")
    secret = data.one("Secret") if data else None
    algorithm = key.marks.get("Algorithm", "")
    suite = key.at("AlgorithmParameters", "Suite") or algorithm.removeprefix(_SUITE_IN_NAME)
    return FoundKey(
        line=key.line,
        serial=_of(_SERIAL, device, "SerialNo"),
        maker=_of(_LABEL, device, "Manufacturer"),
        model=_of(_LABEL, device, "Model"),
        algorithm=algorithm,
        suite=suite if algorithm == OCRA or algorithm.startswith(_SUITE_IN_NAME) else "",
        counter=_counter(data, opened),
        expires=key.at("Policy", "ExpiryDate"),
        secret=opened.value(secret) if secret else None,
    )


def _of(form: re.Pattern[str], device: Node | None, name: str) -> str:
    """Empty when missing; BadFile for signs that could be mistaken or do harm on a screen."""
    text = device.at(name) if device else ""
    if text and not form.fullmatch(text):
        raise BadFile(f"{name} has signs that do not belong there", device.line if device else 0)
    return text


def _counter(data: Node | None, opened: Opener) -> int:
    """A whole number: plain as its digits, encrypted as eight bytes or fewer (RFC 6030, section 4.2)."""
    counter = data.one("Counter") if data else None
    if counter is None:
        return 0
    plain = counter.one("PlainValue")
    text = plain.text.strip() if plain else ""
    if plain and not (text.isascii() and text.isdigit() and len(text) < 16):
        raise BadFile("a counter that is no number", counter.line)
    octets = b"" if plain else opened.value(counter)
    if len(octets) > 6:
        octets = octets if not any(octets[:-6]) else b"\xff" * 8
    number = int(text) if plain else int.from_bytes(octets, "big")
    if number >= 1 << 48:
        raise BadFile("a counter out of bounds", counter.line)
    return number
