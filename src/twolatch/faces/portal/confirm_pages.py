"""The client confirms one amount that an application asks for, with something strong enough, or says no."""

from typing import Any

from msgspec import to_builtins
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from twolatch.applications.model import led_back, origin_of
from twolatch.authorizations import confirming
from twolatch.authorizations.confirming import Led, Wish
from twolatch.authorizations.model import State as Stands
from twolatch.authorizations.money import written
from twolatch.faces.portal.hand_over_pages import id_of
from twolatch.faces.portal.login_pages import STREAM_SECONDS, scan_of, way_shown
from twolatch.faces.portal.places import Place
from twolatch.faces.portal.policy import leading_to
from twolatch.faces.portal.showing import asks_for_state, client_of, go, show, state, state_response, told
from twolatch.faces.prompts import shown, typed_of
from twolatch.faces.stream import EventStream, looks, one_look
from twolatch.faces.web import Stop, form_of, house_of, visit_of
from twolatch.login import rungs
from twolatch.login.model import StartOver, Waits
from twolatch.sessions.model import SignedIn
from twolatch.words.refusals import Refusal


async def _wish(request: Request, who: SignedIn) -> Wish:
    house = house_of(request)
    wish = await confirming.look(house, who, id_of(request), house.clock.now())
    if isinstance(wish, Refusal):
        raise Stop(wish)
    return wish


async def page(request: Request) -> Response:
    who = await client_of(request)
    wish = await _wish(request, who)
    view = confirming.view(wish, house_of(request).clock.now())
    if "other" in request.query_params or (view is None and not _is_approved(request, wish)):
        return _choose(request, wish, None)
    if isinstance(view, StartOver):
        return _choose(request, wish, Refusal(view.refusal))
    return _waiting(request, wish, view, None)


def _is_approved(request: Request, wish: Wish) -> bool:
    return confirming.is_approved(wish, house_of(request).clock.now())


def _choose(request: Request, wish: Wish, refusal: Refusal | None) -> Response:
    return _show(
        request, wish, refusal, way="choose", prompt=None, number=None, scan=None, tries_left=None, state=""
    )


def _waiting(request: Request, wish: Wish, waits: Waits | None, refusal: Refusal | None) -> Response:
    return _show(
        request,
        wish,
        refusal,
        way="wait" if waits else "collect",
        prompt=waits and shown(waits.prompt),
        number=shown(waits.number) if waits and waits.number else None,
        scan=scan_of(request, waits),
        tries_left=refusal and refusal.tries_left,
        state=waits.challenge if waits else "",
    )


def _show(request: Request, wish: Wish, refusal: Refusal | None, **context: Any) -> Response:
    house, entry = house_of(request), wish.entry
    page = show(
        request,
        "confirm",
        Place.CONFIRM,
        refusal=refusal,
        refused=told(refusal),
        marks={"id": entry.id},
        id=entry.id,
        ways=[_way(request, wish, at) for at in range(len(wish.ways))],
        wish=to_builtins(wish.shown),
        why=entry.reason.value,
        most=house.settings.amount_currency,
        **context,
    )
    page.headers["content-security-policy"] = leading_to(origin_of(entry.return_to) if entry.return_to else "")
    return page


def _way(request: Request, wish: Wish, at: int) -> dict[str, Any]:
    """A way to prove it, with what it is still good for today: "" where that has no limit."""
    house = house_of(request)
    way, left = wish.ways[at]
    limits = [each for each in (left.day, left.five_days) if each is not None]
    most = written(min(limits), house.settings.amount_currency) if limits else ""
    return {**way_shown(house, way), "most": most}


async def begin(request: Request) -> Response:
    fields = await form_of(request)
    who, house = await client_of(request), house_of(request)
    asked = await confirming.begin(house, who, visit_of(request), id_of(request), fields.get("one", ""))
    if isinstance(asked, Refusal):
        return _choose(request, await _wish(request, who), asked)
    return go(f"/confirm/{id_of(request)}")


async def number(request: Request) -> Response:
    """A number for a phone without network, beside the question that waits."""
    await form_of(request)
    who, house = await client_of(request), house_of(request)
    wish, now = await _wish(request, who), house.clock.now()
    if wish.asked:
        answer = await rungs.ask_number_to(house, wish.asked.id, None, now)
        view = confirming.view(wish, now)
        if isinstance(answer, Refusal) and isinstance(view, Waits):
            return _waiting(request, wish, view, answer)
    return go(f"/confirm/{wish.entry.id}")


async def answer(request: Request) -> Response:
    """A code typed here instead of an approval on the phone."""
    fields = await form_of(request)
    who, house = await client_of(request), house_of(request)
    wish, now = await _wish(request, who), house.clock.now()
    if not (typed := typed_of(fields)):
        return go(f"/confirm/{wish.entry.id}")
    done = await rungs.prove_typed(house, wish.asked, typed, now)
    wish = await _wish(request, who)
    view = confirming.view(wish, now)
    if isinstance(view, Waits):
        return _waiting(request, wish, view, done if isinstance(done, Refusal) else None)
    if isinstance(view, StartOver):
        return _choose(request, wish, Refusal(view.refusal))
    return await _collected(request, who)


async def collect(request: Request) -> Response:
    await form_of(request)
    who, house = await client_of(request), house_of(request)
    wish = await confirming.look(house, who, id_of(request), house.clock.now())
    if isinstance(wish, Wish) and isinstance(confirming.view(wish, house.clock.now()), Waits):
        return go(f"/confirm/{wish.entry.id}")
    return await _collected(request, who)


async def _collected(request: Request, who: SignedIn) -> Response:
    house = house_of(request)
    done = await confirming.collect(house, who, id_of(request), house.clock.now())
    return _led(request, done)


async def decline(request: Request) -> Response:
    await form_of(request)
    who, house = await client_of(request), house_of(request)
    return _led(request, await confirming.decline(house, who, id_of(request), house.clock.now()))


def _led(request: Request, done: Led | Refusal) -> Response:
    """Back to the application, which asks what became of it; the address says no more than what it is about."""
    if isinstance(done, Refusal):
        raise Stop(done)
    entry = done.entry
    if entry.return_to:
        return RedirectResponse(led_back(entry.return_to, entry.marker, authorization=entry.id), 303)
    return show(request, "confirmed", Place.NOWHERE, is_allowed=entry.state is Stands.ALLOWED)


async def wait(request: Request) -> Response | EventStream:
    who = await client_of(request)
    house = house_of(request)
    moment = house.signals.moment()

    async def tell() -> str:
        now = house.clock.now()
        wish = await confirming.look(house, who, id_of(request), now)
        if isinstance(wish, Refusal):
            return state("", "look")
        view = confirming.view(wish, now)
        if isinstance(view, Waits):
            return state(view.challenge, "wait")
        return state("", "collect" if confirming.is_approved(wish, now) else "look")

    known = await tell()
    if asks_for_state(request):
        return state_response(known)
    wish = await confirming.look(house, who, id_of(request), house.clock.now())
    if isinstance(wish, Refusal) or wish.asked is None:
        return one_look(known)
    listening = house.signals.listen(f"challenge:{wish.asked.id}", since=moment)
    return EventStream(lambda: looks(listening, STREAM_SECONDS, known, tell))
