"""Refusals as `application/problem+json` (RFC 9457)."""

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from twolatch.faces.api.nonces import nonce
from twolatch.faces.request_ids import URN
from twolatch.faces.web import house_of, language_of, texts_of
from twolatch.protocol.messages import Problem
from twolatch.protocol.requests import NONCE_HEADER
from twolatch.words.refusals import Code, Refusal


def problem(request: Request, refusal: Refusal) -> Response:
    """The sentences come in the language of the request; `retry_after` (s) is repeated in the header."""
    say, language, code = texts_of(request).say, language_of(request), refusal.code.code
    body = Problem(
        type=f"urn:twolatch:{code}",
        instance=f"{URN}{request.scope['request_id']}",
        code=code,
        status=refusal.code.status,
        title=say(language, f"refusal.{code}.title"),
        detail=say(language, f"refusal.{code}.detail"),
        next=say(language, f"refusal.{code}.next"),
        retry_after=refusal.retry_after,
        tries_left=refusal.tries_left,
    )
    headers = {"content-language": language, "cache-control": "no-store"}
    if refusal.retry_after is not None:
        headers["retry-after"] = str(refusal.retry_after)
    if refusal.code is Code.NONCE:
        house = house_of(request)
        headers[NONCE_HEADER] = nonce(house, house.clock.now())  # sign again with this one
    return Response(
        msgspec.json.encode(body), refusal.code.status, headers, media_type="application/problem+json"
    )
