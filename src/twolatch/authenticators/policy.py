"""Who is asked first, and what a proof is good for: by traits and rank, never by the name of a kind.

docs/decisions/0009 gives the reasons. In short: a password alone does nothing to a client's authenticators once he has
one; a spare brings him back after a loss, but adds nothing beside what still works.
"""

from collections.abc import Iterable, Sequence
from enum import StrEnum

from twolatch.authenticators.asking import record_of
from twolatch.authenticators.model import Authenticator, State, has_ended
from twolatch.house import House
from twolatch.kinds.kind import Differs, Kind, Rank, RunsOut, Trait
from twolatch.kinds.shelf import take
from twolatch.people.model import User
from twolatch.sessions.flows import is_fresh
from twolatch.sessions.model import Bearer
from twolatch.words.refusals import Code, Refusal
from twolatch.words.visit import Door, Visit

# What is as much as a password and a second factor, on this site and nowhere else, and tells whose it is.
ALONE = frozenset({Trait.POSSESSION, Trait.PIN_OR_BODY, Trait.BOUND, Trait.TELLS_WHOSE})
MOST = 10  # authenticators of one client, of all kinds


class Loss(StrEnum):
    """What a client loses with one of his authenticators; he is told before he does it."""

    NONE = ""
    WEAKER = "weaker"  # what stays is easier to misuse
    SPARES = "spares"  # only what runs out stays
    OUT = "out"  # nothing that may answer stays: he is locked out
    BARE = "bare"  # nothing stays: the password alone


class Standing(StrEnum):
    """How a client is protected by what he holds."""

    BARE = "bare"  # by the password alone
    OUT = "out"  # by what may not answer: a login is not possible now
    THIN = "thin"  # by a spare alone
    SINGLE = "single"  # well, but one loss away from support
    SOUND = "sound"


def kind_of(house: House, one: Authenticator) -> Kind:
    return take(house.kinds, one.kind)


def traits_of(house: House, one: Authenticator) -> frozenset[Trait]:
    """Of this very one: a key may ask for a PIN or not."""
    kind = kind_of(house, one)
    return kind.traits_of(record_of(house, one, "")) if isinstance(kind, Differs) else kind.traits


def rank_of(house: House, one: Authenticator) -> Rank:
    kind = kind_of(house, one)
    return kind.rank_of(record_of(house, one, "")) if isinstance(kind, Differs) else kind.rank


def is_spare(house: House, one: Authenticator) -> bool:
    return rank_of(house, one) is Rank.SPARE


def stands_alone(house: House, one: Authenticator) -> bool:
    """Whether it may let a client in without a password."""
    return one.state is State.ACTIVE and traits_of(house, one) >= ALONE


def alone(house: House, held: Iterable[Authenticator]) -> list[Authenticator]:
    return [one for one in held if stands_alone(house, one)]


def is_only_way(house: House, user: User, held: Sequence[Authenticator], one: Authenticator) -> bool:
    """Whether nothing at all would let this client in without it."""
    return user.keys_only and [each.id for each in alone(house, held)] == [one.id]


def is_strong(house: House, one: Authenticator) -> bool:
    """Good enough for the desk: had in hand, and opened by PIN, face or finger at each use. A key that is bound to the
    portal is of no use on another host."""
    return may_hand_on(house, one) and Trait.BOUND not in traits_of(house, one)


def opens_papers(house: House, one: Authenticator) -> bool:
    """Good enough to open the papers of a closed client beside his password: it answers to this site alone, so nobody
    can be talked out of it, and he needs nothing from us to go on using it."""
    return one.state is State.ACTIVE and Trait.BOUND in traits_of(house, one)


def linked(house: House, held: Iterable[Authenticator]) -> list[Authenticator]:
    """Those that joined by a code they claimed themselves; how many of them a client may have is a setting."""
    return [one for one in held if Trait.LINKED in traits_of(house, one)]


def left_of(house: House, one: Authenticator) -> int | None:
    """How often it can still be used, where it runs out."""
    kind = kind_of(house, one)
    return kind.left(record_of(house, one, "")) if isinstance(kind, RunsOut) else None


def running_out(house: House, held: Iterable[Authenticator]) -> int | None:
    """How many are left of what runs out, when that is few enough to say so."""
    few = []
    for one in held:
        kind = kind_of(house, one)
        if one.state is State.ACTIVE and isinstance(kind, RunsOut):
            left = kind.left(record_of(house, one, ""))
            few += [left] if left <= kind.low else []
    return min(few, default=None)


def is_stand_in(house: House, one: Authenticator) -> bool:
    return Trait.STAND_IN in kind_of(house, one).traits


def serves(one: Authenticator, browser: bytes) -> bool:
    """Whether it may be used in this browser: what belongs to one serves no other."""
    own = one.enrolment.get("browser")
    return own is None or own == browser.hex()


def usable(
    house: House, held: Iterable[Authenticator], now: int, browser: bytes | None = None
) -> list[Authenticator]:
    """Whom a login in this browser (in some browser, when none is named) may ask, the one used last first. A spare
    comes last: nobody is asked to use up what he keeps for a bad day because he used it on one."""
    active = [one for one in held if one.state is State.ACTIVE and not has_ended(one, now) and left_of(house, one) != 0]
    active = [one for one in active if browser is None or serves(one, browser)]
    return sorted(active, key=lambda one: is_spare(house, one))


def usable_at(house: House, held: Iterable[Authenticator], visit: Visit) -> list[Authenticator]:
    """As above, at the door of this visit: the desk asks for what is strong, and for nothing else."""
    ready = usable(house, held, visit.now, visit.browser)
    return [one for one in ready if visit.door is Door.PORTAL or is_strong(house, one)]


def may_hand_on(house: House, one: Authenticator) -> bool:
    """What may hand the second latch on to a new phone: had in hand, and opened by PIN, face or finger."""
    return traits_of(house, one) >= {Trait.POSSESSION, Trait.PIN_OR_BODY}


def lets(house: House, one: Authenticator) -> list[str]:
    """What it lets a client do, as decision 0009 has it: keys of texts."""
    if is_spare(house, one):
        return ["login", "rescue"]
    return ["login", "settings", "move"] if may_hand_on(house, one) else ["login", "settings"]


def standing(house: House, held: Sequence[Authenticator], now: int) -> Standing:
    ready = usable(house, held, now)
    if not ready:
        return Standing.OUT if held else Standing.BARE
    if all(is_spare(house, one) for one in ready):
        return Standing.THIN
    return Standing.SINGLE if len(ready) == 1 else Standing.SOUND


def loss(
    house: House, held: Sequence[Authenticator], gone: Authenticator, now: int, *, is_kept: bool = False
) -> Loss:
    """What it means that `gone` answers no more. `is_kept`: it stays the client's, and may be taken back."""
    others = [one for one in held if one.id != gone.id]
    if not others and not is_kept:
        return Loss.BARE
    ready = usable(house, others, now)
    if not ready:
        return Loss.OUT
    best = max(rank_of(house, one) for one in ready)
    if best is Rank.SPARE:
        return Loss.SPARES
    return Loss.WEAKER if best < rank_of(house, gone) and usable(house, [gone], now) else Loss.NONE


def may_stand_in(house: House, who: Bearer, held: Sequence[Authenticator]) -> Refusal | None:
    """Whether a stand-in may be made: by who came in with nothing better than a spare. Who proved himself with what
    lasts has no need of one, and a stand-in that made the next one would never end."""
    prover = next((one for one in held if one.id == who.authenticator), None)
    return None if prover is None or is_spare(house, prover) else Refusal(Code.NOT_NEEDED)


def with_a_screen(house: House, held: Iterable[Authenticator], now: int) -> list[Authenticator]:
    """Those usable that show what they are asked: they can be tried without anything being typed away."""
    return [one for one in usable(house, held, now) if Trait.SHOWS_CONTEXT in kind_of(house, one).traits]


def may_change(who: Bearer, held: Sequence[Authenticator], now: int) -> Refusal | None:
    """Whether this session may add to what is held, or remove from it: freshly proved, by something that still may
    answer. The password alone changes nothing of it, nor does a phone that was reported meanwhile."""
    return None if is_fresh(who, now) and still_stands(who, held, now) else Refusal(Code.STEP_UP)


def still_stands(who: Bearer, held: Sequence[Authenticator], now: int) -> bool:
    """Whether what proved this session may still answer; the password, while there is nothing else."""
    proved = [one for one in held if one.id == who.authenticator]
    return not held or any(one.state is State.ACTIVE and not has_ended(one, now) for one in proved)


def has_room(house: House, who: Bearer, held: Sequence[Authenticator]) -> bool:
    """Whether one more may join by a code. To who came in with a stand-in, what was stopped makes room: support has
    just helped him because it is lost, and it ends when the new one is active."""
    is_bridged = any(one.id == who.authenticator and is_stand_in(house, one) for one in held)
    counted = [one for one in linked(house, held) if one.state is State.ACTIVE or not is_bridged]
    return len(counted) < house.settings.phones_per_user


def may_add(house: House, who: Bearer, user: User, held: Sequence[Authenticator], now: int) -> Refusal | None:
    """Whether this session may add an authenticator to those held."""
    if not held:
        return Refusal(Code.ACTIVATION_NEEDS_DESK) if user.needs_desk else None
    if refused := may_change(who, held, now):
        return refused
    if len(held) >= MOST:
        return Refusal(Code.ENOUGH)
    is_by_spare = any(one.id == who.authenticator and is_spare(house, one) for one in held)
    is_spared = is_by_spare and not all(is_spare(house, one) for one in usable(house, held, now, who.browser))
    return Refusal(Code.SPARE_ONLY) if is_spared else None
