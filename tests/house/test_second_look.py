"""A second look is for journeys, and for what hung."""

from tests.second_look import MOST, worth_it

JOURNEY = "tests/browser/test_push.py::test_a_late_tap_is_explained"


def test_a_journey_is_walked_once_more() -> None:
    assert worth_it([JOURNEY], [])


def test_nothing_else_is_and_a_journey_beside_it_neither() -> None:
    assert not worth_it(["tests/http/test_used_once.py::test_one_wins"], [])
    assert not worth_it([JOURNEY, "tests/http/test_used_once.py::test_one_wins"], [])
    assert not worth_it(["tests/browser/test_push.py"], []), "a file that cannot be read is no late browser"


def test_what_hung_is_run_once_more_and_what_failed_beside_it_is_not() -> None:
    hung = "tests/wires/test_mail.py::test_a_letter_arrives"
    assert worth_it([hung], [hung])
    assert not worth_it([hung, "tests/http/test_used_once.py::test_one_wins"], [hung])


def test_many_journeys_that_fail_are_no_accident_and_a_failure_without_a_test_is_one_of_the_watch() -> None:
    assert not worth_it([f"{JOURNEY}[{number}]" for number in range(MOST + 1)], [])
    assert not worth_it([], [])
