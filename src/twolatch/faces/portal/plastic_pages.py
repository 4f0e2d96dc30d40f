"""A client's cards: what he ordered, what he holds, what is on its way back, and everything that happened to each."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from twolatch.custody import flows
from twolatch.custody.model import BACK, IN_HAND, Card, Step
from twolatch.custody.orders import flows as orders
from twolatch.custody.orders.flows import Offer
from twolatch.custody.orders.model import OPEN, Order, shown_number
from twolatch.custody.orders.model import State as OfOrder
from twolatch.custody.returns import flows as returns
from twolatch.custody.returns.model import OPEN as OPEN_RETURNS
from twolatch.custody.returns.model import Return
from twolatch.faces.portal.places import Place
from twolatch.faces.portal.showing import client_of, done_of, go, show, told
from twolatch.faces.web import form_of, house_of
from twolatch.regions.addresses import lines
from twolatch.sessions.model import SignedIn
from twolatch.words.refusals import Code, Refusal


async def page(request: Request) -> Response:
    return await _page(request, await client_of(request), None)


async def _page(request: Request, who: SignedIn, refusal: Refusal | None) -> Response:
    house = house_of(request)
    now = house.clock.now()
    held, ordered = await flows.of_client(house, who.user), await orders.mine(house, who.user)
    sent_back = {one.card: one for one in await returns.of_client(house, who.user) if one.state in OPEN_RETURNS}
    waits = next((one for one in ordered if one.state in OPEN), None)
    offer = await orders.may_order(house, who, now)
    return show(
        request,
        "cards",
        Place.CARDS,
        refusal=refusal,
        refused=told(refusal),
        done=done_of(request),
        order=_order(waits) if waits else None,
        may_order=isinstance(offer, Offer) or offer.code is Code.STEP_UP,
        why_not=None if isinstance(offer, Offer) or offer.code in _SEEN_ABOVE else told(offer),
        cards=[await _card(request, who, card, sent_back.get(card.id)) for card in _newest_first(held)],
    )


_SEEN_ABOVE = {Code.STEP_UP, Code.ORDER_OPEN, Code.ORDER_HAS_CARD}


def _newest_first(held: list[Card]) -> list[Card]:
    return sorted((card for card in held if card.shipped_at), key=lambda card: (card.state in BACK, -card.shipped_at))


def _order(one: Order) -> dict[str, Any]:
    return {
        "number": shown_number(one.number),
        "state": one.state.value,
        "ordered": one.ordered_at,
        "expected": one.expected_at,
        "address": lines(one.address, is_abroad=True),
        "reserve": one.reserve,
        "currency": one.currency,
        "may_cancel": one.state is OfOrder.ORDERED,
    }


async def _card(request: Request, who: SignedIn, card: Card, sent_back: Return | None) -> dict[str, Any]:
    way = await flows.way_of(house_of(request), card, user=who.user.id)
    return {
        "id": card.id,
        "serial": card.serial,
        "state": card.state.value,
        "carrier": card.carrier,
        "tracking": card.tracking,
        "may_activate": card.state in IN_HAND,
        "may_return": card.may_come_back,
        "return_id": sent_back.id if sent_back else "",
        "way": [step_shown(step) for step in way],
    }


def step_shown(step: Step) -> dict[str, Any]:
    """`what` is a key below "diary.", `by` one below "by.", or empty."""
    by = "support" if step.by.who in {"desk", "operator"} else step.by.who
    facts = step.facts
    return {
        "at": step.at,
        "what": step.what.replace(":", "."),
        "by": by,
        "carrier": facts.get("carrier", ""),
        "tracking": facts.get("tracking", ""),
    }


async def cancel(request: Request) -> Response:
    """Takes the order back."""
    await form_of(request)
    who = await client_of(request)
    house = house_of(request)
    if refused := await orders.cancel(house, who, house.clock.now()):
        return await _page(request, who, refused)
    return go("/cards", done="order_cancelled")

