"""What a phone signs when it approves, denies, or says "it was not me" (docs/protocol.md, section 3.2)."""

from enum import IntEnum
from hashlib import sha256
from typing import Literal

from twolatch.protocol.keys import hkdf, mac
from twolatch.protocol.octets import Malformed, label, lp, u64

WireDecision = Literal["approve", "deny", "not_me"]


class Decision(IntEnum):
    """The byte that is signed. On the wire it is a word."""

    APPROVE = 1
    DENY = 2
    NOT_ME = 3

    @property
    def wire(self) -> WireDecision:
        """`approve`, `deny` or `not_me`."""
        return _WIRE[self]

    @classmethod
    def of(cls, wire: WireDecision) -> "Decision":
        """The decision of a word on the wire. Raises Malformed for any other word."""
        for decision, word in _WIRE.items():
            if word == wire:
                return decision
        raise Malformed("no such decision")


_WIRE: dict[Decision, WireDecision] = {
    Decision.APPROVE: "approve",
    Decision.DENY: "deny",
    Decision.NOT_ME: "not_me",
}


def response_text(
    host: str,
    device: str,
    challenge: str,
    challenge_hash: bytes,
    decision: Decision,
    digits: str,
    epoch: bytes,
    seq: int,
) -> bytes:
    """`M`. Raises Malformed when hash or epoch has the wrong length: fields after them could move."""
    if len(challenge_hash) != 32 or len(epoch) != 16:
        raise Malformed("hash is 32 bytes, epoch is 16 bytes")
    head = label("response") + lp(host, device, challenge) + challenge_hash
    return head + bytes([decision]) + lp(digits, epoch) + u64(seq)


def pin_tag(secret: bytes, z: bytes, ephemeral65: bytes, m: bytes) -> bytes:
    """`T`, 32 bytes: proves the secret that only the right PIN unmasks.

    Z goes into the key, so that S from a stolen database is not enough to test PINs against recorded answers:
    that takes the server's PIN key as well.
    """
    key = hkdf(secret + z, b"", label("tag") + lp(ephemeral65), 32)
    return mac(key, label("pin-tag") + sha256(m).digest())


def answer_text(m: bytes, ephemeral: bytes, tag: bytes) -> bytes:
    """What K_dev signs; `ephemeral` and `tag` are empty without a PIN."""
    return label("sig") + sha256(m).digest() + lp(ephemeral, tag)


def unlock_challenge(m: bytes) -> bytes:
    """The WebAuthn challenge, 32 bytes, by which the platform's unlock answers."""
    return sha256(label("wa") + m).digest()
