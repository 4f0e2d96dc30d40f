"""The challenge card: a number goes in, its answer comes out (OATH OCRA, RFC 6287). The card asks for its PIN itself.

It shows nothing of what it answers for. Its answer is good for one number, and that number stands in one browser: who
was talked into answering a stranger's number has let him in, once. Ten answers of eight digits in a row meet the right
one with 1 in 10 million; where the suite counts presses, with 1 in a million.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha1
from typing import Any

from twolatch.kinds.kind import Asked, Made, Memory, Newborn, Opening, Price, Rank, Record, Trait, Typed, Unfit
from twolatch.kinds.numbers import number_at
from twolatch.protocol.keys import same
from twolatch.protocol.ocra import Suite, read_suite, response
from twolatch.words.limits import CARD_MONTH, CARD_ROW, CARD_SHORT_ROW, SET_UP_TRIES, TYPED_TRIES
from twolatch.words.shapes import AnswerChallenge, AnswerNumber
from twolatch.words.verdicts import Accepted, Refused, Verdict

SUITES = frozenset({
    "OCRA-1:HOTP-SHA256-8:QN06", "OCRA-1:HOTP-SHA256-8:QN08", "OCRA-1:HOTP-SHA512-8:QN08",
    "OCRA-1:HOTP-SHA256-8:C-QN08", "OCRA-1:HOTP-SHA512-8:C-QN08",
})  # fmt: skip
# SHA-1, answers of six digits, and cards that mix the PIN into the answer, which we then have to know.
LEGACY = frozenset({
    "OCRA-1:HOTP-SHA1-6:QN06", "OCRA-1:HOTP-SHA1-6:QN08", "OCRA-1:HOTP-SHA1-8:QN06", "OCRA-1:HOTP-SHA1-8:QN08",
    "OCRA-1:HOTP-SHA256-6:QN08", "OCRA-1:HOTP-SHA1-6:C-QN08", "OCRA-1:HOTP-SHA1-6:C-QN08-PSHA1",
    "OCRA-1:HOTP-SHA256-8:QN08-PSHA1", "OCRA-1:HOTP-SHA256-8:C-QN08-PSHA1",
})  # fmt: skip
KEY_BYTES = 16
AHEAD = 10  # presses of a card that counts them
LEAP = 1000
SIX, EIGHT = 6, 8
_MIXED = 20  # bytes of the PIN's hash behind the key (SHA-1, the only one of the suites above)


@dataclass(frozen=True)
class ChallengeCard:
    """Enrolment: `serial`, `suite`. Secret: the key; behind it the hash of the PIN, where the suite wants it.
    Moving: `asked`, how many numbers it was asked; `counter`, its next press, where the suite counts them.
    """

    digits: int = SIX  # of the number
    has_legacy: bool = False
    name: str = "card"
    traits: frozenset[Trait] = frozenset({Trait.POSSESSION, Trait.PIN_OR_BODY, Trait.TYPED})
    rank: Rank = Rank.STRONG

    def begin(self, record: Record, asked: Asked, now: int) -> Opening:
        """A number this card was never asked and never will be again: an answer seen once is worth nothing later."""
        suite = suite_of(record)
        count, number = self._next(_key(record), suite, int(record.moving["asked"]))
        tries = SET_UP_TRIES if asked.purpose == "test" else TYPED_TRIES
        prompt = AnswerChallenge(record.name, number, suite.digits, asked.expires, on_keypad=True)
        memory = {"number": number, "tries": tries, "is_short": suite.digits < EIGHT}
        return Opening(prompt, memory, {**record.moving, "asked": count + 1})

    def _next(self, key: bytes, suite: Suite, count: int) -> tuple[int, str]:
        """To the card, "00123456" is "123456": so none of eight digits begins with two zeros. A card that was asked a
        million numbers of six digits goes on with eight, where it can."""
        six = number_at(key, count, SIX)
        if six and (self.digits == SIX or suite.most < EIGHT):
            return count, six
        while suite.most >= EIGHT and (eight := number_at(key, count, EIGHT)):
            if not eight.startswith("00"):
                return count, eight
            count += 1
        raise LookupError("this card was asked every number there is: it needs a successor")

    def price(self, memory: Memory, answer: Typed) -> Price:
        row = CARD_SHORT_ROW if memory["is_short"] else CARD_ROW
        return Price(self.name, row, CARD_MONTH, memory["tries"])

    def check(self, record: Record, memory: Memory, answer: Typed, now: int) -> Verdict:
        """A wrong PIN at the card, a wrong number and a guess read the same. The counter only goes forward."""
        suite, given = suite_of(record), answer.text.encode("utf-8", "replace")
        counter = int(record.moving["counter"])
        presses = range(counter, counter + AHEAD) if suite.has_counter else range(1)
        right = [press for press in presses if same(_answer(record, suite, memory["number"], press), given)]
        if not right:
            return Refused()
        return Accepted({**record.moving, "counter": right[0] + 1} if suite.has_counter else record.moving)

    def leap(self, record: Record) -> Mapping[str, Any]:
        """Further than anybody is asked between two backups."""
        return {**record.moving, "asked": int(record.moving["asked"]) + LEAP}

    def unfit(self, suite: str, key_bytes: int) -> Unfit | None:
        if suite not in SUITES | LEGACY:
            return Unfit.SUITE
        if suite in LEGACY and not self.has_legacy:
            return Unfit.LEGACY
        return Unfit.KEY if key_bytes < KEY_BYTES else None

    def mixes_pin(self, suite: str) -> bool:
        return bool(read_suite(suite).typed_hash)

    def issued(self, made: Made) -> Newborn:
        suite = read_suite(made.suite)
        mixed = sha1(made.pin.encode()).digest() if suite.typed_hash else b""  # noqa: S324  RFC 6287's own
        _, number = self._next(made.key, suite, made.asked)
        moving = {"asked": made.asked, "counter": made.counter}
        enrolment = {"serial": made.serial, "suite": made.suite}
        return Newborn(enrolment, moving, made.key + mixed, AnswerNumber(number, suite.digits))

    def shown(self, record: Record) -> AnswerNumber:
        """The number it was asked last."""
        suite = suite_of(record)
        _, number = self._next(_key(record), suite, int(record.moving["asked"]) - 1)
        return AnswerNumber(number, suite.digits)


def suite_of(record: Record) -> Suite:
    return read_suite(record.enrolment["suite"])


def _key(record: Record) -> bytes:
    secret = record.secret.reveal()
    return secret[:-_MIXED] if suite_of(record).typed_hash else secret


def _answer(record: Record, suite: Suite, number: str, press: int) -> bytes:
    key = _key(record)
    mixed = record.secret.reveal()[len(key) :]
    return response(suite.text, key, number, counter=press, pin_hash=mixed).encode()
