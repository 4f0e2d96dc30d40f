"""A browser that asks what a browser asks: pages, forms, the waiting page's stream. No pictures, no
styles: those are kept by real browsers for a year."""

import asyncio
import re
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from html import unescape
from html.parser import HTMLParser
from typing import Any, TypeVar
from urllib.parse import urlencode, urlsplit

from twolatch.rehearsal.phone import Phone
from twolatch.rehearsal.wire import Answer, Broken, End, Wire

T = TypeVar("T")

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
LONGEST_WAIT = 30.0  # seconds, for the portal to hear of an answer
_CSRF = re.compile(rb'name="csrf" value="([^"]+)"')
_DIGITS = re.compile(rb'number-digits"><span aria-hidden="true">(\d{3})<span class="number-gap"></span>(\d{3})<')
_SESSION_ID = re.compile(rb'<span aria-hidden="true">([0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4})</span>')
_REFUSED = re.compile(rb'<p class="hint">[^<]*<code>([a-z_.]{3,60})</code>')


@dataclass(frozen=True, slots=True)
class Door:
    """Where a portal is, and the origin that its forms expect."""

    end: End
    origin: str

    @property
    def host(self) -> str:
        return urlsplit(self.origin).netloc


@dataclass(frozen=True, slots=True)
class Guest:
    """Who sits at a browser. `address`: from where, told in X-Forwarded-For; "" tells nothing. `browser`: the cookie of
    one that he used before."""

    name: str
    password: str = field(repr=False)
    address: str = ""
    browser: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Timed:
    """One login or activation in ms: the whole, and from the phone's answer (sent, replied) to the portal's event."""

    whole: float
    from_sent: float
    from_reply: float


@dataclass
class Form:
    action: str
    fields: dict[str, str]


class _Forms(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append(Form(given.get("action", ""), {}))
        elif tag == "input" and given.get("type") == "hidden" and self.forms:
            self.forms[-1].fields[given["name"]] = given.get("value", "")


def _unheeded(step: str, seconds: float) -> None:
    pass


class Browser:
    """`note` is told of each request and how long it took, in seconds."""

    def __init__(self, door: Door, guest: Guest, note: Callable[[str, float], None] = _unheeded) -> None:
        self._door, self._guest, self._note = door, guest, note
        self._wire, self._ear = Wire(door.end), Wire(door.end)
        self._cookies = {"__Host-dev": guest.browser} if guest.browser else {}
        self._csrf = ""

    @property
    def mark(self) -> str:
        """The cookie by which the portal knows this browser again."""
        return self._cookies.get("__Host-dev", "")

    async def log_in(self, phone: Phone) -> Timed:
        begun = time.monotonic()
        page = await self.ask_second()
        events = await self.wait_at("/login/wait")
        (sent, replied), heard = await _together(phone.approve(digits_of(page)), events)
        await self.submit("/login/collect", {}, "/")
        await self.get("/")
        return _timed(begun, sent, replied, heard)

    async def activate(self, phone: Phone) -> Timed:
        begun = time.monotonic()
        code = await self.ask_code()
        await self.get("/activate")
        events = await self.wait_at("/activate/wait")
        digits, _ = await _together(phone.claim(code), events)
        await self.get("/activate")
        await self.submit("/activate/confirm", {"number": digits}, "/activate")
        await self.get("/activate")
        events = await self.wait_at("/activate/wait")
        (sent, replied), heard = await _together(phone.finish(), events)
        await self.get("/activate")
        return _timed(begun, sent, replied, heard)

    async def knock(self) -> None:
        """Opens the login page."""
        await self.get("/login")

    async def ask_second(self) -> Answer:
        """Name and password; the page that waits for the phone."""
        await self.knock()
        await self.submit("/login", self._password(), "/login/second")
        return await self.get("/login/second")

    async def ask_code(self) -> str:
        """Name and password of somebody without a phone; the session ID on the first page."""
        await self.enter()
        return _text(_SESSION_ID.search((await self.get("/")).body))

    async def enter(self) -> None:
        """The password alone opens: of somebody who holds nothing yet."""
        await self.knock()
        await self.submit("/login", self._password(), "/")

    async def leave(self) -> None:
        await self.get("/")
        await self.submit("/logout", {}, "/logged-out")

    async def guess(self, password: str) -> int:
        """One password, from a login page that is open already; the status of the answer."""
        fields = {"name": self._guest.name, "password": password, "csrf": self._csrf}
        return (await self._ask("POST", "/login", urlencode(fields).encode())).status

    async def wait_at(self, path: str) -> AsyncIterator[str]:
        """Opens the stream, as the page's script does; its first event tells how things stand."""
        self._ear.close()
        events = self._ear.events("GET", path, self._headers())
        for _ in range(2):
            await _event(events)
        return events

    def close(self) -> None:
        self._wire.close()
        self._ear.close()

    async def get(self, path: str) -> Answer:
        answer = await self._ask("GET", path)
        if answer.status != 200:
            raise Broken(f"GET {path}: {answer.status}", code_of(answer))
        found = _CSRF.search(answer.body)
        self._csrf = found[1].decode() if found else ""
        return answer

    async def submit(self, path: str, fields: Mapping[str, str], onward: str = "") -> str:
        """A form of the page that is open; where the portal leads after it. Raises Broken unless that is `onward`."""
        answer = await self._ask("POST", path, urlencode({**fields, "csrf": self._csrf}).encode())
        led = answer.one("location")
        if answer.status != 303 or (onward and led != onward):
            raise Broken(f"POST {path}: {answer.status} {led}", code_of(answer))
        return led

    def written(self, form: Form, fields: Mapping[str, str]) -> tuple[str, dict[str, str], bytes]:
        """A form as this browser would send it: address, headers and body, for a request that waits at a gate."""
        return form.action, self._headers("POST"), urlencode({**form.fields, **fields}).encode()

    async def _ask(self, method: str, path: str, body: bytes = b"") -> Answer:
        begun = time.monotonic()
        answer = await self._wire.ask(method, path, self._headers(method), body)
        self._note(f"{method} {path}", time.monotonic() - begun)
        for line in answer.all("set-cookie"):
            self._keep(line)
        return answer

    def _keep(self, line: str) -> None:
        name, _, value = line.partition(";")[0].partition("=")
        if value.strip('"'):
            self._cookies[name] = value
        else:
            self._cookies.pop(name, None)

    def _headers(self, method: str = "GET") -> dict[str, str]:
        headers = {
            "host": self._door.host,
            "user-agent": FIREFOX,
            "accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
            "accept-language": "en-GB,en;q=0.7,nl;q=0.3",
            "sec-fetch-site": "same-origin",
            "sec-fetch-mode": "navigate",
            "x-forwarded-for": self._guest.address,
            "cookie": "; ".join(f"{name}={value}" for name, value in self._cookies.items()),
        }
        if method == "POST":
            headers |= {"origin": self._door.origin, "content-type": "application/x-www-form-urlencoded"}
        return headers

    def _password(self) -> dict[str, str]:
        return {"name": self._guest.name, "password": self._guest.password}


def digits_of(page: Answer) -> str:
    """The six digits to type on the phone; "" where none are asked."""
    return _text(_DIGITS.search(page.body))


def form_of(page: Answer, ending: str) -> Form:
    """The form of this page whose address ends so. Raises Broken where there is none."""
    parser = _Forms()
    parser.feed(page.body.decode("utf-8", "replace"))
    found = next((form for form in parser.forms if urlsplit(form.action).path.endswith(ending)), None)
    if found is None:
        raise Broken(f"the page has no form {ending}: {page.status}", code_of(page))
    return found


def code_of(answer: Answer) -> str:
    """Of a refusal: its own code where the page names it, else the status; of a redirect, where it leads."""
    found = _REFUSED.search(answer.body)
    if answer.status == 303:
        return f"to {urlsplit(answer.one('location')).path}"
    return unescape(found[1].decode()) if found else str(answer.status)


async def _together(phone: Coroutine[Any, Any, T], events: AsyncIterator[str]) -> tuple[T, float]:
    """What the phone does, and when the browser's stream told of it (seconds of the monotonic clock)."""
    told = asyncio.ensure_future(_next(events))
    try:
        done = await phone
        return done, await asyncio.wait_for(told, LONGEST_WAIT)
    finally:
        told.cancel()


async def _next(events: AsyncIterator[str]) -> float:
    await _event(events)
    return time.monotonic()


async def _event(events: AsyncIterator[str]) -> None:
    if await anext(events, None) is None:
        raise Broken("the stream ended before anything was told", "stream.over")


def _timed(begun: float, sent: float, replied: float, heard: float) -> Timed:
    return Timed(1000 * (time.monotonic() - begun), 1000 * (heard - sent), 1000 * (heard - replied))


def _text(found: re.Match[bytes] | None) -> str:
    return b"".join(found.groups()).decode() if found else ""
