"""Keys of this site: one master key outside the database, everything else derived from it or sealed under it."""

import os
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from twolatch.protocol import keys as curve
from twolatch.protocol.octets import lp

SIGNING, PIN, VAPID = "challenge-signing", "pin-tag", "vapid"
AUDIT = "audit"


class WrongKey(Exception):
    """The master key does not open this database; refusing to start is the only safe answer."""


class Keys:
    """Seals, MACs and signs.

    `seal` binds a value to its table, column, row and client: a ciphertext copied to another row does not open.
    """

    def __init__(self, master: bytes, draw: Callable[[int], bytes] = os.urandom) -> None:
        if len(master) != 32:
            raise WrongKey("the master key must be 32 bytes")
        self._master, self._draw = master, draw
        self._gcm = AESGCM(curve.hkdf(master, b"", b"twolatch/v1/house/seal", 32))
        self._mac_key = lru_cache(maxsize=32)(self._derive_mac_key)
        self._private: dict[str, EllipticCurvePrivateKey] = {}
        self._audit: Ed25519PrivateKey | None = None

    def seal(self, where: str, row: str, user: str, value: bytes) -> bytes:
        """`where` is "table.column". Returns nonce (12) + ciphertext + tag (16)."""
        nonce = self._draw(12)
        return nonce + self._gcm.encrypt(nonce, value, lp(where, row, user))

    def open(self, where: str, row: str, user: str, sealed: bytes) -> bytes:
        try:
            return self._gcm.decrypt(sealed[:12], sealed[12:], lp(where, row, user))
        except InvalidTag:
            raise WrongKey(
                f"this master key is not the one of this database ({where} does not open): "
                "use the key file that was made together with it"
            ) from None

    def mac(self, purpose: str, *parts: str | bytes) -> bytes:
        """32 bytes; a separate key for each purpose, every part length-prefixed."""
        return curve.mac(self._mac_key(purpose), lp(*parts))

    def _derive_mac_key(self, purpose: str) -> bytes:
        return curve.hkdf(self._master, b"", b"twolatch/v1/house/mac/" + purpose.encode(), 32)

    def keep(self, name: str, der: bytes) -> None:
        key = serialization.load_der_private_key(der, password=None)
        if name == AUDIT:
            assert isinstance(key, Ed25519PrivateKey)
            self._audit = key
            return
        assert isinstance(key, EllipticCurvePrivateKey)
        self._private[name] = key

    def private(self, name: str) -> EllipticCurvePrivateKey:
        return self._private[name]

    @property
    def audit(self) -> Ed25519PrivateKey:
        """Signs the checkpoints of the audit log."""
        assert self._audit is not None
        return self._audit


def fresh_private_der(name: str) -> bytes:
    key = Ed25519PrivateKey.generate() if name == AUDIT else curve.new_private()
    return key.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def read_master_key(path: Path, *, make: bool) -> bytes:
    """32 bytes from a file that only its owner may read; made where it is missing and `make` allows it."""
    if not path.exists() and make:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(os.urandom(32).hex().encode())
            file.flush()
            os.fsync(file.fileno())
    try:
        mode = path.stat().st_mode & 0o077
        text = path.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError) as fault:
        raise WrongKey(f"cannot read the master key {path}: {fault}") from None
    if mode:
        raise WrongKey(f"the master key {path} may be read by others: chmod 600 {path}")
    try:
        return bytes.fromhex(text)
    except ValueError:
        raise WrongKey(f"the master key {path} must be 64 hexadecimal digits") from None
