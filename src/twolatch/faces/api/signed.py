"""Signed requests: which phone speaks, fresh enough to be no recording (docs/protocol.md, "Signed requests")."""

from starlette.requests import Request

from twolatch.authenticators import flows
from twolatch.authenticators.model import MAY_NOT_ANSWER, Authenticator, State
from twolatch.faces.api.nonces import is_fresh
from twolatch.faces.web import Stop, body_of, house_of, stop
from twolatch.protocol.octets import Malformed, unb64u
from twolatch.protocol.requests import DEVICE_HEADER, NONCE_HEADER, SESSION_HEADER, SIGNATURE_HEADER, request_text
from twolatch.sessions.flows import signed_in
from twolatch.sessions.model import SignedIn
from twolatch.words.refusals import Code, Refusal

BODY_LONGEST = 8 * 1024
TOKEN_LONGEST = 128


async def phone_of(
    request: Request, *, also_silenced: bool = False, also_reported: bool = False
) -> tuple[Authenticator, bytes]:
    """The phone that signed this request, and its body. `also_silenced` lets one in that may not answer any more,
    `also_reported` one that may come back."""
    house = house_of(request)
    now = house.clock.now()
    body = await body_of(request, BODY_LONGEST)
    given = request.headers
    device, stamp = given.get(DEVICE_HEADER, ""), given.get(NONCE_HEADER, "")
    if not is_fresh(house, stamp, now):
        stop(Code.NONCE)
    try:
        signature = unb64u(given.get(SIGNATURE_HEADER, ""), 64)
        text = request_text(
            house.settings.phone_host, device, request.method, request.scope["raw_path"].decode(), stamp, body
        )
    except (Malformed, ValueError):
        stop(Code.PHONE_UNKNOWN)
    one = await flows.speaking(house, device, text, signature, now)
    if isinstance(one, Refusal):
        raise Stop(one)
    code = MAY_NOT_ANSWER.get(one.state)
    is_let_in = also_silenced or one.state is State.CLAIMED or (also_reported and one.state is State.REPORTED)
    if code and not is_let_in:
        stop(code)
    return one, body


def token_of(request: Request) -> str:
    """The app session's token; a word of another shape is none."""
    given = request.headers.get(SESSION_HEADER, "")
    return given if len(given) <= TOKEN_LONGEST else ""


async def holder_of(request: Request) -> tuple[Authenticator, SignedIn]:
    """The phone that signed, and who is signed in to its app. A token opens nothing without its own device's key.

    Raises Stop(session.ended).
    """
    one, _ = await phone_of(request)
    house = house_of(request)
    who = await signed_in(house, token_of(request), house.clock.now(), one.id)
    return one, who or stop(Code.SESSION_ENDED)
