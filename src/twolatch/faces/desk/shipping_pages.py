"""Orders to ship. Made for a scanner, which types and presses Enter: the order, the card, the label, the next."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from twolatch.custody import store as cards
from twolatch.custody.handing import Parcel
from twolatch.custody.model import Fault, desk
from twolatch.custody.orders import flows
from twolatch.custody.orders.model import Order, State, shown_number
from twolatch.desk.proposals import wishing
from twolatch.faces.desk.places import DeskPlace, path_of
from twolatch.faces.desk.showing import agent_of, show
from twolatch.faces.portal.showing import go, told
from twolatch.faces.web import form_of, house_of, stop
from twolatch.people import store as people
from twolatch.protocol.codes import is_id
from twolatch.regions import Address
from twolatch.regions.addresses import form, lines, problems, tidy
from twolatch.sessions.model import AtDesk
from twolatch.words.refusals import Code, Refusal

LONGEST = 80


async def page(request: Request) -> Response:
    who, house = await agent_of(request), house_of(request)
    sent = request.query_params.get("sent", "")
    card = await cards.by_id(house.db, sent) if is_id(sent) else None
    return show(
        request,
        "desk_orders",
        DeskPlace.ORDERS,
        who,
        orders=[await _line(request, one) for one in await flows.waiting(house)],
        sent=card.serial if card and card.state.value == "shipped" else "",
        missed="missed" in request.query_params,
    )


async def _line(request: Request, one: Order) -> dict[str, Any]:
    user = await people.by_id(house_of(request).db, one.user)
    return {
        "number": one.number,
        "shown": shown_number(one.number),
        "state": one.state.value,
        "client": user.display if user else "",
        "country": one.address.country,
        "lines": lines(one.address),
        "since": one.ordered_at,
        "expected": one.expected_at,
        "sent": one.shipped_at,
    }


async def find(request: Request) -> Response:
    await agent_of(request)
    found = await flows.by_number(house_of(request), request.query_params.get("number", "")[:LONGEST])
    return go(f"/orders/{found.number}") if found else go("/orders?missed")


async def one(request: Request) -> Response:
    return await _one(request, await agent_of(request), await _found(request))


async def _found(request: Request) -> Order:
    return await flows.by_number(house_of(request), request.path_params["number"][:LONGEST]) or stop(Code.NOT_FOUND)


async def _one(
    request: Request,
    who: AtDesk,
    found: Order,
    fault: Fault | None = None,
    refusal: Refusal | None = None,
    typed: dict[str, str] | None = None,
    wrong: list[str] | None = None,
) -> Response:
    house = house_of(request)
    address = found.address if typed is None else _address(typed)
    country = address.country if form(address.country) else found.address.country
    return show(
        request,
        "desk_order",
        DeskPlace.NOWHERE,
        who,
        refusal=refusal or (Refusal(Code.SCANNED) if fault or wrong else None),
        refused=told(refusal),
        order=await _line(request, found),
        is_waiting=found.state is State.ORDERED,
        carriers=list(house.settings.carriers),
        fault=fault and fault.name.lower(),
        typed=typed or {},
        country=country,
        address={each.name: getattr(address, each.name) for each in form(country)},
        form=form(country),
        wrong=wrong or [],
    )


async def ship(request: Request) -> Response:
    fields, who = await form_of(request), await agent_of(request)
    found, house = await _found(request), house_of(request)
    parcel = Parcel(*(fields.get(name, "")[:LONGEST] for name in ("serial", "carrier", "tracking", "pin")))
    done = await flows.ship(house, found.number, parcel, house.clock.now(), desk(who.user.id))
    if isinstance(done, Fault):
        return await _one(request, who, await _found(request), done, typed=None)
    return go(f"/orders?sent={done.id}")


async def readdress(request: Request) -> Response:
    """Another address is only proposed here."""
    fields, who = await form_of(request), await agent_of(request)
    found, house, address = await _found(request), house_of(request), tidy(_address(fields))
    if wrong := problems(address):
        return await _one(request, who, found, typed=fields, wrong=sorted({each.field for each in wrong}))
    done = await wishing.address(house, who, found.number, address, fields.get("reason", ""), house.clock.now())
    if isinstance(done, Refusal):
        return await _one(request, who, found, refusal=done, typed=fields)
    return go(path_of(DeskPlace.PROPOSAL, {"id": done.id}))


def _address(fields: dict[str, str]) -> Address:
    given = {name: fields.get(name, "")[:400] for name in _FIELDS}
    return Address(**{**given, "street": given["street"].replace("\r\n", "\n")})


_FIELDS = ("country", "name", "company", "street", "city", "district", "area", "postcode", "sorting")
