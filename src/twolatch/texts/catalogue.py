"""Every sentence a person reads, by key, in every language: gettext catalogues.

A missing key and a missing value are faults of ours and raise. No text holds HTML; who shows one escapes it.
What Babel knows of money, countries and languages is loaded (4 MiB) when it is asked for.
"""

import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache, cached_property, lru_cache
from gettext import c2py
from pathlib import Path
from zoneinfo import ZoneInfo

from twolatch.texts import po

LANGUAGES = {"en": "English", "nl": "Nederlands"}  # code: the language's name for itself
FIRST = "en"
_HEADER_LIMIT = 200  # characters of Accept-Language that are read
_LOCALES = {"en": "en_GB"}  # Babel's name where it is another
_PAST = (
    ("past.years", 365 * 86_400),
    ("past.months", 30 * 86_400),
    ("past.weeks", 7 * 86_400),
    ("past.days", 86_400),
    ("past.hours", 3_600),
    ("past.minutes", 60),
)  # seconds


@dataclass(frozen=True, slots=True)
class Catalogue:
    """One language in memory. `counted` holds the plural forms, `form` chooses among them by the number."""

    said: Mapping[str, str]
    counted: Mapping[str, tuple[str, ...]]
    form: Callable[[int], int]


@cache
def catalogue(language: str) -> Catalogue:
    """Reads `<language>.po`, once."""
    head, *messages = po.messages((Path(__file__).parent / f"{language}.po").read_text(encoding="utf-8"))
    said: dict[str, str] = {}
    counted: dict[str, tuple[str, ...]] = {}
    for message in messages:
        key, _, *forms = message.values()
        if forms:
            counted[key] = tuple(forms)
        else:
            said[key] = message["msgstr"]
    return Catalogue(said, counted, c2py(po.plural_of(head["msgstr"])))


class Texts:
    """The languages of one site. `zone` is the IANA name of the time zone in which times are written."""

    def __init__(self, languages: tuple[str, ...] = tuple(LANGUAGES), zone: str = "UTC") -> None:
        if unknown := set(languages) - set(LANGUAGES):
            raise ValueError(f"no texts in {', '.join(sorted(unknown))}")
        if not languages:
            raise ValueError("a site speaks at least one language")
        self.languages = languages
        self._zone_name = zone

    @cached_property
    def _zone(self) -> ZoneInfo | None:
        return None if self._zone_name == "UTC" else ZoneInfo(self._zone_name)

    def say(self, language: str, key: str, **values: object) -> str:
        """The text `key` with its {words} filled in; texts that count choose their form by `count` (int).

        Raises KeyError for an unknown language or key and for a word without a value.
        """
        if language not in LANGUAGES:
            raise KeyError(language)
        book = catalogue(language)
        if key in book.counted:
            return _filled(book.counted[key][book.form(_whole(values["count"]))], values)
        return _filled(book.said[key], values)

    def choose(self, accept_language: str, wish: str = "") -> str:
        """The language to speak: the wish (a cookie), else the best of `Accept-Language`, else the first."""
        if wish in self.languages:
            return wish
        for asked in _by_preference(accept_language[:_HEADER_LIMIT]):
            if asked in self.languages:
                return asked
        return self.languages[0]

    def moment(self, language: str, at: int) -> str:
        """`22 November 2026 at 15:32 UTC`, from ms since 1970."""
        then = self._local(at)
        return self.say(language, "time.moment", day=self._day(language, then), time=_clock(then), zone=then.tzname())

    def day(self, language: str, at: int) -> str:
        """`22 November 2026`, from ms since 1970."""
        return self._day(language, self._local(at))

    def clock(self, at: int) -> str:
        """`15:32`, from ms since 1970."""
        return _clock(self._local(at))

    def ago(self, language: str, at: int, now: int) -> str:
        """`5 minutes ago`, both in ms since 1970; below a minute `just now`."""
        if now - at < 60_000:
            return self.say(language, "time.now")
        past = -((at - now) // 1000)
        key, size = next((key, size) for key, size in _PAST if past >= size)
        return self.say(language, key, count=round(past / size))

    def period(self, language: str, period: str) -> str:
        """`2025`, `Quarter 3 of 2025`, `November 2025`, from `2025`, `2025-Q3`, `2025-11`."""
        year, _, part = period.partition("-")
        if part.startswith("Q"):
            return self.say(language, "time.quarter", quarter=part[1:], year=year)
        if not part:
            return year
        return self.say(language, "time.month", month=self._month(language, int(part)).capitalize(), year=year)

    def browser(self, language: str, name: str) -> str:
        """`Firefox op Linux`, from `Firefox on Linux` (see faces/agents.py)."""
        program, on, system = name.partition(" on ")
        return self.say(language, "browser.on", program=program, system=system) if on else name

    def either(self, language: str, names: Sequence[str]) -> str:
        """`one, two of three`."""
        *first, last = names or [""]
        return self.say(language, "list.or", first=", ".join(first), last=last) if first else last

    def country(self, language: str, code: str) -> str:
        """`Nederland`, from `NL`; a code that nobody knows stays as it is."""
        return _territories(language).get(code, code)

    def countries(self, language: str, codes: Iterable[str]) -> list[tuple[str, str]]:
        """(code, name) in the order of the names."""
        return sorted(((code, self.country(language, code)) for code in codes), key=lambda pair: _plain(pair[1]))

    def language(self, language: str, code: str) -> str:
        """`Russisch`, from `ru`."""
        return self.say(language, "language.cmn") if code == "cmn" else _spoken(language).get(code, code)

    def span(self, language: str, seconds: int) -> str:
        """`30 seconds`, `2 minutes`, `23 hours`: how long to wait, rounded up: never too short."""
        for key, size in (("time.hours", 3600), ("time.minutes", 60)):
            if seconds >= 2 * size or seconds == size:
                return self.say(language, key, count=-(-seconds // size))
        return self.say(language, "time.seconds", count=seconds)

    def money(self, language: str, hundredths: int, currency: str) -> str:
        """`US$20.00` or `US$ 20,00`."""
        from babel.numbers import format_currency

        return format_currency(hundredths / 100, currency, locale=_locale(language), currency_digits=False)

    def number(self, language: str, value: int) -> str:
        """`1,000,000` or `1.000.000`."""
        return f"{value:,}".replace(",", self.say(language, "number.group"))

    def price(self, language: str, amount: str, currency: str) -> str:
        """`EUR 1,500.00` or `EUR 1.500,00`, from the decimal text "1500.00", with the decimals that stand there."""
        from babel.numbers import format_decimal

        decimals = len(amount.partition(".")[2])
        shape = "#,##0." + "0" * decimals if decimals else "#,##0"
        return f"{currency}\u00a0{format_decimal(Decimal(amount), format=shape, locale=_locale(language))}"

    def _month(self, language: str, month: int) -> str:
        return self.say(language, f"month.{month}")

    def _day(self, language: str, then: datetime) -> str:
        return f"{then.day} {self._month(language, then.month)} {then.year}"

    def _local(self, at: int) -> datetime:
        return datetime.fromtimestamp(at / 1000, self._zone or UTC)


def _clock(then: datetime) -> str:
    return f"{then.hour:02}:{then.minute:02}"


@cache
def _territories(language: str) -> Mapping[str, str]:
    from babel import Locale

    return Locale.parse(_locale(language)).territories


@cache
def _spoken(language: str) -> Mapping[str, str]:
    from babel import Locale

    return Locale.parse(_locale(language)).languages


def _plain(name: str) -> str:
    """For sorting: Ö stands beside O."""
    return "".join(sign for sign in unicodedata.normalize("NFD", name.casefold()) if not unicodedata.combining(sign))


def _locale(language: str) -> str:
    return _LOCALES.get(language, language)


def _whole(count: object) -> int:
    if not isinstance(count, int):
        raise TypeError("count is a whole number")
    return count


def _filled(text: str, values: Mapping[str, object]) -> str:
    return text.format_map(values) if "{" in text else text


@lru_cache(maxsize=512)
def _by_preference(header: str) -> tuple[str, ...]:
    """Languages of an `Accept-Language` header (RFC 9110 section 12.5.4), best first; nonsense is dropped."""
    asked: list[tuple[float, int, str]] = []
    for place, part in enumerate(header.split(",")):
        tag, _, weight = part.strip().partition(";")
        quality = _quality(weight.strip())
        if quality > 0:
            asked.append((-quality, place, tag.strip().partition("-")[0].lower()))
    return tuple(language for _, _, language in sorted(asked))


def _quality(weight: str) -> float:
    if not weight:
        return 1.0
    name, _, value = weight.partition("=")
    try:
        return float(value) if name.strip() == "q" else 0.0
    except ValueError:
        return 0.0
