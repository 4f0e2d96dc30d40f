"""A crowd that logs in: so many at once, or so many a second, and what it met.

Nobody is in two places: a client who is at the door already is not sent there a second time. Where all are, the site
is too slow for this crowd, and that is counted too.
"""

import asyncio
import time
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from twolatch.client.outcomes import NotTrusted
from twolatch.rehearsal.browser import Browser, Door, Guest, Timed
from twolatch.rehearsal.phone import Phone
from twolatch.rehearsal.wire import Broken, End

LONGEST_WALK = 60.0  # seconds; then a client gives up
# What the requests of a walk are called. What is not named here belongs to the whole only.
STEPS = {
    "GET /login": "login page",
    "POST /login": "password",
    "GET /login/second": "waiting page",
    "GET challenges": "phone looks",
    "POST answers": "phone answers",
    "POST /login/collect": "let in",
    "GET /": "first page",
    "POST activations/claim": "phone claims",
    "POST /activate/confirm": "digits typed",
}
KNOWS, LOGIN, ACTIVATION = "answer to portal", "whole login", "whole activation"


@dataclass
class Found:
    """What was met. `took` in ms by step; `errors` by the code of the refusal; `late`: arrivals for whom no client was
    free; `seconds` from the first to the last."""

    took: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    errors: Counter[str] = field(default_factory=Counter)
    done: int = 0
    late: int = 0
    seconds: float = 0.0

    def note(self, step: str, seconds: float) -> None:
        if step in STEPS:
            self.took[STEPS[step]].append(1000 * seconds)

    def told(self) -> dict[str, Any]:
        """As JSON: times in ms, `goodput` in walks a second that ended well."""
        return {
            "done": self.done,
            "errors": dict(self.errors.most_common()),
            "late": self.late,
            "seconds": self.seconds,
            "goodput": self.done / self.seconds if self.seconds else 0.0,
            "steps": {step: percentiles(values) for step, values in self.took.items()},
        }


def percentiles(values: Sequence[float]) -> dict[str, float]:
    """How many there are, and the values below which 50, 95 and 99 of a hundred lie; of few, p99 is the highest."""
    ordered = sorted(values)
    places = {share: ordered[min(len(ordered) - 1, len(ordered) * share // 100)] for share in (50, 95, 99)}
    return {"n": len(ordered), **{f"p{share}": value for share, value in places.items()}}


@dataclass
class Person:
    """A client of the rehearsal, with his phone once it is active, at a browser that the site knows after that."""

    guest: Guest
    phone: Phone


@dataclass
class Crowd:
    """`portal` and `phones` are the two doors of one site; `told` is called after each walk, and after each that found
    nobody free."""

    portal: Door
    phones: tuple[End, str]
    told: Callable[[], None]
    found: Found = field(default_factory=Found)

    def person(self, guest: Guest) -> Person:
        return Person(guest, Phone(*self.phones, guest.address, note=self._note))

    def at_home(self, person: Person) -> Person:
        """Somebody of another crowd, whose phone is active already, in this one."""
        return Person(person.guest, Phone(*self.phones, person.guest.address, person.phone.record, self._note))

    async def activate(self, person: Person) -> bool:
        """False when it did not work; the reason is counted."""
        return await self._walk(person, ACTIVATION, Browser.activate)

    async def log_in(self, person: Person) -> bool:
        return await self._walk(person, LOGIN, Browser.log_in)

    async def _walk(self, person: Person, name: str, walk: Callable[[Browser, Phone], Awaitable[Timed]]) -> bool:
        browser = Browser(self.portal, person.guest, self._note)
        try:
            async with asyncio.timeout(LONGEST_WALK):
                timed = await walk(browser, person.phone)
        except (Broken, NotTrusted, OSError, EOFError, TimeoutError, ValueError) as fault:
            self.found.errors[_why(fault)] += 1
            return False
        finally:
            browser.close()
            person.phone.close()
            self.told()
        person.guest = replace(person.guest, browser=browser.mark)
        self.found.done += 1
        self.found.took[name].append(timed.whole)
        if name == LOGIN:
            self.found.took[KNOWS].append(timed.from_sent)
        return True

    def _note(self, step: str, seconds: float) -> None:
        self.found.note(step, seconds)

    async def everybody(self, people: Sequence[Person], at_once: int) -> list[Person]:
        """Activates them all; those who have a phone now."""
        waiting, active = iter(people), []

        async def one_by_one() -> None:
            for person in waiting:
                if await self.activate(person):
                    active.append(person)

        with self._measured():
            await asyncio.gather(*(one_by_one() for _ in range(at_once)))
        return active

    async def together(self, people: Sequence[Person], at_once: int, seconds: float, most: int) -> None:
        """So many at once: the next client comes when one is done."""
        free, end = asyncio.Queue[Person](), time.monotonic() + seconds
        left = most
        for person in people:
            free.put_nowait(person)

        async def one_by_one() -> None:
            nonlocal left
            while left > 0 and time.monotonic() < end:
                left -= 1
                person = await free.get()
                await self.log_in(person)
                free.put_nowait(person)

        with self._measured():
            await asyncio.gather(*(one_by_one() for _ in range(min(at_once, len(people)))))

    async def arriving(self, people: Sequence[Person], per_second: float, seconds: float, most: int) -> None:
        """So many a second, whether or not the site keeps up: clients do not wait for one another."""
        free, begun = list(people), time.monotonic()
        under_way: set[asyncio.Task[None]] = set()

        async def come(person: Person) -> None:
            await self.log_in(person)
            free.append(person)

        with self._measured():
            for number in range(min(most, max(1, int(per_second * seconds)))):
                await asyncio.sleep(max(0.0, begun + number / per_second - time.monotonic()))
                if not free:
                    self.found.late += 1
                    self.told()
                    continue
                task = asyncio.ensure_future(come(free.pop(0)))
                under_way.add(task)
                task.add_done_callback(under_way.discard)
            await asyncio.gather(*under_way)

    @contextmanager
    def _measured(self) -> Iterator[None]:
        begun = time.monotonic()
        try:
            yield
        finally:
            self.found.seconds += time.monotonic() - begun


def _why(fault: BaseException) -> str:
    if isinstance(fault, Broken):
        return fault.code
    if isinstance(fault, NotTrusted):
        return "not trusted"
    return "time-out" if isinstance(fault, TimeoutError) else f"connection: {type(fault).__name__}"

