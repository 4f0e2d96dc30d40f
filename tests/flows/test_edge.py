"""The edge by itself: no server, no socket, an injected body."""

import asyncio
import json
from dataclasses import replace
from typing import Any

import httpx
import msgspec
import pytest

from tests.flows.houses import INFO, Seat, activated, add_user
from twolatch.app import built_edge
from twolatch.client import device
from twolatch.house import House
from twolatch.protocol.octets import b64u
from twolatch.texts.catalogue import Texts


def request(host: str, method: str, path: str, *more: tuple[bytes, bytes]) -> dict[str, Any]:
    return {
        "type": "http", "http_version": "1.1", "method": method, "scheme": "http", "path": path,
        "raw_path": path.encode(), "query_string": b"", "root_path": "", "client": ("192.0.2.1", 1),
        "server": ("127.0.0.1", 1), "headers": [(b"host", host.encode()), *more],
    }  # fmt: skip


async def test_a_client_that_goes_away_in_the_middle_is_no_fault(house: House) -> None:
    sent: list[Any] = []

    async def gone() -> dict[str, Any]:
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = request(house.settings.phone_host, "POST", "/api/phone/v1/answers", (b"content-type", b"application/json"))
    await built_edge(house, Texts())(scope, gone, send)
    assert sent == []


def client(house: House, origin: str) -> httpx.AsyncClient:
    app: Any = built_edge(house, Texts())
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=origin)


@pytest.mark.parametrize(
    "path",
    ["/security/sessions/%00/end", "/security/authenticators/%00/rename", "/security/authenticators/%00/remove"],
)
async def test_a_nul_in_an_address_is_no_fault_of_the_server(house: House, path: str) -> None:
    user, seat = await add_user(house, "anna"), Seat(house)
    await seat.log_in(user.name)
    token = b64u(house.keys.mac("form-token", seat.token)[:18])
    portal = house.settings.portal_url
    headers = {"origin": portal, "cookie": f"__Host-session={seat.token}"}
    async with client(house, portal) as http:
        reply = await http.post(path, data={"csrf": token, "label": "x"}, headers=headers)
    assert 400 <= reply.status_code < 500


async def test_a_row_forged_in_the_database_shuts_its_client_out_with_a_sentence(house: House) -> None:
    user, seat, _ = await activated(house, "anna")
    await house.db.write(
        lambda tx: tx.run("UPDATE authenticators SET secret = row_mac WHERE user_id = :id", id=user.id)
    )
    portal = house.settings.portal_url
    async with client(house, portal) as http:
        reply = await http.get("/security", headers={"cookie": f"__Host-session={seat.token}"})
    assert reply.status_code < 500


async def test_a_wrong_method_is_told_which_would_be_right(house: House) -> None:
    async with client(house, house.settings.phone_url) as http:
        reply = await http.delete("/api/phone/v1/answers")
    assert (reply.status_code, reply.json()["code"]) == (405, "request.method")
    assert reply.headers.get("allow") == "POST"


@pytest.mark.parametrize(
    ("ours", "came", "told"),
    [
        (0, "192.0.2.77, 192.0.2.78", {"forwarded": 2, "believed": ""}),
        (1, "192.0.2.77, 192.0.2.78", {"forwarded": 2, "believed": "192.0.2.78"}),
        (1, "192.0.2.77, 10.1.2.3", {"forwarded": 2, "believed": ""}),
        (3, "192.0.2.77", {"forwarded": 1, "believed": ""}),
    ],
)
async def test_who_asks_what_a_proxy_lets_through_learns_no_real_address(
    house: House, ours: int, came: str, told: dict[str, object]
) -> None:
    """The stream stays open, so that a proxy that holds it back shows itself; who asked goes when he has read."""
    trusting = replace(house, settings=house.settings.model_copy(update={"trusted_proxies": ours}))
    portal, sent = house.settings.portal_url.removeprefix("http://"), asyncio.Queue[Any]()
    gone = asyncio.Event()

    async def receive() -> dict[str, Any]:
        await gone.wait()
        return {"type": "http.disconnect"}

    scope = request(portal, "GET", "/throughz", (b"x-forwarded-for", came.encode()))
    scope["client"] = ("198.51.100.9", 1)
    serving = asyncio.ensure_future(built_edge(trusting, Texts())(scope, receive, sent.put))
    assert dict((await sent.get())["headers"])[b"content-type"].startswith(b"text/event-stream")
    assert (await sent.get())["body"] == b": ok\n\n"
    event = (await sent.get())["body"]
    assert json.loads(event.split(b"data: ")[1]) == told
    gone.set()
    await serving
    assert sent.qsize() <= 1


async def test_a_message_that_says_a_thing_twice_is_refused(house: House) -> None:
    """Two readers of such a message may disagree about what was signed."""
    begun = device.begin("", house.settings.phone_host, "0" * 12, user_name="", info=INFO, holds=[])
    body = msgspec.json.encode(begun.body)
    async with client(house, house.settings.phone_url) as http:
        twice = b'{"version":1,' + body[1:]
        reply = await http.post(
            "/api/phone/v1/activations/claim", content=twice, headers={"content-type": "application/json"}
        )
    assert reply.json()["code"] == "request.malformed"
