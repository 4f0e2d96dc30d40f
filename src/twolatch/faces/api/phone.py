"""What a phone may ask. Each handler reads, calls one flow, and writes what came back."""

import asyncio
from collections.abc import AsyncGenerator
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp

from twolatch.activation import flows as activation
from twolatch.activation.claim import claim
from twolatch.authenticators import flows, gate, waking
from twolatch.authenticators.model import Challenge, State
from twolatch.authenticators.scanning import scan
from twolatch.faces.api import account, openapi, transfer
from twolatch.faces.api.bodies import decode, fresh, or_stop, read, reply, signed
from twolatch.faces.api.nonces import is_fresh
from twolatch.faces.api.signed import phone_of
from twolatch.faces.stream import BEAT_SECONDS, EventStream, event
from twolatch.faces.web import Endpoint, address_of, house_of, stop
from twolatch.house.keys import VAPID
from twolatch.kinds.phone import said, shown_bytes
from twolatch.protocol.messages import (
    Answer,
    AnswerResult,
    Claim,
    CurrentActivation,
    Ended,
    PushState,
    PushSubscription,
    Scan,
    Scanned,
    Site,
    StreamRequest,
    Waiting,
)
from twolatch.protocol.octets import Malformed, b64u, unb64u
from twolatch.protocol.requests import stream_text
from twolatch.words.refusals import Code

BASE = "/api/phone/v1"
STREAM_SECONDS = 600.0


async def get_site(request: Request) -> Response:
    house = house_of(request)
    own = house.settings
    push_key = b64u(house.keys.public(VAPID)) if house.push else ""
    site = Site(
        version=1,
        name=own.site_name,
        host=own.phone_host,
        portal=own.portal_url,
        push_key=push_key,
        pin_min=4,
        pin_max=6,
        iterations=own.pin_iterations,
        typed_needs_name=own.is_strict,
        languages=list(own.languages),
        color=own.brand_color,
        logo="/brand/logo" if own.brand_logo else "",
        code_minutes=own.activation_minutes,
        support=own.support,
        stores=own.stores,
    )
    return reply(request, site)


async def get_nonce(request: Request) -> Response:
    return fresh(request)


async def post_claim(request: Request) -> Response:
    house = house_of(request)
    asked = await read(Claim, request)
    return reply(request, or_stop(await claim(house, asked, address_of(request), house.clock.now())))


async def get_current(request: Request) -> Response:
    house = house_of(request)
    one, _ = await phone_of(request, also_silenced=True)
    return reply(request, CurrentActivation(await activation.current(house, one, house.clock.now())))


async def get_challenges(request: Request) -> Response:
    house = house_of(request)
    one, _ = await phone_of(request, also_reported=True)
    now = house.clock.now()
    found = await flows.waiting(house, one, now)
    if one.state is State.REPORTED and not found.pending:
        stop(Code.PHONE_REPORTED)
    ended = [Ended(each.id, _end_state(each, now), each.ended_at or each.expires_at) for each in found.ended]
    return reply(request, Waiting([signed(each) for each in found.pending], ended))


def _end_state(challenge: Challenge, now: int) -> Any:
    state = challenge.stage_at(now).value
    return {"consumed": "approved", "cancelled": "superseded"}.get(state, state)


async def post_tests(request: Request) -> Response:
    house = house_of(request)
    one, _ = await phone_of(request)
    return reply(request, signed(or_stop(await flows.test(house, one, house.clock.now()))))


async def post_scans(request: Request) -> Response:
    house = house_of(request)
    one, body = await phone_of(request)
    asked = decode(Scan, request, body)
    challenge, word = or_stop(await scan(house, one, asked.challenge, asked, house.clock.now()))
    return reply(request, Scanned(*shown_bytes(challenge.memory), word))


async def post_answers(request: Request) -> Response:
    house = house_of(request)
    answer = await read(Answer, request)
    done = or_stop(await gate.prove(house, said(answer), house.clock.now()))
    return reply(request, AnswerResult(done.challenge, done.stage.value, done.moving["epoch"]))  # type: ignore[arg-type]


async def get_push(request: Request) -> Response:
    one, _ = await phone_of(request)
    return reply(request, PushState("on" if waking.wakes(house_of(request), one) else "off"))


async def put_push(request: Request) -> Response:
    house = house_of(request)
    one, body = await phone_of(request)
    where = decode(PushSubscription, request, body)
    if not await waking.wake_at(house, one, where.endpoint, where.p256dh, where.auth):
        stop(Code.MALFORMED)
    return reply(request, {})


async def delete_push(request: Request) -> Response:
    one, _ = await phone_of(request)
    await waking.wake_no_more(house_of(request), one)
    return reply(request, {})


async def post_push_test(request: Request) -> Response:
    house = house_of(request)
    one, _ = await phone_of(request)
    or_stop(await waking.wake_for_trial(house, one, house.clock.now()))
    return reply(request, {})


async def post_stream(request: Request) -> ASGIApp:
    """One stream for all users of an app."""
    house = house_of(request)
    asked = await read(StreamRequest, request)
    now = house.clock.now()
    if not is_fresh(house, asked.nonce, now):
        stop(Code.NONCE)
    for each in asked.devices:
        try:
            signature = unb64u(each.signature, 64)
        except Malformed:
            stop(Code.PHONE_UNKNOWN)
        text = stream_text(house.settings.phone_host, each.device, asked.nonce)
        or_stop(await flows.speaking(house, each.device, text, signature, now))
    devices = [each.device for each in asked.devices]
    return EventStream(lambda: _looks(request, devices))


async def _looks(request: Request, devices: list[str]) -> AsyncGenerator[bytes | None, None]:
    house = house_of(request)
    loop = asyncio.get_running_loop()
    end = loop.time() + STREAM_SECONDS
    data = [msgspec.json.encode({"device": device}).decode() for device in devices]
    with house.signals.listen(*(f"phone:{device}" for device in devices)) as listening:
        while (left := end - loop.time()) > 0 and not listening.is_dismissed:
            is_told = await listening.heard(min(BEAT_SECONDS, left))
            if listening.is_dismissed:
                return
            if is_told:
                for each in data:
                    yield event("look", each)
            else:
                yield None


def routes() -> list[Route]:
    return [
        Route(f"{BASE}/site", Endpoint(get_site), methods=["GET"]),
        Route(f"{BASE}/nonce", Endpoint(get_nonce), methods=["GET"]),
        Route(f"{BASE}/activations/claim", Endpoint(post_claim), methods=["POST"]),
        Route(f"{BASE}/activations/current", Endpoint(get_current), methods=["GET"]),
        Route(f"{BASE}/challenges", Endpoint(get_challenges), methods=["GET"]),
        Route(f"{BASE}/tests", Endpoint(post_tests), methods=["POST"]),
        Route(f"{BASE}/scans", Endpoint(post_scans), methods=["POST"]),
        Route(f"{BASE}/answers", Endpoint(post_answers), methods=["POST"]),
        Route(f"{BASE}/push", Endpoint(get_push), methods=["GET"]),
        Route(f"{BASE}/push", Endpoint(put_push), methods=["PUT"]),
        Route(f"{BASE}/push", Endpoint(delete_push), methods=["DELETE"]),
        Route(f"{BASE}/push/test", Endpoint(post_push_test), methods=["POST"]),
        Route(f"{BASE}/stream", Endpoint(post_stream), methods=["POST"]),
        *account.routes(BASE),
        *transfer.routes(BASE),
        Route(f"{BASE}/openapi.json", openapi.get_description, methods=["GET"]),
    ]
