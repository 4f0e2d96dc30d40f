"""Closing an account: asked for, taken back, and what the operator does for a client at the desk.

Whoever could close an account could take the second latch off: afterwards the password alone opens its papers. So the
wish is proved by an authenticator that has been there for a day, is told to all, waits for a day, and for the cards.
"""

from twolatch import audit, notices
from twolatch.accounts import store as accounts
from twolatch.accounts.model import Account, State
from twolatch.authenticators import policy
from twolatch.authenticators import store as authenticators
from twolatch.closing import cards, kept, store
from twolatch.closing.effect import effect
from twolatch.closing.model import CANCEL_FOR, DECLARED, ENDS, SETTLED_IN, Card, Duty, Fault, How
from twolatch.custody.model import CLIENT, OPERATOR, By
from twolatch.house import House
from twolatch.people import store as people
from twolatch.sessions.model import FreshlySignedIn, SignedIn
from twolatch.storage.db import Tx
from twolatch.words.events import Event
from twolatch.words.refusals import Code, Refusal


async def mine(house: House, who: SignedIn, account: str) -> Account | None:
    """The client's own account; somebody else's reads as a missing one."""
    return next((one for one in await accounts.of_user(house.db, who.user.id) if one.id == account), None)


async def may_ask(house: House, who: SignedIn, account: Account, now: int) -> Refusal | None:
    """What stands in the way before anything is typed."""
    if account.state is not State.OPEN:
        return Refusal(Code.CLOSING_ALREADY)
    if not account.is_holder:
        return Refusal(Code.CLOSING_NOT_HOLDER)
    held = await authenticators.held_by(house.db, house.keys, who.user.id)
    if all(policy.is_spare(house, one) or policy.is_stand_in(house, one) for one in held):
        return Refusal(Code.CLOSING_NEEDS_SECOND)
    if refused := policy.may_change(who, held, now):
        return refused
    if await kept.lacks(house.db, house, account, who.user.id):
        return Refusal(Code.CLOSING_NEEDS_KEY)
    prover = next(one for one in held if one.id == who.authenticator)
    if policy.is_spare(house, prover) or policy.is_stand_in(house, prover):
        return Refusal(Code.CLOSING_NEEDS_SECOND)
    return Refusal(Code.CLOSING_TOO_NEW) if prover.created_at > now - SETTLED_IN else None


async def ask(
    house: House, fresh: FreshlySignedIn, account: Account, typed: str, into: str, now: int
) -> Account | Refusal:
    """From here on runs the day in which it can be taken back. `into`: the account that stays, where two become one."""
    who = fresh.signed_in
    if refused := await may_ask(house, who, account, now):
        return refused
    if "".join(typed.split()).upper() != account.number:
        return Refusal(Code.CLOSING_NUMBER)
    target = await mine(house, who, into) if into else None
    if into and (target is None or not target.is_holder):
        return Refusal(Code.CLOSING_TARGET)

    async def work(tx: Tx) -> Account | Refusal:
        await _take_turns(tx, account.id, into)
        if not await accounts.ask_closing(tx, account.id, into, now, now + CANCEL_FOR):
            return Refusal(Code.CLOSING_TARGET if into else Code.CLOSING_ALREADY)
        await audit.write(tx, now, Event.CLOSING_ASKED, who.user.id, account.id, session=who.session, into=into)
        await tell(tx, house, account, "closing_asked", now, ends_at=str(now + CANCEL_FOR))
        return account

    return await house.db.write(work)


async def cancel(house: House, who: SignedIn, account: Account, now: int) -> Refusal | None:
    """Takes it back, within the day. Of this and of the effect one wins."""
    if not account.is_holder:
        return Refusal(Code.CLOSING_NOT_HOLDER)

    async def work(tx: Tx) -> Refusal | None:
        if not await _taken_back(tx, house, account, who.user.id, now):
            return Refusal(Code.CLOSING_LATE)
        return None

    return await house.db.write(work)


async def _taken_back(tx: Tx, house: House, account: Account, by: str, now: int) -> bool:
    await _take_turns(tx, account.id)
    if not await accounts.cancel_closing(tx, account.id, now):
        return False
    await store.forget(tx, account.id)
    await audit.write(tx, now, Event.CLOSING_CANCELLED, by or None, account.id, by="client" if by else "operator")
    await tell(tx, house, account, "closing_cancelled", now)
    return True


async def declare(house: House, fresh: FreshlySignedIn, account: Account, card: str, now: int) -> Refusal | None:
    """What a client can say himself: the paper is shredded, the card is lost. With the last one the account closes."""
    who = fresh.signed_in
    found = await _owed(house, account, card)
    if found is None or found.user != who.user.id:
        return Refusal(Code.NOT_FOUND)
    is_done = await _settle(house, account, found, DECLARED[found.duty], CLIENT, now)
    return None if is_done else Refusal(Code.NOT_FOUND)


async def _owed(house: House, account: Account, card: str) -> Card | None:
    if account.state is not State.WAITING:
        return None
    owed = await cards.of_account(house.db, house, account)
    return next((one for one in owed if card in {one.id, one.name} and not one.settled), None)


async def _settle(house: House, account: Account, card: Card, how: How, by: By, now: int) -> bool:
    async def work(tx: Tx) -> bool:
        await _take_turns(tx, account.id)
        user = await people.by_id(tx, card.user)
        assert user
        if card.duty is Duty.SHRED and not await store.settle(tx, account.id, card.id, how, now):
            return False
        if not await cards.settle(tx, house, user, card, how, now, by):
            return False
        facts = {"account": account.id, "how": how.value, **by.facts}
        await audit.write(tx, now, Event.CLOSING_CARD, card.user, card.id, **facts)
        await effect(tx, house, account.id, now)
        return True

    return await house.db.write(work)


async def _take_turns(tx: Tx, *of: str) -> None:
    """Everybody who sees one of these accounts, always in the same order: whoever changes them waits here."""
    users = {user for account in of if account for user, _ in await accounts.users_of(tx, account)}
    for user in sorted(users):
        await people.take_turn(tx, user)


async def tell(tx: Tx, house: House, account: Account, notice: str, now: int, **facts: str) -> None:
    """Everybody who sees the account."""
    for each, _ in await accounts.users_of(tx, account.id):
        if user := await people.by_id(tx, each):
            await notices.write(tx, house, now, user.recipient, notice, account=account.number, **facts)


# for a client at the desk: the same steps, and the same day in between


async def ask_for(house: House, number: str, into: str, now: int) -> Account | Fault:
    account = await accounts.by_number(house.db, number)
    target = await accounts.by_number(house.db, into) if into else None
    if account is None:
        return Fault.NO_ACCOUNT
    if into and (target is None or not await _same_holders(house, account, target)):
        return Fault.TARGET
    goes_into = target.id if target else ""

    async def work(tx: Tx) -> Account | Fault:
        await _take_turns(tx, account.id, goes_into)
        if not await accounts.ask_closing(tx, account.id, goes_into, now, now + CANCEL_FOR):
            return Fault.NOT_NOW
        await audit.write(tx, now, Event.CLOSING_ASKED, None, account.id, by="operator", into=goes_into)
        await tell(tx, house, account, "closing_asked", now, ends_at=str(now + CANCEL_FOR))
        return account

    return await house.db.write(work)


async def _same_holders(house: House, account: Account, target: Account) -> bool:
    """A consolidation gives nobody what he did not hold."""
    ours, theirs = [
        {user for user, holds in await accounts.users_of(house.db, one.id) if holds} for one in (account, target)
    ]
    return bool(ours & theirs)


async def cancel_for(house: House, number: str, now: int) -> Fault | None:
    account = await accounts.by_number(house.db, number)
    if account is None:
        return Fault.NO_ACCOUNT

    async def work(tx: Tx) -> Fault | None:
        return None if await _taken_back(tx, house, account, "", now) else Fault.NOT_NOW

    return await house.db.write(work)


async def settle_for(
    house: House, number: str, card: str, how: How, now: int, by: By = OPERATOR
) -> Fault | None:
    """A card has arrived, or the client declares it. `card`: its serial, or what the client calls it."""
    account = await accounts.by_number(house.db, number)
    if account is None:
        return Fault.NO_ACCOUNT
    found = await _owed(house, account, card)
    if found is None or how not in ENDS[found.duty]:
        return Fault.NO_CARD
    return None if await _settle(house, account, found, how, by, now) else Fault.NO_CARD
