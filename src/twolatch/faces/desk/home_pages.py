"""The first page at the desk."""

from starlette.requests import Request
from starlette.responses import Response

from twolatch.faces.desk.places import DeskPlace
from twolatch.faces.desk.showing import agent_of, show


async def page(request: Request) -> Response:
    who = await agent_of(request)
    return show(request, "desk_home", DeskPlace.HOME, who)
