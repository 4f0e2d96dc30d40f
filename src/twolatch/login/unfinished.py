"""A right password that no second step followed: the client is told, for somebody else may know his password.

The letter is written with the attempt and waits as long as the attempt may still be finished; collecting takes it out
of the outbox again. So no process has to look for what did *not* happen, and whoever stops half-way, closes the window
or presses "cancel" is told of all the same. The letter bears the attempt's own id.
"""

from twolatch import limits, notices
from twolatch.house import House
from twolatch.login.model import Attempt
from twolatch.people.model import User
from twolatch.storage.db import Tx
from twolatch.words.limits import REPLACED, UNFINISHED
from twolatch.words.visit import Visit


async def announce(tx: Tx, house: House, visit: Visit, user: User, attempt: Attempt) -> None:
    """Written down, to be posted when the attempt can no longer be finished."""
    if await _may_tell(tx, user, visit.now):
        to, facts = user.recipient, _facts(house, visit)
        await notices.write_for_later(
            tx, house, attempt.id, visit.now, attempt.expires_at, to, notices.UNFINISHED, **facts
        )


async def refused(tx: Tx, house: House, visit: Visit, user: User) -> None:
    """There is nothing that could be asked for a second step: told at once."""
    if await _may_tell(tx, user, visit.now):
        await notices.write(tx, house, visit.now, user.recipient, notices.UNFINISHED, **_facts(house, visit))


async def _may_tell(tx: Tx, user: User, now: int) -> bool:
    """A few a day and no more: a stranger could fill the client's mailbox, and bury in it what is told besides."""
    return bool(user.email) and isinstance(await limits.pay(tx, UNFINISHED, user.id, now), limits.Paid)


def _facts(house: House, visit: Visit) -> dict[str, str]:
    return {"agent": visit.agent, "address": visit.address, "link": f"{house.settings.portal_url}/password"}


async def put_off(tx: Tx, attempt: str, due: int) -> None:
    """The attempt lives longer: it was asked again, or in another way."""
    await notices.put_off(tx, attempt, due)


async def followed(tx: Tx, attempt: Attempt) -> None:
    """It was finished; nothing of it is told."""
    if await notices.withdraw(tx, attempt.id):
        await limits.give_back(tx, UNFINISHED, attempt.user)


async def given_up(tx: Tx, house: House, attempt: str, now: int) -> None:
    """Taken back by whoever typed the password. That may be a thief who wants to leave no trace."""
    await notices.hasten(tx, house, attempt, now)


async def replaced(tx: Tx, old: Attempt | None, user: User, visit: Visit) -> None:
    """The same browser begins again, for the same client, while the older attempt lives: one letter for both is enough.
    Not for ever, or a thief who keeps beginning would never be told of; nor when he goes on in another name."""
    if old is None or old.user != user.id or old.expires_at <= visit.now:
        return
    counted = f"{user.id}:{visit.pre.hex()[:32]}"
    if not isinstance(await limits.pay(tx, REPLACED, counted, visit.now), limits.Blocked):
        await followed(tx, old)
