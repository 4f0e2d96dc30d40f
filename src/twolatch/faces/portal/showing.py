"""How a handler answers: show a page, go elsewhere, or show a refusal."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from twolatch.faces import cookies
from twolatch.faces.portal.places import Place, step_up_before
from twolatch.faces.portal.rendering import Frame, Renderer
from twolatch.faces.web import (
    Stop,
    cookies_of,
    drop,
    form_token,
    give,
    house_of,
    language_of,
    must_be_signed_in,
    must_bear,
    stop,
    visit_of,
)
from twolatch.sessions.model import Bearer, Bridging, ReadingOnly, SignedIn
from twolatch.words.refusals import Code, Refusal
from twolatch.words.visit import Visit

# What ended a login is told on its own page, inside the login's own frame.
_ENDS_A_LOGIN = {
    Code.LOGIN_EXPIRED, Code.LOGIN_DENIED, Code.LOGIN_NOT_ME, Code.LOGIN_SUPERSEDED, Code.LOGIN_CANCELLED,
    Code.LOGIN_CHALLENGE_LOCKED, Code.LOGIN_START_OVER, Code.LOGIN_ANOTHER, Code.LOGIN_PHONE_LOCKED, Code.LOGIN_OFF,
    Code.LOGIN_PHONE_REPORTED, Code.LOGIN_RUN_OUT, Code.LOGIN_ELSEWHERE,
}  # fmt: skip
_OWN_PATH = re.compile(r"/(?!/)")
DONE = (
    "renamed", "removed", "paused", "added", "closing_cancelled", "session_ended", "others_ended",
    "password_changed", "activation_cancelled", "keys_only_on", "keys_only_off", "shared", "unshared",
    "ordered", "order_cancelled", "return_cancelled",
)  # fmt: skip


class Elsewhere(Exception):
    """The client has something else to do first."""

    def __init__(self, path: str) -> None:
        super().__init__(path)
        self.path = path


@dataclass(frozen=True, slots=True)
class Told:
    """A refusal as the templates read it."""

    code: str
    retry_after: int | None


def told(refusal: Refusal | None) -> Told | None:
    return None if refusal is None else Told(refusal.code.code, refusal.retry_after)


async def client_of(request: Request, *, sets_up: bool = False) -> SignedIn:
    """Who is signed in. A forced change of the password comes before everything else (protocol: "not me"); then, when
    its time is over, setting up the card that was sent."""
    who = await must_be_signed_in(request)
    if who.user.must_change:
        raise Elsewhere("/password")
    if not sets_up and who.user.must_set_up(house_of(request).clock.now()):
        raise Elsewhere("/card")
    return who


async def bearer_of(request: Request, *, sets_up: bool = False) -> SignedIn | Bridging:
    """Whoever has a session, also one that may only get something better; he changes his password afterwards."""
    who = await must_bear(request)
    return who if isinstance(who, Bridging) else await client_of(request, sets_up=sets_up)


def visit_before_login(request: Request) -> Visit:
    """The visit of a browser that has a pre-session. Without one all browsers would share the same empty one."""
    if not cookies_of(request).get(cookies.PRE):
        stop(Code.LOGIN_START_OVER)
    return visit_of(request)


def show(
    request: Request,
    template: str,
    place: StrEnum,
    *,
    refusal: Refusal | None = None,
    marks: Mapping[str, str] | None = None,
    **context: Any,
) -> Response:
    """A page; `refusal` gives its status and `Retry-After`. A browser without any session gets a pre-session."""
    csrf, new_pre = _form_token(request)
    frame = Frame(
        language=language_of(request),
        csrf=csrf,
        place=place.value,
        now=house_of(request).clock.latest(),  # a clock that is wrong must not keep us from saying so
        person=_person(request),
        marks=dict(marks or {}),
        reads=bool(request.scope.get("reads")),
        is_rehearsal=house_of(request).settings.movable_clock,
    )
    renderer: Renderer = request.scope["renderer"]
    status = refusal.code.status if refusal else 200
    page = HTMLResponse(renderer.page(template, frame, **context), status, {"content-language": frame.language})
    if refusal and refusal.retry_after is not None:
        page.headers["retry-after"] = str(refusal.retry_after)
    if new_pre:
        give(request, page, cookies.PRE, new_pre)
    return page


def _person(request: Request) -> str | None:
    """Whose menu to show; none while a new password is due, for no other page opens then."""
    reader: ReadingOnly | None = request.scope.get("reads")
    if reader:
        return reader.user.display
    who: Bearer | None = request.scope.get("who")
    return who.user.display if who and not who.user.must_change else None


def _form_token(request: Request) -> tuple[str, str]:
    """(token for the page's forms, new pre-session or "")"""
    try:
        given = cookies_of(request)
    except Stop:
        return "", ""
    if cookies.SESSION in given or cookies.PRE in given:
        return form_token(request), ""
    pre = house_of(request).chance.token()
    return form_token(request, pre=pre), pre


def go(path: str, *, done: str = "") -> Response:
    """After a form, always by GET: the password is not sent again when the page is reloaded (RFC 9110, 303)."""
    return RedirectResponse(f"{path}?done={done}" if done else path, 303)


def done_of(request: Request) -> str | None:
    """What the form before this page did. A foreign page that links here with such a word is not believed."""
    done = request.query_params["done"] if asks(request, "done") else ""
    return done if done in DONE and request.headers.get("sec-fetch-site", "same-origin") == "same-origin" else None


def state(name: str, act: str) -> str:
    """JSON for the waiting page's script: `act` is "wait", "collect" or "look" (load the page again)."""
    return msgspec.json.encode({"state": name, "act": act}).decode()


def state_response(standing: str) -> Response:
    return Response(standing, media_type="application/json")


def asks_for_state(request: Request) -> bool:
    return asks(request, "state")


def asks(request: Request, name: str) -> bool:
    """Whether the address asks for something by this name. Most ask for nothing."""
    return bool(request.scope["query_string"]) and name in request.query_params


def refuse(request: Request, refusal: Refusal) -> Response:
    """Whatever no handler shows itself."""
    code = refusal.code
    if code is Code.SESSION_ENDED:
        return to_login(request)
    if code is Code.BRIDGING:
        return go("/bridging")
    if code is Code.STEP_UP:
        return go(step_up_before(request.url.path).path)
    if code in _ENDS_A_LOGIN:
        return over(request, refusal)
    return show(
        request,
        "problem",
        Place.HOME,
        refusal=refusal,
        status=code.status,
        code=code.code,
        retry_after=refusal.retry_after,
        request_id=request.scope["request_id"],
        again=_back(request) if code is Code.BUSY else "",
    )


def _back(request: Request) -> str:
    """Where he was who is to try again: the page that was asked for, or the one of the form. An address that a browser
    might take for another host's is none of ours."""
    path = request.url.path
    if request.method == "GET":
        return path if _OWN_PATH.match(path) else "/"
    if path in {"/login", "/login/key"}:
        return "/login"
    return "/login/second" if path.startswith("/login/") else "/"


def to_login(request: Request) -> Response:
    """Who has no session logs in. A dead session's cookie goes: the token of a form is bound to it while it stands."""
    if cookies.SESSION not in cookies_of(request):
        return go("/login")
    answer = go("/login?ended")
    # A script's look may be late with a token that was just renewed: it must not take the new one away.
    if request.headers.get("sec-fetch-mode", "navigate") == "navigate":
        drop(request, answer, cookies.SESSION)
    return answer


def over(request: Request, refusal: Refusal) -> Response:
    code, retry_after = refusal.code.code, refusal.retry_after
    return show(request, "over", Place.LOGIN, refusal=refusal, code=code, retry_after=retry_after)
