"""A server in a hundred checks: all that docs/protocol.md asks of one, in memory, without the product's flows.

It counts, refuses and forgets like the real one, so that the phone is tested against the page. Faults are switched on
from outside: `lose_replies`, `down`, `before` (answers instead of a request), `strict_nonces`.
"""

import os
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

import httpx
import msgspec
from cryptography.hazmat.primitives.asymmetric import ec

from twolatch.protocol import activation, answer, challenge, codes, keys, messages, requests
from twolatch.protocol.octets import b64u, unb64u

HOST = "phone.localhost:8080"
SERVER = f"http://{HOST}"
ROOT = "/api/phone/v1/"
STATES = {"approve": "approved", "deny": "denied", "not_me": "not_me"}


@dataclass
class Device:
    """One authenticator as the server keeps it."""

    id: str
    user: str
    public_key: bytes
    secret: bytes
    epoch: bytes
    six_digits: str
    activation: str = "claimed"
    previous: bytes = b""
    seq: int = 0
    wrong: int = 0
    state: str = "active"


@dataclass
class Question:
    """One challenge."""

    id: str
    device: str
    bytes: bytes
    signature: bytes
    digits: str
    state: str = "pending"
    answer: bytes = b""
    result: tuple[int, dict[str, Any]] = (0, {})
    wrong: int = 0


@dataclass
class Code:
    """One activation code in both forms."""

    user: str
    link: codes.Link
    typed: str
    state: str = "issued"


@dataclass
class FakeServer:
    """Call `http()` for a client that speaks with it."""

    signing: ec.EllipticCurvePrivateKey = field(default_factory=keys.new_private)
    pin: ec.EllipticCurvePrivateKey = field(default_factory=keys.new_private)
    codes: list[Code] = field(default_factory=list)
    devices: dict[str, Device] = field(default_factory=dict)
    questions: dict[str, Question] = field(default_factory=dict)
    nonces: set[str] = field(default_factory=set)
    seen: list[tuple[str, str, bytes]] = field(default_factory=list)
    claims: list[messages.Claim] = field(default_factory=list)
    lose_replies: dict[str, int] = field(default_factory=dict)
    down: int = 0
    before: Callable[[str], httpx.Response | None] = lambda name: None
    strict_nonces: bool = False
    stream_events: list[bytes] | None = None
    streamed: list[str] = field(default_factory=list)
    site: str = "Example"
    host: str = HOST
    on_look: Callable[[], None] = lambda: None

    def http(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(transport=httpx.MockTransport(self._handle))

    # what the portal does

    def issue(self, user: str) -> Code:
        kfp = codes.keys_fingerprint(keys.public_point(self.signing), keys.public_point(self.pin))
        link = codes.Link(codes.new_id(os.urandom(16)), os.urandom(16), kfp)
        self.codes.append(Code(user, link, codes.session_id(os.urandom(7))))
        return self.codes[-1]

    def confirm(self, digits: str) -> bool:
        right = [d for d in self.devices.values() if d.activation == "claimed" and d.six_digits == digits]
        for device in right:
            device.activation = "confirmed"
        return bool(right)

    def ask(self, user: str, *, digits: str = "", type: Any = "login", device: str = "", **changed: Any) -> Question:
        target = device or next(d.id for d in self.devices.values() if d.user == user)
        asked = challenge.Challenge(
            audience=challenge.Audience("portal", "Client Portal"),
            challenge=codes.new_id(os.urandom(16)),
            confirmation="digits" if digits else "none",
            context=challenge.Context("192.0.2.7", "Client Portal", "Firefox on Linux", not digits, ""),
            expires=180_000,
            host=self.host,
            issued=0,
            nonce=b64u(os.urandom(32)),
            started="password",
            transaction=None,
            type=type,
            user=user,
            version=1,
        )
        raw = challenge.encode(msgspec.structs.replace(asked, **changed))
        question = Question(asked.challenge, target, raw, keys.sign(self.signing, challenge.signed_text(raw)), digits)
        self.questions[question.id] = question
        return question

    # the wire

    async def _handle(self, request: httpx.Request) -> httpx.Response:
        if self.down:
            self.down -= 1
            raise httpx.ConnectError("nobody listens", request=request)
        name = request.url.path.removeprefix(ROOT)
        self.seen.append((request.method, name, request.content))
        assert request.headers["Host"] == self.host
        reply = self.before(name) or self._route(request, name)
        if self.lose_replies.get(name):
            self.lose_replies[name] -= 1
            raise httpx.ReadError("the line broke", request=request)
        return reply

    def _route(self, request: httpx.Request, name: str) -> httpx.Response:
        doors: dict[tuple[str, str], Callable[[httpx.Request], httpx.Response]] = {
            ("GET", "nonce"): lambda _: _ok({"nonce": self._nonce()}),
            ("POST", "activations/claim"): self._claim,
            ("GET", "activations/current"): lambda r: self._signed(r, self._current),
            ("GET", "challenges"): lambda r: self._signed(r, self._challenges),
            ("POST", "tests"): lambda r: self._signed(r, self._test),
            ("POST", "device/leave"): lambda r: self._signed(r, self._ask_leave),
            ("DELETE", "device"): lambda r: self._signed(r, self._leave),
            ("POST", "answers"): self._answer,
            ("POST", "stream"): self._stream,
        }
        return doors[request.method, name](request)

    def _nonce(self) -> str:
        nonce = b64u(os.urandom(12))
        self.nonces.add(nonce)
        return nonce

    def _signed(self, request: httpx.Request, door: Callable[[Device], httpx.Response]) -> httpx.Response:
        nonce = request.headers[requests.NONCE_HEADER]
        if nonce not in self.nonces:
            return refusal(401, "request.nonce", headers={requests.NONCE_HEADER: self._nonce()})
        if self.strict_nonces:
            self.nonces.discard(nonce)
        device = self.devices.get(request.headers[requests.DEVICE_HEADER])
        signature = unb64u(request.headers[requests.SIGNATURE_HEADER], 64)
        path = request.url.raw_path.decode()
        if device is None:
            return refusal(401, "phone.unknown")
        text = requests.request_text(self.host, device.id, request.method, path, nonce, request.content)
        if not keys.verify(device.public_key, text, signature):
            return refusal(401, "phone.unknown")
        return refusal(403, f"phone.{device.state}") if device.state != "active" else door(device)

    def _claim(self, request: httpx.Request) -> httpx.Response:
        said = msgspec.json.decode(request.content, type=messages.Claim)
        self.claims.append(said)
        public, e = unb64u(said.public_key, 65), unb64u(said.ephemeral_key, 65)
        assert keys.verify(public, activation.claim_text(self.host, said.code, public, e), unb64u(said.signature, 64))
        code = next((code for code in self.codes if said.code in (code.link.code, code.typed)), None)
        if code is None or code.state != "issued":
            return refusal(404, "code.unknown") if code is None else refusal(409, f"code.{code.state}")
        code.state = "used"
        return _ok(msgspec.to_builtins(self._link(said, code)))

    def _link(self, said: messages.Claim, code: Code) -> messages.Claimed:
        own = keys.new_private()
        e = unb64u(said.ephemeral_key, 65)
        tr = activation.Transcript(
            host=self.host,
            code=said.code,
            public_key=unb64u(said.public_key, 65),
            ephemeral_key=e,
            platform=said.device.platform,
            model=said.device.model,
            browser=said.device.browser,
            app=said.device.app,
            device=codes.new_id(os.urandom(16)),
            activation=codes.new_id(os.urandom(16)),
            server_ephemeral_key=keys.public_point(own),
            signing_key=keys.public_point(self.signing),
            pin_key=keys.public_point(self.pin),
            epoch=os.urandom(16),
            user=code.user,
            site=self.site,
        )
        z = keys.ecdh(own, e)
        self.devices[tr.device] = Device(
            tr.device,
            code.user,
            tr.public_key,
            activation.shared_secret(z, tr),
            tr.epoch,
            activation.six_digits(z, tr),
        )
        test = self.ask(code.user, type="test", device=tr.device)
        return messages.Claimed(
            device=tr.device,
            activation=tr.activation,
            expires=300_000,
            ephemeral_key=b64u(tr.server_ephemeral_key),
            signing_key=b64u(tr.signing_key),
            pin_key=b64u(tr.pin_key),
            epoch=b64u(tr.epoch),
            user=code.user,
            display=code.user.title(),
            site=tr.site,
            test=messages.SignedBytes(b64u(test.bytes), b64u(test.signature)),
            signature=b64u(keys.sign(self.signing, activation.claimed_text(tr))),
        )

    def _current(self, device: Device) -> httpx.Response:
        reply = _ok({"state": device.activation})
        self.on_look()
        return reply

    def _challenges(self, device: Device) -> httpx.Response:
        mine = [q for q in self.questions.values() if q.device == device.id]
        waiting = [{"bytes": b64u(q.bytes), "signature": b64u(q.signature)} for q in mine if q.state == "pending"]
        ended = [{"challenge": q.id, "state": q.state, "at": 1} for q in mine if q.state in ("superseded", "expired")]
        reply = _ok({"waiting": waiting, "ended": ended})
        self.on_look()
        return reply

    def _test(self, device: Device) -> httpx.Response:
        test = self.ask(device.user, type="test", device=device.id)
        return _ok({"bytes": b64u(test.bytes), "signature": b64u(test.signature)})

    def _ask_leave(self, device: Device) -> httpx.Response:
        asked = self.ask(device.user, type="step_up", device=device.id, started="phone")
        return _ok({"bytes": b64u(asked.bytes), "signature": b64u(asked.signature)})

    def _leave(self, device: Device) -> httpx.Response:
        mine = [q for q in self.questions.values() if q.device == device.id and b'"step_up"' in q.bytes]
        device.state = "removed" if any(q.state == "approved" for q in mine) else "suspended"
        return _ok({"state": device.state})

    def _answer(self, request: httpx.Request) -> httpx.Response:
        said = msgspec.json.decode(request.content, type=messages.Answer)
        device, question = self.devices.get(said.device), self.questions.get(said.challenge)
        e, tag = unb64u(said.ephemeral_key), unb64u(said.tag)
        epoch = unb64u(said.epoch, 16)
        m = answer.response_text(
            self.host,
            said.device,
            said.challenge,
            unb64u(said.hash, 32),
            answer.Decision.of(said.decision),
            said.confirmation,
            epoch,
            said.seq,
        )
        signature = unb64u(said.signature, 64)
        if device is None or not keys.verify(device.public_key, answer.answer_text(m, e, tag), signature):
            return refusal(401, "phone.unknown")
        if device.state != "active":
            return refusal(403, f"phone.{device.state}")
        if device.activation == "claimed":
            return refusal(409, "phone.unconfirmed")
        if question is not None and question.answer == request.content:
            return _ok(question.result[1], question.result[0])
        if question is None or question.device != device.id:
            return refusal(404, "challenge.unknown")
        if question.state != "pending":
            known = question.state in ("expired", "superseded", "locked")
            return refusal(410 if known else 409, f"challenge.{question.state if known else 'answered'}")
        if epoch not in (device.epoch, device.previous):
            device.state = "suspended"
            return refusal(403, "phone.copied")
        if said.seq <= device.seq:
            return refusal(409, "answer.replayed")
        assert unb64u(said.hash) == sha256(question.bytes).digest()
        device.seq = said.seq
        if said.decision == "approve" and not self._proved(device, question, said, m):
            return self._strike(device)
        return self._accept(device, question, said, request.content)

    def _proved(self, device: Device, question: Question, said: messages.Answer, m: bytes) -> bool:
        e = unb64u(said.ephemeral_key, 65)
        right = answer.pin_tag(device.secret, keys.ecdh(self.pin, e), e, m)
        return keys.same(right, unb64u(said.tag, 32)) and said.confirmation == question.digits

    def _strike(self, device: Device) -> httpx.Response:
        device.wrong += 1
        if device.wrong >= 5:
            device.state = "locked"
        return refusal(403, "answer.wrong", tries_left=5 - device.wrong)

    def _accept(self, device: Device, question: Question, said: messages.Answer, raw: bytes) -> httpx.Response:
        device.wrong = 0
        device.previous, device.epoch = unb64u(said.epoch), os.urandom(16)
        device.activation = "active"
        question.state = STATES[said.decision]
        question.answer = raw
        question.result = (200, {"challenge": question.id, "state": question.state, "epoch": b64u(device.epoch)})
        return _ok(question.result[1])

    def _stream(self, request: httpx.Request) -> httpx.Response:
        said = msgspec.json.decode(request.content, type=messages.StreamRequest)
        if said.nonce not in self.nonces:
            return refusal(401, "request.nonce", headers={requests.NONCE_HEADER: self._nonce()})
        for entry in said.devices:
            text = requests.stream_text(self.host, entry.device, said.nonce)
            assert keys.verify(self.devices[entry.device].public_key, text, unb64u(entry.signature, 64))
            self.streamed.append(entry.device)
        if self.stream_events is None:
            return refusal(503, "server.busy")
        return httpx.Response(200, content=_events(self.stream_events))


async def _events(events: list[bytes]) -> AsyncIterator[bytes]:
    for event in events:
        yield event


def _ok(body: dict[str, Any], status: int = 200) -> httpx.Response:
    return httpx.Response(status, content=msgspec.json.encode(body))


def refusal(
    status: int, code: str, *, tries_left: int | None = None, headers: dict[str, str] | None = None
) -> httpx.Response:
    """A problem document as the real server writes it."""
    problem = messages.Problem(
        f"urn:twolatch:{code}", code, status, f"Title of {code}", "Detail.", "Next.", tries_left=tries_left
    )
    return httpx.Response(status, content=msgspec.json.encode(problem), headers=headers)
