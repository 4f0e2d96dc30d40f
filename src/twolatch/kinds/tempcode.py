"""The temporary code: ten signs that support gives to a client who lost the rest, by telephone.

It opens more than one login, because it has to last until a new phone is there; that is why it serves one browser only,
is told to the client at each use, and soon opens nothing but the way to something better (docs/decisions/0014). Kept as
a salted hash that is sealed besides; whoever gave it out cannot read it again.
"""

from dataclasses import dataclass

from twolatch.kinds import typed
from twolatch.kinds.kind import Asked, Memory, Newborn, Opening, Price, Rank, Record, Trait, Typed
from twolatch.kinds.recovery import SALT, hashed
from twolatch.protocol.codes import ALPHABET
from twolatch.protocol.keys import same
from twolatch.words.limits import DAY, TEMPORARY_TOTAL, TYPED_ROW, TYPED_TRIES
from twolatch.words.shapes import KeepCodes
from twolatch.words.verdicts import Accepted, Refused, Verdict

LENGTH = 10  # 50 bits, five to a sign


@dataclass(frozen=True)
class TempCode:
    """Enrolment: nothing. Secret: the salt, then the hash. Moving: nothing."""

    name: str = "tempcode"
    traits: frozenset[Trait] = frozenset({Trait.TYPED, Trait.ALONE, Trait.STAND_IN, Trait.ONE_BROWSER})
    rank: Rank = Rank.SPARE
    lives: int = 12 * DAY
    warns: int = 3 * DAY
    narrows: int = 2 * DAY

    def begin(self, record: Record, asked: Asked, now: int) -> Opening:
        return typed.opening(record, asked)

    def price(self, memory: Memory, answer: Typed) -> Price:
        """Five wrong ones in all, not in a row: a right one in between gives none of them back."""
        return Price(self.name, TYPED_ROW, TEMPORARY_TOTAL, TYPED_TRIES)

    def check(self, record: Record, memory: Memory, answer: Typed, now: int) -> Verdict:
        secret = record.secret.reveal()
        return Accepted(record.moving) if same(hashed(answer.text, secret[:SALT]), secret[SALT:]) else Refused()

    def spoken(self, fresh: bytes) -> Newborn:
        salt, bits = fresh[:SALT], int.from_bytes(fresh[SALT : SALT + 7], "big")
        signs = "".join(ALPHABET[bits >> 5 * place & 31] for place in range(LENGTH))
        code = f"{signs[:5]}-{signs[5:]}"
        return Newborn({}, {}, salt + hashed(code, salt), KeepCodes((code,)))
