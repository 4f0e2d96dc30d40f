"""A right password that no second step followed: the client is told, for somebody else may know his password.

The attempt itself says until when it may still be finished; collecting takes that off again. So nothing is written for
the many who finish, a process that dies takes nothing with it, and whoever stops half-way, closes the window or presses
"cancel" is told of all the same.
"""

from twolatch import limits, notices
from twolatch.authenticators.model import Challenge
from twolatch.authenticators.outcome import QUIET
from twolatch.house import House
from twolatch.house.rounds import go_round
from twolatch.login import store
from twolatch.login.model import Attempt, Stage
from twolatch.people import store as people
from twolatch.people.model import User
from twolatch.storage.db import Tx
from twolatch.words.limits import MINUTE, REPLACED, SECOND, UNFINISHED
from twolatch.words.visit import Visit

EVERY = MINUTE / SECOND


async def run(house: House) -> None:
    """Until cancelled, once a minute."""
    await go_round(house, EVERY, tell_due, "unfinished", "not_told")


async def tell_due(house: House, now: int) -> None:
    """The letters about what can no longer be finished."""

    async def work(tx: Tx) -> None:
        if attempt := await store.take_untold(tx, now):
            await tell(tx, house, attempt, now)

    while (due := await store.untold(house.db)) is not None and due <= now:
        await house.db.write(work)


def tell_at(user: User, question: Challenge | None, end: int) -> int:
    """When he is to be told of an attempt that may be finished until `end`; 0 where there is nothing to tell."""
    return end if question and user.email else 0


async def tell(tx: Tx, house: House, attempt: Attempt, now: int) -> bool:
    """Writes the letter about this attempt. False where there is none to write: it was collected (by a process of the
    release before), or "it was not me" has been said since, which says more of the same, or there were enough."""
    user = await people.by_id(tx, attempt.user)
    if user is None or attempt.stage is Stage.COLLECTED or attempt.created_at <= user.quiet_until - QUIET:
        return False
    if not await _may_tell(tx, user, now):
        return False
    facts = _facts(house, attempt.agent, attempt.address)
    await notices.write(tx, house, attempt.created_at, user.recipient, notices.UNFINISHED, **facts)
    return True


async def announce(tx: Tx, house: House, visit: Visit, user: User, attempt: Attempt) -> None:
    """Of what is no row of its own: written down at once, to be posted when it can no longer be finished."""
    if await _may_tell(tx, user, visit.now):
        to, facts = user.recipient, _facts(house, visit.agent, visit.address)
        await notices.write_for_later(
            tx, house, attempt.id, visit.now, attempt.expires_at, to, notices.UNFINISHED, **facts
        )


async def refused(tx: Tx, house: House, visit: Visit, user: User) -> None:
    """There is nothing that could be asked for a second step: told at once."""
    if await _may_tell(tx, user, visit.now):
        facts = _facts(house, visit.agent, visit.address)
        await notices.write(tx, house, visit.now, user.recipient, notices.UNFINISHED, **facts)


async def _may_tell(tx: Tx, user: User, now: int) -> bool:
    """A few a day and no more: a stranger could fill the client's mailbox, and bury in it what is told besides."""
    return bool(user.email) and isinstance(await limits.pay(tx, UNFINISHED, user.id, now), limits.Paid)


def _facts(house: House, agent: str, address: str) -> dict[str, str]:
    return {"agent": agent, "address": address, "link": f"{house.settings.portal_url}/password"}


async def followed(tx: Tx, attempt: Attempt) -> None:
    """It was finished; nothing of it is told. A letter lies there already where the attempt is no row of its own, or
    was begun under the release before."""
    if not attempt.tell_at and await notices.withdraw(tx, attempt.id):
        await limits.give_back(tx, UNFINISHED, attempt.user)


async def given_up(tx: Tx, house: House, attempt: Attempt, now: int) -> None:
    """Taken back by whoever typed the password. That may be a thief who wants to leave no trace: told at once."""
    if attempt.tell_at:
        await store.tell_nothing(tx, attempt.id)
        await tell(tx, house, attempt, now)


async def replaced(tx: Tx, old: Attempt | None, user: User, visit: Visit) -> None:
    """The same browser begins again, for the same client, while the older attempt lives: one letter for both is enough.
    Not for ever, or a thief who keeps beginning would never be told of; nor when he goes on in another name."""
    if old is None or old.user != user.id or old.expires_at <= visit.now:
        return
    counted = f"{user.id}:{visit.pre.hex()[:32]}"
    if not isinstance(await limits.pay(tx, REPLACED, counted, visit.now), limits.Blocked):
        await store.tell_nothing(tx, old.id)
        await followed(tx, old)
