"""Wake-ups, received by a stand-in push service that decrypts them and verifies who sent them."""

import asyncio
import base64
from contextlib import asynccontextmanager
from types import SimpleNamespace

import http_ece
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from joserfc import jwt
from joserfc.jwk import ECKey

from twolatch.wires.public_http import Answer, NotPublic, PublicPost
from twolatch.wires.push import BadSubscription, Delivered, Gone, Later, Push, Subscription, VapidKeys

NOW = 1_767_225_600_000
KEYS = VapidKeys.new()
SUBJECT = "https://bank.example/contact"


def b64u(raw):
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


class Browser:
    """What a phone keeps of its subscription."""

    def __init__(self, endpoint="https://fcm.googleapis.com/fcm/send/abc:123"):
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.point = self.key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        self.auth = b"0123456789abcdef"
        self.subscription = Subscription.parse(endpoint, b64u(self.point), b64u(self.auth))

    def decrypt(self, body):
        return http_ece.decrypt(body, private_key=self.key, auth_secret=self.auth, version="aes128gcm")


@asynccontextmanager
async def push_service(answer=b"HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n", more=None):
    """Keeps every request; answers as told; `more(writer)` may go on talking."""
    service = SimpleNamespace(requests=[], connections=0)

    async def serve(reader, writer):
        service.connections += 1
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                lines = head.decode().split("\r\n")
                headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines[1:])}
                body = await reader.readexactly(int(headers["content-length"]))
                service.requests.append(SimpleNamespace(line=lines[0], headers=headers, body=body))
                writer.write(answer)
                if more:
                    await more(writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    service.origin = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield service
    finally:
        server.close()


@asynccontextmanager
async def pusher(service, **options):
    origins = frozenset({service.origin})
    push = Push(KEYS, SUBJECT, transport=PublicPost(unsafe_origins=origins, **options), unsafe_origins=origins)
    try:
        yield push
    finally:
        await push.close()


async def wake(push, browser, **parts):
    return await push.send(browser.subscription, b'{"look":1}', **{"topic": "look", "ttl": 180, "now": NOW, **parts})


class Scripted:
    """A transport that answers, or raises, as told."""

    def __init__(self, answer):
        self.answer = answer
        self.asked = []

    async def post(self, url, headers, body):
        self.asked.append((url, headers, body))
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer

    async def close(self):
        pass


async def test_the_browser_reads_the_wake_up_and_nobody_else_can():
    async with push_service() as service, pusher(service) as push:
        browser = Browser(service.origin + "/send/abc")
        assert await wake(push, browser) == Delivered()
        (request,) = service.requests
        assert request.line == "POST /send/abc HTTP/1.1"
        assert browser.decrypt(request.body) == b'{"look":1}'
        assert b"look" not in request.body
        with pytest.raises(http_ece.ECEException):
            Browser().decrypt(request.body)
        assert request.headers["content-encoding"] == "aes128gcm"
        assert (request.headers["ttl"], request.headers["urgency"]) == ("180", "high")
        assert request.headers["topic"] == "look"


async def test_the_push_service_can_verify_who_sent_it():
    async with push_service() as service, pusher(service) as push:
        await wake(push, Browser(service.origin + "/send/abc"))
        scheme, _, rest = service.requests[0].headers["authorization"].partition(" ")
        told = dict(part.strip().split("=", 1) for part in rest.split(","))
        assert scheme == "vapid"
        assert told["k"] == KEYS.public
        token = jwt.decode(told["t"], public_key(told["k"]), algorithms=["ES256"])
        assert token.header == {"typ": "JWT", "alg": "ES256"}
        assert token.claims["aud"] == service.origin
        assert token.claims["sub"] == SUBJECT
        assert NOW // 1000 < token.claims["exp"] <= NOW // 1000 + 12 * 3600


async def test_one_token_serves_an_origin_for_some_minutes_and_no_other_origin():
    transport = Scripted(Answer(201))
    push = Push(KEYS, SUBJECT, transport=transport)
    google, apple = Browser(), Browser("https://web.push.apple.com/x")
    for browser, now in ((google, NOW), (google, NOW + 60_000), (apple, NOW), (google, NOW + 3_600_000)):
        await wake(push, browser, now=now)
    tokens = [headers["Authorization"] for _, headers, _ in transport.asked]
    assert tokens[0] == tokens[1]
    assert len(set(tokens)) == 3


async def test_a_second_wake_up_travels_on_the_same_connection():
    async with push_service() as service, pusher(service) as push:
        for _ in range(3):
            await wake(push, Browser(service.origin + "/send/abc"))
        assert (len(service.requests), service.connections) == (3, 1)


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (Answer(200), Delivered()),
        (Answer(201), Delivered()),
        (Answer(404), Gone("status 404")),
        (Answer(410), Gone("status 410")),
        (Answer(429, 30), Later("status 429", 30)),
        (Answer(500), Later("status 500")),
        (Answer(503, 5), Later("status 503", 5)),
        (Answer(403), Later("status 403")),
        (Answer(301), Later("status 301")),
        (TimeoutError(), Later("TimeoutError")),
        (ConnectionRefusedError(), Later("ConnectionRefusedError")),
        (NotPublic(), Later("address not public")),
    ],
)
async def test_what_the_push_service_says_becomes_one_of_three_endings(answer, outcome):
    assert await wake(Push(KEYS, SUBJECT, transport=Scripted(answer)), Browser()) == outcome


async def test_a_service_that_never_answers_is_left_after_a_while():
    async with push_service(answer=b"") as service, pusher(service, seconds=0.1) as push:
        assert await wake(push, Browser(service.origin + "/x")) == Later("TimeoutError")


async def test_a_service_that_drips_for_ever_is_left_after_a_while():
    async def drip(writer):
        while True:
            writer.write(b"x")
            await writer.drain()
            await asyncio.sleep(0.01)

    head = b"HTTP/1.1 201 Created\r\nContent-Length: 4000\r\n\r\n"
    async with push_service(head, drip) as service, pusher(service, seconds=0.1) as push:
        assert await wake(push, Browser(service.origin + "/x")) == Later("TimeoutError")


async def test_a_huge_answer_is_not_read():
    written = 0

    async def flood(writer):
        nonlocal written
        while True:
            writer.write(b"x" * 65_536)
            await writer.drain()
            written += 65_536

    head = b"HTTP/1.1 201 Created\r\nContent-Length: 10000000000\r\n\r\n"
    async with push_service(head, flood) as service, pusher(service) as push:
        assert await wake(push, Browser(service.origin + "/x")) == Delivered()
    assert written < 20_000_000  # what the buffers of two sockets hold, not ten gigabytes


async def test_endless_headers_are_not_read():
    async def flood(writer):
        while True:
            writer.write(b"X: " + b"x" * 4_096 + b"\r\n")
            await writer.drain()

    async with push_service(b"HTTP/1.1 201 Created\r\n", flood) as service, pusher(service) as push:
        assert await wake(push, Browser(service.origin + "/x")) == Later("OSError")


async def test_a_redirect_is_not_followed():
    async with push_service() as inside:
        location = f"HTTP/1.1 307 Temporary Redirect\r\nLocation: {inside.origin}/\r\nContent-Length: 0\r\n\r\n"
        async with push_service(location.encode()) as service, pusher(service) as push:
            assert await wake(push, Browser(service.origin + "/x")) == Later("status 307")
        assert inside.requests == []


async def test_the_proxies_of_the_environment_are_not_asked(monkeypatch):
    async with push_service() as proxy, push_service() as service, pusher(service) as push:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, proxy.origin)
        await wake(push, Browser(service.origin + "/x"))
        assert (len(service.requests), len(proxy.requests)) == (1, 0)


@pytest.mark.parametrize(
    "endpoint",
    [
        "http://fcm.googleapis.com/x",
        "https://fcm.googleapis.com:8443/x",
        "https://fcm.googleapis.com:80/x",
        "https://user@fcm.googleapis.com/x",
        "https://fcm.googleapis.com@127.0.0.1/x",
        "https://fcm.googleapis.com\\@127.0.0.1/x",
        "https://127.0.0.1#@fcm.googleapis.com/x",
        "https://127.0.0.1/fcm.googleapis.com",
        "https://127.0.0.1/x",
        "https://[::1]/x",
        "https://[::ffff:127.0.0.1]/x",
        "https://2130706433/x",
        "https://0x7f.1/x",
        "https://169.254.169.254/latest/meta-data",
        "https://localhost/x",
        "https://evilfcm.googleapis.com/x",
        "https://fcm.googleapis.com.evil.example/x",
        "https://fcm.googleapis.com./x",
        "https://push.services.mozilla.com.evil.example/x",
        "https://evilpush.services.mozilla.com/x",
        "https://.notify.windows.com/x",
        "https://evil.example/x",
        "https://web.push.apple.com/x#fragment",
        "http://127.0.0.1:8099/x",
        "https://",
    ],
)
async def test_an_endpoint_that_is_no_known_push_service_is_never_called(endpoint):
    transport = Scripted(Answer(201))
    push = Push(KEYS, SUBJECT, transport=transport, unsafe_origins=frozenset({"http://127.0.0.1:809"}))
    browser = Browser()
    subscription = Subscription(endpoint, browser.point, browser.auth)
    assert not push.admits(endpoint)
    outcome = await push.send(subscription, b"", topic="look", ttl=60, now=NOW)
    assert outcome == Gone("endpoint not allowed")
    assert transport.asked == []


@pytest.mark.parametrize(
    "endpoint",
    [
        "https://fcm.googleapis.com/fcm/send/abc:APA91b-_",
        "https://fcm.googleapis.com:443/wp/x",
        "https://updates.push.services.mozilla.com/wpush/v2/gAAAA_-=",
        "https://wns2-par02p.notify.windows.com/w/?token=BQYAAAC%2b%3d",
        "https://web.push.apple.com/QGwb",
        "https://api.push.apple.com/3/device/x",
    ],
)
def test_the_push_services_of_real_browsers_are_admitted(endpoint):
    assert Push(KEYS, SUBJECT, transport=Scripted(Answer(201))).admits(endpoint)


@pytest.mark.parametrize(
    "change",
    [
        {"endpoint": ""},
        {"endpoint": "https://" + "x" * 1_024},
        {"endpoint": "ftp://fcm.googleapis.com/x"},
        {"endpoint": "https://fcm.googleapis.com/x\r\nX: y"},
        {"endpoint": "https://fcm.googleapis.com/ä"},
        {"p256dh": ""},
        {"p256dh": "B" * 87},
        {"p256dh": b64u(b"\x04" + bytes(64))},
        {"p256dh": b64u(Browser().point)[:-1]},
        {"p256dh": b64u(Browser().point) + "="},
        {"p256dh": b64u(Browser().point[:33])},
        {"auth": b64u(bytes(15))},
        {"auth": b64u(bytes(17))},
        {"auth": b64u(bytes(16)) + "=="},
        {"auth": b64u(bytes(16))[:-1] + "B"},
        {"auth": b64u(b"\xff" * 16).replace("_", "/")},
        {"auth": " " + b64u(bytes(16))},
    ],
)
def test_what_is_no_subscription_is_refused(change):
    told = {
        "endpoint": "https://fcm.googleapis.com/x",
        "p256dh": b64u(Browser().point),
        "auth": b64u(bytes(16)),
    }
    with pytest.raises(BadSubscription):
        Subscription.parse(**{**told, **change})


@pytest.mark.parametrize("parts", [{"topic": "a b"}, {"topic": ""}, {"topic": "x" * 33}, {"ttl": -1}])
async def test_a_wake_up_out_of_bounds_is_a_fault(parts):
    with pytest.raises(ValueError):
        await wake(Push(KEYS, SUBJECT, transport=Scripted(Answer(201))), Browser(), **parts)


async def test_the_largest_wake_up_still_fits_and_one_byte_more_does_not():
    transport = Scripted(Answer(201))
    push, browser = Push(KEYS, SUBJECT, transport=transport), Browser()
    await push.send(browser.subscription, b"x" * 3_993, topic="look", ttl=60, now=NOW)
    assert len(transport.asked[0][2]) == 4_096
    with pytest.raises(ValueError):
        await push.send(browser.subscription, b"x" * 3_994, topic="look", ttl=60, now=NOW)


def test_keys_come_back_from_their_written_forms():
    assert VapidKeys.from_pem(KEYS.pem()).public == KEYS.public
    raw = b64u(ec.derive_private_key(5, ec.SECP256R1()).private_numbers().private_value.to_bytes(32))
    assert len(base64.urlsafe_b64decode(VapidKeys.from_raw(raw).public + "=")) == 65


@pytest.mark.parametrize("curve", [ec.SECP384R1(), ec.SECP256K1()])
def test_a_key_on_another_curve_is_refused(curve):
    with pytest.raises(ValueError):
        VapidKeys(ec.generate_private_key(curve))


@pytest.mark.parametrize("subject", ["", "bank.example", "http://bank.example", "mailto:", 'https://x" , y'])
def test_a_subject_that_push_services_would_refuse_is_refused(subject):
    with pytest.raises(ValueError):
        Push(KEYS, subject)


def test_printed_keys_and_subscriptions_show_no_secret():
    browser = Browser()
    assert repr(browser.subscription) == "Subscription(fcm.googleapis.com)"
    assert KEYS.pem()[60:80] not in repr(KEYS)


def public_key(text):
    point = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), base64.urlsafe_b64decode(text + "="))
    return ECKey.import_key(point)
