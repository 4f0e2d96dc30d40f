"""Passkeys and security keys: a key pair that a device keeps for this very site (W3C WebAuthn Level 3).

A passkey of a laptop, one that a maker syncs between devices and a key on a key ring are one kind; what each is worth
follows from what it proved when it was made. One that looked at a PIN, a face or a finger has to do so each time, or
whoever finds the key ring is let in by touching it; one that cannot is still something in hand, after the password.

None of it works on a wrong site: the browser writes the site's name into what is signed. A signature is no guess, so
nobody who lacks the key can use up tries; what is paid for are answers that this very key signed and that are wrong all
the same.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import msgspec

from twolatch.kinds import ceremony, typed
from twolatch.kinds.ceremony import EDDSA, ES256, RS256, Response
from twolatch.kinds.kind import (
    Asked,
    Claim,
    Memory,
    Newborn,
    Opening,
    Owner,
    Performed,
    Price,
    Rank,
    Record,
    Site,
    Trait,
)
from twolatch.protocol.codes import is_id
from twolatch.protocol.octets import Malformed, b64u, unb64u
from twolatch.words.limits import SET_UP_TRIES, TYPED_TRIES
from twolatch.words.shapes import BrowserCeremony, MakeHere
from twolatch.words.verdicts import Accepted, Foreign, Genuine, Origin, Refused, Verdict

ALGORITHMS = (ES256, EDDSA, RS256)  # in the order we like them
PATIENCE = 120_000  # ms that the browser waits for the device
CHALLENGE = 32
WAYS = frozenset({"ble", "cable", "hybrid", "internal", "nfc", "smart-card", "usb"})


class _Parts(msgspec.Struct):
    clientDataJSON: str
    authenticatorData: str = ""
    signature: str = ""
    attestationObject: str = ""
    transports: list[str] = []
    userHandle: str | None = None


class _Found(msgspec.Struct):
    rk: bool = False


class _Extensions(msgspec.Struct):
    credProps: _Found = msgspec.field(default_factory=_Found)


class _Credential(msgspec.Struct):
    """What a browser makes of the outcome (`toJSON`), as far as it says anything to us."""

    id: str
    type: Literal["public-key"]
    response: _Parts
    clientExtensionResults: _Extensions = msgspec.field(default_factory=_Extensions)


@dataclass(frozen=True)
class Passkey:
    """Enrolment: `id`, `key` (COSE), `verified` (with PIN, face or finger), `found` (it tells by itself whose it is),
    `synced`, `transports`; before the first answer `exclude`, the ids he has already.
    Moving: `count`, how often the key says it was used; before the first answer `challenge`.
    """

    site: Site
    site_name: str
    name: str = "passkey"
    traits: frozenset[Trait] = frozenset({Trait.POSSESSION, Trait.BOUND})
    rank: Rank = Rank.STRONG

    def traits_of(self, record: Record) -> frozenset[Trait]:
        more = {"verified": Trait.PIN_OR_BODY, "found": Trait.TELLS_WHOSE}
        return self.traits | {trait for proved, trait in more.items() if record.enrolment.get(proved)}

    def rank_of(self, record: Record) -> Rank:
        return Rank.BEST if record.enrolment.get("verified") else self.rank

    def newborn(self, owner: Owner, fresh: bytes) -> Newborn:
        exclude = [{"id": one["id"], "transports": one["transports"]} for one in owner.held]
        enrolment, moving = {"exclude": exclude}, {"challenge": b64u(fresh[:CHALLENGE])}
        return Newborn(enrolment, moving, b"", MakeHere(self._creation(owner.id, owner.name, enrolment, moving)))

    def shown(self, record: Record) -> MakeHere:
        return MakeHere(self._creation(record.user, record.user_name, record.enrolment, record.moving))

    def _creation(self, user: str, name: str, enrolment: Mapping[str, Any], moving: Mapping[str, Any]) -> str:
        """The client's id and nothing else of him is kept on the device besides the name it shows."""
        return _json(
            {
                "rp": {"id": self.site.rp_id, "name": self.site_name},
                "user": {"id": b64u(user.encode()), "name": name, "displayName": name},
                "challenge": moving["challenge"],
                "pubKeyCredParams": [{"type": "public-key", "alg": one} for one in ALGORITHMS],
                "timeout": PATIENCE,
                "excludeCredentials": _named(enrolment["exclude"]),
                "authenticatorSelection": {"residentKey": "preferred", "userVerification": "preferred"},
                "attestation": "none",
                "extensions": {"credProps": True},
            }
        )

    def begin(self, record: Record, asked: Asked, now: int) -> Opening:
        if not record.is_proven:
            options = self.shown(record).options
            memory = {"challenge": record.moving["challenge"], "tries": SET_UP_TRIES}
            return Opening(BrowserCeremony(record.name, "create", options, asked.expires), memory)
        challenge = b64u(asked.fresh[:CHALLENGE])
        verification = "required" if record.enrolment["verified"] else "discouraged"
        options = self._request(challenge, verification, [record.enrolment])
        memory = {"challenge": challenge, "tries": TYPED_TRIES}
        return Opening(BrowserCeremony(record.name, "get", options, asked.expires), memory)

    def _request(self, challenge: str, verification: str, allowed: Iterable[Mapping[str, Any]]) -> str:
        return _json(
            {
                "challenge": challenge,
                "rpId": self.site.rp_id,
                "timeout": PATIENCE,
                "userVerification": verification,
                "allowCredentials": _named(allowed),
            }
        )

    def invite(self, challenge: bytes) -> str:
        """Without a list: the device offers what it keeps for this site, whosever it is."""
        return self._request(b64u(challenge), "required", ())

    def whose(self, answer: Performed) -> Claim | None:
        said, given = _read(answer), _given(answer)
        challenge = given and ceremony.challenge_of(given, "webauthn.get")
        if said is None or not challenge:
            return None
        try:
            user = unb64u(said.response.userHandle or "").decode("ascii")
        except (Malformed, UnicodeDecodeError):
            return None
        return Claim(user, challenge) if is_id(user) else None

    def price(self, memory: Memory, answer: Performed) -> Price:
        return typed.price(self.name, memory)

    def origin(self, record: Record, answer: Any) -> Origin:
        """Whose answer this is. While it is set up there is no key yet that could tell."""
        if not isinstance(answer, Performed):
            return Foreign()
        if not record.is_proven:
            return Genuine()
        given = _given(answer)
        if given is None or not _is_of(record.enrolment, given):
            return Foreign()
        return Genuine() if ceremony.is_signed(unb64u(record.enrolment["key"]), given) else Foreign()

    def concerns(self, memory: Memory, answer: Performed) -> bool:
        """Whether it answers this very question; the browser wrote the challenge into what was signed."""
        given = _given(answer)
        if given is None:
            return False
        kind = "webauthn.create" if given.attestation else "webauthn.get"
        return ceremony.challenge_of(given, kind) == unb64u(memory["challenge"])

    def denied(self, record: Record, answer: Performed) -> Mapping[str, Any]:
        return record.moving

    def spoke(self, record: Record, text: bytes, signature: bytes) -> bool:
        """It signs for browsers on this site, and nothing else."""
        return False

    def check(self, record: Record, memory: Memory, answer: Performed, now: int) -> Verdict:
        given = _given(answer)
        if given is None:
            return Refused()
        challenge = unb64u(memory["challenge"])
        if record.is_proven:
            return self._used(record, given, challenge)
        return self._made(record, answer, given, challenge)

    def _used(self, record: Record, given: Response, challenge: bytes) -> Verdict:
        """A count that does not grow is a copy of the key, or an answer that another one overtook: it costs a try, the
        third tells the client, the fifth locks. Synced passkeys do not count; theirs stays at 0."""
        enrolment, known = record.enrolment, int(record.moving["count"])
        key, must_verify = unb64u(enrolment["key"]), bool(enrolment["verified"])
        proof = ceremony.asserted(self.site, key, given, challenge, must_verify=must_verify)
        if proof is None or not _is_of(enrolment, given) or (max(proof.count, known) > 0 and proof.count <= known):
            return Refused()
        return Accepted({"count": proof.count})

    def _made(self, record: Record, answer: Performed, given: Response, challenge: bytes) -> Verdict:
        made = ceremony.registered(self.site, given, challenge, frozenset(ALGORITHMS), must_verify=False)
        said = _read(answer)
        known = {one["id"] for one in record.enrolment["exclude"]}
        if made is None or said is None or said.id in known:
            return Refused()  # the same key again would be two of one: removing the lost one would not remove it
        enrolment = {
            "id": said.id,
            "key": b64u(made.key),
            "verified": made.is_verified,
            "found": said.clientExtensionResults.credProps.rk,
            "synced": made.is_synced,
            "transports": sorted(WAYS & set(said.response.transports)),
        }
        return Accepted({"count": made.count}, enrolment)


def _named(enrolments: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    return [
        {"type": "public-key", "id": one["id"], **({"transports": one["transports"]} if one["transports"] else {})}
        for one in enrolments
    ]


def _is_of(enrolment: Mapping[str, Any], given: Response) -> bool:
    return b64u(given.credential) == str(enrolment["id"])


def _json(options: Mapping[str, Any]) -> str:
    return msgspec.json.encode(options).decode()


def _read(answer: Performed) -> _Credential | None:
    try:
        return msgspec.json.decode(answer.text, type=_Credential)
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
        return None


def _given(answer: Performed) -> Response | None:
    said = _read(answer)
    if said is None:
        return None
    parts = said.response
    return ceremony.opened(
        credential=said.id,
        client_data=parts.clientDataJSON,
        authenticator_data="" if parts.attestationObject else parts.authenticatorData,
        signature=parts.signature,
        attestation=parts.attestationObject,
    )
