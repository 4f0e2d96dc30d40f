"""How much of the day each agent has used, and more of it for somebody who needs it: by two officers."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from twolatch.desk import budgets, staffing
from twolatch.desk.budgets import Budget
from twolatch.desk.proposals import wishing
from twolatch.faces.desk.places import DeskPlace, path_of
from twolatch.faces.desk.showing import officer_of, show
from twolatch.faces.portal.showing import go, told
from twolatch.faces.web import form_of, house_of, stop
from twolatch.protocol.codes import is_id
from twolatch.sessions.model import AtDesk
from twolatch.words.refusals import Code, Refusal


async def page(request: Request) -> Response:
    return await _page(request, await officer_of(request), None)


async def _page(request: Request, who: AtDesk, refusal: Refusal | None) -> Response:
    house = house_of(request)
    now, staff = house.clock.now(), []
    for one, name in await staffing.everybody(house):
        standing: list[Any] = await budgets.standing(house, one.user, now)
        staff.append({"id": one.user, "called": one.called, "number": one.number, "name": name, "standing": standing})
    return show(
        request,
        "desk_budgets",
        DeskPlace.BUDGETS,
        who,
        refusal=refusal,
        refused=told(refusal),
        staff_list=staff,
        budgets=list(Budget),
        most=wishing.MOST_EXTRA,
        me=who.user.id,
    )


async def more(request: Request) -> Response:
    fields, who = await form_of(request), await officer_of(request)
    house, agent, extra = house_of(request), fields.get("agent", ""), fields.get("extra", "")
    if not is_id(agent) or fields.get("budget") not in set(Budget) or not (extra.isascii() and extra.isdigit()):
        stop(Code.MALFORMED)
    budget, why = Budget(fields["budget"]), fields.get("reason", "")
    done = await wishing.more(house, who, agent, budget, int(extra[:4]), why, house.clock.now())
    if isinstance(done, Refusal):
        return await _page(request, who, done)
    return go(path_of(DeskPlace.PROPOSAL, {"id": done.id}))
