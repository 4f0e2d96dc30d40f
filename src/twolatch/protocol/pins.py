"""The PIN, which never leaves the phone: how it masks the secret, which are refused (docs/protocol.md, 2)."""

import re
from hashlib import pbkdf2_hmac
from itertools import pairwise
from typing import Literal
from unicodedata import normalize

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CTR

from twolatch.protocol.keys import mac
from twolatch.protocol.labels import is_plain
from twolatch.protocol.octets import label, utf8

ITERATIONS = 600_000
SHORTEST = 4
LONGEST = 6

Weakness = Literal["control", "short", "long", "repeat", "sequence", "half", "year", "common", "name"]

# The most common PINs of published leaks that no other rule here catches: keypad columns, corners and
# crosses, pairs, runs that wrap, words on the keys. Lower case.
# fmt: off
COMMON = frozenset((
    "0007", "0911", "0987", "1100", "1122", "1133", "1221", "1233", "1342", "1357", "1470", "1478", "2112",
    "2244", "2255", "2468", "2580", "3692", "5150", "5201", "5683", "6996", "7410", "7788", "7890", "8520",
    "9630", "11223", "13579", "14789", "24680", "102030", "112233", "123321", "123654", "135790", "147258",
    "159357", "159753", "741852", "789456", "963852", "987456", "asdf", "love", "qwer", "zxcv", "admin",
    "hello", "letme", "pass1", "qwert", "abc123", "asdfgh", "azerty", "qazwsx", "qwerty", "secret",
    "zxcvbn",
))
# fmt: on

_YEAR = re.compile(r"(19|20)[0-9]{2}", re.ASCII)


def stretch(pin: str, salt: bytes, iterations: int) -> bytes:
    """`p`, 32 bytes: PBKDF2-HMAC-SHA256 of the PIN in NFC (one "é", however the keyboard sent it)."""
    return pbkdf2_hmac("sha256", utf8(normalize("NFC", pin)), salt, iterations, 32)


def mask_key(k_mask: bytes, p: bytes) -> bytes:
    """`m`, 32 bytes. K_mask cannot leave a phone's key store, so copied storage alone tests no PIN."""
    return mac(k_mask, label("mask") + p)


def masked(m: bytes, secret: bytes) -> bytes:
    """AES-256-CTR from a counter of 16 zero bytes; its own inverse.

    No check value on purpose: every PIN yields some S', so the storage does not tell which is right.
    The zero counter is safe: a key `m` belongs to one salt and masks one secret.
    """
    encryptor = Cipher(AES(m), CTR(bytes(16))).encryptor()
    return encryptor.update(secret) + encryptor.finalize()


def weakness(pin: str, user: str) -> Weakness | None:
    """Why this PIN is refused for this user, or None. The first that fits, in the order of the page."""
    if not is_plain(pin):
        return "control"
    signs = normalize("NFC", pin)
    if len(signs) < SHORTEST:
        return "short"
    return "long" if len(signs) > LONGEST else _pattern(signs) or _known(signs, user)


def _pattern(signs: str) -> Weakness | None:
    points = [ord(sign) for sign in signs]
    steps = {after - before for before, after in pairwise(points)}
    if steps == {0}:
        return "repeat"
    if steps in ({1}, {-1}):
        return "sequence"
    half = len(signs) // 2
    return "half" if signs[:half] * 2 == signs else None


def _known(signs: str, user: str) -> Weakness | None:
    if _YEAR.fullmatch(signs):
        return "year"
    if signs.lower() in COMMON:
        return "common"
    return "name" if normalize("NFC", user).lower().startswith(signs.lower()) else None
