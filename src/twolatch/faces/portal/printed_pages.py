"""The code card that the site printed and sent: what it is, and the way to its first two cells."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from twolatch.authenticators import printing
from twolatch.authenticators.model import Authenticator
from twolatch.faces.portal.places import Place, path_of
from twolatch.faces.portal.showing import client_of, go, show, told
from twolatch.faces.web import Stop, form_of, house_of, visit_of
from twolatch.sessions.model import SignedIn
from twolatch.words.refusals import Code, Refusal

_ELSEWHERE = {Code.STEP_UP, Code.SESSION_ENDED, Code.BUSY}


async def printed_coming(request: Request, who: SignedIn) -> dict[str, Any] | None:
    """The printed card this client can set up, as pages show it: its number, and when it was printed."""
    return printed_shown(await printing.coming(house_of(request), who.user))


def printed_shown(one: Authenticator | None) -> dict[str, Any] | None:
    return {"number": one.enrolment["number"], "made": one.created_at} if one else None


async def page(request: Request) -> Response:
    who = await client_of(request)
    house = house_of(request)
    found = await printing.may_begin(house, who, house.clock.now())
    return await _page(request, who, found if isinstance(found, Refusal) else None)


async def _page(request: Request, who: SignedIn, refusal: Refusal | None) -> Response:
    if refusal and refusal.code in _ELSEWHERE:
        raise Stop(refusal)
    card = await printed_coming(request, who)
    return show(request, "printed", Place.PRINTED, refusal=refusal, refused=told(refusal), card=card)


async def begin(request: Request) -> Response:
    await form_of(request)
    who = await client_of(request)
    visit = visit_of(request)
    begun = await printing.begin(house_of(request), who, visit.agent, visit.now)
    if isinstance(begun, Refusal):
        return await _page(request, who, begun)
    return go(path_of(Place.SET_UP, {"id": begun}))
