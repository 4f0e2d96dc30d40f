"""The whole life of cards, in any order Hypothesis can think of: what the stock, the post, the client, the desk and the
shredder do to them, asked for at the right moment and at the wrong one.

After every step each card is what a small model says; nothing that was out lies in the stock, nothing that came back
opens anything, each reserve ends once, and the list of its way ends where the card is.
"""

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, precondition, rule

from tests.flows.houses import Seat
from tests.flows.living import Living, live
from tests.flows.test_accounts import opened
from tests.flows.travels import CLERK, HOME, TRACKING, box, set_up
from twolatch.authenticators import store as authenticators
from twolatch.authenticators.model import HELD
from twolatch.authenticators.model import State as OfAuthenticator
from twolatch.authenticators.outcome import move
from twolatch.client.cards import SoftCard
from twolatch.custody import flows
from twolatch.custody.dues import flows as dues
from twolatch.custody.dues.model import SEEN, What
from twolatch.custody.handing import Parcel
from twolatch.custody.model import BACK, CARRIER, COMING, Card, State
from twolatch.custody.orders import flows as orders
from twolatch.custody.orders.model import Order, Wish
from twolatch.custody.returns import flows as returns
from twolatch.custody.returns import store as of_returns
from twolatch.custody.returns.model import Reason, home
from twolatch.sessions.model import SignedIn
from twolatch.words.events import Event
from twolatch.words.refusals import Refusal
from twolatch.words.warrants import Operator

CARDS = 3
WHICH = st.integers(0, CARDS - 1)
_OUT = (State.SHIPPED, State.DELIVERED, State.ACTIVE, State.SUSPENDED, State.WITHDRAWN)
# What each wish makes of a card, written down apart from the program. FAULTY and LOST depend on where it was.
FAILS = {*_OUT, State.RESERVED, State.ANNOUNCED}
IS_LOST = {*_OUT, State.STOCKED, State.RESERVED, State.FAULTY, State.ANNOUNCED, State.IN_TRANSIT}
COMES_BACK = {*_OUT, State.FAULTY, State.LOST}
# The last line of the way of a card in this state.
LAST: Mapping[State, set[str]] = {
    State.STOCKED: {"stocked"}, State.RESERVED: {"assigned"}, State.SHIPPED: {"shipped"},
    State.DELIVERED: {"delivered"}, State.ACTIVE: {"activated"}, State.SUSPENDED: {"suspended"},
    State.WITHDRAWN: {"withdrawn"}, State.FAULTY: {"faulty"}, State.ANNOUNCED: {"announced"},
    State.IN_TRANSIT: {"posted"}, State.RECEIVED: {"received"}, State.INSPECTED: {"inspected"},
    State.DESTROYED: {"destroyed"}, State.LOST: {"lost"},
}  # fmt: skip


class Travels(Living):
    """A new client and a new box of cards in each example."""

    @initialize()
    def begins(self) -> None:
        self.number = f"N{Living.number:05d}"
        self.do(opened(self.house, self.number, (self.name,)))
        self.made: list[SoftCard] = self.do(box(self.house, CARDS))
        self.states = [State.STOCKED] * CARDS
        self.was_out: set[int] = set()
        self.order: Order | None = None

    def card(self, at: int) -> Card:
        found = self.do(flows.by_serial(self.house, self.made[at].serial))
        assert found
        return found

    def went(self, at: int, to: State, done: Any, *, if_: bool) -> None:
        """The wish was done exactly if it could be; then the card is there."""
        is_done = isinstance(done, Card) or (done is not None and not hasattr(done, "value"))
        assert is_done is if_, (at, self.states, to, done)
        if if_:
            self.states[at] = to

    @property
    def comes(self) -> bool:
        return any(state in COMING for state in self.states)

    # orders

    @rule()
    def orders_a_card(self) -> None:
        wish = Wish("", HOME)
        done = self.do(orders.order_for(self.house, Operator(), self.name, self.number, wish, self.now))
        open_one = any(one.state.value in {"ordered", "shipped", "delivered"} for one in self.mine() if one != done)
        assert isinstance(done, Order) is (not self.comes and not open_one)
        self.order = done if isinstance(done, Order) else self.order

    def mine(self) -> list[Order]:
        return self.do(orders.mine(self.house, self.user))

    @precondition(lambda self: self.order)
    @rule()
    def takes_the_order_back(self) -> None:
        assert self.order
        done = self.do(orders.cancel_for(self.house, self.order.number, self.now, CLERK))
        self.order = None if done is None else self.order

    @precondition(lambda self: self.order)
    @rule(at=WHICH)
    def ships_the_order(self, at: int) -> None:
        assert self.order
        waits = any(one.number == self.order.number for one in self.do(orders.waiting(self.house)))
        can = waits and not self.comes and self.states[at] is State.STOCKED
        parcel = Parcel(self.made[at].serial, "", TRACKING)
        done = self.do(orders.ship(self.house, self.order.number, parcel, self.now, CLERK))
        self.went(at, State.SHIPPED, done, if_=can)
        self.was_out |= {at} if can else set()

    # the stock

    @rule(at=WHICH)
    def sets_it_aside(self, at: int) -> None:
        can = self.states[at] is State.STOCKED and not self.comes
        done = self.do(flows.assign(self.house, self.made[at].serial, self.name, "", self.now, holds=True))
        self.went(at, State.RESERVED, done, if_=can)

    @rule(at=WHICH)
    def sends_what_was_set_aside(self, at: int) -> None:
        can = self.states[at] is State.RESERVED
        done = self.do(flows.ship(self.house, Parcel(self.made[at].serial), self.now))
        self.went(at, State.SHIPPED, done, if_=can)
        self.was_out |= {at} if can else set()

    @rule(at=WHICH, to=st.sampled_from([State.STOCKED, State.LOST, State.DESTROYED]))
    def writes_it_off(self, at: int, to: State) -> None:
        state, out = self.states[at], at in self.was_out
        can = {
            State.STOCKED: state is State.RESERVED,
            State.LOST: state in IS_LOST,
            State.DESTROYED: state is State.INSPECTED
            or (not out and state in {State.STOCKED, State.RESERVED, State.FAULTY, State.LOST}),
        }[to]
        done = self.do(flows.mark(self.house, Operator(), self.made[at].serial, to, self.now))
        self.went(at, to, done, if_=can)

    @rule(at=WHICH)
    def says_that_it_does_not_work(self, at: int) -> None:
        can = self.states[at] in FAILS
        done = self.do(flows.fail(self.house, self.made[at].serial, self.now, CLERK))
        self.went(at, State.FAULTY, done, if_=can)

    # the post, and the client

    @rule(at=WHICH)
    def brings_it(self, at: int) -> None:
        can = self.states[at] is State.SHIPPED
        done = self.do(flows.deliver(self.house, self.made[at].serial, self.now, CARRIER))
        self.went(at, State.DELIVERED, done, if_=can)

    @precondition(lambda self: any(state in {State.SHIPPED, State.DELIVERED} for state in self.states))
    @rule()
    def activates_what_came(self) -> None:
        if self.do(authenticators.held_by(self.house.db, self.house.keys, self.user.id)):
            return
        at = next(at for at, state in enumerate(self.states) if state in {State.SHIPPED, State.DELIVERED})
        who = self.do(Seat(self.house).log_in(self.name))
        assert self.do(set_up(self.house, who, self.made[at])).state is State.ACTIVE
        self.states[at] = State.ACTIVE

    @rule(at=WHICH, to=st.sampled_from([OfAuthenticator.REPORTED, OfAuthenticator.SUSPENDED, OfAuthenticator.REMOVED,
                                        OfAuthenticator.ACTIVE]))  # fmt: skip
    def its_authenticator_goes(self, at: int, to: OfAuthenticator) -> None:
        card, state, event = self.card(at), self.states[at], Event.AUTHENTICATOR_SUSPENDED
        if not card.authenticator:
            return
        moved = self.do(self.house.db.write(
            lambda tx: move(tx, self.house, card.authenticator, self.user, to, event, self.now)
        ))  # fmt: skip
        if not moved:
            return
        if to is OfAuthenticator.ACTIVE:
            assert state in {State.SUSPENDED, State.FAULTY, State.LOST, State.ACTIVE}, "nothing that is back wakes up"
            self.states[at] = State.ACTIVE
        elif state in {State.ACTIVE, State.SUSPENDED}:
            self.states[at] = State.WITHDRAWN if to is OfAuthenticator.REMOVED else State.SUSPENDED

    # back

    @rule(at=WHICH, reason=st.sampled_from(list(Reason)))
    def announces_a_return(self, at: int, reason: Reason) -> None:
        can = self.states[at] in COMES_BACK and at in self.was_out
        serial = self.made[at].serial
        done = self.do(returns.announce_for(self.house, serial, reason, "europe", self.now, CLERK))
        self.went(at, State.ANNOUNCED, done, if_=can)

    @rule(at=WHICH)
    def calls_it_off(self, at: int) -> None:
        card = self.card(at)
        one = self.do(of_returns.open_of(self.house.db, card.id))
        if one is None:
            return
        held = self.do(authenticators.find(self.house.db, self.house.keys, card.authenticator or "0"))
        who = SignedIn("s", self.user, "password", 0, b"", "", "", "")
        done = self.do(returns.cancel(self.house, who, one.id, self.now))
        assert isinstance(done, Refusal) is (one.state.value != "announced")
        if done is None and self.states[at] is State.ANNOUNCED:
            self.states[at] = home(one.was, held.state if held else None)

    @rule(at=WHICH)
    def posts_it(self, at: int) -> None:
        can = self.states[at] is State.ANNOUNCED
        done = self.do(returns.post_for(self.house, self.made[at].serial, "", TRACKING, self.now, CARRIER))
        self.went(at, State.IN_TRANSIT, done, if_=can)

    @rule(at=WHICH)
    def receives_it(self, at: int) -> None:
        can = at in self.was_out and self.states[at] in COMES_BACK | {State.ANNOUNCED, State.IN_TRANSIT}
        done = self.do(returns.receive(self.house, self.made[at].serial, self.now, CLERK))
        self.went(at, State.RECEIVED, done, if_=can)

    @rule(at=WHICH, found=st.sampled_from(sorted(SEEN)))
    def looks_at_it(self, at: int, found: Any) -> None:
        can = self.states[at] is State.RECEIVED
        self.went(at, State.INSPECTED, self.do(returns.inspect(
            self.house, self.made[at].serial, found, self.now, CLERK
        )), if_=can)  # fmt: skip

    @rule(at=WHICH)
    def shreds_it(self, at: int) -> None:
        can = self.states[at] is State.INSPECTED
        done = self.do(returns.destroy(self.house, self.made[at].serial, self.now, CLERK))
        self.went(at, State.DESTROYED, done, if_=can)

    @rule(seconds=st.sampled_from([1, 60]))
    def time_passes(self, seconds: int) -> None:
        self.time.pass_(seconds)

    # what always holds

    @invariant()
    def every_card_is_where_the_model_says(self) -> None:
        for at in range(CARDS if hasattr(self, "states") else 0):
            card = self.card(at)
            assert card.state is self.states[at]
            assert at not in self.was_out or card.state not in {State.STOCKED, State.RESERVED}

    @invariant()
    def nothing_that_is_on_its_way_back_opens_anything(self) -> None:
        for at in range(CARDS if hasattr(self, "states") else 0):
            card = self.card(at)
            if card.authenticator and card.state in BACK | {State.IN_TRANSIT, State.LOST, State.FAULTY}:
                one = self.do(authenticators.find(self.house.db, self.house.keys, card.authenticator))
                assert one
                assert one.state not in HELD - {OfAuthenticator.SUSPENDED, OfAuthenticator.REPORTED}

    @invariant()
    def the_way_of_a_card_ends_where_it_is(self) -> None:
        for at in range(CARDS if hasattr(self, "states") else 0):
            lines = [step.what for step in self.do(flows.way_of(self.house, self.card(at)))]
            of_it = [line for line in lines if line.startswith(("custody:card:", "custody:return:"))]
            last = of_it[-1].rpartition(":")[2]
            assert last == "cancelled" or last in LAST[self.states[at]], (lines, self.states[at])

    @invariant()
    def a_reserve_is_held_once_and_ends_once(self) -> None:
        if not hasattr(self, "states"):
            return
        lines = [line for line in self.do(dues.export(self.house, 0)) if line.user == self.user.id]
        for order in self.mine():
            mine = [line.what for line in lines if line.about == order.id]
            assert mine[0] is What.HELD
            assert len(mine) <= 2
            settled = order.state.value in {"cancelled"} or (
                order.card and any(self.card(at).id == order.card and self.states[at] in {
                    State.INSPECTED, State.DESTROYED, State.LOST
                } for at in range(CARDS))
            )  # fmt: skip
            assert not settled or len(mine) == 2, (order.state, self.states, mine)


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_cards_live_as_the_model_says_whatever_happens(kind: str, request: pytest.FixtureRequest) -> None:
    live(Travels, kind, 40 if kind == "sqlite" else 8, 40, request)
