"""What a closing does when its day is over: exactly once, in one transaction with everything it ends.

Looked for every minute by each process, and by whoever settles the last card; of all these one wins.
"""

from twolatch import audit, notices
from twolatch.accounts import store as accounts
from twolatch.accounts.model import Account, State
from twolatch.authenticators import store as authenticators
from twolatch.authenticators.model import UNPROVEN
from twolatch.authenticators.model import State as OfAuthenticator
from twolatch.authenticators.outcome import move
from twolatch.closing import cards, kept
from twolatch.custody import flows as custody
from twolatch.custody.model import SITE
from twolatch.custody.orders import flows as orders
from twolatch.house import House
from twolatch.house.rounds import go_round
from twolatch.people import store as people
from twolatch.people.model import User
from twolatch.sessions import store as sessions
from twolatch.sessions.flows import note_ended
from twolatch.storage.db import Tx
from twolatch.words.events import Event
from twolatch.words.limits import DAY, MINUTE, SECOND

EVERY = MINUTE / SECOND
YEAR = 365 * DAY


async def run(house: House) -> None:
    """Until cancelled, once a minute."""
    await go_round(house, EVERY, close_due, "closing", "not_closed")


async def close_due(house: House, now: int) -> int:
    """Returns how many accounts went on."""
    done = 0
    for account in await accounts.due(house.db, now):
        done += await house.db.write(lambda tx, one=account: effect(tx, house, one, now))  # type: ignore[misc]
    return done


async def effect(tx: Tx, house: House, account_id: str, now: int) -> bool:
    """One step on, if its time has come: to waiting for cards, or closed. False when nothing changed."""
    users = [await people.take_turn(tx, user) for user, _ in await accounts.users_of(tx, account_id)]
    account = await accounts.by_id(tx, account_id)
    if account is None or not account.is_due(now):
        return False
    owed = [card for card in await cards.of_account(tx, house, account) if not card.settled]
    if owed or not await kept.is_complete(tx, house, account):
        return account.state is State.ASKED and await _let_wait(tx, house, account, now)
    read_until = now + house.settings.closed_years * YEAR
    last = {user.id for user in users if user and await cards.is_last_account(tx, account, user.id)}
    if not await accounts.close(tx, account.id, now, read_until):
        return False
    await audit.write(tx, now, Event.ACCOUNT_CLOSED, None, account.id, into=account.goes_into)
    for user in users:
        if user and user.id in last:
            await _close_client(tx, house, user, account, now, read_until)
        elif user:
            await notices.write(tx, house, now, user.recipient, "account_closed", account=account.number)
    return True


async def _let_wait(tx: Tx, house: House, account: Account, now: int) -> bool:
    if not await accounts.let_wait(tx, account.id, now):
        return False
    await audit.write(tx, now, Event.CLOSING_WAITS, None, account.id)
    for each, _ in await accounts.users_of(tx, account.id):
        if user := await people.by_id(tx, each):
            await notices.write(tx, house, now, user.recipient, "closing_waits", account=account.number)
    return True


async def _close_client(tx: Tx, house: House, user: User, account: Account, now: int, read_until: int) -> None:
    """His last account is closed: no session goes on, nothing of his is asked any more, and he reads from here on."""
    await people.close(tx, user.id, now, read_until)
    ended = await sessions.end_all(tx, user.id, now)
    await note_ended(tx, user.id, ended, "closed", now)
    unproven = await authenticators.of_user(tx, house.keys, user.id, UNPROVEN)
    for one in [*await authenticators.held_by(tx, house.keys, user.id), *unproven]:
        if kept.stays(house, one):
            continue
        await move(tx, house, one.id, user, OfAuthenticator.REMOVED, Event.AUTHENTICATOR_REMOVED, now)
    await orders.end_all(tx, house, user, now, SITE)
    await custody.release(tx, house, user, now, SITE)
    await sessions.forget_browsers(tx, user.id, but=b"")
    await audit.write(tx, now, Event.CLIENT_CLOSED, user.id, account.id)
    notice = "client_closed"
    await notices.write(
        tx, house, now, user.recipient, notice, account=account.number, ends_at=str(read_until), name=user.name
    )
