"""Who knocks: what a face tells a flow about one request."""

from dataclasses import dataclass
from enum import StrEnum


class Door(StrEnum):
    """Where he knocks. What was begun at one door is never finished at the other."""

    PORTAL = "portal"
    DESK = "desk"


@dataclass(frozen=True, slots=True)
class Visit:
    """`pre` and `browser` are SHA-256 of the pre-session and of the device cookie; `browser` is empty without one.

    `address` is the client's, taken from our own proxies only; `agent` reads "Firefox on Linux"; `now` in ms.
    """

    pre: bytes
    browser: bytes
    address: str
    agent: str
    language: str
    now: int
    door: Door = Door.PORTAL
