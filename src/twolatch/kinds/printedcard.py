"""The printed code card: the cells of `codecard`, on a paper that the site printed for the client and sent him.

The legacy kind, for who has no phone. It does not end by itself and stands in for nothing; it is never sent back, its
client shreds it. Whoever printed it has seen it once: afterwards nobody can read it again, its client neither, who
shows by two cells that the paper has reached him.
"""

from dataclasses import dataclass

from twolatch.kinds.codecard import Cells
from twolatch.kinds.kind import Newborn, Record, Trait


@dataclass(frozen=True)
class PrintedCard(Cells):
    name: str = "printedcard"
    traits: frozenset[Trait] = frozenset({Trait.POSSESSION, Trait.TYPED, Trait.ALONE, Trait.PAPER})

    def printed(self, fresh: bytes) -> Newborn:
        return self.drawn_from(fresh)

    def shown(self, record: Record) -> None:
        """Nobody shows it again."""
        return
