"""Recovery codes: ten of 64 bits on paper, each good for one login, for whoever lost the rest.

Kept as a salted PBKDF2 of each, sealed besides (NIST SP 800-63B-4, 3.1.2.2: look-up secrets below 112 bits). One salt
serves a set, so an answer costs one hash and not ten; 64 random bits leave nothing to a dictionary.
"""

from dataclasses import dataclass
from hashlib import pbkdf2_hmac

from twolatch.kinds import typed
from twolatch.kinds.kind import Asked, Memory, Newborn, Opening, Owner, Price, Rank, Record, Trait, Typed
from twolatch.protocol.codes import ALPHABET
from twolatch.protocol.keys import same
from twolatch.words.shapes import KeepCodes
from twolatch.words.verdicts import Accepted, Refused, Verdict

MANY = 10
SIGNS = 13  # 64 bits, five to a sign
SALT = 16
HASH = 32
ROUNDS = 10_000  # about 5 ms, on the loop, for a code that is typed once in a blue moon

_AS_MEANT = str.maketrans({"O": "0", "I": "1", "L": "1", "-": None, " ": None})


@dataclass(frozen=True)
class Recovery:
    """Enrolment: nothing. Secret: the salt, then ten hashes. Moving: `used`, the places of those that are gone."""

    name: str = "recovery"
    traits: frozenset[Trait] = frozenset({Trait.TYPED, Trait.ALONE})
    rank: Rank = Rank.SPARE
    low: int = 3

    def begin(self, record: Record, asked: Asked, now: int) -> Opening:
        return typed.opening(record, asked)

    def price(self, memory: Memory, answer: Typed) -> Price:
        return typed.price(self.name, memory)

    def check(self, record: Record, memory: Memory, answer: Typed, now: int) -> Verdict:
        """The place of the code, when it is not gone. The one that confirms a new set is not used up by that."""
        salt, hashes = split(record.secret.reveal())
        found = hashed(answer.text, salt)
        right = [place for place, known in enumerate(hashes) if same(known, found)]  # all ten, whatever is found
        fresh = [place for place in right if place not in record.moving["used"]]
        if not fresh:
            return Refused()
        return Accepted({"used": [*record.moving["used"], fresh[0]]} if record.is_proven else record.moving)

    def newborn(self, owner: Owner, fresh: bytes) -> Newborn:
        salt, drawn = fresh[:SALT], fresh[SALT : SALT + 8 * MANY]
        codes = tuple(written(drawn[8 * at : 8 * at + 8]) for at in range(MANY))
        secret = salt + b"".join(hashed(code, salt) for code in codes)
        return Newborn({}, {"used": []}, secret, KeepCodes(codes))

    def shown(self, record: Record) -> None:
        """Nobody can show them again: only their hashes are kept."""
        return

    def left(self, record: Record) -> int:
        return MANY - len(record.moving["used"])


def written(bits: bytes) -> str:
    """Eight bytes as `XXXX-XXXX-XXXXX`, in Crockford's base 32."""
    number = int.from_bytes(bits, "big")
    code = "".join(ALPHABET[number >> 5 * (SIGNS - 1 - place) & 31] for place in range(SIGNS))
    return f"{code[:4]}-{code[4:8]}-{code[8:]}"


def hashed(text: str, salt: bytes) -> bytes:
    """Of what somebody typed: letters in any case, O as 0, I and L as 1, hyphens and spaces left out."""
    code = text.upper() if text.isascii() else ""
    return pbkdf2_hmac("sha256", code.translate(_AS_MEANT).encode(), salt, ROUNDS, HASH)


def split(secret: bytes) -> tuple[bytes, list[bytes]]:
    salt, hashes = secret[:SALT], secret[SALT:]
    return salt, [hashes[at : at + HASH] for at in range(0, len(hashes), HASH)]
