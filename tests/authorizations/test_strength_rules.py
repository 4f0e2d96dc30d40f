"""The pure rules as tables: who may take out how much, what an amount is, and which five business days count."""

from datetime import date
from decimal import Decimal
from types import SimpleNamespace
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from twolatch.app import regions_of
from twolatch.authorizations import days, money
from twolatch.authorizations.model import (
    Allowance,
    Answer,
    Proof,
    Reason,
    Spent,
    Standing,
    allows,
    decide,
    line_of,
    young_or_known,
)
from twolatch.authorizations.standing import _business_days
from twolatch.kinds.kind import Kind, Rank, Trait
from twolatch.kinds.shelf import shelf
from twolatch.protocol import applications as messages
from twolatch.regions import BadRegions, shipped
from twolatch.settings import RankWord, Settings, Strength, TraitWord

K = 100_000  # of cents: a thousand
OWN = Settings()
PASSWORD = Proof()
PHONE = Proof(Rank.STRONG, frozenset({Trait.POSSESSION, Trait.PIN_OR_BODY, Trait.SHOWS_CONTEXT, Trait.LINKED}), "p")
CARD = Proof(Rank.STRONG, frozenset({Trait.POSSESSION, Trait.PIN_OR_BODY, Trait.TYPED}), "c")
APP = Proof(Rank.GOOD, frozenset({Trait.POSSESSION, Trait.TYPED}), "a")
PAPER = Proof(Rank.SPARE, frozenset({Trait.TYPED, Trait.ALONE}), "r")
NOTHING = Spent(0, 0)


def kinds() -> tuple[Kind, ...]:
    nothing: Any = None
    return shelf(nothing, "Site", nothing, is_strict=False, has_legacy_cards=False)


# By the name of the kind, as the mission has it: thousands of the limits' currency, for a day and for five.
WANTED = {
    "phone": (1_000, 1_000),
    "card": (None, None),
    "codecard": (200, 600),
    "printedcard": (200, 600),
    "tempcode": (50, 100),
    "totp": (200, 600),
    "recovery": (50, 100),
    "passkey": (1_000, 1_000),
}


def test_every_kind_on_the_shelf_has_the_limit_the_mission_gives_it() -> None:
    found = {}
    for kind in kinds():
        allowed = allows(OWN, Proof(int(kind.rank), kind.traits, "x"))
        found[kind.name] = tuple(None if each is None else each // K for each in (allowed.day, allowed.five_days))
    assert found == WANTED


def test_the_password_alone_is_good_for_the_last_line() -> None:
    assert allows(OWN, PASSWORD) == Allowance(50 * K, 100 * K)


def test_the_words_of_the_settings_are_those_of_the_kinds() -> None:
    assert set(get_args(TraitWord)) == {trait.value for trait in Trait}
    assert set(get_args(RankWord)) == {"none", *(rank.name.lower() for rank in Rank)}
    assert get_args(RankWord) == get_args(messages.RankWord)


CASES = [
    # proof, others, spent today, in five days, amount -> answer, reason   (thousands)
    (PHONE, [], 0, 0, 1_000, Answer.ALLOW, Reason.WITHIN),
    (PHONE, [], 0, 0, 1_001, Answer.REFUSE, Reason.FIVE_DAYS),
    (PHONE, [CARD], 0, 0, 1_001, Answer.STEP_UP, Reason.FIVE_DAYS),
    (PHONE, [], 900, 900, 100, Answer.ALLOW, Reason.WITHIN),
    (PHONE, [], 900, 900, 101, Answer.REFUSE, Reason.FIVE_DAYS),
    (PHONE, [], 0, 1_000, 1, Answer.REFUSE, Reason.FIVE_DAYS),
    (APP, [], 0, 0, 200, Answer.ALLOW, Reason.WITHIN),
    (APP, [], 0, 0, 201, Answer.REFUSE, Reason.DAY),
    (APP, [PHONE], 0, 0, 201, Answer.STEP_UP, Reason.DAY),
    (APP, [PAPER], 0, 0, 201, Answer.REFUSE, Reason.DAY),
    (APP, [], 0, 600, 1, Answer.REFUSE, Reason.FIVE_DAYS),
    (APP, [], 0, 500, 101, Answer.REFUSE, Reason.FIVE_DAYS),
    (CARD, [], 5_000, 90_000, 900_000, Answer.ALLOW, Reason.WITHIN),
    (PASSWORD, [], 0, 0, 50, Answer.ALLOW, Reason.WITHIN),
    (PASSWORD, [], 0, 0, 51, Answer.REFUSE, Reason.DAY),
    (PASSWORD, [], 50, 50, 1, Answer.REFUSE, Reason.DAY),
    (PASSWORD, [], 0, 60, 50, Answer.REFUSE, Reason.FIVE_DAYS),
    (PAPER, [PHONE], 0, 0, 51, Answer.STEP_UP, Reason.DAY),
    # What was taken by a stronger one counts for the weaker, and nothing below nothing is left.
    (PASSWORD, [], 800, 800, 1, Answer.REFUSE, Reason.FIVE_DAYS),
    # What proved the session is gone: nothing by it, all by another proof.
    (None, [], 0, 0, 1, Answer.REFUSE, Reason.PROOF_GONE),
    (None, [PHONE], 0, 0, 1, Answer.STEP_UP, Reason.PROOF_GONE),
]  # fmt: skip


@pytest.mark.parametrize(("proof", "others", "day", "five", "amount", "answer", "reason"), CASES)
def test_the_factor_that_was_used_and_what_was_spent_decide(
    proof: Proof | None, others: list[Proof], day: int, five: int, amount: int, answer: Answer, reason: Reason
) -> None:
    done = decide(OWN, Standing(proof, others, Spent(day * K, five * K)), amount * K)
    assert (done.answer, done.reason) == (answer, reason)


def test_one_cent_more_is_too_much() -> None:
    assert decide(OWN, Standing(PHONE, (), NOTHING), 1_000 * K).answer is Answer.ALLOW
    assert decide(OWN, Standing(PHONE, (), NOTHING), 1_000 * K + 1).answer is Answer.REFUSE


@pytest.mark.parametrize("why", [Reason.SESSION_ENDED, Reason.BRIDGING, Reason.PASSWORD_DUE])
def test_a_barred_session_may_do_nothing_whatever_it_was_proved_with(why: Reason) -> None:
    done = decide(OWN, Standing(CARD, (CARD, PHONE), NOTHING, why), 1)
    assert (done.answer, done.reason, done.needed) == (Answer.REFUSE, why, ())


def test_what_would_be_enough_is_told() -> None:
    needed = decide(OWN, Standing(APP, (), NOTHING), 300 * K).needed
    assert [(line.rank, line.day) for line in needed] == [("strong", "unlimited"), ("strong", 1_000_000)]
    assert [line.day for line in decide(OWN, Standing(APP, (), NOTHING), 2_000 * K).needed] == ["unlimited"]


def test_a_large_amount_can_be_made_to_be_confirmed_by_itself() -> None:
    own = Settings(confirm_from=1_000)
    assert decide(own, Standing(PHONE, (PHONE,), NOTHING), K - 1).answer is Answer.ALLOW
    done = decide(own, Standing(PHONE, (PHONE,), NOTHING), K)
    assert (done.answer, done.reason) == (Answer.STEP_UP, Reason.CONFIRM)


def test_what_the_password_bound_a_moment_ago_is_good_for_no_more_than_the_password() -> None:
    assert young_or_known(True, False, PHONE) == Proof(one="p")
    assert young_or_known(True, True, PHONE) is PHONE
    assert young_or_known(False, False, PHONE) is PHONE


def test_words_of_rfc_8176_say_only_what_is_known() -> None:
    assert PASSWORD.amr(has_password=True) == ["pwd"]
    assert PHONE.amr(has_password=True) == ["pwd", "pop", "user", "mfa"]
    assert CARD.amr(has_password=True) == ["pwd", "otp", "user", "mfa"]
    assert APP.amr(has_password=True) == ["pwd", "otp", "mfa"]
    key = Proof(Rank.BEST, frozenset({Trait.POSSESSION, Trait.BOUND, Trait.PIN_OR_BODY, Trait.TELLS_WHOSE}), "k")
    assert key.amr(has_password=False) == ["pop", "user", "mfa"]


# the table as configuration

LAST = {"rank": "none", "day": 1, "five_days": 2}


@pytest.mark.parametrize(
    "table",
    [
        [],
        [{"rank": "good", "day": 1, "five_days": 2}],  # nothing for the rest
        [LAST, LAST],  # the second would never count
        [{**LAST, "traits": ["typed"]}],
        [{"rank": "golden", "day": 1, "five_days": 2}, LAST],
        [{"rank": "good", "traits": ["shiny"], "day": 1, "five_days": 2}, LAST],
        [{"rank": "good", "day": 3, "five_days": 2}, LAST],
        [{"rank": "good", "day": "unlimited", "five_days": 2}, LAST],
        [{"rank": "good", "day": -1, "five_days": 2}, LAST],
        [{"rank": "good", "day": 10**13, "five_days": 10**13}, LAST],
        [{"rank": "good", "day": 1.5, "five_days": 2}, LAST],
        [{"rank": "good", "day": "Unlimited", "five_days": "unlimited"}, LAST],
        [{"rank": "good", "five_days": 2}, LAST],
        [{"rank": "good", "day": 1, "five_days": 2, "name": "phone"}, LAST],  # no kind has a line by its name
    ],
)
def test_a_table_that_is_not_whole_stops_the_start(table: list[dict[str, Any]]) -> None:
    with pytest.raises(ValidationError):
        Settings(strength=table)


def test_an_operator_gives_his_own_table_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(
        "TWOLATCH_STRENGTH",
        '[{"rank":"best","day":"unlimited","five_days":"unlimited"},{"rank":"none","day":0,"five_days":0}]',
    )
    own = Settings()
    assert allows(own, PHONE) == Allowance(0, 0)
    assert allows(own, Proof(Rank.BEST)) == Allowance(None, None)
    assert decide(own, Standing(PHONE, (), NOTHING), 1).answer is Answer.REFUSE


def test_the_same_table_is_read_from_a_file(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "twolatch.toml"
    file.write_text(
        '[[strength]]\nrank = "strong"\ntraits = ["pin_or_body"]\nday = 10\nfive_days = 20\n'
        '[[strength]]\nrank = "none"\nday = 0\nfive_days = 0\n'
    )
    monkeypatch.setenv("TWOLATCH_CONFIG", str(file))
    assert line_of(Settings().strength, PHONE) == Strength(
        rank="strong", traits=frozenset({"pin_or_body"}), day=10, five_days=20
    )


@pytest.mark.parametrize("rates", [{"eur": 1}, {"EURO": 1}, {"EUR": 0}, {"EUR": -1}, {"EUR": "NaN"}, {"EUR": "1e9"}])
def test_a_rate_that_cannot_be_right_stops_the_start(rates: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Settings(currency_rates=rates)


def test_a_new_authenticator_settles_everywhere_but_in_rehearsals() -> None:
    assert Settings(settling_hours=0).settling_hours == 0
    with pytest.raises(ValidationError):
        Settings(portal_url="https://portal.example.com", settling_hours=0)


# amounts


@pytest.mark.parametrize(
    ("text", "currency", "units"),
    [
        ("1500", "EUR", 150_000),
        ("1500.00", "EUR", 150_000),
        ("1500.5", "EUR", 150_050),
        ("0.01", "USD", 1),
        ("1500", "JPY", 1_500),
        ("1.005", "KWD", 1_005),
        ("999999999999.99", "USD", 99_999_999_999_999),
    ],
)
def test_an_amount_is_read_in_the_smallest_unit(text: str, currency: str, units: int) -> None:
    assert money.read(text, currency) == units


@pytest.mark.parametrize(
    ("text", "currency"),
    [
        ("0", "EUR"), ("0.00", "EUR"), ("-1", "EUR"), ("+1", "EUR"), ("1e3", "EUR"), ("1,5", "EUR"),
        ("1.005", "EUR"), ("1.5", "JPY"), ("01", "EUR"), ("1.", "EUR"), (".5", "EUR"), ("", "EUR"), (" 1", "EUR"),
        ("1 000", "EUR"), ("\u0661", "EUR"), ("\uff11", "EUR"), ("NaN", "EUR"), ("1000000000000", "EUR"),
        ("1\n", "EUR"), ("0x1", "EUR"), ("1_0", "EUR"), ("1.2.3", "EUR"), ("\u00bd", "EUR"), ("1\u200b", "EUR"),
    ],
)  # fmt: skip
def test_what_is_no_amount_is_not_read_as_one(text: str, currency: str) -> None:
    assert money.read(text, currency) is None


@given(st.integers(1, 10**14), st.sampled_from(["EUR", "JPY", "KWD"]))
def test_what_is_written_is_read_as_the_same(units: int, currency: str) -> None:
    text = money.written(units, currency)
    if len(text.partition(".")[0]) <= 12:
        assert money.read(text, currency) == units


@pytest.mark.parametrize(
    ("units", "currency", "into", "rate", "counted"),
    [
        (150_000, "USD", "USD", "1", 150_000),
        (150_000, "EUR", "USD", "1.10", 165_000),
        (1, "EUR", "USD", "1.10", 2),  # never less than it is
        (1_500, "JPY", "USD", "0.0065", 975),
        (1, "JPY", "USD", "0.000001", 1),  # never nothing
        (1_005, "KWD", "USD", "3.25", 327),
        (100, "USD", "JPY", "150.5", 151),
    ],
)
def test_another_currency_counts_by_its_rate_rounded_up(
    units: int, currency: str, into: str, rate: str, counted: int
) -> None:
    assert money.charged(units, currency, into, {currency: Decimal(rate)}) == counted


def test_a_currency_without_a_rate_counts_nothing_and_is_told_so() -> None:
    assert money.charged(1, "EUR", "USD", {}) is None


@given(st.integers(1, 10**14), st.integers(1, 10**14), st.decimals("0.000001", 1_000_000, places=6))
def test_two_parts_never_count_less_than_the_whole(one: int, other: int, rate: Decimal) -> None:
    rates = {"EUR": rate}
    parts = [money.charged(each, "EUR", "USD", rates) or 0 for each in (one, other)]
    assert sum(parts) >= (money.charged(one + other, "EUR", "USD", rates) or 0)


# days


@pytest.mark.parametrize(
    ("today", "first"),
    [
        (date(2026, 11, 27), date(2026, 11, 23)),  # Friday: Monday to Friday
        (date(2026, 11, 28), date(2026, 11, 23)),  # Saturday counts to the week behind it
        (date(2026, 11, 29), date(2026, 11, 23)),
        (date(2026, 11, 30), date(2026, 11, 24)),  # Monday: from Tuesday on, the days off between included
        (date(2026, 12, 2), date(2026, 11, 26)),
    ],
)
def test_five_business_days_end_today(today: date, first: date) -> None:
    assert days.first_of_five(today) == first


def test_a_day_off_makes_the_five_days_reach_further_back() -> None:
    off = {date(2026, 12, 25), date(2026, 12, 26)}
    found = days.first_of_five(date(2026, 12, 29), lambda day: days.is_weekday(day) and day not in off)
    assert found == date(2026, 12, 22)


def test_a_region_tells_which_days_are_business_days() -> None:
    house: Any = SimpleNamespace(settings=Settings(business_region="japan"), regions=shipped())
    is_business = _business_days(house)
    assert not is_business(date(2026, 9, 21))  # respect for the aged
    assert days.first_of_five(date(2026, 9, 25), is_business) < days.first_of_five(date(2026, 9, 25))
    assert regions_of(Settings(business_region="europe"))
    with pytest.raises(BadRegions):
        regions_of(Settings(business_region="atlantis"))


def test_a_day_begins_at_midnight_where_the_site_is() -> None:
    assert days.begins_at(date(2026, 11, 28), "UTC") == 1_795_824_000_000
    assert days.begins_at(date(2026, 11, 28), "Europe/Amsterdam") == 1_795_824_000_000 - 3_600_000
    assert days.day_of(1_795_824_000_000 - 1, "UTC") == date(2026, 11, 27)
    assert days.day_of(1_795_824_000_000 - 1, "Europe/Amsterdam") == date(2026, 11, 28)


@pytest.mark.parametrize("zone", ["Europe/Amsterdam", "America/Sao_Paulo", "Africa/Cairo", "Pacific/Apia"])
def test_every_day_begins_after_the_one_before_it(zone: str) -> None:
    begun = [days.begins_at(date(2026, month, day), zone) for month in range(1, 13) for day in range(1, 29)]
    assert begun == sorted(set(begun))
