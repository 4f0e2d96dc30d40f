"""The stock: every card by its serial, the way of one of them, and what leaves the books."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from twolatch.custody import flows, handing
from twolatch.custody.model import Card, Fault, State
from twolatch.custody.orders.model import shown_number
from twolatch.custody.returns import flows as returns
from twolatch.desk.proposals import wishing
from twolatch.faces.desk.places import DeskPlace, path_of
from twolatch.faces.desk.showing import agent_of, show
from twolatch.faces.desk.telling import person
from twolatch.faces.portal.showing import go, told
from twolatch.faces.web import form_of, house_of, stop
from twolatch.people import store as people
from twolatch.protocol.codes import is_id
from twolatch.sessions.model import AtDesk
from twolatch.words.refusals import Code, Refusal

PAGE = 100
SERIAL = 64


async def page(request: Request) -> Response:
    who, house = await agent_of(request), house_of(request)
    asked, after = request.query_params.get("state", ""), request.query_params.get("after", "")[:SERIAL]
    kept = asked if asked in set(State) else ""
    found = await flows.stock(house, after, PAGE + 1, kept)
    return show(
        request,
        "desk_stock",
        DeskPlace.STOCK,
        who,
        cards=[await line(request, one) for one in found[:PAGE]],
        more=found[PAGE - 1].serial if len(found) > PAGE else "",
        states=[one.value for one in State],
        state=kept,
        missed=request.query_params.get("missed", "")[:SERIAL],
        is_officer=who.is_officer,
    )


async def line(request: Request, card: Card) -> dict[str, Any]:
    holder = await people.by_id(house_of(request).db, card.user) if card.user else None
    return {
        "id": card.id,
        "serial": card.serial,
        "model": f"{card.maker} {card.model}".strip(),
        "state": card.state.value,
        "holder": holder.display if holder else "",
        "holder_name": holder.name if holder else "",
        "since": card.changed_at,
        "carrier": card.carrier,
        "tracking": card.tracking,
        "link": handing.follow_link(house_of(request), card.carrier, card.tracking),
    }


async def find(request: Request) -> Response:
    """What was scanned: a serial, or the number of a return."""
    await agent_of(request)
    typed = request.query_params.get("serial", "").strip()[:SERIAL]
    house = house_of(request)
    card = await flows.by_serial(house, typed)
    if card is None and (found := await returns.find(house, typed)):
        card = found.card
    return go(path_of(DeskPlace.CARD, {"id": card.id})) if card else go("/stock?missed=1")


async def one(request: Request) -> Response:
    return await shown(request, await agent_of(request), await found_card(request), None)


async def found_card(request: Request) -> Card:
    from twolatch.custody import store

    name = request.path_params["id"]
    found = await store.by_id(house_of(request).db, name) if is_id(name) else None
    return found or stop(Code.NOT_FOUND)


async def shown(
    request: Request, who: AtDesk, card: Card, refusal: Refusal | None, fault: Fault | None = None
) -> Response:
    house = house_of(request)
    steps = await flows.way_of(house, card)
    return show(
        request,
        "desk_card",
        DeskPlace.CARD,
        who,
        marks={"id": card.id},
        refusal=refusal,
        refused=told(refusal),
        fault=fault and fault.name.lower(),
        card=await line(request, card),
        steps=[
            {
                "at": one.at,
                "what": one.what.replace(":", "."),
                "by": one.by.who,
                "agent": await person(request, one.by.agent),
                "approver": await person(request, one.by.approver),
                "notes": [_note(name, text) for name, text in one.facts.items() if name in _NOTED],
            }
            for one in steps
        ],
        losses=[one.value for one in wishing.WRITTEN_OFF],
    )


_NOTED = ("carrier", "tracking", "number")  # facts of a step that a clerk reads; the rest is for the audit


def _note(name: str, text: str) -> str:
    return shown_number(text) if name == "number" and len(text) == 9 else text


async def write_off(request: Request) -> Response:
    fields, who = await form_of(request), await agent_of(request)
    card, house, to = await found_card(request), house_of(request), fields.get("to", "")
    if to not in set(State):
        stop(Code.MALFORMED)
    done = await wishing.loss(house, who, card.serial, State(to), fields.get("reason", ""), house.clock.now())
    if isinstance(done, Refusal):
        return await shown(request, who, card, done)
    return go(path_of(DeskPlace.PROPOSAL, {"id": done.id}))
