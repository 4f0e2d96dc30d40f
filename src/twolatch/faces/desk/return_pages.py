"""Cards that come back: received by a scan, looked at, destroyed; and those that should be here by now."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from twolatch.custody import flows as custody
from twolatch.custody import store as cards
from twolatch.custody.dues.model import SEEN, Cause
from twolatch.custody.model import BACK, Card, Fault, State, desk
from twolatch.custody.orders.model import shown_number
from twolatch.custody.returns import flows
from twolatch.custody.returns.model import Return
from twolatch.faces.desk.places import DeskPlace
from twolatch.faces.desk.showing import agent_of, show
from twolatch.faces.desk.stock_pages import line
from twolatch.faces.portal.showing import go
from twolatch.faces.web import form_of, house_of, stop
from twolatch.people import store as people
from twolatch.protocol.codes import is_id
from twolatch.sessions.model import AtDesk
from twolatch.words.refusals import Code, Refusal

LONGEST = 64


async def page(request: Request) -> Response:
    who, house = await agent_of(request), house_of(request)
    one = request.query_params.get("card", "")
    card = await cards.by_id(house.db, one) if is_id(one) else None
    return await _page(request, who, card)


async def _page(
    request: Request, who: AtDesk, card: Card | None = None, *, fault: str = "", typed: str = ""
) -> Response:
    """`card`: the one that was handled last; what came of it is said above the field, which waits for the next."""
    house = house_of(request)
    now = house.clock.now()
    to_see, to_end = await custody.stock(house, state="received"), await custody.stock(house, state="inspected")
    late = {each.id for each in await flows.overdue(house, now)}
    under_way = await flows.under_way(house)
    return show(
        request,
        "desk_returns",
        DeskPlace.RETURNS,
        who,
        refusal=Refusal(Code.SCANNED) if fault else None,
        card=await line(request, card) if card else None,
        fault=fault,
        typed=typed,
        to_see=[await line(request, each) for each in to_see],
        to_end=[await line(request, each) for each in to_end],
        overdue=[await _return(request, each) for each in under_way if each.id in late],
        under_way=[await _return(request, each) for each in under_way if each.id not in late],
        findings=[each.value for each in Cause if each in SEEN],
    )


async def _return(request: Request, one: Return) -> dict[str, Any]:
    house = house_of(request)
    card, user = await cards.by_id(house.db, one.card), await people.by_id(house.db, one.user)
    return {
        "number": shown_number(one.number),
        "serial": card.serial if card else "",
        "card": one.card,
        "client": user.display if user else "",
        "reason": one.reason.value,
        "state": one.state.value,
        "carrier": one.carrier,
        "tracking": one.tracking,
        "expected": one.expected_at,
        "due": one.due_at,
    }


async def receive(request: Request) -> Response:
    """By the barcode of the form, or the serial. What was received before is said to be so, and nothing happens."""
    fields, who = await form_of(request), await agent_of(request)
    house, typed = house_of(request), fields.get("scanned", "").strip()[:LONGEST]
    done = await flows.receive(house, typed, house.clock.now(), desk(who.user.id))
    if isinstance(done, Card):
        return go(f"/returns?card={done.id}")
    card = await _scanned(request, typed)
    again = card is not None and card.state in BACK
    fault = "again" if again else done.name.lower()
    return await _page(request, who, card if again else None, fault=fault, typed=typed)


async def _scanned(request: Request, typed: str) -> Card | None:
    """Also by the number of a return that is over."""
    house = house_of(request)
    return await custody.by_serial(house, typed) or await flows.card_of(house, typed)


async def inspect(request: Request) -> Response:
    fields, who = await form_of(request), await agent_of(request)
    house, found = house_of(request), fields.get("found", "")
    card = await _named(request, fields)
    if found not in set(SEEN):
        stop(Code.MALFORMED)
    done = await flows.inspect(house, card.serial, Cause(found), house.clock.now(), desk(who.user.id))
    return await _after(request, who, card, done)


async def destroy(request: Request) -> Response:
    fields, who = await form_of(request), await agent_of(request)
    house, card = house_of(request), await _named(request, fields)
    done = await flows.destroy(house, card.serial, house.clock.now(), desk(who.user.id))
    return await _after(request, who, card, done)


async def _named(request: Request, fields: dict[str, str]) -> Card:
    one = fields.get("card", "")
    found = await cards.by_id(house_of(request).db, one) if is_id(one) else None
    return found or stop(Code.NOT_FOUND)


async def _after(request: Request, who: AtDesk, card: Card, done: Card | Fault) -> Response:
    if isinstance(done, Card):
        return go(f"/returns?card={card.id}")
    now_is = await cards.by_id(house_of(request).db, card.id)
    is_done = now_is is not None and now_is.state in {State.INSPECTED, State.DESTROYED}
    return await _page(request, who, now_is, fault="again" if is_done else done.name.lower())
