"""How the desk answers: a page with who is at work in its frame, or a refusal."""

from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from twolatch.faces.desk.places import MENU, DeskPlace, path_of
from twolatch.faces.portal import showing
from twolatch.faces.portal.showing import go, to_login
from twolatch.faces.web import house_of, must_be_at_desk, stop
from twolatch.sessions.flows import is_fresh
from twolatch.sessions.model import AtDesk
from twolatch.words.refusals import Code, Refusal


async def agent_of(request: Request) -> AtDesk:
    """Who is at work. Raises Stop(session.ended), which leads to the login."""
    return await must_be_at_desk(request)


async def officer_of(request: Request) -> AtDesk:
    """Raises Stop(page.not_found) for an agent: he does not learn which pages officers have."""
    who = await agent_of(request)
    return who if who.is_officer else stop(Code.NOT_FOUND)


async def fresh_agent_of(request: Request) -> AtDesk:
    """Who proved himself a while ago at the most. Raises Stop(session.step_up_needed)."""
    who = await agent_of(request)
    return who if is_fresh(who, house_of(request).clock.now()) else stop(Code.STEP_UP)


def show(
    request: Request,
    template: str,
    place: DeskPlace,
    who: AtDesk,
    *,
    refusal: Refusal | None = None,
    marks: Mapping[str, str] | None = None,
    **context: Any,
) -> Response:
    """A page of somebody at work. `who` is `staff` to the templates, with the menu beside it."""
    staff = {"called": who.staff.called, "number": who.staff.number, "role": who.staff.role.value}
    menu = [{"place": at.value, "path": path_of(at, {}), "key": key, "letter": letter} for at, key, letter in MENU]
    return showing.show(
        request, template, place, refusal=refusal, marks=marks, staff=staff, menu=menu, **context
    )


def refuse(request: Request, refusal: Refusal) -> Response:
    """Whatever no handler shows itself."""
    if refusal.code is Code.SESSION_ENDED:
        return to_login(request)
    if refusal.code is Code.STEP_UP:
        return go("/step-up")
    return showing.refuse(request, refusal)
