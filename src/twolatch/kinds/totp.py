"""The authenticator app: six digits that follow from a shared secret and the time (RFC 6238 over RFC 4226).

SHA-1, six digits and thirty seconds, because that is what every app can do; many apps ignore anything else without a
word. HMAC does not lean on SHA-1's collision resistance. Three codes are right at a time (the step now, one before and
one after), so five wrong ones in a row meet a right one with 15 in a million; then it is locked.
"""

import hmac
from base64 import b32encode
from dataclasses import dataclass

from twolatch.kinds import typed
from twolatch.kinds.kind import Asked, Memory, Newborn, Opening, Owner, Price, Rank, Record, Trait, Typed
from twolatch.protocol.keys import same
from twolatch.words.limits import SECOND
from twolatch.words.shapes import ScanSecret
from twolatch.words.verdicts import Accepted, Refused, Verdict

STEP = 30 * SECOND
DIGITS = 6
SECRET_BYTES = 20  # as long as SHA-1's output (RFC 4226, section 4, R6)
WINDOW = (-1, 0, 1)

_PLAIN = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")


@dataclass(frozen=True)
class Totp:
    """Enrolment: nothing. Secret: 20 bytes. Moving: `step`, the last one used; nothing up to it counts again."""

    issuer: str
    name: str = "totp"
    traits: frozenset[Trait] = frozenset({Trait.POSSESSION, Trait.TYPED})
    rank: Rank = Rank.GOOD

    def begin(self, record: Record, asked: Asked, now: int) -> Opening:
        return typed.opening(record, asked, DIGITS)

    def price(self, memory: Memory, answer: Typed) -> Price:
        return typed.price(self.name, memory)

    def check(self, record: Record, memory: Memory, answer: Typed, now: int) -> Verdict:
        """The step of the code, when it is later than the last one used (RFC 6238, section 5.2)."""
        code = answer.text.encode("utf-8", "replace")
        key = record.secret.reveal()
        steps = [step for offset in WINDOW if (step := now // STEP + offset) >= 0]
        right = [step for step in steps if same(hotp(key, step).encode(), code)]  # all are compared, whatever is found
        unused = [step for step in right if step > record.moving["step"]]
        return Accepted({"step": unused[0]}) if unused else Refused()

    def newborn(self, owner: Owner, fresh: bytes) -> Newborn:
        secret = fresh[:SECRET_BYTES]
        return Newborn({}, {"step": -1}, secret, self._shown(secret, owner.name))

    def shown(self, record: Record) -> ScanSecret:
        return self._shown(record.secret.reveal(), record.user_name)

    def _shown(self, secret: bytes, user_name: str) -> ScanSecret:
        """The link that apps read from a QR code (the `otpauth` scheme)."""
        text = b32encode(secret).decode().rstrip("=")
        issuer = escaped(self.issuer)
        query = f"secret={text}&issuer={issuer}&algorithm=SHA1&digits={DIGITS}&period={STEP // SECOND}"
        grouped = " ".join(text[at : at + 4] for at in range(0, len(text), 4))
        return ScanSecret(f"otpauth://totp/{issuer}:{escaped(user_name)}?{query}", grouped)


def escaped(text: str) -> str:
    """Percent-encoded, as in an address (RFC 3986, section 2.3)."""
    return "".join(chr(byte) if byte in _PLAIN else f"%{byte:02X}" for byte in text.encode("utf-8", "replace"))


def hotp(key: bytes, counter: int, digits: int = DIGITS, hash_name: str = "sha1") -> str:
    """RFC 4226, section 5.3."""
    mac = hmac.digest(key, counter.to_bytes(8, "big"), hash_name)
    at = mac[-1] & 15
    number = int.from_bytes(mac[at : at + 4], "big") & 0x7FFFFFFF
    return f"{number % 10**digits:0{digits}d}"
