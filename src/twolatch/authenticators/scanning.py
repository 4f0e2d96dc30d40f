"""A phone that scanned the code of a login: it is told what it is asked, and that it has seen the live page."""

from twolatch.authenticators import store
from twolatch.authenticators.model import OVER, Authenticator, Challenge, Stage
from twolatch.house import House
from twolatch.kinds.kind import ReadsCodes
from twolatch.kinds.shelf import take
from twolatch.words.refusals import Code, Refusal
from twolatch.words.verdicts import Late, Seen


async def scan(
    house: House, one: Authenticator, challenge: str, read: object, now: int
) -> tuple[Challenge, str] | Refusal:
    """The question, and the word by which the answer shows that its page was seen in time. Reads only.

    A question of somebody else and one that never was read the same, whatever the code's MAC.
    """
    found = await store.find_challenge(house.db, house.keys, challenge)
    kind = take(house.kinds, one.kind)
    if found is None or found.authenticator != one.id or not isinstance(kind, ReadsCodes):
        return Refusal(Code.CHALLENGE_UNKNOWN)
    if (stage := found.stage_at(now)) is not Stage.PENDING:
        return Refusal(OVER[stage])
    sighting = kind.seen(found.memory, read, now)
    if isinstance(sighting, Seen):
        return found, sighting.word
    return Refusal(Code.SCAN_OLD if isinstance(sighting, Late) else Code.SCAN_FORGED)
