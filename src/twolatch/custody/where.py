"""Whose calendar and whose address: the regions of this site, and the days on which a parcel is expected."""

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

from twolatch.house import House
from twolatch.regions import Region
from twolatch.regions.days import add_business_days, day_of, end_of, window


def _noon(region: Region, day: date) -> int:
    """A moment (ms) of that day that every zone near it calls the same day."""
    return round(datetime.combine(day, time(12), ZoneInfo(region.zone)).astimezone(UTC).timestamp() * 1000)


def arrives(house: House, country: str, now: int) -> int:
    """When a card ordered now is expected there (ms)."""
    region = house.regions.of_country(country)
    return _noon(region, add_business_days(region, day_of(region, now), house.settings.card_order_days))


def comes_back(region: Region, posted: int) -> tuple[int, int]:
    """The day on which a card posted then may be received at the earliest, and the moment from which on it is overdue
    (both ms)."""
    first, last = window(region, day_of(region, posted))
    return _noon(region, first), end_of(region, last)


def by_then(region: Region, now: int, days: int) -> int:
    """The end of the day that many business days after today (ms)."""
    return end_of(region, add_business_days(region, day_of(region, now), days))
