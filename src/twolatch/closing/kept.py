"""Passkeys that stay when everything else ends: where the site asks for one before it shows the papers of a closed
client, a closing waits until each of those whose last account it is holds one. So nobody is closed out of his papers,
and nobody's are left to a password alone.
"""

from twolatch.accounts import store as accounts
from twolatch.accounts.model import Account
from twolatch.authenticators import policy
from twolatch.authenticators import store as authenticators
from twolatch.authenticators.model import Authenticator
from twolatch.closing.cards import is_last_account
from twolatch.house import House
from twolatch.storage.db import Database, Tx


def stays(house: House, one: Authenticator) -> bool:
    return house.settings.closed_access == "passkey" and policy.opens_papers(house, one)


async def lacks(db: Database | Tx, house: House, account: Account, user: str) -> bool:
    """Whether this client has to add a passkey before the account can close."""
    if house.settings.closed_access != "passkey" or not await is_last_account(db, account, user):
        return False
    held = await authenticators.held_by(db, house.keys, user)
    return not any(policy.opens_papers(house, one) for one in held)


async def is_complete(db: Database | Tx, house: House, account: Account) -> bool:
    return not any([await lacks(db, house, account, user) for user, _ in await accounts.users_of(db, account.id)])
