"""Coming to work and leaving. The two latches themselves are the portal's pages, under the desk's own cookies."""

from starlette.requests import Request
from starlette.responses import Response

from twolatch.desk import staffing
from twolatch.faces import cookies
from twolatch.faces.desk.places import DeskPlace, path_of, place_of
from twolatch.faces.portal.open_pages import YEAR_SECONDS
from twolatch.faces.portal.showing import go, show, to_login
from twolatch.faces.web import Stop, cookies_of, drop, form_of, house_of, must_be_at_desk, stop, texts_of
from twolatch.words.refusals import Code


async def page(request: Request) -> Response:
    try:
        await must_be_at_desk(request)
    except Stop:
        if cookies.SESSION in cookies_of(request):
            return to_login(request)
        ended = "ended" in request.query_params
        return show(request, "login", DeskPlace.LOGIN, refused=None, name="", ended=ended)
    return go("/")


async def logout(request: Request) -> Response:
    await form_of(request)
    try:
        who = await must_be_at_desk(request)
        await staffing.leave(house_of(request), who, house_of(request).clock.now())
    except Stop:
        pass
    answer = go("/logged-out")
    drop(request, answer, cookies.SESSION)
    return answer


async def speak(request: Request) -> Response:
    fields = await form_of(request)
    language = fields.get("language", "")
    if language not in texts_of(request).languages:
        stop(Code.MALFORMED)
    answer = go(path_of(place_of(fields.get("place", "")), fields))
    cookies.give(answer, cookies.LANGUAGE, language, seconds=YEAR_SECONDS)
    return answer
