"""Finding a client, and the case without which nothing more than the least of him is shown.

The law of this file: whoever looks is seen. A search and a case are paid for and told, to the audit and to the client,
in the transaction that shows them; nobody looks after himself or after those with whom he shares an account.
"""

from dataclasses import dataclass

from twolatch import audit
from twolatch.accounts import store as accounts
from twolatch.custody import store as custody
from twolatch.desk import store
from twolatch.desk.budgets import Budget, spend
from twolatch.desk.model import CASE_LIVES, Case, CaseState, Channel, Note, Reason
from twolatch.house import House
from twolatch.people import store as people
from twolatch.people.model import User, canonical_name
from twolatch.protocol.codes import ALPHABET
from twolatch.protocol.labels import clean_label
from twolatch.sessions.model import AtDesk
from twolatch.storage.db import Database, Tx
from twolatch.words.events import Event
from twolatch.words.refusals import Code, Refusal

MOST = 5  # clients of one search: a mail address may belong to a family
SOUGHT_LENGTH = 254
CODE_SIGNS = 6
WORDS_LENGTH = 2_000


@dataclass(frozen=True, slots=True)
class Found:
    """The least of a client: enough to ask the caller whether it is he, and no more. `mail` with its middle hidden."""

    id: str
    name: str
    display: str
    mail: str
    state: str  # open, locked, closed


async def kin(db: Database | Tx, client: str) -> frozenset[str]:
    """The client under all his names, and everybody with whom he shares an account: what is done for him is done for
    them."""
    shared = [await accounts.users_of(db, account.id) for account in await accounts.of_user(db, client)]
    same = await people.same_person_as(db, client)
    return frozenset({client, *same, *(user for users in shared for user, _ in users)})


async def find(house: House, who: AtDesk, text: str, now: int) -> list[Found] | Refusal:
    """By name, mail address, account number or a card's serial, each of them whole: nobody turns over the pages."""
    sought = text.strip()[:SOUGHT_LENGTH]
    if not sought:
        return Refusal(Code.DESK_NOBODY)
    if refused := await spend(house, who.user.id, Budget.LOOKUPS, now):
        return refused
    users = await _matching(house, sought)
    if not users:
        return Refusal(Code.DESK_NOBODY)

    async def work(tx: Tx) -> None:
        for user in users:
            await audit.write(tx, now, Event.CLIENT_SOUGHT, user.id, by=who.user.id, agent=called(who))

    await house.db.write(work)
    return [_found(user) for user in users]


async def _matching(house: House, sought: str) -> list[User]:
    number, db = sought.upper(), house.db
    ids: list[str] = []
    if account := await accounts.by_number(db, number):
        ids += [user for user, _ in await accounts.users_of(db, account.id)]
    if card := await custody.by_serial(db, sought) or await custody.by_serial(db, number):
        ids += [card.user]
    found = [await people.by_id(db, one) for one in ids if one]
    found += [await people.by_name(db, canonical_name(sought))]
    found += await people.by_email(db, sought, MOST) if "@" in sought else []
    return list({user.id: user for user in found if user}.values())[:MOST]


def called(who: AtDesk) -> str:
    """How clients know him: first name and number."""
    return f"{who.staff.called} ({who.staff.number})"


def _found(user: User) -> Found:
    state = "closed" if user.closed_at else "locked" if user.is_off else "open"
    return Found(user.id, user.name, user.display, masked(user.email), state)


def masked(mail: str) -> str:
    """`a***@example.org`: to be compared with what the caller says, not to be read to him."""
    name, at, host = mail.rpartition("@")
    return f"{name[:1]}***@{host}" if at else ""


async def open_case(
    house: House, who: AtDesk, client: str, reason: Reason, channel: Channel, words: str, now: int
) -> Case | Refusal:
    """From here on the agent sees the client's page, for some hours, and the client sees that he does. An agent has one
    open case of a client: opened again, it is that one."""
    said = clean_label(words.strip(), WORDS_LENGTH)
    if not said:
        return Refusal(Code.DESK_REASON)
    if await people.by_id(house.db, client) is None:
        return Refusal(Code.DESK_NOBODY)

    async def work(tx: Tx) -> Case | Refusal:
        for user in sorted({who.user.id, client}):
            await people.take_turn(tx, user)
        if who.user.id in await kin(tx, client):
            return Refusal(Code.DESK_OWN)
        await store.close_over(tx, who.user.id, now)
        for one in await store.open_of(tx, who.user.id, now):
            if one.user == client:
                return one
        return await _opened(tx, house, who, client, reason, channel, said, now)

    return await house.db.write(work)


async def _opened(
    tx: Tx, house: House, who: AtDesk, client: str, reason: Reason, channel: Channel, said: str, now: int
) -> Case | Refusal:
    case = Case(
        house.chance.id(), client, who.user.id, reason, channel, CaseState.OPEN, _drawn(house), now, now + CASE_LIVES, 0
    )
    if not await store.insert(tx, case):
        return Refusal(Code.BUSY, retry_after=1)  # the code is in use at this very moment
    await store.add_note(tx, house.keys, house.chance.id(), case, Note(now, who.user.id, "note", said))
    await audit.write(
        tx, now, Event.CASE_OPENED, client, case.id,
        by=who.user.id, agent=called(who), reason=reason.value, channel=channel.value,
    )  # fmt: skip
    tx.after(lambda: house.signals.tell(f"user:{client}"))
    return case


def _drawn(house: House) -> str:
    bits = int.from_bytes(house.chance.bytes(8), "big")
    return "".join(ALPHABET[bits >> 5 * place & 31] for place in range(CODE_SIGNS))


async def mine(db: Database | Tx, who: AtDesk, case: str, now: int) -> Case | Refusal:
    """A case of this agent that is open. Another agent's reads as a missing one."""
    found = await store.by_id(db, case)
    if found is None or found.agent != who.user.id:
        return Refusal(Code.NOT_FOUND)
    return found if found.is_open_at(now) else Refusal(Code.DESK_CASE_OVER)


async def note(house: House, who: AtDesk, case: str, words: str, now: int) -> Refusal | None:
    """Added below the others, and never changed."""
    said = clean_label(words.strip(), WORDS_LENGTH)
    if not said:
        return Refusal(Code.DESK_REASON)

    async def work(tx: Tx) -> Refusal | None:
        found = await mine(tx, who, case, now)
        if isinstance(found, Refusal):
            return found
        await store.add_note(tx, house.keys, house.chance.id(), found, Note(now, who.user.id, "note", said))
        return None

    return await house.db.write(work)


async def did(tx: Tx, house: House, case: Case, agent: str, what: str, about: str, now: int) -> None:
    """What was done stands among the notes."""
    await store.add_note(tx, house.keys, house.chance.id(), case, Note(now, agent, what, about))


async def close(house: House, who: AtDesk, case: str, now: int) -> Refusal | None:
    """The conversation is over: the client's page shuts, and the code is nobody's any more."""

    async def work(tx: Tx) -> Refusal | None:
        found = await mine(tx, who, case, now)
        if isinstance(found, Refusal):
            return found
        if not await store.close(tx, found.id, now):
            return Refusal(Code.DESK_CASE_OVER)
        await audit.write(tx, now, Event.CASE_CLOSED, found.user, found.id, by=who.user.id, agent=called(who))
        tx.after(lambda: house.signals.tell(f"user:{found.user}"))
        return None

    return await house.db.write(work)


async def at_work_on(house: House, who: AtDesk, now: int) -> list[tuple[Case, User]]:
    """The agent's open cases, each with its client."""
    found = await store.open_of(house.db, who.user.id, now)
    users = [await people.by_id(house.db, one.user) for one in found]
    return [(one, user) for one, user in zip(found, users, strict=True) if user]
