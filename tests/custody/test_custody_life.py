"""The life of a card, of an order and of a return is a table, and each state has its way in."""

import re

import pytest

from tests.house.source import HOUSE
from tests.house.test_life import dead_ends, reachable
from twolatch.authenticators.model import State as OfAuthenticator
from twolatch.custody.model import BACK, COMING, FOLLOWS, NEXT, OUT, Card, State, may_wake
from twolatch.custody.orders.model import NEXT as OF_ORDERS
from twolatch.custody.orders.model import OF_CARD
from twolatch.custody.orders.model import OPEN as OPEN_ORDERS
from twolatch.custody.orders.model import State as OfOrder
from twolatch.custody.returns.model import NEXT as OF_RETURNS
from twolatch.custody.returns.model import OPEN as OPEN_RETURNS
from twolatch.custody.returns.model import State as OfReturn
from twolatch.custody.returns.model import home


def card(state: State, *, shipped: int = 0) -> Card:
    return Card("id", "T-1", "card", "", "", b"", 0, state, "user", "", 0, 0, shipped, 0, "", "")


def test_every_state_has_its_line_and_can_be_reached_from_the_box() -> None:
    assert set(NEXT) == set(State)
    assert reachable(NEXT, State.STOCKED) == set(State)


def test_every_card_ends_in_the_shredder_and_stays_there() -> None:
    assert NEXT[State.DESTROYED] == frozenset()
    assert dead_ends(NEXT, State.DESTROYED) == set()


def test_what_left_the_house_never_lies_in_the_stock_again() -> None:
    assert {state for state in State if State.STOCKED in NEXT[state]} == {State.RESERVED}
    assert {State.STOCKED, State.RESERVED}.isdisjoint(reachable(NEXT, State.SHIPPED))


def test_what_came_back_only_goes_on_to_its_end() -> None:
    assert reachable(NEXT, State.RECEIVED) == BACK
    assert all(State.RECEIVED in NEXT[state] for state in OUT), "whatever is out may turn up"
    assert set(State) == OUT | BACK | {State.STOCKED, State.RESERVED}


@pytest.mark.parametrize("state", State)
def test_what_was_with_a_client_is_looked_at_before_it_is_destroyed(state: State) -> None:
    assert card(state, shipped=1).may_go(State.DESTROYED) is (state is State.INSPECTED)
    assert card(state).may_go(State.DESTROYED) is (State.DESTROYED in NEXT[state])


@pytest.mark.parametrize("state", State)
def test_what_never_left_the_house_does_not_come_back(state: State) -> None:
    assert not card(state).may_go(State.ANNOUNCED)
    assert not card(state).may_go(State.RECEIVED)
    assert not card(state).may_come_back


def test_what_an_authenticator_does_to_its_card_is_a_step_of_the_card() -> None:
    assert all(to in NEXT[seen] for steps in FOLLOWS.values() for seen, to in steps.items())


def test_what_is_on_its_way_back_is_woken_by_nobody() -> None:
    for state in BACK | {State.IN_TRANSIT, State.WITHDRAWN}:
        assert not any(may_wake(state, one) for one in OfAuthenticator)
    assert not may_wake(State.ANNOUNCED, OfAuthenticator.UNPROVEN), "what goes back is not set up any more"


def test_every_order_and_every_return_can_be_reached_and_ends() -> None:
    assert reachable(OF_ORDERS, OfOrder.ORDERED) == set(OfOrder) == set(OF_ORDERS)
    assert {state for state in OfOrder if OF_ORDERS[state]} == OPEN_ORDERS
    assert reachable(OF_RETURNS, OfReturn.ANNOUNCED) == set(OfReturn) == set(OF_RETURNS)
    assert {state for state in OfReturn if OF_RETURNS[state]} == OPEN_RETURNS
    assert all(to in OF_ORDERS[OfOrder.SHIPPED] for to in OF_CARD.values())


def test_a_return_that_is_called_off_leads_to_what_the_card_was() -> None:
    for was in OUT - {State.ANNOUNCED, State.IN_TRANSIT}:
        for one in (None, *OfAuthenticator):
            assert home(was, one) in NEXT[State.ANNOUNCED]
    assert home(State.ACTIVE, OfAuthenticator.ACTIVE) is State.ACTIVE
    assert home(State.ACTIVE, OfAuthenticator.REPORTED) is State.SUSPENDED, "it was reported meanwhile"
    assert home(State.FAULTY, OfAuthenticator.SUSPENDED) is State.FAULTY


def test_the_database_itself_holds_what_the_table_says() -> None:
    """The indexes and the constraint name the same states as the model."""
    texts = "\n".join(path.read_text() for path in sorted((HOUSE / "storage" / "migrations").glob("*.sql")))
    coming = re.findall(r"INDEX cards_coming ON cards \(user_id\) WHERE state IN \((.*?)\)", texts)[-1]
    assert set(re.findall(r"'(\w+)'", coming)) == COMING
    for table, states in (("orders", OPEN_ORDERS), ("returns", OPEN_RETURNS)):
        named = re.findall(rf"INDEX {table}_open ON {table} \(\w+\) WHERE state IN \((.*?)\)", texts)[-1]
        assert set(re.findall(r"'(\w+)'", named)) == states
    assert "CHECK (shipped_at = 0 OR state NOT IN ('stocked', 'reserved'))" in texts
