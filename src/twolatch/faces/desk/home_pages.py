"""The first page at the desk: finding a client, and what the agent works on."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from twolatch.desk import cases
from twolatch.desk.model import Case, Channel, Reason
from twolatch.faces.desk.places import DeskPlace
from twolatch.faces.desk.showing import agent_of, show
from twolatch.faces.portal.showing import go, told
from twolatch.faces.web import form_of, house_of
from twolatch.protocol.codes import is_id
from twolatch.sessions.model import AtDesk
from twolatch.words.refusals import Refusal

_NOTHING: dict[str, Any] = {"found": [], "sought": "", "words": "", "refused_client": ""}


async def page(request: Request) -> Response:
    return await _home(request, await agent_of(request), None)


async def _home(request: Request, who: AtDesk, refusal: Refusal | None, **context: Any) -> Response:
    house = house_of(request)
    mine = await cases.at_work_on(house, who, house.clock.now())
    return show(
        request,
        "desk_home",
        DeskPlace.HOME,
        who,
        refusal=refusal,
        refused=told(refusal),
        cases=[_case(one, user.display) for one, user in mine],
        reasons=[each.value for each in Reason],
        channels=[each.value for each in Channel],
        **{**_NOTHING, **context},
    )


def _case(one: Case, client: str) -> dict[str, Any]:
    return {"id": one.id, "label": one.label, "reason": one.reason.value, "client": client, "since": one.opened_at}


async def find(request: Request) -> Response:
    """By a form: what was sought stands in no address, no log and no history."""
    fields, who = await form_of(request), await agent_of(request)
    house, sought = house_of(request), fields.get("sought", "")
    found = await cases.find(house, who, sought, house.clock.now())
    if isinstance(found, Refusal):
        return await _home(request, who, found, sought=sought[:254])
    return await _home(request, who, None, found=found, sought=sought[:254])


async def open_case(request: Request) -> Response:
    fields, who = await form_of(request), await agent_of(request)
    house, client = house_of(request), fields.get("client", "")
    reason, channel = fields.get("reason", ""), fields.get("channel", "")
    is_known = is_id(client) and reason in set(Reason) and channel in set(Channel)
    if not is_known:
        return go("/")
    words = fields.get("words", "")
    done = await cases.open_case(house, who, client, Reason(reason), Channel(channel), words, house.clock.now())
    return await _home(request, who, done) if isinstance(done, Refusal) else go(f"/cases/{done.id}")
