"""An answer on its way out: its head and the begin of its body in one packet.

The web server writes them one after the other, and each packet wakes whoever reads: as dear as a small statement of a
database. It also searches every line of a head for what does not belong there, as often as it is sent.
"""

from collections.abc import Iterable
from typing import Any

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, RequestResponseCycle

from twolatch.faces import heads

ONE_PACKET = 64 * 1024  # bytes of a body that are copied behind their head
_CLOSES = b"connection: close\r\n"
_CHUNKED = b"transfer-encoding: chunked\r\n"


class Answer(RequestResponseCycle):
    """One request and its answer, as the web server knows it, and a way of its own to write."""

    _head: bytes = b""  # not written yet

    async def send(self, message: Any) -> None:
        if self.flow.write_paused and not self.disconnected:
            await self.flow.drain()
        if self.disconnected:
            return
        what = message["type"]
        if not self.response_started and what == "http.response.start":
            self._begin(message["status"], message.get("headers", ()))
        elif self.response_started and not self.response_complete and what == "http.response.body":
            self._go_on(message.get("body", b""), is_end=not message.get("more_body", False))
        else:
            raise RuntimeError(f"{what} is out of turn")

    def _begin(self, status: int, pairs: Iterable[heads.Pair]) -> None:
        self.response_started = True
        self.waiting_for_100_continue = False
        head = [STATUS_LINE[status]]
        for pair in (*self.default_headers, *pairs):
            name, value = pair
            if name == b"content-length":
                self.chunked_encoding, self.expected_content_length = False, int(value)
            elif name == b"connection" and value.lower() == b"close":
                self.keep_alive = False
                continue
            head.append(heads.line(pair))
        if not self.keep_alive:
            head.append(_CLOSES)
        if self.chunked_encoding is None and self.scope["method"] != "HEAD" and status not in (204, 304):
            self.chunked_encoding = True
            head.append(_CHUNKED)
        self._head = b"".join((*head, b"\r\n"))

    def _go_on(self, body: bytes, *, is_end: bool) -> None:
        if self.scope["method"] == "HEAD":
            self.expected_content_length, body = 0, b""
        elif self.chunked_encoding:
            last = b"0\r\n\r\n" if is_end else b""
            body = b"%x\r\n%b\r\n%b" % (len(body), body, last) if body else last
        else:
            self.expected_content_length -= len(body)
            if self.expected_content_length < 0 or (is_end and self.expected_content_length):
                raise RuntimeError("the body is not as long as its head says")
        packets = [self._head + body] if len(body) <= ONE_PACKET else [self._head, body]
        for packet in filter(None, packets):  # a large one as it is: a crowd that reads nothing would hold a copy each
            self.transport.write(packet)
        self._head = b""
        if is_end:
            self._end()

    def _end(self) -> None:
        self.response_complete = True
        self.message_event.set()
        if not self.keep_alive:
            self.transport.close()
        self.on_response()
