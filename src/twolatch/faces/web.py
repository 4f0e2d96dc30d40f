"""What every face on the web needs of a request: who knocks, whether a form is ours, and how a refusal gets out."""

from collections.abc import Awaitable, Callable
from typing import NoReturn
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from twolatch.faces import agents, cookies
from twolatch.faces.asked import Asked
from twolatch.house import House
from twolatch.protocol.keys import same
from twolatch.protocol.octets import b64u
from twolatch.sessions.flows import at_desk, bearer, fingerprint, freshly, reading
from twolatch.sessions.model import AtDesk, Bridging, FreshlySignedIn, ReadingOnly, SignedIn
from twolatch.texts.catalogue import Texts
from twolatch.words.refusals import Code, Refusal
from twolatch.words.visit import Door, Visit

FORM_LONGEST = 64 * 1024
FIELDS_MOST = 30


class Stop(Exception):
    """A handler cannot go on; the face shows the refusal. Nothing was written that should not stay."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.code.code)
        self.refusal = refusal


def stop(code: Code) -> NoReturn:
    raise Stop(Refusal(code))


def house_of(request: Request) -> House:
    house: House = request.scope["house"]
    return house


def texts_of(request: Request) -> Texts:
    texts: Texts = request.scope["texts"]
    return texts


def door_of(request: Request) -> Door:
    door: Door = request.scope.get("door", Door.PORTAL)
    return door


def give(request: Request, answer: Response, name: str, value: str, *, seconds: int | None = None) -> None:
    """A cookie of this door."""
    cookies.give(answer, cookies.at(door_of(request), name), value, seconds=seconds)


def drop(request: Request, answer: Response, name: str) -> None:
    give(request, answer, name, "", seconds=0)


def cookies_of(request: Request) -> dict[str, str]:
    """Our cookies, read once for a request. A planted one ends it."""
    if "cookies" not in request.scope:
        try:
            request.scope["cookies"] = cookies.read(request.scope["headers"], door_of(request))
        except cookies.PlantedCookie:
            stop(Code.MALFORMED)
    found: dict[str, str] = request.scope["cookies"]
    return found


def language_of(request: Request) -> str:
    """The wish of the browser's language cookie, else what the browser asks for."""
    try:
        wish = cookies_of(request).get(cookies.LANGUAGE, "")
    except Stop:
        wish = ""
    return texts_of(request).choose(request.headers.get("accept-language", ""), wish)


def address_of(request: Request) -> str:
    """The client's address. Forwarded ones count only for as many hops as are ours (`trusted_proxies`)."""
    client = request.scope["client"]
    peer: str = client[0] if client else ""
    hops = house_of(request).settings.trusted_proxies
    if not hops:
        return peer
    chain = [hop.strip() for hop in request.headers.get("x-forwarded-for", "").split(",") if hop.strip()]
    return chain[-hops][:64] if len(chain) >= hops else peer


def visit_of(request: Request) -> Visit:
    return Visit(
        pre=_mark(request, cookies.PRE),
        browser=_mark(request, cookies.BROWSER),
        address=address_of(request),
        agent=agents.name_of(request.headers.get("user-agent", "")),
        language=language_of(request),
        now=house_of(request).clock.now(),
        door=door_of(request),
    )


def _mark(request: Request, name: str) -> bytes:
    """What we keep of a browser's cookie: another mark at each door, so that a value carried over is a stranger's."""
    value = cookies_of(request).get(name, "")
    return fingerprint(f"desk:{value}" if value and door_of(request) is Door.DESK else value)


# being signed in


async def who_is(request: Request) -> SignedIn | Bridging | None:
    """Nobody, at the desk: who works there is no client there."""
    if door_of(request) is Door.DESK:
        return None
    if "who" not in request.scope:
        house, token = house_of(request), cookies_of(request).get(cookies.SESSION, "")
        request.scope["who"] = await bearer(house, token, house.clock.now())
    who: SignedIn | Bridging | None = request.scope["who"]
    return who


async def must_be_signed_in(request: Request) -> SignedIn:
    """Raises Stop: `session.ended`, which the portal turns into the login page; `session.bridging`, `reading.only`."""
    who = await must_bear(request)
    return who if isinstance(who, SignedIn) else stop(Code.BRIDGING)


async def must_bear(request: Request) -> SignedIn | Bridging:
    """For the few wishes that a bridging session may have as well. Raises Stop(session.ended); who only reads is told
    that."""
    who = await who_is(request)
    if who is None and await who_reads(request):
        stop(Code.READING_ONLY)
    return who or stop(Code.SESSION_ENDED)


async def who_reads(request: Request) -> ReadingOnly | None:
    """Who is in after his last account was closed."""
    if door_of(request) is Door.DESK:
        return None
    if "reads" not in request.scope:
        house, token = house_of(request), cookies_of(request).get(cookies.SESSION, "")
        request.scope["reads"] = await reading(house, token, house.clock.now())
    reads: ReadingOnly | None = request.scope["reads"]
    return reads


async def must_be_fresh(request: Request) -> FreshlySignedIn:
    """Raises Stop(session.step_up_needed); the portal turns it into the page where one proves again."""
    who = await must_be_signed_in(request)
    return freshly(who, house_of(request).clock.now()) or stop(Code.STEP_UP)


async def must_be_at_desk(request: Request) -> AtDesk:
    """Raises Stop(session.ended)."""
    if "who" not in request.scope:
        house, token = house_of(request), cookies_of(request).get(cookies.SESSION, "")
        is_here = door_of(request) is Door.DESK
        request.scope["who"] = await at_desk(house, token, house.clock.now()) if is_here else None
    who: AtDesk | None = request.scope["who"]
    return who if isinstance(who, AtDesk) else stop(Code.SESSION_ENDED)


# forms


def form_token(request: Request, *, pre: str | None = None) -> str:
    """The token a form carries: bound to the session, before a login to the pre-session (`pre`: one given just now)."""
    given = cookies_of(request)
    secret = given.get(cookies.SESSION) or (pre if pre is not None else given.get(cookies.PRE, ""))
    return b64u(house_of(request).keys.mac("form-token", secret)[:18]) if secret else ""


async def form_of(request: Request) -> dict[str, str]:
    """The fields of a form that one of our own pages sent. Raises Stop(request.forged) for any other.

    Three independent checks: where the browser says it comes from, its Origin, and the token. Login forms too, or a
    client could be logged in as somebody else and scan *his* code.
    """
    check_source(request)
    if not request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        stop(Code.MALFORMED)
    body = await body_of(request, FORM_LONGEST)
    try:
        pairs = parse_qsl(body.decode("ascii"), keep_blank_values=True, max_num_fields=FIELDS_MOST)
    except ValueError:
        stop(Code.MALFORMED)
    fields = dict(pairs)
    if len(fields) != len(pairs):
        stop(Code.MALFORMED)
    check_form_token(request, fields.pop("csrf", ""))
    return fields


def check_form_token(request: Request, given: str) -> None:
    wanted = form_token(request)
    if not wanted or not same(given.encode("utf-8", "replace"), wanted.encode()):
        stop(Code.FORGED)


def check_source(request: Request) -> None:
    """`Sec-Fetch-Site` where the browser sends it, Origin where it does; one of them must be there."""
    site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
    settings = house_of(request).settings
    own = settings.desk_url if door_of(request) is Door.DESK else settings.portal_url
    if (site is None and origin is None) or site not in {None, "same-origin"} or origin not in {None, own}:
        stop(Code.FORGED)


async def body_of(request: Request, most: int) -> bytes:
    """At most `most` bytes; raises Stop(request.too_large) before reading more."""
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > most:
            stop(Code.TOO_LARGE)
        parts.append(part)
    return b"".join(parts)


class Endpoint:
    """A handler as an ASGI application, without the wrappers a framework puts around functions."""

    def __init__(self, handler: Callable[[Request], Awaitable[ASGIApp]]) -> None:
        self.handler = handler

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        answer = await self.handler(Asked(scope, receive, send))
        await answer(scope, receive, send)
