"""What may be done in a session: by what proved it, and by what was done already. Rules without IO.

The law of this room: the factor that was *used* decides, never the best one that somebody holds.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from twolatch.authorizations.money import units_of
from twolatch.kinds.kind import Rank, Trait
from twolatch.settings import Settings, Strength


class Action(StrEnum):
    """All of them take something out, and share one limit: who is stopped at one does not go on with another."""

    WITHDRAWAL = "withdrawal"
    TRANSFER = "transfer"
    PAYMENT = "payment"


class Answer(StrEnum):
    ALLOW = "allow"
    STEP_UP = "step_up"
    REFUSE = "refuse"


class Reason(StrEnum):
    WITHIN = "within_limits"
    CONFIRMED = "confirmed"  # the client proved this very amount
    CONFIRM = "confirm"  # within limits, and large enough to be confirmed by itself
    DAY = "day_limit"
    FIVE_DAYS = "five_day_limit"
    PROOF_GONE = "proof_gone"  # what proved the session was stopped, removed or locked since
    SESSION_ENDED = "session_ended"
    BRIDGING = "session_bridging"
    PASSWORD_DUE = "password_due"  # noqa: S105 a new one has to be chosen first
    DECLINED = "declined"
    EXPIRED = "expired"
    RELEASED = "released"


class State(StrEnum):
    REFUSED = "refused"
    OPEN = "open"  # waits for the client's own proof
    ALLOWED = "allowed"  # and counted
    DECLINED = "declined"
    RELEASED = "released"  # given back: it was not carried out
    OVER = "over"


# What counts, in the session's name, where the password is all there was to prove.
PASSWORD_RANK = 0
_RANKS = {"none": PASSWORD_RANK, "spare": Rank.SPARE, "good": Rank.GOOD, "strong": Rank.STRONG, "best": Rank.BEST}


@dataclass(frozen=True, slots=True)
class Proof:
    """What proved a session, or would: rank (0: the password alone) and traits. `one` is the authenticator."""

    rank: int = PASSWORD_RANK
    traits: frozenset[Trait] = frozenset()
    one: str = ""

    @property
    def word(self) -> str:
        return next(word for word, rank in _RANKS.items() if rank == self.rank)

    def amr(self, *, has_password: bool) -> list[str]:
        """Words of RFC 8176, and only those we know to be true: whether a key lives in hardware we do not."""
        words = ["pwd"] if has_password else []
        words += ["otp"] if Trait.TYPED in self.traits else []
        words += ["pop"] if self.traits & {Trait.BOUND, Trait.LINKED} else []
        words += ["user"] if Trait.PIN_OR_BODY in self.traits else []
        return [*words, "mfa"] if self.rank and (has_password or Trait.PIN_OR_BODY in self.traits) else words


@dataclass(frozen=True, slots=True)
class Allowance:
    """In the smallest unit of the limits' currency; None: without limit."""

    day: int | None
    five_days: int | None

    def less(self, spent: "Spent") -> "Allowance":
        """What is left; none is left where more was spent than this proof would allow."""
        day = None if self.day is None else max(0, self.day - spent.day)
        return Allowance(day, None if self.five_days is None else max(0, self.five_days - spent.five_days))

    def over(self, amount: int) -> Reason | None:
        """The limit that this amount is over, when it is; of two the one that waiting until tomorrow does not help."""
        if self.five_days is not None and amount > self.five_days:
            return Reason.FIVE_DAYS
        return Reason.DAY if self.day is not None and amount > self.day else None


@dataclass(frozen=True, slots=True)
class Spent:
    """What was authorised and not given back."""

    day: int
    five_days: int


def line_of(table: Iterable[Strength], proof: Proof) -> Strength:
    """The first line that this proof fits; the last one fits all (`Settings` refuses a table where it does not)."""
    return next(each for each in table if fits(each, proof))


def fits(line: Strength, proof: Proof) -> bool:
    return proof.rank >= _RANKS[line.rank] and {trait.value for trait in proof.traits} >= line.traits


def allowance_of(line: Strength, currency: str) -> Allowance:
    day = None if line.day == "unlimited" else units_of(line.day, currency)
    return Allowance(day, None if line.five_days == "unlimited" else units_of(line.five_days, currency))


def allows(settings: Settings, proof: Proof) -> Allowance:
    return allowance_of(line_of(settings.strength, proof), settings.amount_currency)


@dataclass(frozen=True, slots=True)
class Standing:
    """A session at the moment of the question. `proof` None: what proved it stands no more. `others`: what the client
    could prove himself with in this browser. `barred`: why nothing at all may be done in it."""

    proof: Proof | None
    others: Sequence[Proof]
    spent: Spent
    barred: Reason | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """`needed`: the lines of the table that would be enough, when it was no."""

    answer: Answer
    reason: Reason
    proof: Proof = field(default_factory=Proof)
    left: Allowance | None = None
    needed: tuple[Strength, ...] = ()

    @property
    def state(self) -> State:
        states = {Answer.ALLOW: State.ALLOWED, Answer.STEP_UP: State.OPEN, Answer.REFUSE: State.REFUSED}
        return states[self.answer]


def decide(settings: Settings, standing: Standing, amount: int) -> Decision:
    """`amount` in the smallest unit of the limits' currency."""
    if standing.barred:
        return Decision(Answer.REFUSE, standing.barred)
    proof = standing.proof or Proof()
    left = allows(settings, proof).less(standing.spent) if standing.proof else Allowance(0, 0)
    over = left.over(amount) if standing.proof else Reason.PROOF_GONE
    if over is None and not is_confirmed_itself(settings, amount):
        after = left.less(Spent(amount, amount))
        return Decision(Answer.ALLOW, Reason.WITHIN, proof, after)
    needed = enough(settings, standing.spent, amount)
    can = any(suffices(settings, each, standing.spent, amount) for each in standing.others)
    answer = Answer.STEP_UP if can else Answer.REFUSE
    return Decision(answer, over or Reason.CONFIRM, proof, left, needed)


def is_confirmed_itself(settings: Settings, amount: int) -> bool:
    least = settings.confirm_from
    return least is not None and amount >= units_of(least, settings.amount_currency)


def suffices(settings: Settings, proof: Proof, spent: Spent, amount: int) -> bool:
    """Whether this proof, used now, is good for the amount beside what was spent."""
    return allows(settings, proof).less(spent).over(amount) is None


def enough(settings: Settings, spent: Spent, amount: int) -> tuple[Strength, ...]:
    currency = settings.amount_currency
    return tuple(
        line for line in settings.strength if allowance_of(line, currency).less(spent).over(amount) is None
    )


def young_or_known(is_young: bool, has_older: bool, proof: Proof) -> Proof:
    """What the password alone bound a moment ago is good for no more than the password, for a day."""
    return Proof(one=proof.one) if is_young and not has_older else proof
