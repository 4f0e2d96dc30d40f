"""Server-sent events as a bare ASGI response: 11 KB for a waiting browser, and one look at each beat.

When the process leaves, streams end as they should, and their browsers connect again, to the next process.
"""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from twolatch.wires.signals import Listening

BEAT_SECONDS = 25.0
OPENING = b": ok\n\n"
BEAT = b": \n\n"
_HEADERS = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),
]


class EventStream:
    """Sends what `events` yields; None is a beat. Ends when the client goes: each login leaves one behind."""

    def __init__(self, events: Callable[[], AsyncGenerator[bytes | None, None]]) -> None:
        self._events = events

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if line := scope.get("line"):  # faces.lines
            line.streams_on()
        await send({"type": "http.response.start", "status": 200, "headers": list(_HEADERS)})
        await send({"type": "http.response.body", "body": OPENING, "more_body": True})
        serving, gone = asyncio.current_task(), asyncio.ensure_future(_gone(receive))

        def leave(_: "asyncio.Future[None]") -> None:
            if serving is not None:
                serving.cancel()

        gone.add_done_callback(leave)
        events = self._events()
        try:
            async for event in events:
                await send({"type": "http.response.body", "body": BEAT if event is None else event, "more_body": True})
            await send({"type": "http.response.body", "body": b"", "more_body": False})
        except asyncio.CancelledError:
            return  # the client has gone; or the server ends, and the browser connects again, to the next process
        finally:
            gone.remove_done_callback(leave)
            gone.cancel()
            await events.aclose()


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def event(name: str, data: str) -> bytes:
    return f"event: {name}\ndata: {data}\n\n".encode()


def one_look(data: str) -> Response:
    """A stream of one event: there is nothing to wait for, and how things stand is told all the same."""
    return Response(event("look", data), headers={"cache-control": "no-store"}, media_type="text/event-stream")


async def looks(
    listening: Listening, lives: float, known: str, tell: Callable[[], Awaitable[str]]
) -> AsyncGenerator[bytes | None, None]:
    """What is `known` at once, and what `tell` reads whenever one of the topics was told after the moment of that
    reading; a beat when nothing was, for `lives` s.

    The signal is a hint, the database the truth: each event is read anew, and each beat reads too. A process may die
    between its commit and its signal, and the page asks by itself only when it has no stream.
    """
    loop = asyncio.get_running_loop()
    end = loop.time() + lives
    with listening:
        yield event("look", known)
        while (left := end - loop.time()) > 0 and not listening.is_dismissed:
            is_told = await listening.heard(min(BEAT_SECONDS, left))
            if listening.is_dismissed:
                return
            before, known = known, await tell()
            yield event("look", known) if is_told or known != before else None
