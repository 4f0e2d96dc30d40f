"""Proposing, deciding, taking back, and looking once at what came of it.

An approval is one transaction: who may decide is looked up again, the proposal ends by one conditional statement, and
its effect, its audit lines and its letters stand or fall with that (rules C1 and C3). So a second click, a second
window, the back button and a second officer find it ended, whatever they carry.
"""

import msgspec

from twolatch import audit
from twolatch.authenticators import policy
from twolatch.authenticators import store as authenticators
from twolatch.desk.budgets import officers
from twolatch.desk.cases import kin
from twolatch.desk.proposals import store
from twolatch.desk.proposals.actions import ACTIONS, Given, NotPossible, wish_of
from twolatch.desk.proposals.model import OVER, Content, Persons, Proposal, State, Wish, stands, why_not
from twolatch.desk.proposals.telling import note, tell_client, tell_officers
from twolatch.house import House
from twolatch.people import store as people
from twolatch.protocol.labels import clean_label
from twolatch.sessions.model import AtDesk
from twolatch.storage.db import Database, Tx
from twolatch.words.events import Event
from twolatch.words.limits import MINUTE
from twolatch.words.refusals import Code, Refusal
from twolatch.words.warrants import Lowering, TwoPersons

REASON_LENGTH = 300
SHOWN_FOR = 10 * MINUTE  # what was given out waits for its proposer
PAGE = 50
ALL = "proposals:all"  # the signal's topic: the list has changed

_encode = msgspec.json.Encoder(order="deterministic").encode


async def propose(
    house: House, who: AtDesk, what: Lowering, about: str, wish: Wish, reason: str, now: int,
    *, client: str = "", case: str = "", cargo: bytes = b"",
) -> Proposal | Refusal:  # fmt: skip
    """From here on nothing of it changes. One of the same at a time; it ends by itself after a while."""
    why = clean_label(reason.strip(), REASON_LENGTH)
    if not why:
        return Refusal(Code.PROPOSAL_REASON)
    ends = now + house.settings.proposal_minutes * MINUTE
    content = Content(what, about, client, case, who.user.id, why, msgspec.Raw(_encode(wish)), now, ends)
    proposal = house.chance.id()

    async def work(tx: Tx) -> Refusal | None:
        await people.take_turn(tx, who.user.id)
        staff = await people.staff_of(tx, house.keys, who.user.id)
        if staff is None or staff.role not in ACTIONS[what].proposers:
            return Refusal(Code.PROPOSAL_OFFICER)
        if await _names(tx, who.user.id) & await _kin(tx, client):
            return Refusal(Code.PROPOSAL_CONCERNED)
        await _end_those_over(tx, now)
        if not await store.insert(tx, house.keys, proposal, content, cargo):
            return Refusal(Code.PROPOSAL_OPEN)
        digest = store.digest_of(house.keys, proposal, content)
        await note(tx, now, State.OPEN, proposal, content, digest, by=who.user.id)
        await tell_officers(tx, house, content, now)
        _signal(tx, house, proposal)
        return None

    refused = await house.db.write(work)
    return refused or await _there(house, proposal)


async def _there(house: House, proposal: str) -> Proposal:
    found = await store.find(house.db, house.keys, proposal)
    assert found
    return found


async def _kin(db: Database | Tx, client: str) -> frozenset[str]:
    """What is done for a client is done for all these."""
    return await kin(db, client) if client else frozenset()


async def _names(db: Database | Tx, user: str) -> frozenset[str]:
    """One person under all the names that the operator knows of."""
    return frozenset({user, *await people.same_person_as(db, user)})


async def _persons(db: Database | Tx, house: House, proposal: Proposal, who: str) -> Persons:
    of = proposal.content
    return Persons(
        await people.staff_of(db, house.keys, who),
        await people.staff_of(db, house.keys, of.proposer),
        await _kin(db, of.client),
        await _names(db, who),
        await _names(db, of.proposer),
    )


async def find(house: House, proposal: str) -> Proposal | None:
    return await store.find(house.db, house.keys, proposal)


async def may_decide(house: House, who: AtDesk, proposal: Proposal, now: int) -> Refusal | None:
    """What stands in the way before anything is pressed."""
    persons = await _persons(house.db, house, proposal, who.user.id)
    if code := why_not(proposal, who.user.id, persons, now):
        return Refusal(code)
    return None if stands(persons) else Refusal(Code.PROPOSAL_LEFT)


async def approve(house: House, who: AtDesk, proposal: str, digest: str, said: str, now: int) -> Proposal | Refusal:
    """Done, or nothing at all. `digest` is that of the page the officer looked at."""
    found, words = await store.find(house.db, house.keys, proposal), clean_label(said.strip(), REASON_LENGTH)
    if found is None:
        return Refusal(Code.NOT_FOUND)
    if refused := await may_decide(house, who, found, now):
        return refused
    if digest != found.digest:
        return Refusal(Code.PROPOSAL_CHANGED)
    try:
        ready = await ACTIONS[found.content.what].ready(house, found.id, found.content, wish_of(found.content), now)
        refused = await house.db.write(lambda tx: _approve(tx, house, who, found, words, ready, now))
    except NotPossible as impossible:
        return await _void(house, who, found, words, impossible.code, now)
    return refused or await _there(house, proposal)


async def _approve(
    tx: Tx, house: House, who: AtDesk, found: Proposal, said: str, ready: object, now: int
) -> Refusal | None:
    of, approver = found.content, who.user.id
    if refused := await _in_turn(tx, house, who, found, now):
        return refused
    if not await _is_strong(tx, house, who, now):
        return Refusal(Code.STEP_UP)
    if not await store.end(tx, house.keys, found, State.EXECUTED, approver, now, said=said):
        return await _faster(tx, house, found, now)
    warrant = TwoPersons(found.id, of.what, of.about, of.proposer, approver)
    given = await ACTIONS[of.what].run(tx, house, warrant, wish_of(of), ready, now)
    if isinstance(given, Given):
        await store.keep_given(tx, house.keys, found, msgspec.json.encode(given), now + SHOWN_FOR)
    await note(tx, now, State.EXECUTED, found.id, of, found.digest, by=approver)
    await tell_client(tx, house, of, now)
    _signal(tx, house, found.id)
    return None


async def _in_turn(tx: Tx, house: House, who: AtDesk, found: Proposal, now: int) -> Refusal | None:
    """Whoever takes a role away, and whoever changes the client, waits for this decision, or it waits for him."""
    for user in sorted({found.content.proposer, who.user.id, found.content.client} - {""}):
        await people.take_turn(tx, user)
    persons = await _persons(tx, house, found, who.user.id)
    if code := why_not(found, who.user.id, persons, now):
        return Refusal(code)
    return None if stands(persons) else Refusal(Code.PROPOSAL_LEFT)


async def _is_strong(tx: Tx, house: House, who: AtDesk, now: int) -> bool:
    """Proved a moment ago, by something strong that may still answer: a phone reported since does not count."""
    one = await authenticators.find(tx, house.keys, who.authenticator) if who.authenticator else None
    if one is None or one.user != who.user.id or not is_recent(house, who, now):
        return False
    return bool(policy.usable(house, [one], now)) and policy.is_strong(house, one)


def is_recent(house: House, who: AtDesk, now: int) -> bool:
    """Minutes ago, not half an hour: for an approval the desk's longer time is not good enough."""
    proved_at = who.fresh_until - house.settings.desk_fresh_minutes * MINUTE
    return now < proved_at + house.settings.fresh_minutes * MINUTE


async def _faster(tx: Tx, house: House, found: Proposal, now: int) -> Refusal:
    """Somebody else ended it between the look and the commit: how, in its own words."""
    now_is = await store.find(tx, house.keys, found.id)
    state = now_is.state_at(now) if now_is else State.EXPIRED
    return Refusal(OVER.get(state, Code.PROPOSAL_CHANGED))


async def _void(house: House, who: AtDesk, found: Proposal, said: str, why: Code, now: int) -> Refusal:
    """Two persons wanted it, and it is not possible any more: over, and nothing was done."""

    async def work(tx: Tx) -> Refusal:
        if not await store.end(tx, house.keys, found, State.VOID, who.user.id, now, said=said, why=why.code):
            return await _faster(tx, house, found, now)
        await note(tx, now, State.VOID, found.id, found.content, found.digest, by=who.user.id, why=why.code)
        _signal(tx, house, found.id)
        return Refusal(Code.PROPOSAL_VOID)

    return await house.db.write(work)


async def deny(house: House, who: AtDesk, proposal: str, said: str, now: int) -> Proposal | Refusal:
    """With a reason, for the proposer has somebody waiting."""
    found, words = await store.find(house.db, house.keys, proposal), clean_label(said.strip(), REASON_LENGTH)
    if found is None:
        return Refusal(Code.NOT_FOUND)

    async def work(tx: Tx) -> Refusal | None:
        persons = await _persons(tx, house, found, who.user.id)
        if code := why_not(found, who.user.id, persons, now):
            return Refusal(code)
        if not words:
            return Refusal(Code.PROPOSAL_REASON)
        return await _ended(tx, house, found, State.DENIED, who.user.id, words, now)

    return await house.db.write(work) or await _there(house, proposal)


async def withdraw(house: House, who: AtDesk, proposal: str, now: int) -> Proposal | Refusal:
    """By whoever proposed it. Somebody else's reads as a missing one."""
    found = await store.find(house.db, house.keys, proposal)
    if found is None or found.content.proposer != who.user.id:
        return Refusal(Code.NOT_FOUND)
    refused = await house.db.write(lambda tx: _ended(tx, house, found, State.WITHDRAWN, who.user.id, "", now))
    return refused or await _there(house, proposal)


async def _ended(
    tx: Tx, house: House, found: Proposal, to: State, by: str, said: str, now: int
) -> Refusal | None:
    if not await store.end(tx, house.keys, found, to, by, now, said=said):
        return await _faster(tx, house, found, now)
    await note(tx, now, to, found.id, found.content, found.digest, by=by)
    _signal(tx, house, found.id)
    return None


async def show_given(house: House, who: AtDesk, proposal: str, now: int) -> Given | Refusal:
    """What the execution gave out: once, to the proposer, within minutes. Whoever looks again has to begin again."""

    async def work(tx: Tx) -> bytes | None:
        given = await store.take_given(tx, house.keys, proposal, who.user.id, now)
        if given is not None:
            await audit.write(tx, now, Event.PROPOSAL_SHOWN, None, proposal, by=who.user.id)
        return given

    given = await house.db.write(work)
    return Refusal(Code.PROPOSAL_SHOWN) if given is None else msgspec.json.decode(given, type=Given)


async def waiting(house: House, now: int) -> list[Proposal]:
    return await store.waiting(house.db, house.keys, now, PAGE)


async def history(house: House, now: int, before: int = 1 << 62) -> list[Proposal]:
    return await store.ended(house.db, house.keys, now, before, PAGE)


async def has_a_decider(house: House, proposal: Proposal) -> bool:
    """Whether anybody at all could decide this: a site with one officer has nobody to look at what he proposes."""
    of = proposal.content
    out = await _kin(house.db, of.client) | await _names(house.db, of.proposer)
    return any([not out & await _names(house.db, one) for one in await officers(house.db, house)])


async def run_out(house: House, now: int) -> int:
    """Ends what nobody decided in time, and forgets what nobody looked at. Returns how many ended."""

    async def work(tx: Tx) -> int:
        await store.forget_given(tx, now)
        return await _end_those_over(tx, now)

    return await house.db.write(work)


async def _end_those_over(tx: Tx, now: int) -> int:
    over = await store.run_out(tx, now)
    for proposal, _, proposer in over:
        await audit.write(tx, now, Event.PROPOSAL_EXPIRED, None, proposal, proposer=proposer)
    return len(over)


def _signal(tx: Tx, house: House, proposal: str) -> None:
    tx.after(lambda: house.signals.tell(f"proposal:{proposal}"))
    tx.after(lambda: house.signals.tell(ALL))
