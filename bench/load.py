"""The load, in a process of its own: reads orders (JSON lines) and answers each with what it measured.

`python -m bench.load TOWN.json`
"""

import asyncio
import itertools
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import msgspec
import uvloop

from bench.person import PASSWORD, Person, Town
from twolatch.rehearsal.browser import Browser, Timed
from twolatch.rehearsal.phone import Phone
from twolatch.rehearsal.wire import Broken

GUESSES = {"right": (PASSWORD, 303), "wrong": ("not this one", 403), "refused": ("not this one", 429)}


class Load:
    def __init__(self, town: Town) -> None:
        self._town = town
        self._phones = {one.name: town.phone(one) for one in town.with_phone}
        self._with_phone: Iterator[Person] = itertools.cycle(town.with_phone)
        self._without = iter(town.without)
        self._open: list[Browser | Phone] = []

    async def do(self, wish: str, **order: Any) -> dict[str, Any]:
        wishes: dict[str, Callable[..., Awaitable[dict[str, Any]]]] = {
            "logins": self.logins,
            "activations": self.activations,
            "knock": self.knock,
            "guess": self.guess,
            "wait": self.wait,
            "leave": self.leave,
        }
        cpu, begun = time.process_time(), time.monotonic()
        answer = await wishes[wish](**order)
        return {**answer, "seconds": time.monotonic() - begun, "own_cpu": time.process_time() - cpu}

    async def logins(self, count: int, at_once: int) -> dict[str, Any]:
        return await _crowd([self._log_in(next(self._with_phone)) for _ in range(count)], at_once)

    async def activations(self, count: int, at_once: int) -> dict[str, Any]:
        return await _crowd([self._activate(one) for one in itertools.islice(self._without, count)], at_once)

    async def _log_in(self, person: Person) -> Timed:
        browser, phone = self._town.browser(person), self._phones[person.name]
        try:
            return await browser.log_in(phone)
        finally:
            browser.close()
            phone.close()

    async def _activate(self, person: Person) -> Timed:
        browser, phone = self._town.browser(person), self._town.phone(person)
        try:
            return await browser.activate(phone)
        finally:
            browser.close()
            phone.close()

    async def knock(self, count: int) -> dict[str, Any]:
        """Opens so many login pages."""
        await self.leave()
        for _ in range(count):
            browser = self._town.browser(next(self._with_phone))
            await browser.knock()
            self._open.append(browser)
        return {}

    async def guess(self, kind: str, times: int = 1, at_once: int = 1) -> dict[str, Any]:
        """A password at each open page, `times` over."""
        password, wanted = GUESSES[kind]
        gate = asyncio.Semaphore(at_once)

        async def one(browser: Browser) -> None:
            async with gate:
                if (status := await browser.guess(password)) != wanted:
                    raise Broken(f"a {kind} password was answered {status}")

        browsers = [each for each in self._open if isinstance(each, Browser)]
        await asyncio.gather(*(one(browser) for browser in browsers * times))
        return {"count": len(browsers) * times}

    async def wait(self, browsers: int, phones: int) -> dict[str, Any]:
        """So many browsers that wait for an answer, so many phones that wait for a question; until `leave`."""
        await self.leave()
        gate = asyncio.Semaphore(4)

        async def browser(person: Person) -> Browser:
            async with gate:
                waiting = self._town.browser(person)
                await waiting.ask_second()
                self._streams.append(await waiting.wait_at("/login/wait"))
                return waiting

        self._streams: list[Any] = []
        self._open += await asyncio.gather(*(browser(next(self._with_phone)) for _ in range(browsers)))
        for _ in range(phones):
            person = next(self._with_phone)
            phone = self._town.phone(person)
            await phone.listen()
            self._open.append(phone)
        return {}

    async def leave(self) -> dict[str, Any]:
        for each in self._open:
            each.close()
        self._open = []
        return {}


async def _crowd(wishes: list[Awaitable[Timed]], at_once: int) -> dict[str, Any]:
    """Never more than `at_once` together; the next begins when one is done."""
    waiting, done = iter(wishes), []

    async def one_by_one() -> None:
        for wish in waiting:
            done.append(await wish)

    await asyncio.gather(*(one_by_one() for _ in range(at_once)))
    return {"timed": [asdict(one) for one in done]}


async def main(path: str) -> None:
    load = Load(msgspec.json.decode(Path(path).read_bytes(), type=Town))  # noqa: ASYNC240 before anything is measured
    loop = asyncio.get_running_loop()
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        try:
            answer = await load.do(**msgspec.json.decode(line))
        except Exception as fault:
            answer = {"fault": f"{type(fault).__name__}: {fault}"}
        print(msgspec.json.encode(answer).decode(), flush=True)


if __name__ == "__main__":
    uvloop.run(main(sys.argv[1]))
