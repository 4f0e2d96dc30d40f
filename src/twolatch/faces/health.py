"""Whether this process lives, whether it can decide, and what a proxy lets through: for the one who watches, not for
clients."""

import asyncio
import json
from collections.abc import AsyncGenerator

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from twolatch.faces.stream import EventStream, event
from twolatch.faces.web import Endpoint, address_of, house_of

HELD_BEATS = 10  # seconds that the stream stays open, for who listens so long
MADE_UP = "192.0.2."  # no client comes from there (RFC 5737); `twolatch doctor` says it does


async def alive(request: Request) -> Response:
    return PlainTextResponse("alive\n")


async def ready(request: Request) -> Response:
    """Asks the database for one row; a fault becomes the edge's 503. A process that leaves says so before it stops."""
    if request.app.is_leaving:
        return PlainTextResponse("leaving\n", 503)
    house = house_of(request)
    house.clock.now()
    await house.db.row("SELECT 1 AS one")
    return PlainTextResponse("ready\n")


async def through(request: Request) -> ASGIApp:
    """How many addresses came along, and which made-up one was believed; then the stream stays open, so that a proxy
    that holds back what it should pass on shows itself. Of the asker himself, and no real address."""
    came = [each for each in request.headers.get("x-forwarded-for", "").split(",") if each.strip()]
    believed = address_of(request)
    facts = {"forwarded": len(came), "believed": believed if believed.startswith(MADE_UP) else ""}

    async def events() -> AsyncGenerator[bytes | None, None]:
        yield event("through", json.dumps(facts))
        for _ in range(HELD_BEATS):
            await asyncio.sleep(1)
            yield None

    return EventStream(events)


def routes() -> list[Route]:
    return [
        Route("/livez", Endpoint(alive), methods=["GET"]),
        Route("/readyz", Endpoint(ready), methods=["GET"]),
        Route("/throughz", Endpoint(through), methods=["GET"]),
    ]
