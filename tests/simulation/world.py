"""What is decided by the seed and by nothing else: the weather, every delay, every loss, and who is reached.

`tell` writes the trace. It holds no key, no signature and nothing that follows from one, for those differ from run to
run; so two runs of a seed can be compared byte by byte.
"""

import asyncio
import traceback
from collections.abc import Callable, Coroutine
from contextvars import Context, copy_context
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING, Any

import httpx

from tests.simulation.loop import SimulatedLoop
from twolatch.words.limits import PIN_ROW

if TYPE_CHECKING:
    from tests.simulation.node import Node

BEGINNING = 1_790_000_000.0  # a day of 2026, in s


@dataclass(frozen=True)
class Weather:
    """How likely each mishap is while it storms: of a request or an answer, of a commit, of a signal, each second."""

    lost: float
    doubled: float
    crash: float
    signal_lost: float
    app_closed: float
    skew: float  # s, either way
    step_back: float  # s, by which a clock is set back

    @classmethod
    def of(cls, chance: Random) -> "Weather":
        """Some runs storm, some have one kind of trouble only: what is rare beside much else is common there."""

        def often(most: float) -> float:
            return chance.choice((0.0, most / 4, most))

        return cls(
            often(0.25), often(0.25), often(0.05), often(0.6), often(0.2), chance.choice((0.0, 0.4, 3.0)),
            chance.choice((0.0, 0.0, 8.0)),
        )  # fmt: skip


class World:
    def __init__(self, seed: int) -> None:
        self.chance = Random(seed)
        self.weather = Weather.of(self.chance)
        self.loop = SimulatedLoop(Random(self.chance.random()))
        self.slots: list[Node] = []
        self.nodes: list[Node] = []  # the dead too
        self.lines: list[str] = []
        self.failure = ""
        self.details: list[str] = []  # beside the trace: they tell lines of code
        self.is_calm = False
        self.calm: asyncio.Future[None] = self.loop.create_future()
        self.over: asyncio.Future[None] = self.loop.create_future()
        self.on_commit: Callable[[str], None] = lambda who: None
        self.is_there: Callable[[str, str, str | bytes], bool] = lambda *what: True
        self._context = copy_context()
        self._wrong: dict[str, int] = {}  # PINs of each phone, in a row

    def tell(self, who: str, what: str) -> None:
        self.lines.append(f"{self.loop.time():10.4f} {who:<10} {what}")

    def fail(self, why: str) -> None:
        """What must never be so. The first one ends the run."""
        self.tell("FAILED", why)
        self.failure = self.failure or why
        if not self.over.done():
            self.over.set_result(None)

    def acknowledged(self, table: str, column: str, value: str | bytes) -> None:
        """Somebody was told of this row: it has to be there from now on."""
        if not self.is_there(table, column, value):
            self.fail(f"somebody was told of a row in {table} that is nowhere")

    def looked_at(self, authenticator: str, *, is_right: bool) -> None:
        """A PIN was compared."""
        self._wrong[authenticator] = 0 if is_right else self._wrong.get(authenticator, 0) + 1
        if self._wrong[authenticator] > PIN_ROW.allowance:
            self.fail(f"{self._wrong[authenticator]} wrong PINs of {authenticator} were looked at in a row")

    def http(self, air: httpx.AsyncBaseTransport) -> httpx.AsyncClient:
        """A client of its own, below it nothing but `air`."""
        return httpx.AsyncClient(transport=air, trust_env=False)

    def go(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Beside all else; what goes up in an exception there ends the run."""
        task = self.loop.create_task(work)
        task.add_done_callback(self._look_after)
        return task

    def _look_after(self, task: asyncio.Task[None]) -> None:
        fault = None if task.cancelled() else task.exception()
        if fault is not None:
            self.details.append("".join(traceback.format_exception(fault)))
            self.fail(f"{type(fault).__name__}: {fault}")

    def happens(self, how_often: float) -> bool:
        return not self.is_calm and self.chance.random() < how_often

    def delay(self) -> float:
        """Seconds on the way: mostly some milliseconds, now and then a second or more."""
        usual = self.chance.expovariate(100.0)
        return usual + (self.chance.uniform(0.5, 8.0) if self.happens(self.weather.lost / 4) else 0.0)

    def pause(self) -> float:
        """Seconds between two steps of a process."""
        return self.chance.expovariate(1000.0)

    def later(self, seconds: float, what: Callable[..., Any], *args: Any, context: Context | None = None) -> None:
        """In nobody's name unless a context says whose: what is on its way outlives its sender."""
        self.loop.call_later(seconds, what, *args, context=context or self._context)

    def somebody(self) -> "Node":
        """Whom the balancer chooses; it avoids the dead mostly."""
        node = self.chance.choice(self.slots)
        alive = [each for each in self.slots if not each.is_dead]
        return self.chance.choice(alive) if node.is_dead and alive and self.chance.random() < 0.8 else node

    @property
    def latest(self) -> int:
        """The time of the clock that is most ahead, in ms."""
        skews = [node.skew for node in self.slots]
        return int((BEGINNING + self.loop.time() + max(skews, default=0.0)) * 1000)
