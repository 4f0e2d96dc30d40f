"""The arithmetic of one authenticator: claim, check, mask, answer. No network, no disk."""

from dataclasses import dataclass, field
from hashlib import sha256

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from twolatch.client.outcomes import Asked, NotTrusted
from twolatch.client.store import Record
from twolatch.protocol import activation, answer, challenge, keys, ocra, pins
from twolatch.protocol.answer import Decision
from twolatch.protocol.codes import keys_fingerprint
from twolatch.protocol.messages import Answer, Claim, Claimed, DeviceInfo, SignedBytes
from twolatch.protocol.octets import Malformed, b64u, unb64u

VERSION = 1


@dataclass(frozen=True)
class Begun:
    """A claim on its way: the phone's two fresh keys and what it said."""

    server: str
    host: str
    body: Claim
    device_key: keys.PrivateKey = field(repr=False)
    ephemeral: keys.PrivateKey = field(repr=False)


@dataclass(frozen=True)
class Linked:
    """A claim the server answered rightly; until a PIN masks it, the secret is only here."""

    begun: Begun
    claimed: Claimed
    secret: bytes = field(repr=False)
    six_digits: str


def begin(server: str, host: str, code: str, *, user_name: str, info: DeviceInfo, holds: list[str]) -> Begun:
    """Fresh keys and the signed claim of a code."""
    device_key, ephemeral = keys.new_private(), keys.new_private()
    public, e = keys.public_point(device_key), keys.public_point(ephemeral)
    signature = keys.sign(device_key, activation.claim_text(host, code, public, e))
    body = Claim(VERSION, code, user_name, b64u(public), b64u(e), info, holds, b64u(signature))
    return Begun(server, host, body, device_key, ephemeral)


def link(begun: Begun, claimed: Claimed, kfp: bytes | None) -> Linked:
    """Checks the answer to a claim; `kfp` as scanned, None for a typed code. Raises NotTrusted."""
    try:
        tr = _transcript(begun, claimed)
        z = keys.ecdh(begun.ephemeral, tr.server_ephemeral_key)
        keys.load_point(tr.pin_key)
        signature = unb64u(claimed.signature, 64)
    except Malformed as fault:
        raise NotTrusted(f"the server's answer: {fault}") from fault
    if not keys.verify(tr.signing_key, activation.claimed_text(tr), signature):
        raise NotTrusted("the server's answer is not signed by its key")
    if kfp is not None and not keys.same(keys_fingerprint(tr.signing_key, tr.pin_key), kfp):
        raise NotTrusted("the server's keys are not those in the QR code")
    return Linked(begun, claimed, activation.shared_secret(z, tr), activation.six_digits(z, tr))


def _transcript(begun: Begun, claimed: Claimed) -> activation.Transcript:
    said = begun.body
    return activation.Transcript(
        host=begun.host,
        code=said.code,
        public_key=unb64u(said.public_key, 65),
        ephemeral_key=unb64u(said.ephemeral_key, 65),
        platform=said.device.platform,
        model=said.device.model,
        browser=said.device.browser,
        app=said.device.app,
        device=claimed.device,
        activation=claimed.activation,
        server_ephemeral_key=unb64u(claimed.ephemeral_key, 65),
        signing_key=unb64u(claimed.signing_key, 65),
        pin_key=unb64u(claimed.pin_key, 65),
        epoch=unb64u(claimed.epoch, 16),
        user=claimed.user,
        site=claimed.site,
    )


def record(linked: Linked, p: bytes, k_mask: bytes, salt: bytes, iterations: int) -> Record:
    """What is kept of a linked claim: the secret only under the mask of the PIN's `p`."""
    begun, claimed = linked.begun, linked.claimed
    ms = pins.masked(pins.mask_key(k_mask, p), linked.secret)
    return Record(
        device=claimed.device,
        server=begun.server,
        host=begun.host,
        user=claimed.user,
        display=claimed.display,
        site=claimed.site,
        state="claimed",
        six_digits=linked.six_digits,
        expires=claimed.expires,
        key_pem=_pem(begun.device_key),
        k_mask=b64u(k_mask),
        salt=b64u(salt),
        iterations=iterations,
        ms=b64u(ms),
        signing_key=claimed.signing_key,
        pin_key=claimed.pin_key,
        epoch=claimed.epoch,
        seq=0,
        scheme="pin",
    )


def read_challenge(of: Record, signed: SignedBytes) -> Asked:
    """Verifies with the pinned key, parses strictly, checks host and user. Raises NotTrusted."""
    try:
        raw, signature = unb64u(signed.bytes), unb64u(signed.signature, 64)
        if not keys.verify(unb64u(of.signing_key, 65), challenge.signed_text(raw), signature):
            raise NotTrusted("a challenge is not signed by the server's key")
        asked = challenge.decode(raw)
    except Malformed as fault:
        raise NotTrusted(f"a challenge: {fault}") from fault
    if (asked.host, asked.user) != (of.host, of.user):
        raise NotTrusted("a challenge is for another site or user")
    return Asked(of.device, raw, asked)


def unmask(of: Record, p: bytes) -> bytes:
    """`S'`: the secret if the PIN was right, and something else if not. Nothing here can tell."""
    return pins.masked(pins.mask_key(unb64u(of.k_mask, 32), p), unb64u(of.ms, 32))


def respond(of: Record, p: bytes, number: str) -> str:
    """The eight digits for the portal's number. Nothing here can tell whether the PIN was right.

    Raises Malformed unless the number has 6 or 8 digits."""
    return ocra.offline_response(unmask(of, p), number)


def make_answer(
    of: Record,
    key: keys.PrivateKey,
    asked: Asked,
    decision: Decision,
    *,
    digits: str,
    secret: bytes,
    seq: int,
) -> Answer:
    """The signed answer; `secret` is S' for an approval, and not looked at for the rest."""
    hashed = sha256(asked.bytes).digest()
    id = asked.challenge.challenge
    m = answer.response_text(of.host, of.device, id, hashed, decision, digits, unb64u(of.epoch, 16), seq)
    e, tag = _prove(of, secret, m) if decision is Decision.APPROVE else (b"", b"")
    return Answer(
        device=of.device,
        challenge=id,
        hash=b64u(hashed),
        decision=decision.wire,
        confirmation=digits,
        epoch=of.epoch,
        seq=seq,
        scheme=of.scheme,
        ephemeral_key=b64u(e),
        tag=b64u(tag),
        unlock=None,
        signature=b64u(keys.sign(key, answer.answer_text(m, e, tag))),
    )


def _prove(of: Record, secret: bytes, m: bytes) -> tuple[bytes, bytes]:
    own = keys.new_private()
    e = keys.public_point(own)
    return e, answer.pin_tag(secret, keys.ecdh(own, unb64u(of.pin_key, 65)), e, m)


def _pem(key: keys.PrivateKey) -> str:
    form = serialization.PrivateFormat.PKCS8
    return key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption()).decode("ascii")


def load_key(of: Record) -> keys.PrivateKey:
    """K_dev of a record."""
    key = serialization.load_pem_private_key(of.key_pem.encode("ascii"), password=None)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise NotTrusted("the stored key is not an elliptic curve key")
    return key
