"""Time is the server's, and never runs backwards (rule C6).

A mark is the latest time that was told: whatever expired before it must not come back to life because a clock was set
back. Each process has its own here; `twolatch.timekeeper` lets all processes of a site share theirs, and compares the
clocks of machines.
"""

import time
from collections.abc import Callable

TOLERANCE = 1_000  # ms: NTP slews, leap seconds and thread switches are not a step
ASKED_AGAIN = 60  # s: a clock may be set right long before it would have caught up


class WrongClock(Exception):
    """This node decides nothing until its clock is right. `retry_after` in seconds."""

    def __init__(self, text: str, by_ms: int) -> None:
        super().__init__(text)
        self.retry_after = max(1, min(by_ms // 1000, ASKED_AGAIN))


class ClockBehind(WrongClock):
    """It stepped back, or is behind what the site knows. It is right again when it has caught up."""

    def __init__(self, behind_ms: int) -> None:
        super().__init__(f"this machine's clock is {behind_ms // 1000} s behind", behind_ms)


class ClockAhead(WrongClock):
    """Of the database server's."""

    def __init__(self, ahead_ms: int) -> None:
        super().__init__(f"this machine's clock is {ahead_ms // 1000} s ahead", ahead_ms)


class Clock:
    """Milliseconds since 1970 UTC. `turn` counts how often an operator took the site's mark back."""

    def __init__(self, tell: Callable[[], float] = time.time) -> None:
        self._tell = tell
        self._mark = self._differs = 0
        self.turn = self.moved = 0

    def now(self) -> int:
        """For decisions. Raises WrongClock."""
        now = self.told()
        if self._differs:
            raise ClockAhead(self._differs) if self._differs > 0 else ClockBehind(-self._differs)
        if now >= self._mark:
            self._mark = now
        elif self._mark - now > TOLERANCE:
            raise ClockBehind(self._mark - now)
        return self._mark

    def told(self) -> int:
        """What the machine says, right or wrong; `moved` ms on, at a rehearsal."""
        return int(self._tell() * 1000) + self.moved

    def latest(self) -> int:
        """For what is shown or must be done whatever the clock says. Never before what was decided."""
        return max(self.told(), self._mark)

    def decided(self) -> int:
        """The latest time at which this process decided, or might now; 0 while it differs from the server's."""
        return 0 if self._differs else self.latest()

    def learn(self, mark: int, turn: int) -> None:
        """Nothing before `mark` counts; in a new turn, an earlier one than before may."""
        self._mark = mark if turn != self.turn else max(self._mark, mark)
        self.turn = turn

    def differ(self, by_ms: int, latest: int) -> None:
        """From the database server's clock, or 0 when they agree: then a mark after `latest` is a wrong clock's."""
        self._differs = by_ms
        if not by_ms and self._mark > latest:
            self._mark = self.told()
