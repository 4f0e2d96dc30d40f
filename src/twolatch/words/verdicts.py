"""What a kind of authenticator says of an answer. A wrong answer is a value; its strike is committed."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Accepted:
    """Right. `moving` replaces what moves in the record (counters, epochs), by compare-and-set."""

    moving: Mapping[str, Any]
    enrolment: Mapping[str, Any] | None = None  # only when this answer completes an enrolment


@dataclass(frozen=True, slots=True)
class Refused:
    """Wrong. Says no more: a wrong PIN and a wrong number read the same."""


@dataclass(frozen=True, slots=True)
class Genuine:
    """The answer was made by this authenticator; whether it is right costs a try."""


@dataclass(frozen=True, slots=True)
class Foreign:
    """Somebody else made it. Nothing is counted, or a stranger could lock a phone."""


@dataclass(frozen=True, slots=True)
class Copied:
    """Made by a second copy of the authenticator's storage."""


@dataclass(frozen=True, slots=True)
class Replayed:
    """Made by this authenticator, but not newer than its last answer."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A code of the live page, read in time. `word` counts as what the page shows to be typed."""

    word: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Late:
    """A code of the live page, but not of this moment."""


Verdict = Accepted | Refused
Sighting = Seen | Late | Foreign
Origin = Genuine | Foreign | Copied | Replayed
