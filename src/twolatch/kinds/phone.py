"""The phone: an installation of the phone app holds a device key, a masked secret or a platform credential.

docs/protocol.md, sections 2 and 3. Nothing the server keeps for a phone lets anyone who reads it approve a login: the
device key never leaves the phone, and a PIN can be tried only here, where each try is paid for.
"""

from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey

from twolatch.kinds import unlock
from twolatch.kinds.kind import Asked, Memory, Opening, Price, Rank, Record, Said, Site, Trait, Typed
from twolatch.kinds.numbers import number_at
from twolatch.protocol import keys as curve
from twolatch.protocol.answer import Decision, answer_text, pin_tag, response_text, unlock_challenge
from twolatch.protocol.challenge import Audience, Challenge, Context, encode, signed_text
from twolatch.protocol.messages import Answer, Scan
from twolatch.protocol.ocra import offline_response
from twolatch.protocol.octets import Malformed, b64u, unb64u
from twolatch.protocol.scan import OLDEST, page_mac
from twolatch.words.limits import CODE_MONTH, CODE_ROW, DIGIT_TRIES, DIGITS_ROW, PIN_MONTH, PIN_ROW
from twolatch.words.shapes import AnswerChallenge, ApproveOnPhone
from twolatch.words.verdicts import (
    Accepted,
    Copied,
    Foreign,
    Genuine,
    Late,
    Origin,
    Refused,
    Replayed,
    Seen,
    Sighting,
    Verdict,
)

CODE_LENGTH = 8
LEAP = 1000
AHEAD = 2  # seconds


@dataclass(frozen=True)
class PhoneKeys:
    """The site's own keys, and its names as the phone shows them. `origin` is the phone app's, for WebAuthn."""

    host: str
    origin: str
    rp_id: str
    portal_name: str
    signing: EllipticCurvePrivateKey
    pin: EllipticCurvePrivateKey
    code_digits: int = 6  # of the number a phone without network answers; 0: not here


@dataclass(frozen=True)
class Phone:
    """Enrolment: `public_key` (b64u), later `scheme` and for device unlock `credential`.
    Moving: `epoch`, `previous` (b64u, 16 bytes), `seq`; `asked`, how many numbers it was asked for codes.
    """

    keys: PhoneKeys
    name: str = "phone"
    traits: frozenset[Trait] = frozenset(
        {Trait.POSSESSION, Trait.PIN_OR_BODY, Trait.SHOWS_CONTEXT, Trait.NEEDS_NETWORK, Trait.LINKED}
    )
    rank: Rank = Rank.STRONG

    def begin(self, record: Record, asked: Asked, now: int) -> Opening:
        digits = f"{int.from_bytes(asked.fresh[48:64], 'big') % 1_000_000:06d}" if asked.needs_digits else ""
        raw = encode(self._challenge(record, asked, now))
        memory = {
            "bytes": b64u(raw),
            "signature": b64u(curve.sign(self.keys.signing, signed_text(raw))),
            "digits": digits,
            "next_epoch": b64u(asked.fresh[32:48]),
            "page_key": b64u(asked.fresh[64:80]),
            "seen": b64u(asked.fresh[80:96]),
        }
        has_codes, page_key = self.keys.code_digits > 0, str(memory["page_key"])
        return Opening(ApproveOnPhone(record.name, digits, asked.expires, has_codes, page_key), memory)

    def _challenge(self, record: Record, asked: Asked, now: int) -> Challenge:
        context = Context(asked.address, asked.application, asked.browser, asked.is_known_browser, asked.place)
        return Challenge(
            audience=Audience("portal", self.keys.portal_name),
            challenge=asked.challenge,
            confirmation="digits" if asked.needs_digits else "none",
            context=context,
            expires=asked.expires,
            host=self.keys.host,
            issued=now,
            nonce=b64u(asked.fresh[:32]),
            started=asked.started,
            transaction=asked.transaction,
            type=asked.purpose,
            user=record.user_name,
            version=1,
        )

    def seen(self, memory: Memory, read: Scan, now: int) -> Sighting:
        """The word that counts as the typed digits, for whoever read the live page's code in time."""
        try:
            right = page_mac(unb64u(memory.get("page_key", ""), 16), read.challenge, read.time)
            is_ours = curve.same(right, unb64u(read.mac, 16))
        except Malformed:
            is_ours = False
        if not is_ours:
            return Foreign()
        # The page counts on from the server's time and may be a moment ahead of it.
        return Seen(str(memory["seen"])) if -AHEAD <= now // 1000 - read.time <= OLDEST else Late()

    def number(self, record: Record, memory: Memory, expires: int) -> Opening | None:
        """A number to type into this phone, asked never before and never again."""
        digits, count = self.keys.code_digits, int(record.moving.get("asked", 0))
        number = number_at(record.secret.reveal(), count, digits) if digits else None
        if number is None:
            return None
        prompt = AnswerChallenge(record.name, number, CODE_LENGTH, expires)
        return Opening(prompt, {**memory, "number": number}, {**record.moving, "asked": count + 1})

    def leap(self, record: Record) -> dict[str, Any]:
        """Further than anybody is asked between two backups; there are a million numbers."""
        return {**record.moving, "asked": int(record.moving.get("asked", 0)) + LEAP}

    def price(self, memory: Memory, answer: Answer | Typed) -> Price:
        """A try of the PIN; where digits are asked one of the question and of the client too. A code has a row of its
        own, so that who knows the password alone cannot lock the phone; a right PIN opens that row again."""
        if isinstance(answer, Typed):
            return Price("code", CODE_ROW, CODE_MONTH, DIGIT_TRIES, locks=False)
        if not memory["digits"]:
            return Price(answer.scheme, PIN_ROW, PIN_MONTH, frees=(CODE_ROW,))
        return Price(answer.scheme, PIN_ROW, PIN_MONTH, DIGIT_TRIES, DIGITS_ROW, frees=(CODE_ROW,))

    def origin(self, record: Record, answer: Answer | Typed) -> Origin:
        """Whose answer this is. Wrong keys and wrong signatures are foreign, and count nothing."""
        if isinstance(answer, Typed):
            return Genuine()  # only the browser that waits for this very question can type here
        try:
            signed = answer_text(self._m(record, answer), unb64u(answer.ephemeral_key), unb64u(answer.tag))
            public, signature = unb64u(record.enrolment["public_key"], 65), unb64u(answer.signature, 64)
        except Malformed:
            return Foreign()
        if not curve.verify(public, signed, signature):
            return Foreign()
        if answer.epoch not in {record.moving["epoch"], record.moving["previous"]}:
            return Copied()
        return Genuine() if answer.seq > record.moving["seq"] else Replayed()

    def concerns(self, memory: Memory, answer: Answer | Typed) -> bool:
        """Whether the answer is over the very bytes of this challenge: what was shown is what is signed."""
        if isinstance(answer, Typed):
            return "number" in memory
        try:
            return curve.same(sha256(unb64u(memory["bytes"])).digest(), unb64u(answer.hash, 32))
        except Malformed:
            return False

    def denied(self, record: Record, answer: Answer) -> dict[str, Any]:
        """A denial proves no PIN and brings no epoch; its number is used up all the same."""
        return {**record.moving, "seq": answer.seq}

    def spoke(self, record: Record, text: bytes, signature: bytes) -> bool:
        """Whether this phone signed a request."""
        return curve.verify(unb64u(record.enrolment["public_key"], 65), text, signature)

    def check(self, record: Record, memory: Memory, answer: Answer | Typed, now: int) -> Verdict:
        """The PIN's tag or the unlock, then the digits; which of them was wrong is not told (PSD2 RTS 4(3)(a))."""
        if isinstance(answer, Typed):
            return self._check_code(record, memory, answer)
        enrolment = self._prove(record, answer)
        # All are compared in any case, so that time does not tell either.
        given = answer.confirmation.encode()
        wanted = (memory["digits"], memory.get("seen") or memory["digits"])
        is_typed, is_scanned = (curve.same(given, str(each).encode()) for each in wanted)
        is_right_number = is_typed or is_scanned
        if enrolment is None or not is_right_number:
            return Refused()
        moving = {**record.moving, "epoch": memory["next_epoch"], "previous": answer.epoch, "seq": answer.seq}
        return Accepted(moving, enrolment if enrolment != record.enrolment else None)

    def _check_code(self, record: Record, memory: Memory, answer: Typed) -> Verdict:
        """A wrong PIN made another code, and nobody but us can tell. No epoch moves: the phone has not heard of it."""
        right = offline_response(record.secret.reveal(), memory["number"])
        is_right = curve.same(answer.text.encode("utf-8", "replace"), right.encode())
        return Accepted(record.moving) if is_right else Refused()

    def _prove(self, record: Record, answer: Answer) -> dict[str, Any] | None:
        """The enrolment this answer leaves behind, or None when PIN or unlock is wrong.

        The scheme is chosen in the answer to the activation's own test and is fixed from then on: otherwise whoever
        finds an unlocked phone could answer by the other one.
        """
        scheme = record.enrolment.get("scheme") or (None if record.is_proven else answer.scheme)
        if scheme != answer.scheme:
            return None
        if scheme == "pin":
            return {**record.enrolment, "scheme": "pin"} if self._is_right_pin(record, answer) else None
        challenge = unlock_challenge(self._m(record, answer))
        site = Site(self.keys.rp_id, self.keys.origin)
        credential = unlock.verify(site, record.enrolment.get("credential"), answer.unlock, challenge)
        return credential and {**record.enrolment, "scheme": "unlock", "credential": credential}

    def _is_right_pin(self, record: Record, answer: Answer) -> bool:
        try:
            ephemeral, tag = unb64u(answer.ephemeral_key, 65), unb64u(answer.tag, 32)
            z = curve.ecdh(self.keys.pin, ephemeral)
        except Malformed:
            return False
        return curve.same(tag, pin_tag(record.secret.reveal(), z, ephemeral, self._m(record, answer)))

    def _m(self, record: Record, answer: Answer) -> bytes:
        return response_text(
            self.keys.host,
            record.id,
            answer.challenge,
            unb64u(answer.hash, 32),
            Decision.of(answer.decision),
            answer.confirmation,
            unb64u(answer.epoch, 16),
            answer.seq,
        )


def said(answer: Answer) -> Said:
    """A phone's answer on its way to the gate."""
    return Said(answer.device, answer.challenge, answer.decision, answer, answer.signature)


def newborn(public_key: str, platform: str, activation: str, epoch: str) -> tuple[str, dict[str, Any], dict[str, Any]]:
    """Kind, enrolment and moving of a phone that claimed a code."""
    enrolment = {"public_key": public_key, "platform": platform, "activation": activation}
    return "phone", enrolment, {"epoch": epoch, "previous": epoch, "seq": 0}


def shown_bytes(memory: Memory) -> tuple[str, str]:
    """The challenge and its signature as the phone fetches them (both b64u)."""
    return memory["bytes"], memory["signature"]
