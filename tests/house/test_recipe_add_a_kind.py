"""The recipe, followed: a kind that no other room has heard of is begun and checked through the shelf."""

import ast
import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from tests.house.source import PROJECT, File
from tests.house.test_clock_and_chance import draws
from tests.house.toy_kind import Paper, word_at
from twolatch.authenticators.asking import Asking, prepare, record_of
from twolatch.authenticators.model import Authenticator, Purpose, State
from twolatch.house import Chance, Keys
from twolatch.house.keys import Purpose as KeyPurpose
from twolatch.kinds.kind import Kind, Price, Signs, Site, Typed
from twolatch.kinds.phone import PhoneKeys
from twolatch.kinds.shelf import shelf, take
from twolatch.login.prompts import prompt_of
from twolatch.protocol.keys import new_private
from twolatch.settings import Settings
from twolatch.texts.catalogue import LANGUAGES, Texts
from twolatch.words.shapes import TypeCode
from twolatch.words.verdicts import Accepted, Refused

RECIPE = PROJECT / "docs" / "recipes" / "add-a-kind.md"
TOY = Path(__file__).with_name("toy_kind.py")
NOW = 1_795_361_541_000
PORTAL = Site("localhost", "http://localhost")
# the phone's own are spread over the protocol's files; the printed card has the cells of the online one
VECTORS = {"phone": "answer", "printedcard": "codecard"}


def site() -> Any:
    """As much of a house as a kind can be asked through."""
    keys = Keys({(KeyPurpose.SEAL, 1): bytes(32)})
    own = PhoneKeys("phone.localhost", "http://phone.localhost", "phone.localhost", "P", new_private(), new_private())
    return SimpleNamespace(settings=Settings(), keys=keys, chance=Chance(), kinds=(*shelf(own, "S", PORTAL), Paper()))


def held(house: Any) -> Authenticator:
    one, user = house.chance.id(), house.chance.id()
    secret = house.keys.seal("authenticators.secret", one, user, bytes(range(32)))
    return Authenticator(
        one, user, "paper", "Anna's list", State.ACTIVE, {}, secret, {"used": []}, 0, "", NOW, 0
    )


def asked(house: Any, one: Authenticator) -> Any:
    anna: Any = SimpleNamespace(id=one.user, name="anna")
    return prepare(house, one, anna, Asking(Purpose.LOGIN, b"", True, "", "", "password"), NOW)


def test_step_1_the_kind_fits_the_shape_of_kinds_and_stays_pure() -> None:
    kind: Kind = Paper()
    assert not isinstance(kind, Signs)
    file = File("kinds/paper.py", TOY.read_text(encoding="utf-8"))
    assert draws([file]) == set()
    rooms = {
        (node.module or "").split(".")[1]
        for node in ast.walk(file.tree)
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("twolatch.")
    }
    assert rooms <= {"kinds", "protocol", "words"}


def test_step_2_the_shelf_gives_it_out_by_its_name() -> None:
    assert take(site().kinds, "paper") == Paper()
    with pytest.raises(LookupError):
        take(site().kinds, "stone")


def test_step_3_a_login_asks_in_a_shape_that_faces_know() -> None:
    house = site()
    question = asked(house, held(house))
    assert prompt_of(question) == TypeCode("Anna's list", f"{question.memory['place']:03d}", question.expires_at)
    assert question.moving == {"used": [question.memory["place"]]}


def test_step_4_the_right_word_is_accepted_and_its_place_is_never_asked_again() -> None:
    house = site()
    one = held(house)
    question = asked(house, one)
    assert question.moving is not None
    record = record_of(house, replace(one, moving=question.moving), "anna", with_secret=True)
    word = word_at(record, question.memory["place"])
    assert Paper().check(record, question.memory, Typed(word), NOW) == Accepted({"used": [question.memory["place"]]})
    full = replace(one, moving={"used": [place for place in range(224) if place != 17]})
    assert asked(house, full).memory == {"place": 17}


@settings(deadline=None)
@given(st.text(max_size=12))
def test_step_4_any_other_word_is_refused_and_says_no_more(guess: str) -> None:
    house = site()
    one = held(house)
    question = asked(house, one)
    record = record_of(house, one, "anna", with_secret=True)
    if guess.lower() != word_at(record, question.memory["place"]):
        assert Paper().check(record, question.memory, Typed(guess), NOW) == Refused()


def test_step_4_every_try_costs_and_some_try_is_the_last() -> None:
    price = Paper().price({"place": 17}, Typed("guess"))
    assert isinstance(price, Price)
    assert (price.row.allowance, price.row.window, price.tries) == (5, 0, 3)


@pytest.mark.parametrize("kind", shelf(site().kinds[0].keys, "S", PORTAL), ids=lambda kind: kind.name)
def test_every_kind_on_the_shelf_has_its_vectors_and_a_name_in_every_language(kind: Kind) -> None:
    assert (PROJECT / "vectors" / f"{VECTORS.get(kind.name, kind.name)}.json").exists()
    for language in LANGUAGES:
        assert Texts().say(language, f"kind.{kind.name}")


def test_the_recipe_shows_the_kind_that_is_tested_here() -> None:
    [shown] = re.findall(r"```python\n(.*?)```", RECIPE.read_text(encoding="utf-8"), re.S)
    assert shown == TOY.read_text(encoding="utf-8")


def test_every_step_of_the_recipe_names_files_that_exist() -> None:
    steps = re.split(r"^## (?=\d)", RECIPE.read_text(encoding="utf-8"), flags=re.M)[1:]
    assert [step.partition(".")[0] for step in steps] == [str(number + 1) for number in range(len(steps))]
    for step in steps:
        files = re.findall(r"`((?:[\w-]+/)+[\w-]+\.\w{2,4}|[A-Z]+\.md)`", step)
        assert files, step
        assert [name for name in files if not (PROJECT / name).exists()] == []
