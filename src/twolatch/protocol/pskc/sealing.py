"""Opening what is encrypted in a PSKC file: by a key agreed before, or by a passphrase (RFC 6030, section 6).

A MAC is required wherever the cipher has none of its own, and is checked first: who can change a file must not learn
from how it fails to open, nor put another key into a card.
"""

import hashlib
import hmac
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC
from cryptography.hazmat.primitives.keywrap import InvalidUnwrap, aes_key_unwrap

from twolatch.protocol.keys import same
from twolatch.protocol.pskc.door import BadFile, Node

FEWEST_ROUNDS, MOST_ROUNDS = 1_000, 10_000_000
FEW_ROUNDS = 100_000  # fewer are a weak passphrase's only protection: the operator is told
MOST_SALT = 1_024
BLOCK = 16

_DSIG, _MORE = "http://www.w3.org/2000/09/xmldsig#", "http://www.w3.org/2001/04/xmldsig-more#"
_ENC, _ENC11 = "http://www.w3.org/2001/04/xmlenc#", "http://www.w3.org/2009/xmlenc11#"
_PKCS5 = "http://www.rsasecurity.com/rsalabs/pkcs/schemas/pkcs-5v2-0#"
MACS = {f"{_DSIG}hmac-sha1": "sha1"} | {f"{_MORE}hmac-sha{n}": f"sha{n}" for n in (256, 384, 512)}
_PRFS = {"": "sha1", "hmacWithSHA1": "sha1", "hmacWithSHA256": "sha256", "hmacWithSHA512": "sha512"}
_CBC = {f"{_ENC}aes{bits}-cbc": bits // 8 for bits in (128, 192, 256)}
_GCM = {f"{_ENC11}aes{bits}-gcm": bits // 8 for bits in (128, 192, 256)}
_WRAP = {f"{_ENC}kw-aes{bits}": bits // 8 for bits in (128, 192, 256)}
WRONG_KEY = "the key or passphrase does not open this file, or the file was changed"


@dataclass(frozen=True, slots=True)
class FileKey:
    """What the maker gave apart from the file: a key, or a passphrase; neither for a file that is not encrypted."""

    key: bytes = field(default=b"", repr=False)
    passphrase: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True)
class Opener:
    """Opens the values of one file. `notes`: what the operator should know of how it was sealed."""

    key: bytes = field(repr=False)
    mac_key: bytes = field(repr=False)
    mac_hash: str
    notes: tuple[str, ...]

    def value(self, holder: Node) -> bytes:
        """What stands in a `Secret` or a `Counter`, plain or encrypted."""
        plain, sealed = holder.one("PlainValue"), holder.one("EncryptedValue")
        if plain and sealed:
            raise BadFile("a value is there both plain and encrypted", holder.line)
        if plain:
            return plain.octets
        if not sealed:
            raise BadFile("a value is missing", holder.line)
        if not self.key:
            raise BadFile("it is encrypted, but says nothing of a key", sealed.line)
        return self._opened(sealed, holder.one("ValueMAC"))

    def _opened(self, sealed: Node, mac: Node | None) -> bytes:
        algorithm, text = _cipher(sealed)
        if mac:
            self._check(mac, text)
        elif algorithm in _CBC:
            raise BadFile("its MAC is missing", sealed.line)
        return decrypted(algorithm, self.key, text, sealed.line)

    def _check(self, mac: Node, text: bytes) -> None:
        if not self.mac_key:
            raise BadFile("a MAC without a method", mac.line)
        if not same(hmac.digest(self.mac_key, text, self.mac_hash), mac.octets):
            raise BadFile(WRONG_KEY, mac.line)


def opener(container: Node, given: FileKey) -> Opener:
    """How the values of this file are opened. Raises BadFile when the key is missing, wrong, or of another sort."""
    asked = container.one("EncryptionKey")
    if asked is None:
        return Opener(b"", b"", "", ("The file is not encrypted: destroy it, and every copy of it, after the import.",))
    key, notes = _file_key(asked, given)
    method = container.one("MACMethod")
    if method is None:
        return Opener(key, b"", "", notes)
    name = MACS.get(method.marks.get("Algorithm", ""))
    if name is None:
        raise BadFile("an unknown MAC", method.line)
    mac_key = decrypted(*_with(_cipher(method.must("MACKey")), key), method.line)
    return Opener(key, mac_key or _empty(method), name, notes)


def _with(sealed: tuple[str, bytes], key: bytes) -> tuple[str, bytes, bytes]:
    return sealed[0], key, sealed[1]


def _empty(method: Node) -> bytes:
    raise BadFile("an empty MAC key", method.line)


def _file_key(asked: Node, given: FileKey) -> tuple[bytes, tuple[str, ...]]:
    if derived := asked.one("DerivedKey", None):
        if not given.passphrase:
            raise BadFile("it opens by a passphrase, and none was given", asked.line)
        return _derived(derived.must("KeyDerivationMethod", None), given.passphrase)
    if asked.one("KeyName", None) is None:
        raise BadFile("it opens by a certificate, which is not supported: ask for a key or a passphrase", asked.line)
    if not given.key:
        raise BadFile("it opens by a key agreed before, and none was given", asked.line)
    return given.key, ()


def _derived(method: Node, passphrase: bytes) -> tuple[bytes, tuple[str, ...]]:
    """PBKDF2 (RFC 8018). Its parameters come from the file, so they are bounded before anything is computed."""
    if method.marks.get("Algorithm") != f"{_PKCS5}pbkdf2":
        raise BadFile("an unknown way to a key", method.line)
    params = method.must("PBKDF2-params", None)
    salt = params.must("Salt", None).must("Specified", None).octets
    rounds, size = (_whole(params.must(name, None)) for name in ("IterationCount", "KeyLength"))
    prf = params.one("PRF", None)
    name = _PRFS.get((prf.marks.get("Algorithm", "") if prf else "").rpartition("#")[2])
    if not FEWEST_ROUNDS <= rounds <= MOST_ROUNDS or size not in {16, 24, 32} or not 8 <= len(salt) <= MOST_SALT:
        raise BadFile("a salt, a key or a number of rounds out of bounds", params.line)
    if name is None:
        raise BadFile("an unknown hash for the passphrase", params.line)
    weak = f"Only {rounds} rounds protect the passphrase: it must be long and known to nobody else."
    return hashlib.pbkdf2_hmac(name, passphrase, salt, rounds, size), (weak,) if rounds < FEW_ROUNDS else ()


def _whole(node: Node) -> int:
    text = node.text.strip()
    if not text.isascii() or not text.isdigit() or len(text) > 12:
        raise BadFile(f"{node.name} is no number", node.line)
    return int(text)


def _cipher(sealed: Node) -> tuple[str, bytes]:
    """(algorithm, octets)"""
    algorithm = sealed.must("EncryptionMethod", _ENC).marks.get("Algorithm", "")
    return algorithm, sealed.must("CipherData", _ENC).must("CipherValue", _ENC).octets


def decrypted(algorithm: str, key: bytes, text: bytes, line: int) -> bytes:
    """Raises BadFile for a cipher that is not on the list, a key of another length, and whatever does not open."""
    size = {**_CBC, **_GCM, **_WRAP}.get(algorithm)
    if size is None:
        raise BadFile("a cipher that is not accepted", line)
    if size != len(key):
        raise BadFile(f"its cipher takes a key of {size} bytes, not of {len(key)}", line)
    try:
        if algorithm in _GCM:
            return AESGCM(key).decrypt(text[:12], text[12:], None)
        return aes_key_unwrap(key, text) if algorithm in _WRAP else _cbc(key, text)
    except (InvalidTag, InvalidUnwrap, ValueError):
        raise BadFile(WRONG_KEY, line) from None


def _cbc(key: bytes, text: bytes) -> bytes:
    """The first block is the vector; the last byte says how many were filled up (XML Encryption, 5.2)."""
    if len(text) < 2 * BLOCK or len(text) % BLOCK:
        raise ValueError("no whole blocks")
    machine = Cipher(AES(key), CBC(text[:BLOCK])).decryptor()
    plain = machine.update(text[BLOCK:]) + machine.finalize()
    if not 1 <= plain[-1] <= BLOCK:
        raise ValueError("no padding")
    return plain[: -plain[-1]]
