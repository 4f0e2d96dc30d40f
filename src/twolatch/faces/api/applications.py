"""What applications beside the portal may ask, on the portal's host. A key in the header is all that counts here: no
cookie is looked at, so no page that a client visits can speak in an application's name."""

import re
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from twolatch.accounts import importing
from twolatch.accounts.importing import Outcome
from twolatch.applications import flows as applications
from twolatch.applications.model import HAND_OVER_LIVES, Application, Scope
from twolatch.authorizations import flows as authorizations
from twolatch.faces.api import applications_openapi
from twolatch.faces.api.bodies import decode, or_stop
from twolatch.faces.api.signed import BODY_LONGEST
from twolatch.faces.web import Endpoint, body_of, house_of, stop
from twolatch.protocol.applications import (
    AuthorizationWish,
    DocumentKept,
    Forgotten,
    HandOver,
    HandOverWish,
    TicketExchange,
)
from twolatch.protocol.codes import is_id
from twolatch.words.refusals import Code

BASE = "/api/v1"
KEY_HEADER = "idempotency-key"
_BEARER = re.compile(r"Bearer ([A-Za-z0-9_-]{1,100})", re.IGNORECASE)
_KEY = re.compile(r"[!-~]{8,64}")  # what can be seen of ASCII


async def application_of(request: Request, scope: Scope) -> Application:
    """Whose key the request carries. Raises Stop(application.key), Stop(application.scope)."""
    house, given = house_of(request), request.headers.getlist("authorization")
    found = _BEARER.fullmatch(given[0]) if len(given) == 1 else None
    by = await applications.of_key(house, found[1], house.clock.now()) if found else None
    if by is None:
        stop(Code.API_KEY)
    return by if by.may(scope) else stop(Code.API_SCOPE)


def id_of(request: Request) -> str:
    """The id in the address; what cannot be one is not there."""
    one = str(request.path_params["id"])
    return one if is_id(one) else stop(Code.NOT_FOUND)


def reply(body: Any) -> Response:
    return Response(msgspec.json.encode(body), media_type="application/json")


async def post_hand_overs(request: Request) -> Response:
    house, by = house_of(request), await application_of(request, Scope.SESSIONS)
    wish = decode(HandOverWish, request, await body_of(request, BODY_LONGEST))
    now = house.clock.now()
    asked = or_stop(await applications.ask_hand_over(house, by, wish.return_to, wish.state, now))
    address = f"{house.settings.portal_url}/hand-over/{asked.id}"
    return reply(HandOver(asked.id, address, now + HAND_OVER_LIVES))


async def post_sessions(request: Request) -> Response:
    house, by = house_of(request), await application_of(request, Scope.SESSIONS)
    asked = decode(TicketExchange, request, await body_of(request, BODY_LONGEST))
    now = house.clock.now()
    known = or_stop(await applications.exchange(house, by, asked.ticket, now))
    return reply(or_stop(await authorizations.session(house, by, known.id, now)))


async def get_session(request: Request) -> Response:
    house, by = house_of(request), await application_of(request, Scope.SESSIONS)
    return reply(or_stop(await authorizations.session(house, by, id_of(request), house.clock.now())))


async def delete_session(request: Request) -> Response:
    house, by = house_of(request), await application_of(request, Scope.SESSIONS)
    or_stop(await applications.forget(house, by, id_of(request), house.clock.now()))
    return reply(Forgotten())


async def post_authorizations(request: Request) -> Response:
    house, by = house_of(request), await application_of(request, Scope.AUTHORIZATIONS)
    given = request.headers.getlist(KEY_HEADER)
    if len(given) != 1 or not _KEY.fullmatch(given[0]):
        stop(Code.MALFORMED)
    wish = decode(AuthorizationWish, request, await body_of(request, BODY_LONGEST))
    return reply(or_stop(await authorizations.authorize(house, by, wish, given[0], house.clock.now())))


async def get_authorization(request: Request) -> Response:
    house, by = house_of(request), await application_of(request, Scope.AUTHORIZATIONS)
    return reply(or_stop(await authorizations.result(house, by, id_of(request), house.clock.now())))


async def post_release(request: Request) -> Response:
    house, by = house_of(request), await application_of(request, Scope.AUTHORIZATIONS)
    return reply(or_stop(await authorizations.release(house, by, id_of(request), house.clock.now())))


# What became of a paper that was not taken in, towards the one who hands it in.
_NOT_TAKEN = {
    Outcome.NAME: Code.DOCUMENT_NAME,
    Outcome.ACCOUNT: Code.DOCUMENT_ACCOUNT,
    Outcome.OVER: Code.DOCUMENT_OVER,
    Outcome.NOT_PDF: Code.DOCUMENT_UNFIT,
    Outcome.ACTS: Code.DOCUMENT_UNFIT,
    Outcome.LARGE: Code.TOO_LARGE,
}


async def put_document(request: Request) -> Response:
    """The file's name says whose it is. Sent again it changes nothing, so a broken line is no reason to ask first."""
    house, _ = house_of(request), await application_of(request, Scope.DOCUMENTS)
    if request.headers.get("content-type", "").partition(";")[0].strip() != "application/pdf":
        stop(Code.MALFORMED)
    content = await body_of(request, importing.most_bytes(house))
    done = await importing.take_in(house, str(request.path_params["file"]), content, house.clock.now())
    return stop(_NOT_TAKEN[done]) if done.is_refused else reply(DocumentKept(done is Outcome.TAKEN))


def routes() -> list[Route]:
    return [
        Route(f"{BASE}/hand-overs", Endpoint(post_hand_overs), methods=["POST"]),
        Route(f"{BASE}/sessions", Endpoint(post_sessions), methods=["POST"]),
        Route(f"{BASE}/sessions/{{id}}", Endpoint(get_session), methods=["GET"]),
        Route(f"{BASE}/sessions/{{id}}", Endpoint(delete_session), methods=["DELETE"]),
        Route(f"{BASE}/authorizations", Endpoint(post_authorizations), methods=["POST"]),
        Route(f"{BASE}/authorizations/{{id}}", Endpoint(get_authorization), methods=["GET"]),
        Route(f"{BASE}/authorizations/{{id}}/release", Endpoint(post_release), methods=["POST"]),
        Route(f"{BASE}/documents/{{file}}", Endpoint(put_document), methods=["PUT"]),
        Route(f"{BASE}/openapi.json", applications_openapi.get_description, methods=["GET"]),
    ]
