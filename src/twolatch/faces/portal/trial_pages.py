""" "Test my phone": one way after another, which of them works, and what to do about the others."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from twolatch.faces.portal.login_pages import STREAM_SECONDS, scan_of
from twolatch.faces.portal.places import Place, Walk
from twolatch.faces.portal.showing import asks_for_state, client_of, go, show, state, state_response, told
from twolatch.faces.prompts import shown
from twolatch.faces.stream import EventStream, looks, one_look
from twolatch.faces.web import form_of, house_of, visit_of
from twolatch.login import trial
from twolatch.login.model import Waits
from twolatch.login.trial import Over, Rung, Subject, Works
from twolatch.sessions.model import SignedIn
from twolatch.words.refusals import Refusal


async def page(request: Request) -> Response:
    return await _page(request, await client_of(request), Walk.read(request.query_params), None)


async def _page(request: Request, who: SignedIn, walk: Walk, refusal: Refusal | None) -> Response:
    house = house_of(request)
    now = house.clock.now()
    subject = await trial.subject(house, who, walk.phone, now)
    if subject is None:
        return _show(request, walk.anew, None, "none", refusal, None)
    if not walk.ask or walk.at not in subject.rungs:
        stage = "end" if walk.is_over else "begin"
        return _show(request, walk if walk.is_over else walk.anew, None, stage, refusal, subject)
    match await trial.look(house, who, walk.ask, now):
        case Waits() as waits:
            return _show(request, walk, waits, "waits", refusal, subject)
        case Works():
            return _show(request, walk, None, "works", None, subject)
        case Over() as why:
            return _show(request, walk, None, "over", None, subject, why=why.value)


def _show(
    request: Request, walk: Walk, waits: Waits | None, stage: str, refusal: Refusal | None, subject: Subject | None,
    *, why: str = "",
) -> Response:  # fmt: skip
    rungs = [rung.value for rung in subject.rungs] if subject else []
    context: dict[str, Any] = {
        "stage": stage,
        "why": why,
        "at": walk.at,
        "ask": walk.ask,
        "here": walk.path,
        "anew": walk.anew.path,
        "phone": subject.name if subject else "",
        "is_woken": bool(subject and subject.is_woken),
        "is_quiet": bool(subject and subject.is_quiet),
        "rungs": [{"name": name, "result": walk.results.get(name, "")} for name in rungs],
        "next": _after(walk.at, rungs),
        "prompt": waits and shown(waits.prompt),
        "number": shown(waits.number) if waits and waits.number else None,
        "scan": scan_of(request, waits) if walk.at == Rung.SCAN else None,
        "tries_left": refusal and refusal.tries_left,
    }
    return show(request, "trial", Place.TRIAL, refusal=refusal, refused=told(refusal), marks=walk.marks, **context)


def _after(at: str, rungs: list[str]) -> str:
    return next(iter(rungs[rungs.index(at) + 1 :]), "end") if at in rungs else ""


async def go_on(request: Request) -> Response:
    """From one way to the next: `to` names it, `works` or `failed` what became of the one behind."""
    fields = await form_of(request)
    who = await client_of(request)
    house, walk = house_of(request), Walk.read(fields)
    if (works := fields.get("works", "")) in set(Rung):
        walk = walk.with_result(works, "ok")
    if (failed := fields.get("failed", "")) in set(Rung):
        await trial.failed(house, who, walk.ask, Rung(failed), house.clock.now())
        walk = walk.with_result(failed, "no")
    to = fields.get("to", "")
    if to not in set(Rung):
        return go(walk.over.path)
    answer = await trial.begin(house, who, walk.phone, Rung(to), visit_of(request))
    if isinstance(answer, Refusal):
        return await _page(request, who, walk.over if walk.results else walk.anew, answer)
    return go(walk.asking(to, answer.challenge).path)


async def answer(request: Request) -> Response:
    """The code of the phone without network."""
    fields = await form_of(request)
    who = await client_of(request)
    house, walk = house_of(request), Walk.read(fields)
    if not fields.get("answer", "").strip():
        return go(walk.path)
    done = await trial.answer(house, who, walk.ask, fields["answer"], house.clock.now())
    return await _page(request, who, walk, done) if isinstance(done, Refusal) else go(walk.path)


async def wait(request: Request) -> Response | EventStream:
    who = await client_of(request)
    walk, house = Walk.read(request.query_params), house_of(request)
    moment = house.signals.moment()

    async def tell() -> str:
        view = await trial.look(house, who, walk.ask, house.clock.now())
        return state(walk.ask, "wait") if isinstance(view, Waits) else state("", "look")

    known = await tell()
    if asks_for_state(request):
        return state_response(known)
    if not walk.ask:
        return one_look(known)
    listening = house.signals.listen(f"challenge:{walk.ask}", since=moment)
    return EventStream(lambda: looks(listening, STREAM_SECONDS, known, tell))
