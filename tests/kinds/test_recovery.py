"""Recovery codes: ten, each once, kept as hashes."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twolatch.kinds.kind import Newborn, Owner, Record, Typed
from twolatch.kinds.recovery import MANY, Recovery, hashed, written
from twolatch.words.secret import Secret
from twolatch.words.shapes import KeepCodes
from twolatch.words.verdicts import Accepted, Refused

VECTORS = json.loads((Path(__file__).parents[2] / "vectors" / "recovery.json").read_text())
KIND = Recovery()
ANNA = Owner("b" * 26, "anna")

few = settings(max_examples=10, deadline=None)


def cases(name: str) -> Any:
    return pytest.mark.parametrize("case", VECTORS[name], ids=lambda case: case["says"])


def record(born: Newborn, used: list[int], *, is_proven: bool = True) -> Record:
    return Record("a" * 26, "b" * 26, "anna", "List", is_proven, {}, {"used": used}, Secret(born.secret))


def made(fresh: bytes) -> tuple[Newborn, tuple[str, ...]]:
    born = KIND.newborn(ANNA, fresh)
    assert isinstance(born.shown, KeepCodes)
    return born, born.shown.codes


@cases("good")
def test_bits_are_written_and_hashed_as_the_vectors_say(case: dict[str, Any]) -> None:
    assert written(bytes.fromhex(case["bits"])) == case["code"]
    assert hashed(case["code"], bytes.fromhex(case["salt"])).hex() == case["hash"]


@cases("same")
def test_a_code_is_taken_as_people_write_it(case: dict[str, Any]) -> None:
    first = VECTORS["good"][0]
    assert hashed(case["text"], bytes.fromhex(first["salt"])).hex() == first["hash"]


@cases("bad")
def test_anything_else_is_another_code(case: dict[str, Any]) -> None:
    first = VECTORS["good"][0]
    assert hashed(case["text"], bytes.fromhex(first["salt"])).hex() != first["hash"]


@few
@given(st.binary(min_size=160, max_size=160), st.permutations(range(MANY)))
def test_every_code_opens_once_in_any_order(fresh: bytes, order: list[int]) -> None:
    born, codes = made(fresh)
    if len(set(codes)) < MANY:
        return  # hypothesis likes bytes that are all the same
    used: list[int] = []
    for place in order:
        assert KIND.left(record(born, used)) == MANY - len(used)
        verdict = KIND.check(record(born, used), {"tries": 3}, Typed(codes[place]), 0)
        assert verdict == Accepted({"used": [*used, place]})
        used = [*used, place]
        assert KIND.check(record(born, used), {"tries": 3}, Typed(codes[place]), 0) == Refused()
    assert KIND.left(record(born, used)) == 0


def test_the_code_that_confirms_a_new_set_is_not_used_up() -> None:
    born, codes = made(bytes(range(160)))
    assert KIND.check(record(born, [], is_proven=False), {"tries": 5}, Typed(codes[4]), 0) == Accepted({"used": []})


@few
@given(st.text(max_size=20))
def test_a_guess_is_refused_and_says_no_more(guess: str) -> None:
    born, _ = made(bytes(range(160)))
    assert KIND.check(record(born, []), {"tries": 3}, Typed(guess), 0) == Refused()


def test_no_code_is_kept_nor_shown_again_nor_printed_by_accident() -> None:
    born, codes = made(bytes(range(160)))
    kept = born.secret.hex() + repr(born)
    assert not any(code in kept or code.replace("-", "").encode().hex() in kept for code in codes)
    assert KIND.shown(record(born, [])) is None
    assert len(set(codes)) == MANY
