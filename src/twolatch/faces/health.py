"""Whether this process lives, and whether it can decide: for the one who watches, not for clients."""

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from twolatch.faces.web import house_of


async def alive(request: Request) -> Response:
    return PlainTextResponse("alive\n")


async def ready(request: Request) -> Response:
    """Asks the database for one row; a fault becomes the edge's 503."""
    house = house_of(request)
    house.clock.now()
    await house.db.row("SELECT 1 AS one")
    return PlainTextResponse("ready\n")


def routes() -> list[Route]:
    return [Route("/livez", alive, methods=["GET"]), Route("/readyz", ready, methods=["GET"])]
