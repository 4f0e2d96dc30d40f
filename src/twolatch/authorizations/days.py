"""Days of the limits: today, and the five business days that end with it."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from twolatch.words.limits import SECOND

BUSINESS_DAYS = 5
_FRIDAY = 4


def is_weekday(day: date) -> bool:
    return day.weekday() <= _FRIDAY


def first_of_five(today: date, is_business: Callable[[date], bool] = is_weekday) -> date:
    """The first of the five business days that end today. On a day off they end with the last one that was none, and
    the days off between them count along."""
    day, left = today, BUSINESS_DAYS
    while True:
        left -= is_business(day)
        if not left:
            return day
        day -= timedelta(days=1)


def begins_at(day: date, zone: str) -> int:
    """Midnight there, in ms. Where the clocks skip midnight, the moment at which they do."""
    return int(datetime.combine(day, time(), ZoneInfo(zone)).astimezone(UTC).timestamp()) * SECOND


def day_of(now: int, zone: str) -> date:
    return datetime.fromtimestamp(now / SECOND, ZoneInfo(zone)).date()


def since(now: int, zone: str, is_business: Callable[[date], bool] = is_weekday) -> tuple[int, int]:
    """From when on today's amounts count, and those of five business days (ms)."""
    today = day_of(now, zone)
    return begins_at(today, zone), begins_at(first_of_five(today, is_business), zone)
