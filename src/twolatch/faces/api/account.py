"""The app's own sign-in, what its home shows, and what a phone does with itself (docs/protocol.md, section 4)."""

from typing import Literal, cast

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from twolatch.authenticators import diary, flows, leaving
from twolatch.authenticators.model import Authenticator
from twolatch.faces import agents
from twolatch.faces.api.bodies import decode, or_stop, reply, signed
from twolatch.faces.api.signed import holder_of, phone_of, token_of
from twolatch.faces.web import Endpoint, address_of, house_of, stop, texts_of
from twolatch.login import on_the_phone
from twolatch.protocol.account import (
    AppSession,
    Diary,
    DiaryEntry,
    Label,
    Left,
    Overview,
    OwnAuthenticator,
    OwnSession,
    SignIn,
)
from twolatch.protocol.codes import is_id
from twolatch.sessions import flows as sessions
from twolatch.sessions.model import Session
from twolatch.words.refusals import Code
from twolatch.words.secret import Secret
from twolatch.words.visit import Visit

NUMBER_LONGEST = 15  # digits of an entry's number: below 2**53


def _language(request: Request) -> str:
    return texts_of(request).choose(request.headers.get("accept-language", ""))


def _visit(request: Request) -> Visit:
    """Who knocks, without a look at cookies: on this host none means anything."""
    agent = agents.name_of(request.headers.get("user-agent", ""))
    return Visit(b"", b"", address_of(request), agent, _language(request), house_of(request).clock.now())


# the app's own sign-in


async def post_sign_in(request: Request) -> Response:
    one, body = await phone_of(request)
    asked = decode(SignIn, request, body)
    house, password = house_of(request), Secret(asked.password)
    return reply(
        request, signed(or_stop(await on_the_phone.begin(house, _visit(request), one, asked.name, password)))
    )


async def post_session(request: Request) -> Response:
    one, _ = await phone_of(request)
    house, visit = house_of(request), _visit(request)
    done = or_stop(await on_the_phone.collect(house, visit, one))
    return reply(request, AppSession(done.token, visit.now + house.settings.session_hours * 3_600_000))


async def delete_session(request: Request) -> Response:
    """Logs out of the app. A session that ended before is no fault."""
    one, _ = await phone_of(request, also_silenced=True)
    house = house_of(request)
    now = house.clock.now()
    if who := await sessions.signed_in(house, token_of(request), now, one.id):
        await sessions.end(house, who, who.session, now)
    return reply(request, {})


# home


async def get_overview(request: Request) -> Response:
    one, who = await holder_of(request)
    house = house_of(request)
    held = await flows.mine(house, who.user)
    listed = await sessions.mine(house, who, house.clock.now())
    return reply(
        request,
        Overview(
            who.user.name,
            who.user.display,
            who.user.must_change,
            [_authenticator(each, one) for each in held],
            [_session(each) for each in listed],
        ),
    )


def _authenticator(each: Authenticator, one: Authenticator) -> OwnAuthenticator:
    state = cast(Literal["active", "locked", "suspended"], each.state.value)
    return OwnAuthenticator(each.id, each.kind, each.name, state, each.created_at, each.used_at, each.id == one.id)


def _session(each: Session) -> OwnSession:
    place: Literal["app", "browser"] = "app" if each.bound_to else "browser"
    when = each.created_at, each.seen_at
    return OwnSession(each.id, place, each.agent, each.address, each.proved, *when, each.is_this)


async def delete_other_session(request: Request) -> Response:
    """Ends one of the client's own sessions, here or in a browser; a foreign id reads as a missing one."""
    _, who = await holder_of(request)
    house, wanted = house_of(request), request.path_params["id"]
    if not is_id(wanted) or not await sessions.end(house, who, wanted, house.clock.now()):
        stop(Code.NOT_FOUND)
    return reply(request, {})


async def get_diary(request: Request) -> Response:
    """The newest entries, or those before a number."""
    _, who = await holder_of(request)
    before: str = request.path_params.get("before", "")
    if before and not (before.isascii() and before.isdigit() and len(before) <= NUMBER_LONGEST):
        stop(Code.NOT_FOUND)
    page = await diary.read(house_of(request), who, int(before) if before else None)
    return reply(request, Diary([_entry(request, each) for each in page.entries], page.is_more))


def _entry(request: Request, each: diary.Entry) -> DiaryEntry:
    """The sentence comes in the language of the request."""
    text = texts_of(request).say(_language(request), f"diary.{each.event.value.replace(':', '.')}")
    return DiaryEntry(each.number, each.at, each.event.value, text, each.phone, each.agent, each.address)


# the phone itself


async def get_device(request: Request) -> Response:
    one, _ = await phone_of(request)
    return reply(request, Label(one.name))


async def put_device(request: Request) -> Response:
    one, body = await phone_of(request)
    wanted, house = decode(Label, request, body), house_of(request)
    return reply(request, Label(or_stop(await leaving.call_itself(house, one, wanted.name, house.clock.now()))))


async def post_leave(request: Request) -> Response:
    one, _ = await phone_of(request)
    house = house_of(request)
    return reply(request, signed(or_stop(await leaving.ask_leave(house, one, house.clock.now()))))


async def delete_device(request: Request) -> Response:
    one, _ = await phone_of(request, also_silenced=True)
    house = house_of(request)
    state = or_stop(await leaving.leave(house, one, house.clock.now()))
    return reply(request, Left(cast(Literal["removed", "suspended"], state.value)))


def routes(base: str) -> list[Route]:
    return [
        Route(f"{base}/sign-in", Endpoint(post_sign_in), methods=["POST"]),
        Route(f"{base}/session", Endpoint(post_session), methods=["POST"]),
        Route(f"{base}/session", Endpoint(delete_session), methods=["DELETE"]),
        Route(f"{base}/overview", Endpoint(get_overview), methods=["GET"]),
        Route(f"{base}/sessions/{{id}}", Endpoint(delete_other_session), methods=["DELETE"]),
        Route(f"{base}/diary", Endpoint(get_diary), methods=["GET"]),
        Route(f"{base}/diary/{{before}}", Endpoint(get_diary), methods=["GET"]),
        Route(f"{base}/device", Endpoint(get_device), methods=["GET"]),
        Route(f"{base}/device", Endpoint(put_device), methods=["PUT"]),
        Route(f"{base}/device", Endpoint(delete_device), methods=["DELETE"]),
        Route(f"{base}/device/leave", Endpoint(post_leave), methods=["POST"]),
    ]
