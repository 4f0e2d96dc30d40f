"""The edge: which host, how long a body may take, which headers leave, and what a fault looks like from outside.

Pure ASGI. A fault of ours becomes a plain refusal with a code; the details go to the log and never to a stranger.
"""

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

import structlog
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from twolatch.faces import request_ids
from twolatch.faces.web import Stop
from twolatch.house import HashingBusy, House, WrongClock
from twolatch.storage.db import StorageBusy, UnsafeDatabase
from twolatch.texts.catalogue import Texts
from twolatch.wires.metrics import Metrics
from twolatch.wires.traces import RequestSpan, Traces
from twolatch.words.refusals import Code, Refusal
from twolatch.words.visit import Door

BODY_SECONDS = 20.0
_ALWAYS = {
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",  # with no-referrer browsers send `Origin: null`, which forms refuse
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "x-frame-options": "DENY",
    "permissions-policy": "camera=(self), publickey-credentials-get=(self), publickey-credentials-create=(self), "
    "geolocation=(), microphone=()",
    "cache-control": "no-store",
}
_STATUS = {404: Code.NOT_FOUND, 405: Code.METHOD}

log = structlog.get_logger("edge")


@dataclass(frozen=True)
class Face:
    """One host: its name in figures, its rooms, its content security policy, how it shows a refusal, and which door a
    person finds there."""

    name: str
    rooms: ASGIApp
    policy: str
    refuse: Callable[[Request, Refusal], Response]
    door: Door = Door.PORTAL


class Edge:
    """`faces` by authority ("localhost:8080"); other hosts get 421 and learn nothing."""

    def __init__(
        self,
        house: House,
        texts: Texts,
        faces: Mapping[str, Face],
        metrics: Metrics | None = None,
        traces: Traces | None = None,
    ) -> None:
        self._house, self._texts, self._metrics, self._traces = house, texts, metrics, traces
        self._faces = {host.encode(): (face, _headers(face, house)) for host, face in faces.items()}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        scope["request_id"] = request_ids.name_of(scope["headers"], self._house)
        mark = request_ids.current.set(scope["request_id"])
        try:
            await self._answer(scope, receive, _named(scope["request_id"], send))
        finally:
            request_ids.current.reset(mark)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        hosts = [value for name, value in scope["headers"] if name == b"host"]
        found = self._faces.get(hosts[0].lower()) if len(hosts) == 1 else None
        if found is None:
            await Response("unknown host\n", 421, headers=_ALWAYS, media_type="text/plain")(scope, receive, send)
            return
        face, headers = found
        scope["metrics"], scope["door"] = self._metrics, face.door
        if self._metrics:
            send = _timed(self._metrics, face.name, send)
        scope["house"], scope["texts"], scope["app"], scope["state"] = self._house, self._texts, self, {}
        if self._traces is None:
            await _serve(face, headers, scope, _patient(receive), send)
            return
        parent = request_ids.parent_of(scope["headers"], self._house)
        with self._traces.request(face.name, scope["method"], scope["request_id"], parent) as span:
            await _serve(face, headers, scope, _patient(receive), _traced(span, scope, send))


async def _serve(face: Face, headers: list[tuple[bytes, bytes]], scope: Scope, receive: Receive, send: Send) -> None:
    is_begun = False

    async def dressed(message: Message) -> None:
        nonlocal is_begun
        if message["type"] == "http.response.start":
            is_begun = True
            own = dict(message["headers"])
            message["headers"] = [*message["headers"], *[pair for pair in headers if pair[0] not in own]]
        await send(message)

    try:
        await face.rooms(scope, receive, dressed)
    except ClientDisconnect:
        return
    except Exception as fault:
        refusal = _refusal_of(fault, scope)
        if is_begun and refusal.code is Code.BUSY:
            return  # a page that waits: the line is cut, and it asks again
        if is_begun:
            raise
        if isinstance(fault, HTTPException) and fault.headers:  # `Allow`, of a method that is none here
            headers = [*headers, *((name.lower().encode(), value.encode()) for name, value in fault.headers.items())]
        await face.refuse(Request(scope, receive), refusal)(scope, receive, dressed)


def _named(name: str, send: Send) -> Send:
    mark = (request_ids.HEADER, name.encode("ascii"))

    async def named(message: Message) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = [*message["headers"], mark]
        await send(message)

    return named


def _timed(metrics: Metrics, face: str, send: Send) -> Send:
    """Until the answer begins: a waiting page's stream stays open for minutes, and that is no slowness."""
    begun = time.perf_counter()

    async def timed(message: Message) -> None:
        if message["type"] == "http.response.start":
            metrics.answered(face, message["status"], time.perf_counter() - begun)
        await send(message)

    return timed


def _traced(span: RequestSpan, scope: Scope, send: Send) -> Send:
    async def traced(message: Message) -> None:
        if message["type"] == "http.response.start":
            span.answered(getattr(scope.get("route"), "path", ""), message["status"])
        await send(message)

    return traced


def _refusal_of(fault: Exception, scope: Scope) -> Refusal:
    if isinstance(fault, Stop):
        return fault.refusal
    if isinstance(fault, HTTPException):
        return Refusal(_STATUS.get(fault.status_code, Code.MALFORMED))
    if isinstance(fault, StorageBusy | UnsafeDatabase | HashingBusy | WrongClock):
        log.warning("busy", reason=type(fault).__name__, said=str(fault), path=scope["path"])
        if scope["metrics"]:
            scope["metrics"].refused_busy(type(fault).__name__)
        return Refusal(Code.BUSY, retry_after=max(1, int(fault.retry_after)))
    if isinstance(fault, TimeoutError):
        return Refusal(Code.MALFORMED)
    log.error("fault", path=scope["path"], exc_info=fault)
    return Refusal(Code.FAULT)


def _patient(receive: Receive) -> Receive:
    """A body that dribbles in byte by byte holds a place for nobody: all of it within 20 s, or none."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + BODY_SECONDS
    is_whole = False

    async def within() -> Message:
        nonlocal is_whole
        if is_whole:
            return await receive()
        async with asyncio.timeout_at(deadline):
            message = await receive()
        is_whole = message["type"] == "http.request" and not message.get("more_body", False)
        return message

    return within


def _headers(face: Face, house: House) -> list[tuple[bytes, bytes]]:
    given = {**_ALWAYS, "content-security-policy": face.policy}
    # A site on a port of its own is a rehearsal: browsers keep the promise for the whole host, other ports included.
    if house.settings.portal_url.startswith("https:") and urlsplit(house.settings.portal_url).port is None:
        given["strict-transport-security"] = "max-age=63072000; includeSubDomains"
    return [(name.encode(), value.encode()) for name, value in given.items()]
