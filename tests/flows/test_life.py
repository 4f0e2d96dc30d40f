"""The whole life of login and activation, in any order Hypothesis can think of, beside a small reference model.

After every step: the house said what the model says, at most one question waits per browser, at most one code lives,
nothing was used twice, and whoever gave only right answers was never locked.
"""

from typing import Any

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, precondition, rule

from tests.flows.houses import INFO, RIGHT, WRONG, Handset
from tests.flows.living import live
from tests.flows.model import CODE_LIVES, At, Code
from tests.flows.steps import BROWSERS, LATE, MAY_NOT, Logins
from twolatch.activation import flows as activation
from twolatch.activation.claim import claim
from twolatch.activation.model import Offer
from twolatch.authenticators import stopping
from twolatch.authenticators.gate import Answered
from twolatch.client import device
from twolatch.protocol.codes import read_session_id
from twolatch.protocol.messages import Claimed
from twolatch.sessions.flows import fingerprint
from twolatch.sessions.model import FreshlySignedIn


class Machine(Logins):
    """One house for all examples, a new client in each."""

    @initialize(is_armed=st.booleans())
    def the_client_may_have_a_phone_already(self, is_armed: bool) -> None:
        if is_armed:
            self.everything_goes_well(0)

    @precondition(lambda self: not self.life.is_held)
    @rule(which=BROWSERS)
    def everything_goes_well(self, which: int) -> None:
        """A whole activation in one step, made of the steps below."""
        self.up_to_the_number(which)
        self.type_the_number(which, is_right=True)
        if self.phone:
            self.the_phone_proves_itself(is_right=True)

    @precondition(lambda self: not self.life.is_held)
    @rule(which=BROWSERS)
    def up_to_the_number(self, which: int) -> None:
        self.log_in(which)
        self.collect(which)
        self.ask_for_a_code(which)
        if self.offer:
            self.claim_the_code(again=False)

    # activation

    def signed_in(self, which: int) -> Any:
        session = self.life.browsers[which].session
        is_in = bool(session and session.use(self.now))
        who = self.do(self.seats[which].who())
        assert (who is not None) == is_in
        return who

    @rule(which=BROWSERS)
    def ask_for_a_code(self, which: int) -> None:
        if (who := self.signed_in(which)) is None:
            return None
        life, now = self.life, self.now
        done = self.do(activation.begin(self.house, who, now))
        if life.is_held:
            return self.says(done, "activation.already")
        if not life.codes.pay(now):
            return self.says(done, "limit.activation")
        assert isinstance(done, Offer), done
        life.drop_code()
        session = life.browsers[which].session
        assert session
        life.code, self.offer = Code(session, now + CODE_LIVES), done
        return None

    @precondition(lambda self: self.offer and not self.life.is_held)
    @rule()
    def somebody_else_claims_the_code(self) -> None:
        self.claim_the_code(again=False)

    @precondition(lambda self: self.life.code and self.life.code.stage in {"issued", "cancelled"})
    @rule(again=st.booleans())
    def claim_the_code(self, again: bool) -> None:
        offer, code, now = self.offer, self.life.code, self.now
        assert offer
        assert code
        typed = read_session_id(offer.session_id)
        assert typed
        begun = device.begin("", self.house.settings.phone_host, typed, user_name="", info=INFO, holds=[])
        address = self.house.chance.id()
        stage = code.at(now)
        done = self.do(claim(self.house, begun.body, address, now))
        if stage == "issued":
            assert isinstance(done, Claimed), done
            if again:  # the reply was lost
                assert self.do(claim(self.house, begun.body, address, now)) == done
            code.stage, self.life.phone, self.life.row, self.life.test = "claimed", "claimed", 0, "pending"
            self.phone = Handset(self.house)
            self.digits = self.phone.keep(begun, done)
            return None
        used = "phone.already_elsewhere" if self.life.is_held else "code.used"
        return self.says(done, {"claimed": used, "active": used}.get(stage, f"code.{stage}"))

    @rule(which=BROWSERS, is_right=st.booleans())
    def type_the_number(self, which: int, is_right: bool) -> None:
        if (who := self.signed_in(which)) is None:
            return None
        life, code, now = self.life, self.life.code, self.now
        number = self.digits if is_right else f"{(int(self.digits or 0) + 1) % 1_000_000:06d}"
        done = self.do(activation.confirm(self.house, who, f"{number[:3]} {number[3:]}", now))
        at = life.browsers[which]
        if code is None or code.at(now) != "claimed" or code.session is not at.session:
            return self.says(done, "activation.over")
        if not is_right:
            code.tries += 1
            if code.tries < 3:
                return self.says(done, "activation.wrong_number")
            code.stage, life.phone = "burned", "removed"
            return self.says(done, "code.burned")
        assert isinstance(done, activation.Confirmed), done
        self.seats[which].token = done.token
        self.confirmed(at, now)
        return None

    @precondition(lambda self: self.life.code and self.life.code.stage == "claimed")
    @rule(times=st.sampled_from([1, 2, 3, 4]))
    def type_wrong_numbers(self, times: int) -> None:
        which = next(
            (i for i, at in enumerate(self.life.browsers) if self.life.code and at.session is self.life.code.session), 0
        )
        for _ in range(times):
            self.type_the_number(which, is_right=False)

    def confirmed(self, at: At, now: int) -> None:
        life = self.life
        assert life.code
        life.code.stage, life.phone = "active", "unproven"
        for session in life.sessions:
            session.is_over = session.is_over or session is not at.session
        for other in life.browsers:
            other.is_known = other.is_known and other.key == at.key
        assert at.session
        at.session.seen = now

    @precondition(lambda self: self.phone)
    @rule(is_right=st.booleans())
    def the_phone_proves_itself(self, is_right: bool) -> None:
        phone, life = self.phone, self.life
        assert phone
        assert phone.record
        answer = phone.made(phone.test, pin=RIGHT if is_right else WRONG)
        done = self.do(phone.send(answer))
        if refused := MAY_NOT.get(life.phone) or LATE.get(life.test):
            return self.says(done, refused)
        if is_right:
            assert isinstance(done, Answered), done
            life.phone, life.row, life.test = "active", 0, "approved"
            return None
        self.made_mistakes = True
        life.row += 1
        if life.row < 5:
            return self.says(done, "answer.wrong")
        life.phone, life.test = "locked", "locked"
        life.end("cancelled", "pending", "approved")
        return self.says(done, "phone.locked")

    @rule(which=BROWSERS)
    def log_out(self, which: int) -> None:
        if (who := self.signed_in(which)) is None:
            return
        life, at = self.life, self.life.browsers[which]
        self.do(activation.leave(self.house, who, self.now))
        if life.code and life.code.session is at.session and life.code.stage in {"issued", "claimed"}:
            life.drop_code()
        assert at.session
        at.session.is_over = True

    @precondition(lambda self: self.life.is_held)
    @rule(which=BROWSERS)
    def remove_the_phone(self, which: int) -> None:
        if (who := self.signed_in(which)) is None:
            return None
        assert self.phone
        assert self.phone.record
        device = self.phone.record.device
        done = self.do(stopping.remove(self.house, FreshlySignedIn(who), device, "bare", self.now))
        if who.authenticator != device or self.life.phone != "active":
            # by the password alone, or by a phone that may not answer any more
            return self.says(done, "session.step_up_needed")
        assert done is True
        self.life.phone = "removed"
        self.life.end("cancelled", "pending", "approved")
        return None

    # what must always be so

    def count(self, sql: str, **values: Any) -> int:
        row = self.do(self.house.db.row(f"SELECT COUNT(*) AS many {sql}", user=self.user.id, **values))
        return int(row["many"]) if row else 0

    @invariant()
    def at_most_one_question_waits_for_a_browser_and_one_code_lives(self) -> None:
        crowded = self.do(
            self.house.db.rows(
                """SELECT browser FROM challenges WHERE user_id = :user AND state = 'pending' AND purpose = 'login'
                   GROUP BY browser HAVING COUNT(*) > 1""",
                user=self.user.id,
            )
        )
        assert crowded == []
        assert self.count("FROM activations WHERE user_id = :user AND state IN ('issued', 'claimed')") <= 1
        assert self.count("FROM authenticators WHERE user_id = :user AND state <> 'removed'") <= 1

    @invariant()
    def nothing_was_used_twice(self) -> None:
        assert self.count("FROM sessions WHERE user_id = :user") == self.collected
        assert self.count("FROM audit WHERE user_id = :user AND event = 'login:session:started'") == self.collected
        by_phone = self.count("FROM sessions WHERE user_id = :user AND proved = 'phone'")
        assert self.count("FROM challenges WHERE user_id = :user AND state = 'consumed'") == by_phone

    @invariant()
    def the_phone_is_what_the_model_says(self) -> None:
        if self.phone and self.phone.record:
            row = self.do(
                self.house.db.row("SELECT state FROM authenticators WHERE id = :id", id=self.phone.record.device)
            )
            assert row
            assert row["state"] == self.life.phone
        assert self.made_mistakes or self.life.phone != "locked", "who answered rightly was never locked"

    @invariant()
    def no_stranger_holds_a_session(self) -> None:
        tokens = {fingerprint(seat.token) for seat in self.seats if seat.token}
        rows = self.do(
            self.house.db.rows("SELECT token FROM sessions WHERE user_id = :user AND ended_at = 0", user=self.user.id)
        )
        assert len([row for row in rows if bytes(row["token"]) in tokens]) <= len(tokens)


@pytest.mark.parametrize(("kind", "examples"), [("sqlite", 40), ("postgresql", 8)])
def test_the_house_lives_as_the_model_does(kind: str, examples: int, request: pytest.FixtureRequest) -> None:
    live(Machine, kind, examples, 40, request)
