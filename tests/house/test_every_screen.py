"""The watch over the journeys sees what they leave out."""

from tests.every_screen import PLACES, is_first, left_out, screens_of
from twolatch.house.chance import Chance


def test_the_screens_of_the_phone_are_found_in_its_own_list() -> None:
    names = screens_of(PLACES.read_text(encoding="utf-8"))
    assert len(names) > 20, names
    assert {"start", "scan", "request", "outcome", "settings", "guidelines", "diary"} <= names
    assert not {"id", "approved", "proved", "later"} & names, "those are ways a screen may look, and no screens"


def test_a_screen_nobody_came_to_is_named() -> None:
    places = 'type Place =\n  | { screen: "start" }\n  | { screen: "scan"; by: "qr" };\nexport type ScreenName = "x";'
    assert left_out(places, ["start"]) == {"scan"}
    assert left_out(places, ["start", "scan", "old"]) == set()


def test_a_screen_is_examined_by_who_comes_first_and_by_nobody_else() -> None:
    name = Chance().id()
    assert [is_first("trials", name) for _ in range(3)] == [True, False, False]
