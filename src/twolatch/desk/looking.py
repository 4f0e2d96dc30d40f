"""The client's page: what he has, what happened to him, what was proved and noted. All of it behind an open case."""

from dataclasses import dataclass
from typing import Any

from twolatch import audit
from twolatch.accounts import store as accounts
from twolatch.accounts.model import Account
from twolatch.authenticators import policy
from twolatch.authenticators import store as authenticators
from twolatch.authenticators.diary import TOLD
from twolatch.authenticators.model import Authenticator
from twolatch.custody import store as custody
from twolatch.custody.model import Card
from twolatch.desk import cases, store
from twolatch.desk.cases import called
from twolatch.desk.model import Case, Level, Note, Proof, level_of
from twolatch.desk.verifying import live
from twolatch.house import House
from twolatch.people import store as people
from twolatch.people.model import User
from twolatch.sessions.model import AtDesk
from twolatch.storage.db import Tx
from twolatch.words.events import Event
from twolatch.words.refusals import Code, Refusal

LINES = 15
EARLIER = 5


@dataclass(frozen=True, slots=True)
class Client:
    """Everything an agent sees of him."""

    case: Case
    user: User
    is_mine: bool
    is_staff: bool
    held: list[Authenticator]
    standing: policy.Standing
    cards: list[Card]
    accounts: list[Account]
    proofs: list[Proof]
    level: Level
    notes: list[Note]
    lines: list[audit.Line]
    names: dict[str, str]
    earlier: list[Case]
    staff: dict[str, str]  # user id -> first name and number


async def look(house: House, who: AtDesk, case: str, now: int) -> Client | Refusal:
    """The agent's own open case; an officer sees every case, and that he looked is written down."""
    found = await store.by_id(house.db, case)
    is_mine = found is not None and found.agent == who.user.id
    if found is None or not (is_mine or who.is_officer):
        return Refusal(Code.NOT_FOUND)
    if who.user.id in await cases.kin(house.db, found.user):
        return Refusal(Code.DESK_OWN)
    if is_mine and not found.is_open_at(now):
        return Refusal(Code.DESK_CASE_OVER)
    user = await people.by_id(house.db, found.user)
    assert user
    if not is_mine:
        await _seen(house, who, found, now)
    return await _gathered(house, found, user, is_mine, now)


async def _seen(house: House, who: AtDesk, case: Case, now: int) -> None:
    async def work(tx: Tx) -> None:
        await audit.write(tx, now, Event.CASE_READ, case.user, case.id, by=who.user.id, agent=called(who))

    await house.db.write(work)


async def _gathered(house: House, case: Case, user: User, is_mine: bool, now: int) -> Client:
    db, keys = house.db, house.keys
    held = await authenticators.held_by(db, keys, user.id)
    proofs = [await live(house, each, now) for each in await store.proofs_of(db, case.id)]
    everybody = {one.user: f"{one.called} ({one.number})" for one in await people.all_staff(db, keys)}
    facts: dict[str, Any] = {
        "held": held,
        "standing": policy.standing(house, held, now),
        "cards": await custody.of_client(db, user.id),
        "accounts": await accounts.of_user(db, user.id),
        "proofs": proofs,
        "level": level_of(proofs, now),
        "notes": await store.notes_of(db, keys, case.id),
        "lines": await audit.of_user(db, user.id, TOLD, None, LINES),
        "names": await authenticators.names_of(db, user.id),
        "earlier": [one for one in await store.of_client(db, user.id, EARLIER + 1) if one.id != case.id][:EARLIER],
        "staff": everybody,
    }
    return Client(case, user, is_mine, user.id in everybody, **facts)
