"""A lost phone: reported with name and password, and found again. Both forms are open to everybody, as the login is."""

from starlette.requests import Request
from starlette.responses import Response

from twolatch.faces import cookies
from twolatch.faces.portal.places import Place
from twolatch.faces.portal.showing import go, show, to_login, told, visit_before_login
from twolatch.faces.web import cookies_of, form_of, house_of, visit_of, who_is
from twolatch.login import lost
from twolatch.login.lost import Stopped, WhichOne
from twolatch.words.refusals import Code, Refusal
from twolatch.words.secret import Secret


async def ask(request: Request) -> Response:
    return _lost(request, "ask", None)


async def report(request: Request) -> Response:
    fields = await form_of(request)
    name, password = fields.get("name", ""), Secret(fields.get("password", ""))
    done = await lost.report(house_of(request), visit_of(request), name, password)
    return _reported(request, done, name[:254])


async def report_this(request: Request) -> Response:
    await form_of(request)
    token = request.path_params["token"]
    return _reported(request, await lost.report_this(house_of(request), visit_of(request), token), "")


def _reported(request: Request, done: Stopped | WhichOne | Refusal, name: str) -> Response:
    if isinstance(done, Refusal):
        is_over = done.code in {Code.LOST_NOTHING, Code.LINK_OVER}
        return _lost(request, "over" if is_over else "ask", done, name=name)
    if isinstance(done, WhichOne):
        return _lost(request, "which", None, choices=done.choices)
    return _lost(request, "done", None, label=done.phone)


def _lost(
    request: Request, stage: str, refusal: Refusal | None, *, name: str = "", label: str = "",
    choices: list[tuple[str, str]] | None = None,
) -> Response:  # fmt: skip
    return show(
        request,
        "lost",
        Place.LOST,
        refusal=refusal,
        refused=told(refusal),
        stage=stage,
        name=name,
        label=label,
        choices=choices or [],
        days=house_of(request).settings.bridging_days,
    )


async def ask_found(request: Request) -> Response:
    if await who_is(request):
        return go("/security")
    return to_login(request) if cookies.SESSION in cookies_of(request) else _found(request, None, "")


async def found(request: Request) -> Response:
    fields = await form_of(request)
    name, password = fields.get("name", ""), Secret(fields.get("password", ""))
    done = await lost.found(house_of(request), visit_before_login(request), name, password)
    return _found(request, done, name[:254]) if isinstance(done, Refusal) else go("/login/second")


def _found(request: Request, refusal: Refusal | None, name: str) -> Response:
    return show(request, "found", Place.FOUND, refusal=refusal, refused=told(refusal), name=name)
