"""Security cookies, read strictly from the raw header.

A framework's parser strips odd white space and lets the last duplicate win; then a sibling host can plant
`\\x85__Host-session=...` and the prefix guarantees nothing. Here a security cookie has exactly its name, once.
"""

from collections.abc import Iterable

from starlette.responses import Response

from twolatch.words.visit import Door

SESSION, PRE, BROWSER = "__Host-session", "__Host-pre", "__Host-dev"
ONWARD = "__Host-onward"  # the hand-over that a login was begun for; a handle that is looked up, and opens nothing
LANGUAGE = "language"
_NAMES = (SESSION, PRE, BROWSER, ONWARD)
# Each door has cookies of its own, by name: hosts that differ in the port alone share what a browser keeps.
_PREFIX = {Door.PORTAL: "__Host-", Door.DESK: "__Host-desk-"}


def at(door: Door, name: str) -> str:
    """The cookie's name in the browser."""
    return _PREFIX[door] + name.removeprefix("__Host-")


_OURS = {door: {at(door, name).encode(): name for name in _NAMES} for door in Door}
_EVERY = {name for names in _OURS.values() for name in names}
_LIKE_OURS = tuple(name.lower() for name in _EVERY)
_ODD = bytes(byte for byte in range(256) if not 0x21 <= byte <= 0x7E)
_LONGEST = 128
BROWSER_SECONDS = 180 * 24 * 3600


class PlantedCookie(Exception):
    """A security cookie stands there twice, or under a name that only looks like its own."""


def read(headers: Iterable[tuple[bytes, bytes]], door: Door = Door.PORTAL) -> dict[str, str]:
    """Our cookies of this door, by the portal's names. Raises PlantedCookie; cookies of others are passed over."""
    found: dict[str, str] = {}
    for header, raw in headers:
        if header == b"cookie":
            for pair in raw.split(b";"):
                _read_pair(pair.removeprefix(b" "), found, door)
    return found


def _read_pair(pair: bytes, found: dict[str, str], door: Door) -> None:
    name, _, value = pair.partition(b"=")
    if name == LANGUAGE.encode() and len(value) <= 8 and value.isalpha():
        found.setdefault(LANGUAGE, value.decode("ascii", "ignore"))
        return
    ours = _OURS[door].get(name)
    if ours is None:
        if name not in _EVERY and _looks_like_ours(pair):
            raise PlantedCookie
        return
    if ours in found or len(value) > _LONGEST or value.translate(None, _ODD) != value:
        raise PlantedCookie
    found[ours] = value.decode("ascii")


def _looks_like_ours(pair: bytes) -> bool:
    """Whether one of our names is hidden in the pair: in other letters, behind odd bytes, or in a nameless value."""
    return pair.lower().translate(None, _ODD).lstrip(b"=").startswith(_LIKE_OURS)


def give(response: Response, name: str, value: str, *, seconds: int | None = None) -> None:
    """Secure, HttpOnly, Path=/, SameSite=Lax; until the browser closes unless `seconds` says longer.

    `value` holds letters, digits, "-" and "_" only: our own tokens and languages.
    """
    lasts = "" if seconds is None else f"; Max-Age={seconds}"
    response.headers.append("set-cookie", f"{name}={value}; HttpOnly{lasts}; Path=/; SameSite=lax; Secure")


def drop(response: Response, name: str) -> None:
    give(response, name, "", seconds=0)
