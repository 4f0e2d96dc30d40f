"""Proving again that it is you, before something is done for a client."""

from typing import Any
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from twolatch.faces import cookies
from twolatch.faces.desk.places import Back, DeskPlace
from twolatch.faces.desk.showing import agent_of, show
from twolatch.faces.portal.login_pages import STREAM_SECONDS, scan_of, way_shown
from twolatch.faces.portal.showing import asks_for_state, go, state, state_response, told
from twolatch.faces.prompts import shown, typed_of
from twolatch.faces.stream import EventStream, looks, one_look
from twolatch.faces.web import form_of, give, house_of, visit_of
from twolatch.login import choosing, rungs, step_up
from twolatch.login.model import StartOver, Waits
from twolatch.login.step_up import Proved
from twolatch.protocol.codes import is_id
from twolatch.sessions.model import AtDesk
from twolatch.words.refusals import Refusal


def _id(text: str) -> str:
    return text if is_id(text) else ""


def _path(ask: str, to: Back) -> str:
    marks = urlencode(_marks(ask, to))
    return f"/step-up?{marks}" if marks else "/step-up"


def _marks(ask: str, to: Back) -> dict[str, str]:
    return {**({"ask": ask} if ask else {}), **to.marks}


async def page(request: Request) -> Response:
    who, house = await agent_of(request), house_of(request)
    ask, to = _id(request.query_params.get("ask", "")), Back.read(request.query_params)
    if not ask:
        return await _ask(request, who, to, None)
    view = await step_up.look(house, who, ask, house.clock.now())
    if isinstance(view, StartOver):
        return await _ask(request, who, to, Refusal(view.refusal))
    return _waiting(request, who, ask, to, view, None)


async def _ask(request: Request, who: AtDesk, to: Back, refusal: Refusal | None) -> Response:
    house = house_of(request)
    ways = [way_shown(house, each) for each in await choosing.ways_again(house, who, visit_of(request))]
    return _show(request, who, "", to, refusal, way="begin", ways=ways, prompt=None, number=None, scan=None)


def _waiting(
    request: Request, who: AtDesk, ask: str, to: Back, view: Waits | Proved, refusal: Refusal | None
) -> Response:
    waits = view if isinstance(view, Waits) else None
    besides = shown(waits.number) if waits and waits.number else None
    prompt = waits and shown(waits.prompt)
    scan = scan_of(request, waits)
    return _show(request, who, ask, to, refusal, way="phone", ways=[], prompt=prompt, number=besides, scan=scan)


def _show(
    request: Request, who: AtDesk, ask: str, to: Back, refusal: Refusal | None, **context: Any
) -> Response:
    return show(
        request,
        "desk_step_up",
        DeskPlace.STEP_UP,
        who,
        refusal=refusal,
        refused=told(refusal),
        tries_left=refusal and refusal.tries_left,
        marks=_marks(ask, to),
        here=_path(ask, to),
        begin=_path("", to),
        back=to.path,
        ask=ask,
        **context,
    )


async def begin(request: Request) -> Response:
    fields, who = await form_of(request), await agent_of(request)
    to = Back.read(fields)
    answer = await step_up.begin(house_of(request), who, visit_of(request), fields.get("one", ""))
    if isinstance(answer, Refusal):
        return await _ask(request, who, to, answer)
    return go(_path(answer.challenge, to))


async def number(request: Request) -> Response:
    """A number for a phone without network, beside the question that waits."""
    fields, who = await form_of(request), await agent_of(request)
    ask, to, house = _id(fields.get("ask", "")), Back.read(fields), house_of(request)
    answer = await rungs.ask_number_step_up(house, who, ask, house.clock.now())
    view = await step_up.look(house, who, ask, house.clock.now())
    if isinstance(answer, Refusal) and isinstance(view, Waits):
        return _waiting(request, who, ask, to, view, answer)
    return go(_path(ask, to))


async def answer(request: Request) -> Response:
    """A code typed here instead of an approval on the phone."""
    fields, who = await form_of(request), await agent_of(request)
    ask, to, house = _id(fields.get("ask", "")), Back.read(fields), house_of(request)
    now = house.clock.now()
    if not (typed := typed_of(fields)):
        return go(_path(ask, to))
    done = await rungs.answer_step_up(house, who, ask, typed, now)
    view = await step_up.look(house, who, ask, now)
    if isinstance(view, Waits):
        return _waiting(request, who, ask, to, view, done if isinstance(done, Refusal) else None)
    return await _collected(request, who, ask, to)


async def collect(request: Request) -> Response:
    fields, who = await form_of(request), await agent_of(request)
    ask, to, house = _id(fields.get("ask", "")), Back.read(fields), house_of(request)
    if isinstance(await step_up.look(house, who, ask, house.clock.now()), Waits):
        return go(_path(ask, to))
    return await _collected(request, who, ask, to)


async def _collected(request: Request, who: AtDesk, ask: str, to: Back) -> Response:
    house = house_of(request)
    found = await step_up.collect(house, who, ask, house.clock.now())
    if isinstance(found, StartOver):
        return await _ask(request, who, to, Refusal(found.refusal))
    onward = go(to.path)
    give(request, onward, cookies.SESSION, found.token)
    return onward


async def wait(request: Request) -> Response | EventStream:
    who, house = await agent_of(request), house_of(request)
    ask, moment = _id(request.query_params.get("ask", "")), house.signals.moment()

    async def tell() -> str:
        view = await step_up.look(house, who, ask, house.clock.now())
        if isinstance(view, Waits):
            return state(ask, "wait")
        return state("", "collect" if isinstance(view, Proved) else "look")

    known = await tell()
    if asks_for_state(request):
        return state_response(known)
    if not ask:
        return one_look(known)
    listening = house.signals.listen(f"challenge:{ask}", since=moment)
    return EventStream(lambda: looks(listening, STREAM_SECONDS, known, tell))
