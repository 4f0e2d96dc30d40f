"""What a client does with his accounts: sees them, and reads their papers; and how an operator opens one for him."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum

from twolatch import audit, limits
from twolatch.accounts import store
from twolatch.accounts.model import NUMBER, Account, Document, State
from twolatch.house import House
from twolatch.people import store as people
from twolatch.people.model import User, canonical_name
from twolatch.protocol.labels import clean_label
from twolatch.sessions.flows import idle
from twolatch.sessions.model import ReadingOnly, SignedIn
from twolatch.storage.db import Tx
from twolatch.words.events import Event
from twolatch.words.limits import DOCUMENTS
from twolatch.words.refusals import Code, Refusal, seconds_until

LABEL_LENGTH = 60


class Fault(Enum):
    """Why an operator's wish was not done."""

    NUMBER = "an account number has 4 to 20 capital letters, digits and hyphens"
    TAKEN = "this number is taken"
    NOBODY = "nobody has this name"
    CLOSED = "the last account of this client was closed: he starts anew, under another user name"
    TWICE = "the same client is named twice"


@dataclass(frozen=True, slots=True)
class Paper:
    document: Document
    content: bytes = field(repr=False)


async def add(
    house: House, number: str, label: str, holders: Sequence[str], others: Sequence[str], now: int
) -> Account | Fault:
    """A new account. `holders` may close it, `others` see it; both are names of clients."""
    if not NUMBER.fullmatch(number) or not holders:
        return Fault.NUMBER if holders else Fault.NOBODY
    found = [await people.by_name(house.db, canonical_name(name)) for name in (*holders, *others)]
    users = [user for user in found if user]
    if fault := _fault_of(found):
        return fault
    new = Account(house.chance.id(), number, clean_label(label.strip(), LABEL_LENGTH), State.OPEN, now)

    async def work(tx: Tx) -> Account | Fault:
        turns = [await people.take_turn(tx, each) for each in sorted(user.id for user in users)]
        if any(user is None or user.closed_at for user in turns):
            return Fault.CLOSED
        if not await store.add(tx, new):
            return Fault.TAKEN
        for at, user in enumerate(users):
            await store.admit(tx, new.id, user.id, is_holder=at < len(holders))
            await audit.write(tx, now, Event.ACCOUNT_ADDED, user.id, new.id, holder=at < len(holders), by="operator")
        return new

    return await house.db.write(work)


def _fault_of(found: Sequence[User | None]) -> Fault | None:
    if not all(found):
        return Fault.NOBODY
    # A second account would open the portal again to whoever has the password that was enough for reading.
    if any(user.closed_at for user in found if user):
        return Fault.CLOSED
    return Fault.TWICE if len({user.id for user in found if user}) < len(found) else None


async def value(house: House, number: str, equity: int, now: int) -> Account | None:
    """What an account is worth, in whole units, as the operator's books say. None when there is none."""

    async def work(tx: Tx) -> Account | None:
        found = await store.value(tx, number, equity, now)
        if found:
            await audit.write(tx, now, Event.ACCOUNT_VALUED, None, found.id, by="operator")
        return found

    return await house.db.write(work)


async def mine(house: House, user: User) -> list[Account]:
    return await store.of_user(house.db, user.id)


async def counted(house: House, who: SignedIn, now: int) -> tuple[int, int]:
    """How many accounts he has, and how many sessions beside this one."""
    return await store.counted(house.db, who.user.id, who.session, now, idle(house))


async def papers(house: House, user: User, now: int) -> list[Document]:
    return await store.documents_of(house.db, user.id, now)


async def read(house: House, who: SignedIn | ReadingOnly, document: str, now: int) -> Paper | Refusal:
    """Opens one paper. Whoever reads leaves a line in the audit, and may read so many in a day: a stolen session
    carries away a handful and not an archive. Somebody else's paper reads as a missing one."""
    found = await store.document(house.db, document, who.user.id, now)
    if found is None:
        return Refusal(Code.NOT_FOUND)
    shown, sealed = found

    async def work(tx: Tx) -> Refusal | None:
        paid = await limits.pay(tx, DOCUMENTS, who.user.id, now)
        if isinstance(paid, limits.Blocked):
            return Refusal(Code.DOCUMENTS, retry_after=seconds_until(paid.until, now))
        await audit.write(tx, now, Event.DOCUMENT_OPENED, who.user.id, shown.id, session=who.session)
        return None

    if refused := await house.db.write(work):
        return refused
    return Paper(shown, house.keys.open("documents.sealed", shown.id, shown.account, sealed))
