"""The client's wish that passkeys alone let him in."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from twolatch.authenticators import flows
from twolatch.authenticators.model import Authenticator
from twolatch.authenticators.policy import alone
from twolatch.faces.portal.places import Place
from twolatch.faces.portal.showing import client_of, go, show, told
from twolatch.faces.web import form_of, house_of, must_be_fresh
from twolatch.house import House
from twolatch.login import keys_only
from twolatch.people.model import User
from twolatch.words.refusals import Code, Refusal


def standing(house: House, user: User, held: list[Authenticator]) -> dict[str, Any] | None:
    """For the security settings: whether it is on, or could be; None where the client holds nothing for it."""
    keys = alone(house, held)
    return {"is_on": user.keys_only, "many": len(keys)} if keys or user.keys_only else None


async def ask(request: Request) -> Response:
    await client_of(request)
    fresh = await must_be_fresh(request)
    return await _page(request, fresh.signed_in.user, await keys_only.may_switch(house_of(request), fresh))


async def _page(request: Request, user: User, refusal: Refusal | None) -> Response:
    house = house_of(request)
    keys = standing(house, user, await flows.mine(house, user)) or {"is_on": False, "many": 0}
    needs_key = refusal is not None and refusal.code is Code.KEYS_ONLY_NEEDS
    return show(
        request, "keys_only", Place.KEYS_ONLY, refusal=refusal, refused=told(refusal), needs_key=needs_key, **keys
    )


async def switch(request: Request) -> Response:
    fields = await form_of(request)
    who = await client_of(request)
    fresh = await must_be_fresh(request)
    house, is_on = house_of(request), fields.get("wish") == "on"
    refused = await keys_only.switch(house, fresh, house.clock.now(), is_on=is_on)
    if refused:
        return await _page(request, who.user, refused)
    return go("/security", done="keys_only_on" if is_on else "keys_only_off")
