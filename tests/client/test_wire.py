"""Addresses and hosts."""

import httpx
import pytest

from twolatch.client.outcomes import NotTrusted, Refused, ServerAway
from twolatch.client.wire import Wire, authority
from twolatch.protocol.messages import Nonce


@pytest.mark.parametrize(
    ("server", "host"),
    [
        ("https://phone.example.com", "phone.example.com"),
        ("https://Phone.Example.com:443/", "phone.example.com"),
        ("https://phone.example.com:8443", "phone.example.com:8443"),
        ("http://phone.localhost:8080", "phone.localhost:8080"),
        ("http://phone.localhost:80", "phone.localhost"),
        ("http://[::1]:8080", "[::1]:8080"),
    ],
)
def test_the_host_carries_a_port_only_when_it_is_not_the_schemes_own(server: str, host: str) -> None:
    assert authority(server) == host


async def _asked(server: str) -> httpx.Request:
    requests = []

    def reply(request: httpx.Request) -> httpx.Response:
        requests.append(request)
        return httpx.Response(200, json={"nonce": "n"})

    async with httpx.AsyncClient(transport=httpx.MockTransport(reply)) as http:
        assert await Wire(server, http).plain("GET", "nonce", Nonce) == Nonce("n")
    return requests[0]


async def test_names_under_localhost_are_this_machine_without_asking_a_resolver() -> None:
    request = await _asked("https://phone.localhost:8443")
    assert str(request.url) == "https://127.0.0.1:8443/api/phone/v1/nonce"
    assert request.headers["Host"] == "phone.localhost:8443"
    assert request.extensions["sni_hostname"] == "phone.localhost"


async def test_other_names_are_left_to_the_resolver() -> None:
    request = await _asked("https://notlocalhost.example.com")
    assert request.url.host == "notlocalhost.example.com"
    assert request.headers["Host"] == "notlocalhost.example.com"


async def test_a_redirect_is_not_followed_and_not_believed() -> None:
    def elsewhere(request: httpx.Request) -> httpx.Response:
        return httpx.Response(302, headers={"Location": "https://evil.example/"})

    async with httpx.AsyncClient(transport=httpx.MockTransport(elsewhere)) as http:
        with pytest.raises(NotTrusted):
            await Wire("https://phone.example.com", http).plain("GET", "nonce", Nonce)


@pytest.mark.parametrize("content", [b"", b"<html>", b'{"nonce": 1}', b'{"nonce": "n", "more": 1}'])
async def test_an_answer_of_another_shape_is_not_believed(content: bytes) -> None:
    transport = httpx.MockTransport(lambda request: httpx.Response(200, content=content))
    async with httpx.AsyncClient(transport=transport) as http:
        with pytest.raises(NotTrusted):
            await Wire("https://phone.example.com", http).plain("GET", "nonce", Nonce)


async def test_a_server_without_nonces_is_away() -> None:
    transport = httpx.MockTransport(lambda request: httpx.Response(500))
    async with httpx.AsyncClient(transport=transport) as http:
        wire = Wire("https://phone.example.com", http)
        assert isinstance(await wire.plain("GET", "nonce", Nonce), Refused)
        with pytest.raises(ServerAway):
            await wire._current_nonce()
