"""Connections, as the web server asks for them: bytes become requests, each is answered in its turn, and the doorkeeper
knows at every moment what a line owes us.

The web server has a class for this and would be content with it. Ours makes nothing for a connection or a request that
few of them need, and asks the system nothing that it was told already: most of what a small request costs is this.
"""

import asyncio
import os
import socket
import struct
from collections import deque
from collections.abc import Sequence
from typing import Any
from urllib.parse import unquote

import httptools
import structlog
from starlette.types import ASGIApp, Scope
from uvicorn.config import Config
from uvicorn.server import ServerState

from twolatch.faces import doorkeeper, heads
from twolatch.faces.answers import STATUS_LINE, Answer

HEAD_MOST = 32 * 1024  # bytes of a request's head; browsers with many cookies of other programs send a third of it
BODY_AHEAD = 64 * 1024  # bytes of a body that nobody has asked for yet, until the line is read no further
_AT_ONCE = struct.pack("ii", 1, 0)  # linger: on, for no second
_ASGI = {"version": "3.0", "spec_version": "2.3"}

log = structlog.get_logger("lines")


def _drop_unsent(transport: asyncio.Transport) -> None:
    """The system would go on for minutes to send what nobody reads, out of megabytes of its own for each line."""
    given = transport.get_extra_info("socket")
    if given is not None and given.fileno() >= 0:
        with socket.socket(given.family, given.type, fileno=os.dup(given.fileno())) as same:
            same.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _AT_ONCE)


class Line(asyncio.Protocol):
    """One connection. The server counts what is open and in work in its `server_state`, and waits for it at its end."""

    __slots__ = (
        "_app", "_begun_with", "_client", "_expects_word", "_head_bytes", "_headers", "_is_counted", "_is_not_read",
        "_newest", "_packet", "_parser", "_room", "_scheme", "_served", "_server", "_url", "_waiting", "address",
        "is_full", "keeper", "loop", "transport", "unread",
    )  # fmt: skip
    transport: asyncio.Transport
    _url: bytes
    _headers: list[heads.Pair]

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        self._app: ASGIApp = config.loaded_app
        self._server = server_state
        self.loop = _loop or asyncio.get_running_loop()
        self.keeper = doorkeeper.of_this_process(self.loop)
        self._parser = httptools.HttpRequestParser(self)
        self._parser.set_dangerous_leniencies(lenient_data_after_close=True)  # a last request is answered all the same
        self.address = ""
        self.unread = 0
        self.is_full = False
        self._room: asyncio.Event | None = None
        self._is_counted = self._is_not_read = self._expects_word = False
        self._packet = self._begun_with = 0  # bytes of the last packet, and of the one in which a head began
        self._head_bytes = 0  # that came after it
        self._newest: Answer | None = None  # of the request that came last, until it is answered
        self._served: Answer | None = None  # of the one that is answered now
        self._waiting: deque[tuple[Answer, Scope]] = deque()  # between these two

    # the line

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        self.transport = transport
        self._server.connections.add(self)  # type: ignore[arg-type]  # it names its own classes
        peer = transport.get_extra_info("peername")
        self._client = (str(peer[0]), int(peer[1])) if isinstance(peer, tuple) else None
        self._scheme = "https" if transport.get_extra_info("sslcontext") else "http"
        self.address = doorkeeper.counted_as(self._client[0] if self._client else "")
        self._is_counted = True
        if self.keeper.admit(self):
            self.keeper.awaits_head(self)
        else:
            self.hang_up()

    def connection_lost(self, exc: Exception | None) -> None:
        if self._is_counted:
            self._is_counted = False
            self.keeper.leave(self)
        self._tell_the_handlers()
        self._server.connections.discard(self)
        if exc is None:
            self.transport.close()
        self._newest = self._served = None  # or only the collector would free them
        self._parser = None  # type: ignore[assignment]

    def hang_up(self) -> None:
        """At once, and with nothing more to send: who owes us something is not waited for."""
        self.keeper.forget(self)
        _drop_unsent(self.transport)
        self._tell_the_handlers()
        self.transport.abort()

    def shutdown(self) -> None:
        """The server ends: after the answer that is due, if one is."""
        if self._newest is None:
            self.transport.close()
        else:
            self._newest.keeps_open = False

    def _tell_the_handlers(self) -> None:
        """Not of the last request alone: one before it would write to a closed line."""
        self._waiting.clear()
        for answer in (self._served, self._newest):
            if answer is not None:
                answer.is_gone = True
                answer.ring()
        self._has_room_again()

    def _refuse(self, why: bytes) -> None:
        """What is no request of HTTP gets an answer without any of our pages."""
        own = b"content-type: text/plain; charset=utf-8\r\ncontent-length: %d\r\nconnection: close\r\n\r\n" % len(why)
        self.transport.write(STATUS_LINE[400] + heads.block(tuple(self.always)) + own + why)
        self.transport.close()

    # what comes in

    def data_received(self, data: bytes) -> None:
        if self.transport.is_closing():
            return
        self._packet = len(data)
        self._head_bytes += self._packet
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError:
            log.warning("malformed")
            self._refuse(b"Invalid HTTP request received.")
        except httptools.HttpParserUpgrade:  # answered as any other; nothing may follow it
            log.warning("no_upgrade")
        if self._head_bytes > HEAD_MOST and self in self.keeper.heads and not self.transport.is_closing():
            self._refuse(b"The head of this request is too long.")

    def on_message_begin(self) -> None:
        self._begun_with, self._head_bytes = self._packet, 0
        self._url = b""
        self._headers = []
        self._expects_word = False
        self.keeper.awaits_head(self)

    def on_url(self, url: bytes) -> None:
        self._url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        name = name.lower()
        if name == b"expect" and value.lower() == b"100-continue":
            self._expects_word = True
        self._headers.append((name, value))

    def on_headers_complete(self) -> None:
        """What is raised here is the parser's way out: 400, and closed."""
        self.keeper.awaits_body(self)
        if self._begun_with + self._head_bytes > HEAD_MOST and self._said_in_all() > HEAD_MOST:
            raise ValueError("the head of this request is too long")
        scope = self._scope()
        version = scope["http_version"]
        answer = Answer(
            self,
            is_head=scope["method"] == "HEAD",
            keeps_open=version != "1.0" and self._parser.should_keep_alive(),
            expects_word=self._expects_word,
        )
        self._newest = answer
        if self._served is None:
            self._serve(answer, scope)
        else:
            self.pause_reading()
            self._waiting.appendleft((answer, scope))

    def _said_in_all(self) -> int:
        """Bytes of the head, and of nothing that came in one packet with it."""
        return len(self._url) + sum(len(name) + len(value) for name, value in self._headers)

    def _scope(self) -> Scope:
        url = httptools.parse_url(self._url)
        path = url.path.decode("ascii")
        return {
            "type": "http",
            "asgi": _ASGI,
            "http_version": self._parser.get_http_version(),
            "method": self._parser.get_method().decode("ascii"),
            "scheme": self._scheme,
            "path": unquote(path) if "%" in path else path,
            "raw_path": url.path,
            "query_string": url.query or b"",
            "root_path": "",
            "headers": self._headers,
            "client": self._client,
            "server": None,
            "line": self,
        }

    def on_body(self, body: bytes) -> None:
        if self._newest is not None and self._newest.take(body) > BODY_AHEAD:
            self.pause_reading()

    def on_message_complete(self) -> None:
        self.keeper.has_body(self)
        if self._newest is None:
            self.keeper.awaits_request(self)  # it was answered before all of it was here
        else:
            self._newest.has_all()

    def pause_reading(self) -> None:
        if not self._is_not_read:
            self._is_not_read = True
            self.transport.pause_reading()

    def resume_reading(self) -> None:
        if self._is_not_read:
            self._is_not_read = False
            self.transport.resume_reading()

    # what goes out

    @property
    def always(self) -> Sequence[heads.Pair]:
        """The lines that the server gives to every answer."""
        return self._server.default_headers

    def _serve(self, answer: Answer, scope: Scope) -> None:
        self._served = answer
        task = self.loop.create_task(answer.run(self._app, scope))
        self._server.tasks.add(task)
        task.add_done_callback(self._server.tasks.discard)

    def streams_on(self) -> None:
        """The answer goes on for minutes, and owes nothing meanwhile."""
        self.keeper.streams_on(self)

    def answered(self) -> None:
        """The next one's turn."""
        self._server.total_requests += 1
        if self._newest is self._served:
            self._newest = None
        self._served = None
        if self.transport.is_closing():
            if self.transport.get_write_buffer_size():
                self.keeper.awaits_reader(self)
            return
        self.resume_reading()
        if self._waiting:
            self._serve(*self._waiting.pop())
        else:
            self.keeper.awaits_request(self)

    async def has_room(self) -> None:
        """Until the other side has read some of what was sent, or is gone."""
        if self._room is not None:
            await self._room.wait()

    def pause_writing(self) -> None:
        self.is_full, self._room = True, asyncio.Event()
        self.keeper.awaits_reader(self)
        self.loop.call_soon(self._note_unread)

    def _note_unread(self) -> None:
        """What the system took for itself meanwhile was not read by anybody."""
        if self in self.keeper.stuck:
            self.unread = self.transport.get_write_buffer_size()

    def resume_writing(self) -> None:
        self._has_room_again()
        self.keeper.stuck.pop(self, None)

    def _has_room_again(self) -> None:
        self.is_full = False
        if self._room is not None:
            self._room.set()
            self._room = None
