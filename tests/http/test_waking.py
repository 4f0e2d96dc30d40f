"""Where a phone is woken: who may ask, try and change it. Of these sites it matters what they keep."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import msgspec
import pytest

from tests.databases import drop_database, fresh_database
from tests.people import Phone, Town, at_once, code_of, plain_wire
from tests.site import Site
from twolatch.app import built_house
from twolatch.protocol import keys, requests
from twolatch.protocol.octets import b64u
from twolatch.words.limits import PUSH_TESTS

POINT = b64u(keys.public_point(keys.new_private()))
WHERE = {"endpoint": "https://fcm.googleapis.com/fcm/send/x", "p256dh": POINT, "auth": b64u(bytes(16))}


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def waking_site(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Two worker processes that would send wake-ups."""
    folder: Path = tmp_path_factory.mktemp(f"waking-{request.param}")
    is_sqlite = request.param == "sqlite"
    server = None if is_sqlite else request.getfixturevalue("postgres")
    url = f"sqlite:///{folder}/twolatch.db" if is_sqlite else fresh_database(server)
    site = Site.on(folder, url, push_subject="https://operator.example")
    site.run("migrate")
    site.start()
    yield site
    site.stop()
    assert "Traceback" not in site.said(), site.said()[-4000:]
    if server is not None:
        drop_database(server, url)


@pytest.fixture
async def waking(waking_site: Site) -> AsyncIterator[Town]:
    async with plain_wire() as wire, built_house(waking_site.settings, alone=True) as house:
        yield Town(waking_site, house, wire)


async def signed(phone: Phone, method: str, name: str, body: bytes = b"") -> httpx.Response:
    nonce = (await phone.call("GET", "nonce")).json()["nonce"]
    host, of = phone.site.settings.phone_host, phone.record
    text = requests.request_text(host, of.device, method, f"/api/phone/v1/{name}", nonce, body)
    marks = {"twolatch_device": of.device, "twolatch_nonce": nonce}
    return await phone.call(method, name, body, **marks, twolatch_signature=b64u(keys.sign(phone.key(), text)))


async def with_address(waking: Town) -> Phone:
    """A phone whose address the site keeps."""
    _user, _browser, phone = await waking.with_phone()
    assert (await signed(phone, "GET", "push")).json() == {"state": "off"}
    assert (await signed(phone, "PUT", "push", msgspec.json.encode(WHERE))).status_code == 200
    assert (await signed(phone, "GET", "push")).json() == {"state": "on"}
    return phone


async def test_ten_trials_at_once_wake_the_phone_no_oftener_than_the_limit_says(waking: Town) -> None:
    phone = await with_address(waking)
    answers = await at_once(signed(phone, "POST", "push/test") for _ in range(10))
    codes = [code_of(answer) for answer in answers]
    assert codes.count("") == PUSH_TESTS.allowance
    assert codes.count("limit.push_tests") == 10 - PUSH_TESTS.allowance
    refused = next(answer for answer in answers if code_of(answer))
    assert 0 < int(refused.headers["retry-after"]) <= PUSH_TESTS.window // 1000


async def test_a_phone_that_told_no_address_or_took_it_back_cannot_be_tried(waking: Town) -> None:
    phone = await with_address(waking)
    assert (await signed(phone, "DELETE", "push")).status_code == 200
    assert (await signed(phone, "GET", "push")).json() == {"state": "off"}
    assert code_of(await signed(phone, "POST", "push/test")) == "push.off"


async def test_nobody_but_the_phone_asks_tries_or_moves_its_address(waking: Town) -> None:
    phone = await with_address(waking)
    _user, _browser, other = await waking.with_phone()
    nonce = (await phone.call("GET", "nonce")).json()["nonce"]
    for method, name in (("GET", "push"), ("POST", "push/test"), ("DELETE", "push")):
        for claimed, path in ((phone, f"/api/phone/v1/{name}"), (other, "/api/phone/v1/push")):
            host = waking.site.settings.phone_host
            text = requests.request_text(host, phone.record.device, method, path, nonce, b"x")
            marks = {"twolatch_device": phone.record.device, "twolatch_nonce": nonce}
            signature = b64u(keys.sign(claimed.key(), text))
            assert code_of(await phone.call(method, name, **marks, twolatch_signature=signature)) == "phone.unknown"
    assert (await signed(phone, "GET", "push")).json() == {"state": "on"}
