"""One case: the client's page, having the caller prove who he is, and what is done for him."""

from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from twolatch.authenticators import policy
from twolatch.authenticators.model import Authenticator, State, ends_at, has_ended
from twolatch.desk import acting, cases, looking, verifying
from twolatch.desk.looking import Client
from twolatch.desk.model import PROOF_LIVES, Action, Case, Ended, Proof
from twolatch.desk.verifying import code_shown
from twolatch.faces.desk.places import DeskPlace
from twolatch.faces.desk.showing import agent_of, show
from twolatch.faces.portal.showing import asks_for_state, go, state, state_response, told
from twolatch.faces.prompts import icon_of, shown, typed_of
from twolatch.faces.stream import EventStream, looks
from twolatch.faces.web import form_of, house_of, stop
from twolatch.house import House
from twolatch.protocol.codes import is_id
from twolatch.sessions.flows import is_fresh
from twolatch.sessions.model import AtDesk
from twolatch.words.refusals import Code, Refusal

STREAM_SECONDS = 600.0
DONE = ("noted", "locked", "unlocked", "allowed", "suspended", "woken", "faulty")


async def page(request: Request) -> Response:
    return await case_page(request, await agent_of(request), None)


def id_of(request: Request) -> str:
    one: str = request.path_params["id"]
    return one if is_id(one) else stop(Code.NOT_FOUND)


async def case_page(request: Request, who: AtDesk, refusal: Refusal | None) -> Response:
    """The client's page. A case that is over, or another agent's, is none."""
    house = house_of(request)
    now = house.clock.now()
    client = await looking.look(house, who, id_of(request), now)
    if isinstance(client, Refusal):
        return _no_case(request, who, client)
    done = request.query_params.get("done", "")
    return show(
        request,
        "desk_case",
        DeskPlace.CASE,
        who,
        refusal=refusal,
        refused=told(refusal),
        tries_left=refusal and refusal.tries_left,
        marks={"id": client.case.id},
        is_fresh=is_fresh(who, now),
        done=done if done in DONE and not refusal else "",
        **await _shown(house, client, now),
    )


def _no_case(request: Request, who: AtDesk, refusal: Refusal) -> Response:
    return show(request, "desk_no_case", DeskPlace.HOME, who, refusal=refusal, code=refusal.code.code)


async def _shown(house: House, client: Client, now: int) -> dict[str, Any]:
    user, case = client.user, client.case
    asked = next((one for one in reversed(client.proofs) if one.state is Ended.ASKED), None)
    return {
        "case": {
            "id": case.id, "label": case.label, "reason": case.reason.value, "channel": case.channel.value,
            "code": code_shown(case.code), "since": case.opened_at, "ends": case.ends_at, "is_mine": client.is_mine,
        },
        "client": {
            "name": user.name, "display": user.display, "mail": user.email, "language": user.language,
            "is_off": user.is_off, "closed_at": user.closed_at, "needs_desk": user.needs_desk,
            "is_staff": client.is_staff, "must_change": user.must_change, "last_login": user.last_login_at,
            "since": user.created_at, "phone": user.phone, "phone_at": user.phone_at,
            "standing": client.standing.value,
        },
        "authenticators": [_authenticator(house, each, now) for each in client.held],
        "cards": [{"serial": one.serial, "state": one.state.value, "at": one.changed_at} for one in client.cards],
        "accounts": [{"number": one.number, "label": one.label, "state": one.state.value} for one in client.accounts],
        "proofs": [_proof(each, now) for each in client.proofs],
        "level": client.level.name.lower(),
        "asked": asked and await _asked(house, asked, now),
        "askable": verifying.askable(house, client.held, now),
        "verdicts": {
            each.value: acting.verdict(each, client.level, is_staff=client.is_staff).value for each in Action
        },
        "notes": [
            {"at": one.at, "who": client.staff.get(one.agent, ""), "kind": one.kind, "text": one.text}
            for one in client.notes
        ],
        "lines": [_line(each.at, each.event.value, each.facts, client.names) for each in client.lines],
        "earlier": [_earlier(one, client.staff.get(one.agent, "")) for one in client.earlier],
    }  # fmt: skip


def _earlier(one: Case, who: str) -> dict[str, Any]:
    return {"label": one.label, "reason": one.reason.value, "at": one.opened_at, "who": who}


def _authenticator(house: House, one: Authenticator, now: int) -> dict[str, Any]:
    return {
        "id": one.id,
        "kind": one.kind,
        "icon": icon_of(policy.kind_of(house, one)),
        "label": one.name,
        "state": "over" if has_ended(one, now) else one.state.value,
        "is_active": one.state is State.ACTIVE,
        "may_wake": one.state in {State.LOCKED, State.SUSPENDED, State.REPORTED},
        "used": one.used_at,
        "ends": ends_at(one),
        "left": policy.left_of(house, one),
    }


def _proof(one: Proof, now: int) -> dict[str, Any]:
    is_old = one.state is Ended.PROVED and now >= one.ended_at + PROOF_LIVES
    return {
        "way": one.way.value, "name": one.name, "state": "old" if is_old else one.state.value,
        "worth": one.worth.name.lower(), "at": one.ended_at or one.asked_at,
    }  # fmt: skip


async def _asked(house: House, one: Proof, now: int) -> dict[str, Any]:
    """The question that waits: what the agent reads out; without it, the answer only has to be taken in."""
    prompt = await verifying.prompt(house, one, now)
    return {"id": one.id, "way": one.way.value, "name": one.name, "prompt": shown(prompt) if prompt else None}


def _line(at: int, event: str, facts: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    told = {name: str(facts.get(name) or "") for name in ("agent", "address")}
    phone = names.get(str(facts.get("phone", "")), "")
    return {"at": at, "key": f"diary.{event.replace(':', '.')}", "phone": phone, **told}


# what the agent writes down


async def note(request: Request) -> Response:
    fields, who = await form_of(request), await agent_of(request)
    house = house_of(request)
    refused = await cases.note(house, who, id_of(request), fields.get("words", ""), house.clock.now())
    return await after(request, who, refused, "noted")


async def close(request: Request) -> Response:
    _, who = await form_of(request), await agent_of(request)
    house = house_of(request)
    await verifying.settle(house, who, id_of(request), house.clock.now())
    refused = await cases.close(house, who, id_of(request), house.clock.now())
    return _no_case(request, who, refused) if refused else go("/")


async def after(request: Request, who: AtDesk, refused: Refusal | None, done: str) -> Response:
    """Back to the case; a refusal stands on it. Who has to prove himself again comes back here afterwards."""
    if refused is None:
        return go(f"/cases/{id_of(request)}", done=done)
    if refused.code is Code.STEP_UP:
        return go(f"/step-up?case={id_of(request)}")
    return await case_page(request, who, refused)


# who is calling


async def ask(request: Request) -> Response:
    fields, who = await form_of(request), await agent_of(request)
    house, one = house_of(request), fields.get("one", "")
    done = await verifying.begin(house, who, id_of(request), one, house.clock.now())
    return await after(request, who, done if isinstance(done, Refusal) else None, "")


async def answer(request: Request) -> Response:
    """The card's answer, read out by the caller."""
    fields, who = await form_of(request), await agent_of(request)
    house, typed = house_of(request), typed_of(fields)
    if not typed:
        return go(f"/cases/{id_of(request)}")
    refused = await verifying.answer(house, who, id_of(request), fields.get("proof", ""), typed, house.clock.now())
    return await after(request, who, refused, "")


async def withdraw(request: Request) -> Response:
    fields, who = await form_of(request), await agent_of(request)
    house = house_of(request)
    refused = await verifying.withdraw(house, who, id_of(request), fields.get("proof", ""), house.clock.now())
    return await after(request, who, refused, "")


async def called_back(request: Request) -> Response:
    fields, who = await form_of(request), await agent_of(request)
    house, answered = house_of(request), fields.get("answered") == "yes"
    refused = await verifying.called_back(house, who, id_of(request), answered, house.clock.now())
    return await after(request, who, refused, "")


async def settle(request: Request) -> Response:
    """What became of the question is taken into the case."""
    _, who = await form_of(request), await agent_of(request)
    house = house_of(request)
    refused = await verifying.settle(house, who, id_of(request), house.clock.now())
    return await after(request, who, refused, "")


async def wait(request: Request) -> Response | EventStream:
    """Until the question is answered. Anything but "still waiting" has the page take it in."""
    who, house, case = await agent_of(request), house_of(request), id_of(request)
    proof, moment = request.query_params.get("proof", ""), house.signals.moment()
    found = await verifying.waiting(house, who, case, proof, house.clock.now())
    if found is None:
        return state_response(state("", "look"))

    async def tell() -> str:
        is_pending = await verifying.prompt(house, found, house.clock.now()) is not None
        return state(found.id, "wait" if is_pending else "collect")

    known = await tell()
    if asks_for_state(request):
        return state_response(known)
    listening = house.signals.listen(f"challenge:{found.challenge}", since=moment)
    return EventStream(lambda: looks(listening, STREAM_SECONDS, known, tell))
