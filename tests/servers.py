"""Servers of other people as a site meets them: one that answers what it is told, one for letters, one for traces."""

import asyncio
import ssl
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from tests.ports import free_port

PATIENCE = 60.0


@dataclass
class Answers:
    """`held`: the body comes only when this is set."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)
    held: threading.Event | None = None
    seen: list[Mapping[str, str]] = field(default_factory=list)


@contextmanager
def answering(paths: Mapping[str, Answers], tls: ssl.SSLContext | None = None) -> Iterator[int]:
    """The port of a server that answers these paths, and 404 to all others."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            answer = paths.get(self.path, Answers(404, b"nothing here"))
            answer.seen.append(dict(self.headers.items()))
            if answer.held:
                answer.held.wait(PATIENCE)
            self.send_response_only(answer.status)
            for name, value in (*answer.headers.items(), ("content-length", str(len(answer.body)))):
                for each in value.split("\n"):
                    self.send_header(name, each)
            self.end_headers()
            with suppress(ConnectionError):  # who asked has gone
                self.wfile.write(answer.body)

        def log_message(self, *_words: Any) -> None:
            return

    with _serving(Handler, tls) as server:
        try:
            yield server.server_address[1]
        finally:
            for answer in paths.values():
                if answer.held:
                    answer.held.set()


@contextmanager
def collector() -> Iterator[tuple[str, list[ExportTraceServiceRequest]]]:
    """Takes traces by OTLP over HTTP. Its address, and what came, read by the protocol's own reader."""
    came: list[ExportTraceServiceRequest] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            is_right = (self.path, self.headers["content-type"]) == ("/v1/traces", "application/x-protobuf")
            if is_right:
                came.append(ExportTraceServiceRequest.FromString(body))
            self.send_response_only(200 if is_right else 400)
            self.send_header("content-type", "application/x-protobuf")
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_words: Any) -> None:
            return

    with _serving(Handler) as server:
        yield f"http://127.0.0.1:{server.server_address[1]}", came


@contextmanager
def _serving(handler: type[BaseHTTPRequestHandler], tls: ssl.SSLContext | None = None) -> Iterator[ThreadingHTTPServer]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    if tls:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class Postman:
    """Takes letters, but none to nobody."""

    def __init__(self) -> None:
        self.letters: list[dict[str, str]] = []

    async def handle_RCPT(self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any) -> str:
        if address.startswith("nobody"):
            return "550 unknown"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:
        self.letters += [{"to": to, "text": envelope.content.decode()} for to in envelope.rcpt_tos]
        return "250 OK"


@contextmanager
def mail_server(login: tuple[str, str] | None = None) -> Iterator[tuple[int, list[dict[str, str]]]]:
    """Its port, and the letters it took. With `login` it takes none without this name and password."""
    postman = Postman()

    def knows(_server: Any, _session: Any, _envelope: Any, _mechanism: str, given: Any) -> AuthResult:
        return AuthResult(success=(given.login.decode(), given.password.decode()) == login)

    guarded = {"authenticator": knows, "auth_required": True, "auth_require_tls": False} if login else {}
    controller = Controller(
        postman, hostname="127.0.0.1", port=free_port(), loop=asyncio.new_event_loop(), **guarded
    )
    controller.start()
    try:
        yield controller.port, postman.letters
    finally:
        controller.stop()
