"""Is this really our support? The other way round: the agent proves himself to the client, by a code that both see.

Whoever pretends to be support has no code of an open case. Whoever relays the code of a real one to its client is found
out when the client has logged in: then the page says whether that case is about him.
"""

from dataclasses import dataclass

from twolatch import limits
from twolatch.desk import store
from twolatch.desk.cases import CODE_SIGNS
from twolatch.desk.model import Case, Channel
from twolatch.house import House
from twolatch.people import store as people
from twolatch.protocol.codes import ALPHABET
from twolatch.sessions.flows import is_at_work
from twolatch.storage.db import Tx
from twolatch.words.limits import AGENT_CHECKS, AGENT_CHECKS_SITE
from twolatch.words.refusals import Code, Refusal, seconds_until

_SAME = str.maketrans({"O": "0", "I": "1", "L": "1", "-": None, " ": None})


@dataclass(frozen=True, slots=True)
class Speaking:
    """Who it is, and for whom: `is_mine` None when the asker has not logged in. `since` in ms."""

    called: str
    number: int
    code: str
    channel: Channel
    since: int
    is_mine: bool | None


def plain(code: str) -> str:
    """As it is kept; empty for what no code looks like."""
    text = code[:40].upper().translate(_SAME)
    return text if len(text) == CODE_SIGNS and set(text) <= set(ALPHABET) else ""


async def check(house: House, code: str, address: str, client: str, now: int) -> Speaking | Refusal:
    """`client`: the user id of who asks, or empty. Paid before anything is looked up (rule C2)."""
    if refused := await house.db.write(lambda tx: _pay(tx, address, now)):
        return refused
    case = await store.by_code(house.db, plain(code), now) if plain(code) else None
    return await _speaking(house, case, client, now) or Refusal(Code.AGENT_UNKNOWN)


async def _pay(tx: Tx, address: str, now: int) -> Refusal | None:
    for paid in await limits.pay_each(tx, now, (AGENT_CHECKS, address), (AGENT_CHECKS_SITE, "")):
        if isinstance(paid, limits.Blocked):
            return Refusal(Code.AGENT_CHECKS, retry_after=seconds_until(paid.until, now))
    return None


async def _speaking(house: House, case: Case | None, client: str, now: int) -> Speaking | None:
    """None when he has no role any more, or does not sit at the desk at this moment."""
    staff = await people.staff_of(house.db, house.keys, case.agent) if case else None
    if case is None or staff is None or not await is_at_work(house, case.agent, now):
        return None
    is_mine = case.user == client if client else None
    return Speaking(staff.called, staff.number, case.code, case.channel, case.opened_at, is_mine)


async def with_me(house: House, client: str, now: int) -> list[Speaking]:
    """Who of the desk works on this client's case now, for the client himself."""
    found = [one for one in await store.of_client(house.db, client, 5) if one.is_open_at(now)]
    return [one for case in found if (one := await _speaking(house, case, client, now))]
