"""How answers are written: whole, in one packet where they are short, and with no line that a value could add."""

from types import SimpleNamespace
from typing import Any

import pytest

from twolatch.faces import heads
from twolatch.faces.answers import ONE_PACKET, Answer

START = {"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"5")]}
WHOLE = {"type": "http.response.body", "body": b"hello"}
STREAM = {"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/event-stream")]}


class Wire:
    def __init__(self) -> None:
        self.packets: list[bytes] = []
        self.is_open = True

    def write(self, data: bytes) -> None:
        assert data
        self.packets.append(data)

    def close(self) -> None:
        self.is_open = False


def answer(wire: Wire, method: str = "GET", *, keep_alive: bool = True) -> Answer:
    line: Any = SimpleNamespace(
        transport=wire, is_full=False, always=[(b"date", b"today")], answered=lambda: None
    )
    return Answer(line, is_head=method == "HEAD", keeps_open=keep_alive, expects_word=False)


async def sent(*messages: dict[str, Any], method: str = "GET", keep_alive: bool = True) -> Wire:
    wire = Wire()
    one = answer(wire, method, keep_alive=keep_alive)
    for message in messages:
        await one.send(message)
    assert one.is_over
    return wire


async def test_a_page_leaves_in_one_packet() -> None:
    wire = await sent(START, WHOLE)
    assert wire.packets == [b"HTTP/1.1 200 OK\r\ndate: today\r\ncontent-length: 5\r\n\r\nhello"]
    assert wire.is_open


async def test_a_large_file_is_handed_on_as_it_is_for_a_crowd_that_reads_nothing_would_hold_a_copy_each() -> None:
    file = bytes(ONE_PACKET + 1)
    start = {**START, "headers": [(b"content-length", str(len(file)).encode())]}
    for wire in [await sent(start, {"type": "http.response.body", "body": file}) for _ in range(2)]:
        head, body = wire.packets
        assert head.endswith(b"\r\n\r\n")
        assert body is file


async def test_who_asks_for_a_head_gets_the_head() -> None:
    wire = await sent(START, WHOLE, method="HEAD")
    assert wire.packets == [b"HTTP/1.1 200 OK\r\ndate: today\r\ncontent-length: 5\r\n\r\n"]


async def test_the_first_event_of_a_stream_comes_with_the_head_and_each_further_one_by_itself() -> None:
    more = [{"type": "http.response.body", "body": part, "more_body": True} for part in (b": ok\n\n", b"", b": \n\n")]
    wire = await sent(STREAM, *more, {"type": "http.response.body", "body": b""})
    head = b"HTTP/1.1 200 OK\r\ndate: today\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
    assert wire.packets == [head + b"6\r\n: ok\n\n\r\n", b"4\r\n: \n\n\r\n", b"0\r\n\r\n"]


@pytest.mark.parametrize("status", [204, 304])
async def test_an_answer_without_a_body_says_nothing_of_one(status: int) -> None:
    wire = await sent({"type": "http.response.start", "status": status}, {"type": "http.response.body"})
    assert wire.packets[0].endswith(b"date: today\r\n\r\n")


async def test_the_last_answer_of_a_line_says_so_and_the_line_ends() -> None:
    close = {**START, "headers": [*START["headers"], (b"connection", b"close")]}  # type: ignore[misc]
    for wire in (await sent(START, WHOLE, keep_alive=False), await sent(close, WHOLE)):
        assert wire.packets[0].count(b"connection: close\r\n") == 1
        assert not wire.is_open


@pytest.mark.parametrize("body", [b"hell", b"hello!"])
async def test_a_body_of_another_length_than_its_head_says_is_a_fault(body: bytes) -> None:
    with pytest.raises(RuntimeError):
        await sent(START, {"type": "http.response.body", "body": body})


@pytest.mark.parametrize("messages", [[WHOLE], [START, START], [START, WHOLE, WHOLE]])
async def test_what_is_out_of_turn_is_a_fault(messages: list[dict[str, Any]]) -> None:
    with pytest.raises(RuntimeError):
        await sent(*messages)


async def test_who_has_gone_is_sent_nothing() -> None:
    wire = Wire()
    one = answer(wire)
    one.is_gone = True
    await one.send(START)
    await one.send(WHOLE)
    assert wire.packets == []


@pytest.mark.parametrize(
    "pair", [(b"x", b"/\r\nset-cookie: a=b"), (b"x", b"/\n"), (b"x y", b"z"), (b"x:", b"z"), (b"x", b"\0")]
)
async def test_no_value_adds_a_line_of_its_own(pair: heads.Pair) -> None:
    with pytest.raises(heads.BadHead):
        await sent({**START, "headers": [pair]}, WHOLE)
    with pytest.raises(heads.BadHead):
        heads.keep([pair])


async def test_what_stands_in_every_answer_reads_as_any_other_line() -> None:
    pair = (b"x-kept", b"for good")
    before = heads.line(pair)
    heads.keep([pair])
    assert heads.line(pair) == before == b"x-kept: for good\r\n"
