"""How often work may be tried again. A second try helps against bad luck; where everything collides it is fuel for the
fire: the busier the database, the more it is asked."""

KEPT = 200.0  # second tries at hand after a quiet time
SHARE = 0.1  # of one, earned by each new piece of work


class RetryBudget:
    """Of one process. In the long run one second try for ten pieces of work, and no more."""

    def __init__(self, kept: float = KEPT, share: float = SHARE) -> None:
        self._most, self._share, self._left = kept, share, kept

    def earn(self) -> None:
        self._left = min(self._most, self._left + self._share)

    def spend(self) -> bool:
        """Whether there is one left."""
        if self._left < 1:
            return False
        self._left -= 1
        return True
