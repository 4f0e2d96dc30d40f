"""Lines of an answer's head. What stands in every answer is looked at once, and not again with each of them."""

import re
from collections.abc import Iterable
from functools import lru_cache

Pair = tuple[bytes, bytes]

CLOSES: Pair = (b"connection", b"close")
_NOT_IN_NAMES = re.compile(rb'[\x00-\x1f\x7f()<>@,;:\\\[\]={} \t"]')  # RFC 9110, 5.6.2
_NOT_IN_VALUES = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]")
_always: dict[Pair, bytes] = {}


class BadHead(Exception):
    """A line that would not end where it ends: it could begin another line, or the body."""


def keep(pairs: Iterable[Pair]) -> None:
    """These stand in every answer. Never what belongs to one person: it would stay in memory."""
    _always.update({pair: line(pair) for pair in pairs})


known = _always.get  # a line that is kept, as it is written; else None


def line(pair: Pair) -> bytes:
    """As it is written. Raises BadHead."""
    name, value = pair
    if _NOT_IN_NAMES.search(name) or _NOT_IN_VALUES.search(value):
        raise BadHead(name[:40].decode("ascii", "replace"))
    return b"%b: %b\r\n" % (name, value)


@lru_cache(maxsize=8)
def block(pairs: tuple[Pair, ...]) -> bytes:
    """Lines that many answers share for a while, as the date of a second. Raises BadHead."""
    return b"".join(map(line, pairs))
