"""What one agent may do in a day before somebody asks why: temporary codes, look-ups of clients, unlocks.

A deceived or dishonest agent is not stopped by a rule about one case, but by the number of cases. Whoever uses up his
last one is reported to the officers; two persons may give him more for the day.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from twolatch import audit, limits, notices
from twolatch.house import House
from twolatch.people import store as people
from twolatch.people.model import Role
from twolatch.storage.db import Database, Tx
from twolatch.words.events import Event
from twolatch.words.limits import (
    DESK_CODES,
    DESK_CODES_SITE,
    DESK_LOOKUPS,
    DESK_LOOKUPS_SITE,
    DESK_UNLOCKS,
    DESK_UNLOCKS_SITE,
    Limit,
)
from twolatch.words.refusals import Code, Refusal, seconds_until
from twolatch.words.warrants import Lowering, Warrant, must_cover

SITE = "desk"


class Budget(StrEnum):
    CODES = "codes"
    LOOKUPS = "lookups"
    UNLOCKS = "unlocks"


LIMITS_OF: Mapping[Budget, tuple[Limit, Limit]] = {
    Budget.CODES: (DESK_CODES, DESK_CODES_SITE),
    Budget.LOOKUPS: (DESK_LOOKUPS, DESK_LOOKUPS_SITE),
    Budget.UNLOCKS: (DESK_UNLOCKS, DESK_UNLOCKS_SITE),
}


@dataclass(frozen=True, slots=True)
class Standing:
    """How much of a budget is left to an agent; `until` (ms): when all of it is there again, 0 while none is used."""

    budget: Budget
    left: int
    most: int
    until: int


async def spend(house: House, agent: str, budget: Budget, now: int) -> Refusal | None:
    """Pays one, in a transaction of its own and before anything is looked at (rule C2)."""
    return await house.db.write(lambda tx: spend_in(tx, house, agent, budget, now))


async def spend_in(tx: Tx, house: House, agent: str, budget: Budget, now: int) -> Refusal | None:
    """In a transaction that goes on with what was paid for. Who is refused has paid nothing."""
    own, all_ = LIMITS_OF[budget]
    paid = await limits.pay(tx, own, agent, now)
    if isinstance(paid, limits.Blocked):
        await audit.write(tx, now, Event.BUDGET_REFUSED, agent, budget.value)
        return Refusal(Code.DESK_BUDGET, retry_after=seconds_until(paid.until, now))
    of_all = await limits.pay(tx, all_, SITE, now)
    if isinstance(of_all, limits.Blocked):
        await limits.give_back(tx, own, agent)
        await audit.write(tx, now, Event.BUDGET_REFUSED, agent, budget.value, site=True)
        return Refusal(Code.DESK_BUDGET_SITE, retry_after=seconds_until(of_all.until, now))
    if paid.count == own.allowance:
        await _report(tx, house, agent, budget, now)
    if of_all.count == all_.allowance:
        await _report(tx, house, "", budget, now)
    return None


async def _report(tx: Tx, house: House, agent: str, budget: Budget, now: int) -> None:
    """The last one of the day is used: all officers hear of it by mail. `agent` empty: by the whole site."""
    await audit.write(tx, now, Event.BUDGET_REACHED, agent or None, budget.value, site=not agent)
    called = await _called(tx, house, agent)
    kind = f"budget_{budget.value}" if agent else f"budget_{budget.value}_site"
    facts = {"agent": called} if agent else {}
    for officer in await officers(tx, house):
        user = await people.by_id(tx, officer)
        if user:
            await notices.write(tx, house, now, user.recipient, kind, **facts)


async def _called(tx: Tx, house: House, agent: str) -> str:
    """How clients and colleagues know him: first name and number."""
    staff = await people.staff_of(tx, house.keys, agent) if agent else None
    return f"{staff.called} {staff.number}" if staff else ""


async def officers(db: Database | Tx, house: House) -> list[str]:
    """User ids, in order."""
    return sorted(one.user for one in await people.all_staff(db, house.keys) if one.role is Role.OFFICER)


async def give_more(tx: Tx, warrant: Warrant, agent: str, budget: Budget, extra: int, now: int) -> None:
    """Until the agent's day is over; what is left of it then is gone."""
    by = must_cover(warrant, Lowering.MORE_BUDGET, f"{agent}.{budget.value}")
    await limits.grant(tx, LIMITS_OF[budget][0], agent, extra, now)
    await audit.write(tx, now, Event.BUDGET_RAISED, agent, budget.value, extra=extra, **by)


async def standing(house: House, agent: str, now: int) -> list[Standing]:
    found = []
    for budget, (own, _) in LIMITS_OF.items():
        left, until = await limits.left(house.db, own, agent, now)
        found.append(Standing(budget, left, own.allowance, until))
    return found
