"""A stranger's URL does not make us call our own house."""

import asyncio
import ssl
from contextlib import asynccontextmanager

import httpcore
import pytest

from twolatch.wires.public_http import Answer, NotPublic, PublicPost, host_of, is_public

PUSH_NAME = "updates.push.services.mozilla.com"
URL = f"https://{PUSH_NAME}/x"
PUBLIC = "142.250.1.1"


class Dns:
    """Answers each question with the next of its answers, and counts."""

    def __init__(self, *answers):
        self.answers = list(answers)
        self.asked = []

    async def __call__(self, host, port):
        self.asked.append((host, port))
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer


class Cable(httpcore.AnyIOBackend):
    """Notes which address is dialled, and leads every call to a port of this machine."""

    def __init__(self, port=None, dead=()):
        self.port = port
        self.dead = dead
        self.dialled = []

    async def connect_tcp(self, host, port, timeout=None, **others):  # noqa: ASYNC109  httpcore's signature
        self.dialled.append((host, port))
        if self.port is None or host in self.dead:
            raise httpcore.ConnectError
        return await super().connect_tcp("127.0.0.1", self.port, timeout=timeout)


@asynccontextmanager
async def post(**options):
    made = PublicPost(**options)
    try:
        yield made
    finally:
        await made.close()


@pytest.fixture(scope="module")
def certificate(certificate_for):
    return certificate_for(PUSH_NAME)


@asynccontextmanager
async def tls_service(certificate):
    """A push service of its real name; yields its port and the requests it got."""
    requests = []
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    context.sni_callback = lambda sock, name, ctx: requests.append(f"SNI {name}")

    async def serve(reader, writer):
        requests.append((await reader.readuntil(b"\r\n\r\n")).decode())
        writer.write(b"HTTP/1.1 429 Later\r\nRetry-After: 99999\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context)
    try:
        yield server.sockets[0].getsockname()[1], requests
    finally:
        server.close()


async def test_the_dialled_address_is_the_judged_one_and_tls_still_proves_the_name(certificate):
    trusting = ssl.create_default_context(cafile=certificate)
    async with tls_service(certificate) as (port, requests):
        cable, dns = Cable(port), Dns([PUBLIC])
        async with post(resolve=dns, dial=cable, context=trusting) as way:
            assert await way.post(URL, {"TTL": "60"}, b"body") == Answer(429, 3_600)
        assert cable.dialled == [(PUBLIC, 443)]
        assert requests[0] == f"SNI {PUSH_NAME}"
        assert f"Host: {PUSH_NAME}\r\n" in requests[1]


async def test_a_certificate_of_another_name_ends_the_call(certificate):
    trusting = ssl.create_default_context(cafile=certificate)
    async with tls_service(certificate) as (port, requests):
        async with post(resolve=Dns([PUBLIC]), dial=Cable(port), context=trusting) as way:
            with pytest.raises(OSError):
                await way.post("https://fcm.googleapis.com/x", {}, b"")
        assert requests == ["SNI fcm.googleapis.com"]


@pytest.mark.parametrize(
    "addresses",
    [
        ["127.0.0.1"],
        ["169.254.169.254"],
        ["10.0.0.7"],
        ["172.16.3.4"],
        ["192.168.1.1"],
        ["100.64.0.1"],
        ["0.0.0.0"],
        ["224.0.0.251"],
        ["255.255.255.255"],
        ["192.0.0.170"],
        ["192.0.0.8"],
        ["::1"],
        ["::"],
        ["::ffff:127.0.0.1"],
        ["::ffff:10.0.0.7"],
        ["::127.0.0.1"],
        ["64:ff9b::7f00:1"],
        ["64:ff9b::a00:7"],
        ["2002:7f00:1::"],
        ["2001:0:7f00:1::"],
        ["fe80::1%eth0"],
        ["fec0::1"],
        ["fd00::1"],
        ["ff0e::1"],
        ["not an address"],
        [],
        [PUBLIC, "127.0.0.1"],
        ["2a00:1450::1", "::1"],
    ],
    ids=str,
)
async def test_a_name_that_leads_into_the_house_is_not_called(addresses):
    cable = Cable()
    async with post(resolve=Dns(addresses), dial=cable) as way:
        with pytest.raises(NotPublic):
            await way.post(URL, {}, b"")
    assert cable.dialled == []


@pytest.mark.parametrize("address", [PUBLIC, "2a00:1450:4001::1", "::ffff:8.8.8.8", "64:ff9b::808:808"])
def test_public_addresses_are_public(address):
    assert is_public(address)


async def test_a_name_that_changes_its_mind_is_asked_only_once():
    dns, cable = Dns([PUBLIC], ["127.0.0.1"]), Cable()
    async with post(resolve=dns, dial=cable) as way:
        with pytest.raises(OSError):
            await way.post(URL, {}, b"")
    assert dns.asked == [(PUSH_NAME, 443)]
    assert cable.dialled == [(PUBLIC, 443)]


async def test_when_one_public_address_is_dead_the_next_is_dialled(certificate):
    trusting = ssl.create_default_context(cafile=certificate)
    async with tls_service(certificate) as (port, _):
        cable = Cable(port, dead={"2a00:1450::1"})
        async with post(resolve=Dns(["2a00:1450::1", PUBLIC]), dial=cable, context=trusting) as way:
            assert (await way.post(URL, {}, b"")).status == 429
    assert [host for host, _ in cable.dialled] == ["2a00:1450::1", PUBLIC]


async def test_a_name_without_an_answer_is_an_outage_not_a_verdict():
    async with post(resolve=Dns(OSError("no such name")), dial=Cable()) as way:
        with pytest.raises(OSError):
            await way.post(URL, {}, b"")


@pytest.mark.parametrize(
    "url",
    [
        "http://fcm.googleapis.com/x",
        "https://fcm.googleapis.com:8443/x",
        "https://user:pass@fcm.googleapis.com/x",
        "https://fcm.googleapis.com\\@127.0.0.1/",
        "https://[::1]/x",
        "https://localhost/x",
        "https://fcm.googleapis.com/x y",
        "https://fcm.googleapis.com/x#y",
        "https://fcm.googleapis.com/x\n",
        "file:///etc/passwd",
        "https://fcm.googleapis.com/" + "x" * 1_024,
    ],
)
async def test_other_urls_are_not_even_resolved(url):
    dns = Dns([PUBLIC])
    async with post(resolve=dns, dial=Cable()) as way:
        with pytest.raises(NotPublic):
            await way.post(url, {}, b"")
    assert host_of(url) is None
    assert dns.asked == []


async def test_an_address_in_the_place_of_the_name_is_judged_too():
    cable = Cable()
    async with post(dial=cable) as way:  # the resolver of this machine: an address needs no question
        with pytest.raises(NotPublic):
            await way.post("https://127.0.0.1/x", {}, b"")
    assert cable.dialled == []


async def test_an_unsafe_origin_of_a_test_opens_that_origin_and_nothing_beside_it():
    cable = Cable()
    async with post(resolve=Dns(["127.0.0.1"]), dial=cable, unsafe_origins=frozenset({"http://127.0.0.1:80"})) as way:
        for url in ("http://127.0.0.1:8099/x", "http://127.0.0.1/x", "http://127.0.0.1:80@evil.example/x"):
            with pytest.raises(NotPublic):
                await way.post(url, {}, b"")
    assert cable.dialled == []
