"""The online code card: cells that follow from one secret, and a pair that stays asked until it is answered."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twolatch.kinds.codecard import CELLS, SIGNS, CodeCard, cell, drawn, number
from twolatch.kinds.kind import Asked, Newborn, Opening, Owner, Record, Typed
from twolatch.words.secret import Secret
from twolatch.words.shapes import KeepCard, TypeCells
from twolatch.words.verdicts import Accepted, Refused

VECTORS = json.loads((Path(__file__).parents[2] / "vectors" / "codecard.json").read_text())
SECRET = bytes.fromhex(VECTORS["secret"])
KIND, STRICT = CodeCard(), CodeCard(each_once=True)
NOW = 1_795_361_541_000

few = settings(max_examples=25, deadline=None)
draws = st.binary(min_size=96, max_size=96)


def cases(name: str) -> Any:
    return pytest.mark.parametrize("case", VECTORS[name], ids=lambda case: case["says"])


def record(born: Newborn, moving: Any = None, *, is_proven: bool = True) -> Record:
    kept = born.moving if moving is None else moving
    return Record("a" * 26, "b" * 26, "anna", "Card", is_proven, born.enrolment, kept, Secret(born.secret))


def made(kind: CodeCard = KIND, secret: bytes = SECRET) -> Newborn:
    return kind.newborn(Owner("", "anna"), secret + bytes(128))


def ask(kind: CodeCard, one: Record, fresh: bytes = bytes(96)) -> Opening:
    asked = Asked("c" * 26, "login", "P", "Firefox", "192.0.2.1", True, False, "password", NOW + 180_000, fresh)
    return kind.begin(one, asked, NOW)


def asked_again(one: Record, opening: Opening) -> Record:
    """The record as it stands when the question is written down."""
    moving = one.moving if opening.moving is None else opening.moving
    return Record(one.id, one.user, one.user_name, one.name, one.is_proven, one.enrolment, moving, one.secret)


def right(one: Record, opening: Opening) -> str:
    secret, signs = one.secret.reveal(), one.enrolment["signs"]
    return "".join(cell(secret, place, signs) for place in opening.memory["pair"])


@cases("good")
def test_a_cell_is_what_the_vectors_say(case: dict[str, Any]) -> None:
    assert cell(SECRET, case["place"] - 1, case["signs"]) == case["cell"]


def test_the_number_of_a_card_is_what_the_vectors_say() -> None:
    assert number(SECRET) == VECTORS["number"]


@cases("same")
def test_two_cells_are_taken_as_people_write_them(case: dict[str, Any]) -> None:
    one = record(made(), {"asked": [16, 141], "used": []})
    assert KIND.check(one, ask(KIND, one).memory, Typed(case["text"]), NOW) == Accepted({"asked": [], "used": []})


@cases("bad")
def test_anything_else_is_wrong_and_leaves_the_pair_asked(case: dict[str, Any]) -> None:
    one = record(made(), {"asked": [16, 141], "used": []})
    assert KIND.check(one, ask(KIND, one).memory, Typed(case["text"]), NOW) == Refused()


def test_a_card_has_224_cells_of_signs_nobody_takes_for_another() -> None:
    shown = made().shown
    assert isinstance(shown, KeepCard)
    assert len(shown.cells) == CELLS == 224
    assert set("".join(shown.cells)) <= set(SIGNS)
    assert len(SIGNS) == 30
    assert not set(SIGNS) & set("01ILOU")
    assert {len(text) for text in shown.cells} == {3}


@few
@given(draws, st.lists(draws, max_size=5))
def test_whoever_asks_again_is_asked_for_the_same_two_cells(first: bytes, others: list[bytes]) -> None:
    one = record(made())
    opening = ask(KIND, one, first)
    assert opening.moving == {"asked": opening.memory["pair"], "used": []}
    one = asked_again(one, opening)
    for fresh in others:
        again = ask(KIND, one, fresh)
        assert (again.prompt, again.memory, again.moving) == (opening.prompt, opening.memory, None)


@few
@given(draws, draws)
def test_an_answered_pair_is_no_question_any_more(first: bytes, second: bytes) -> None:
    one = record(made())
    opening = ask(KIND, one, first)
    one = asked_again(one, opening)
    answer = Typed(right(one, opening))
    verdict = KIND.check(one, opening.memory, answer, NOW)
    assert isinstance(verdict, Accepted)
    after = record(made(), verdict.moving)
    assert KIND.check(after, opening.memory, answer, NOW) == Refused()
    another = ask(KIND, after, second)
    after = asked_again(after, another)
    if another.memory["pair"] != opening.memory["pair"]:
        assert KIND.check(after, opening.memory, answer, NOW) == Refused()


@few
@given(st.text(max_size=20))
def test_a_guess_is_refused_and_says_no_more(guess: str) -> None:
    one = record(made(), {"asked": [16, 141], "used": []})
    opening = ask(KIND, one)
    if "".join(guess.split()).upper().replace("-", "") != right(one, opening):
        assert KIND.check(one, opening.memory, Typed(guess), NOW) == Refused()


def test_the_question_names_the_card_and_two_places_as_they_are_printed() -> None:
    one = record(made(), {"asked": [16, 141], "used": []})
    assert ask(KIND, one).prompt == TypeCells("Card", VECTORS["number"], ("17", "142"), 3, NOW + 180_000)


@few
@given(draws)
def test_the_two_cells_are_two_and_on_the_card(fresh: bytes) -> None:
    first, second = drawn(fresh, [])
    assert 0 <= first < second < CELLS


def test_where_each_cell_serves_once_a_card_answers_112_times_and_then_nothing() -> None:
    born = made(STRICT)
    one, seen = record(born), set()
    for turn in range(112):
        opening = ask(STRICT, one, bytes([turn]) * 96)
        one = asked_again(one, opening)
        seen |= set(opening.memory["pair"])
        verdict = STRICT.check(one, opening.memory, Typed(right(one, opening)), NOW)
        assert isinstance(verdict, Accepted)
        one = record(born, verdict.moving)
    assert seen == set(range(CELLS))
    empty = ask(STRICT, one)
    assert empty.memory["pair"] == []
    assert STRICT.check(one, empty.memory, Typed(""), NOW) == Refused()


def test_the_first_answer_of_a_new_card_uses_nothing_up() -> None:
    one = record(made(STRICT), is_proven=False)
    opening = ask(STRICT, one)
    one = asked_again(one, opening)
    assert STRICT.check(one, opening.memory, Typed(right(one, opening)), NOW) == Accepted({"asked": [], "used": []})
    assert one.enrolment["signs"] == 6


def test_after_a_restored_backup_another_pair_is_asked() -> None:
    one = record(made(), {"asked": [16, 141], "used": []})
    assert KIND.leap(one) == {"asked": [], "used": []}
    assert STRICT.leap(record(made(STRICT), {"asked": [16, 141], "used": [1, 2]})) == {
        "asked": [], "used": [1, 2, 16, 141],
    }  # fmt: skip


def test_no_cell_is_printed_by_accident() -> None:
    born = made()
    assert not any(text in repr(born) for text in KIND.shown(record(born)).cells)
