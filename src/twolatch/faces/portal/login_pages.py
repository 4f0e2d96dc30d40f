"""The two latches: name and password, then the phone; and the way out."""

from dataclasses import replace
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from twolatch.activation import flows as activation
from twolatch.applications import flows as applications
from twolatch.faces import cookies
from twolatch.faces.portal.places import Place, path_of
from twolatch.faces.portal.rendering import qr_picture
from twolatch.faces.portal.showing import (
    asks,
    asks_for_state,
    go,
    over,
    show,
    state,
    state_response,
    to_login,
    told,
    visit_before_login,
)
from twolatch.faces.prompts import how_of, icon_of, shown, typed_of
from twolatch.faces.stream import EventStream, looks, one_look
from twolatch.faces.web import cookies_of, drop, form_of, give, house_of, who_is, who_reads
from twolatch.house import House
from twolatch.kinds.shelf import take
from twolatch.login import alone, choosing, flows, rungs
from twolatch.login.choosing import Way
from twolatch.login.model import Collected, MailSent, Ready, StartOver, StillWaiting, View, Waits
from twolatch.protocol.codes import is_id
from twolatch.protocol.octets import unb64u
from twolatch.protocol.scan import made_now
from twolatch.sessions import flows as sessions
from twolatch.sessions.flows import signed_in
from twolatch.words.refusals import Code, Refusal
from twolatch.words.secret import Secret
from twolatch.words.shapes import ApproveOnPhone, facts_of
from twolatch.words.visit import Visit

STREAM_SECONDS = 600.0
# After a right password, and typing another one would not help.
_SHUT = {
    Code.LOGIN_OFF, Code.LOGIN_PHONE_LOCKED, Code.LOGIN_PHONE_REPORTED, Code.LOGIN_ANOTHER, Code.LOGIN_RUN_OUT,
    Code.LOGIN_ELSEWHERE,
    Code.READING_OVER, Code.READING_NO_MAIL, Code.DESK_NO_ROLE, Code.DESK_PASSWORD, Code.DESK_WEAK,
}  # fmt: skip


async def page(request: Request) -> Response:
    if await who_is(request):
        return go("/")
    if await who_reads(request):
        return go("/closed")
    if cookies.SESSION in cookies_of(request):
        return to_login(request)
    return show(request, "login", Place.LOGIN, refused=None, name="", ended=asks(request, "ended"))


async def begin(request: Request) -> Response:
    fields = await form_of(request)
    name, password = fields.get("name", ""), Secret(fields.get("password", ""))
    answer = await flows.begin(house_of(request), visit_before_login(request), name, password)
    if isinstance(answer, Refusal):
        if answer.code in _SHUT:
            return over(request, answer)
        return show(
            request, "login", Place.LOGIN, refusal=answer, refused=told(answer), name=name[:254], ended=False
        )
    return await collected(request) if answer.is_ready else go("/login/second")


async def invite(request: Request) -> Response:
    """What the page's script asks the browser's keys, the same for everybody. Made when it is asked for: it ages."""
    options = alone.invite(house_of(request), visit_before_login(request))
    return Response(options, media_type="application/json")


async def by_key(request: Request) -> Response:
    """A passkey alone, for who wished it so."""
    fields = await form_of(request)
    answer = await alone.begin(house_of(request), visit_before_login(request), fields.get("answer", ""))
    if isinstance(answer, Refusal):
        return show(request, "login", Place.LOGIN, refusal=answer, refused=told(answer), name="", ended=False)
    return await collected(request)


async def second(request: Request) -> Response:
    visit = visit_before_login(request)
    return await _standing_at(request, visit, await flows.look(house_of(request), visit), None)


async def _standing_at(request: Request, visit: Visit, view: View, refusal: Refusal | None) -> Response:
    if isinstance(view, StartOver):
        return over(request, Refusal(view.refusal))
    if isinstance(view, MailSent):
        return show(request, "reading_link", Place.SECOND, refused=None, stage="sent", token="")
    return await _second(request, visit, view, refusal)


def scan_of(request: Request, waits: Waits | None) -> dict[str, str] | None:
    """The code to scan: drawn by the page's script from its key; where `?scan` asks, a picture of this moment."""
    if waits is None or not isinstance(waits.prompt, ApproveOnPhone) or not waits.prompt.page_key:
        return None
    house, key = house_of(request), unb64u(waits.prompt.page_key, 16)
    base = house.settings.phone_url
    wants_picture = asks(request, "scan")
    picture = qr_picture(made_now(key, waits.challenge, house.clock.now()).url(base)) if wants_picture else ""
    return {"base": base, "challenge": waits.challenge, "picture": picture}


async def _second(request: Request, visit: Visit, view: Waits | Ready, refusal: Refusal | None) -> Response:
    waits = view if isinstance(view, Waits) else None
    ways = await choosing.ways(house_of(request), visit, waits) if waits else []
    return show(
        request,
        "second",
        Place.SECOND,
        refusal=refusal,
        refused=told(refusal),
        prompt=waits and shown(waits.prompt),
        number=shown(waits.number) if waits and waits.number else None,
        scan=scan_of(request, waits),
        state=waits and waits.challenge,
        tries_left=refusal and refusal.tries_left,
        ways=[way_shown(house_of(request), way) for way in ways],
    )


def way_shown(house: House, way: Way) -> dict[str, Any]:
    kind = take(house.kinds, way.kind)
    return {**facts_of(way), "icon": icon_of(kind), "how": how_of(kind)}


async def wait(request: Request) -> Response | EventStream:
    house, visit = house_of(request), visit_before_login(request)
    moment = house.signals.moment()
    view = await flows.glance(house, visit)
    if asks_for_state(request):
        return state_response(_standing(view))
    if not isinstance(view, StillWaiting):
        return one_look(_standing(view))  # no stream is held open for strangers

    async def tell() -> str:
        return _standing(await flows.glance(house, replace(visit, now=house.clock.now())))

    listening = house.signals.listen(f"challenge:{view.challenge}", since=moment)
    return EventStream(lambda: looks(listening, STREAM_SECONDS, _standing(view), tell))


def _standing(view: StillWaiting | MailSent | Ready | StartOver) -> str:
    if isinstance(view, StillWaiting):
        return state(view.challenge, "wait")
    return state("", "collect" if isinstance(view, Ready) else "look")


async def collect(request: Request) -> Response:
    await form_of(request)
    return await collected(request)


async def number(request: Request) -> Response:
    """A number for a phone without network, beside the question that waits."""
    await form_of(request)
    house, visit = house_of(request), visit_before_login(request)
    answer = await rungs.ask_number(house, visit)
    if not isinstance(answer, Refusal):
        return go("/login/second")
    return await _standing_at(request, visit, await flows.look(house, visit), answer)


async def switch(request: Request) -> Response:
    """Another way: the question goes to another authenticator, the attempt stays."""
    one = (await form_of(request)).get("one", "")
    return await _anew(request, one) if is_id(one) else go("/login/second")


async def answer(request: Request) -> Response:
    """A code typed here instead of an approval on the phone."""
    fields = await form_of(request)
    house, visit = house_of(request), visit_before_login(request)
    if not (typed := typed_of(fields)):
        return go("/login/second")
    done = await rungs.answer(house, visit, typed)
    if not isinstance(done, Refusal):
        return await collected(request)
    view = await flows.look(house, visit)
    if isinstance(view, Ready):
        return await collected(request)  # the phone was faster
    return await _standing_at(request, visit, view, done)


async def collected(request: Request) -> Response:
    house, visit = house_of(request), visit_before_login(request)
    answer = await flows.collect(house, visit)
    if isinstance(answer, StillWaiting):
        return go("/login/second")
    if isinstance(answer, StartOver):
        return over(request, Refusal(answer.refusal))
    return await _let_in(request, answer)


async def _let_in(request: Request, done: Collected) -> Response:
    """The cookies of the new session. The pre-session goes: the next login begins with another (no fixation)."""
    answer = go("/password" if done.must_change else await onward(request))
    give(request, answer, cookies.SESSION, done.token)
    if cookies.ONWARD in cookies_of(request):
        drop(request, answer, cookies.ONWARD)
    if done.browser_token:
        give(request, answer, cookies.BROWSER, done.browser_token, seconds=cookies.BROWSER_SECONDS)
    drop(request, answer, cookies.PRE)
    if done.proved == "password" and not done.must_change:
        await _offer_activation(request, done.token)
    return answer


async def onward(request: Request) -> str:
    """Home, or the hand-over for which this login was begun, while it waits."""
    house, one = house_of(request), cookies_of(request).get(cookies.ONWARD, "")
    wish = await applications.look(house, one, house.clock.now()) if is_id(one) else None
    return path_of(Place.HAND_OVER, {"id": wish.id}) if wish else "/"


async def _offer_activation(request: Request, token: str) -> None:
    """Who came in with the password alone finds a fresh code on the first page, unless he said "not now"."""
    house = house_of(request)
    now = house.clock.now()
    if (who := await signed_in(house, token, now)) and not who.user.banner_hidden:
        await activation.begin(house, who, now)


async def again(request: Request) -> Response:
    await form_of(request)
    return await _anew(request, "")


async def _anew(request: Request, instead: str) -> Response:
    house, visit = house_of(request), visit_before_login(request)
    answer = await flows.again(house, visit, instead)
    if not isinstance(answer, Refusal):
        return await collected(request) if answer.is_ready else go("/login/second")
    return await _standing_at(request, visit, await flows.look(house, visit), answer)


async def cancel(request: Request) -> Response:
    await form_of(request)
    await flows.cancel(house_of(request), visit_before_login(request))
    return go("/login")


async def logout(request: Request) -> Response:
    await form_of(request)
    house = house_of(request)
    if who := await who_is(request):
        await activation.leave(house, who, house.clock.now())
    elif reader := await who_reads(request):
        await sessions.end(house, reader, reader.session, house.clock.now())
    answer = go("/logged-out")
    drop(request, answer, cookies.SESSION)
    return answer


async def logged_out(request: Request) -> Response:
    return show(request, "logged_out", Place.LOGGED_OUT)
