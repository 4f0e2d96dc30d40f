"""How a process leaves: it says so, lets go of those who only wait, and some time later stops taking anybody in.

The web server stops at once when it is told. A proxy that asks `/readyz` learns of it by a refused connection, and
whoever came in between meets an error. So its own handler of SIGTERM is called later (`leave_seconds`).
"""

import asyncio
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any


@contextmanager
def leaves_politely(begin: Callable[[], None], seconds: float) -> Iterator[None]:
    """While inside: SIGTERM calls `begin` in the loop, and the server's own handler `seconds` after; SIGINT (Ctrl-C)
    both at once. Where no server listens to signals, nothing is changed."""
    servers = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    is_main = threading.current_thread() is threading.main_thread()
    if not is_main or not all(callable(each) for each in servers.values()):
        yield
        return
    departure = _Departure(asyncio.get_running_loop(), begin, seconds, servers)
    for number in servers:
        signal.signal(number, departure.told)
    try:
        yield
    finally:
        for number, handler in servers.items():
            signal.signal(number, handler)


class _Departure:
    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        begin: Callable[[], None],
        seconds: float,
        servers: dict[signal.Signals, Any],
    ) -> None:
        self._loop, self._begin, self._seconds, self._servers = loop, begin, seconds, servers
        self._is_begun = False

    def told(self, number: int, _frame: FrameType | None) -> None:
        """In the main thread, between two steps of the loop or within one."""
        self._loop.call_soon_threadsafe(self._go, number)

    def _go(self, number: int) -> None:
        if number == signal.SIGINT:
            self._begin()
            self._stop(number)
        elif not self._is_begun:  # systemd tells every process of a unit, and the parent tells its own once more
            self._is_begun = True
            self._begin()
            self._loop.call_later(self._seconds, self._stop, number)

    def _stop(self, number: int) -> None:
        self._servers[signal.Signals(number)](number, None)
