"""The steps of logging in and answering, as Hypothesis may take them, each beside what the model expects."""

import asyncio
from typing import Any

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from tests.flows.houses import RIGHT, WRONG, Handset, Seat, waiting_at
from tests.flows.living import Living
from tests.flows.model import CHALLENGE_LIVES, TOLD, At, Life, Question, SessionOf
from twolatch.activation.model import Offer
from twolatch.authenticators import flows as phones
from twolatch.authenticators.gate import Answered
from twolatch.house import ClockBehind
from twolatch.login import flows as login
from twolatch.login.model import Collected, Proceed, StartOver, StillWaiting
from twolatch.protocol.answer import Decision
from twolatch.words.refusals import Refusal

BROWSERS = st.integers(0, 2)
ENDED = {
    "denied": "login.denied", "not_me": "login.not_me", "expired": "login.expired",
    "locked": "login.challenge_locked",
    "superseded": "login.superseded", "cancelled": "login.cancelled", "consumed": "login.start_over",
}  # fmt: skip
LATE = {
    "approved": "challenge.answered", "consumed": "challenge.answered", "denied": "challenge.answered",
    "not_me": "challenge.answered", "expired": "challenge.expired", "superseded": "challenge.superseded",
    "cancelled": "challenge.superseded", "locked": "challenge.locked",
}  # fmt: skip
MAY_NOT = {"claimed": "phone.unconfirmed", "locked": "phone.locked", "removed": "phone.removed"}


class Logins(Living):
    """A client with three browsers and one phone."""

    def __init__(self) -> None:
        super().__init__()
        self.seats = [Seat(self.house) for _ in range(3)]
        self.life = Life([At(), At(), At()])
        self.phone: Handset | None = None
        self.offer: Offer | None = None
        self.digits = ""
        self.made_mistakes = False
        self.collected = 0

    # time

    @rule(seconds=st.sampled_from([1, 1, 1, 59, 61]))
    def a_moment_passes(self, seconds: int) -> None:
        self.time.pass_(seconds)

    @precondition(lambda self: self.life.questions or self.life.code)
    @rule(seconds=st.sampled_from([179, 181, 299, 301, 901]), is_really=st.integers(0, 3))
    def a_while_passes(self, seconds: int, is_really: int) -> None:
        self.time.pass_(seconds if is_really == 0 else 1)

    @precondition(lambda self: not self.life.questions)
    @rule()
    def the_clock_steps_back(self) -> None:
        _ = self.now
        self.time.pass_(-5)
        with pytest.raises(ClockBehind):
            self.do(self.seats[0].begin(self.name))
        self.time.pass_(5)

    # login

    @rule(which=BROWSERS)
    def log_in(self, which: int) -> None:
        seat, at, life, now = self.seats[which], self.life.browsers[which], self.life, self.now
        done = self.do(seat.begin(self.name))
        if life.phone == "locked":
            return self.says(done, "login.phone_locked")
        if not life.may_begin(at, now):
            return self.says(done, "limit.challenges")
        if not life.is_held:
            assert done == Proceed(is_ready=True)
            at.attempt = ("", now + CHALLENGE_LIVES)
            return None
        return self.asks(done, which, now)

    def asks(self, done: Proceed | Refusal, which: int, now: int) -> None:
        life, at = self.life, self.life.browsers[which]
        life.replaces(which, at.is_known)
        if not at.is_known and life.pending(now):
            return self.says(done, "login.another_waiting")
        assert done == Proceed(is_ready=False), done
        challenge, digits = self.do(waiting_at(self.seats[which]))
        assert bool(digits) == (not at.is_known)
        assert self.phone
        asked = self.do(self.phone.asked(challenge))
        life.questions[challenge] = Question(which, at.is_known, digits, now + CHALLENGE_LIVES, asked=asked)
        at.attempt = (challenge, now + CHALLENGE_LIVES + TOLD)
        return None

    @precondition(lambda self: self.life.is_held and self.life.phone == "active")
    @rule(which=BROWSERS)
    def a_login_goes_well(self, which: int) -> None:
        self.log_in(which)
        at = self.life.browsers[which]
        if at.attempt and at.attempt[0]:
            question = self.life.questions[at.attempt[0]]
            if question.at(self.now) == "pending":
                self.answer(question, Decision.APPROVE)
        self.collect(which)

    @precondition(lambda self: any(at.attempt for at in self.life.browsers))
    @rule(which=BROWSERS)
    def ask_again(self, which: int) -> None:
        seat, at, life, now = self.seats[which], self.life.browsers[which], self.life, self.now
        done = self.do(login.again(self.house, seat.visit))
        question = life.questions.get(at.attempt[0]) if at.attempt else None
        has_live = at.attempt and question and at.attempt[1] > now and question.at(now) in {"pending", "expired"}
        if not has_live or life.phone != "active" or not self.is_this_phones(at.attempt):
            return self.says(done, "login.start_over")
        if not life.may_begin(at, now):
            return self.says(done, "limit.challenges")
        return self.asks(done, which, now)

    def is_this_phones(self, attempt: tuple[str, int] | None) -> bool:
        """Whether the attempt's question went to the phone that is there now."""
        record = self.phone and self.phone.record
        return bool(attempt and record and self.life.questions[attempt[0]].asked.device == record.device)

    @precondition(lambda self: any(at.attempt for at in self.life.browsers))
    @rule(which=BROWSERS)
    def go_back(self, which: int) -> None:
        at = self.life.browsers[which]
        self.do(login.cancel(self.house, self.seats[which].visit))
        if at.attempt and at.attempt[0]:
            question = self.life.questions[at.attempt[0]]
            question.stage = "cancelled" if question.at(self.now) == "pending" else question.stage
        at.attempt = None

    @rule(which=BROWSERS)
    def collect(self, which: int) -> None:
        at, life, now = self.life.browsers[which], self.life, self.now
        done = self.do(self.seats[which].collect())
        if at.attempt is None or at.attempt[1] <= now:
            return self.over(done, "login.start_over")
        question = life.questions[at.attempt[0]] if at.attempt[0] else None
        if question is None and life.is_held:
            return self.over(done, "login.start_over")
        stage = question.at(now) if question else "approved"
        if stage == "pending":
            assert done == StillWaiting()
            return None
        if stage != "approved":
            return self.over(done, ENDED[stage])
        assert isinstance(done, Collected), done
        assert done.proved == ("phone" if question else "password")
        return self.came_in(which, question, now)

    def came_in(self, which: int, question: Question | None, now: int) -> None:
        at, life = self.life.browsers[which], self.life
        if question:
            question.stage = "consumed"
        else:
            life.forgive("")
        at.key, at.is_known, at.attempt = self.seats[which].browser, True, None
        at.session = SessionOf(now, at.key, now)
        life.sessions.append(at.session)
        self.collected += 1

    @precondition(lambda self: any(at.attempt for at in self.life.browsers))
    @rule(which=BROWSERS)
    def collect_twice_at_once(self, which: int) -> None:
        """Two tabs: at most one session."""
        seat, at, now = self.seats[which], self.life.browsers[which], self.now
        visit = seat.visit

        async def both() -> list[Any]:
            return await asyncio.gather(*(login.collect(self.house, visit) for _ in range(2)))

        done = [each for each in self.do(both()) if isinstance(each, Collected)]
        question = self.life.questions[at.attempt[0]] if at.attempt and at.attempt[0] else None
        is_ready = bool(at.attempt and at.attempt[1] > now) and (
            question.at(now) == "approved" if question else not self.life.is_held
        )
        assert len(done) == int(is_ready)
        if done:
            seat.token, seat.browser = done[0].token, done[0].browser_token or seat.browser
            seat.pre = self.house.chance.token()
            self.came_in(which, question, now)

    # the phone answers

    def some_question(self, data: Any) -> tuple[str, Question] | None:
        record = self.phone and self.phone.record
        mine = [
            (name, one) for name, one in self.life.questions.items() if record and one.asked.device == record.device
        ]
        waiting = [each for each in mine if each[1].at(self.now) == "pending"]
        return data.draw(st.sampled_from([*waiting * 4, *mine[-2:]])) if mine else None

    @precondition(lambda self: self.life.questions)
    @rule(data=st.data(), decision=st.sampled_from([*Decision, Decision.APPROVE]))
    def answer_rightly(self, data: Any, decision: Decision) -> None:
        if found := self.some_question(data):
            self.answer(found[1], decision)

    def answer(self, question: Question, decision: Decision) -> None:
        assert self.phone
        digits = question.digits if decision is Decision.APPROVE else ""
        answer = self.phone.made(question.asked, decision, digits=digits)
        now = self.now
        done = self.do(self.phone.send(answer))
        if refused := self.may_not_answer(question, now):
            return self.says(done, refused)
        assert isinstance(done, Answered), done
        question.stage, question.answer = {1: "approved", 2: "denied", 3: "not_me"}[decision.value], answer
        if decision is Decision.APPROVE:
            self.life.row = 0
            self.life.forgive(self.life.browsers[question.browser].key if question.is_known else "")
        if decision is Decision.NOT_ME:
            self.alarm(question, now)
        return None

    def may_not_answer(self, question: Question, now: int) -> str:
        if refused := MAY_NOT.get(self.life.phone):
            return refused
        stage = question.at(now)
        return "" if stage == "pending" else LATE[stage]

    def alarm(self, question: Question, now: int) -> None:
        self.life.end("not_me", "pending", "approved")
        at = self.life.browsers[question.browser]
        if question.is_known:
            for session in self.life.sessions:
                if session.browser_key == at.key and session.born >= now - 3_600_000:
                    session.is_over = True
            at.is_known = False

    @precondition(lambda self: self.life.pending(self.now))
    @rule(data=st.data(), is_pin=st.booleans(), times=st.sampled_from([1, 2, 3, 3, 5]))
    def answer_wrongly(self, data: Any, is_pin: bool, times: int) -> None:
        found = self.some_question(data)
        for _ in range(times if found else 0):
            assert found
            self.one_wrong_answer(found[1], is_pin)

    def one_wrong_answer(self, question: Question, is_pin: bool) -> None:
        assert self.phone
        wrong = f"{(int(question.digits) + 1) % 1_000_000:06d}" if question.digits else "000000"
        pin, digits = (WRONG, question.digits) if is_pin else (RIGHT, wrong)
        now = self.now
        done = self.do(self.phone.send(self.phone.made(question.asked, pin=pin, digits=digits)))
        if refused := self.may_not_answer(question, now):
            return self.says(done, refused)
        self.made_mistakes = True
        self.life.row += 1
        question.tries += bool(question.digits)
        if self.life.row >= 5:
            question.stage, self.life.phone = "locked", "locked"
            self.life.end("cancelled", "pending", "approved")
            return self.says(done, "phone.locked")
        if question.tries >= 3:
            question.stage = "locked"
            return self.says(done, "challenge.locked")
        return self.says(done, "answer.wrong")

    @precondition(lambda self: self.life.questions)
    @rule(data=st.data())
    def the_reply_was_lost_and_the_answer_comes_again(self, data: Any) -> None:
        if (found := self.some_question(data)) is None or found[1].answer is None:
            return None
        name, question = found
        assert self.phone
        done = self.do(self.phone.send(question.answer))
        if refused := MAY_NOT.get(self.life.phone):
            return self.says(done, refused)
        assert isinstance(done, Answered), done
        assert done.challenge == name
        assert done.stage.value == {"consumed": "approved"}.get(question.stage, question.stage)
        return None

    @precondition(lambda self: self.life.phone == "locked")
    @rule()
    def the_operator_unlocks(self) -> None:
        assert self.do(phones.unlock_all(self.house, self.name, self.now)) == 1
        self.life.phone, self.life.row = "active", 0

    # how a wish ended

    def says(self, done: Any, code: str) -> None:
        assert isinstance(done, Refusal), f"{code} expected, got {done}"
        assert done.code.code == code

    def over(self, done: Any, code: str) -> None:
        assert isinstance(done, StartOver), f"{code} expected, got {done}"
        assert done.refusal.code == code
