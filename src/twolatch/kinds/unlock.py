"""Device unlock: a WebAuthn credential of the phone's own platform, always with face, finger or passcode."""

from typing import Any

from twolatch.kinds import ceremony
from twolatch.kinds.kind import Site
from twolatch.protocol.messages import Unlock
from twolatch.protocol.octets import b64u, unb64u

ALGORITHMS = frozenset({ceremony.ES256})


def verify(site: Site, known: dict[str, Any] | None, unlock: Unlock | None, challenge: bytes) -> dict[str, Any] | None:
    """The credential after this ceremony, or None when it proves nothing.

    Without a known credential only a registration is taken, with one only its assertion: a second registration would
    let whoever holds the unlocked phone put his own finger on it. The counter is kept and not looked at: the phone's
    own epoch tells a copy.
    """
    if unlock is None or (known is None) != (unlock.kind == "registration"):
        return None
    given = ceremony.opened(
        credential=unlock.credential,
        client_data=unlock.client_data,
        authenticator_data=unlock.authenticator_data,
        signature=unlock.signature,
        attestation=unlock.attestation,
    )
    if given is None:
        return None
    if known is None:
        made = ceremony.registered(site, given, challenge, ALGORITHMS, must_verify=True)
        return None if made is None else {"id": unlock.credential, "key": b64u(made.key), "count": made.count}
    is_his = unlock.credential == known["id"]
    proof = ceremony.asserted(site, unb64u(known["key"]), given, challenge, must_verify=True) if is_his else None
    return known if proof else None
