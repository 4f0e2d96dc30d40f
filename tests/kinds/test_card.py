"""The challenge card against its vectors, a second implementation from RFC 6287, and another maker's program."""

import hmac
import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twolatch.kinds.card import AHEAD, LEGACY, SUITES, ChallengeCard
from twolatch.kinds.kind import Asked, Issued, Made, Record, Typed, Unfit
from twolatch.kinds.numbers import number_at
from twolatch.protocol.ocra import response
from twolatch.words.limits import CARD_ROW, CARD_SHORT_ROW
from twolatch.words.secret import Secret
from twolatch.words.shapes import AnswerChallenge, AnswerNumber
from twolatch.words.verdicts import Accepted, Refused

VECTORS = json.loads((Path(__file__).parents[2] / "vectors" / "card.json").read_text())
KIND = ChallengeCard(6, has_legacy=True)
Case = dict[str, Any]

keys = st.binary(min_size=16, max_size=64)
numbers = st.integers(0, 99_999_999).map(lambda number: f"{number:08d}")
hashes = st.sampled_from(["sha1", "sha256", "sha512"])


def cases(name: str) -> Any:
    return pytest.mark.parametrize("case", VECTORS[name], ids=lambda case: case["says"])


def record(suite: str, key: bytes, asked: int = 0, counter: int = 0, pin: str = "") -> Record:
    born = KIND.issued(Made("S1", suite, key, counter, asked, pin))
    return Record("a" * 26, "b" * 26, "anna", "Card", True, born.enrolment, born.moving, Secret(born.secret))


def of_case(case: Case) -> Record:
    return record(case["suite"], bytes.fromhex(case["key"]), case["asked"], case["counter"], case["pin"])


def asking(purpose: Any = "login") -> Asked:
    return Asked("c" * 26, purpose, "", "", "", True, False, "", 1000, bytes(96))


def ask(one: Record, kind: ChallengeCard = KIND, purpose: Any = "login") -> tuple[str, Any, Record]:
    """The number shown, the memory, and the record as the question leaves it."""
    opening = kind.begin(one, asking(purpose), 0)
    assert isinstance(opening.prompt, AnswerChallenge)
    assert opening.moving is not None
    then = Record(
        one.id, one.user, one.user_name, one.name, one.is_proven, one.enrolment, opening.moving, one.secret
    )
    return opening.prompt.number, opening.memory, then


def by_the_book(hash_name: str, digits: int, key: bytes, number: str, counter: int | None = None) -> tuple[str, str]:
    """(suite, answer): a second implementation, from sections 5 to 7 of RFC 6287 alone."""
    counted = "" if counter is None else "C-"
    suite = f"OCRA-1:HOTP-{hash_name.upper()}-{digits}:{counted}QN08"
    nibbles = hex(int(number))[2:]
    question = bytearray(128)
    for place, nibble in enumerate(nibbles):
        question[place // 2] |= int(nibble, 16) << (4 if place % 2 == 0 else 0)
    message = bytearray(suite.encode("ascii")) + b"\x00"
    if counter is not None:
        message += bytes((counter >> 8 * place) & 255 for place in range(7, -1, -1))
    digest = hmac.new(key, bytes(message + question), hash_name).digest()
    offset = digest[-1] % 16
    code = (
        (digest[offset] & 127) * 16777216 + digest[offset + 1] * 65536 + digest[offset + 2] * 256 + digest[offset + 3]
    )
    return suite, str(code % 10**digits).rjust(digits, "0")


@cases("good")
def test_a_card_is_asked_its_number_and_its_answer_is_right(case: Case) -> None:
    number, memory, then = ask(of_case(case))
    assert number == case["number"]
    verdict = KIND.check(then, memory, Typed(case["answer"]), 0)
    assert isinstance(verdict, Accepted)
    assert verdict.moving["asked"] == case["asked"] + 1
    assert KIND.shown(then) == AnswerNumber(number, len(case["answer"]))


@cases("bad")
def test_other_answers_are_worth_nothing(case: Case) -> None:
    _, memory, then = ask(of_case(case))
    assert KIND.check(then, memory, Typed(case["answer"]), 0) == Refused()


@cases("unfit")
def test_other_suites_are_not_taken(case: Case) -> None:
    assert ChallengeCard().unfit(case["suite"], 64) is Unfit(case["why"])


def test_short_keys_are_not_taken_and_the_allowed_suites_are() -> None:
    kind = ChallengeCard()
    assert isinstance(kind, Issued)
    assert all(kind.unfit(suite, 16) is None and kind.unfit(suite, 15) is Unfit.KEY for suite in SUITES)
    assert all(kind.unfit(suite, 16) is Unfit.LEGACY and KIND.unfit(suite, 16) is None for suite in LEGACY)
    assert [suite for suite in SUITES | LEGACY if kind.mixes_pin(suite)] == [
        suite for suite in SUITES | LEGACY if suite.endswith("-PSHA1")
    ]


@given(keys, numbers, hashes, st.sampled_from([6, 7, 8]), st.none() | st.integers(0, 1 << 40))
def test_two_implementations_agree(key: bytes, number: str, hash_name: str, digits: int, counter: int | None) -> None:
    suite, answer = by_the_book(hash_name, digits, key, number, counter)
    assert response(suite, key, number, counter=counter or 0) == answer


@pytest.mark.skipif(shutil.which("oathtool") is None, reason="oathtool is not installed")
@settings(max_examples=20, deadline=None)
@given(keys, st.integers(0, 1 << 40), hashes)
def test_the_shortening_agrees_with_another_makers_program(key: bytes, counter: int, hash_name: str) -> None:
    """It knows no OCRA; it shortens a MAC of eight bytes as OCRA does, so it is handed the same kind of MAC."""
    from twolatch.kinds.totp import hotp
    from twolatch.protocol.ocra import shortened

    if hash_name != "sha1":
        seconds = str(counter % (1 << 31))
        said = subprocess.run(
            ["oathtool", f"--totp={hash_name}", "-d8", "-s1s", "-S@0", "-N", f"@{seconds}", key.hex()],
            check=True, capture_output=True, text=True,
        ).stdout.strip()  # fmt: skip
        counter = int(seconds)
    else:
        said = subprocess.run(
            ["oathtool", "--hotp", "-d8", f"-c{counter}", key.hex()], check=True, capture_output=True, text=True
        ).stdout.strip()
    assert said == shortened(hmac.digest(key, counter.to_bytes(8, "big"), hash_name), 8)
    assert said == hotp(key, counter, 8, hash_name)


def test_a_number_never_comes_twice() -> None:
    one, seen = record("OCRA-1:HOTP-SHA256-8:QN08", bytes(32)), set()
    for _ in range(2000):
        number, _, one = ask(one)
        seen.add(number)
    assert len(seen) == 2000


def test_a_card_asked_a_million_numbers_goes_on_with_eight_digits_that_mean_something_else_to_it() -> None:
    one = record("OCRA-1:HOTP-SHA256-8:QN08", bytes(32), asked=1_000_000)
    for _ in range(300):
        number, _, one = ask(one)
        assert (len(number), number[:2] == "00") == (8, False)
    with pytest.raises(LookupError):
        ask(record("OCRA-1:HOTP-SHA256-8:QN06", bytes(32), asked=1_000_000))


def test_none_of_eight_digits_begins_with_two_zeros() -> None:
    """To the card, which drops them, it would be one of six."""
    key = bytes(32)
    skipped = next(count for count in range(1000) if str(number_at(key, count, 8)).startswith("00"))
    number, _, then = ask(record("OCRA-1:HOTP-SHA256-8:QN08", key, skipped), ChallengeCard(8))
    assert number == number_at(key, skipped + 1, 8)
    assert then.moving["asked"] == skipped + 2
    assert ChallengeCard(8).shown(then).number == number


def test_a_strict_site_asks_eight_digits_of_a_card_that_takes_them() -> None:
    for suite, length in (("OCRA-1:HOTP-SHA256-8:QN08", 8), ("OCRA-1:HOTP-SHA256-8:QN06", 6)):
        assert len(ask(record(suite, bytes(32)), ChallengeCard(8))[0]) == length


@given(st.integers(0, 3 * AHEAD))
def test_a_card_that_counts_presses_may_be_ahead_but_not_far_and_never_behind(press: int) -> None:
    suite, key = "OCRA-1:HOTP-SHA256-8:C-QN08", bytes(range(32))
    number, memory, then = ask(record(suite, key, counter=AHEAD))
    verdict = KIND.check(then, memory, Typed(response(suite, key, number, counter=press)), 0)
    is_near = AHEAD <= press < 2 * AHEAD
    assert verdict == (Accepted({"asked": 1, "counter": press + 1}) if is_near else Refused())


def test_a_wrong_pin_at_a_card_that_mixes_it_in_is_a_wrong_answer() -> None:
    suite, key = "OCRA-1:HOTP-SHA256-8:QN08-PSHA1", bytes(range(32))
    number, memory, then = ask(record(suite, key, pin="4711"))
    [right, wrong] = [
        response(suite, key, number, pin_hash=hashed(pin)) for pin in ("4711", "4712")
    ]
    assert isinstance(KIND.check(then, memory, Typed(right), 0), Accepted)
    assert KIND.check(then, memory, Typed(wrong), 0) == Refused()


def hashed(pin: str) -> bytes:
    from hashlib import sha1

    return sha1(pin.encode()).digest()


@given(st.text(max_size=64))
def test_whatever_is_typed_is_refused_and_breaks_nothing(text: str) -> None:
    number, memory, then = ask(record("OCRA-1:HOTP-SHA256-8:QN08", bytes(32)))
    right = response("OCRA-1:HOTP-SHA256-8:QN08", bytes(32), number)
    expected = Accepted(then.moving) if text == right else Refused()
    assert KIND.check(then, memory, Typed(text), 0) == expected


def test_short_answers_cost_more() -> None:
    for suite, row in (("OCRA-1:HOTP-SHA256-8:QN08", CARD_ROW), ("OCRA-1:HOTP-SHA1-6:QN08", CARD_SHORT_ROW)):
        _, memory, _ = ask(record(suite, bytes(32)))
        assert (KIND.price(memory, Typed("")).row, KIND.price(memory, Typed("")).tries) == (row, 3)
    assert KIND.price(ask(record("OCRA-1:HOTP-SHA256-8:QN08", bytes(32)), purpose="test")[1], Typed("")).tries == 5
