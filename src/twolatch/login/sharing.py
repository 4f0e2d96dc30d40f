"""A client asks to use the card of his other user name: both passwords, and the card's answer to one number.

His own password, and whatever else he holds, this session has just proved; the other user's password is checked here,
with the same counters as at a login; the card answers through the one gate.
"""

from dataclasses import dataclass, field

from twolatch import limits
from twolatch.authenticators import policy, sharing
from twolatch.authenticators import store as authenticators
from twolatch.authenticators.asking import SESSION, Asking, ask, prepare
from twolatch.authenticators.model import Authenticator, Challenge, Purpose, Stage, State
from twolatch.authenticators.outcome import move
from twolatch.authenticators.policy import Loss
from twolatch.house import House
from twolatch.login import rungs, unfinished
from twolatch.login.flows import refuse
from twolatch.login.model import Attempt, Waits
from twolatch.login.model import Stage as AttemptStage
from twolatch.login.password import RightPassword, check_password
from twolatch.login.prompts import prompt_of
from twolatch.people import store as people
from twolatch.people.model import User
from twolatch.sessions.flows import prove_more
from twolatch.sessions.model import FreshlySignedIn, SignedIn
from twolatch.storage.db import Tx
from twolatch.words.events import Event
from twolatch.words.limits import ACTIVATIONS, MINUTE
from twolatch.words.refusals import Code, Refusal, seconds_until
from twolatch.words.secret import Secret
from twolatch.words.visit import Visit

LIVES = 5 * MINUTE  # to find the card


@dataclass(frozen=True, slots=True)
class Shared:
    """It serves this user too. `token` is the session's new one; empty when it stays as it was."""

    token: str = field(repr=False)


async def may_begin(house: House, who: SignedIn, now: int) -> Refusal | None:
    """Whether this session may add to what it holds at all, to say so before a password is asked for. Reads only."""
    held = await authenticators.held_by(house.db, house.keys, who.user.id)
    return policy.may_add(house, who, who.user, held, now)


async def begin(house: House, who: SignedIn, visit: Visit, name: str, password: Secret[str]) -> str | Refusal:
    """The id of the question to the other user's card. A wrong name and a wrong password read the same; what else
    stands against it is told to who knows both passwords."""
    if refused := await may_begin(house, who, visit.now):
        return refused
    right = await check_password(house, visit, name, password)
    if isinstance(right, Refusal):
        return right
    one = await _card_of(house, right.user, visit.now)
    why = await sharing.why_not(house.db, house, one, who.user, visit.now) if one else Refusal(Code.SHARE_NONE)
    if one is None or why:
        return await refuse(house, right, why.code if why else Code.SHARE_NONE, visit)
    browser = SESSION + who.session.encode()
    asking = Asking(Purpose.SHARE, browser, True, visit.agent, visit.address, "portal", LIVES)
    question = prepare(house, one, who.user, asking, visit.now)
    return await house.db.write(lambda tx: _begin(tx, house, who, visit, right, one, question)) or question.id


async def _card_of(house: House, owner: User, now: int) -> Authenticator | None:
    """The one he used last of those that can be shared."""
    held = await authenticators.held_by(house.db, house.keys, owner.id)
    return next((one for one in policy.usable(house, held, now) if sharing.may_be_shared(house, one)), None)


async def _begin(
    tx: Tx, house: House, who: SignedIn, visit: Visit, right: RightPassword, one: Authenticator, question: Challenge
) -> Refusal | None:
    turns = {user: await people.take_turn(tx, user) for user in sorted((who.user.id, right.user.id))}
    await right.settle(tx)
    user = turns[who.user.id]
    if user is None:
        return Refusal(Code.SESSION_ENDED)
    held = await authenticators.held_by(tx, house.keys, user.id)
    if refused := policy.may_add(house, who, user, held, visit.now):
        return refused
    paid = await limits.pay(tx, ACTIVATIONS, user.id, visit.now)
    if isinstance(paid, limits.Blocked):
        return Refusal(Code.ACTIVATION_LIMIT, retry_after=seconds_until(paid.until, visit.now))
    if refused := await ask(tx, house, user, one, question, visit.now):
        return refused
    await unfinished.announce(tx, house, visit, right.user, _as_attempt(question, right.user))
    return None


def _as_attempt(question: Challenge, owner: User) -> Attempt:
    """The other user's password was right; when nothing follows, he is told as of a login."""
    end = question.expires_at
    return Attempt(question.id, owner.id, AttemptStage.OPEN, question.id, question.created_at, end)


async def look(house: House, who: SignedIn, challenge: str, now: int) -> Waits | None:
    """The number that waits for an answer in this session; None: begin again. Reads only."""
    found = await _mine(house, who, challenge)
    if found is None or found.stage_at(now) is not Stage.PENDING:
        return None
    return Waits(prompt_of(found), found.id, found.created_at)


async def _mine(house: House, who: SignedIn, challenge: str) -> Challenge | None:
    found = await authenticators.find_challenge(house.db, house.keys, challenge)
    is_mine = found and found.purpose is Purpose.SHARE and found.browser == SESSION + who.session.encode()
    return found if is_mine else None


async def answer(house: House, who: SignedIn, challenge: str, text: str, now: int) -> Shared | Refusal:
    """The card's answer. A session of the password alone has proved more now, and goes on with a new token."""
    asked = await _mine(house, who, challenge)
    one = await authenticators.find(house.db, house.keys, asked.authenticator) if asked else None
    owner = await people.by_id(house.db, one.user) if one else None
    done = await rungs.prove_typed(house, asked, text, now)
    if isinstance(done, Refusal) or asked is None or owner is None:
        return done if isinstance(done, Refusal) else Refusal(Code.LOGIN_START_OVER)
    token = house.chance.token()

    async def work(tx: Tx) -> str:
        await unfinished.followed(tx, _as_attempt(asked, owner))
        proof = await authenticators.consume(tx, asked.id, who.user.id, now)
        if proof is None or who.authenticator:
            return ""
        return token if await prove_more(tx, who, token, proof[1], proof[0], now) else ""

    return Shared(await house.db.write(work))


async def end(house: House, fresh: FreshlySignedIn, authenticator: str, now: int) -> bool | Refusal:
    """The owner takes it back from the other user, who must have something else that lets him in. False: it is not
    his, or is not shared."""
    who = fresh.signed_in
    seen = await authenticators.find(house.db, house.keys, authenticator)
    if seen is None or seen.user != who.user.id or not seen.guest:
        return False

    async def work(tx: Tx) -> bool | Refusal:
        turns = {user: await people.take_turn(tx, user) for user in sorted(seen.holders)}
        guest = turns[seen.guest]
        held = await authenticators.held_by(tx, house.keys, who.user.id)
        if guest is None or not policy.still_stands(who, held, now):
            return Refusal(Code.STEP_UP)
        theirs = await authenticators.held_by(tx, house.keys, guest.id)
        if policy.loss(house, theirs, seen, now) in {Loss.BARE, Loss.OUT, Loss.SPARES}:
            return Refusal(Code.SHARE_LAST)
        is_same = any(one.id == seen.id and one.holders == seen.holders for one in theirs)
        return is_same and await move(
            tx, house, seen.id, guest, State.REMOVED, Event.AUTHENTICATOR_REMOVED, now
        )

    return await house.db.write(work)
