"""What a client's login and activation should be, in few words: the reference the house is held against.

One client, three browsers, phones that come and go. Times in ms. Nothing here knows a table or a transaction.
"""

from dataclasses import dataclass, field
from typing import Any

SECOND, MINUTE, HOUR = 1_000, 60_000, 3_600_000
CHALLENGE_LIVES, CODE_LIVES, IDLE = 180 * SECOND, 5 * MINUTE, 15 * MINUTE
TOLD = 10 * MINUTE  # after its end, a browser is still told what became of its question


@dataclass
class Window:
    """At most `most` in `lasts` ms."""

    most: int
    lasts: int
    count: int = 0
    since: int = 0

    def pay(self, now: int) -> bool:
        if self.count and self.since <= now - self.lasts:
            self.count = 0
        if self.count >= self.most:
            return False
        self.since = self.since if self.count else now
        self.count += 1
        return True

    def clear(self) -> None:
        self.count = 0


@dataclass
class Question:
    browser: int
    is_known: bool
    digits: str
    expires: int
    stage: str = "pending"
    tries: int = 0
    answer: Any = None
    asked: Any = None

    def at(self, now: int) -> str:
        return "expired" if self.stage in {"pending", "approved"} and self.expires <= now else self.stage


@dataclass
class SessionOf:
    seen: int
    browser_key: str
    born: int
    is_over: bool = False

    def use(self, now: int) -> bool:
        if self.is_over or self.seen <= now - IDLE:
            return False
        if now - self.seen > MINUTE:
            self.seen = now
        return True


@dataclass
class At:
    """One browser. `attempt` is (question's id or "", expires)."""

    key: str = ""
    is_known: bool = False
    session: SessionOf | None = None
    attempt: tuple[str, int] | None = None


@dataclass
class Code:
    session: SessionOf
    expires: int
    stage: str = "issued"
    tries: int = 0

    def at(self, now: int) -> str:
        return "expired" if self.stage in {"issued", "claimed"} and self.expires <= now else self.stage


@dataclass
class Life:
    """The client. `phone` is the state of the newest phone: "", claimed, unproven, active, locked, removed; `test` that
    of the question at the end of its activation."""

    browsers: list[At]
    phone: str = ""
    test: str = ""
    row: int = 0
    questions: dict[str, Question] = field(default_factory=dict)
    sessions: list[SessionOf] = field(default_factory=list)
    code: Code | None = None
    begun: dict[str, Window] = field(default_factory=dict)
    codes: Window = field(default_factory=lambda: Window(20, HOUR))

    @property
    def is_held(self) -> bool:
        return self.phone in {"active", "locked"}

    def may_begin(self, at: At, now: int) -> bool:
        subject = at.key if at.is_known and self.is_held else ""
        return self.begun.setdefault(subject, Window(10, 10 * MINUTE)).pay(now)

    def forgive(self, subject: str) -> None:
        self.begun.pop(subject, None)

    def pending(self, now: int) -> list[Question]:
        return [one for one in self.questions.values() if one.at(now) == "pending"]

    def end(self, stage: str, *before: str) -> None:
        for one in self.questions.values():
            if one.stage in before:
                one.stage = stage
        self.test = stage if self.test in before else self.test

    def replaces(self, browser: int, is_known: bool) -> None:
        for one in self.questions.values():
            if one.stage == "pending" and (one.browser == browser or (is_known and not one.is_known)):
                one.stage = "superseded"

    def drop_code(self) -> None:
        """A fresh code, a logout or "not mine": what the older one led to ends."""
        if self.code and self.code.stage in {"issued", "claimed"}:
            self.code.stage = "cancelled"
        if self.phone in {"claimed", "unproven"}:
            self.phone = "removed"
