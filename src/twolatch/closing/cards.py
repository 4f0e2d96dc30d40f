"""Which cards does a client still hold, and how is each settled? The one place that answers.

A challenge card belongs to the site and comes back, or is declared lost: the stock knows, and nothing here repeats it.
A printed code card is shredded by its client. Who keeps another open account keeps his cards: nothing is asked of him.
"""

from twolatch.accounts import store as accounts
from twolatch.accounts.model import Account
from twolatch.accounts.model import State as AccountState
from twolatch.authenticators import policy
from twolatch.authenticators import store as authenticators
from twolatch.authenticators.model import Authenticator
from twolatch.closing import store
from twolatch.closing.model import Card, Duty, How
from twolatch.custody import store as custody
from twolatch.custody.flows import lose
from twolatch.custody.model import BACK, OUT, By
from twolatch.custody.model import Card as Plastic
from twolatch.custody.model import State as OfCard
from twolatch.custody.returns.flows import take_in
from twolatch.house import House
from twolatch.kinds.kind import Trait
from twolatch.people.model import User
from twolatch.storage.db import Database, Tx


async def is_last_account(db: Database | Tx, account: Account, user: str) -> bool:
    """Whether this client has no other account that stays."""
    held = await accounts.of_user(db, user)
    return all(one.id == account.id or one.state is AccountState.CLOSED for one in held)


async def of_account(db: Database | Tx, house: House, account: Account) -> list[Card]:
    """What has to be settled before this account closes, and what is settled already."""
    done = await store.settled(db, account.id)
    found: list[Card] = []
    for user, _ in await accounts.users_of(db, account.id):
        if await is_last_account(db, account, user):
            issued = await _issued(db, account, user, done)
            stays = [card.id for card in issued if await _stays(db, house, account, card)]
            found += [*(card for card in issued if card.id not in stays), *await _printed(db, house, user, done)]
    return found


async def _stays(db: Database | Tx, house: House, account: Account, card: Card) -> bool:
    """Whether another user of the same person, who shares it, goes on using it: then it passes to him."""
    one = await authenticators.find(db, house.keys, card.authenticator) if card.authenticator else None
    guest = one.guest if one else ""
    if not guest:
        return False
    leaves = any(user == guest for user, _ in await accounts.users_of(db, account.id))
    return not (leaves and await is_last_account(db, account, guest))


async def _issued(
    db: Database | Tx, account: Account, user: str, done: dict[str, tuple[How, int]]
) -> list[Card]:
    """`done`: of closings that began before the stock knew of returns."""
    cards = []
    for one in await custody.of_client(db, user):
        came_before = one.state in BACK and one.received_at < (account.asked_at or one.received_at + 1)
        if one.id in done or (one.state in OUT | BACK and not came_before):
            how, at = done.get(one.id) or (_by_state(one.state), one.received_at or one.changed_at)
            cards.append(Card(one.id, user, one.serial, Duty.SEND_BACK, one.authenticator, how, at if how else 0))
    return cards


def _by_state(state: OfCard) -> How | None:
    if state in BACK:
        return How.RETURNED
    return How.LOST if state is OfCard.LOST else None


async def _printed(db: Database | Tx, house: House, user: str, done: dict[str, tuple[How, int]]) -> list[Card]:
    held = await authenticators.held_by(db, house.keys, user)
    cards = []
    for one in held:
        if _is_printed(house, one):
            how, at = done.get(one.id, (None, 0))
            cards.append(Card(one.id, user, one.name, Duty.SHRED, one.id, how, at))
    return cards


def _is_printed(house: House, one: Authenticator) -> bool:
    return Trait.PAPER in policy.traits_of(house, one)


async def settle(tx: Tx, house: House, user: User, card: Card, how: How, now: int, by: By) -> bool:
    """Inside its client's turn. What belongs to the site is settled in the stock, with all that follows there; of a
    printed card only the closing knows. False when somebody was faster."""
    if card.duty is Duty.SHRED:
        return True
    plastic = await custody.by_id(tx, card.id)
    assert plastic
    if how is How.LOST:
        return await lose(tx, house, user, plastic, now, by)
    return isinstance(await take_in(tx, house, user, plastic.id, now, by), Plastic)
