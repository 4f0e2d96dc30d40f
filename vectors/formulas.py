"""The formulas of docs/protocol.md, written out a second time.

On purpose without `twolatch.protocol`: test data made by the code under test would only prove that the code
is what it is.
Signatures are deterministic (RFC 6979), keys and random bytes come from their names.
"""

import base64
import copy
import hmac
from hashlib import sha256
from typing import Any

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, utils

Case = dict[str, Any]
ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
HOST = "phone.example.com"
DEVICE, ACTIVATION, CHALLENGE = (f"{n}zx4cwr0qwn3bq7d8kq6nh2v1e" for n in "123")


def fixed(name: str, length: int) -> bytes:
    return b"".join(sha256(f"twolatch vectors {name} {n}".encode()).digest() for n in range(3))[:length]


def key(name: str) -> ec.EllipticCurvePrivateKey:
    scalar = int.from_bytes(fixed(name, 32), "big") % (ORDER - 1) + 1
    return ec.derive_private_key(scalar, ec.SECP256R1())


def private_hex(private: ec.EllipticCurvePrivateKey) -> str:
    return private.private_numbers().private_value.to_bytes(32, "big").hex()


def point(private: ec.EllipticCurvePrivateKey) -> bytes:
    form = serialization.PublicFormat.UncompressedPoint
    return private.public_key().public_bytes(serialization.Encoding.X962, form)


def sign(private: ec.EllipticCurvePrivateKey, message: bytes) -> bytes:
    der = private.sign(message, ec.ECDSA(hashes.SHA256(), deterministic_signing=True))
    return b"".join(n.to_bytes(32, "big") for n in utils.decode_dss_signature(der))


def ecdh(private: ec.EllipticCurvePrivateKey, other: ec.EllipticCurvePrivateKey) -> bytes:
    return private.exchange(ec.ECDH(), other.public_key())


def lp(*parts: bytes | str) -> bytes:
    raws = [part.encode() if isinstance(part, str) else part for part in parts]
    return b"".join(len(raw).to_bytes(2, "big") + raw for raw in raws)


def label(name: str) -> bytes:
    return f"twolatch/v1/{name}\0".encode()


def b64u(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def hkdf(secret: bytes, salt: bytes, info: bytes, length: int) -> bytes:
    prk = hmac.digest(salt or bytes(32), secret, "sha256")
    return hmac.digest(prk, info + b"\x01", "sha256")[:length]


def but(case: Case, says: str, **changed: Any) -> Case:
    """The same case, changed in one place, so that it must be refused."""
    return {**copy.deepcopy(case), "says": says, **changed}


def flip(hexed: str) -> str:
    return hexed[:-1] + format(int(hexed[-1], 16) ^ 1, "x")
