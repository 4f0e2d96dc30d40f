"""A region: who is served, where cards are sent, who answers the telephone. Facts without IO."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

_NOT_DIALLED = re.compile(r"\(0\)|[^0-9+]")


class Line(StrEnum):
    FREE = "free"
    DIRECT = "direct"


class Paper(StrEnum):
    A4 = "A4"
    LETTER = "Letter"


@dataclass(frozen=True, slots=True)
class Phone:
    """`says` is the language's name for itself, `kind_says` the kind of line in it: empty where nobody needs them."""

    number: str
    kind: Line
    language: str  # spoken; BCP 47
    country: str = ""  # whose callers it is for; empty: everybody in the region
    says: str = ""
    kind_says: str = ""

    @property
    def dialled(self) -> str:
        """For a `tel:` link: digits, and a plus before a country's code."""
        return _NOT_DIALLED.sub("", self.number)


@dataclass(frozen=True, slots=True)
class Post:
    """Where cards are sent, as it stands on a label. `title` and `contact` are headings in the post's own language."""

    language: str
    lines: tuple[str, ...]
    is_box: bool = False  # of a post office: a courier does not deliver there
    title: str = ""
    contact: str = ""


@dataclass(frozen=True, slots=True)
class Region:
    """The first of `posts` is the one that every carrier reads. `closed_on`: days off beside the calendar's own."""

    id: str
    order: int
    names: Mapping[str, str]
    countries: frozenset[str]
    posts: tuple[Post, ...]
    phones: tuple[Phone, ...]
    paper: Paper
    calendar: str  # a country, or country and part: JP, AU-NSW
    holidays: tuple[str, ...]  # kinds of holidays on which nobody works there: public, bank ...
    weekend: frozenset[int]  # ISO: 1 is Monday, 7 is Sunday
    zone: str  # IANA name of the time zone that its days are counted in
    closed_on: frozenset[str] = frozenset()  # 2026-12-24
    is_rest: bool = False  # serves every country that no region names
    is_sample: bool = False  # made up: nothing is to be sent there

    def name(self, language: str) -> str:
        return self.names.get(language) or self.names["en"]

    @property
    def post(self) -> Post:
        return self.posts[0]


@dataclass(frozen=True, slots=True)
class Regions:
    """Every region of a site, in the order they are shown in."""

    every: tuple[Region, ...]

    def of_country(self, country: str) -> Region:
        """Who serves that country (ISO 3166-1 alpha-2); an unknown one is served by the region for the rest."""
        known = (one for one in self.every if country.upper() in one.countries)
        return next(known, None) or next(one for one in self.every if one.is_rest)

    def by_id(self, region: str) -> Region | None:
        return next((one for one in self.every if one.id == region), None)

    def beginning_with(self, first: Region) -> list[Region]:
        """His own region first, the others below it in their order."""
        return [first, *(one for one in self.every if one.id != first.id)]
