"""Moving to a new phone, asked by the old one (docs/protocol.md, section 7)."""

from functools import lru_cache

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from twolatch.activation import transfer
from twolatch.activation.model import AwaitsNumber, Device, Done, Finishing, Offer, Over, View
from twolatch.authenticators.model import Authenticator
from twolatch.faces.api.bodies import decode, or_stop, reply, signed
from twolatch.faces.api.signed import phone_of
from twolatch.faces.qr import matrix
from twolatch.faces.web import Endpoint, Stop, address_of, house_of
from twolatch.protocol.messages import Claimant, Transfer, TransferNumber
from twolatch.protocol.octets import b64u
from twolatch.words.refusals import Refusal


async def post_transfer(request: Request) -> Response:
    """The question; its approval by PIN or unlock allows one code."""
    house = house_of(request)
    one, _ = await phone_of(request)
    asked = or_stop(await transfer.ask(house, one, house.clock.now()))
    return reply(request, signed(asked))


async def put_transfer(request: Request) -> Response:
    house = house_of(request)
    one, _ = await phone_of(request)
    view = or_stop(await transfer.begin(house, one, address_of(request), house.clock.now()))
    return reply(request, shown(view))


async def get_transfer(request: Request) -> Response:
    """Also for the phone that has been replaced meanwhile: it learns that it was."""
    house = house_of(request)
    one, _ = await phone_of(request, also_silenced=True)
    return reply(request, await _stands(request, one, house.clock.now()))


async def post_confirm(request: Request) -> Response:
    house = house_of(request)
    one, body = await phone_of(request)
    typed = decode(TransferNumber, request, body)
    now = house.clock.now()
    or_stop(await transfer.confirm(house, one, typed.number, address_of(request), now))
    return reply(request, await _stands(request, one, now))


async def delete_transfer(request: Request) -> Response:
    house = house_of(request)
    one, _ = await phone_of(request)
    await transfer.cancel(house, one, house.clock.now())
    return reply(request, {})


async def _stands(request: Request, one: Authenticator, now: int) -> Transfer:
    view = await transfer.look(house_of(request), one, address_of(request), now)
    if isinstance(view, Refusal):
        raise Stop(view)
    return shown(view)


def shown(view: View) -> Transfer:
    match view:
        case Offer(link, session_id, expires):
            side, picture = picture_of(link)
            return Transfer("issued", expires, link, session_id, side, picture, None, 0)
        case AwaitsNumber(device, tries_left, expires):
            return Transfer("claimed", expires, "", "", 0, "", _claimant(device), tries_left)
        case Finishing(device):
            return Transfer("confirmed", 0, "", "", 0, "", _claimant(device), 0)
        case Done():
            return Transfer("moved", 0, "", "", 0, "", None, 0)
        case Over(why):
            return Transfer("over" if why else "none", 0, "", "", 0, "", None, 0)


def _claimant(device: Device) -> Claimant:
    return Claimant(device.platform, device.model, device.browser, device.address, device.is_same_address)  # type: ignore[arg-type]


_BITS = bytes.maketrans(b"\0\xff", b"10")


@lru_cache(maxsize=128)
def picture_of(link: str) -> tuple[int, str]:
    """The QR code of a link as its rows of bits, so that a phone needs no encoder of its own."""
    rows = matrix(link)
    bits = b"".join(rows).translate(_BITS).decode()
    bits += "0" * (-len(bits) % 8)
    return len(rows), b64u(int(bits, 2).to_bytes(len(bits) // 8, "big"))


def routes(base: str) -> list[Route]:
    return [
        Route(f"{base}/transfer", Endpoint(post_transfer), methods=["POST"]),
        Route(f"{base}/transfer", Endpoint(put_transfer), methods=["PUT"]),
        Route(f"{base}/transfer", Endpoint(get_transfer), methods=["GET"]),
        Route(f"{base}/transfer", Endpoint(delete_transfer), methods=["DELETE"]),
        Route(f"{base}/transfer/confirm", Endpoint(post_confirm), methods=["POST"]),
    ]
