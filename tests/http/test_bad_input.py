"""Input nobody honest sends. Whatever it is: never a fault of the server, always a refusal with a code."""

import asyncio
import json
from hashlib import sha256
from typing import Any
from urllib.parse import urlsplit

import httpx
import msgspec

from tests.http.raw import raw
from tests.people import INFO, PASSWORD, PIN, Phone, Town, at_once, code_of, some_address
from twolatch.client import device
from twolatch.client.outcomes import Answered, Refused
from twolatch.protocol import activation, keys, requests
from twolatch.protocol.answer import Decision, answer_text, response_text
from twolatch.protocol.codes import new_id, read_session_id
from twolatch.protocol.octets import b64u, unb64u

ODD_TEXTS = ["\x00", "a\nb", "\x1b[2J", "\u202egnp.exe", "\u2066x", "\u2028", "\x85", "x" * 65]


def plain(body: Any) -> dict[str, Any]:
    decoded: dict[str, Any] = json.loads(msgspec.json.encode(body))
    return decoded


def mutations(good: dict[str, Any]) -> list[bytes]:
    """Many ways to spoil one JSON object, each by one thing."""
    wrong: list[Any] = [None, True, -1, 1.5, "x", "\x00", "A" * 7000, [[]], {}]
    bodies = [json.dumps({**good, name: value}).encode() for name in good for value in wrong if value != good[name]]
    bodies += [json.dumps({key: value for key, value in good.items() if key != name}).encode() for name in good]
    bodies.append(json.dumps({**good, "extra": 1}).encode())
    whole = json.dumps(good).encode()
    bodies += [whole[:-1], whole + b"x", b"[" + whole + b"]", b"\xff\xfe" + whole, whole.replace(b'"', b"'")]
    bodies += [b"", b" ", b"null", b"0", b"[]", b"{}", b'"', b"\x00", b"\xff", b"{" * 3000, b"[" * 8000, b"NaN"]
    bodies += [b'{"a":' * 1500 + b"1" + b"}" * 1500, b'{"version": 9e999}', b'{"\xed\xa0\x80": 1}', b'{"\\ud800": 1}']
    return bodies


async def refused_all(phone: Phone, name: str, bodies: list[bytes]) -> None:
    for start in range(0, len(bodies), 50):
        part = bodies[start : start + 50]
        replies = await at_once(phone.call("POST", name, body, x_forwarded_for=some_address()) for body in part)
        for body, reply in zip(part, replies, strict=True):
            assert 400 <= reply.status_code < 500, f"{reply.status_code} for {body[:200]!r}: {reply.text[:200]}"
            assert code_of(reply), body[:200]


async def test_spoilt_claims_are_refused_and_the_code_survives_them(town: Town) -> None:
    user, browser, phone = await town.person(), town.browser(), town.phone()
    code = read_session_id((await browser.log_in(user.name)).session_id)
    assert code
    begun = device.begin("", town.site.settings.phone_host, code, user_name="", info=INFO, holds=[])
    bodies = mutations(plain(begun.body))
    bodies = [body for body in bodies if b'"user_name": "x"' not in body]  # which is no fault
    await refused_all(phone, "activations/claim", bodies)
    assert (await phone.call("POST", "activations/claim", begun.body)).status_code == 200


async def test_hostile_characters_in_what_a_phone_says_of_itself_are_refused(town: Town) -> None:
    user, browser, phone = await town.person(), town.browser(), town.phone()
    code = read_session_id((await browser.log_in(user.name)).session_id)
    assert code
    body = plain(device.begin("", town.site.settings.phone_host, code, user_name="", info=INFO, holds=[]).body)
    for text in ODD_TEXTS:
        for field in ("model", "browser", "app", "platform"):
            spoilt = {**body, "device": {**body["device"], field: text}}
            reply = await phone.call("POST", "activations/claim", json.dumps(spoilt).encode())
            assert (reply.status_code, code_of(reply)) == (400, "request.malformed"), (field, text)
    assert await town.count("FROM activations WHERE user_id = :id AND state = 'issued'", id=user.id) == 1


async def test_lone_surrogates_are_refused_wherever_they_stand(town: Town) -> None:
    phone = town.phone()
    body = plain(device.begin("", "h", "0" * 12, user_name="", info=INFO, holds=[]).body)
    for name in ("code", "user_name", "public_key", "signature"):
        spoilt = json.dumps({**body, name: "@@"}).replace("@@", "\\ud800")
        assert code_of(await phone.call("POST", "activations/claim", spoilt.encode())) == "request.malformed"
    spoilt = json.dumps({**body, "device": {**body["device"], "model": "@@"}}).replace("@@", "a\\udfffb")
    assert code_of(await phone.call("POST", "activations/claim", spoilt.encode())) == "request.malformed"


async def test_claims_that_are_well_formed_and_wrong_are_refused_with_their_reason(town: Town) -> None:
    user, browser, phone = await town.person(), town.browser(), town.phone()
    page = await browser.log_in(user.name)
    code, host = read_session_id(page.session_id), town.site.settings.phone_host
    assert code

    def begin(code: str, host: str) -> dict[str, Any]:
        return plain(device.begin("", host, code, user_name="", info=INFO, holds=[]).body)

    good = begin(code, host)
    stranger = keys.new_private()
    point = keys.public_point(stranger)
    off_curve = b64u(b"\x04" + bytes(63) + b"\x01")
    own = begin(code, host)
    foreign_text = activation.claim_text(host, code, point, point)
    cases = {
        "the QR code of another site": (begin(code, "phone.evil.example"), "request.malformed"),
        "another phone's signature": ({**good, "signature": own["signature"]}, "request.malformed"),
        "a key that is on no curve": ({**good, "public_key": off_curve}, "request.malformed"),
        "an ephemeral key on no curve": ({**good, "ephemeral_key": off_curve}, "request.malformed"),
        "a stranger's key": ({**good, "public_key": b64u(point)}, "request.malformed"),
        "a signature over something else": (
            {**good, "signature": b64u(keys.sign(stranger, foreign_text))}, "request.malformed"
        ),
        "a signature of zeros": ({**good, "signature": b64u(bytes(64))}, "request.malformed"),
        "another version": ({**good, "version": 2}, "phone.too_old"),
        "a code nobody issued": (begin("0" * 12, host), "code.unknown"),
        "an id nobody issued": (begin(f"{new_id(bytes(16))}.{b64u(bytes(16))}", host), "code.unknown"),
        "small letters": (begin(code.lower(), host), "request.malformed"),
        "too many phones": ({**good, "holds": [new_id(bytes(16))] * 21}, "request.malformed"),
    }  # fmt: skip
    for why, (body, wanted) in cases.items():
        if why == "small letters" and body["code"] == code:
            continue
        reply = await phone.call("POST", "activations/claim", body, x_forwarded_for=some_address())
        assert code_of(reply) == wanted, why
    [link] = [page.link]
    wrong_secret = link.split("#1.")[1].split(".")[0] + "." + b64u(bytes(16))
    reply = await phone.call("POST", "activations/claim", begin(wrong_secret, host))
    assert code_of(reply) == "code.unknown", "the right id with a wrong secret reads like no code"
    assert (await phone.call("POST", "activations/claim", good)).status_code == 200


async def test_spoilt_answers_are_refused_and_cost_no_try(town: Town) -> None:
    user, browser, phone = await town.with_phone()
    await browser.log_out()
    await browser.log_in(user.name)
    good = phone.made(await phone.asked())
    await refused_all(phone, "answers", mutations(plain(good)))
    key = f"%{phone.record.device}"
    assert await town.count("FROM meters WHERE key LIKE :key AND count > 0", key=key) == 0
    assert (await phone.send(good)).status_code == 200
    assert (await browser.collect()).path == "/"


async def test_answers_that_are_well_formed_and_wrong_are_refused_with_their_reason(town: Town) -> None:
    user, browser, phone = await town.with_phone()
    await browser.log_out()
    await browser.log_in(user.name)
    asked = await phone.asked()
    of, missing = phone.record, new_id(bytes(16))
    foreign_host = msgspec.structs.replace(of, host="phone.evil.example")
    other_bytes = type(asked)(asked.device, asked.bytes + b" ", asked.challenge)
    elsewhere = type(asked)(asked.device, asked.bytes, msgspec.structs.replace(asked.challenge, challenge=missing))
    cases = {
        "signed for another site": (phone.made(asked, of=foreign_host), "phone.unknown"),
        "signed by another phone": (phone.made(asked, key=keys.new_private()), "phone.unknown"),
        "of a device nobody knows": (
            phone.made(asked, of=msgspec.structs.replace(of, device=missing)),
            "phone.unknown",
        ),
        "over bytes that were not shown": (phone.made(other_bytes), "challenge.unknown"),
        "to a challenge nobody asked": (phone.made(elsewhere), "challenge.unknown"),
        "with a seq that does not grow": (phone.made(asked, ahead=0), "answer.replayed"),
    }
    for why, (answer, wanted) in cases.items():
        assert code_of(await phone.send(answer)) == wanted, why
    good = phone.made(asked)
    tampered: dict[str, dict[str, Any]] = {
        "another decision": {"decision": "deny", "ephemeral_key": "", "tag": ""},
        "other digits": {"confirmation": "123456"},
        "another epoch": {"epoch": b64u(bytes(16))},
        "another seq": {"seq": good.seq + 1},
        "another tag": {"tag": b64u(bytes(32))},
        "another ephemeral key": {"ephemeral_key": b64u(keys.public_point(keys.new_private()))},
    }
    for why, change in tampered.items():
        reply = await phone.send({**plain(good), **change})
        assert code_of(reply) == "phone.unknown", why
    other_scheme = {**plain(good), "scheme": "unlock"}
    assert code_of(await phone.send(other_scheme)) == "request.malformed"
    assert (await phone.send(good)).status_code == 200
    assert (await town.events(user))["authenticators:answer:refused"] == 0


async def test_a_phone_with_a_pin_cannot_answer_by_unlock(town: Town) -> None:
    """Else whoever finds the phone unlocked needs no PIN."""
    user, browser, phone = await town.with_phone()
    await browser.log_out()
    await browser.log_in(user.name)
    asked = await phone.asked()
    made = plain(phone.made(asked))
    unlock = {
        "kind": "assertion", "credential": "AAAA", "client_data": "AAAA", "authenticator_data": "AAAA",
        "signature": "AAAA", "attestation": "",
    }  # fmt: skip
    # The tag is empty then, and the signature is over that.
    bare = device.make_answer(
        phone.record, phone.key(), asked, Decision.DENY, digits="", secret=b"", seq=phone.record.seq + 1
    )
    text = {**made, "scheme": "unlock", "ephemeral_key": "", "tag": "", "unlock": unlock}
    reply = await phone.send({**text, "signature": bare.signature})
    assert code_of(reply) == "phone.unknown"
    signed = {**text, "signature": sign_as_unlock(phone, asked)}
    reply = await phone.send(signed)
    assert code_of(reply) == "answer.wrong"
    assert (await browser.collect()).path == "/login/second"


def sign_as_unlock(phone: Phone, asked: Any) -> str:
    of = phone.record
    m = response_text(
        of.host, of.device, asked.challenge.challenge, sha256(asked.bytes).digest(), Decision.APPROVE, "",
        unb64u(of.epoch, 16), of.seq + 1,
    )  # fmt: skip
    return b64u(keys.sign(phone.key(), answer_text(m, b"", b"")))


async def test_answers_to_what_is_over_say_why(town: Town) -> None:
    user, browser, phone = await town.with_phone()
    await browser.log_out()
    await browser.log_in(user.name)
    asked = await phone.asked()
    assert isinstance(await phone.say(Decision.DENY), Answered)
    late = await phone.soft.answer(asked, Decision.APPROVE, PIN)
    assert isinstance(late, Refused)
    assert (late.code, late.status) == ("challenge.answered", 409)
    await browser.log_in(user.name)
    asked = await phone.asked()
    await browser.send("/login/cancel")
    late = await phone.soft.answer(asked, Decision.APPROVE, PIN)
    assert isinstance(late, Refused)
    assert (late.code, late.status) == ("challenge.superseded", 410)


async def test_a_key_swapped_in_the_database_speaks_for_nobody_and_the_audit_tells(town: Town) -> None:
    user, browser, phone = await town.with_phone()
    await browser.log_out()
    await browser.log_in(user.name)
    asked = await phone.asked()
    thief = keys.new_private()
    own = json.loads(
        (await town.house.db.rows("SELECT enrolment FROM authenticators WHERE user_id = :id", id=user.id))[0][
            "enrolment"
        ]
    )
    swapped = json.dumps({**own, "public_key": b64u(keys.public_point(thief))})
    await town.do("UPDATE authenticators SET enrolment = :new WHERE user_id = :id", new=swapped, id=user.id)
    for key in (thief, phone.key()):
        reply = await phone.send(phone.made(asked, key=key))
        assert (reply.status_code, code_of(reply)) == (401, "phone.unknown")
    look = await phone.look()
    assert [refused.code for _, refused in look.refused] == ["phone.unknown"]
    assert (
        await town.count(
            "FROM audit WHERE event = 'authenticators:row:forged' AND object = :id", id=phone.record.device
        )
        == 3
    )


# the request itself


async def test_bodies_that_are_too_large_are_refused_before_they_are_read(town: Town) -> None:
    phone, browser = town.phone(), town.browser()
    for name in ("activations/claim", "answers", "stream"):
        reply = await phone.call("POST", name, b'{"a": "' + b"x" * 9000 + b'"}')
        assert (reply.status_code, code_of(reply)) == (413, "request.too_large")
    await browser.get("/login")
    page = await browser.post("/login", {**browser.page.form("/login").fields, "name": "x" * 70_000, "password": "x"})
    assert (page.status, page.says("request.too_large")) == (413, True)


async def test_json_must_call_itself_json(town: Town) -> None:
    """A form of another site can send text/plain without asking; it cannot send application/json."""
    phone = town.phone()
    body = device.begin("", town.site.settings.phone_host, "0" * 12, user_name="", info=INFO, holds=[]).body
    content = msgspec.json.encode(body)
    for kind in (None, "text/plain", "application/jsonp", "application/x-www-form-urlencoded"):
        head = [
            b"POST /api/phone/v1/activations/claim HTTP/1.1",
            f"Host: {town.site.settings.phone_host}".encode(),
            f"X-Forwarded-For: {phone.address}".encode(),
            f"Content-Length: {len(content)}".encode(),
            *([f"Content-Type: {kind}".encode()] if kind else []),
        ]
        reply = await raw(town.site, head, content)
        assert reply.status == 400, kind
        assert json.loads(reply.body)["code"] == "request.malformed"


FORMS = {
    "invalid UTF-8": b"name=%ff%fe&password=%c3%28",
    "bytes that are no ASCII": b"name=\xff\xfe&password=x",
    "NUL": b"name=%00&password=%00",
    "an encoded surrogate": b"name=%ed%a0%80&password=x",
    "the same field twice": b"name=a&name=b&password=x",
    "the token twice": b"csrf=x&name=a&password=x",
    "too many fields": b"&".join(b"f%d=1" % i for i in range(40)),
    "no fields": b"",
    "half an escape": b"name=%&password=%1&x=%zz",
    "a very long name of a field": b"x" * 50_000 + b"=1",
    "only signs": b"&&&===&;;;",
}


async def test_odd_forms_are_refused_with_a_page(town: Town) -> None:
    browser = town.browser()
    await browser.get("/login")
    marks: dict[str, Any] = {"origin": browser.origin, "content_type": "application/x-www-form-urlencoded"}
    for why, form in FORMS.items():
        body = form + b"&csrf=" + browser.page.csrf.encode()
        page = await browser.ask("POST", "/login", body, **marks)
        assert 400 <= page.status < 500, why
        assert "<h1>" in page.text, why
    assert "__Host-session" not in browser.cookies


async def test_odd_paths_and_headers_never_break_the_portal(town: Town) -> None:
    user, browser = await town.person(), town.browser()
    await browser.log_in(user.name)
    csrf = browser.page.csrf
    odd = ["%00", "%ff", "%ed%a0%80", "..%2f..%2fetc", "x" * 3000, "%0d%0aX:%20y", "'--", "%e2%80%ae"]
    for each in odd:
        for page in (
            await browser.post(f"/security/sessions/{each}/end", {"csrf": csrf}),
            await browser.post(f"/security/authenticators/{each}/rename", {"csrf": csrf, "label": "x"}),
            await browser.post(f"/security/authenticators/{each}/remove", {"csrf": csrf}),
            await browser.post(f"/suspend/{each}", {"csrf": csrf}),
            await browser.ask("GET", f"/security/authenticators/{each}/remove"),
            await browser.ask("GET", f"/suspend/{each}"),
            await browser.ask("GET", f"/assets/{each}"),
            await browser.ask("GET", f"/step-up?ask={each}&to={each}&id={each}"),
            await browser.ask("GET", f"/{each}"),
        ):
            assert page.status < 500, f"{page.path[:60]}: {page.status}"
    for name, value in {
        "accept-language": "nl;q=x,,;;q=9e999," + "a" * 3000,
        "user-agent": "\xff\x85<script>" + "x" * 3000,
        "x-forwarded-for": "\xff, , <script>," + "1" * 300,
        "content-length": "0",
        "sec-fetch-site": "\xff",
    }.items():
        reply = await raw(
            town.site,
            [
                b"GET /login HTTP/1.1",
                f"Host: localhost:{town.site.port}".encode(),
                f"{name}: ".encode() + value.encode("latin-1"),
            ],
        )
        assert reply.status == 200, name
    refused = await raw(
        town.site, [b"GET /api/phone/v1/challenges HTTP/1.1", f"Host: {town.site.settings.phone_host}".encode(),
                    b"Twolatch-Device: \xff", b"Twolatch-Nonce: \xff", b"Twolatch-Signature: \xff"]
    )  # fmt: skip
    assert refused.status == 401


async def test_who_mistypes_the_address_of_the_app_comes_to_the_app_and_a_program_is_told(town: Town) -> None:
    url, host = f"{town.site.settings.portal_url}/nothing-here", urlsplit(town.site.settings.phone_url).netloc
    async with httpx.AsyncClient() as client:
        person = await client.get(url, headers={"host": host, "accept": "text/html,application/xhtml+xml"})
        program = await client.get(url, headers={"host": host})
    assert (person.status_code, person.headers["location"]) == (303, "/")
    assert (program.status_code, code_of(program)) == (404, "page.not_found")


async def test_streams_open_only_for_phones_that_sign(town: Town) -> None:
    _user, _browser, phone = await town.with_phone()
    nonce = (await phone.call("GET", "nonce")).json()["nonce"]
    one = {"device": phone.record.device, "signature": b64u(bytes(64))}
    for body, wanted in (
        ({"nonce": nonce, "devices": [one]}, "phone.unknown"),
        ({"nonce": b64u(bytes(24)), "devices": [one]}, "request.nonce"),
        ({"nonce": nonce, "devices": []}, "request.malformed"),
        ({"nonce": nonce, "devices": [one] * 21}, "request.malformed"),
        ({"nonce": nonce, "devices": [{**one, "signature": "A" * 85 + "B"}]}, "phone.unknown"),
    ):
        assert code_of(await phone.call("POST", "stream", body)) == wanted


async def test_a_push_address_that_is_none_of_a_push_service_is_refused(town: Town) -> None:
    _user, _browser, phone = await town.with_phone()
    nonce = (await phone.call("GET", "nonce")).json()["nonce"]
    of, host = phone.record, town.site.settings.phone_host
    point = b64u(keys.public_point(keys.new_private()))
    for endpoint in ("https://127.0.0.1/x", "https://169.254.169.254/", "https://evil.example/x", "http://a/b", ""):
        body = msgspec.json.encode({"endpoint": endpoint, "p256dh": point, "auth": b64u(bytes(16))})
        text = requests.request_text(host, of.device, "PUT", "/api/phone/v1/push", nonce, body)
        reply = await phone.call(
            "PUT", "push", body, twolatch_device=of.device, twolatch_nonce=nonce,
            twolatch_signature=b64u(keys.sign(phone.key(), text)),
        )  # fmt: skip
        assert code_of(reply) == "request.malformed"


async def test_a_connection_that_says_nothing_costs_nobody_else_anything(town: Town) -> None:
    """Half a request on many connections; a client logs in beside them."""
    opened = [await asyncio.open_connection("127.0.0.1", town.site.port) for _ in range(100)]
    for index, (_, writer) in enumerate(opened):
        writer.write(b"POST /login HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n"[: 5 + index % 40])
    user, browser = await town.person(), town.browser()
    assert (await browser.log_in(user.name, PASSWORD)).path == "/"
    for _, writer in opened:
        writer.close()
