"""The edge: which host, who is let in, which headers leave, and what a fault looks like from outside.

Pure ASGI. A fault of ours becomes a plain refusal with a code; the details go to the log and never to a stranger.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

import structlog
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from twolatch.faces import heads, request_ids
from twolatch.faces.admission import Admission, Overloaded, Place
from twolatch.faces.web import Stop
from twolatch.house import HashingBusy, House, WrongClock
from twolatch.storage.db import StorageBusy, UnsafeDatabase
from twolatch.texts.catalogue import Texts
from twolatch.wires.metrics import Metrics
from twolatch.wires.traces import RequestSpan, Traces
from twolatch.words.refusals import Code, Refusal
from twolatch.words.visit import Door

SPREAD = 4  # seconds over which those who are refused in one moment are told to come back
SAY_AGAIN_SECONDS = 5.0
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
        self._admission = Admission(house.settings.requests_most, house.hasher)
        self.busy = Busy(house, metrics)
        self.is_leaving = False
        self._faces = {host.encode(): (face, _headers(face, house)) for host, face in faces.items()}
        for _, headers in self._faces.values():
            heads.keep(headers)

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
        place = self._admission.place(scope)
        if self.is_leaving:  # a proxy's kept connections go with their next answer, and none of them too early
            headers = [*headers, (b"connection", b"close")]
        try:
            if self._traces is None:
                await _serve(face, headers, scope, receive, send, place)
                return
            parent = request_ids.parent_of(scope["headers"], self._house)
            with self._traces.request(face.name, scope["method"], scope["request_id"], parent) as span:
                await _serve(face, headers, scope, receive, _traced(span, scope, send), place)
        finally:
            place.leave()

    def leave(self) -> None:
        """The process ends soon: says so to whoever watches, and lets go of those who only wait."""
        self.is_leaving = True
        self._house.signals.dismiss()


async def _serve(
    face: Face, headers: list[tuple[bytes, bytes]], scope: Scope, receive: Receive, send: Send, place: Place
) -> None:
    is_begun = False

    async def dressed(message: Message) -> None:
        nonlocal is_begun
        if message["type"] == "http.response.start":
            is_begun = True
            place.leave()
            own = dict(message["headers"])
            message["headers"] = [*message["headers"], *[pair for pair in headers if pair[0] not in own]]
        await send(message)

    try:
        if _has_body(scope):
            place.ask()
            receive = _counted(receive, place)
        else:
            place.take()
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
    if isinstance(fault, Overloaded | StorageBusy | UnsafeDatabase | HashingBusy | WrongClock):
        busy: Busy = scope["app"].busy
        return busy.refusal(fault, fault.retry_after, scope["path"])
    log.error("fault", path=scope["path"], exc_info=fault)
    return Refusal(Code.FAULT)


class Busy:
    """Refusals for want of room: counted each, said in the log now and then. A storm must not become one of lines."""

    def __init__(self, house: House, metrics: Metrics | None) -> None:
        self._house, self._metrics = house, metrics
        self._refused: dict[str, int] = {}
        self._said_at: dict[str, float] = {}

    def refusal(self, fault: Exception, seconds: float, path: str) -> Refusal:
        """Those who are refused in one moment do not come back in one."""
        reason, now = type(fault).__name__, time.monotonic()
        if self._metrics:
            self._metrics.refused_busy(reason)
        self._refused[reason] = self._refused.get(reason, 0) + 1
        if now >= self._said_at.get(reason, 0.0):
            log.warning("busy", reason=reason, said=str(fault), refused=self._refused.pop(reason), path=path)
            self._said_at[reason] = now + SAY_AGAIN_SECONDS
        later = self._house.chance.bytes(1)[0] % SPREAD
        return Refusal(Code.BUSY, retry_after=max(1, int(seconds)) + later)


def _has_body(scope: Scope) -> bool:
    return any(
        name == b"transfer-encoding" or (name == b"content-length" and value != b"0")
        for name, value in scope["headers"]
    )


def _counted(receive: Receive, place: Place) -> Receive:
    """Work begins when the body is here: who sends it slowly holds a line (faces.lines), and no place."""

    async def counted() -> Message:
        message = await receive()
        if message["type"] == "http.request" and not message.get("more_body", False):
            place.take()
        return message

    return counted


def _headers(face: Face, house: House) -> list[tuple[bytes, bytes]]:
    given = {**_ALWAYS, "content-security-policy": face.policy}
    # A site on a port of its own is a rehearsal: browsers keep the promise for the whole host, other ports included.
    if house.settings.portal_url.startswith("https:") and urlsplit(house.settings.portal_url).port is None:
        given["strict-transport-security"] = "max-age=63072000; includeSubDomains"
    return [(name.encode(), value.encode()) for name, value in given.items()]
