"""Keys of this site. What lies in the database is sealed under data keys, which lie there too, wrapped by a keeper.

Three purposes: `seal` closes values, `pepper` joins in passwords, `macs` finds things again and signs what we hand out.
The first two are changed while the site runs (`twolatch keys rotate`): each sealed value says which key closed it.
"""

import os
from collections.abc import Callable, Mapping
from enum import StrEnum
from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hmac import HMAC

from twolatch.protocol import keys as curve
from twolatch.protocol.octets import lp
from twolatch.wires.wrapping import WrongKey

__all__ = [
    "AUDIT", "PIN", "SIGNING", "VAPID", "Keys", "Purpose", "WrongKey", "fresh_private_der", "number_of",
]  # fmt: skip

SIGNING, PIN, VAPID = "challenge-signing", "pin-tag", "vapid"
AUDIT = "audit"
NUMBER = 4  # bytes before a sealed value: which data key closed it
NONCE = 12
SOON = 16  # numbers that may follow ours while we do not look


class Purpose(StrEnum):
    SEAL = "seal"
    PEPPER = "pepper"
    MACS = "macs"


def _begun(key: bytes) -> HMAC:
    """HMAC-SHA256 that has taken in its key already: half of the work for a short message."""
    return HMAC(key, SHA256())


def _ended(begun: HMAC, message: bytes) -> bytes:
    own = begun.copy()
    own.update(message)
    return own.finalize()


class _Closing:
    """One data key for sealing."""

    def __init__(self, root: bytes) -> None:
        self.gcm = AESGCM(curve.hkdf(root, b"", b"twolatch/v1/house/seal", 32))
        self.rows = _begun(curve.hkdf(root, b"", b"twolatch/v1/house/rows", 32))


class Keys:
    """Seals, MACs and signs. `roots`: 32 bytes for each data key, by purpose and number; the last one learned closes.

    `seal` binds a value to its table, column, row and client: a ciphertext copied to another row does not open.
    """

    def __init__(self, roots: Mapping[tuple[Purpose, int], bytes], draw: Callable[[int], bytes] = os.urandom) -> None:
        self._draw = draw
        self._closing: dict[int, _Closing] = {}
        self._peppers: dict[int, bytes] = {}
        self.closes_with = self.peppers_with = 0
        self._mac_begun = lru_cache(maxsize=32)(self._begin_mac)
        self._row_mac = lru_cache(maxsize=256)(self._make_row_mac)  # a login looks at the same row five times
        self._private: dict[str, EllipticCurvePrivateKey] = {}
        self._public: dict[str, bytes] = {}
        self._audit: Ed25519PrivateKey | None = None
        for (purpose, number), root in roots.items():
            self.learn(purpose, number, root)

    def learn(self, purpose: Purpose, number: int, root: bytes, *, is_used: bool = True) -> None:
        """From now on what this key closed can be opened; `is_used`: new values are closed with it."""
        if len(root) != 32:
            raise WrongKey("a data key must be 32 bytes")
        if purpose is Purpose.MACS:
            self._macs = root
        elif purpose is Purpose.PEPPER:
            self._peppers[number] = curve.hkdf(root, b"", b"twolatch/v1/house/pepper", 32)
            self.peppers_with = number if is_used else self.peppers_with
        else:
            self._closing[number] = _Closing(root)
            self.closes_with = number if is_used else self.closes_with

    def knows(self, purpose: Purpose, number: int) -> bool:
        return purpose is Purpose.MACS or number in (self._closing if purpose is Purpose.SEAL else self._peppers)

    def use(self, purpose: Purpose, number: int) -> None:
        """New values are closed with this one, which was learned before."""
        assert self.knows(purpose, number)
        if purpose is Purpose.PEPPER:
            self.peppers_with = number
        elif purpose is Purpose.SEAL:
            self.closes_with = number

    @property
    def peppers(self) -> Mapping[int, bytes]:
        """By number, the one for new hashes among them; it grows while the site runs."""
        return self._peppers

    def seal(self, where: str, row: str, user: str, value: bytes) -> bytes:
        """`where` is "table.column". Returns the key's number (4) + nonce (12) + ciphertext + tag (16)."""
        nonce = self._draw(NONCE)
        head = self.closes_with.to_bytes(NUMBER)
        return head + nonce + self._closing[self.closes_with].gcm.encrypt(nonce, value, lp(where, row, user))

    def open(self, where: str, row: str, user: str, sealed: bytes) -> bytes:
        one = self._closing.get(number_of(sealed))
        try:
            if one:
                return one.gcm.decrypt(sealed[NUMBER : NUMBER + NONCE], sealed[NUMBER + NONCE :], lp(where, row, user))
        except InvalidTag:
            pass
        raise WrongKey(
            f"the keys of this site do not open {where}: use the master key that was made together with this database"
        )

    def row_mac(self, purpose: str, sealed: bytes, *parts: str | bytes) -> bytes:
        """Of a row with a sealed value in it, under the key that closed this value: the two change together.

        A row under a number that was never given out is forged, and no MAC fits it. The next few numbers may be those
        of a key that another process has just made: WrongKey, for a client must not be suspended because we are slow.
        """
        one = self._closing.get(number_of(sealed))
        if one is None:
            if 0 < number_of(sealed) - max(self._closing) <= SOON:
                raise WrongKey(f"this process has not learned yet what closed a row of {purpose}")
            return self._draw(32)
        return self._row_mac(one, purpose, *parts, sealed)

    def _make_row_mac(self, one: _Closing, *parts: str | bytes) -> bytes:
        return _ended(one.rows, lp(*parts))

    def mac(self, purpose: str, *parts: str | bytes) -> bytes:
        """32 bytes; a separate key for each purpose, every part length-prefixed."""
        return _ended(self._mac_begun(purpose), lp(*parts))

    def _begin_mac(self, purpose: str) -> HMAC:
        return _begun(curve.hkdf(self._macs, b"", b"twolatch/v1/house/mac/" + purpose.encode(), 32))

    def keep(self, name: str, der: bytes) -> None:
        key = serialization.load_der_private_key(der, password=None)
        if name == AUDIT:
            assert isinstance(key, Ed25519PrivateKey)
            self._audit = key
            return
        assert isinstance(key, EllipticCurvePrivateKey)
        self._private[name], self._public[name] = key, curve.public_point(key)

    def private(self, name: str) -> EllipticCurvePrivateKey:
        return self._private[name]

    def public(self, name: str) -> bytes:
        """Its point, 65 bytes."""
        return self._public[name]

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


def number_of(sealed: bytes) -> int:
    """Which data key closed this value."""
    return int.from_bytes(sealed[:NUMBER])
