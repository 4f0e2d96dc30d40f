"""What clients were told and what the database holds afterwards, laid side by side.

Pure: no site, no database. `broken_promises` reads both and says in words where the site broke its word. A client who
was told "come back later", or nothing, knows nothing: only what was said outright is held against the site.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum


class Wish(StrEnum):
    APPROVAL = "approval"  # of a phone; `thing` is the challenge
    SESSION = "session"  # `thing` is the fingerprint of its cookie
    CODE = "code"  # of a paper; `thing` is the code, and done means that it opened a session


class Told(StrEnum):
    DONE = "done"
    REFUSED = "refused"
    NOTHING = "nothing"  # a 503, or no answer


@dataclass(frozen=True)
class Said:
    who: str
    wish: Wish
    thing: str
    told: Told


@dataclass(frozen=True)
class KeptSession:
    id: str
    who: str
    is_proved: bool  # by more than the password


@dataclass
class Kept:
    """`approved`, `started`: audit lines by challenge and by session. `consumed`: approvals that became sessions, by
    person. `sessions`: by the fingerprint of the cookie."""

    approved: Counter[str] = field(default_factory=Counter)
    started: Counter[str] = field(default_factory=Counter)
    consumed: Counter[str] = field(default_factory=Counter)
    sessions: dict[str, KeptSession] = field(default_factory=dict)


def broken_promises(said: Iterable[Said], kept: Kept) -> list[str]:
    """Empty where the site kept its word."""
    said = list(said)
    return [*_lost(said, kept), *_twice(said, kept), *_unwritten(kept)]


def _lost(said: list[Said], kept: Kept) -> list[str]:
    """What was acknowledged and is not there."""
    done = [one for one in said if one.told is Told.DONE]
    found = [
        f"{one.who} was told that {one.thing} is approved, and nobody knows of it"
        for one in done
        if one.wish is Wish.APPROVAL and not kept.approved[one.thing]
    ]
    return found + [
        f"{one.who} was given a session that is not there"
        for one in done
        if one.wish is Wish.SESSION and one.thing not in kept.sessions
    ]


def _twice(said: list[Said], kept: Kept) -> list[str]:
    """What happens once, and happened again."""
    codes = Counter((one.who, one.thing) for one in said if one.wish is Wish.CODE and one.told is Told.DONE)
    found = [f"{who}'s code opened {times} sessions" for (who, _), times in codes.items() if times > 1]
    found += [f"{challenge} was approved {times} times" for challenge, times in kept.approved.items() if times > 1]
    proved = Counter(one.who for one in kept.sessions.values() if one.is_proved)
    return found + [
        f"{who} has {many} sessions from {kept.consumed[who]} approvals"
        for who, many in proved.items()
        if many > kept.consumed[who]
    ]


def _unwritten(kept: Kept) -> list[str]:
    """The audit tells of every session, once, and of no other."""
    ids = {one.id for one in kept.sessions.values()}
    found = [f"session {one} stands {kept.started[one]} times in the audit" for one in ids if kept.started[one] != 1]
    return found + [f"the audit tells of a session {one} that is not there" for one in kept.started if one not in ids]
