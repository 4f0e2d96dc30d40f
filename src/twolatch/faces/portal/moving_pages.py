"""Moving to a new phone: asked and proved here; the code and its confirmation are the activation's own pages."""

from starlette.requests import Request
from starlette.responses import Response

from twolatch.activation import flows
from twolatch.faces.portal.home_pages import not_begun
from twolatch.faces.portal.places import Place
from twolatch.faces.portal.security_pages import id_of, mine_or_stop, shown_one
from twolatch.faces.portal.showing import client_of, go, show
from twolatch.faces.web import form_of, house_of, must_be_fresh, stop
from twolatch.words.refusals import Code, Refusal


async def ask_move(request: Request) -> Response:
    who = await client_of(request)
    await must_be_fresh(request)
    if not who.authenticator:  # the session is of a moment before there was a phone
        stop(Code.STEP_UP)
    one = await mine_or_stop(request, who, id_of(request))
    house = house_of(request)
    shown = shown_one(house, one, house.clock.now(), who.user.id)
    if not shown["may_move"]:
        stop(Code.NOT_FOUND)
    seconds = 60 * house.settings.activation_minutes
    return show(request, "move", Place.MOVE, marks={"id": one.id}, authenticator=shown, seconds=seconds)


async def move(request: Request) -> Response:
    await form_of(request)
    who = await client_of(request)
    house = house_of(request)
    one = await mine_or_stop(request, who, id_of(request))
    answer = await flows.begin(house, who, house.clock.now(), replaces=one.id)
    if not isinstance(answer, Refusal):
        return go("/activate")
    return not_begun(request, answer)
