"""P-256 keys, signatures, key agreement; HKDF and HMAC with SHA-256 (docs/protocol.md, "Notation")."""

import hmac
from functools import lru_cache

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from twolatch.protocol.octets import Malformed

PrivateKey = ec.EllipticCurvePrivateKey

_CURVE = ec.SECP256R1()
_ECDSA = ec.ECDSA(hashes.SHA256())


def new_private() -> PrivateKey:
    """A fresh P-256 key, from the operating system's randomness."""
    return ec.generate_private_key(_CURVE)


def public_point(private: PrivateKey) -> bytes:
    """Its public key: the uncompressed point, 65 bytes, first byte 4."""
    return private.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def load_point(point65: bytes) -> ec.EllipticCurvePublicKey:
    """The public key of an uncompressed point. Raises Malformed unless it is one and lies on the curve.

    A point off the curve would leak the server's PIN key through ECDH, piece by piece (invalid-curve attack).
    """
    if len(point65) != 65 or point65[0] != 4:
        raise Malformed("not an uncompressed P-256 point")
    try:
        return ec.EllipticCurvePublicKey.from_encoded_point(_CURVE, point65)
    except ValueError as fault:
        raise Malformed("not a point on P-256") from fault


# A device's key is looked at twice at each login. A key that serves one exchange alone is not worth a place here.
_known_point = lru_cache(maxsize=1024)(load_point)


def sign(private: PrivateKey, message: bytes) -> bytes:
    """ECDSA with SHA-256: r and s, 32 bytes each."""
    r, s = decode_dss_signature(private.sign(message, _ECDSA))
    return r.to_bytes(32, "big") + s.to_bytes(32, "big")


def verify(point65: bytes, message: bytes, signature64: bytes) -> bool:
    """Whether the signature is this key's over this message. A wrong key or length is a plain no."""
    if len(signature64) != 64:
        return False
    r, s = int.from_bytes(signature64[:32], "big"), int.from_bytes(signature64[32:], "big")
    try:
        _known_point(point65).verify(encode_dss_signature(r, s), message, _ECDSA)
    except (Malformed, InvalidSignature):
        return False
    return True


def ecdh(private: PrivateKey, point65: bytes) -> bytes:
    """The 32-byte x coordinate both sides reach. Raises Malformed when the point is none."""
    return private.exchange(ec.ECDH(), load_point(point65))


def hkdf(key: bytes, salt: bytes, info: bytes, length: int) -> bytes:
    """HKDF-SHA256 (RFC 5869); an empty salt is 32 zero bytes."""
    return HKDF(algorithm=hashes.SHA256(), length=length, salt=salt or None, info=info).derive(key)


def mac(key: bytes, message: bytes) -> bytes:
    """HMAC-SHA256 (RFC 2104), 32 bytes."""
    return hmac.digest(key, message, "sha256")


def same(a: bytes, b: bytes) -> bool:
    """Whether two secrets are equal, in a time that does not tell where they differ."""
    return hmac.compare_digest(a, b)
