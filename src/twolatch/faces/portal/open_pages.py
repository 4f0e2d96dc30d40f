"""Pages for everybody: the suspend link of a mail, the language, the files a page loads."""

from starlette.requests import Request
from starlette.responses import Response

from twolatch.authenticators import flows
from twolatch.faces import cookies
from twolatch.faces.portal.assets import Assets
from twolatch.faces.portal.places import Place, path_of, place_of
from twolatch.faces.portal.showing import go, show
from twolatch.faces.web import form_of, house_of, stop, texts_of, who_is
from twolatch.people import flows as people
from twolatch.words.refusals import Code, Refusal

YEAR_SECONDS = 365 * 24 * 3600


async def ask_suspend(request: Request) -> Response:
    """Opening the link does nothing: mail scanners open links too."""
    house = house_of(request)
    return _suspend(request, "ask", await flows.suspendable(house, request.path_params["token"], house.clock.now()))


async def suspend(request: Request) -> Response:
    await form_of(request)
    house, token = house_of(request), request.path_params["token"]
    return _suspend(request, "done", await flows.suspend_by_link(house, token, house.clock.now()))


def _suspend(request: Request, stage: str, phone: str | Refusal) -> Response:
    refusal = phone if isinstance(phone, Refusal) else None
    marks = {"token": request.path_params["token"]}
    stage, label = ("over", "") if refusal else (stage, phone)
    return show(request, "suspend", Place.SUSPEND, refusal=refusal, marks=marks, stage=stage, label=label)


async def speak(request: Request) -> Response:
    fields = await form_of(request)
    language = fields.get("language", "")
    if language not in texts_of(request).languages:
        stop(Code.MALFORMED)
    if who := await who_is(request):
        await people.speak(house_of(request), who.user, language)
    answer = go(path_of(place_of(fields.get("place", "")), fields))
    cookies.give(answer, cookies.LANGUAGE, language, seconds=YEAR_SECONDS)
    return answer


async def asset(request: Request) -> Response:
    assets: Assets = request.scope["assets"]
    file = assets.file(request.path_params["file"]) or stop(Code.NOT_FOUND)
    kept = {"cache-control": "public, max-age=31536000, immutable"}
    return Response(file.content, headers=kept, media_type=file.kind)
