"""A process that is told to end: what it accepted it answers, whoever waits is sent on, and nothing that was said is
lost."""

import asyncio
import signal
import socket
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import pytest

from tests.people import PASSWORD, Browser, Town, plain_wire
from tests.site import Site, answers, until
from twolatch.app import built_house

LONG = 60.0


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """A site of this test's own. It leaves for as long as it likes, so that nothing here is a matter of time."""
    site = Site.on(tmp_path, f"sqlite:///{tmp_path}/twolatch.db", leave_seconds=300)
    site.workers = 1
    site.run("migrate")
    site.start()
    yield site
    if site.process.poll() is None:
        site.process.send_signal(signal.SIGINT)
    site.process.wait(LONG)
    assert "Traceback" not in site.said(), site.said()[-4000:]


@pytest.fixture
async def town(site: Site) -> AsyncIterator[Town]:
    async with plain_wire() as wire, built_house(site.settings, alone=True) as house:
        yield Town(site, house, wire)


class Line:
    """One connection to a site, byte by byte."""

    def __init__(self, site: Site) -> None:
        self._site = site

    async def __aenter__(self) -> "Line":
        self.reader, self._writer = await asyncio.open_connection("127.0.0.1", self._site.port)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._writer.transport.abort()

    def say(self, browser: Browser, method: str, path: str, **more: str) -> None:
        given = browser.headers(sec_fetch_site="same-origin", **more)
        lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in given.items())]
        self._writer.write("\r\n".join([*lines, "", ""]).encode())

    def add(self, body: bytes) -> None:
        self._writer.write(body)

    async def head(self) -> bytes:
        async with asyncio.timeout(LONG):
            return await self.reader.readuntil(b"\r\n\r\n")

    async def last_chunk(self) -> None:
        async with asyncio.timeout(LONG):
            await self.reader.readuntil(b"\r\n0\r\n\r\n")


async def begun(line: Line, browser: Browser, name: str) -> bytes:
    """A login of which the server has taken the head, and none of the body; the body."""
    await browser.get("/login")
    fields = {**browser.page.form("/login").fields, "name": name, "password": PASSWORD}
    body = urlencode(fields).encode()
    line.say(
        browser, "POST", "/login", origin=browser.origin, content_type="application/x-www-form-urlencoded",
        content_length=str(len(body)), expect="100-continue",
    )  # fmt: skip
    assert (await line.head()).startswith(b"HTTP/1.1 100")
    return body


def is_shut(site: Site) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", site.port)) != 0


async def test_it_says_so_first_and_serves_on_until_nobody_is_sent_to_it_any_more(site: Site, town: Town) -> None:
    user, browser, phone = await town.with_phone()
    await browser.log_out()
    await browser.log_in(user.name)
    async with Line(site) as stream:
        stream.say(browser, "GET", "/login/wait", accept="text/event-stream")
        assert b"200" in await stream.head()
        site.process.send_signal(signal.SIGTERM)
        await stream.last_chunk()  # an end, at which a browser connects again
    host = urlsplit(site.settings.portal_url).netloc
    until(lambda: not answers(site.port, host), LONG)
    site.process.send_signal(signal.SIGTERM)  # as systemd does: everybody of the unit, and their parent again
    await phone.approve(digits=browser.page.digits)
    assert (await browser.collect()).path == "/"
    assert site.process.poll() is None


async def test_what_it_accepted_it_answers_and_the_next_process_goes_on_from_there(site: Site, town: Town) -> None:
    user, browser, phone = await town.with_phone()
    await browser.log_out()
    async with Line(site) as line:
        body = await begun(line, browser, user.name)
        site.process.send_signal(signal.SIGINT)  # at once
        until(lambda: is_shut(site), LONG)
        line.add(body)
        told = (await line.head()).decode()
    assert told.startswith("HTTP/1.1 303"), told
    assert "location: /login/second" in told
    site.process.wait(LONG)
    site.start()
    await browser.get("/login/second")
    await phone.approve(digits=browser.page.digits)
    assert (await browser.collect()).path == "/"
    assert await browser.is_in()
