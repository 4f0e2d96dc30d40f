"""A phone with a real key, as lean as the arithmetic allows (the soft phone's own care is for people)."""

import time
from collections.abc import Callable
from typing import TypeVar
from urllib.parse import urlsplit

import msgspec
from msgspec.structs import replace

from twolatch.client import device
from twolatch.client.store import Record
from twolatch.protocol import keys, messages, pins
from twolatch.protocol.answer import Decision
from twolatch.protocol.codes import read_session_id
from twolatch.protocol.octets import b64u
from twolatch.protocol.requests import (
    DEVICE_HEADER,
    NONCE_HEADER,
    SIGNATURE_HEADER,
    request_text,
    stream_text,
)
from twolatch.rehearsal.wire import Answer, Broken, End, Wire

BASE = "/api/phone/v1/"
INFO = messages.DeviceInfo(platform="android", model="Pixel 8", browser="Chrome 140", app="twolatch-rehearsal/1")
PIN, ITERATIONS = "7391", 1_000  # few rounds of PBKDF2: what the phone computes is not what is measured
SALT = bytes(16)  # one salt for all, so that the stretched PIN is computed once
STRETCHED = pins.stretch(PIN, SALT, ITERATIONS)

T = TypeVar("T")


def _unheeded(step: str, seconds: float) -> None:
    pass


class Phone:
    """`origin` is that of the phones' face; `record` is what it keeps of one client, none before the claim."""

    def __init__(
        self,
        end: End,
        origin: str,
        address: str = "",
        record: Record | None = None,
        note: Callable[[str, float], None] = _unheeded,
    ) -> None:
        self._origin, self._host = origin, urlsplit(origin).netloc
        self._wire, self._note = Wire(end), note
        self._common = {"host": self._host, "x-forwarded-for": address, "accept-language": "en"}
        self._nonce = ""
        self._key: keys.PrivateKey | None = None
        self._linked: device.Linked | None = None
        self.record = record

    async def look(self) -> messages.Waiting:
        return _read(messages.Waiting, await self._signed("GET", "challenges"))

    async def approve(self, digits: str) -> tuple[float, float]:
        """Answers what waits; when the answer left and when its reply was there (seconds of the monotonic clock)."""
        return await self._answer(await self.answer_to_what_waits(digits))

    async def answer_to_what_waits(self, digits: str, ahead: int = 1) -> messages.Answer:
        """An approval that is not sent yet. `ahead`: by how much its number is higher than the last one's."""
        waiting = (await self.look()).waiting
        if len(waiting) != 1:
            raise Broken(f"{len(waiting)} questions wait for the phone", "question.missing")
        return self.made(waiting[0], digits, ahead)

    def made(self, signed: messages.SignedBytes, digits: str, ahead: int = 1) -> messages.Answer:
        record = self._known()
        asked = device.read_challenge(record, signed)
        return device.make_answer(
            record, self._device_key(), asked, Decision.APPROVE,
            digits=digits, secret=device.unmask(record, STRETCHED), seq=record.seq + ahead,
        )  # fmt: skip

    def written(self, name: str, body: bytes) -> tuple[str, dict[str, str], bytes]:
        """An unsigned request as this phone would send it, for one that waits at a gate."""
        return f"{BASE}{name}", self._headers(body), body

    def begun(self, session_id: str) -> device.Begun:
        code = read_session_id(session_id) or ""
        return device.begin(self._origin, self._host, code, user_name="", info=INFO, holds=[])

    async def claim(self, session_id: str) -> str:
        """Claims a typed code; the six digits to type in the portal."""
        await self._ask("GET", "site")
        begun = self.begun(session_id)
        claimed = _read(messages.Claimed, await self._ask("POST", "activations/claim", msgspec.json.encode(begun.body)))
        self._linked = device.link(begun, claimed, None)
        self._key = begun.device_key
        self.record = device.record(self._linked, STRETCHED, k_mask=bytes(32), salt=SALT, iterations=ITERATIONS)
        return self._linked.six_digits

    async def finish(self) -> tuple[float, float]:
        """The portal confirmed: the first answer, to the test that came with the claim."""
        record, linked = self._known(), self._linked
        assert linked is not None
        state = _read(messages.CurrentActivation, await self._signed("GET", "activations/current")).state
        if state != "confirmed":
            raise Broken(f"the activation is {state}", f"activation.{state}")
        asked = device.read_challenge(record, linked.claimed.test)
        made = device.make_answer(
            record, self._device_key(), asked, Decision.APPROVE, digits="", secret=linked.secret, seq=1
        )
        return await self._answer(made)

    async def listen(self) -> None:
        """Opens the stream and keeps it."""
        record = self._known()
        await self._fresh_nonce()
        signature = b64u(keys.sign(self._device_key(), stream_text(self._host, record.device, self._nonce)))
        body = msgspec.json.encode(
            messages.StreamRequest(self._nonce, [messages.StreamDevice(record.device, signature)])
        )
        self._events = self._wire.events("POST", f"{BASE}stream", self._headers(body), body)
        await anext(self._events)

    def close(self) -> None:
        self._wire.close()

    def _known(self) -> Record:
        assert self.record is not None
        return self.record

    def _device_key(self) -> keys.PrivateKey:
        if self._key is None:
            self._key = device.load_key(self._known())
        return self._key

    async def _answer(self, made: messages.Answer) -> tuple[float, float]:
        body = msgspec.json.encode(made)
        sent = time.monotonic()
        answer = await self._ask("POST", "answers", body)
        replied = time.monotonic()
        result = _read(messages.AnswerResult, answer)
        if result.state != "approved":
            raise Broken(f"the answer was {result.state}", f"answer.{result.state}")
        self.record = replace(self._known(), epoch=result.epoch, seq=made.seq)
        return sent, replied

    async def _signed(self, method: str, name: str, body: bytes = b"") -> Answer:
        await self._fresh_nonce()
        of = self._known().device
        text = request_text(self._host, of, method, f"{BASE}{name}", self._nonce, body)
        signature = b64u(keys.sign(self._device_key(), text))
        proof = {DEVICE_HEADER: of, NONCE_HEADER: self._nonce, SIGNATURE_HEADER: signature}
        return await self._ask(method, name, body, proof)

    async def _fresh_nonce(self) -> None:
        if not self._nonce:
            await self._ask("GET", "nonce")

    async def _ask(self, method: str, name: str, body: bytes = b"", proof: dict[str, str] | None = None) -> Answer:
        begun = time.monotonic()
        answer = await self._wire.ask(method, f"{BASE}{name}", {**self._headers(body), **(proof or {})}, body)
        self._note(f"{method} {name}", time.monotonic() - begun)
        self._nonce = answer.one(NONCE_HEADER.lower()) or self._nonce
        return answer

    def _headers(self, body: bytes) -> dict[str, str]:
        return {**self._common, "content-type": "application/json"} if body else self._common


def masked(secret: bytes) -> str:
    """`MS` as this phone keeps it (b64u): under the PIN and a mask key of zero bytes."""
    return b64u(pins.masked(pins.mask_key(bytes(32), STRETCHED), secret))


def refused(answer: Answer) -> str:
    """The code of a refusal to a phone; "" for anything that was no refusal."""
    if answer.status < 400:
        return ""
    try:
        return msgspec.json.decode(answer.body, type=messages.Problem).code
    except msgspec.DecodeError:
        return str(answer.status)  # a proxy answered in the site's place


def _read(kind: type[T], answer: Answer) -> T:
    if answer.status != 200:
        said = answer.body[:200].decode(errors="replace")
        raise Broken(f"the phone was told {answer.status}: {said}", refused(answer))
    return msgspec.json.decode(answer.body, type=kind)
