"""Writing a PSKC file, as a maker does: for soft cards, and for rehearsals of an import."""

import hmac
from base64 import b64encode
from collections.abc import Iterable
from dataclasses import dataclass, field
from html import escape

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC

from twolatch.protocol.octets import Malformed
from twolatch.protocol.pskc.door import PSKC
from twolatch.protocol.pskc.reading import OCRA

_SPACES = (
    f'xmlns="{PSKC}" xmlns:ds="http://www.w3.org/2000/09/xmldsig#" xmlns:xenc="http://www.w3.org/2001/04/xmlenc#"'
)


@dataclass(frozen=True, slots=True)
class NewKey:
    """One device with its key."""

    serial: str
    suite: str
    key: bytes = field(repr=False)
    counter: int = 0


def write(
    keys: Iterable[NewKey], file_key: bytes, fresh: bytes, maker: str = "Twolatch", model: str = "Soft card"
) -> bytes:
    """A file sealed under `file_key` (16, 24 or 32 bytes). `fresh`: 48 random bytes, and 16 for each key."""
    listed = list(keys)
    if len(fresh) < 48 + 16 * len(listed) or len(file_key) not in {16, 24, 32}:
        raise Malformed("too little chance, or a key of another length")
    mac_key, vector, rest = fresh[:32], fresh[32:48], fresh[48:]
    packages = [
        _package(each, file_key, mac_key, rest[16 * at : 16 * at + 16], maker, model) for at, each in enumerate(listed)
    ]
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<KeyContainer Version="1.0" {_SPACES}>
  <EncryptionKey><ds:KeyName>Pre-shared-key</ds:KeyName></EncryptionKey>
  <MACMethod Algorithm="http://www.w3.org/2001/04/xmldsig-more#hmac-sha256">
    <MACKey>{_encrypted(file_key, mac_key, vector)[0]}</MACKey>
  </MACMethod>
{"".join(packages)}</KeyContainer>
""".encode()


def _package(one: NewKey, file_key: bytes, mac_key: bytes, vector: bytes, maker: str, model: str) -> str:
    sealed, octets = _encrypted(file_key, one.key, vector)
    mac = b64encode(hmac.digest(mac_key, octets, "sha256")).decode()
    device = f"<Manufacturer>{escape(maker)}</Manufacturer><SerialNo>{escape(one.serial)}</SerialNo>"
    return f"""  <KeyPackage>
    <DeviceInfo>{device}<Model>{escape(model)}</Model></DeviceInfo>
    <Key Id="{escape(one.serial)}" Algorithm="{OCRA}">
      <AlgorithmParameters><Suite>{escape(one.suite)}</Suite></AlgorithmParameters>
      <Data>
        <Secret><EncryptedValue>{sealed}</EncryptedValue><ValueMAC>{mac}</ValueMAC></Secret>
        <Counter><PlainValue>{one.counter}</PlainValue></Counter>
      </Data>
    </Key>
  </KeyPackage>
"""


def _encrypted(key: bytes, plain: bytes, vector: bytes) -> tuple[str, bytes]:
    """(what stands in the file, its octets)"""
    size = 16 - len(plain) % 16
    machine = Cipher(AES(key), CBC(vector)).encryptor()
    octets = vector + machine.update(plain + bytes([size]) * size) + machine.finalize()
    method = f'<xenc:EncryptionMethod Algorithm="http://www.w3.org/2001/04/xmlenc#aes{8 * len(key)}-cbc"/>'
    value = f"<xenc:CipherValue>{b64encode(octets).decode()}</xenc:CipherValue>"
    return f"{method}<xenc:CipherData>{value}</xenc:CipherData>", octets
