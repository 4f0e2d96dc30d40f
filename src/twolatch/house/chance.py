"""The one place that draws random numbers."""

import secrets
from collections.abc import Callable

from twolatch.protocol.codes import new_id
from twolatch.protocol.octets import b64u


class Chance:
    """`draw(n)` gives n random bytes; a simulation hands in its own."""

    def __init__(self, draw: Callable[[int], bytes] = secrets.token_bytes) -> None:
        self.bytes = draw

    def id(self) -> str:
        """128 random bits as 26 characters."""
        return new_id(self.bytes(16))

    def token(self) -> str:
        """256 random bits as 43 characters (b64u)."""
        return b64u(self.bytes(32))
