"""Working days of a region: its weekends and holidays by the library `holidays`, and the days off its operator adds.

The library is imported at the first question: it brings 20 MB that a site without cards does not need. Days are
counted where the parcel arrives.
"""

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from twolatch.regions.model import Region

if TYPE_CHECKING:
    from holidays import HolidayBase

SOONEST, LATEST = 3, 5  # business days from posting a card until it is received
FIRST_YEAR, LAST_YEAR = 2000, 2100  # beyond them no calendar knows the moon
MOST = 400  # days that are counted one by one


class NoCalendar(ValueError):
    """The library has no such country, or no such part of it."""


def check(region: Region) -> None:
    """Raises NoCalendar with what to mend."""
    _calendar(region.calendar, region.holidays)


def is_business_day(region: Region, day: date) -> bool:
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise ValueError(f"no calendar reaches {day.year}")
    is_off = day.isoweekday() in region.weekend or day.isoformat() in region.closed_on
    return not is_off and day not in _calendar(region.calendar, region.holidays)


def add_business_days(region: Region, day: date, count: int) -> date:
    """`count` business days after `day`, which itself does not count; 0 is the same day or the next business day."""
    if not 0 <= count <= MOST:
        raise ValueError(f"0 to {MOST} business days")
    while count or not is_business_day(region, day):
        day += timedelta(days=1)
        count -= bool(count) and is_business_day(region, day)
    return day


def business_days_between(region: Region, start: date, end: date) -> int:
    """Business days after `start` up to and with `end`; negative where `end` comes first."""
    if end < start:
        return -business_days_between(region, end, start)
    return sum(is_business_day(region, start + timedelta(days=n)) for n in range(1, (end - start).days + 1))


def window(region: Region, posted_on: date) -> tuple[date, date]:
    """The first and the last day on which a card posted on that day is expected."""
    return add_business_days(region, posted_on, SOONEST), add_business_days(region, posted_on, LATEST)


def day_of(region: Region, at: int) -> date:
    """The day it is there at that moment (ms)."""
    return datetime.fromtimestamp(at / 1000, ZoneInfo(region.zone)).date()


def end_of(region: Region, day: date) -> int:
    """The moment (ms) at which that day is over there."""
    midnight = datetime.combine(day + timedelta(days=1), time(), ZoneInfo(region.zone))
    return round(midnight.astimezone(UTC).timestamp() * 1000)


@lru_cache(maxsize=64)
def _calendar(name: str, kinds: tuple[str, ...]) -> "HolidayBase":
    from holidays import country_holidays

    country, _, part = name.partition("-")
    try:
        return country_holidays(country, subdiv=part or None, categories=kinds)
    except (NotImplementedError, ValueError) as fault:
        raise NoCalendar(f"`calendar` is {name}, with holidays {', '.join(kinds)}: {fault}") from None
