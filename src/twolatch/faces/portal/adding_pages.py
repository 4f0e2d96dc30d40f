"""Adding an authenticator that no phone claims: what it is, what it shows, and the first code that makes it active."""

import asyncio
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import Response

from twolatch.activation import by_code
from twolatch.activation.by_code import Added, SettingUp
from twolatch.faces import cookies, qr
from twolatch.faces.portal.paper import card_pdf, words_of
from twolatch.faces.portal.places import Place, path_of
from twolatch.faces.portal.security_pages import id_of
from twolatch.faces.portal.showing import bearer_of, go, show, told
from twolatch.faces.prompts import icon_of, set_up_shown, typed_of
from twolatch.faces.prompts import shown as prompt_shown
from twolatch.faces.web import Stop, form_of, house_of, language_of, stop, texts_of, visit_of
from twolatch.kinds.kind import Kind, Trait
from twolatch.kinds.shelf import find, take
from twolatch.login.prompts import prompt_of
from twolatch.sessions.model import Bearer
from twolatch.words.refusals import Code, Refusal
from twolatch.words.shapes import KeepCard

_ELSEWHERE = {Code.STEP_UP, Code.NOT_FOUND, Code.SESSION_ENDED, Code.BRIDGING, Code.BUSY}


async def ask(request: Request) -> Response:
    who = await bearer_of(request)
    house, wanted = house_of(request), request.path_params["kind"]
    found = await by_code.may_begin(house, who, wanted, house.clock.now())
    return _ask(request, wanted, found if isinstance(found, Refusal) else None)


def _ask(request: Request, wanted: str, refusal: Refusal | None) -> Response:
    if refusal and refusal.code in _ELSEWHERE:
        raise Stop(refusal)
    kind = take(house_of(request).kinds, wanted)
    context = {"kind": kind.name, "icon": icon_of(kind)}
    return show(
        request, "add", Place.ADD, marks={"id": kind.name}, refusal=refusal, refused=told(refusal), **context
    )


async def begin(request: Request) -> Response:
    await form_of(request)
    who = await bearer_of(request)
    house, wanted = house_of(request), request.path_params["kind"]
    visit = visit_of(request)
    label = _label(request, wanted)
    begun = await by_code.begin(house, who, wanted, label, visit.agent, visit.now)
    if isinstance(begun, Refusal):
        return _ask(request, wanted, begun)
    shape = set_up_shown(begun.shown)["shape"] if begun.shown else ""
    # What is shown once is shown here and now; what can be shown again has an address of its own.
    return _page(request, who, begun, None) if shape == "keep" else go(path_of(Place.SET_UP, {"id": begun.one}))


def _label(request: Request, wanted: str) -> str:
    """What the client's list calls it until he gives it another name."""
    known = find(house_of(request).kinds, wanted)
    if known is None:
        return ""
    texts, language = texts_of(request), language_of(request)
    name, agent = texts.say(language, f"kind.{known.name}.short"), texts.browser(language, visit_of(request).agent)
    return f"{name}, {agent}" if agent and Trait.BOUND in known.traits else name  # one on each of his devices


async def page(request: Request) -> Response:
    who = await bearer_of(request, sets_up=True)
    house = house_of(request)
    return _standing(request, who, await by_code.look(house, who, id_of(request), house.clock.now()), None)


def _standing(
    request: Request, who: Bearer, seen: SettingUp | Added | Refusal, refusal: Refusal | None
) -> Response:
    if isinstance(seen, SettingUp):
        return _page(request, who, seen, refusal)
    if isinstance(seen, Added):
        return go("/security", done="added")
    return show(request, "set_up_over", Place.SECURITY, refusal=seen, refused=told(seen))


def _page(request: Request, who: Bearer, seen: SettingUp, refusal: Refusal | None) -> Response:
    shown = set_up_shown(seen.shown) if seen.shown else {"shape": "again"}
    kind: Kind = take(house_of(request).kinds, seen.kind)
    context: dict[str, Any] = {
        "one": seen.one,
        "kind": kind.name,
        "icon": icon_of(kind),
        "shown": {**shown, "qr": qr.as_picture(shown["link"]) if "link" in shown else ""},
        "expires": seen.asked.expires_at,
        "asks": prompt_shown(prompt_of(seen.asked)),
        "ends": seen.ends,
        "user_name": who.user.name,
        "tries_left": refusal and refusal.tries_left,
    }
    return show(
        request, "set_up", Place.SET_UP, marks={"id": seen.one}, refusal=refusal, refused=told(refusal), **context
    )


async def card(request: Request) -> Response:
    """The card as a page to print, for the session that makes it and as long as it is not active."""
    who = await bearer_of(request)
    house, texts, language = house_of(request), texts_of(request), language_of(request)
    now = house.clock.now()
    seen = await by_code.look(house, who, id_of(request), now)
    if not isinstance(seen, SettingUp) or not isinstance(seen.shown, KeepCard):
        stop(Code.NOT_FOUND)
    host = urlsplit(house.settings.portal_url).netloc
    until = texts.moment(language, seen.ends)
    words = words_of(partial(texts.say, language), language, house.settings.site_name, host, seen.shown, until)
    made = await asyncio.to_thread(card_pdf, seen.shown, words, now)
    name = f"{texts.say(language, 'card.file')}-{seen.shown.number.replace(' ', '-')}.pdf"
    headers = {"content-disposition": f'attachment; filename="{name}"', "cache-control": "no-store"}
    return Response(made, headers=headers, media_type="application/pdf")


async def confirm(request: Request) -> Response:
    fields = await form_of(request)
    who = await bearer_of(request, sets_up=True)
    house, one = house_of(request), id_of(request)
    now = house.clock.now()
    if not (typed := typed_of(fields)):
        return go(path_of(Place.SET_UP, {"id": one}))
    done = await by_code.confirm(house, who, one, typed, now)
    if isinstance(done, Added):
        onward = go("/security", done="added")
        if done.token:
            cookies.give(onward, cookies.SESSION, done.token)
        return onward
    return _standing(request, who, await by_code.look(house, who, one, now), done)


async def cancel(request: Request) -> Response:
    await form_of(request)
    who = await bearer_of(request, sets_up=True)
    house = house_of(request)
    await by_code.cancel(house, who, id_of(request), house.clock.now())
    return go("/security")
