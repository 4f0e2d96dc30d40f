"""Regions out of their files: TOML, one file for each. What is wrong is said with the file's name and stops the start.

The files that come along are examples of the right shape with made-up facts, and say so wherever they are shown.
"""

import re
import tomllib
from collections.abc import Callable, Mapping
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from twolatch.regions.model import Line, Paper, Phone, Post, Region, Regions

SHIPPED = Path(__file__).parent / "shipped"
MOST_FILES, MOST_BYTES = 40, 64 * 1024
MOST_LINES, LONGEST_LINE = 9, 80
MOST_PHONES = 20

_ID = re.compile(r"[a-z][a-z0-9-]{0,30}")
_COUNTRY = re.compile(r"[A-Z]{2}")
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")
_NUMBER = re.compile(r"\+?[0-9()][0-9 ()./-]{2,30}")
_HOLIDAYS = frozenset({"public", "bank", "government", "optional", "workday"})
_CALENDAR = re.compile(r"[A-Z]{2}(-[A-Z0-9]{1,5})?")
_KEYS = {"order", "rest", "sample", "paper", "calendar", "holidays", "weekend", "zone", "countries"}
_KEYS |= {"name", "post", "phone", "closed_on"}


_Plain = TypeVar("_Plain", int, bool)
_Word = TypeVar("_Word", Line, Paper)


class BadRegions(ValueError):
    """A file of regions that cannot be used; its text names the file and what to mend."""


@cache
def shipped(site: str = "Twolatch") -> Regions:
    return read(SHIPPED, site)


def read(folder: Path, site: str) -> Regions:
    """Every `*.toml` of the folder. `{site}` in an address becomes the site's name. Raises BadRegions."""
    files = sorted(folder.glob("*.toml")) if folder.is_dir() else []
    if not files:
        raise BadRegions(f"{folder}: no folder with a .toml file for each region")
    if len(files) > MOST_FILES:
        raise BadRegions(f"{folder}: more than {MOST_FILES} files")
    return _whole(folder, [_region(file, site) for file in files])


def _whole(folder: Path, regions: list[Region]) -> Regions:
    """What no file can say alone: every country is served, and by one region."""
    served: dict[str, str] = {}
    for region in regions:
        for country in sorted(region.countries):
            if other := served.get(country):
                raise BadRegions(f"{folder}: {country} stands in {other}.toml and in {region.id}.toml")
            served[country] = region.id
    if len([one for one in regions if one.is_rest]) != 1:
        raise BadRegions(f"{folder}: exactly one region has `rest = true` and serves the countries that none names")
    return Regions(tuple(sorted(regions, key=lambda one: (one.order, one.id))))


def _region(file: Path, site: str) -> Region:
    if not _ID.fullmatch(file.stem):
        raise BadRegions(f"{file}: a region's file is named in small letters, digits and hyphens")
    try:
        if file.stat().st_size > MOST_BYTES:
            raise BadRegions(f"{file}: larger than {MOST_BYTES} bytes")
        given = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as fault:
        raise BadRegions(f"{file}: {fault}") from None
    try:
        return _made(file.stem, given, site)
    except _Wrong as wrong:
        raise BadRegions(f"{file}: {wrong}") from None


class _Wrong(Exception):
    """What is wrong inside one file."""


def _made(name: str, given: Mapping[str, Any], site: str) -> Region:
    _known(given, _KEYS, "")
    names = _names(given.get("name"))
    return Region(
        id=name,
        order=_is(given, "order", int, 99),
        names=names,
        countries=frozenset(_each(given, "countries", lambda text: bool(_COUNTRY.fullmatch(text)))),
        posts=tuple(_post(one, site) for one in _tables(given, "post", 4)),
        phones=tuple(_phone(one) for one in _tables(given, "phone", MOST_PHONES)),
        paper=_one_of(given, "paper", Paper),
        calendar=_text(given, "calendar", _CALENDAR),
        holidays=tuple(_each(given, "holidays", _HOLIDAYS.__contains__)) if "holidays" in given else ("public",),
        weekend=_weekend(given),
        zone=_zone(given),
        closed_on=_closed(given),
        is_rest=_is(given, "rest", bool, False),
        is_sample=_is(given, "sample", bool, False),
    )


def _post(given: Mapping[str, Any], site: str) -> Post:
    _known(given, {"language", "lines", "box", "title", "contact"}, "post.")
    lines = [line.replace("{site}", site) for line in _each(given, "lines", _is_line)]
    if not 2 <= len(lines) <= MOST_LINES:
        raise _Wrong(f"`post.lines` has 2 to {MOST_LINES} lines")
    return Post(
        _text(given, "language", _LANGUAGE),
        tuple(lines),
        _is(given, "box", bool, False),
        _line(given, "title"),
        _line(given, "contact"),
    )


def _phone(given: Mapping[str, Any]) -> Phone:
    _known(given, {"number", "kind", "country", "language", "says", "kind_says"}, "phone.")
    return Phone(
        _text(given, "number", _NUMBER),
        _one_of(given, "kind", Line),
        _text(given, "language", _LANGUAGE),
        _text(given, "country", _COUNTRY) if "country" in given else "",
        _line(given, "says"),
        _line(given, "kind_says"),
    )


def _names(given: Any) -> Mapping[str, str]:
    if not isinstance(given, dict) or "en" not in given:
        raise _Wrong("`[name]` has the region's name by language, and at least `en`")
    if not all(_LANGUAGE.fullmatch(key) and _is_line(value) for key, value in given.items()):
        raise _Wrong(f"`[name]` has one printable line of at most {LONGEST_LINE} signs for each language")
    return dict(given)


def _zone(given: Mapping[str, Any]) -> str:
    try:
        return ZoneInfo(str(given.get("zone", ""))).key
    except (LookupError, ValueError, OSError):
        raise _Wrong("`zone` is an IANA time zone such as Europe/Zurich") from None


def _weekend(given: Mapping[str, Any]) -> frozenset[int]:
    days = given.get("weekend", [6, 7])
    if not isinstance(days, list) or not all(type(day) is int and 1 <= day <= 7 for day in days) or len(days) > 4:
        raise _Wrong("`weekend` is a list of at most four days, of which 1 is Monday and 7 is Sunday")
    return frozenset(days)


def _closed(given: Mapping[str, Any]) -> frozenset[str]:
    days = given.get("closed_on", [])
    if not isinstance(days, list) or not all(type(day) is date for day in days):
        raise _Wrong("`closed_on` is a list of dates such as 2026-12-24, without quotes")
    return frozenset(day.isoformat() for day in days)


def _known(given: Mapping[str, Any], keys: set[str], before: str) -> None:
    """A typing mistake in a name would silently leave its value out."""
    if unknown := sorted(set(given) - keys):
        raise _Wrong(f"`{before}{unknown[0]}` is unknown; known are {', '.join(sorted(keys))}")


def _tables(given: Mapping[str, Any], key: str, most: int) -> list[Mapping[str, Any]]:
    tables = given.get(key)
    if not isinstance(tables, list) or not 1 <= len(tables) <= most or not all(isinstance(one, dict) for one in tables):
        raise _Wrong(f"`[[{key}]]` stands 1 to {most} times")
    return tables


def _each(given: Mapping[str, Any], key: str, fits: Callable[[Any], bool]) -> list[str]:
    values = given.get(key)
    if not isinstance(values, list) or not values:
        raise _Wrong(f"`{key}` is a list, and not empty")
    for value in values:
        if not isinstance(value, str) or not fits(value):
            raise _Wrong(f"`{key}` has {value!r}, which cannot stand there")
    return values


def _text(given: Mapping[str, Any], key: str, shape: re.Pattern[str]) -> str:
    value = given.get(key)
    if not isinstance(value, str) or not shape.fullmatch(value):
        raise _Wrong(f"`{key}` is {value!r}, which is not of the right form")
    return value


def _line(given: Mapping[str, Any], key: str) -> str:
    value = given.get(key, "")
    if value and not _is_line(value):
        raise _Wrong(f"`{key}` is one printable line of at most {LONGEST_LINE} signs")
    return str(value)


def _is_line(value: Any) -> bool:
    return isinstance(value, str) and 0 < len(value) <= LONGEST_LINE and value.isprintable()


def _is(given: Mapping[str, Any], key: str, plain: type[_Plain], otherwise: _Plain) -> _Plain:
    value = given.get(key, otherwise)
    if type(value) is not plain:
        raise _Wrong(f"`{key}` is {'true or false' if plain is bool else 'a whole number'}")
    return value


def _one_of(given: Mapping[str, Any], key: str, words: type[_Word]) -> _Word:
    try:
        return words(str(given.get(key)))
    except ValueError:
        raise _Wrong(f"`{key}` is one of {', '.join(words)}") from None
