"""Moving from phone to phone as Hypothesis may do it, each step beside what the model expects."""

from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import initialize, precondition, rule

from tests.flows.houses import Handset, Seat, waiting_at
from tests.flows.living import Living
from tests.flows.phones_model import Move, Person, Phone
from twolatch.activation import flows as activation
from twolatch.activation import transfer
from twolatch.activation.model import Offer
from twolatch.authenticators import store
from twolatch.authenticators.gate import Answered
from twolatch.authenticators.model import MAY_NOT_ANSWER, Authenticator, Challenge, State
from twolatch.login.model import Collected, Proceed
from twolatch.words.refusals import Code, Refusal

ADDRESS = "192.0.2.9"
DAY = 24 * 3600
SELDOM = st.integers(0, 2)  # done at 0 only, or nothing else would come to its end


class Moves(Living):
    """A client whose phones come and go."""

    rest = 2 * 3600

    def __init__(self) -> None:
        super().__init__()
        self.person = Person()

    @property
    def held(self) -> Phone:
        assert self.person.held
        return self.person.held

    def row(self, phone: Phone) -> Authenticator:
        assert phone.hand.record
        one = self.do(store.find(self.house.db, self.house.keys, phone.hand.record.device))
        assert one
        return one

    def says(self, done: Any, *codes: Code) -> None:
        assert isinstance(done, Refusal), done
        assert done.code in codes, done

    # small steps that others are made of

    def answers(self, phone: Phone, asked: Challenge | Refusal, *, pin: str = "", digits: str = "") -> Any:
        assert isinstance(asked, Challenge), asked
        made = phone.hand.made(self.do(phone.hand.asked(asked.id)), pin=pin or phone.pin, digits=digits)
        return self.do(phone.hand.send(made))

    def proves(self, phone: Phone, asked: Challenge | Refusal) -> None:
        assert isinstance(self.answers(phone, asked), Answered)
        phone.proved()

    def waits(self) -> tuple[Seat, str, str] | None:
        """A login in a new browser up to its question; None where it does not get so far."""
        seat, held = Seat(self.house), self.held
        if self.person.begun.count >= 9:
            self.time.pass_(601)  # logins begun in a row are counted: another machine's matter
        done = self.do(seat.begin(self.name))
        if held.state is not State.ACTIVE:
            self.says(done, Code.LOGIN_PHONE_LOCKED, Code.LOGIN_PHONE_REPORTED)
            return None
        if not self.person.begun.pay(self.now):
            self.says(done, Code.LOGIN_CHALLENGES)
            return None
        assert done == Proceed(is_ready=False), done
        return seat, *self.do(waiting_at(seat))

    def signs_in(self) -> Seat | None:
        """Both latches in a new browser."""
        if (at := self.waits()) is None:
            return None
        seat, challenge, digits = at
        hand = self.held.hand
        made = hand.made(self.do(hand.asked(challenge)), pin=self.held.pin, digits=digits)
        assert isinstance(self.do(hand.send(made)), Answered)
        self.held.proved()
        self.person.begun.clear()
        assert isinstance(self.do(seat.collect()), Collected)
        return seat

    def claims(self, offer: Offer) -> tuple[Phone, str]:
        hand, now = Handset(self.house), self.now
        digits = self.do(hand.claim(offer, self.house.chance.id()))
        assert isinstance(digits, str), digits
        phone = Phone(hand, State.CLAIMED, now)
        self.person.phones.append(phone)
        return phone, digits

    # time

    @rule(seconds=st.sampled_from([1, 20, 61, 301, 8 * DAY]), is_really=st.integers(0, 2))
    def time_passes(self, seconds: int, is_really: int) -> None:
        self.time.pass_(seconds if is_really == 0 else 1)

    # the first phone, and every one after a removal

    @initialize(is_portal=st.booleans(), how_far=st.sampled_from([0, 1, 2, 3]))
    def begins_with_a_phone(self, is_portal: bool, how_far: int) -> None:
        """And often with a move: by itself it would seldom come so far."""
        self.activates()
        if how_far:
            self.moves(is_portal, how_far)

    @precondition(lambda self: self.person.held is None)
    @rule()
    def activates(self) -> None:
        self.person.drop_move()
        seat = Seat(self.house)
        self.time.pass_(600)  # what was begun and not approved is forgiven
        self.person.begun.clear()
        who = self.do(seat.log_in(self.name))
        offer = self.do(activation.begin(self.house, who, self.now))
        assert isinstance(offer, Offer), offer
        phone, digits = self.claims(offer)
        assert isinstance(self.do(activation.confirm(self.house, who, digits, self.now)), activation.Confirmed)
        assert phone.hand.ready
        assert isinstance(self.do(phone.hand.send(phone.hand.ready)), Answered)
        phone.state = State.ACTIVE
        self.person.move = None

    # moving

    @precondition(lambda self: self.person.held)
    @rule(is_portal=st.booleans())
    def begins_to_move(self, is_portal: bool) -> None:
        old, seat = self.held, None
        self.time.pass_(1)  # of two codes the later one counts
        if is_portal:
            if (seat := self.signs_in()) is None:
                return None
            who = self.do(seat.who())
            assert who
            offer = self.do(activation.begin(self.house, who, self.now, replaces=self.row(old).id))
        else:
            asked = self.do(transfer.ask(self.house, self.row(old), self.now))
            if old.state is not State.ACTIVE:
                return self.says(asked, MAY_NOT_ANSWER[old.state])
            self.proves(old, asked)
            offer = self.do(transfer.begin(self.house, self.row(old), ADDRESS, self.now))
        assert isinstance(offer, Offer), offer
        self.person.drop_move()
        self.person.move = Move(old, offer, self.now, seat)
        return None

    @precondition(lambda self: self.person.held)
    @rule(often=SELDOM)
    def asks_for_the_code_without_a_proof(self, often: int) -> None:
        """A lost reply gets the same code; whoever proved nothing gets none."""
        if often:
            return None
        old, move, now = self.held, self.person.move, self.now
        done = self.do(transfer.begin(self.house, self.row(old), ADDRESS, now))
        if old.state is not State.ACTIVE:
            return self.says(done, MAY_NOT_ANSWER[old.state])
        if move and move.old is old and move.seat is None and move.at(now) == "issued":
            assert isinstance(done, Offer)
            assert done.link == move.offer.link
            return None
        return self.says(done, Code.STEP_UP)

    @precondition(lambda self: self.person.move and self.person.move.stage == "issued")
    @rule(is_old_one=st.integers(0, 5))
    def a_phone_claims_the_code(self, is_old_one: int) -> None:
        move = self.person.move
        assert move
        stage, record = move.at(self.now), move.old.hand.record
        if stage == "issued" and is_old_one > 0:
            move.new, move.digits = self.claims(move.offer)
            move.stage = "claimed"
            return
        assert record
        hand = Handset(self.house, holds=[record.device] if is_old_one == 0 else [])
        code = {"issued": Code.MOVE_SAME_PHONE, "expired": Code.CODE_EXPIRED, "cancelled": Code.CODE_CANCELLED}[stage]
        self.says(self.do(hand.claim(move.offer, self.house.chance.id())), code)

    @precondition(lambda self: self.person.move and self.person.move.stage == "claimed")
    @rule(is_right=st.booleans())
    def digits_are_typed(self, is_right: bool) -> None:
        move, now = self.person.move, self.now
        assert move
        assert move.new
        digits = move.digits if is_right else f"{(int(move.digits) + 1) % 1_000_000:06d}"
        done = self.types(move, digits)
        if move.at(now) != "claimed" or (move.seat and not self.do(move.seat.who())):
            return self.says(done, Code.ACTIVATION_OVER, Code.SESSION_ENDED)
        if is_right:
            assert not isinstance(done, Refusal), done
            move.stage, move.new.state = "active", State.UNPROVEN
            return None
        move.tries += 1
        if move.tries < 3:
            return self.says(done, Code.ACTIVATION_WRONG)
        move.stage, move.new.state = "burned", State.REMOVED
        return self.says(done, Code.CODE_BURNED)

    def types(self, move: Move, digits: str) -> Any:
        if move.seat is None:
            return self.do(transfer.confirm(self.house, self.row(move.old), digits, ADDRESS, self.now))
        who = self.do(move.seat.who())
        if who is None:
            return Refusal(Code.SESSION_ENDED)
        done = self.do(activation.confirm(self.house, who, digits, self.now))
        move.seat.token = done.token if isinstance(done, activation.Confirmed) else move.seat.token
        return done

    @precondition(lambda self: self.person.move and self.person.move.new)
    @rule()
    def the_new_phone_proves_itself(self) -> None:
        move, now = self.person.move, self.now
        assert move
        new = move.new
        assert new
        assert new.hand.ready
        done = self.do(new.hand.send(new.hand.ready))
        if new.state is State.UNPROVEN and now >= new.born + DAY * 1000:
            return self.says(done, Code.CHALLENGE_EXPIRED)
        if new.state is State.UNPROVEN and move.may_go_on():
            assert isinstance(done, Answered), done
            move.old.state, new.state = State.REMOVED, State.ACTIVE
            self.person.move = None
            return None
        if new.state is State.UNPROVEN:
            new.state = State.REMOVED
            return self.says(done, Code.PHONE_REMOVED)
        return self.says(done, MAY_NOT_ANSWER[new.state])

    @precondition(lambda self: self.person.move and self.person.held)
    @rule()
    def stays_with_the_old_phone(self) -> None:
        move = self.person.move
        assert move
        if move.seat is None and move.old.state is State.ACTIVE:
            self.do(transfer.cancel(self.house, self.row(move.old), self.now))
            if move.stage in {"issued", "claimed", "active"}:
                self.person.drop_move()

    @precondition(lambda self: self.person.held and self.person.held.state is State.ACTIVE)
    @rule(is_portal=st.booleans(), how_far=st.sampled_from([1, 2, 3, 3]))
    def moves(self, is_portal: bool, how_far: int) -> None:
        """Several steps of a move in one, so that many come to their end."""
        self.begins_to_move(is_portal)
        move = self.person.move
        if not move or move.at(self.now) != "issued":
            return
        self.a_phone_claims_the_code(is_old_one=1)
        if how_far >= 2:
            self.digits_are_typed(is_right=True)
        if how_far == 3:
            self.the_new_phone_proves_itself()
