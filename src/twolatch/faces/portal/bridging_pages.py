"""The one page of a session that may only get its client something better than a temporary code."""

from starlette.requests import Request
from starlette.responses import Response

from twolatch.activation import by_code
from twolatch.authenticators import store as authenticators
from twolatch.authenticators.model import ends_at
from twolatch.authenticators.policy import has_room, is_stand_in, usable
from twolatch.faces.portal.home_pages import card_coming
from twolatch.faces.portal.places import Place
from twolatch.faces.portal.showing import bearer_of, go, show
from twolatch.faces.web import house_of
from twolatch.kinds.kind import Trait
from twolatch.sessions.model import SignedIn


async def page(request: Request) -> Response:
    who = await bearer_of(request)
    if isinstance(who, SignedIn):
        return go("/")
    house = house_of(request)
    now = house.clock.now()
    held = await authenticators.held_by(house.db, house.keys, who.user.id)
    prover = next((one for one in held if one.id == who.authenticator), None)
    ready = [one for one in usable(house, held, now, who.browser) if one.id != who.authenticator]
    may_make = prover is not None and is_stand_in(house, prover) and not ready
    cards = [kind for kind in by_code.offered(house, who, held) if Trait.STAND_IN in kind.traits]
    return show(
        request,
        "bridging",
        Place.BRIDGING,
        ends=ends_at(prover) if prover else 0,
        ready=[one.name for one in ready],
        cards=[kind.name for kind in cards] if may_make else [],
        can_activate=may_make and has_room(house, who, held),
        card=await card_coming(request, who) if may_make else None,
    )
