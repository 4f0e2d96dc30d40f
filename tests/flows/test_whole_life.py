"""The whole life of a client's phones, in any order Hypothesis can think of: moves from both sides, removal, goodbye,
loss and return, locks and what the operator does, a new PIN, codes without network.

After every step each phone is what a small model says: never two that may answer, and never none by a move.
"""

from typing import Any

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import invariant, precondition, rule

from tests.flows.houses import (
    PASSWORD,
    RIGHT,
    ROUNDS,
    WRONG,
    Seat,
    waiting_at,
)
from tests.flows.living import live
from tests.flows.moving_steps import ADDRESS, DAY, SELDOM, Moves
from tests.flows.phones_model import Phone
from tests.flows.test_moving import press_the_link
from twolatch.activation import transfer
from twolatch.authenticators import flows as phones
from twolatch.authenticators import leaving, stopping
from twolatch.authenticators.gate import Answered
from twolatch.authenticators.model import HELD, State
from twolatch.client import device
from twolatch.client.changing import masked_anew
from twolatch.login import flows as login
from twolatch.login import lost, rungs
from twolatch.login.model import Collected, Proceed, Waits
from twolatch.protocol import pins
from twolatch.protocol.octets import unb64u
from twolatch.sessions.model import FreshlySignedIn
from twolatch.words.refusals import Code
from twolatch.words.secret import Secret
from twolatch.words.warrants import Operator

NEW_PIN = "5820"
MOST_WRONG = 15  # below what a month allows


class WholeLife(Moves):
    """One house for all examples, a new client in each."""

    # ways out

    @precondition(lambda self: self.person.held)
    @rule(often=SELDOM)
    def removes_it_in_the_portal(self, often: int) -> None:
        if often:
            return
        phone = self.held
        if (seat := self.signs_in()) is None:
            return
        who = self.do(seat.who())
        assert who
        assert self.do(stopping.remove(self.house, FreshlySignedIn(who), self.row(phone).id, "bare", self.now)) is True
        phone.state = State.REMOVED

    @precondition(lambda self: self.person.held)
    @rule(often=SELDOM, is_proved=st.booleans())
    def says_goodbye_on_the_phone(self, often: int, is_proved: bool) -> None:
        if often:
            return
        phone = self.held
        is_removed = is_proved and phone.state is State.ACTIVE
        if is_removed:
            self.proves(phone, self.do(leaving.ask_leave(self.house, self.row(phone), self.now)))
        wanted = State.REMOVED if is_removed else State.SUSPENDED
        assert self.do(leaving.leave(self.house, self.row(phone), self.now)) is wanted
        phone.state = wanted

    @precondition(lambda self: self.person.held)
    @rule(often=SELDOM)
    def reports_it_as_lost(self, often: int) -> None:
        if often:
            return None
        phone, now = self.held, self.now
        seat = Seat(self.house)
        done = self.do(lost.report(self.house, seat.visit, self.name, Secret(PASSWORD)))
        if phone.state is not State.ACTIVE:
            return self.says(done, Code.LOST_NOTHING)
        assert isinstance(done, lost.Stopped), done
        phone.state, phone.reported = State.REPORTED, now
        return None

    @precondition(lambda self: self.person.held and self.person.held.state is State.REPORTED)
    @rule()
    def finds_it_again(self) -> None:
        phone, seat, now = self.held, Seat(self.house), self.now
        done = self.do(lost.found(self.house, seat.visit, self.name, Secret(PASSWORD)))
        if now >= phone.reported + self.house.settings.bridging_days * DAY * 1000:
            return self.says(done, Code.FOUND_LATE)
        if not self.person.begun.pay(now):
            return self.says(done, Code.LOGIN_CHALLENGES)
        challenge, digits = self.do(waiting_at(seat))
        made = phone.hand.made(self.do(phone.hand.asked(challenge)), pin=phone.pin, digits=digits)
        assert isinstance(self.do(phone.hand.send(made)), Answered)
        phone.proved()
        self.person.begun.clear()
        phone.state, phone.back = State.ACTIVE, now
        return None

    @precondition(lambda self: self.person.held)
    @rule(often=SELDOM)
    def presses_the_link_in_the_mail(self, often: int) -> None:
        if often:
            return
        self.do(press_the_link(self.house, self.held.hand))
        self.held.state = State.SUSPENDED

    @precondition(lambda self: self.person.held and self.person.held.state is not State.ACTIVE)
    @rule()
    def the_operator_wakes_it(self) -> None:
        phone, now = self.held, self.now
        assert self.do(phones.unlock_all(self.house, self.name, now)) == 1
        phone.proved()
        phone.state, phone.back, phone.wrong = State.ACTIVE, now, 0

    @precondition(lambda self: self.person.held and self.person.held.state is not State.ACTIVE)
    @rule(often=SELDOM)
    def the_operator_removes_it(self, often: int) -> None:
        if often:
            return
        phone = self.held
        assert self.do(phones.remove_all(self.house, Operator(), self.name, self.now)) == 1
        phone.state = State.REMOVED

    @precondition(lambda self: self.person.held and self.person.held.state is State.ACTIVE)
    @rule(is_portal=st.booleans(), how_far=st.sampled_from([1, 2]), is_found=st.booleans())
    def reports_it_in_the_middle_of_a_move(self, is_portal: bool, how_far: int, is_found: bool) -> None:
        """And takes the report back: the move stays over all the same."""
        self.moves(is_portal, how_far)
        move = self.person.move
        self.reports_it_as_lost(often=0)
        self.time.pass_(1)
        if is_found:
            self.finds_it_again()
        if self.held.state is not State.ACTIVE:
            self.the_operator_wakes_it()
        if move and move.stage == "claimed":
            self.digits_are_typed(is_right=True)
        if move and move.new:
            self.the_new_phone_proves_itself()

    # PIN and codes

    @precondition(lambda self: self.person.held and self.person.held.state is State.ACTIVE)
    @rule()
    def changes_the_pin(self) -> None:
        """Proved first; the phone alone masks anew, and the server learns nothing of it."""
        phone = self.held
        self.proves(phone, self.do(phones.test(self.house, self.row(phone), self.now)))
        record, after = phone.hand.record, NEW_PIN if phone.pin == RIGHT else RIGHT
        assert record
        phone.hand.record = self.do(masked_anew(record, phone.pin, after, ROUNDS, self.house.chance.bytes))
        phone.pin = after

    @precondition(lambda self: self.person.held and self.person.held.wrong < MOST_WRONG)
    @rule(times=st.sampled_from([1, 1, 2, 5]), is_older=st.booleans())
    def types_a_wrong_pin(self, times: int, is_older: bool) -> None:
        """Any other one, or the one from before the change."""
        phone = self.held
        pin = (NEW_PIN if phone.pin == RIGHT else RIGHT) if is_older else WRONG
        for _ in range(times if phone.state is State.ACTIVE else 0):
            asked = self.do(phones.test(self.house, self.row(phone), self.now))
            done = self.answers(phone, asked, pin=pin)
            phone.row += 1
            phone.wrong += 1
            if phone.row == 5:
                phone.state = State.LOCKED
                return self.says(done, Code.PHONE_LOCKED)
            self.says(done, Code.ANSWER_WRONG)
        return None

    @precondition(lambda self: self.person.held and self.person.held.wrong < MOST_WRONG)
    @rule(is_right=st.booleans())
    def logs_in_without_network(self, is_right: bool) -> None:
        phone = self.held
        if (at := self.waits()) is None:
            return
        seat = at[0]
        done = self.do(rungs.ask_number(self.house, seat.visit))
        if phone.codes >= 5:
            self.says(done, Code.WAY_CLOSED)
        else:
            assert done == Proceed(is_ready=False), done
            self.types_the_code(phone, seat, is_right)
        self.do(login.cancel(self.house, seat.visit))

    def types_the_code(self, phone: Phone, seat: Seat, is_right: bool) -> None:
        seen = self.do(login.look(self.house, seat.visit))
        assert isinstance(seen, Waits)
        assert seen.number
        record = phone.hand.record
        assert record
        typed = pins.stretch(phone.pin if is_right else WRONG, unb64u(record.salt, 16), ROUNDS)
        done = self.do(rungs.answer(self.house, seat.visit, device.respond(record, typed, seen.number.number)))
        if is_right:
            assert done == Proceed(is_ready=True), done
            assert isinstance(self.do(seat.collect()), Collected)
            phone.codes = 0
            return self.person.begun.clear()
        phone.codes += 1
        phone.wrong += 1
        return self.says(done, Code.TYPED_WRONG, Code.WAY_CLOSED, Code.CHALLENGE_LOCKED)

    # what must always be so

    @precondition(lambda self: any(one.state is State.REMOVED for one in self.person.phones))
    @rule(data=st.data(), often=SELDOM)
    def one_that_is_gone_speaks_up(self, data: Any, often: int) -> None:
        if often:
            return
        gone = data.draw(st.sampled_from([one for one in self.person.phones if one.state is State.REMOVED]))
        assert gone.hand.ready
        self.says(self.do(gone.hand.send(gone.hand.ready)), Code.PHONE_REMOVED)
        self.says(self.do(transfer.ask(self.house, self.row(gone), self.now)), Code.PHONE_REMOVED)
        self.says(self.do(transfer.begin(self.house, self.row(gone), ADDRESS, self.now)), Code.PHONE_REMOVED)

    @precondition(lambda self: self.person.held)
    @rule(often=SELDOM)
    def the_password_alone_opens_nothing(self, often: int) -> None:
        if often:
            return
        if (at := self.waits()) is not None:
            assert not isinstance(self.do(at[0].collect()), Collected)
            self.do(login.cancel(self.house, at[0].visit))

    @invariant()
    def every_phone_is_what_the_model_says(self) -> None:
        rows = self.do(
            self.house.db.rows("SELECT id, state FROM authenticators WHERE user_id = :user", user=self.user.id)
        )
        wanted = {one.hand.record.device: one.state.value for one in self.person.phones if one.hand.record}
        assert {row["id"]: row["state"] for row in rows} == wanted

    @invariant()
    def one_phone_is_held_and_one_code_lives_at_most(self) -> None:
        assert sum(one.state in HELD for one in self.person.phones) <= 1
        rows = self.do(
            self.house.db.rows(
                "SELECT 1 AS one FROM activations WHERE user_id = :user AND state IN ('issued', 'claimed')",
                user=self.user.id,
            )
        )
        assert len(rows) <= 1


@pytest.mark.parametrize(("kind", "examples"), [("sqlite", 16), ("postgresql", 3)])
def test_a_clients_phones_live_as_the_model_does(kind: str, examples: int, request: pytest.FixtureRequest) -> None:
    live(WholeLife, kind, examples, 30, request)
