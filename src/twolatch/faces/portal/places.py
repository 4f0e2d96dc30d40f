"""Where a client can be sent: a closed list. No address ever comes out of a request (no open redirects).

A place may need a few marks of its own (which phone, which question); each is read by its form and never trusted.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from urllib.parse import urlencode

from twolatch.protocol.codes import is_id

_KIND = re.compile(r"[a-z]{2,20}")
_COUNTRY = re.compile(r"[A-Z]{2}")
_LINK_TOKEN = re.compile(r"[A-Za-z0-9._-]{1,120}")


class Place(StrEnum):
    NOWHERE = ""  # a page without a language switch
    LOGIN = "login"
    SECOND = "second"
    HOME = "home"
    SECURITY = "security"
    ACTIVATE = "activate"
    PASSWORD = "password"  # noqa: S105 the name of a page
    REMOVE = "remove"
    PAUSE = "pause"
    MOVE = "move"
    ADD = "add"
    SET_UP = "set_up"
    TRIAL = "trial"
    KEYS_ONLY = "keys_only"
    SHARE = "share"
    UNSHARE = "unshare"
    STEP_UP = "step_up"
    ACCOUNTS = "accounts"
    CLOSE = "close"
    CLOSING = "closing"
    CLOSED = "closed"
    READING_LINK = "reading_link"
    SUSPEND = "suspend"
    LOST = "lost"
    FOUND = "found"
    LOGGED_OUT = "logged_out"
    SUPPORT = "support"
    DIARY = "diary"
    CONTACT = "contact"
    HELP_RETURN = "help_return"
    CARD = "card"
    CARDS = "cards"
    ORDER = "order"
    RETURN = "return"
    RETURNING = "returning"
    PRINTED = "printed"
    SOFT_CARD = "soft_card"
    BRIDGING = "bridging"
    HAND_OVER = "hand_over"
    CONFIRM = "confirm"


_PATHS = {
    Place.NOWHERE: "/",
    Place.LOGIN: "/login",
    Place.SECOND: "/login/second",
    Place.HOME: "/",
    Place.SECURITY: "/security",
    Place.ACTIVATE: "/activate",
    Place.PASSWORD: "/password",
    Place.LOGGED_OUT: "/logged-out",
    Place.SUPPORT: "/support",
    Place.DIARY: "/diary",
    Place.ACCOUNTS: "/accounts",
    Place.BRIDGING: "/bridging",
    Place.CLOSED: "/closed",
    Place.LOST: "/lost",
    Place.KEYS_ONLY: "/security/keys-only",
    Place.FOUND: "/found",
    Place.CONTACT: "/contact",
    Place.HELP_RETURN: "/help/return",
    Place.CARD: "/card",
    Place.CARDS: "/cards",
    Place.ORDER: "/cards/order",
    Place.PRINTED: "/code-card",
    Place.SOFT_CARD: "/soft-card",
}
_WITH_COUNTRY = {Place.CONTACT, Place.HELP_RETURN, Place.ORDER}
_BY_ID = {Place.HAND_OVER: "/hand-over", Place.CONFIRM: "/confirm"}
_BY_TOKEN = {Place.SUSPEND: "/suspend", Place.READING_LINK: "/login/link"}
# What a client proves himself again for, and where he goes on afterwards.
REASONS = (
    Place.SECURITY, Place.ACTIVATE, Place.PASSWORD, Place.REMOVE, Place.MOVE, Place.ADD, Place.CARD, Place.KEYS_ONLY,
    Place.CLOSE, Place.CLOSING, Place.PRINTED, Place.SHARE, Place.UNSHARE,
    Place.ORDER, Place.RETURN, Place.RETURNING,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class StepUp:
    """Proving again: `to` go on to, `id` of what it is about (an authenticator, or the
    kind of a new one), `ask` the challenge that waits ("" before)."""

    to: Place
    id: str = ""
    ask: str = ""

    @classmethod
    def read(cls, fields: Mapping[str, str]) -> "StepUp":
        to = place_of(fields.get("to", ""))
        about = fields.get("id", "")
        return cls(to if to in REASONS else Place.SECURITY, _id(about) or _word(about), _id(fields.get("ask", "")))

    @property
    def marks(self) -> dict[str, str]:
        marks = {"to": self.to.value, "id": self.id, "ask": self.ask}
        return {name: value for name, value in marks.items() if value}

    @property
    def path(self) -> str:
        return f"/step-up?{urlencode(self.marks)}"

    @property
    def onward(self) -> str:
        return path_of(self.to, {"id": self.id})


_WAYS = ("push", "scan", "code")


@dataclass(frozen=True, slots=True)
class Walk:
    """Testing a phone: `phone` which one ("": the one a login asks), `at` the way that is tried, `ask` its challenge,
    `results` "ok" or "no" of those behind; what they say is shown and nothing else."""

    phone: str = ""
    at: str = ""
    ask: str = ""
    results: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def read(cls, fields: Mapping[str, str]) -> "Walk":
        results = {way: fields[way] for way in _WAYS if fields.get(way) in {"ok", "no"}}
        at = fields.get("at", "")
        at = at if at in (*_WAYS, "end") else ""
        return cls(_id(fields.get("phone", "")), at, _id(fields.get("ask", "")), results)

    def with_result(self, way: str, result: str) -> "Walk":
        return replace(self, results={**self.results, way: result})

    def asking(self, way: str, challenge: str) -> "Walk":
        return replace(self, at=way, ask=challenge)

    @property
    def anew(self) -> "Walk":
        return Walk(self.phone)

    @property
    def over(self) -> "Walk":
        return replace(self, at="end", ask="")

    @property
    def is_over(self) -> bool:
        return self.at == "end" and bool(self.results)

    @property
    def marks(self) -> dict[str, str]:
        marks = {"phone": self.phone, "at": self.at, "ask": self.ask, **self.results}
        return {name: value for name, value in marks.items() if value}

    @property
    def path(self) -> str:
        return f"/security/test?{urlencode(self.marks)}" if self.marks else "/security/test"


def place_of(name: str) -> Place:
    """Home for whatever is not a place."""
    return Place(name) if name in set(Place) else Place.HOME


def path_of(place: Place, marks: Mapping[str, str]) -> str:
    if place is Place.STEP_UP:
        return StepUp.read(marks).path
    if place is Place.TRIAL:
        return Walk.read(marks).path
    if place is Place.SHARE:
        ask = _id(marks.get("ask", ""))
        return f"/security/share?ask={ask}" if ask else "/security/share"
    if place in {Place.REMOVE, Place.PAUSE, Place.MOVE, Place.UNSHARE}:
        one = _id(marks.get("id", ""))
        return f"/security/authenticators/{one}/{place.value}" if one else "/security"
    if place in {Place.CLOSE, Place.CLOSING}:
        one = _id(marks.get("id", ""))
        return f"/accounts/{one}/{place.value}" if one else "/accounts"
    if place in {Place.RETURN, Place.RETURNING}:
        one = _id(marks.get("id", ""))
        return (f"/cards/{one}/return" if place is Place.RETURN else f"/returns/{one}") if one else "/cards"
    if place is Place.ADD:
        kind = _word(marks.get("id", ""))
        return f"/security/add/{kind}" if kind else "/security"
    if place is Place.SET_UP:
        one = _id(marks.get("id", ""))
        return f"/security/set-up/{one}" if one else "/security"
    if place in _WITH_COUNTRY and _COUNTRY.fullmatch(marks.get("country", "")):
        return f"{_PATHS[place]}?country={marks['country']}"
    if place in _BY_ID:
        one = _id(marks.get("id", ""))
        return f"{_BY_ID[place]}/{one}" if one else "/"
    if place in _BY_TOKEN:
        token = marks.get("token", "")
        return f"{_BY_TOKEN[place]}/{token}" if _LINK_TOKEN.fullmatch(token) else "/"
    return _PATHS[place]


def step_up_before(path: str) -> StepUp:
    """Proving again when a wish at this path asked for it."""
    if path.startswith("/security/authenticators/"):
        to = {"move": Place.MOVE, "unshare": Place.UNSHARE}.get(path.rpartition("/")[2], Place.REMOVE)
        return StepUp(to, _id(path.split("/")[3]))
    if path.startswith("/accounts/"):
        return StepUp(Place.CLOSE if path.endswith("/close") else Place.CLOSING, _id(path.split("/")[2]))
    if path.startswith("/returns/"):
        return StepUp(Place.RETURNING, _id(path.split("/")[2]))
    if path.startswith("/cards/"):
        one = _id(path.split("/")[2])
        return StepUp(Place.RETURN, one) if one else StepUp(Place.ORDER)
    if path.startswith("/security/add/"):
        return StepUp(Place.ADD, _word(path.split("/")[3]))
    if path.startswith("/security/share"):
        return StepUp(Place.SHARE)
    by_path = {
        "/password": Place.PASSWORD,
        "/activate/begin": Place.ACTIVATE,
        "/banner/show": Place.ACTIVATE,
        "/card": Place.CARD,
        "/code-card": Place.PRINTED,
        "/security/keys-only": Place.KEYS_ONLY,
    }
    return StepUp(by_path.get(path, Place.SECURITY))


def _word(text: str) -> str:
    return text if _KIND.fullmatch(text) else ""


def _id(text: str) -> str:
    return text if is_id(text) else ""
