"""One card for two user names of the same person: asked for, answered by the card, and taken back."""

from starlette.requests import Request
from starlette.responses import Response

from twolatch.authenticators import flows
from twolatch.authenticators.model import Authenticator
from twolatch.faces import cookies
from twolatch.faces.portal.places import Place, path_of
from twolatch.faces.portal.security_pages import id_of, shown_one
from twolatch.faces.portal.showing import client_of, go, show, told
from twolatch.faces.prompts import shown
from twolatch.faces.web import Stop, form_of, house_of, must_be_fresh, stop, visit_of
from twolatch.login import sharing
from twolatch.protocol.codes import is_id
from twolatch.sessions.model import SignedIn
from twolatch.words.refusals import Code, Refusal
from twolatch.words.secret import Secret

_ELSEWHERE = {Code.STEP_UP, Code.SESSION_ENDED, Code.BUSY}


async def page(request: Request) -> Response:
    who = await client_of(request)
    house = house_of(request)
    refused = await sharing.may_begin(house, who, house.clock.now())
    return await _page(request, who, request.query_params.get("ask", ""), refused)


async def _page(request: Request, who: SignedIn, ask: str, refusal: Refusal | None, name: str = "") -> Response:
    if refusal and refusal.code in _ELSEWHERE:
        raise Stop(refusal)
    house = house_of(request)
    waits = await sharing.look(house, who, ask, house.clock.now()) if is_id(ask) else None
    asked = waits.challenge if waits else ""
    return show(
        request, "share", Place.SHARE, marks={"ask": asked}, refusal=refusal, refused=told(refusal), ask=asked,
        tries_left=refusal and refusal.tries_left, name=name, prompt=shown(waits.prompt) if waits else None,
    )  # fmt: skip


async def begin(request: Request) -> Response:
    fields = await form_of(request)
    who = await client_of(request)
    name, password = fields.get("name", ""), Secret(fields.get("password", ""))
    begun = await sharing.begin(house_of(request), who, visit_of(request), name, password)
    if isinstance(begun, Refusal):
        return await _page(request, who, "", begun, name)
    return go(path_of(Place.SHARE, {"ask": begun}))


async def answer(request: Request) -> Response:
    fields = await form_of(request)
    who = await client_of(request)
    house, ask = house_of(request), fields.get("ask", "")
    done = await sharing.answer(house, who, ask if is_id(ask) else "", fields.get("answer", ""), house.clock.now())
    if isinstance(done, Refusal):
        return await _page(request, who, ask, done)
    onward = go("/security", done="shared")
    if done.token:
        cookies.give(onward, cookies.SESSION, done.token)
    return onward


async def ask_end(request: Request) -> Response:
    who = (await must_be_fresh(request)).signed_in
    return _ask_end(request, await _mine(request, who), who, None)


async def _mine(request: Request, who: SignedIn) -> Authenticator:
    held, wanted = await flows.mine(house_of(request), who.user), id_of(request)
    mine = (one for one in held if one.id == wanted and one.guest and one.user == who.user.id)
    return next(mine, None) or stop(Code.NOT_FOUND)


def _ask_end(request: Request, one: Authenticator, who: SignedIn, refusal: Refusal | None) -> Response:
    house = house_of(request)
    return show(
        request, "unshare", Place.UNSHARE, marks={"id": one.id}, refusal=refusal, refused=told(refusal),
        authenticator=shown_one(house, one, house.clock.now(), who.user.id),
    )  # fmt: skip


async def end(request: Request) -> Response:
    await form_of(request)
    fresh = await must_be_fresh(request)
    one, house = await _mine(request, fresh.signed_in), house_of(request)
    done = await sharing.end(house, fresh, one.id, house.clock.now())
    if isinstance(done, Refusal):
        if done.code in _ELSEWHERE:
            raise Stop(done)
        return _ask_end(request, one, fresh.signed_in, done)
    return go("/security", done="unshared")
