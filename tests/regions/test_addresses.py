"""Addresses as their own countries write them, and what is typed into them by mistake or on purpose."""

from dataclasses import fields, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twolatch.regions import Address, Problem, addresses, shipped
from twolatch.regions.addresses import form, lines, problems, tidy

UTRECHT = Address("NL", name="Jan Jansen", street="Voorstraat 1", city="Utrecht", postcode="3511 AB")
TOKYO = Address("JP", name="山田太郎", street="千代田区見本町1-2-3", area="東京都", postcode="100-0001")
COUNTRIES = sorted(country for one in shipped().every for country in one.countries)


@pytest.mark.parametrize(
    ("address", "label"),
    [
        (UTRECHT, ["Jan Jansen", "Voorstraat 1", "3511 AB UTRECHT", "NETHERLANDS"]),
        (
            Address("US", name="Jo", street="1 Main Street\nSuite 3", city="Greenwich", area="CT", postcode="06830"),
            ["Jo", "1 Main Street", "Suite 3", "GREENWICH, CT 06830", "UNITED STATES"],
        ),
        (
            Address("GB", name="Jo", company="Linden Ltd", street="1 High Street", city="London", postcode="EC1Y 8SY"),
            ["Jo", "Linden Ltd", "1 High Street", "LONDON", "EC1Y 8SY", "UNITED KINGDOM"],
        ),
        (
            Address("AU", name="Jo", street="1 George Street", city="Sydney", area="NSW", postcode="2000"),
            ["Jo", "1 George Street", "SYDNEY NSW 2000", "AUSTRALIA"],
        ),
        (
            Address("CH", name="Jo", street="Beispielstrasse 28", city="Zug", postcode="6300"),
            ["Jo", "Beispielstrasse 28", "CH-6300 Zug", "SWITZERLAND"],
        ),
        (TOKYO, ["〒100-0001", "東京都", "千代田区見本町1-2-3", "山田太郎", "JAPAN"]),
    ],
    ids=lambda value: value.country if isinstance(value, Address) else "",
)
def test_a_label_reads_as_people_there_write_it(address: Address, label: list[str]) -> None:
    assert problems(address) == ()
    assert list(lines(address)) == label


def test_at_home_the_country_is_left_out_and_latin_letters_have_their_own_order() -> None:
    assert lines(UTRECHT, is_abroad=False)[-1] == "3511 AB UTRECHT"
    assert lines(TOKYO, is_latin=True)[0] == "山田太郎"


def test_what_is_empty_leaves_no_comma_behind() -> None:
    bare = Address("US", name="Jo", street="1 Main Street", city="Greenwich", postcode="06830")
    assert lines(bare)[2] == "GREENWICH 06830"


def test_each_country_asks_for_its_own_fields_in_its_own_order() -> None:
    japan = [one.name for one in form("JP")]
    assert japan[:2] == ["postcode", "area"]
    assert "district" in [one.name for one in form("CN")]
    assert "area" not in [one.name for one in form("NL")]
    states = next(one for one in form("US") if one.name == "area")
    assert (states.called, states.is_required) == ("state", True)
    assert ("CT", "Connecticut") in states.choices
    prefectures = next(one for one in form("JP") if one.name == "area")
    assert ("北海道", "北海道 / Hokkaido") in prefectures.choices
    provinces = next(one for one in form("CA") if one.name == "area")
    assert ("BC", "British Columbia / Colombie-Britannique") in provinces.choices
    assert form("XX") == form("") == form("ZZ") == form("../../../etc/passwd") == ()


@pytest.mark.parametrize(
    ("address", "found"),
    [
        (replace(UTRECHT, country="XX"), ("country", "unknown_country")),
        (replace(UTRECHT, country="../"), ("country", "too_long")),
        (replace(UTRECHT, country=""), ("country", "unknown_country")),
        (replace(UTRECHT, name=""), ("name", "missing")),
        (replace(UTRECHT, city=""), ("city", "missing")),
        (replace(UTRECHT, postcode=""), ("postcode", "missing")),
        (replace(UTRECHT, postcode="35 11"), ("postcode", "bad_postcode")),
        (replace(UTRECHT, postcode="3511 AB "), ("postcode", "bad_postcode")),
        (replace(UTRECHT, street="a\nb\nc\nd"), ("street", "too_long")),
        (replace(UTRECHT, street="x" * 201), ("street", "too_long")),
        (replace(UTRECHT, name="Jan\nMallory"), ("name", "unclean")),
        (replace(UTRECHT, name="Jan\u202eMallory"), ("name", "unclean")),
        (replace(UTRECHT, city="Utrecht\x00"), ("city", "unclean")),
        (replace(UTRECHT, street="Voorstraat\x1b[2J"), ("street", "unclean")),
        (replace(UTRECHT, country="US", area="ZZ", postcode="06830"), ("area", "unknown_area")),
        (replace(UTRECHT, country="US", area="CT", postcode="90210"), ("postcode", "bad_postcode")),
        (replace(TOKYO, area=""), ("area", "missing")),
    ],
)
def test_a_mistake_is_told_by_its_field_and_a_code(address: Address, found: tuple[str, str]) -> None:
    assert Problem(*found) in problems(address)


def test_typing_is_tidied_before_it_is_judged() -> None:
    street = " Voorstraat 1 \r\n\r\n"
    typed = Address(" nl ", name="Jan\u00a0 Jansen ", street=street, city="Utrecht", postcode="3511 ab")
    assert tidy(typed) == UTRECHT
    state = Address("us", name="Jo", street="1 Main Street", city="Greenwich", area="connecticut", postcode="06830")
    assert tidy(state).area == "CT"
    assert tidy(replace(TOKYO, area="Tokyo")).area == "東京都"
    assert tidy(replace(UTRECHT, area="Utrecht", district="x")) == UTRECHT  # fields that the Netherlands do not know
    assert tidy(replace(UTRECHT, name="Zoe\u0308")).name == "Zo\u00eb"


@given(st.sampled_from(COUNTRIES), st.lists(st.text(max_size=40), min_size=8, max_size=8))
def test_whatever_is_typed_is_judged_and_never_breaks_a_label(country: str, typed: list[str]) -> None:
    address = tidy(Address(country, *typed))
    if not problems(address):
        label = lines(address)
        assert label
        assert all(line == line.strip() and line.isprintable() for line in label)
        assert len("".join(label)) <= sum(addresses.LONGEST[field.name] for field in fields(Address)) + 100
    assert tidy(address) == address
