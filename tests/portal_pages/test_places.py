"""No address ever comes out of a request."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twolatch.faces.portal.places import REASONS, Place, StepUp, path_of, place_of, step_up_before

ID = "01k9x2q7d3m8v5n4t6b1c0e9fr"
OTHER = "01k9x2q7d3m8v5n4t6b1c0e9fq"
OURS = re.compile(r"/[a-z]?[a-zA-Z0-9/._?=&-]*")

EVIL = ["//evil.example", "https://evil.example", "/\\evil", "javascript:alert(1)", "x\r\nSet-Cookie: a=b", "", ID]
words = st.one_of(
    st.sampled_from(EVIL),
    st.sampled_from([place.value for place in Place]),
    st.text(max_size=40),
)


@given(words, st.dictionaries(st.sampled_from(["id", "token", "to", "ask", "next"]), words))
def test_nobody_is_sent_to_a_foreign_place(name: str, marks: dict[str, str]) -> None:
    path = path_of(place_of(name), marks)
    assert OURS.fullmatch(path)
    assert not path.startswith("//")
    assert "evil" not in path or place_of(name) is Place.SUSPEND


@pytest.mark.parametrize(
    ("place", "marks", "path"),
    [
        (Place.HOME, {}, "/"),
        (Place.REMOVE, {"id": ID}, f"/security/authenticators/{ID}/remove"),
        (Place.REMOVE, {"id": "../../logout"}, "/security"),
        (Place.SUSPEND, {"token": f"{ID}.17.abc_-"}, f"/suspend/{ID}.17.abc_-"),
        (Place.SUSPEND, {"token": "a/../b"}, "/"),
        (Place.STEP_UP, {"to": "remove", "id": ID, "ask": OTHER}, f"/step-up?to=remove&id={ID}&ask={OTHER}"),
        (Place.STEP_UP, {"to": "login", "id": "x"}, "/step-up?to=security"),
    ],
)
def test_a_place_has_its_path(place: Place, marks: dict[str, str], path: str) -> None:
    assert path_of(place, marks) == path


def test_an_unknown_place_is_home() -> None:
    assert place_of("https://evil.example/") is Place.HOME


@pytest.mark.parametrize(
    ("path", "onward"),
    [
        (f"/security/authenticators/{ID}/remove", f"/security/authenticators/{ID}/remove"),
        ("/security/authenticators/nonsense/remove", "/security"),
        ("/password", "/password"),
        ("/activate/begin", "/activate"),
        ("/banner/show", "/activate"),
        ("/anything/else", "/security"),
    ],
)
def test_after_proving_again_a_client_is_where_he_was(path: str, onward: str) -> None:
    assert step_up_before(path).onward == onward


def test_proving_again_survives_the_way_through_an_address() -> None:
    for to in REASONS:
        wish = StepUp(to, ID, OTHER)
        assert StepUp.read(wish.marks) == wish
