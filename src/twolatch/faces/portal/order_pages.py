"""Ordering a card: where it goes, which account carries the reserve, a last look, and the order."""

from collections.abc import Mapping, Sequence
from dataclasses import fields as fields_of
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from twolatch.custody import where
from twolatch.custody.orders import flows
from twolatch.custody.orders.flows import Offer
from twolatch.custody.orders.model import Wish
from twolatch.faces.portal.contact_pages import country_of
from twolatch.faces.portal.places import Place, path_of
from twolatch.faces.portal.showing import client_of, go, show, told
from twolatch.faces.web import Stop, form_of, house_of, language_of, must_be_fresh, texts_of
from twolatch.regions import Address, Problem
from twolatch.regions.addresses import form, lines, problems, tidy
from twolatch.sessions.model import SignedIn
from twolatch.words.refusals import Code, Refusal

_ELSEWHERE = {Code.STEP_UP, Code.SESSION_ENDED, Code.BUSY}
_PARTS = tuple(field.name for field in fields_of(Address))
_FILLED_BY = {
    "name": "name", "company": "organization", "city": "address-level2", "area": "address-level1",
    "district": "address-level3", "postcode": "postal-code",
}  # fmt: skip
_LOOKED_FOR_FIRST = "NL"  # the form needs some country's fields before one is chosen


async def page(request: Request) -> Response:
    who = await client_of(request)
    offer = await _offer(request, who)
    country = country_of(request) or _LOOKED_FOR_FIRST
    typed = {"country": country, "name": who.user.display}
    return _form(request, offer, typed, (), None)


async def _offer(request: Request, who: SignedIn) -> Offer | Refusal:
    house = house_of(request)
    offer = await flows.may_order(house, who, house.clock.now())
    if isinstance(offer, Refusal) and offer.code in _ELSEWHERE:
        raise Stop(offer)
    return offer


async def choose_country(request: Request) -> Response:
    """Each country writes its addresses in its own way: its form is another one."""
    typed = await form_of(request)
    await client_of(request)
    return go(path_of(Place.ORDER, {"country": typed.get("country", "").upper()}))


def _form(
    request: Request,
    offer: Offer | Refusal,
    typed: Mapping[str, str],
    wrong: Sequence[Problem],
    refusal: Refusal | None,
) -> Response:
    house, texts, language = house_of(request), texts_of(request), language_of(request)
    if isinstance(offer, Refusal):
        refusal, offer = offer, Offer([], 0, "", None)
    country = typed["country"]
    served = frozenset(code for region in house.regions.every for code in region.countries)
    return show(
        request,
        "card_order",
        Place.ORDER,
        marks={"country": country},
        refusal=refusal,
        refused=told(refusal),
        step="form" if offer.accounts else "no",
        country=country,
        countries=texts.countries(language, served | {country}),
        fields=form(country),
        filled_by=_FILLED_BY,
        typed={"account": "", **dict.fromkeys(_PARTS, ""), **typed},
        wrong={problem.field: problem.code for problem in wrong},
        accounts=offer.accounts,
        replaces=offer.replaces.serial if offer.replaces else "",
        reserve=offer.reserve,
        currency=offer.currency,
    )


async def check(request: Request) -> Response:
    """A last look before anything is ordered; or the form again, with what does not fit."""
    typed = await form_of(request)
    who = await client_of(request)
    offer, address = await _offer(request, who), _address(typed)
    if isinstance(offer, Refusal) or typed.get("back"):
        return _form(request, offer, {"country": address.country, **typed}, (), None)
    if wrong := problems(address):
        return _form(request, offer, {**typed, "country": address.country}, wrong, Refusal(Code.ORDER_ADDRESS))
    account = next((one for one in offer.accounts if one.id == typed.get("account", "")), offer.accounts[0])
    house = house_of(request)
    return show(
        request,
        "card_order",
        Place.ORDER,
        marks={"country": address.country},
        refused=None,
        step="check",
        lines=lines(address, is_abroad=True),
        parts={name: getattr(address, name) for name in _PARTS if getattr(address, name)},
        account=account,
        reserve=offer.reserve,
        currency=offer.currency,
        replaces=offer.replaces.serial if offer.replaces else "",
        expected=where.arrives(house, address.country, house.clock.now()),
    )


def _address(typed: Mapping[str, str]) -> Address:
    given: dict[str, Any] = {name: typed.get(name, "") for name in _PARTS}
    return tidy(Address(**given))


async def confirm(request: Request) -> Response:
    typed = await form_of(request)
    who = await client_of(request)
    fresh = await must_be_fresh(request)
    house = house_of(request)
    wish = Wish(typed.get("account", ""), _address(typed))
    done = await flows.order(house, fresh, wish, house.clock.now())
    if isinstance(done, Refusal):
        if done.code in _ELSEWHERE:
            raise Stop(done)
        offer = await _offer(request, who)
        wrong = problems(wish.address)
        return _form(request, offer, {**typed, "country": wish.address.country}, wrong, done)
    return go("/cards", done="ordered")
