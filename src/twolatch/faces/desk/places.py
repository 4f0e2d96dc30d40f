"""Where an agent can be sent: a closed list, as in the portal. No address ever comes out of a request."""

from collections.abc import Mapping
from enum import StrEnum

from twolatch.protocol.codes import is_id


class DeskPlace(StrEnum):
    NOWHERE = ""  # a page without a language switch
    LOGIN = "login"
    SECOND = "second"
    LOGGED_OUT = "logged_out"
    HOME = "home"
    STEP_UP = "step_up"


_PATHS = {
    DeskPlace.NOWHERE: "/",
    DeskPlace.LOGIN: "/login",
    DeskPlace.SECOND: "/login/second",
    DeskPlace.LOGGED_OUT: "/logged-out",
    DeskPlace.HOME: "/",
    DeskPlace.STEP_UP: "/step-up",
}
# Pages about one thing, named by the id among the marks.
_BY_ID: Mapping[DeskPlace, str] = {}

# The menu: place, key of its text, and the key that leads there after "g".
MENU = ((DeskPlace.HOME, "desk.menu.home", "h"),)


def place_of(name: str) -> DeskPlace:
    """Home for whatever is not a place."""
    return DeskPlace(name) if name in set(DeskPlace) else DeskPlace.HOME


def path_of(place: DeskPlace, marks: Mapping[str, str]) -> str:
    if place in _BY_ID:
        one = marks.get("id", "")
        return _BY_ID[place].format(id=one) if is_id(one) else "/"
    return _PATHS[place]
