"""An application asks who sits here; the client reads what it will learn, and says yes or no."""

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from twolatch.applications import flows
from twolatch.applications.model import HAND_OVER_LIVES, origin_of
from twolatch.faces import cookies
from twolatch.faces.portal.places import Place
from twolatch.faces.portal.policy import leading_to
from twolatch.faces.portal.showing import client_of, show, to_login
from twolatch.faces.web import Stop, form_of, give, house_of, stop, who_is, who_reads
from twolatch.protocol.codes import is_id
from twolatch.words.limits import SECOND
from twolatch.words.refusals import Code, Refusal


def id_of(request: Request) -> str:
    one = str(request.path_params["id"])
    return one if is_id(one) else stop(Code.NOT_FOUND)


async def page(request: Request) -> Response:
    """Who is not signed in logs in first, and comes back here."""
    house, one = house_of(request), id_of(request)
    if await who_is(request) is None and await who_reads(request):
        stop(Code.READING_ONLY)  # his login page would lead back to his papers, and never here
    wish = await flows.look(house, one, house.clock.now())
    if wish is None:
        stop(Code.HAND_OVER_OVER)
    if await who_is(request) is None:
        answer = to_login(request)
        give(request, answer, cookies.ONWARD, one, seconds=HAND_OVER_LIVES // SECOND)
        return answer
    await client_of(request)
    shown = show(
        request, "hand_over", Place.HAND_OVER, marks={"id": one}, id=one, application=wish.name,
        host=origin_of(wish.return_to).partition("//")[2], tells_name=wish.tells_name,
    )  # fmt: skip
    shown.headers["content-security-policy"] = leading_to(origin_of(wish.return_to))
    return shown


async def agree(request: Request) -> Response:
    await form_of(request)
    who, house = await client_of(request), house_of(request)
    return _led(await flows.agree(house, who, id_of(request), house.clock.now()))


async def decline(request: Request) -> Response:
    await form_of(request)
    who, house = await client_of(request), house_of(request)
    return _led(await flows.decline(house, who, id_of(request), house.clock.now()))


def _led(address: str | Refusal) -> Response:
    """To a registered address. 303: what was sent here is not sent on."""
    if isinstance(address, Refusal):
        raise Stop(address)
    return RedirectResponse(address, 303)
