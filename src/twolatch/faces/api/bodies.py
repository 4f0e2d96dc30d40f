"""JSON in, JSON out: how a body is read, and how an answer is written."""

import json
from typing import Any, TypeVar

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from twolatch.authenticators.model import Challenge
from twolatch.faces.api.nonces import nonce
from twolatch.faces.api.signed import BODY_LONGEST
from twolatch.faces.web import Stop, body_of, house_of, stop
from twolatch.kinds.phone import shown_bytes
from twolatch.protocol.messages import Nonce, SignedBytes
from twolatch.protocol.requests import NONCE_HEADER
from twolatch.words.refusals import Code, Refusal

T = TypeVar("T")


def reply(request: Request, body: Any, status: int = 200) -> Response:
    """Every answer carries a fresh nonce, so that the next signed request needs no question before it."""
    house = house_of(request)
    return _with(nonce(house, house.clock.now()), body, status)


def fresh(request: Request) -> Response:
    """A nonce, for who has no answer yet to take one from."""
    house = house_of(request)
    told = nonce(house, house.clock.now())
    return _with(told, Nonce(told))


def _with(told: str, body: Any, status: int = 200) -> Response:
    headers = {NONCE_HEADER: told}
    return Response(msgspec.json.encode(body), status, headers, media_type="application/json")


def decode(kind: type[T], request: Request, body: bytes) -> T:
    if request.headers.get("content-type", "").partition(";")[0].strip() != "application/json":
        stop(Code.MALFORMED)
    try:
        decoded = msgspec.json.decode(body, type=kind)
        _EACH_ONCE.decode(body.decode())
    except (msgspec.ValidationError, msgspec.DecodeError, ValueError, RecursionError):
        stop(Code.MALFORMED)
    return decoded


def _each_once(pairs: list[tuple[str, Any]]) -> None:
    """A name given twice is read differently by different programs: refused."""
    if len(dict(pairs)) != len(pairs):
        raise ValueError("a name stands twice")


_EACH_ONCE = json.JSONDecoder(object_pairs_hook=_each_once)


def signed(challenge: Challenge) -> SignedBytes:
    """A question as the phone verifies and shows it."""
    return SignedBytes(*shown_bytes(challenge.memory))


async def read(kind: type[T], request: Request) -> T:
    return decode(kind, request, await body_of(request, BODY_LONGEST))


def or_stop(outcome: T | Refusal) -> T:
    if isinstance(outcome, Refusal):
        raise Stop(outcome)
    return outcome
