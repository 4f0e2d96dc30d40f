"""The edge: which host, who is let in, which headers leave, and what a fault looks like from outside.

Pure ASGI. A fault of ours becomes a plain refusal with a code; the details go to the log and never to a stranger.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

import structlog
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from twolatch.faces import heads, request_ids
from twolatch.faces.admission import Admission, Overloaded, Place
from twolatch.faces.asked import Asked, Said
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
        self._faces = {host.encode(): (face, _Always(face, house)) for host, face in faces.items()}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        said = scope["said"] = Said(scope["headers"])
        name = scope["request_id"] = request_ids.name_of(said, self._house)
        mark = request_ids.current.set(name)
        try:
            found = self._faces.get((said.only(b"host") or b"").lower())
            if found is None:
                headers = {**_ALWAYS, request_ids.HEADER.decode(): name}
                await Response("unknown host\n", 421, headers=headers, media_type="text/plain")(scope, receive, send)
            else:
                await self._answer(*found, scope, receive, send)
        finally:
            request_ids.current.reset(mark)

    async def _answer(self, face: Face, always: "_Always", scope: Scope, receive: Receive, send: Send) -> None:
        scope["house"], scope["texts"], scope["app"], scope["door"] = self._house, self._texts, self, face.door
        place = self._admission.place(scope)
        turn = _Turn(face, always, place, scope, send, self._metrics)
        if self.is_leaving:  # a proxy's kept connections go with their next answer, and none of them too early
            turn.more = (heads.CLOSES,)
        try:
            if self._traces is None:
                await _serve(turn, scope, receive)
                return
            parent = request_ids.parent_of(scope["said"], self._house)
            with self._traces.request(face.name, scope["method"], scope["request_id"], parent) as turn.span:
                await _serve(turn, scope, receive)
        finally:
            place.leave()

    def leave(self) -> None:
        """The process ends soon: says so to whoever watches, and lets go of those who only wait."""
        self.is_leaving = True
        self._house.signals.dismiss()


class _Turn:
    """One request at its face: what is done when its answer begins, and what every answer says."""

    __slots__ = ("_always", "_begun_at", "_metrics", "_scope", "_send", "face", "is_begun", "more", "place", "span")

    def __init__(
        self, face: Face, always: "_Always", place: Place, scope: Scope, send: Send, metrics: Metrics | None
    ) -> None:
        self.face, self.place, self._always, self._scope, self._send = face, place, always, scope, send
        self._metrics, self._begun_at = metrics, time.perf_counter() if metrics else 0.0
        self.span: RequestSpan | None = None
        self.is_begun = False
        self.more: Sequence[heads.Pair] = ()

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._begin(message)
        await self._send(message)

    def _begin(self, message: Message) -> None:
        """Figures and traces are told now: a waiting page's stream stays open for minutes, and that is no slowness."""
        self.is_begun = True
        self.place.leave()
        own, name = message["headers"], self._scope["request_id"].encode("ascii")
        message["headers"] = [*own, *self._always.beside(own), *self.more, (request_ids.HEADER, name)]
        if self._metrics:
            self._metrics.answered(self.face.name, message["status"], time.perf_counter() - self._begun_at)
        if self.span:
            self.span.answered(getattr(self._scope.get("route"), "path", ""), message["status"])


async def _serve(turn: _Turn, scope: Scope, receive: Receive) -> None:
    try:
        if _has_body(scope["said"]):
            turn.place.ask()
            receive = _counted(receive, turn.place)
        else:
            turn.place.take()
        await turn.face.rooms(scope, receive, turn.send)
    except ClientDisconnect:
        return
    except Exception as fault:
        refusal = _refusal_of(fault, scope)
        if turn.is_begun and refusal.code is Code.BUSY:
            return  # a page that waits: the line is cut, and it asks again
        if turn.is_begun:
            raise
        if isinstance(fault, HTTPException) and fault.headers:  # `Allow`, of a method that is none here
            lines = ((name.lower().encode(), value.encode()) for name, value in fault.headers.items())
            turn.more = (*turn.more, *lines)
        await turn.face.refuse(Asked(scope, receive), refusal)(scope, receive, turn.send)


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


def _has_body(said: Said) -> bool:
    return said.first(b"transfer-encoding") is not None or said.first(b"content-length") not in {None, b"0"}


def _counted(receive: Receive, place: Place) -> Receive:
    """Work begins when the body is here: who sends it slowly holds a line (faces.lines), and no place."""

    async def counted() -> Message:
        message = await receive()
        if message["type"] == "http.request" and not message.get("more_body", False):
            place.take()
        return message

    return counted


class _Always:
    """What every answer of a face says, where the answer itself says nothing else."""

    def __init__(self, face: Face, house: House) -> None:
        given = {**_ALWAYS, "content-security-policy": face.policy}
        # A site on a port of its own is a rehearsal: browsers keep the promise for the host, other ports included.
        if house.settings.portal_url.startswith("https:") and urlsplit(house.settings.portal_url).port is None:
            given["strict-transport-security"] = "max-age=63072000; includeSubDomains"
        self._lines = [(name.encode(), value.encode()) for name, value in given.items()]
        self._names = frozenset(name for name, _ in self._lines)
        heads.keep(self._lines)

    def beside(self, own: Sequence[heads.Pair]) -> Sequence[heads.Pair]:
        said = dict(own)
        return self._lines if self._names.isdisjoint(said) else [pair for pair in self._lines if pair[0] not in said]
