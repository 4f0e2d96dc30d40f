"""Cards of 224 cells on paper, of which a login asks for two; and the one of them that a client prints himself.

A cell is one of 27,000 (one of 729 million where a cell serves once). A hash of so few is undone in a second, so none
is kept: cells follow from one secret that is sealed as every other one (docs/decisions/0010), and are shown until the
card is active, never again.

The pair that was asked stays asked until it is answered. Whoever could draw another one would draw until he meets the
cells he has seen on a photograph.
"""

from dataclasses import dataclass
from typing import Any

from twolatch.kinds import typed
from twolatch.kinds.kind import Asked, Memory, Newborn, Opening, Owner, Price, Rank, Record, Trait, Typed
from twolatch.protocol.keys import mac, same
from twolatch.protocol.octets import label
from twolatch.words.limits import DAY
from twolatch.words.shapes import KeepCard, TypeCells
from twolatch.words.verdicts import Accepted, Refused, Verdict

SIGNS = "23456789ABCDEFGHJKMNPQRSTVWXYZ"  # thirty that nobody takes for another: no 0, 1, I, L, O, U
CELLS = 224
SECRET_BYTES = 32

_AS_MEANT = str.maketrans("", "", "- .,")


@dataclass(frozen=True)
class Cells:
    """What every such card does. Enrolment: `number` of the card, `signs` of a cell. Secret: 32 bytes. Moving: `asked`,
    the pair that waits for its answer, or nothing; `used`, the cells that are gone, where each serves once."""

    each_once: bool = False
    name: str = "cells"
    rank: Rank = Rank.GOOD

    def begin(self, record: Record, asked: Asked, now: int) -> Opening:
        pair = list(record.moving["asked"]) or drawn(asked.fresh, record.moving["used"])
        moving = None if record.moving["asked"] else {**record.moving, "asked": pair}
        places = tuple(str(place + 1) for place in pair)
        prompt = TypeCells(record.name, record.enrolment["number"], places, record.enrolment["signs"], asked.expires)
        return Opening(prompt, {**typed.opening(record, asked).memory, "pair": pair}, moving)

    def price(self, memory: Memory, answer: Typed) -> Price:
        return typed.price(self.name, memory)

    def check(self, record: Record, memory: Memory, answer: Typed, now: int) -> Verdict:
        """Both cells in one go: which of them was wrong is not told. A pair that was answered since, here or in
        another browser, is no question any more."""
        pair, signs = memory["pair"], record.enrolment["signs"]
        right = "".join(cell(record.secret.reveal(), place, signs) for place in pair)
        is_right = same(spelled(answer.text).encode("utf-8", "replace"), right.encode())
        if not (is_right and pair and pair == list(record.moving["asked"])):
            return Refused()
        used = [*record.moving["used"], *pair] if self.each_once and record.is_proven else record.moving["used"]
        return Accepted({"asked": [], "used": used})

    def drawn_from(self, fresh: bytes) -> Newborn:
        secret, signs = fresh[:SECRET_BYTES], 6 if self.each_once else 3
        enrolment: dict[str, Any] = {"number": number(secret), "signs": signs}
        return Newborn(enrolment, {"asked": [], "used": []}, secret, shown(secret, signs))

    def leap(self, record: Record) -> dict[str, Any]:
        """After a restored backup the pair may have been answered, and seen, since: another one is drawn."""
        used = [*record.moving["used"], *record.moving["asked"]] if self.each_once else record.moving["used"]
        return {"asked": [], "used": used}


@dataclass(frozen=True)
class CodeCard(Cells):
    """The client's own, for the days until something lasting works: shown until it is active."""

    name: str = "codecard"
    traits: frozenset[Trait] = frozenset({
        Trait.POSSESSION, Trait.TYPED, Trait.ALONE, Trait.PAPER, Trait.STAND_IN,
    })  # fmt: skip
    lives: int = 21 * DAY
    warns: int = 4 * DAY

    def newborn(self, owner: Owner, fresh: bytes) -> Newborn:
        return self.drawn_from(fresh)

    def shown(self, record: Record) -> KeepCard:
        return shown(record.secret.reveal(), record.enrolment["signs"])


def drawn(fresh: bytes, used: list[int]) -> list[int]:
    """Two cells that may still be asked, in the order of the card; none when the card is used up."""
    free = [place for place in range(CELLS) if place not in used]
    if len(free) < 2:
        return []
    first = free.pop(int.from_bytes(fresh[:8], "big") % len(free))
    return sorted([first, free[int.from_bytes(fresh[8:16], "big") % len(free)]])


def cell(secret: bytes, place: int, signs: int) -> str:
    """What stands at a place (from 0) of the card."""
    left = int.from_bytes(mac(secret, label("codecard/cell") + place.to_bytes(2, "big")), "big")
    text = ""
    for _ in range(signs):
        left, sign = divmod(left, len(SIGNS))
        text += SIGNS[sign]
    return text


def number(secret: bytes) -> str:
    """The card's number: tells cards apart and nothing about cells."""
    digits = int.from_bytes(mac(secret, label("codecard/number")), "big") % 10**8
    return f"{digits // 10_000:04d} {digits % 10_000:04d}"


def shown(secret: bytes, signs: int) -> KeepCard:
    return KeepCard(number(secret), tuple(cell(secret, place, signs) for place in range(CELLS)))


def spelled(text: str) -> str:
    """In any case, with or without what people put between two cells."""
    return text.translate(_AS_MEANT).upper() if text.isascii() else ""
