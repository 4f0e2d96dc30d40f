"""The app on one phone, past its screens: signed requests, its own sign-in, its session's token."""

from dataclasses import dataclass
from typing import Any

import httpx
import msgspec

from tests.people import API, PASSWORD, PIN, Phone
from twolatch.client import device
from twolatch.client.outcomes import Answered, Asked, Refused
from twolatch.protocol.answer import Decision
from twolatch.protocol.keys import PrivateKey, sign
from twolatch.protocol.messages import SignedBytes
from twolatch.protocol.octets import b64u
from twolatch.protocol.requests import request_text


@dataclass
class OwnApp:
    phone: Phone
    token: str = ""

    @property
    def device(self) -> str:
        return self.phone.record.device

    async def ask(
        self, method: str, name: str, body: Any = None, *, token: str | None = None, key: PrivateKey | None = None,
        device: str = "", **headers: str,
    ) -> httpx.Response:  # fmt: skip
        """A signed request; with `key` and `device` as somebody else would make it."""
        nonce = (await self.phone.call("GET", "nonce")).json()["nonce"]
        content = b"" if body is None else body if isinstance(body, bytes) else msgspec.json.encode(body)
        who = device or self.device
        host = self.phone.site.settings.phone_host
        text = request_text(host, who, method, API + name, nonce, content)
        given = {
            "twolatch_device": who,
            "twolatch_nonce": nonce,
            "twolatch_signature": b64u(sign(key or self.phone.key(), text)),
            **headers,
        }
        session = self.token if token is None else token
        if session:
            given["twolatch_session"] = session
        return await self.phone.call(method, name, content, **given)

    async def type(self, name: str, password: str = PASSWORD, **more: Any) -> httpx.Response:
        """The first latch."""
        return await self.ask("POST", "sign-in", {"name": name, "password": password}, **more)

    def opened(self, answer: httpx.Response) -> Asked:
        """The question in an answer, its signature checked."""
        return device.read_challenge(self.phone.record, msgspec.json.decode(answer.content, type=SignedBytes))

    async def approve(self, answer: httpx.Response, pin: str = PIN) -> Answered | Refused:
        """Answers the question that came with `answer`."""
        return await self.phone.soft.answer(self.opened(answer), Decision.APPROVE, pin)

    async def sign_in(self, name: str) -> str:
        """Both latches on this phone; the token."""
        asked = await self.type(name)
        assert asked.status_code == 200, asked.text
        assert isinstance(await self.approve(asked), Answered)
        self.token = (await self.ask("POST", "session")).json()["token"]
        return self.token

    async def is_in(self, **more: Any) -> bool:
        return (await self.ask("GET", "overview", **more)).status_code == 200
