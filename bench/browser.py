"""A browser that asks what a browser asks: pages, forms, the waiting page's stream. No pictures, no
styles: those are kept by real browsers for a year."""

import asyncio
import re
import time
from collections.abc import AsyncIterator, Coroutine
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import urlencode

from bench.person import FIREFOX, PASSWORD, Person
from bench.phone import Phone
from bench.wire import Answer, Broken, Wire

T = TypeVar("T")

_CSRF = re.compile(rb'name="csrf" value="([^"]+)"')
_DIGITS = re.compile(rb'number-digits"><span aria-hidden="true">(\d{3})<span class="number-gap"></span>(\d{3})<')
_SESSION_ID = re.compile(rb'<span aria-hidden="true">([0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4})</span>')


@dataclass(frozen=True, slots=True)
class Timed:
    """One login or activation in ms: the whole, and from the phone's answer (sent, replied) to the portal's event."""

    whole: float
    from_sent: float
    from_reply: float


class Browser:
    def __init__(self, port: int, person: Person) -> None:
        self._port, self._person = port, person
        self._wire, self._ear = Wire(port), Wire(port)
        self._origin = f"http://localhost:{port}"
        self._cookies = {"__Host-dev": person.browser} if person.browser else {}
        self._csrf = ""

    async def log_in(self, phone: Phone) -> Timed:
        begun = time.monotonic()
        page = await self.ask_second()
        events = await self.wait_at("/login/wait")
        found = _DIGITS.search(page.body)
        (sent, replied), heard = await _together(phone.approve(_text(found)), events)
        await self._submit("/login/collect", {}, "/")
        await self._get("/")
        return _timed(begun, sent, replied, heard)

    async def activate(self, phone: Phone) -> Timed:
        begun = time.monotonic()
        await self.knock()
        await self._submit("/login", self._password(), "/")
        code = _SESSION_ID.search((await self._get("/")).body)
        await self._get("/activate")
        events = await self.wait_at("/activate/wait")
        digits, _ = await _together(phone.claim(_text(code)), events)
        await self._get("/activate")
        await self._submit("/activate/confirm", {"number": digits}, "/activate")
        await self._get("/activate")
        events = await self.wait_at("/activate/wait")
        (sent, replied), heard = await _together(phone.finish(), events)
        await self._get("/activate")
        return _timed(begun, sent, replied, heard)

    async def knock(self) -> None:
        """Opens the login page."""
        await self._get("/login")

    async def ask_second(self) -> Answer:
        """Name and password; the page that waits for the phone."""
        await self.knock()
        await self._submit("/login", self._password(), "/login/second")
        return await self._get("/login/second")

    async def guess(self, password: str) -> int:
        """One password, from a login page that is open already; the status of the answer."""
        fields = {"name": self._person.name, "password": password, "csrf": self._csrf}
        return (await self._ask("POST", "/login", urlencode(fields).encode())).status

    async def wait_at(self, path: str) -> AsyncIterator[str]:
        """Opens the stream, as the page's script does; its first event tells how things stand."""
        self._ear.close()
        events = self._ear.events("GET", path, self._headers())
        for _ in range(2):
            await anext(events)
        return events

    def close(self) -> None:
        self._wire.close()
        self._ear.close()

    async def _get(self, path: str) -> Answer:
        answer = await self._ask("GET", path)
        if answer.status != 200:
            raise Broken(f"GET {path}: {answer.status}")
        found = _CSRF.search(answer.body)
        self._csrf = found[1].decode() if found else ""
        return answer

    async def _submit(self, path: str, fields: dict[str, str], onward: str) -> None:
        answer = await self._ask("POST", path, urlencode({**fields, "csrf": self._csrf}).encode())
        if (answer.status, answer.one("location")) != (303, onward):
            raise Broken(f"POST {path}: {answer.status} {answer.one('location')}")

    async def _ask(self, method: str, path: str, body: bytes = b"") -> Answer:
        headers = self._headers()
        if method == "POST":
            headers |= {"origin": self._origin, "content-type": "application/x-www-form-urlencoded"}
        answer = await self._wire.ask(method, path, headers, body)
        for line in answer.all("set-cookie"):
            self._keep(line)
        return answer

    def _keep(self, line: str) -> None:
        name, _, value = line.partition(";")[0].partition("=")
        if value.strip('"'):
            self._cookies[name] = value
        else:
            self._cookies.pop(name, None)

    def _headers(self) -> dict[str, str]:
        return {
            "host": f"localhost:{self._port}",
            "user-agent": FIREFOX,
            "accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
            "accept-language": "en-GB,en;q=0.7,nl;q=0.3",
            "accept-encoding": "gzip, deflate, br, zstd",
            "sec-fetch-site": "same-origin",
            "sec-fetch-mode": "navigate",
            "x-forwarded-for": self._person.address,
            "cookie": "; ".join(f"{name}={value}" for name, value in self._cookies.items()),
        }

    def _password(self) -> dict[str, str]:
        return {"name": self._person.name, "password": PASSWORD}


async def _together(phone: Coroutine[Any, Any, T], events: AsyncIterator[str]) -> tuple[T, float]:
    """What the phone does, and when the browser's stream told of it (seconds of the monotonic clock)."""
    told = asyncio.ensure_future(_next(events))
    try:
        done = await phone
        return done, await asyncio.wait_for(told, 10)
    finally:
        told.cancel()


async def _next(events: AsyncIterator[str]) -> float:
    await anext(events)
    return time.monotonic()


def _timed(begun: float, sent: float, replied: float, heard: float) -> Timed:
    return Timed(1000 * (time.monotonic() - begun), 1000 * (heard - sent), 1000 * (heard - replied))


def _text(found: re.Match[bytes] | None) -> str:
    return b"".join(found.groups()).decode() if found else ""
