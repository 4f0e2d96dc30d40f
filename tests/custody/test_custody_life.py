"""The life of a card is a table, and each state has its way in."""

from tests.house.test_life import dead_ends, reachable
from twolatch.custody.model import ALONG, NEXT, State


def test_every_state_has_its_line_and_can_be_reached_from_the_box() -> None:
    assert set(NEXT) == set(State)
    assert reachable(NEXT, State.STOCKED) == set(State)


def test_every_card_ends_in_the_shredder_and_stays_there() -> None:
    assert NEXT[State.DESTROYED] == frozenset()
    assert dead_ends(NEXT, State.DESTROYED) == set()


def test_what_left_the_house_never_lies_in_the_stock_again() -> None:
    assert {state for state in State if State.STOCKED in NEXT[state]} == {State.ASSIGNED}
    assert State.ASSIGNED not in reachable({**NEXT, State.STOCKED: frozenset()}, State.SHIPPED)


def test_what_an_authenticator_does_to_its_card_is_a_step_of_the_card() -> None:
    assert all(to in NEXT[State.ACTIVE] | {State.ACTIVE} for to in ALONG.values())
