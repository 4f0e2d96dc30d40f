"""The soft card: what a challenge card does, without plastic. For rehearsals; its file is no safe place for a key.

Its PIN opens the key (PBKDF2, then AES-256-GCM), so a wrong one is noticed here, as the real card notices it. A real
one locks after a few; a file cannot stop anybody from trying all PINs of four digits.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from hashlib import pbkdf2_hmac
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from twolatch.protocol.ocra import response
from twolatch.protocol.octets import Malformed, b64u, unb64u
from twolatch.protocol.pskc.writing import NewKey

SUITE = "OCRA-1:HOTP-SHA256-8:QN08"
KEY_BYTES = 32
FRESH = KEY_BYTES + 16 + 12
ROUNDS = 100_000
PIN = re.compile(r"[0-9]{4,8}", re.ASCII)
NUMBER = re.compile(r"[0-9]{6}|[0-9]{8}", re.ASCII)
SERIAL = re.compile(r"[A-Za-z0-9-]{1,64}", re.ASCII)


@dataclass(frozen=True, slots=True)
class SoftCard:
    """As its file holds it; `salt`, `nonce` and `sealed` in b64u."""

    serial: str
    suite: str
    rounds: int
    salt: str
    nonce: str
    sealed: str = field(repr=False)


def made(serial: str, pin: str, fresh: bytes) -> tuple[SoftCard, NewKey]:
    """A new card, and what its maker tells the site. `fresh`: 60 random bytes. Raises Malformed for another PIN."""
    if not PIN.fullmatch(pin) or not SERIAL.fullmatch(serial):
        raise Malformed("a serial of letters and digits, and a PIN of four to eight digits")
    key, salt, nonce = fresh[:KEY_BYTES], fresh[KEY_BYTES:-12], fresh[-12:]
    sealed = AESGCM(_stretched(pin, salt, ROUNDS)).encrypt(nonce, key, serial.encode())
    return SoftCard(serial, SUITE, ROUNDS, b64u(salt), b64u(nonce), b64u(sealed)), NewKey(serial, SUITE, key)


def answer(card: SoftCard, pin: str, number: str) -> str | None:
    """Eight digits; None when the PIN is wrong. Raises Malformed for anything but six or eight digits."""
    if not NUMBER.fullmatch(number):
        raise Malformed("a number of six or eight digits")
    key = _stretched(pin, unb64u(card.salt), card.rounds)
    try:
        secret = AESGCM(key).decrypt(unb64u(card.nonce), unb64u(card.sealed), card.serial.encode())
    except InvalidTag:
        return None
    return response(card.suite, secret, number)


def _stretched(pin: str, salt: bytes, rounds: int) -> bytes:
    return pbkdf2_hmac("sha256", pin.encode("utf-8", "replace"), salt, rounds)


def keep(folder: Path, card: SoftCard) -> None:
    """One file for each card, readable by its owner alone."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    file = folder / f"{card.serial}.card.json"
    file.touch(mode=0o600)
    file.write_text(json.dumps(asdict(card), indent=1) + "\n", encoding="ascii")


def load(folder: Path, serial: str) -> SoftCard | None:
    """None where there is no such card, or its file is damaged."""
    file = folder / f"{serial}.card.json"
    if not SERIAL.fullmatch(serial) or not file.is_file():
        return None
    try:
        return SoftCard(**json.loads(file.read_text(encoding="ascii")))
    except (ValueError, TypeError):
        return None


def kept(folder: Path) -> Iterator[str]:
    """The serials of the cards in this folder, in order."""
    return (file.name.removesuffix(".card.json") for file in sorted(folder.glob("*.card.json")))
