"""Removing an authenticator, and suspending it until it is taken back: both ask first, and say what would be lost."""

from starlette.requests import Request
from starlette.responses import Response

from twolatch.authenticators import flows, policy, stopping
from twolatch.authenticators.model import State
from twolatch.authenticators.policy import Loss
from twolatch.faces.portal.places import Place
from twolatch.faces.portal.security_pages import id_of, shown_one
from twolatch.faces.portal.showing import client_of, go, show
from twolatch.faces.web import Stop, form_of, house_of, must_be_fresh, stop
from twolatch.sessions.model import SignedIn
from twolatch.words.refusals import Code, Refusal


async def ask_remove(request: Request) -> Response:
    who = await client_of(request)
    house = house_of(request)
    held = await flows.mine(house, who.user)
    one = id_of(request)
    if any(each.id == one for each in held) and (refused := policy.may_change(who, held, house.clock.now())):
        raise Stop(refused)
    return await _ask(request, who, Place.REMOVE)


async def ask_pause(request: Request) -> Response:
    return await _ask(request, await client_of(request), Place.PAUSE)


async def _ask(request: Request, who: SignedIn, place: Place) -> Response:
    house, wanted, is_pause = house_of(request), id_of(request), place is Place.PAUSE
    held, now = await flows.mine(house, who.user), house.clock.now()
    one = next((each for each in held if each.id == wanted), None) or stop(Code.NOT_FOUND)
    if is_pause and one.state is not State.ACTIVE:
        return go("/security")
    return show(
        request,
        place.value,
        place,
        marks={"id": one.id},
        authenticator=shown_one(house, one, now, who.user.id),
        loss=policy.loss(house, held, one, now, is_kept=is_pause).value,
        days=house.settings.bridging_days,
    )


async def remove(request: Request) -> Response:
    fields = await form_of(request)
    who = await client_of(request)
    fresh = await must_be_fresh(request)
    house = house_of(request)
    done = await stopping.remove(house, fresh, id_of(request), fields.get("warned", ""), house.clock.now())
    if isinstance(done, Refusal):
        raise Stop(done)
    return await _done(request, who, done, Place.REMOVE, "removed")


async def pause(request: Request) -> Response:
    fields = await form_of(request)
    who = await client_of(request)
    house = house_of(request)
    done = await stopping.pause(house, who, id_of(request), fields.get("warned", ""), house.clock.now())
    if isinstance(done, Refusal):
        raise Stop(done)
    return await _done(request, who, done, Place.PAUSE, "paused")


async def _done(request: Request, who: SignedIn, done: bool | Loss, place: Place, told: str) -> Response:
    if isinstance(done, Loss):  # it would take more than he was warned of: the page again, with that warning
        return await _ask(request, who, place)
    return go("/security", done=told) if done else stop(Code.NOT_FOUND)
