"""Where an agent can be sent: a closed list, as in the portal. No address ever comes out of a request."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from twolatch.protocol.codes import is_id


class DeskPlace(StrEnum):
    NOWHERE = ""  # a page without a language switch
    LOGIN = "login"
    SECOND = "second"
    LOGGED_OUT = "logged_out"
    HOME = "home"
    STEP_UP = "step_up"
    PROPOSALS = "proposals"
    PROPOSAL = "proposal"
    BUDGETS = "budgets"
    CASE = "case"
    STOCK = "stock"
    CARD = "card"
    ORDERS = "orders"
    RETURNS = "returns"
    IMPORT = "import"


_PATHS = {
    DeskPlace.NOWHERE: "/",
    DeskPlace.LOGIN: "/login",
    DeskPlace.SECOND: "/login/second",
    DeskPlace.LOGGED_OUT: "/logged-out",
    DeskPlace.HOME: "/",
    DeskPlace.STEP_UP: "/step-up",
    DeskPlace.PROPOSALS: "/proposals",
    DeskPlace.BUDGETS: "/budgets",
    DeskPlace.STOCK: "/stock",
    DeskPlace.ORDERS: "/orders",
    DeskPlace.RETURNS: "/returns",
    DeskPlace.IMPORT: "/stock/import",
}
# Pages about one thing, named by the id among the marks.
_BY_ID: Mapping[DeskPlace, str] = {
    DeskPlace.PROPOSAL: "/proposals/{id}",
    DeskPlace.CASE: "/cases/{id}",
    DeskPlace.CARD: "/stock/cards/{id}",
}

# What somebody proves himself again for: the mark that carries its id, and its page.
_BACK = {"case": "/cases/{id}", "proposal": "/proposals/{id}"}


@dataclass(frozen=True, slots=True)
class Back:
    """Where he goes on afterwards; without a name to the first page."""

    name: str = ""
    id: str = ""

    @classmethod
    def read(cls, fields: Mapping[str, str]) -> "Back":
        found = [cls(name, fields[name]) for name in _BACK if is_id(fields.get(name, ""))]
        return found[0] if found else cls()

    @property
    def marks(self) -> dict[str, str]:
        return {self.name: self.id} if self.name else {}

    @property
    def path(self) -> str:
        return _BACK[self.name].format(id=self.id) if self.name else "/"


# The menu: place, key of its text, and the key that leads there after "g".
MENU = (
    (DeskPlace.HOME, "desk.menu.home", "h"),
    (DeskPlace.PROPOSALS, "desk.menu.proposals", "p"),
    (DeskPlace.ORDERS, "desk.menu.orders", "o"),
    (DeskPlace.RETURNS, "desk.menu.returns", "r"),
    (DeskPlace.STOCK, "desk.menu.stock", "s"),
)


def place_of(name: str) -> DeskPlace:
    """Home for whatever is not a place."""
    return DeskPlace(name) if name in set(DeskPlace) else DeskPlace.HOME


def path_of(place: DeskPlace, marks: Mapping[str, str]) -> str:
    if place in _BY_ID:
        one = marks.get("id", "")
        return _BY_ID[place].format(id=one) if is_id(one) else "/"
    return _PATHS[place]
