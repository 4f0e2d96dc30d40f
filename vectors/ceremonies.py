"""Test data of passkey.json: the vectors of W3C WebAuthn Level 3, section 16, derived as that page derives them.

There every random value is HKDF-SHA-256 of 'WebAuthn test vectors' with a running number as salt and the vector's name
as info, and signatures are deterministic: what is made here is, byte for byte, what stands there.
"""

import base64
import json
from hashlib import sha256

import cbor2
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from formulas import Case

RP_ID, ORIGIN, TOP = "example.org", "https://example.org", "https://example.com"
_EXTRA = "clientDataJSON may be extended with additional fields in the future, such as this: "
UP, UV, BE, BS, AT = 1, 4, 8, 16, 64


class _Draws:
    def __init__(self, name: str) -> None:
        self._name, self._count = name.encode(), -1

    def next(self, length: int) -> bytes:
        self._count += 1
        hkdf = HKDF(hashes.SHA256(), length, bytes([self._count]), self._name)
        return hkdf.derive(b"WebAuthn test vectors")


def _client_data(kind: str, challenge: bytes, draws: _Draws, where: Case) -> bytes:
    said = {"type": f"webauthn.{kind}", "challenge": _b64u(challenge), "origin": ORIGIN, "crossOrigin": False, **where}
    if draws.next(1)[0] & 1:
        said["extraData"] = _EXTRA + _b64u(draws.next(16))
    return json.dumps(said, separators=(",", ":")).encode()


def _b64u(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _flags(drawn: int, may_back_up: bool) -> int:
    return UP | drawn & UV | (BE | drawn & BS if may_back_up else 0)


def _vector(name: str, says: str, where: Case, id_length: int = 32, *, attests: bool = False) -> Case:
    draws = _Draws(name)
    challenge, scalar = draws.next(32), draws.next(32)
    private = ec.derive_private_key(int.from_bytes(scalar, "big"), ec.SECP256R1())
    made = _client_data("create", challenge, draws, where)
    aaguid, credential, drawn = draws.next(16), draws.next(id_length), draws.next(1)[0]
    may_back_up = bool(drawn & BE)
    numbers = private.public_key().public_numbers()
    key = cbor2.dumps({1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32, "big"), -3: numbers.y.to_bytes(32, "big")})
    data = _data(_flags(drawn, may_back_up) | AT) + aaguid + id_length.to_bytes(2, "big") + credential + key
    statement = {"alg": -7, "sig": _sign(private, data, made)} if attests else {}
    attestation = {"fmt": "packed" if attests else "none", "attStmt": statement, "authData": data}
    asked = draws.next(32)
    used = _client_data("get", asked, draws, where)
    drawn_again = draws.next(1)[0]
    shown = _data(_flags(drawn_again, may_back_up))
    return {
        "says": says,
        "credential": credential.hex(),
        "key": key.hex(),
        "verified": bool(drawn & UV),
        "synced": may_back_up,
        "registration": {
            "challenge": challenge.hex(), "client_data": made.hex(), "attestation": cbor2.dumps(attestation).hex(),
        },
        "assertion": {
            "challenge": asked.hex(), "client_data": used.hex(), "authenticator_data": shown.hex(),
            "signature": _sign(private, shown, used).hex(), "verified": bool(drawn_again & UV),
        },
    }  # fmt: skip


def _data(flags: int, count: int = 0) -> bytes:
    return sha256(RP_ID.encode()).digest() + bytes([flags]) + count.to_bytes(4, "big")


def _sign(private: ec.EllipticCurvePrivateKey, data: bytes, client_data: bytes) -> bytes:
    algorithm = ec.ECDSA(hashes.SHA256(), deterministic_signing=True)
    return private.sign(data + sha256(client_data).digest(), algorithm)


def _edwards() -> Case:
    """Not of the specification: a key that signs by EdDSA, with PIN or body, and counts."""
    draws = _Draws("twolatch none.EdDSA")
    challenge, private = draws.next(32), ed25519.Ed25519PrivateKey.from_private_bytes(draws.next(32))
    made = _client_data("create", challenge, draws, {})
    aaguid, credential = draws.next(16), draws.next(32)
    raw = private.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
    key = cbor2.dumps({1: 1, 3: -8, -1: 6, -2: raw})
    data = _data(UP | UV | AT, 1) + aaguid + (32).to_bytes(2, "big") + credential + key
    asked = draws.next(32)
    used, shown = _client_data("get", asked, draws, {}), _data(UP | UV, 2)
    return {
        "says": "EdDSA, verified, with a counter", "credential": credential.hex(), "key": key.hex(),
        "verified": True, "synced": False,
        "registration": {
            "challenge": challenge.hex(), "client_data": made.hex(),
            "attestation": cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data}).hex(),
        },
        "assertion": {
            "challenge": asked.hex(), "client_data": used.hex(), "authenticator_data": shown.hex(), "verified": True,
            "signature": private.sign(shown + sha256(used).digest()).hex(),
        },
    }  # fmt: skip


def passkey() -> Case:
    return {
        "says": "W3C WebAuthn Level 3, section 16 (`good`: 16.2, 16.3, 16.6, and one of ours; `bad`: 16.4 and 16.5, "
        "which that page allows to sites that want frames of others: this one does not).",
        "rp_id": RP_ID,
        "origin": ORIGIN,
        "good": [
            _vector("none.ES256", "16.2 ES256, no attestation", {}),
            _vector("packed-self.ES256", "16.3 ES256, self attestation", {}, attests=True),
            _vector("none.ES256.long-credential-id", "16.6 an id of 1023 bytes", {}, 1023),
            _edwards(),
        ],
        "bad": [
            _vector("none.ES256.crossOrigin", "16.4 inside a frame of another origin", {"crossOrigin": True}),
            _vector("none.ES256.topOrigin", "16.5 the other origin is named", {"crossOrigin": True, "topOrigin": TOP}),
        ],
    }
