"""A security key in software that can lie in every field. Nothing of ours is used to make its answers."""

import base64
import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import Any

import cbor2
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa

UP, UV, BE, BS, AT = 1, 4, 8, 16, 64
Cose = dict[int, Any]


def b64u(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def unb64u(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


class P256:
    def __init__(self) -> None:
        self.private = ec.generate_private_key(ec.SECP256R1())

    @property
    def cose(self) -> Cose:
        numbers = self.private.public_key().public_numbers()
        return {1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32, "big"), -3: numbers.y.to_bytes(32, "big")}

    def sign(self, data: bytes) -> bytes:
        return self.private.sign(data, ec.ECDSA(hashes.SHA256()))


class Edwards:
    def __init__(self) -> None:
        self.private = ed25519.Ed25519PrivateKey.generate()

    @property
    def cose(self) -> Cose:
        raw = self.private.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
        return {1: 1, 3: -8, -1: 6, -2: raw}

    def sign(self, data: bytes) -> bytes:
        return self.private.sign(data)


class Rsa:
    def __init__(self, bits: int = 2048) -> None:
        self.private = rsa.generate_private_key(65537, bits)

    @property
    def cose(self) -> Cose:
        numbers = self.private.public_key().public_numbers()
        return {1: 3, 3: -257, -1: numbers.n.to_bytes(self.private.key_size // 8, "big"), -2: b"\x01\x00\x01"}

    def sign(self, data: bytes) -> bytes:
        return self.private.sign(data, padding.PKCS1v15(), hashes.SHA256())


@dataclass
class Lies:
    """What the next answer says against the truth. `client` changes what the browser signs for, `cose` the key."""

    rp_id: str | None = None
    flags: int | None = None
    count: int | None = None
    client: dict[str, Any] = field(default_factory=dict)
    raw_client: bytes | None = None
    cose: dict[int, Any] = field(default_factory=dict)
    id: bytes | None = None
    data_tail: bytes = b""
    sign: Callable[[bytes], bytes] | None = None
    outer: dict[str, Any] = field(default_factory=dict)
    response: dict[str, Any] = field(default_factory=dict)
    attestation: dict[str, Any] = field(default_factory=dict)


@dataclass
class Key:
    """One credential. `verifies`: asks for a PIN or a finger; `counts`: its counter grows."""

    origin: str = "http://localhost"
    verifies: bool = True
    counts: bool = True
    synced: bool = False
    pair: P256 | Edwards | Rsa = field(default_factory=P256)
    id: bytes = field(default_factory=lambda: secrets.token_bytes(32))
    user: str = ""
    count: int = 0
    asked: dict[str, Any] = field(default_factory=dict)

    def copy(self) -> "Key":
        """A second key with the same secret: what nobody should be able to make."""
        return replace(self)

    def create(self, options: str, lies: Lies | None = None) -> str:
        self.asked, lies = json.loads(options), lies or Lies()
        self.user = self.asked["user"]["id"]
        said = self._client("create", lies)
        key_id = self.id if lies.id is None else lies.id
        cose = {name: value for name, value in {**self.pair.cose, **lies.cose}.items() if value is not None}
        attested = bytes(16) + len(key_id).to_bytes(2, "big") + key_id + cbor2.dumps(cose)
        data = self._data(self.asked["rp"]["id"], AT, lies) + attested + lies.data_tail
        made = {"fmt": "none", "attStmt": {}, "authData": data, **lies.attestation}
        response = {"clientDataJSON": b64u(said), "attestationObject": b64u(cbor2.dumps(made)), "transports": ["usb"]}
        return self._json({**response, **lies.response}, lies, {"credProps": {"rk": self.verifies}})

    def get(self, options: str, lies: Lies | None = None) -> str:
        self.asked, lies = json.loads(options), lies or Lies()
        said = self._client("get", lies)
        data = self._data(self.asked["rpId"], 0, lies) + lies.data_tail
        signature = (lies.sign or self.pair.sign)(data + sha256(said).digest())
        response = {
            "clientDataJSON": b64u(said), "authenticatorData": b64u(data), "signature": b64u(signature),
            "userHandle": self.user,
        }  # fmt: skip
        return self._json({**response, **lies.response}, lies, {})

    def _client(self, kind: str, lies: Lies) -> bytes:
        said = {
            "type": f"webauthn.{kind}", "challenge": self.asked["challenge"], "origin": self.origin,
            "crossOrigin": False, **lies.client,
        }  # fmt: skip
        told = {name: value for name, value in said.items() if value is not None}
        return json.dumps(told).encode() if lies.raw_client is None else lies.raw_client

    def _data(self, rp_id: str, more: int, lies: Lies) -> bytes:
        self.count += self.counts
        truth = UP | more | (UV if self.verifies else 0) | (BE | BS if self.synced else 0)
        flags = truth if lies.flags is None else lies.flags
        count = self.count if lies.count is None else lies.count
        return sha256((lies.rp_id or rp_id).encode()).digest() + bytes([flags]) + count.to_bytes(4, "big")

    def _json(self, response: dict[str, Any], lies: Lies, extensions: dict[str, Any]) -> str:
        key_id = b64u(self.id if lies.id is None else lies.id)
        outer = {"id": key_id, "rawId": key_id, "type": "public-key", "response": response}
        return json.dumps({**outer, "clientExtensionResults": extensions, **lies.outer})
