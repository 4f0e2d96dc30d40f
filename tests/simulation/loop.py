"""An event loop without a machine below it: its time is a number, and chance says who of all that are ready is next.

No thread, no socket, no clock. `asyncio` promises that what was asked for first runs first; nothing in the house may
depend on that between two people, so here it is a dice. What belongs to a process that died is never run again.
"""

import asyncio
import heapq
from collections.abc import Callable, Coroutine
from contextvars import Context, ContextVar, copy_context
from random import Random
from typing import Any, TypeVar

T = TypeVar("T")

MOST_STEPS = 2_000_000  # of one run: who goes round in circles is told so


class Mortal:
    """A process, as far as the loop knows it."""

    is_dead = False


PROCESS: ContextVar[Mortal | None] = ContextVar("PROCESS", default=None)  # whose work this is; None: the world's


class Stuck(Exception):
    """Nothing is left that could ever happen, or too much happens."""


class SimulatedLoop(asyncio.AbstractEventLoop):
    """Only what a task needs; whoever wants a thread or a socket here gets NotImplementedError."""

    def __init__(self, chance: Random) -> None:
        self._chance = chance
        self._seconds = 0.0
        self._ready: list[tuple[float, float, int, asyncio.Handle]] = []
        self.steps = self._asked = 0
        self.faults: list[dict[str, Any]] = []
        self._abandoned: list[asyncio.Handle] = []  # what the dead had still to do
        self._tasks: set[asyncio.Task[Any]] = set()
        self.is_over = False

    def run(self, main: Coroutine[Any, Any, T]) -> T:
        """Until `main` is done. Raises Stuck."""
        asyncio.events._set_running_loop(self)
        try:
            task = self.create_task(main)
            while not task.done():
                self._step()
            return task.result()
        finally:
            self._bury()
            asyncio.events._set_running_loop(None)

    def _bury(self) -> None:
        """Ends every task in order, those of the dead too: who is merely forgotten dies noisily."""
        self.is_over = True
        for handle in self._abandoned:
            self._at(self._seconds, handle)
        while self._tasks and self._ready:
            for task in self._tasks:
                task.cancel()
            for _ in range(len(self._ready)):
                self._step()

    def _step(self) -> None:
        if not self._ready or self.steps > MOST_STEPS:
            raise Stuck(f"nobody is waited for at {self._seconds:.3f} s, after {self.steps} steps")
        when, _, _, handle = heapq.heappop(self._ready)
        if handle.cancelled():
            return
        self._seconds = max(self._seconds, when)
        process = handle._context.get(PROCESS)  # type: ignore[attr-defined]
        if process is not None and process.is_dead and not self.is_over:
            self._abandoned.append(handle)
            return
        self.steps += 1
        handle._run()

    def _at(self, when: float, handle: asyncio.Handle) -> None:
        self._asked += 1
        heapq.heappush(self._ready, (when, self._chance.random(), self._asked, handle))

    # what asyncio asks of a loop

    def time(self) -> float:
        return self._seconds

    def call_soon(self, callback: Callable[..., Any], *args: Any, context: Context | None = None) -> asyncio.Handle:
        handle = asyncio.Handle(callback, args, self, context or copy_context())
        self._at(self._seconds, handle)
        return handle

    def call_later(
        self, delay: float, callback: Callable[..., Any], *args: Any, context: Context | None = None
    ) -> asyncio.TimerHandle:
        return self.call_at(self._seconds + delay, callback, *args, context=context)

    def call_at(
        self, when: float, callback: Callable[..., Any], *args: Any, context: Context | None = None
    ) -> asyncio.TimerHandle:
        handle = asyncio.TimerHandle(when, callback, args, self, context or copy_context())
        self._at(when, handle)
        return handle

    def _timer_handle_cancelled(self, handle: asyncio.TimerHandle) -> None:
        """It stays where it is, and is passed over."""

    def create_future(self) -> asyncio.Future[Any]:
        return asyncio.Future(loop=self)

    def create_task(
        self, coro: Any, *, name: str | None = None, context: Context | None = None
    ) -> asyncio.Task[Any]:
        task = asyncio.Task(coro, loop=self, name=name, context=context)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def get_debug(self) -> bool:
        return False

    def is_running(self) -> bool:
        return True

    def is_closed(self) -> bool:
        return False

    def call_exception_handler(self, context: dict[str, Any]) -> None:
        self.faults.append(context)


async def rest(seconds: float) -> None:
    """Lets this much of the loop's time pass."""
    loop = asyncio.get_running_loop()
    awake = loop.create_future()
    alarm = loop.call_later(seconds, lambda: awake.done() or awake.set_result(None))
    try:
        await awake
    finally:
        alarm.cancel()
