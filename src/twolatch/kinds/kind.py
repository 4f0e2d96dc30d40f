"""What a kind of authenticator is: it opens a question, names the price of a try, and judges the answer.

The law of this room: a kind never reads a clock, draws no random number, opens no socket and knows no table. What it
needs is handed in; what it finds is a value.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum, IntEnum
from typing import Any, Literal, Protocol, runtime_checkable

from msgspec import Struct

from twolatch.protocol.challenge import Transaction
from twolatch.words.limits import Limit
from twolatch.words.secret import Secret
from twolatch.words.shapes import Prompt, SetUp
from twolatch.words.verdicts import Origin, Sighting, Verdict

Memory = Mapping[str, Any]


_fitting: dict[tuple[type, type], bool] = {}


class Shapes(type(Protocol)):  # type: ignore[misc]
    """Looks once at each class, whether it has a shape: Python looks at every method of the shape each time."""

    def __instancecheck__(cls, instance: object) -> bool:
        asked = (cls, type(instance))
        known = _fitting.get(asked)
        if known is None:
            known = _fitting[asked] = super().__instancecheck__(instance)
        return known


class Trait(Enum):
    """What policy may ask for. Never ask which kind it is."""

    POSSESSION = "possession"
    PIN_OR_BODY = "pin_or_body"  # asks for a PIN, a face or a finger at each use
    SHOWS_CONTEXT = "shows_context"
    TYPED = "typed"
    NEEDS_NETWORK = "needs_network"
    LINKED = "linked"  # joins by a code of the portal that it claims itself
    ALONE = "alone"  # a client has one at most; a newer one ends the older
    PAPER = "paper"  # the client shreds it, when it is over or something better is there; it is never sent back
    ONE_BROWSER = "one_browser"  # serves the browser that first logged in with it, and no other
    STAND_IN = "stand_in"  # helps out for some days, and ends when something lasting is set up
    BOUND = "bound"  # to this site: on any other one it is of no use, so nobody can be talked out of it
    TELLS_WHOSE = "tells_whose"  # its answer names the client; no name need be typed


@dataclass(frozen=True, slots=True)
class Site:
    """Where a browser's ceremony belongs: `rp_id` is the host's name, `origin` its exact origin."""

    rp_id: str
    origin: str


class Rank(IntEnum):
    """How much it takes to misuse it; a strength table refers to these."""

    SPARE = 1  # finite, on paper: brings a client back who lost the rest, and is no daily proof
    GOOD = 2  # in his hands, but he can be talked out of what it shows
    STRONG = 3  # opened by PIN, face or finger at each use; its answer is good for one question in one browser
    BEST = 4  # cannot be used on a wrong site at all


class Record(Struct, frozen=True):
    """One authenticator as its kind sees it. `moving` is what an accepted answer replaces."""

    id: str
    user: str
    user_name: str
    name: str
    is_proven: bool  # False until its first right answer
    enrolment: Mapping[str, Any]
    moving: Mapping[str, Any]
    secret: Secret[bytes]


@dataclass(frozen=True, slots=True)
class Asked:
    """What an opening is for. `fresh` is 96 random bytes; times in ms. `transaction`: what is to be confirmed; a kind
    with a screen shows it."""

    challenge: str
    purpose: Literal["login", "step_up", "test", "support"]
    application: str
    browser: str
    address: str
    is_known_browser: bool
    needs_digits: bool
    started: str
    expires: int
    fresh: bytes = field(repr=False)
    place: str = ""
    transaction: Transaction | None = None


@dataclass(frozen=True, slots=True)
class Opening:
    """A prompt to show, a memory to hand back. The memory is JSON and is sealed where it is kept. `moving` is what the
    record has to remember of having been asked, where it must not be asked the same twice; it is written with the
    question, by compare-and-set."""

    prompt: Prompt
    memory: Memory
    moving: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Typed:
    """An answer that a person typed into the portal, in the very browser the question belongs to."""

    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Performed:
    """What a ceremony of that browser made, as the JSON of WebAuthn (Level 3, 5.1)."""

    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Said:
    """One answer on its way to the gate. `content` is what the kind reads; `mark` tells this answer from every other
    one to the same question."""

    authenticator: str
    challenge: str
    decision: Literal["approve", "deny", "not_me"]
    content: Any = field(repr=False)
    mark: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Price:
    """What one try costs; all of it is paid before anything is compared (rule C2).

    `row` and `month` count for the authenticator, `person` for the client, `tries` is how many wrong answers one
    question bears (0: it does not count them). When row or month is used up the authenticator is locked, or, unless
    `locks`, only this way to answer is closed. A right answer clears row and person, and the counters of `frees`.
    """

    way: str  # for the audit: how this answer proves
    row: Limit
    month: Limit
    tries: int = 0
    person: Limit | None = None
    locks: bool = True
    frees: tuple[Limit, ...] = ()


class Kind(Protocol):
    @property
    def name(self) -> str: ...
    @property
    def traits(self) -> frozenset[Trait]: ...
    @property
    def rank(self) -> Rank: ...
    def begin(self, record: Record, asked: Asked, now: int) -> Opening: ...
    def price(self, memory: Memory, answer: Any) -> Price: ...
    def check(self, record: Record, memory: Memory, answer: Any, now: int) -> Verdict: ...


@runtime_checkable
class AnswersNumbers(Kind, Protocol, metaclass=Shapes):
    """A kind whose questions can be answered by a number as well, where the usual way is closed. The question stays
    the one it is; whichever answer is right first, wins."""

    def number(self, record: Record, memory: Memory, expires: int) -> Opening | None:
        """The memory with the number in it, and what the record remembers of it. None: such codes are off here."""
        ...


@runtime_checkable
class Leaps(Protocol, metaclass=Shapes):
    """A kind that remembers what it asked, under `asked` in what moves."""

    def leap(self, record: Record) -> Mapping[str, Any]:
        """What moves after a restored backup: questions were asked and answered that this record has not heard of."""
        ...


@runtime_checkable
class ReadsCodes(Protocol, metaclass=Shapes):
    """A kind that can read a code off the page that asks. What it read is known before anything is paid: a guess at 128
    bits is none."""

    def seen(self, memory: Memory, read: Any, now: int) -> Sighting: ...


@runtime_checkable
class Signs(Protocol, metaclass=Shapes):
    """A kind whose answers carry a signature: whose they are is known before a try is paid for them. What such a kind
    also lets a person type is asked here too, and is genuine: the browser that types it has shown the password."""

    def origin(self, record: Record, answer: Any) -> Origin: ...
    def concerns(self, memory: Memory, answer: Any) -> bool: ...
    def denied(self, record: Record, answer: Any) -> Mapping[str, Any]: ...
    def spoke(self, record: Record, text: bytes, signature: bytes) -> bool: ...


@dataclass(frozen=True, slots=True)
class Claim:
    """What an answer says of itself before anybody looked at a signature: whose it is, and what it answers."""

    user: str
    challenge: bytes


@runtime_checkable
class TellsWhose(Kind, Signs, Protocol, metaclass=Shapes):
    """A kind that can be asked before anybody said who he is: its answer names the client."""

    def invite(self, challenge: bytes) -> str:
        """The options for whatever browser asks; the same for all but for the challenge of 32 bytes. A question that is
        opened for the answer finds that challenge at the beginning of `fresh`."""
        ...

    def whose(self, answer: Performed) -> Claim | None: ...


@runtime_checkable
class Differs(Protocol, metaclass=Shapes):
    """A kind whose authenticators are not all alike: what `traits` and `rank` say of all, one of them may exceed."""

    def traits_of(self, record: Record) -> frozenset[Trait]: ...
    def rank_of(self, record: Record) -> Rank: ...


@dataclass(frozen=True, slots=True)
class Owner:
    """For whom an authenticator is made. `held`: the enrolments of those of this kind that he has."""

    id: str
    name: str
    held: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True, slots=True)
class Newborn:
    """An authenticator before its first right answer, which may hand in what is still missing in its enrolment. The
    secret is sealed when it is kept; `shown` is for him."""

    enrolment: Mapping[str, Any]
    moving: Mapping[str, Any]
    secret: bytes = field(repr=False)
    shown: SetUp = field(repr=False)


@runtime_checkable
class SetsUp(Protocol, metaclass=Shapes):
    """A kind that is set up in the portal, and confirmed by a first right answer."""

    def shown(self, record: Record) -> SetUp | None:
        """The same again, for a page that is loaded again; None where it is shown once."""
        ...


@runtime_checkable
class Enrols(SetsUp, Protocol, metaclass=Shapes):
    """A kind that a client sets up himself, out of nothing but chance."""

    def newborn(self, owner: Owner, fresh: bytes) -> Newborn:
        """`fresh` is 160 random bytes."""
        ...


@dataclass(frozen=True, slots=True)
class Made:
    """A device as its maker delivered it, with the key in it. `asked`: how many numbers it was asked before; `pin` only
    where the device mixes it into its answers."""

    serial: str
    suite: str
    key: bytes = field(repr=False)
    counter: int = 0
    asked: int = 0
    pin: str = field(default="", repr=False)


class Unfit(Enum):
    """Why a device cannot be taken."""

    SUITE = "suite"
    LEGACY = "legacy"  # short answers or SHA-1: only where a setting allows it
    KEY = "key"  # too short


@runtime_checkable
class Issued(SetsUp, Kind, Protocol, metaclass=Shapes):
    """A kind that is made elsewhere and comes to the client by post."""

    def unfit(self, suite: str, key_bytes: int) -> Unfit | None: ...
    def mixes_pin(self, suite: str) -> bool: ...
    def issued(self, made: Made) -> Newborn: ...


@runtime_checkable
class Printed(SetsUp, Kind, Protocol, metaclass=Shapes):
    """A kind that the site prints for a client. `fresh` is 160 random bytes; what is shown is a card, once, to whoever
    prints it."""

    def printed(self, fresh: bytes) -> Newborn: ...


@runtime_checkable
class RunsOut(Protocol, metaclass=Shapes):
    """A kind of which each use leaves one less. From `low` left on the client is warned."""

    @property
    def low(self) -> int: ...
    def left(self, record: Record) -> int: ...


@runtime_checkable
class Ends(Protocol, metaclass=Shapes):
    """A kind that serves for some time only. `lives` in ms from its making; its end is kept beside the enrolment as
    `ends`. The client is warned `warns` ms before it (0: never)."""

    @property
    def lives(self) -> int: ...
    @property
    def warns(self) -> int: ...


@runtime_checkable
class Narrows(Protocol, metaclass=Shapes):
    """A kind whose sessions soon may only get something better: `narrows` ms from its making, kept beside the enrolment
    as `narrows`."""

    @property
    def narrows(self) -> int: ...


@runtime_checkable
class Spoken(Kind, Protocol, metaclass=Shapes):
    """A kind that support tells a client by telephone. `fresh` is 64 random bytes; what is shown is a code, once."""

    def spoken(self, fresh: bytes) -> Newborn: ...
