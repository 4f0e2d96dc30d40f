"""Home, the activation banner, and the steps of an activation."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from twolatch.accounts import flows as accounts
from twolatch.activation import flows
from twolatch.activation.model import AwaitsNumber, Done, Finishing, Offer, Over, View
from twolatch.authenticators import flows as authenticators
from twolatch.authenticators import printing
from twolatch.authenticators.model import Authenticator, ends_at
from twolatch.authenticators.policy import has_room, running_out, usable
from twolatch.custody import flows as custody
from twolatch.desk import checking
from twolatch.faces import cookies
from twolatch.faces.portal.places import Place, path_of, place_of
from twolatch.faces.portal.printed_pages import printed_shown
from twolatch.faces.portal.rendering import qr_picture
from twolatch.faces.portal.showing import (
    asks_for_state,
    bearer_of,
    client_of,
    done_of,
    go,
    show,
    state,
    state_response,
    told,
)
from twolatch.faces.portal.support_pages import speaking_shown
from twolatch.faces.stream import EventStream, looks
from twolatch.faces.web import Stop, form_of, house_of, who_is, who_reads
from twolatch.people import flows as people
from twolatch.sessions.model import Bearer, SignedIn
from twolatch.words.refusals import Code, Refusal

STREAM_SECONDS = 600.0


async def home(request: Request) -> Response:
    if await who_is(request) is None and await who_reads(request):
        return go("/closed")
    who = await client_of(request)
    house = house_of(request)
    held, printed = await printing.held_and_coming(house, who.user)
    now = house.clock.now()
    count, others = await accounts.counted(house, who, now)
    active = usable(house, held, now, who.browser)
    return show(
        request,
        "home",
        Place.HOME,
        phones=[one.name for one in active],
        keys_only=who.user.keys_only,
        ending=[_ending(one) for one in active if ends_at(one)],
        session={"agent": who.agent, "address": who.address, "created_at": who.begun_at, "proved": who.proved},
        others=others,
        done=done_of(request),
        accounts=count,
        running_out=running_out(house, held),
        card=await card_coming(request, who),
        speaking=[speaking_shown(one) for one in await checking.with_me(house, who.user.id, now)],
        printed=printed_shown(printed),
        **await entry(request, who, held),
    )


async def card_coming(request: Request, who: Bearer) -> dict[str, Any] | None:
    """The card this client can set up, as pages show it: its serial, when it was sent, from when on it is demanded."""
    card = await custody.coming(house_of(request), who.user) if who.user.set_up_by else None
    return {"serial": card.serial, "sent": card.shipped_at, "by": who.user.set_up_by} if card else None


def _ending(one: Authenticator) -> dict[str, Any]:
    return {"label": one.name, "ends": ends_at(one), "narrows": int(one.enrolment.get("narrows", 0))}


async def entry(request: Request, who: SignedIn, held: list[Authenticator]) -> dict[str, Any]:
    """The way to a phone: the banner, the compact entry, or why there is none."""
    house = house_of(request)
    needs_desk = not held and who.user.needs_desk
    context = {"can_activate": has_room(house, who, held) and not needs_desk, "needs_desk": needs_desk, "banner": None}
    if held or needs_desk or who.user.banner_hidden:
        return context
    view = await flows.look(house, who, house.clock.now())
    return {**context, "banner": _banner(view)}


def _banner(view: View) -> dict[str, Any]:
    offer = view if isinstance(view, Offer) else None
    return {"code": offer and code_of(offer), "claimed": isinstance(view, AwaitsNumber | Finishing), "met": view.met}


def code_of(offer: Offer) -> dict[str, Any]:
    return {"qr": qr_picture(offer.link), "session_id": offer.session_id, "expires": offer.expires_at}


async def dismiss(request: Request) -> Response:
    fields = await form_of(request)
    who = await client_of(request)
    await people.dismiss_banner(house_of(request), who.user, hidden=True)
    return go(path_of(place_of(fields.get("place", "")), {}))


async def bring_back(request: Request) -> Response:
    fields = await form_of(request)
    who = await client_of(request)
    await people.dismiss_banner(house_of(request), who.user, hidden=False)
    return await _begun(request, who, place_of(fields.get("place", "")))


# the steps


async def activate(request: Request) -> Response:
    who = await bearer_of(request)
    house = house_of(request)
    return await _step(request, who, await flows.look(house, who, house.clock.now()), None)


async def _step(request: Request, who: Bearer, view: View, refusal: Refusal | None) -> Response:
    match view:
        case Offer():
            context: dict[str, Any] = {"stage": "code", "code": code_of(view)}
        case AwaitsNumber(device, tries_left, expires):
            tries = tries_left if refusal else None
            context = {"stage": "confirm", "phone": device, "expires": expires, "tries_left": tries}
        case Finishing(device):
            context = {"stage": "finish", "phone": device}
        case Done():
            held = await authenticators.mine(house_of(request), who.user)
            newest = max(held, key=lambda one: one.created_at, default=None)
            context = {"stage": "active", "label": newest.name if newest else ""}
        case Over(None):
            context = {"stage": "begin"}
        case Over(why):
            context = {"stage": "over", "why": why}
    context["met"] = view.met
    return show(
        request,
        "activate",
        Place.ACTIVATE,
        refusal=refusal,
        refused=told(refusal),
        **await moving(request, view),
        **context,
    )


async def moving(request: Request, view: View) -> dict[str, Any]:
    """Which phone the code is to replace, and where a fresh code for that comes from."""
    old = await flows.replaced(house_of(request), view)
    renew = path_of(Place.MOVE, {"id": old.id}) if old else "/activate/begin"
    return {"moving": old.name if old else "", "renew": renew}


async def begin(request: Request) -> Response:
    fields = await form_of(request)
    return await _begun(request, await bearer_of(request), place_of(fields.get("place", "")))


async def _begun(request: Request, who: Bearer, place: Place) -> Response:
    house = house_of(request)
    answer = await flows.begin(house, who, house.clock.now())
    if not isinstance(answer, Refusal):
        return go(path_of(place, {}))
    return not_begun(request, answer)


def not_begun(request: Request, refusal: Refusal) -> Response:
    if refusal.code is Code.STEP_UP:
        raise Stop(refusal)
    context = {"stage": "refused", "code_of_refusal": refusal.code.code, "met": "", "moving": "", "renew": ""}
    return show(request, "activate", Place.ACTIVATE, refusal=refusal, refused=told(refusal), marks=None, **context)


async def confirm(request: Request) -> Response:
    fields = await form_of(request)
    who = await bearer_of(request)
    house = house_of(request)
    now = house.clock.now()
    answer = await flows.confirm(house, who, fields.get("number", ""), now)
    if isinstance(answer, Refusal):
        view = await flows.look(house, who, now)
        return await _step(request, who, view, answer if isinstance(view, AwaitsNumber) else None)
    onward = go("/activate")
    cookies.give(onward, cookies.SESSION, answer.token)
    return onward


async def cancel(request: Request) -> Response:
    await form_of(request)
    who = await bearer_of(request)
    house = house_of(request)
    await flows.cancel(house, who, house.clock.now())
    return go("/", done="activation_cancelled")


async def wait(request: Request) -> Response | EventStream:
    house = house_of(request)
    moment = house.signals.moment()
    who = await bearer_of(request)

    async def tell() -> str:
        return state(_named(await flows.look(house, who, house.clock.now())), "wait")

    known = await tell()
    if asks_for_state(request):
        return state_response(known)
    listening = house.signals.listen(f"user:{who.user.id}", since=moment)
    return EventStream(lambda: looks(listening, STREAM_SECONDS, known, tell))


def _named(view: View) -> str:
    names = {Offer: "issued", AwaitsNumber: "claimed", Finishing: "confirmed", Done: "done", Over: "over"}
    # What a phone met is news: the page that waits looks again.
    return f"{names[type(view)]}:{view.met}" if view.met else names[type(view)]
