"""What waits for a second person: the list, one of them as exactly what will happen, and the decision."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from twolatch.desk.proposals import flows
from twolatch.desk.proposals.model import Proposal, State
from twolatch.faces.desk import telling
from twolatch.faces.desk.places import DeskPlace, path_of
from twolatch.faces.desk.showing import agent_of, show
from twolatch.faces.portal.login_pages import STREAM_SECONDS
from twolatch.faces.portal.showing import asks_for_state, go, state, state_response, told
from twolatch.faces.stream import EventStream, looks
from twolatch.faces.web import form_of, house_of, stop
from twolatch.protocol.codes import is_id
from twolatch.sessions.model import AtDesk
from twolatch.words.refusals import Code, Refusal


async def page(request: Request) -> Response:
    """Officers see all of them, agents their own."""
    who, house = await agent_of(request), house_of(request)
    now = house.clock.now()
    waiting = _seen_by(who, await flows.waiting(house, now))
    before = request.query_params.get("before", "")
    is_moment = before.isascii() and before.isdigit() and len(before) < 16
    past = await flows.history(house, now, int(before) if is_moment else 1 << 62)
    ended = _seen_by(who, past)
    return show(
        request,
        "desk_proposals",
        DeskPlace.PROPOSALS,
        who,
        waiting=[await telling.line(request, one, now) for one in waiting],
        ended=[await telling.line(request, one, now) for one in ended],
        older=past[-1].content.created_at if len(past) == flows.PAGE else 0,
        is_officer=who.is_officer,
        standing=_name(waiting),
    )


def _seen_by(who: AtDesk, found: list[Proposal]) -> list[Proposal]:
    return [one for one in found if who.is_officer or one.content.proposer == who.user.id]


def _name(waiting: list[Proposal]) -> str:
    """Of the list as it stands: another one is another name."""
    return "-".join(one.id[:8] for one in waiting) or "none"


async def one(request: Request) -> Response:
    who = await agent_of(request)
    return await _one(request, who, await _found(request, who), None)


async def _found(request: Request, who: AtDesk) -> Proposal:
    """Somebody else's reads as a missing one, to an agent."""
    name = request.path_params["id"]
    found = await flows.find(house_of(request), name) if is_id(name) else None
    return found if found and _seen_by(who, [found]) else stop(Code.NOT_FOUND)


async def _one(
    request: Request, who: AtDesk, found: Proposal, refusal: Refusal | None, given: Any = None
) -> Response:
    house = house_of(request)
    now = house.clock.now()
    is_open = found.state_at(now) is State.OPEN
    may = await flows.may_decide(house, who, found, now) if is_open else None
    return show(
        request,
        "desk_proposal",
        DeskPlace.PROPOSAL,
        who,
        marks={"id": found.id},
        refusal=refusal,
        refused=told(refusal),
        proposal=await telling.line(request, found, now),
        wish=await telling.wish(request, found, is_open=is_open),
        digest=found.digest,
        is_mine=found.content.proposer == who.user.id,
        may_decide=is_open and may is None,
        why_not=told(may) if is_open and who.is_officer else None,
        is_recent=flows.is_recent(house, who, now),
        has_a_decider=not is_open or await flows.has_a_decider(house, found),
        may_show=found.may_show(who.user.id, now),
        given=given,
    )


async def approve(request: Request) -> Response:
    """The digest is that of the page the officer looked at; there is nothing in the form that could be changed."""
    fields, who = await form_of(request), await agent_of(request)
    found, house = await _found(request, who), house_of(request)
    digest, said = fields.get("digest", ""), fields.get("said", "")
    done = await flows.approve(house, who, found.id, digest, said, house.clock.now())
    if isinstance(done, Refusal) and done.code is Code.STEP_UP:
        return go(f"/step-up?proposal={found.id}")
    return await _after(request, who, found, done)


async def deny(request: Request) -> Response:
    fields, who = await form_of(request), await agent_of(request)
    found, house = await _found(request, who), house_of(request)
    done = await flows.deny(house, who, found.id, fields.get("said", ""), house.clock.now())
    return await _after(request, who, found, done)


async def withdraw(request: Request) -> Response:
    _, who = await form_of(request), await agent_of(request)
    found, house = await _found(request, who), house_of(request)
    return await _after(request, who, found, await flows.withdraw(house, who, found.id, house.clock.now()))


async def _after(request: Request, who: AtDesk, found: Proposal, done: Proposal | Refusal) -> Response:
    if isinstance(done, Refusal):
        return await _one(request, who, await _found(request, who), done)
    return go(path_of(DeskPlace.PROPOSAL, {"id": found.id}))


async def show_given(request: Request) -> Response:
    """What the approval gave out stands in the answer to this very form and nowhere else; sent again it shows
    nothing."""
    _, who = await form_of(request), await agent_of(request)
    found, house = await _found(request, who), house_of(request)
    given = await flows.show_given(house, who, found.id, house.clock.now())
    if isinstance(given, Refusal):
        return await _one(request, who, found, given)
    return await _one(request, who, await _found(request, who), None, given)


# moving on by itself


async def wait(request: Request) -> Response | EventStream:
    who, house = await agent_of(request), house_of(request)
    found, moment = await _found(request, who), house.signals.moment()

    async def tell() -> str:
        now_is = await flows.find(house, found.id)
        standing = now_is.state_at(house.clock.now()) if now_is else State.EXPIRED
        return state(standing.value, "wait" if standing is State.OPEN else "look")

    return await _stream(request, f"proposal:{found.id}", moment, tell)


async def wait_for_all(request: Request) -> Response | EventStream:
    who, house = await agent_of(request), house_of(request)
    moment = house.signals.moment()

    async def tell() -> str:
        return state(_name(_seen_by(who, await flows.waiting(house, house.clock.now()))), "wait")

    return await _stream(request, flows.ALL, moment, tell)


async def _stream(request: Request, topic: str, moment: Any, tell: Any) -> Response | EventStream:
    known = await tell()
    if asks_for_state(request):
        return state_response(known)
    listening = house_of(request).signals.listen(topic, since=moment)
    return EventStream(lambda: looks(listening, STREAM_SECONDS, known, tell))
