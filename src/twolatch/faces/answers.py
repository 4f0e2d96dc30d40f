"""An answer on its way out: its head and the begin of its body in one packet.

Written one after the other, each packet would wake whoever reads: as dear as a small statement of a database.
"""

import asyncio
from collections.abc import Iterable, Sequence
from http import HTTPStatus
from typing import Protocol

import structlog
from starlette.types import ASGIApp, Message, Scope

from twolatch.faces import heads

ONE_PACKET = 64 * 1024  # bytes of a body that are copied behind their head
STATUS_LINE = {int(each): f"HTTP/1.1 {each:d} {each.phrase}\r\n".encode() for each in HTTPStatus}
_CLOSES = b"connection: close\r\n"
_CHUNKED = b"transfer-encoding: chunked\r\n"
_FAULT = b"Internal Server Error"

log = structlog.get_logger("answers")


class Carrier(Protocol):
    """The line that an answer goes out on."""

    transport: asyncio.Transport
    is_full: bool  # the other side reads slowly: nothing more is written until it has room

    @property
    def always(self) -> Sequence[heads.Pair]: ...
    async def has_room(self) -> None: ...
    def resume_reading(self) -> None: ...
    def answered(self) -> None: ...


class Answer:
    """One request and its answer: `receive` and `send` of ASGI."""

    __slots__ = (
        "_bell", "_body", "_head", "_is_begun", "_is_chunked", "_is_head", "_is_rung", "_is_whole", "_left", "_line",
        "_owes_word", "is_gone", "is_over", "keeps_open",
    )  # fmt: skip

    def __init__(self, line: Carrier, *, is_head: bool, keeps_open: bool, expects_word: bool) -> None:
        """`expects_word`: the body comes when we say so (`100-continue`)."""
        self._line, self._is_head, self.keeps_open, self._owes_word = line, is_head, keeps_open, expects_word
        self._body = b""  # came, and was not asked for yet
        self._is_whole = False  # nothing of the request follows
        self._is_rung = False  # something came that `receive` has not told
        self._bell: asyncio.Event | None = None
        self._head = b""  # not written yet
        self._is_begun = self.is_over = self.is_gone = False
        self._is_chunked = False
        self._left = 0  # bytes of the body that its head promised

    async def run(self, app: ASGIApp, scope: Scope) -> None:
        """Serves the request. What is raised here no face has caught: said in the log, and the line ends."""
        try:
            await app(scope, self.receive, self.send)
        except BaseException as fault:
            log.error("fault", exc_info=fault)
        else:
            if self.is_over or self.is_gone:
                return
            log.error("no_answer", path=scope["path"])
        if self._is_begun:
            self._line.transport.close()
        else:
            length = b"%d" % len(_FAULT)
            lines = [(b"content-type", b"text/plain; charset=utf-8"), (b"content-length", length)]
            await self.send({"type": "http.response.start", "status": 500, "headers": [*lines, heads.CLOSES]})
            await self.send({"type": "http.response.body", "body": _FAULT})

    # the request

    def take(self, body: bytes) -> int:
        """More of the body is here. How many bytes now wait."""
        self._body += body
        self.ring()
        return len(self._body)

    def has_all(self) -> None:
        self._is_whole = True
        self.ring()

    def ring(self) -> None:
        """There is something to tell."""
        self._is_rung = True
        if self._bell is not None:
            self._bell.set()

    async def receive(self) -> Message:
        if self._owes_word and not self._line.transport.is_closing():
            self._line.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            self._owes_word = False
        if not (self.is_gone or self.is_over):
            self._line.resume_reading()
            if not self._is_rung:
                await self._heard()
            self._is_rung = False
        if self.is_gone or self.is_over:
            return {"type": "http.disconnect"}
        body, self._body = self._body, b""
        return {"type": "http.request", "body": body, "more_body": not self._is_whole}

    async def _heard(self) -> None:
        self._bell = self._bell or asyncio.Event()
        self._bell.clear()
        await self._bell.wait()

    # the answer

    async def send(self, message: Message) -> None:
        if self._line.is_full and not self.is_gone:
            await self._line.has_room()
        if self.is_gone:
            return
        what = message["type"]
        if not self._is_begun and what == "http.response.start":
            self._begin(message["status"], message.get("headers", ()))
        elif self._is_begun and not self.is_over and what == "http.response.body":
            self._go_on(message.get("body", b""), is_end=not message.get("more_body", False))
        else:
            raise RuntimeError(f"{what} is out of turn")

    def _begin(self, status: int, pairs: Iterable[heads.Pair]) -> None:
        self._is_begun = True
        self._owes_word = False
        head = [STATUS_LINE[status], heads.block(tuple(self._line.always))]
        is_measured = False
        for pair in pairs:
            if line := heads.known(pair):
                head.append(line)
            elif pair == heads.CLOSES:
                self.keeps_open = False
            else:
                head.append(heads.line(pair))
                if pair[0] == b"content-length":
                    is_measured, self._left = True, int(pair[1])
        if not self.keeps_open:
            head.append(_CLOSES)
        if not (is_measured or self._is_head or status in (204, 304)):
            self._is_chunked = True
            head.append(_CHUNKED)
        head.append(b"\r\n")
        self._head = b"".join(head)

    def _go_on(self, body: bytes, *, is_end: bool) -> None:
        if self._is_head:
            self._left, body = 0, b""
        elif self._is_chunked:
            last = b"0\r\n\r\n" if is_end else b""
            body = b"%x\r\n%b\r\n%b" % (len(body), body, last) if body else last
        else:
            self._left -= len(body)
            if self._left < 0 or (is_end and self._left):
                raise RuntimeError("the body is not as long as its head says")
        if self._head and len(body) <= ONE_PACKET:
            self._line.transport.write(self._head + body)
        else:  # a large one as it is: a crowd that reads nothing would hold a copy each
            for packet in filter(None, (self._head, body)):
                self._line.transport.write(packet)
        self._head = b""
        if is_end:
            self._end()

    def _end(self) -> None:
        self.is_over = True
        self.ring()
        if not self.keeps_open:
            self._line.transport.close()
        self._line.answered()
