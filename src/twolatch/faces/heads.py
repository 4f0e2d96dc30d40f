"""Lines of an answer's head. What stands in every answer is looked at once, and not again with each of them."""

import re
from collections.abc import Iterable

Pair = tuple[bytes, bytes]

_NOT_IN_NAMES = re.compile(rb'[\x00-\x1f\x7f()<>@,;:\\\[\]={} \t"]')  # RFC 9110, 5.6.2
_NOT_IN_VALUES = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]")
_always: dict[Pair, bytes] = {}


class BadHead(Exception):
    """A line that would not end where it ends: it could begin another line, or the body."""


def keep(pairs: Iterable[Pair]) -> None:
    """These stand in every answer. Never what belongs to one person: it would stay in memory."""
    _always.update({pair: _looked_at(*pair) for pair in pairs})


def line(pair: Pair) -> bytes:
    """As it is written. Raises BadHead."""
    return _always.get(pair) or _looked_at(*pair)


def _looked_at(name: bytes, value: bytes) -> bytes:
    if _NOT_IN_NAMES.search(name) or _NOT_IN_VALUES.search(value):
        raise BadHead(name[:40].decode("ascii", "replace"))
    return b"%b: %b\r\n" % (name, value)
