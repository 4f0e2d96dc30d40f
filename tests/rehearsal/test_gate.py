"""The gate of a rehearsal: nobody is through before all stand there; and whoever wins twice is found out."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest

from twolatch.faces.commands.rehearse_race import Run
from twolatch.rehearsal.browser import Browser, Door, Form, Guest
from twolatch.rehearsal.gate import Shot, fire
from twolatch.rehearsal.phone import Phone
from twolatch.rehearsal.races import Race, Racer
from twolatch.rehearsal.wire import Broken, End, Wire, end_of

CROWD = 40
SESSION = "set-cookie: __Host-session=abc; Secure; Path=/\r\n"

Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def serving(handle: Handler) -> AsyncIterator[End]:
    server = await asyncio.start_server(handle, "127.0.0.1", 0)
    async with server:
        yield End("127.0.0.1", server.sockets[0].getsockname()[1])


def answered(status: str, more: str = "", body: str = "") -> bytes:
    return f"HTTP/1.1 {status}\r\n{more}content-length: {len(body)}\r\n\r\n{body}".encode()


async def test_no_request_is_whole_before_all_stand_at_the_gate() -> None:
    standing, whole_with = 0, []

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal standing
        await reader.readuntil(b"\r\n\r\n")
        await reader.readexactly(3)
        standing += 1
        await reader.readexactly(1)
        whole_with.append(standing)
        writer.write(answered("200 OK"))

    async with serving(handle) as end:
        answers = await fire([Shot(end, "/", {"host": "here"}, b"body")] * CROWD)
    assert [answer.status for answer in answers] == [200] * CROWD
    assert whole_with == [CROWD] * CROWD


async def raced(handle: Handler) -> Race:
    async with serving(handle) as end:
        door = Door(end, "http://localhost")
        racer = Racer(Browser(door, Guest("anna", "")), Phone(end, "http://phone.localhost"), [(end, end)], CROWD)
        return await racer.at_the_portal(Form("/login/collect", {}), {"csrf": "1"})


async def test_a_site_that_lets_the_first_in_and_no_other_is_right() -> None:
    seen = 0

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal seen
        await reader.readuntil(b"csrf=1")
        seen += 1
        writer.write(answered("303 See Other", SESSION) if seen == 1 else answered("410 Gone"))

    race = await raced(handle)
    assert race == Race(1, Counter({"410": CROWD - 1}))
    assert Run("session", race, kept=1).is_right


async def test_a_site_that_lets_two_in_is_found_out() -> None:
    seen = 0

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal seen
        await reader.readuntil(b"csrf=1")
        seen += 1
        writer.write(answered("303 See Other", SESSION) if seen <= 2 else answered("410 Gone"))

    race = await raced(handle)
    assert race.won == 2
    assert not Run("session", race, kept=2).is_right


@pytest.mark.parametrize(("won", "kept"), [(1, 2), (0, 0), (1, 0)])
def test_one_winner_is_not_enough_when_the_database_knows_another_number(won: int, kept: int) -> None:
    assert not Run("code", Race(won, Counter()), kept).is_right


async def test_what_a_proxy_passes_on_in_chunks_is_read_as_well() -> None:
    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\n")

    async with serving(handle) as end:
        wire = Wire(end)
        assert (await wire.ask("GET", "/", {})).body == b"abcde"
        wire.close()


async def test_an_event_that_was_cut_in_two_is_heard() -> None:
    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n6\r\nevent:\r\n6\r\n look\n\r\n0\r\n\r\n")

    async with serving(handle) as end:
        wire = Wire(end)
        assert [name async for name in wire.events("GET", "/", {})] == ["open", "look"]
        wire.close()


async def test_an_answer_without_a_length_ends_the_walk() -> None:
    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\n\r\nabc")

    async with serving(handle) as end:
        wire = Wire(end)
        with pytest.raises(Broken):
            await wire.ask("GET", "/", {})
        wire.close()


def test_connections_go_where_the_operator_says_and_the_name_stays() -> None:
    assert end_of("https://portal.example.org") == End("portal.example.org", 443, "portal.example.org")
    assert end_of("https://portal.example.org", "10.0.0.7:8443") == End("10.0.0.7", 8443, "portal.example.org")
    assert end_of("http://phone.localhost:8080") == End("127.0.0.1", 8080, "phone.localhost")
