"""What phone and server compute while a code becomes a device (docs/protocol.md, section 1.1)."""

from dataclasses import dataclass, fields
from functools import cached_property
from hashlib import sha256

from twolatch.protocol.keys import hkdf
from twolatch.protocol.octets import label, lp


def claim_text(host: str, code: str, public_key: bytes, ephemeral_key: bytes) -> bytes:
    """What K_dev signs to claim a code. The host keeps a claim for one site from serving another."""
    return label("claim") + lp(host, code, public_key, ephemeral_key)


@dataclass(frozen=True)
class Transcript:
    """All that both sides said, in the order of the page. Keys have 65 bytes, the epoch 16."""

    host: str
    code: str
    public_key: bytes
    ephemeral_key: bytes
    platform: str
    model: str
    browser: str
    app: str
    device: str
    activation: str
    server_ephemeral_key: bytes
    signing_key: bytes
    pin_key: bytes
    epoch: bytes
    user: str
    site: str

    @cached_property
    def digest(self) -> bytes:
        """`tr`, 32 bytes. Who changes a message in between reaches another secret, other digits."""
        return sha256(label("activation") + lp(*(getattr(self, part.name) for part in fields(self)))).digest()


def claimed_text(tr: Transcript) -> bytes:
    """What the server's signing key signs in the answer to a claim."""
    return label("claimed") + tr.digest


def shared_secret(z: bytes, tr: Transcript) -> bytes:
    """`S`, 32 bytes; known to both, never sent."""
    return hkdf(z, tr.digest, label("S"), 32)


def six_digits(z: bytes, tr: Transcript) -> str:
    """The number (SAS) that the phone shows and the client types into the portal session that began."""
    number = int.from_bytes(hkdf(z, tr.digest, label("sas"), 8), "big")
    return f"{number % 1_000_000:06d}"
