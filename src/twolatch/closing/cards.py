"""Which cards does a client still hold, and how is each settled? The one place that answers.

A challenge card belongs to the site and comes back, or is declared lost. A printed code card is shredded by its client.
Who keeps another open account keeps his cards: nothing is asked of him.
"""

from twolatch.accounts import store as accounts
from twolatch.accounts.model import Account
from twolatch.accounts.model import State as AccountState
from twolatch.authenticators import outcome, policy
from twolatch.authenticators import store as authenticators
from twolatch.authenticators.model import Authenticator
from twolatch.authenticators.model import State as OfAuthenticator
from twolatch.closing import store
from twolatch.closing.model import Card, Duty, How
from twolatch.custody import store as custody
from twolatch.custody.chain import note
from twolatch.custody.model import NEXT
from twolatch.custody.model import State as OfCard
from twolatch.house import House
from twolatch.kinds.kind import Trait
from twolatch.people.model import User
from twolatch.storage.db import Database, Tx
from twolatch.words.events import Event

_WITH_THE_CLIENT = frozenset(
    {OfCard.SHIPPED, OfCard.ACTIVE, OfCard.WITHDRAWN, OfCard.FAULTY, OfCard.LOST, OfCard.DESTROYED}
)


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
            found += [*await _issued(db, user, done), *await _printed(db, house, user, done)]
    return found


async def _issued(db: Database | Tx, user: str, done: dict[str, tuple[How, int]]) -> list[Card]:
    cards = []
    for one in await custody.of_client(db, user):
        how, at = done.get(one.id, (_by_state(one.state), one.changed_at))
        is_old = one.id not in done and one.state is OfCard.DESTROYED  # came back long ago
        if one.state in _WITH_THE_CLIENT and not is_old:
            cards.append(Card(one.id, user, one.serial, Duty.SEND_BACK, one.authenticator, how, at if how else 0))
    return cards


def _by_state(state: OfCard) -> How | None:
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


async def lose(tx: Tx, house: House, user: User, card: Card, now: int) -> None:
    """A card that is declared lost opens nothing from that moment on."""
    if card.authenticator:
        event = Event.AUTHENTICATOR_REPORTED
        await outcome.move(tx, house, card.authenticator, user, OfAuthenticator.REPORTED, event, now)
    for one in await custody.of_client(tx, user.id):
        if one.id == card.id and OfCard.LOST in NEXT[one.state] and await custody.move(tx, one, OfCard.LOST, now):
            await note(tx, now, OfCard.LOST, one.id, one.serial, user.id)
