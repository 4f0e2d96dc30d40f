"""The way between people and processes: requests and answers come late, twice, out of order, or never.

A phone speaks HTTP over it, as it does outside; a browser calls the flows behind its pages.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from typing import Any

import httpx

from tests.simulation.node import Node
from tests.simulation.world import World
from twolatch.house import ClockBehind
from twolatch.storage.db import StorageBusy

PATIENCE, STREAM_PATIENCE = 15.0, 60.0  # s, as the phone's own


class Away(Exception):
    """No answer, or none in time: nobody knows whether the wish arrived."""


class Busy:
    """The process said: come again."""


async def ask(world: World, who: str, what: str, wish: Callable[[Node], Awaitable[Any]]) -> Any:
    """What one process answered to a wish. Raises Away."""
    answer = world.loop.create_future()
    world.tell(who, f"asks {what}")
    for delay in journeys(world, who, what):
        node = world.somebody()
        if not node.is_dead:
            node.later(delay, _serve, node, who, what, wish, answer)
    try:
        return await asyncio.wait_for(answer, PATIENCE)
    except TimeoutError:
        world.tell(who, f"hears nothing of {what}")
        raise Away from None


def journeys(world: World, who: str, what: str) -> list[float]:
    """The seconds that each copy of a message takes; none arrives when it is lost."""
    if world.happens(world.weather.lost):
        world.tell(who, f"loses {what}")
        return []
    if world.happens(world.weather.doubled):
        world.tell(who, f"doubles {what}")
        return [world.delay(), world.delay()]
    return [world.delay()]


def _serve(node: Node, *about: Any) -> None:
    node.do(_served(node, *about))


async def _served(
    node: Node, who: str, what: str, wish: Callable[[Node], Awaitable[Any]], answer: asyncio.Future[Any]
) -> None:
    world = node.world
    try:
        done = await wish(node)
    except (StorageBusy, ClockBehind) as fault:
        done = Busy()
        world.tell(node.name, f"is busy: {type(fault).__name__}")
    except Exception as fault:
        world.fail(f"{node.name} broke at {what} of {who}: {type(fault).__name__}: {fault}")
        return
    if world.happens(world.weather.lost):
        world.tell(node.name, f"answers {what} of {who}, in vain")
        return
    world.later(world.delay(), _arrive, world, who, what, answer, done)


def _arrive(world: World, who: str, what: str, answer: asyncio.Future[Any], done: Any) -> None:
    if not answer.done():
        world.tell(who, f"has {what}: {told(done)}")
        answer.set_result(done)


def told(done: Any) -> str:
    """An answer in the trace, without anything that a key went into."""
    code = getattr(done, "code", None)
    if isinstance(done, tuple):
        return str(done[0])
    return f"{type(done).__name__}{f' {code.code}' if code is not None else ''}"


# HTTP


class Air(httpx.AsyncBaseTransport):
    """What a phone's requests go through. `who` stands in the trace."""

    def __init__(self, world: World, who: str, address: str) -> None:
        self._world, self._who, self._address = world, who, address

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        body = await request.aread()
        what = f"{request.method} {request.url.path.rpartition('/v1/')[2]}"
        if request.url.path.endswith("/stream"):
            return await self._stream(what, request, body)
        try:
            done = await ask(self._world, self._who, what, lambda node: self._exchange(node, request, body))
        except Away:
            raise httpx.ReadTimeout("no answer", request=request) from None
        if isinstance(done, Busy):
            return httpx.Response(503, request=request)
        status, headers, content = done
        if status >= 500 and status != 503:
            self._world.fail(f"{what} of {self._who} was answered {status}")
        return httpx.Response(status, headers=headers, content=content, request=request)

    async def _exchange(self, node: Node, request: httpx.Request, body: bytes) -> tuple[int, Any, bytes]:
        said: list[Any] = []
        given = iter([{"type": "http.request", "body": body, "more_body": False}])

        async def receive() -> Any:
            return next(given, {"type": "http.disconnect"})

        async def send(message: Any) -> None:
            said.append(message)

        await node.edge(scope_of(request, self._address), receive, send)
        return said[0]["status"], said[0]["headers"], b"".join(each.get("body", b"") for each in said[1:])

    async def _stream(self, what: str, request: httpx.Request, body: bytes) -> httpx.Response:
        """One connection to one process, in order."""
        world, node = self._world, self._world.somebody()
        wire = Wire(world, node)
        world.tell(self._who, f"opens {what} at {node.name}")
        if not node.is_dead and journeys(world, self._who, what):
            node.do(wire.serve(scope_of(request, self._address), body))
        try:
            first = await asyncio.wait_for(wire.arrived.get(), PATIENCE)
        except TimeoutError:
            raise httpx.ReadTimeout("no answer", request=request) from None
        if first is None:
            raise httpx.ReadError("the connection broke", request=request)
        return httpx.Response(first["status"], headers=first["headers"], stream=wire, request=request)


class Wire(httpx.AsyncByteStream):
    """The open connection of a stream."""

    def __init__(self, world: World, node: Node) -> None:
        self._world, self._node = world, node
        self._last = 0.0
        self._gone = world.loop.create_future()
        node.at_death.append(lambda: self._put(None))
        self.arrived: asyncio.Queue[Any] = asyncio.Queue()

    async def serve(self, scope: dict[str, Any], body: bytes) -> None:
        try:
            await self._node.edge(scope, self._receiver(body), self._send)
        except (StorageBusy, ClockBehind) as fault:
            self._world.tell(self._node.name, f"ends a stream: {type(fault).__name__}")
            self._put(None)

    def _receiver(self, body: bytes) -> Callable[[], Awaitable[Any]]:
        given = iter([{"type": "http.request", "body": body, "more_body": False}])

        async def receive() -> Any:
            if (message := next(given, None)) is None:
                await asyncio.shield(self._gone)
                return {"type": "http.disconnect"}
            return message

        return receive

    async def _send(self, message: Any) -> None:
        self._put(message)

    def _put(self, message: Any) -> None:
        """None: the connection broke."""
        now = self._world.loop.time()
        self._last = max(now + self._world.delay(), self._last + 1e-6)
        self._world.later(self._last - now, self.arrived.put_nowait, message)

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while True:
            try:
                message = await asyncio.wait_for(self.arrived.get(), STREAM_PATIENCE)
            except TimeoutError:
                raise httpx.ReadTimeout("silent for too long") from None
            if message is None:
                raise httpx.ReadError("the connection broke")
            if message.get("body"):
                yield message["body"]
            if not message.get("more_body"):
                return

    async def aclose(self) -> None:
        if not self._gone.done():
            with suppress(asyncio.InvalidStateError):
                self._gone.set_result(None)


def scope_of(request: httpx.Request, address: str) -> dict[str, Any]:
    path = request.url.raw_path.decode()
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": request.method,
        "scheme": "http",
        "path": request.url.path,
        "raw_path": path.partition("?")[0].encode(),
        "query_string": request.url.query,
        "headers": [(name.lower(), value) for name, value in request.headers.raw],
        "client": (address, 40000),
        "server": ("phone", 80),
    }
