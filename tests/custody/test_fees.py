"""What a card costs is a table of kind and cause; and a setting that cannot be meant stops the start."""

from decimal import Decimal

import pytest
from pydantic import ValidationError

from twolatch.custody.dues.model import CHARGED, SEEN, Cause, fee
from twolatch.custody.orders.model import read_tracking
from twolatch.settings import Settings

RESERVE = Decimal(20)


@pytest.mark.parametrize("cause", Cause)
def test_without_a_table_a_client_pays_the_reserve_for_what_he_answers_for_and_else_nothing(cause: Cause) -> None:
    assert fee({}, "card", cause, RESERVE) == (2000 if cause in CHARGED else 0)


def test_the_table_decides_by_kind_and_cause() -> None:
    table = {"card.damaged": Decimal("7.5"), "card.battery": Decimal(1), "token.lost": Decimal(150)}
    assert fee(table, "card", Cause.DAMAGED, RESERVE) == 750
    assert fee(table, "card", Cause.BATTERY, RESERVE) == 100
    assert fee(table, "token", Cause.LOST, RESERVE) == 15000
    assert fee(table, "card", Cause.LOST, RESERVE) == 2000


def test_an_empty_battery_is_free_and_nobody_inspects_what_is_not_there() -> None:
    assert fee({}, "card", Cause.BATTERY, RESERVE) == 0
    assert {Cause.LOST, Cause.NOT_RETURNED, Cause.ON_THE_WAY, Cause.CANCELLED}.isdisjoint(SEEN)


@pytest.mark.parametrize(
    "given",
    [
        {"card_fees": {"card.stolen": 20}},
        {"card_fees": {"damaged": 20}},
        {"card_fees": {"card.damaged": "0.005"}},
        {"card_fees": {"card.damaged": -1}},
        {"card_currency": "euro"},
        {"card_orders": "rich"},
        {"carriers": {"Post": "http://post.example/{number}"}},
        {"carriers": {"Post": "https://post.example/"}},
        {"carriers": {"": ""}},
        {"card_reserve": "20.001"},
    ],
)
def test_a_setting_that_cannot_be_meant_stops_the_start(given: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Settings(**given)  # type: ignore[arg-type]


def test_carriers_and_fees_are_read_as_they_are_written() -> None:
    carriers = {"Post": "https://post.example/{number}", "Bicycle": ""}
    read = Settings(carriers=carriers, card_fees={"card.lost": Decimal(5)})
    assert list(read.carriers) == ["Post", "Bicycle"]
    assert read.card_fees == {"card.lost": Decimal(5)}


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("3s abc 123", "3SABC123"), (" 1Z-99 ", "1Z-99"), ("", ""), ("abc", ""), ("-1234", ""), ("12<34", ""),
        ("1" * 41, ""), ("１２３４５", ""), ("1234\n5678", "12345678"),
    ],
)  # fmt: skip
def test_a_tracking_number_is_read_as_people_type_it(typed: str, kept: str) -> None:
    assert read_tracking(typed) == kept
