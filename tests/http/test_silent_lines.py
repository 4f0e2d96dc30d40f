"""Connections that say nothing, or say or read it slowly, are closed by ourselves, and shut nobody else out."""

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

import twolatch
from tests.http.conftest import served
from tests.people import Town
from tests.site import Site, until
from twolatch.faces.doorkeeper import READ_LEAST

CROWD = 400
MOST = 64
LONG = 60.0
Line = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@pytest.fixture(scope="module", params=["sqlite"])
def site(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """One process, so that a crowd meets its limits."""
    few = {
        "connections_most": MOST, "request_head_seconds": 2, "request_body_seconds": 2, "slow_reader_seconds": 1,
        "keep_alive_seconds": 2,
    }  # fmt: skip
    yield from served(request, tmp_path_factory, workers=1, **few)


@pytest.fixture(scope="module", params=["sqlite"])
def open_site(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A patient site without a proxy before it: addresses are counted."""
    few = {
        "connections_per_address": 8, "trusted_proxies": 0, "request_head_seconds": 60, "request_body_seconds": 60,
        "keep_alive_seconds": 60,
    }  # fmt: skip
    yield from served(request, tmp_path_factory, workers=1, **few)


@asynccontextmanager
async def lines(site: Site, many: int = 1) -> AsyncIterator[list[Line]]:
    opened = [await asyncio.open_connection("127.0.0.1", site.port) for _ in range(many)]
    yield opened
    for _, writer in opened:
        writer.transport.abort()


def request(site: Site, *more: str) -> bytes:
    return "\r\n".join(["GET /livez HTTP/1.1", f"Host: localhost:{site.port}", *more, "", ""]).encode()


def form(site: Site, path: str = "/login") -> bytes:
    """A form's head, as far as the server sees whether it is ours; and a first byte of its body."""
    head = [
        f"POST {path} HTTP/1.1", f"Host: localhost:{site.port}", f"Origin: http://localhost:{site.port}",
        "Content-Type: application/x-www-form-urlencoded", "Content-Length: 60000", "", "n",
    ]  # fmt: skip
    return "\r\n".join(head).encode()


async def what_comes(line: Line) -> bytes:
    """Everything until the server closes."""
    received = b""
    try:
        async with asyncio.timeout(LONG):
            while part := await line[0].read(65_536):
                received += part
    except ConnectionError:
        pass
    return received


async def answer(line: Line) -> bytes:
    async with asyncio.timeout(LONG):
        head = await line[0].readuntil(b"\r\n\r\n")
        await line[0].readexactly(len(b"alive\n"))
    return head


async def drip(line: Line, said: bytes) -> bytes:
    """Says it byte by byte as long as somebody listens; what came back."""
    closed = asyncio.ensure_future(what_comes(line))
    for byte in said:
        line[1].write(bytes([byte]))
        done, _ = await asyncio.wait({closed}, timeout=0.05)
        if done:
            break
    return await closed


async def test_lines_whose_request_never_comes_are_closed(site: Site) -> None:
    beginnings = (b"", b"G", b"\r\n\r\n", b"GET /livez HTTP/1.1\r\nHost: local")
    async with lines(site, len(beginnings)) as opened:
        for (_, writer), beginning in zip(opened, beginnings, strict=True):
            writer.write(beginning)
        assert [await what_comes(line) for line in opened] == [b""] * len(beginnings)


async def test_a_head_that_dribbles_in_is_cut_at_its_deadline(site: Site) -> None:
    async with lines(site) as [line]:
        assert await drip(line, request(site, "X: " + "x" * 2_000)) == b""


async def test_a_head_that_dribbles_in_after_a_good_request_is_cut_too(site: Site) -> None:
    async with lines(site) as [line]:
        line[1].write(request(site))
        assert b"200" in await answer(line)
        assert await drip(line, request(site, "X: " + "x" * 2_000)) == b""


async def test_line_ends_before_a_request_keep_no_line_open(site: Site) -> None:
    async with lines(site) as [line]:
        line[1].write(request(site))
        assert b"200" in await answer(line)
        assert await drip(line, b"\r\n" * 1_000) == b""


async def test_a_line_on_which_nothing_follows_is_closed(site: Site) -> None:
    async with lines(site) as [line]:
        line[1].write(request(site))
        assert b"200" in await answer(line)
        assert await what_comes(line) == b""


async def test_a_line_serves_one_request_after_the_other(open_site: Site) -> None:
    async with lines(open_site) as [line]:
        for _ in range(5):
            line[1].write(request(open_site))
            assert b"200" in await answer(line)


async def test_two_requests_in_one_breath_are_both_answered(open_site: Site) -> None:
    async with lines(open_site) as [line]:
        line[1].write(request(open_site) + request(open_site, "Connection: close"))
        assert (await what_comes(line)).count(b"alive\n") == 2


async def test_a_body_that_goes_on_after_the_answer_holds_no_line(site: Site) -> None:
    async with lines(site) as [line]:
        head = f"POST /nowhere HTTP/1.1\r\nHost: localhost:{site.port}\r\nContent-Length: 1000000\r\n\r\n"
        line[1].write(head.encode())
        assert b"HTTP/1.1 4" in await drip(line, b"x" * 100_000)


async def test_a_body_that_dribbles_in_is_cut_at_its_deadline(site: Site) -> None:
    async with lines(site, 2) as [silent, slow]:
        for _, writer in (silent, slow):
            writer.write(form(site))
        assert await drip(slow, b"x" * 2_000) == b"", "a byte at a time, each in good time: what counts is the whole"
        assert await what_comes(silent) == b""


async def test_a_body_in_its_time_is_read_however_it_is_cut(open_site: Site) -> None:
    async with lines(open_site) as [line]:
        line[1].write(form(open_site).replace(b"60000", b"50"))
        for _ in range(48):
            line[1].write(b"x")
            await line[1].drain()
        line[1].write(b"x" + request(open_site, "Connection: close"))
        answers = await what_comes(line)
    assert b"HTTP/1.1 403" in answers, "no token: not a form of ours"
    assert answers.endswith(b"alive\n"), "and the line serves on"


async def test_who_reads_no_answer_is_left(site: Site) -> None:
    """Answers that fill every buffer between: the largest file that strangers may fetch, again and again."""
    path = largest_file()
    wish = f"GET {path} HTTP/1.1\r\nHost: phone.localhost:{site.port}\r\n\r\n".encode()
    with socket.create_connection(("127.0.0.1", site.port)) as line:
        line.settimeout(LONG)
        line.sendall(wish * 32)
        assert "200" in line.recv(64, socket.MSG_PEEK).decode("latin-1")
        until(lambda: is_reset(line), LONG)
    async with lines(site) as [reader]:
        reader[1].write(wish.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
        assert len(await what_comes(reader)) > READ_LEAST, "who reads gets it"


def largest_file() -> str:
    built = Path(twolatch.__file__).parent / "faces" / "phone_app" / "built"
    file = max((each for each in built.rglob("*") if each.is_file()), key=lambda each: each.stat().st_size)
    return f"/{file.relative_to(built)}"


def is_reset(line: socket.socket) -> bool:
    """Whether the other side hung up: nothing is read to find out."""
    return line.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) != 0


async def test_a_crowd_of_slow_bodies_shuts_nobody_out(site: Site, town: Town) -> None:
    async with lines(site, 2 * MOST) as opened:
        for _, writer in opened:
            writer.write(form(site))
        closed = [asyncio.ensure_future(what_comes(line)) for line in opened]
        user, browser = await town.person(), town.browser()
        assert (await browser.log_in(user.name)).path == "/"
        async with asyncio.timeout(LONG):
            assert set(await asyncio.gather(*closed)) == {b""}


@pytest.mark.parametrize("head", ["X: " + "x" * 100_000, "\r\n".join(f"X{i}: {'x' * 900}" for i in range(60))])
async def test_a_head_of_any_length_is_not_read(open_site: Site, head: str) -> None:
    async with lines(open_site) as [line]:
        line[1].write(request(open_site, head))
        assert b"alive" not in await what_comes(line)
    async with lines(open_site) as [line]:
        line[1].write(request(open_site, "X: " + "x" * 16_000))
        assert b"200" in await answer(line), "a browser with many cookies"


async def test_a_crowd_of_silent_lines_is_bounded_and_shuts_nobody_out(site: Site, town: Town) -> None:
    async with lines(site, CROWD) as opened:
        closed = [asyncio.ensure_future(what_comes(line)) for line in opened]
        user, browser = await town.person(), town.browser()
        assert (await browser.log_in(user.name)).path == "/"
        async with asyncio.timeout(LONG):
            assert set(await asyncio.gather(*closed)) == {b""}
    assert "crowded" in site.said()


async def test_one_address_holds_so_many_lines_and_its_oldest_silent_one_gives_way(open_site: Site) -> None:
    async with lines(open_site, 8) as opened:
        first, *others = opened
        async with lines(open_site) as [newest]:
            assert await what_comes(first) == b""
            for line in (*others[:-1], newest):
                line[1].write(request(open_site))
                assert b"200" in await answer(line)
