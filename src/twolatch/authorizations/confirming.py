"""The client proves one amount: this application, this action, this much, this payee, with something strong enough.

Such a proof is good for nothing else. It makes no session fresh and no session stronger, and a proof made for something
else does not confirm an amount: the question has a purpose of its own, and the row names the one question it waits for.
"""

from dataclasses import dataclass, replace

import msgspec

from twolatch.applications import store as applications
from twolatch.authenticators import policy
from twolatch.authenticators import store as authenticators
from twolatch.authenticators.asking import Asking, ask, prepare
from twolatch.authenticators.model import Authenticator, Challenge, Purpose, Stage
from twolatch.authorizations import store, telling
from twolatch.authorizations.model import Allowance, Proof, Reason, allows, suffices
from twolatch.authorizations.model import State as Stands
from twolatch.authorizations.money import written
from twolatch.authorizations.standing import note, proof_of, spent_by
from twolatch.authorizations.store import Entry
from twolatch.house import House
from twolatch.login import choosing
from twolatch.login.choosing import Way
from twolatch.login.model import ENDED, StartOver, Waits
from twolatch.login.prompts import number_of, prompt_of
from twolatch.login.step_up import browser_of
from twolatch.people import store as people
from twolatch.protocol.challenge import Transaction
from twolatch.sessions.flows import bearer_by_id
from twolatch.sessions.model import SignedIn
from twolatch.storage.db import Tx
from twolatch.words.refusals import Code, Refusal
from twolatch.words.visit import Visit


@dataclass(frozen=True, slots=True)
class Wish:
    """What this client has to confirm in this very session. `application` is its name; `ways` the ones that are enough
    first, each with what it is good for; `asked` the question that waits, if one was asked."""

    entry: Entry
    application: str
    ways: tuple[tuple[Way, Allowance], ...]
    asked: Challenge | None

    @property
    def amount(self) -> str:
        return written(self.entry.amount, self.entry.currency)

    @property
    def shown(self) -> Transaction:
        entry = self.entry
        return Transaction(entry.action.value, self.amount, self.application, entry.currency, entry.payee)


async def look(house: House, who: SignedIn, one: str, now: int) -> Wish | Refusal:
    """Reads only. In another session, even of the same client, there is no such wish."""
    entry = await store.by_id(house.db, one)
    if entry is None or (entry.user, entry.session) != (who.user.id, who.session):
        return Refusal(Code.NOT_FOUND)
    by = await applications.by_id(house.db, entry.application)
    if by is None or entry.state_at(now) is not Stands.OPEN:
        return Refusal(Code.CONFIRM_OVER)
    asked = await authenticators.find_challenge(house.db, house.keys, entry.challenge) if entry.challenge else None
    return Wish(entry, by.name, await _ways(house, who, entry, now), asked)


async def _ways(house: House, who: SignedIn, entry: Entry, now: int) -> tuple[tuple[Way, Allowance], ...]:
    held = await authenticators.held_by(house.db, house.keys, who.user.id)
    spent = await spent_by(house.db, house, who.user.id, now)
    proofs = {one.id: proof_of(house, one, held, now) for one in held}
    is_enough = {one: suffices(house.settings, proof, spent, entry.charged) for one, proof in proofs.items()}
    here = Visit(b"", who.browser, who.address, who.agent, who.user.language, now)
    found = [
        way if way.why or is_enough[way.id] else replace(way, why="weak")
        for way in choosing.in_order(house, held, "", here)
    ]
    found.sort(key=lambda way: bool(way.why))
    if found and not found[0].why:
        found[0] = replace(found[0], is_asked=True)
    return tuple((way, allows(house.settings, proofs[way.id]).less(spent)) for way in found)


def view(wish: Wish, now: int) -> Waits | StartOver | None:
    """Where the question stands. None: nothing was asked yet, or it was approved and can be collected."""
    asked = wish.asked
    if asked is None:
        return None
    stage = asked.stage_at(now)
    if stage is Stage.PENDING:
        return Waits(prompt_of(asked), asked.id, asked.created_at, number_of(asked))
    return None if stage is Stage.APPROVED else StartOver(ENDED[stage])


def is_approved(wish: Wish, now: int) -> bool:
    return wish.asked is not None and wish.asked.stage_at(now) is Stage.APPROVED


async def begin(house: House, who: SignedIn, visit: Visit, one: str, wanted: str) -> Waits | Refusal:
    """Asks the one that is wanted, else the first that is enough; what would not be enough is not asked."""
    wish = await look(house, who, one, visit.now)
    if isinstance(wish, Refusal):
        return wish
    way = next((way for way, _ in wish.ways if wanted in {"", way.id}), None)
    held = await authenticators.held_by(house.db, house.keys, who.user.id)
    chosen = next((each for each in held if way and each.id == way.id), None)
    if way is None or chosen is None or way.why:
        return Refusal(Code.CONFIRM_WEAK if way and way.why == "weak" else Code.LOGIN_NOT_THIS)
    return await _ask(house, who, visit, wish, chosen)


async def _ask(house: House, who: SignedIn, visit: Visit, wish: Wish, chosen: Authenticator) -> Waits | Refusal:
    asking = Asking(
        Purpose.CONFIRM, browser_of(who), True, visit.agent, visit.address, "application", transaction=wish.shown
    )
    question = prepare(house, chosen, who.user, asking, visit.now)

    async def work(tx: Tx) -> Waits | Refusal:
        await people.take_turn(tx, who.user.id)
        if not await store.ask(tx, wish.entry.id, question.id, visit.now):
            return Refusal(Code.CONFIRM_OVER)
        if refused := await ask(tx, house, who.user, chosen, question, visit.now):
            return refused
        return Waits(prompt_of(question), question.id, visit.now)

    return await house.db.write(work)


async def question(house: House, who: SignedIn, one: str, now: int) -> Challenge | Refusal:
    """The question that waits for this wish, for what is typed here."""
    wish = await look(house, who, one, now)
    if isinstance(wish, Refusal):
        return wish
    return wish.asked or Refusal(Code.LOGIN_START_OVER)


@dataclass(frozen=True, slots=True)
class Led:
    """The wish is settled; the client is led back to the application, or nowhere (empty)."""

    entry: Entry


async def collect(house: House, who: SignedIn, one: str, now: int) -> Led | Refusal:
    """From an approval to an allowed amount, once, and by the limits of this moment: another amount may have been
    allowed since the question."""

    async def work(tx: Tx) -> Led | Refusal:
        await people.take_turn(tx, who.user.id)
        entry = await store.by_id(tx, one)
        if entry is None or (entry.user, entry.session) != (who.user.id, who.session):
            return Refusal(Code.NOT_FOUND)
        if entry.state is Stands.ALLOWED:
            return Led(entry)  # pressed twice
        if entry.state_at(now) is not Stands.OPEN or not await applications.by_id(tx, entry.application):
            return Refusal(Code.CONFIRM_OVER)
        if not isinstance(await _live(tx, house, who, now), SignedIn):
            return Refusal(Code.SESSION_ENDED)
        proof = await _proof(tx, house, who, entry, now)
        return proof if isinstance(proof, Refusal) else await _settle(tx, house, who, entry, proof, now)

    return await house.db.write(work)


async def _live(tx: Tx, house: House, who: SignedIn, now: int) -> object:
    live = await bearer_by_id(house, tx, who.session, who.user.id, now)
    return live and live.bearer


async def _proof(tx: Tx, house: House, who: SignedIn, entry: Entry, now: int) -> Proof | Refusal:
    """What approved the one question this wish waits for; used up by this (rule C1)."""
    found = await authenticators.find_challenge(tx, house.keys, entry.challenge)
    if found is None or found.purpose is not Purpose.CONFIRM or found.browser != browser_of(who):
        return Refusal(Code.LOGIN_START_OVER)
    done = await authenticators.consume(tx, found.id, who.user.id, now)
    held = await authenticators.held_by(tx, house.keys, who.user.id)
    able = policy.usable(house, held, now, who.browser)
    prover = next((one for one in able if done and one.id == done[0]), None)
    return proof_of(house, prover, held, now) if prover else Refusal(Code.LOGIN_START_OVER)


async def _settle(tx: Tx, house: House, who: SignedIn, entry: Entry, proof: Proof, now: int) -> Led | Refusal:
    spent = await spent_by(tx, house, who.user.id, now)
    over = allows(house.settings, proof).less(spent).over(entry.charged)
    to, reason = (Stands.REFUSED, over) if over else (Stands.ALLOWED, Reason.CONFIRMED)
    used = msgspec.json.encode(telling.used_of(proof, who.user)).decode()
    if not await store.settle(tx, entry.id, to, reason, now, strength=used, challenge=entry.challenge):
        return Refusal(Code.CONFIRM_OVER)
    settled = replace(entry, state=to, reason=reason)
    await note(tx, settled, await _name(tx, entry), now)
    return Led(settled)


async def decline(house: House, who: SignedIn, one: str, now: int) -> Led | Refusal:
    """The client does not want that."""
    wish = await look(house, who, one, now)
    if isinstance(wish, Refusal):
        return wish

    async def work(tx: Tx) -> Led | Refusal:
        await people.take_turn(tx, who.user.id)
        if not await store.settle(tx, one, Stands.DECLINED, Reason.DECLINED, now):
            return Refusal(Code.CONFIRM_OVER)
        settled = replace(wish.entry, state=Stands.DECLINED, reason=Reason.DECLINED)
        await note(tx, settled, wish.application, now)
        return Led(settled)

    return await house.db.write(work)


async def _name(tx: Tx, entry: Entry) -> str:
    by = await applications.by_id(tx, entry.application)
    return by.name if by else ""
