"""A WebAuthn ceremony, judged (W3C WebAuthn Level 3, sections 7.1 and 7.2): by device unlock and by passkeys alike.

py_webauthn does the arithmetic and is imported at the first use: it brings 20 MB that a site without such devices does
not need. What it leaves open is looked at here: sizes, a frame of another site, keys that are none of ours.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

import msgspec

from twolatch.kinds.kind import Site
from twolatch.protocol.octets import Malformed, b64u, unb64u

ES256, EDDSA, RS256 = -7, -8, -257
RSA_BITS = range(2048, 4097)  # a longer key would make every login dear
LONGEST_ID = 1023  # WebAuthn, section 4 (credential ID)
LONGEST = 12 * 1024  # of any other part


@dataclass(frozen=True, slots=True)
class Response:
    """What the authenticator signed or made, as bytes. A registration has an `attestation` and no signature."""

    credential: bytes
    client_data: bytes = field(repr=False)
    authenticator_data: bytes = field(default=b"", repr=False)
    signature: bytes = field(default=b"", repr=False)
    attestation: bytes = field(default=b"", repr=False)

    @property
    def is_sane(self) -> bool:
        parts = (self.client_data, self.authenticator_data, self.signature, self.attestation)
        return 0 < len(self.credential) <= LONGEST_ID and all(len(part) <= LONGEST for part in parts)


@dataclass(frozen=True, slots=True)
class Proof:
    """What an assertion proved besides the key: PIN, face or finger, and how often the key says it was used."""

    is_verified: bool
    count: int


@dataclass(frozen=True, slots=True)
class Made:
    """A new credential. `is_synced`: its maker may copy it to other devices of the same person."""

    key: bytes
    is_verified: bool
    is_synced: bool
    count: int


class _ClientData(msgspec.Struct):
    type: str
    challenge: str
    origin: str
    crossOrigin: bool = False
    topOrigin: str | None = None


def registered(
    site: Site, given: Response, challenge: bytes, algorithms: frozenset[int], *, must_verify: bool
) -> Made | None:
    """The new credential, or None when the ceremony proves nothing. An attestation is not asked for; one that comes
    all the same has to be right, and opens nothing more."""
    if not given.is_sane or challenge_of(given, "webauthn.create") != challenge:
        return None
    try:
        return _registered(site, given, challenge, algorithms, must_verify)
    except Exception:  # a stranger's CBOR may fail in any way
        return None


def _registered(
    site: Site, given: Response, challenge: bytes, algorithms: frozenset[int], must_verify: bool
) -> Made | None:
    from webauthn import verify_registration_response
    from webauthn.helpers.cose import COSEAlgorithmIdentifier
    from webauthn.helpers.structs import (
        AuthenticatorAttestationResponse,
        CredentialDeviceType,
        RegistrationCredential,
    )

    response = AuthenticatorAttestationResponse(given.client_data, given.attestation)
    done = verify_registration_response(
        credential=RegistrationCredential(b64u(given.credential), given.credential, response),
        expected_challenge=challenge,
        expected_rp_id=site.rp_id,
        expected_origin=site.origin,
        require_user_presence=True,
        require_user_verification=must_verify,
        supported_pub_key_algs=[COSEAlgorithmIdentifier(one) for one in sorted(algorithms)],
    )
    if done.credential_id != given.credential or not _is_fit(done.credential_public_key, algorithms):
        return None
    if must_verify and not done.user_verified:
        return None
    is_synced = done.credential_device_type is CredentialDeviceType.MULTI_DEVICE
    return Made(done.credential_public_key, done.user_verified, is_synced, done.sign_count)


def _is_fit(key: bytes, algorithms: frozenset[int]) -> bool:
    """The key is of the very algorithm it names: a P-256 point for ES256; no RSA key that makes a login dear."""
    from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

    algorithm, public = _opened(key)
    if algorithm not in algorithms:
        return False
    if isinstance(public, EllipticCurvePublicKey):
        return algorithm == ES256 and isinstance(public.curve, SECP256R1)
    if isinstance(public, RSAPublicKey):
        return algorithm == RS256 and public.key_size in RSA_BITS and public.public_numbers().e == 65537
    return algorithm == EDDSA and isinstance(public, Ed25519PublicKey)


def _opened(key: bytes) -> tuple[int, Any]:
    from webauthn.helpers import decode_credential_public_key
    from webauthn.helpers.decoded_public_key_to_cryptography import decoded_public_key_to_cryptography

    decoded = decode_credential_public_key(key)
    return int(decoded.alg), decoded_public_key_to_cryptography(decoded)


def is_signed(key: bytes, given: Response) -> bool:
    """Whether the holder of this key made the answer, whatever it says."""
    from webauthn.helpers import verify_signature
    from webauthn.helpers.cose import COSEAlgorithmIdentifier

    if not given.is_sane:
        return False
    try:
        algorithm, public = _opened(key)
        signed = given.authenticator_data + sha256(given.client_data).digest()
        verify_signature(
            public_key=public, signature_alg=COSEAlgorithmIdentifier(algorithm), signature=given.signature, data=signed
        )
    except Exception:  # a signature of strangers may fail in any way
        return False
    return True


def asserted(site: Site, key: bytes, given: Response, challenge: bytes, *, must_verify: bool) -> Proof | None:
    """What the assertion proves, or None for nothing. The counter is the caller's to judge."""
    if not given.is_sane or challenge_of(given, "webauthn.get") != challenge:
        return None
    try:
        return _asserted(site, key, given, challenge, must_verify)
    except Exception:  # a stranger's answer may fail in any way
        return None


def _asserted(site: Site, key: bytes, given: Response, challenge: bytes, must_verify: bool) -> Proof | None:
    from webauthn import verify_authentication_response
    from webauthn.helpers.structs import AuthenticationCredential, AuthenticatorAssertionResponse

    response = AuthenticatorAssertionResponse(given.client_data, given.authenticator_data, given.signature)
    done = verify_authentication_response(
        credential=AuthenticationCredential(b64u(given.credential), given.credential, response),
        expected_challenge=challenge,
        expected_rp_id=site.rp_id,
        expected_origin=site.origin,
        credential_public_key=key,
        credential_current_sign_count=0,
        require_user_verification=must_verify,
    )
    return None if must_verify and not done.user_verified else Proof(done.user_verified, done.new_sign_count)


def challenge_of(given: Response, kind: str) -> bytes | None:
    """The question that the browser says it answers; None where it says anything else, or says it inside a frame of
    another site."""
    try:
        said = msgspec.json.decode(given.client_data, type=_ClientData)
        if said.type != kind or said.crossOrigin or said.topOrigin is not None:
            return None
        return unb64u(said.challenge)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, Malformed):
        return None


def opened(**parts: str) -> Response | None:
    """The parts of an answer from base64url; None when one of them is none."""
    try:
        given: Mapping[str, bytes] = {name: unb64u(text) for name, text in parts.items()}
        return Response(**given)
    except Malformed:
        return None
