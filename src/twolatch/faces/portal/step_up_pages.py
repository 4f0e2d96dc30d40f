"""Proving again that it is you, before something sensitive."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from twolatch.faces import cookies
from twolatch.faces.portal.login_pages import STREAM_SECONDS, scan_of, way_shown
from twolatch.faces.portal.places import Place, StepUp
from twolatch.faces.portal.showing import asks_for_state, go, show, state, state_response, told
from twolatch.faces.prompts import shown, typed_of
from twolatch.faces.stream import EventStream, looks, one_look
from twolatch.faces.web import form_of, give, house_of, must_bear, visit_of
from twolatch.login import choosing, rungs, step_up
from twolatch.login.model import StartOver, Waits
from twolatch.login.step_up import Proved
from twolatch.sessions.model import Bearer
from twolatch.words.refusals import Refusal
from twolatch.words.secret import Secret


async def page(request: Request) -> Response:
    who = await must_bear(request)
    wish = StepUp.read(request.query_params)
    house = house_of(request)
    if not wish.ask:
        return await _ask(request, who, wish, None)
    view = await step_up.look(house, who, wish.ask, house.clock.now())
    if isinstance(view, StartOver):
        return await _ask(request, who, StepUp(wish.to, wish.id), Refusal(view.refusal))
    return _waiting(request, wish, view, None)


def _waiting(request: Request, wish: StepUp, view: Waits | Proved, refusal: Refusal | None) -> Response:
    waits = view if isinstance(view, Waits) else None
    return _show(
        request,
        wish,
        refusal,
        way="phone",
        ways=[],
        prompt=waits and shown(waits.prompt),
        number=shown(waits.number) if waits and waits.number else None,
        scan=scan_of(request, waits),
        tries_left=refusal and refusal.tries_left,
    )


async def _ask(request: Request, who: Bearer, wish: StepUp, refusal: Refusal | None) -> Response:
    """Before anything was asked: the password of a client without a phone, else a button that asks the phone."""
    wanted = await step_up.how(house_of(request), who)
    way = shown(wanted)["shape"] if wanted else "begin"
    house = house_of(request)
    ways = [way_shown(house, each) for each in await choosing.ways_again(house, who, visit_of(request))]
    return _show(request, wish, refusal, way=way, ways=ways, prompt=None, number=None, scan=None, tries_left=None)


def _show(request: Request, wish: StepUp, refusal: Refusal | None, **context: Any) -> Response:
    return show(
        request,
        "step_up",
        Place.STEP_UP,
        refusal=refusal,
        refused=told(refusal),
        marks=wish.marks,
        reason=wish.to.value,
        here=wish.path,
        begin=StepUp(wish.to, wish.id).path,
        ask=wish.ask,
        **context,
    )


async def begin(request: Request) -> Response:
    fields = await form_of(request)
    who = await must_bear(request)
    wish, house = StepUp.read(fields), house_of(request)
    if fields.get("way") == "password":
        password = Secret(fields.get("password", ""))
        return await _proved(
            request, who, wish, await step_up.prove_password(house, who, visit_of(request), password)
        )
    answer = await step_up.begin(house, who, visit_of(request), fields.get("one", ""))
    if isinstance(answer, Refusal):
        return await _ask(request, who, wish, answer)
    return go(StepUp(wish.to, wish.id, answer.challenge).path)


async def number(request: Request) -> Response:
    """A number for a phone without network, beside the question that waits."""
    fields = await form_of(request)
    who = await must_bear(request)
    wish, house = StepUp.read(fields), house_of(request)
    now = house.clock.now()
    answer = await rungs.ask_number_step_up(house, who, wish.ask, now)
    view = await step_up.look(house, who, wish.ask, now)
    if isinstance(answer, Refusal) and isinstance(view, Waits):
        return _waiting(request, wish, view, answer)
    return go(wish.path)


async def answer(request: Request) -> Response:
    """A code typed here instead of an approval on the phone."""
    fields = await form_of(request)
    who = await must_bear(request)
    wish, house = StepUp.read(fields), house_of(request)
    now = house.clock.now()
    if not (typed := typed_of(fields)):
        return go(wish.path)
    done = await rungs.answer_step_up(house, who, wish.ask, typed, now)
    view = await step_up.look(house, who, wish.ask, now)
    if isinstance(view, Waits):
        return _waiting(request, wish, view, done if isinstance(done, Refusal) else None)
    found = await step_up.collect(house, who, wish.ask, now) if isinstance(view, Proved) else view
    return await _collected(request, who, wish, found)


async def collect(request: Request) -> Response:
    fields = await form_of(request)
    who = await must_bear(request)
    wish, house = StepUp.read(fields), house_of(request)
    now = house.clock.now()
    if isinstance(await step_up.look(house, who, wish.ask, now), Waits):
        return go(wish.path)
    return await _collected(request, who, wish, await step_up.collect(house, who, wish.ask, now))


async def _collected(request: Request, who: Bearer, wish: StepUp, found: Proved | StartOver) -> Response:
    answer = found if isinstance(found, Proved) else Refusal(found.refusal)
    return await _proved(request, who, StepUp(wish.to, wish.id), answer)


async def _proved(request: Request, who: Bearer, wish: StepUp, answer: Proved | Refusal) -> Response:
    if isinstance(answer, Refusal):
        return await _ask(request, who, wish, answer)
    onward = go(wish.onward)
    give(request, onward, cookies.SESSION, answer.token)
    return onward


async def wait(request: Request) -> Response | EventStream:
    who = await must_bear(request)
    wish, house = StepUp.read(request.query_params), house_of(request)
    moment = house.signals.moment()

    async def tell() -> str:
        view = await step_up.look(house, who, wish.ask, house.clock.now())
        if isinstance(view, Waits):
            return state(wish.ask, "wait")
        return state("", "collect" if isinstance(view, Proved) else "look")

    known = await tell()
    if asks_for_state(request):
        return state_response(known)
    if not wish.ask:
        return one_look(known)
    listening = house.signals.listen(f"challenge:{wish.ask}", since=moment)
    return EventStream(lambda: looks(listening, STREAM_SECONDS, known, tell))
