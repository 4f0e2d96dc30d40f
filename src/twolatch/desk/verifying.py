"""Having the caller show who he is: by a phone he still has, by a card, by being called back.

Every answer of something he holds goes through the one gate, with the counters of a login (rule C8). What came of a
question is written into the case once, with what it is worth; nothing is worth more because an agent says so.
"""

from dataclasses import dataclass, replace

from twolatch import audit, limits
from twolatch.authenticators import policy
from twolatch.authenticators import store as authenticators
from twolatch.authenticators.asking import Asking, ask, prepare, tell
from twolatch.authenticators.model import Authenticator, Challenge, Purpose, Stage
from twolatch.desk import cases, store
from twolatch.desk.model import Case, Ended, Level, Proof, Way, may_ask_more, worth_of
from twolatch.house import House
from twolatch.kinds.kind import Trait
from twolatch.login import rungs
from twolatch.login.prompts import prompt_of
from twolatch.people import store as people
from twolatch.people.model import User
from twolatch.sessions.model import AtDesk
from twolatch.storage.db import Tx
from twolatch.words.events import Event
from twolatch.words.limits import DESK_QUESTIONS
from twolatch.words.refusals import Code, Refusal, seconds_until
from twolatch.words.shapes import Prompt

_ENDED = {
    Stage.DENIED: Ended.DENIED,
    Stage.NOT_ME: Ended.NOT_ME,
    Stage.EXPIRED: Ended.EXPIRED,
    Stage.LOCKED: Ended.FAILED,
    Stage.SUPERSEDED: Ended.EXPIRED,
    Stage.CANCELLED: Ended.EXPIRED,
    Stage.CONSUMED: Ended.EXPIRED,
}


@dataclass(frozen=True, slots=True)
class Askable:
    """Something the caller may prove himself with."""

    id: str
    name: str
    way: Way


def askable(house: House, held: list[Authenticator], now: int) -> list[Askable]:
    """By traits: what shows who asks and is opened by a PIN, or a card with keys of its own. Codes that could be read
    out to anybody prove nothing to the desk, and nobody should get used to reading them out."""
    ready = [one for one in policy.usable(house, held, now) if policy.is_strong(house, one)]
    return [Askable(one.id, one.name, _way(house, one)) for one in ready]


def _way(house: House, one: Authenticator) -> Way:
    return Way.CARD if Trait.TYPED in policy.traits_of(house, one) else Way.PUSH


def browser_of(case: str) -> bytes:
    """A case's own questions, apart from those of logins."""
    return b"desk:" + case.encode()


def code_shown(code: str) -> str:
    return f"{code[:3]}-{code[3:]}"


async def begin(house: House, who: AtDesk, case: str, one_id: str, now: int) -> Proof | Refusal:
    """Asks one of the things the client holds. On a phone the digits that the agent reads out are typed: its owner
    cannot approve what he does not hear, and the caller cannot approve without it."""
    found = await cases.mine(house.db, who, case, now)
    if isinstance(found, Refusal):
        return found
    user = await people.by_id(house.db, found.user)
    held = await authenticators.held_by(house.db, house.keys, found.user)
    wanted = next((each for each in askable(house, held, now) if each.id == one_id), None)
    if user is None or wanted is None:
        return Refusal(Code.DESK_CANNOT_ASK)
    one = next(each for each in held if each.id == one_id)
    question = prepare(house, one, user, _asking(house, who, found, wanted), now)
    proof = Proof(house.chance.id(), found.id, wanted.way, Ended.ASKED, one.name, question.id, Level.NOTHING, now, 0)
    return await house.db.write(lambda tx: _begin(tx, house, who, user, one, question, proof))


def _asking(house: House, who: AtDesk, case: Case, wanted: Askable) -> Asking:
    return Asking(
        Purpose.DESK, browser_of(case.id), True, cases.called(who), "", case.channel.value,
        application=house.settings.desk_name, place=code_shown(case.code), digits=wanted.way is Way.PUSH,
    )  # fmt: skip


async def _begin(
    tx: Tx, house: House, who: AtDesk, user: User, one: Authenticator, question: Challenge, proof: Proof
) -> Proof | Refusal:
    now = question.created_at
    await people.take_turn(tx, user.id)
    still = await cases.mine(tx, who, proof.case, now)
    if isinstance(still, Refusal):
        return still
    if refused := await _pay(tx, user, proof.case, now):
        return refused
    if refused := await ask(tx, house, user, one, question, now):
        return refused
    await store.insert_proof(tx, proof)
    await audit.write(
        tx, now, Event.CALLER_ASKED, user.id, proof.case,
        by=who.user.id, agent=cases.called(who), way=proof.way.value, phone=one.id,
    )  # fmt: skip
    return proof


async def _pay(tx: Tx, user: User, case: str, now: int) -> Refusal | None:
    if not may_ask_more(await store.proofs_of(tx, case)):
        return Refusal(Code.DESK_ASKED_ENOUGH)
    paid = await limits.pay(tx, DESK_QUESTIONS, user.id, now)
    if isinstance(paid, limits.Blocked):
        return Refusal(Code.DESK_ASKED_ENOUGH, retry_after=seconds_until(paid.until, now))
    return None


async def live(house: House, proof: Proof, now: int) -> Proof:
    """As it stands at this moment, without writing anything: what is approved counts when it has been taken in."""
    if proof.state is not Ended.ASKED:
        return proof
    asked = await authenticators.find_challenge(house.db, house.keys, proof.challenge)
    stage = asked.stage_at(now) if asked else Stage.EXPIRED
    return replace(proof, state=_ENDED[stage]) if stage in _ENDED else proof


async def waiting(house: House, who: AtDesk, case: str, proof: str, now: int) -> Proof | None:
    """A question of this agent's own case that was not taken in yet. Reads only."""
    found = await _mine(house, who, case, proof, now)
    return None if isinstance(found, Refusal) else found


async def prompt(house: House, proof: Proof, now: int) -> Prompt | None:
    """What the agent reads out; None when nothing is waited for."""
    asked = await authenticators.find_challenge(house.db, house.keys, proof.challenge) if proof.challenge else None
    return prompt_of(asked) if asked and asked.stage_at(now) is Stage.PENDING else None


async def answer(house: House, who: AtDesk, case: str, proof_id: str, text: str, now: int) -> Refusal | None:
    """What the caller reads back from his card, typed by the agent."""
    proof = await _mine(house, who, case, proof_id, now)
    if isinstance(proof, Refusal):
        return proof
    asked = await authenticators.find_challenge(house.db, house.keys, proof.challenge)
    done = await rungs.prove_typed(house, asked, text, now)
    await settle(house, who, case, now)
    return done if isinstance(done, Refusal) else None


async def _mine(house: House, who: AtDesk, case: str, proof: str, now: int) -> Proof | Refusal:
    found = await cases.mine(house.db, who, case, now)
    if isinstance(found, Refusal):
        return found
    every = await store.proofs_of(house.db, found.id)
    asked = next((one for one in every if one.id == proof and one.state is Ended.ASKED and one.challenge), None)
    return asked or Refusal(Code.NOT_FOUND)


async def settle(house: House, who: AtDesk, case: str, now: int) -> Refusal | None:
    """Takes into the case what became of its questions: each once."""
    found = await cases.mine(house.db, who, case, now)
    if isinstance(found, Refusal):
        return found
    for proof in await store.proofs_of(house.db, found.id):
        if proof.state is Ended.ASKED:
            await house.db.write(lambda tx, proof=proof: _settle(tx, house, who, found, proof, now))  # type: ignore[misc]
    return None


async def _settle(tx: Tx, house: House, who: AtDesk, case: Case, proof: Proof, now: int) -> None:
    await people.take_turn(tx, case.user)
    asked = await authenticators.find_challenge(tx, house.keys, proof.challenge)
    stage = asked.stage_at(now) if asked else Stage.EXPIRED
    if stage is Stage.PENDING:
        return
    to = _ENDED.get(stage, Ended.PROVED)
    if to is Ended.PROVED and await authenticators.consume(tx, proof.challenge, case.user, now) is None:
        return  # another window was faster
    await _end(tx, who, case, proof, to, worth_of(proof.way, 0, now) if to is Ended.PROVED else Level.NOTHING, now)


async def _end(tx: Tx, who: AtDesk, case: Case, proof: Proof, to: Ended, worth: Level, now: int) -> None:
    if not await store.end_proof(tx, proof.id, to, worth, now):
        return
    event = Event.CALLER_PROVED if to is Ended.PROVED else Event.CALLER_FAILED
    await audit.write(
        tx, now, event, case.user, case.id,
        by=who.user.id, agent=cases.called(who), way=proof.way.value, how=to.value, worth=int(worth),
    )  # fmt: skip


async def withdraw(house: House, who: AtDesk, case: str, proof_id: str, now: int) -> Refusal | None:
    """The caller has not got it at hand: what waits on the phone goes. It counts as a question all the same."""
    proof = await _mine(house, who, case, proof_id, now)
    if isinstance(proof, Refusal):
        return proof

    async def work(tx: Tx) -> None:
        asked = await authenticators.find_challenge(tx, house.keys, proof.challenge)
        if asked and await authenticators.end_challenge(tx, asked.id, Stage.CANCELLED, now):
            tell(tx, house, [{"id": asked.id, "authenticator_id": asked.authenticator}])

    await house.db.write(work)
    return await settle(house, who, case, now)


async def called_back(house: House, who: AtDesk, case: str, answered: bool, now: int) -> Refusal | None:
    """The agent has hung up and called the number on record. That is worth less than what the client holds: numbers
    are ported and calls diverted. One that is younger than a month is worth nothing."""

    async def work(tx: Tx) -> Refusal | None:
        found = await cases.mine(tx, who, case, now)
        if isinstance(found, Refusal):
            return found
        user = await people.take_turn(tx, found.user)
        if user is None or not user.phone:
            return Refusal(Code.DESK_CANNOT_ASK)
        if refused := await _pay(tx, user, found.id, now):
            return refused
        proof = Proof(
            house.chance.id(), found.id, Way.CALLBACK, Ended.ASKED, user.phone, "", Level.NOTHING, now, 0
        )
        await store.insert_proof(tx, proof)
        worth = worth_of(Way.CALLBACK, user.phone_at, now) if answered else Level.NOTHING
        await _end(tx, who, found, proof, Ended.PROVED if answered else Ended.FAILED, worth, now)
        return None

    return await house.db.write(work)
