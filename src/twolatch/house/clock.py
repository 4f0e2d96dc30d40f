"""Time is the server's, and never runs backwards (rule C6)."""

import time
from collections.abc import Callable

TOLERANCE = 1_000  # ms: NTP slews and thread switches are not a step


class ClockBehind(Exception):
    """The node's clock stepped back; it refuses decisions until it caught up. `retry_after` in seconds."""

    def __init__(self, behind_ms: int) -> None:
        super().__init__(f"the clock stepped back by {behind_ms} ms")
        self.retry_after = max(1, behind_ms // 1000)


class Clock:
    """Milliseconds since 1970 UTC. Expired things must not come back to life because a clock was set back."""

    def __init__(self, tell: Callable[[], float] = time.time) -> None:
        self._tell = tell
        self._mark = 0

    def now(self) -> int:
        now = int(self._tell() * 1000)
        if now >= self._mark:
            self._mark = now
        elif self._mark - now > TOLERANCE:
            raise ClockBehind(self._mark - now)
        return self._mark
