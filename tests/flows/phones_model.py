"""A client's phones as they should be: the reference that their whole life is held against. Times in ms."""

from dataclasses import dataclass, field

from tests.flows.houses import RIGHT, Handset, Seat
from tests.flows.model import CODE_LIVES, MINUTE, Window
from twolatch.activation.model import Offer
from twolatch.authenticators.model import HELD, State


@dataclass
class Phone:
    """One phone as it should be. Counters of wrong answers in a row, of the PIN and of codes."""

    hand: Handset
    state: State
    born: int
    pin: str = RIGHT
    row: int = 0
    codes: int = 0
    wrong: int = 0
    back: int = 0
    reported: int = 0

    def proved(self) -> None:
        self.row = self.codes = 0


@dataclass
class Move:
    """A code for a new phone. Whoever allowed it must stay active without a break since `born`."""

    old: Phone
    offer: Offer
    born: int
    seat: Seat | None  # of the portal; None where the old phone began
    stage: str = "issued"
    tries: int = 0
    digits: str = ""
    new: Phone | None = None

    def may_go_on(self) -> bool:
        return self.old.state is State.ACTIVE and self.old.back <= self.born

    def at(self, now: int) -> str:
        if self.stage in {"issued", "claimed"} and self.born + CODE_LIVES <= now:
            return "expired"
        return self.stage if self.stage not in {"issued", "claimed"} or self.may_go_on() else "cancelled"


@dataclass
class Person:
    phones: list[Phone] = field(default_factory=list)
    move: Move | None = None
    begun: Window = field(default_factory=lambda: Window(10, 10 * MINUTE))

    @property
    def held(self) -> Phone | None:
        return next((one for one in self.phones if one.state in HELD), None)

    def drop_move(self) -> None:
        if self.move and self.move.stage in {"issued", "claimed"}:
            self.move.stage = "cancelled"
        for one in self.phones:
            if one.state in {State.CLAIMED, State.UNPROVEN}:
                one.state = State.REMOVED
