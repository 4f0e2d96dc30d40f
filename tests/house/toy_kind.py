"""A kind for the recipe and its test: a list of numbered words on paper; the portal asks for one of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from twolatch.kinds.kind import Asked, Memory, Opening, Price, Rank, Record, Trait, Typed
from twolatch.protocol.keys import mac, same
from twolatch.words.limits import DAY, Limit
from twolatch.words.shapes import TypeCode
from twolatch.words.verdicts import Accepted, Refused, Verdict

PLACES = 224
PRICE = Price("paper", Limit("paper-row", 5, 0), Limit("paper-month", 20, 30 * DAY), tries=3)


@dataclass(frozen=True)
class Paper:
    """Enrolment: nothing. Secret: 32 bytes, from which every word follows. Moving: `used`, the places asked before."""

    name: str = "paper"
    traits: frozenset[Trait] = frozenset({Trait.POSSESSION, Trait.TYPED})
    rank: Rank = Rank.GOOD

    def begin(self, record: Record, asked: Asked, now: int) -> Opening:
        free = [place for place in range(PLACES) if place not in record.moving["used"]]
        place = free[int.from_bytes(asked.fresh[:8], "big") % len(free)]
        # Asked is used: who begins logins to be asked for a word he knows burns the list and gets no word twice.
        moving: Mapping[str, Any] = {"used": [*record.moving["used"], place]}
        return Opening(TypeCode(record.name, f"{place:03d}", asked.expires), {"place": place}, moving)

    def price(self, memory: Memory, answer: Typed) -> Price:
        return PRICE

    def check(self, record: Record, memory: Memory, answer: Typed, now: int) -> Verdict:
        right = same(word_at(record, memory["place"]).encode(), answer.text.lower().encode("utf-8", "replace"))
        return Accepted(record.moving) if right else Refused()


def word_at(record: Record, place: int) -> str:
    return mac(record.secret.reveal(), place.to_bytes(2, "big")).hex()[:6]
