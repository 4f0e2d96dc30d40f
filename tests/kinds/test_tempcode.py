"""The temporary code: ten signs to be spoken, kept as a hash, five wrong ones in all."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twolatch.kinds.kind import Newborn, Record, Typed
from twolatch.kinds.recovery import hashed
from twolatch.kinds.tempcode import LENGTH, TempCode
from twolatch.protocol.codes import ALPHABET
from twolatch.words.limits import DAY
from twolatch.words.secret import Secret
from twolatch.words.shapes import KeepCodes
from twolatch.words.verdicts import Accepted, Refused

VECTORS = json.loads((Path(__file__).parents[2] / "vectors" / "tempcode.json").read_text())
KIND = TempCode()

few = settings(max_examples=10, deadline=None)


def cases(name: str) -> Any:
    return pytest.mark.parametrize("case", VECTORS[name], ids=lambda case: case["says"])


def record(born: Newborn) -> Record:
    return Record("a" * 26, "b" * 26, "anna", "Code", True, born.enrolment, born.moving, Secret(born.secret))


def made(fresh: bytes) -> tuple[Newborn, str]:
    born = KIND.spoken(fresh)
    assert isinstance(born.shown, KeepCodes)
    [code] = born.shown.codes
    return born, code


@cases("good")
def test_bits_are_written_and_hashed_as_the_vectors_say(case: dict[str, Any]) -> None:
    fresh = bytes.fromhex(case["salt"]) + bytes.fromhex(case["bits"]) + bytes(41)
    born, code = made(fresh)
    assert code == case["code"]
    assert born.secret.hex() == case["salt"] + case["hash"]


@cases("same")
def test_a_code_is_taken_as_people_write_it(case: dict[str, Any]) -> None:
    first = VECTORS["good"][0]
    assert hashed(case["text"], bytes.fromhex(first["salt"])).hex() == first["hash"]


@cases("bad")
def test_anything_else_is_another_code(case: dict[str, Any]) -> None:
    first = VECTORS["good"][0]
    assert hashed(case["text"], bytes.fromhex(first["salt"])).hex() != first["hash"]


@few
@given(st.binary(min_size=64, max_size=64))
def test_the_code_opens_until_its_end_and_nothing_moves(fresh: bytes) -> None:
    born, code = made(fresh)
    assert len(code.replace("-", "")) == LENGTH
    assert set(code) <= {*ALPHABET, "-"}
    for _ in range(2):
        assert KIND.check(record(born), {"tries": 3}, Typed(code.lower()), 0) == Accepted({})


@few
@given(st.text(max_size=20))
def test_a_guess_is_refused_and_says_no_more(guess: str) -> None:
    born, _ = made(bytes(range(64)))
    assert KIND.check(record(born), {"tries": 3}, Typed(guess), 0) == Refused()


def test_five_wrong_ones_in_all_and_not_in_a_row() -> None:
    price = KIND.price({"tries": 3}, Typed("guess"))
    assert (price.month.allowance, price.locks) == (5, True)
    assert price.month.window > KIND.lives, "the counter outlives the code"
    assert (KIND.lives, KIND.narrows) == (12 * DAY, 2 * DAY)


def test_the_code_is_kept_nowhere_nor_printed_by_accident() -> None:
    born, code = made(bytes(range(64)))
    assert code not in repr(born)
    assert code.replace("-", "").encode() not in born.secret
