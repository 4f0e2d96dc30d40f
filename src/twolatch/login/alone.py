"""Logging in with a passkey alone: no name, no password, and nothing that a page which looks like ours could pass on.

For clients who wished it (`keys_only`), and then by nothing else. Nobody has said who he is when the browser is asked,
so every browser is asked the same and strangers learn nothing. The challenge is not written down: it carries its own
time, and a MAC binds it to the browser. Once the signature is known to be genuine a question is written whose id
follows from the challenge, so that it serves once; the rest is the gate's.
"""

from twolatch import audit
from twolatch.authenticators import gate, policy
from twolatch.authenticators import store as authenticators
from twolatch.authenticators.answers import PERFORMED_LONGEST, said_here, told_here
from twolatch.authenticators.asking import Asking, ask, prepare, record_of
from twolatch.authenticators.model import Authenticator, Challenge, Purpose, State
from twolatch.house import House
from twolatch.kinds.kind import Claim, Performed, TellsWhose
from twolatch.login import store
from twolatch.login.flows import TOLD
from twolatch.login.model import Attempt, Proceed, Stage
from twolatch.people import store as people
from twolatch.people.model import User
from twolatch.protocol.keys import same
from twolatch.protocol.octets import u64
from twolatch.storage.db import Tx
from twolatch.words.events import Event
from twolatch.words.limits import MINUTE
from twolatch.words.refusals import Code, Refusal
from twolatch.words.verdicts import Genuine
from twolatch.words.visit import Visit

LIVES = 30 * MINUTE  # a login page may stay open for a while
ASKEW = MINUTE  # between the clocks of two nodes
NONCE, MAC, WHOLE = 8, 16, 32


def invite(house: House, visit: Visit) -> str:
    """What this browser may ask of whatever keys it finds (JSON). Writes nothing, and is the same for everybody."""
    body = u64(visit.now) + house.chance.bytes(NONCE)
    return _asker(house).invite(body + _mac(house, visit, body))


def _asker(house: House) -> TellsWhose:
    return next(kind for kind in house.kinds if isinstance(kind, TellsWhose))


def _mac(house: House, visit: Visit, body: bytes) -> bytes:
    return house.keys.mac("invitation", visit.pre, body)[:MAC]


def _is_ours(house: House, visit: Visit, challenge: bytes) -> bool:
    """Asked of this very browser, and not too long ago."""
    body, tag = challenge[:-MAC], challenge[-MAC:]
    if len(challenge) != WHOLE or not same(_mac(house, visit, body), tag):
        return False
    return -ASKEW < visit.now - int.from_bytes(body[:8], "big") < LIVES


async def begin(house: House, visit: Visit, text: str) -> Proceed | Refusal:
    """What the browser's key answered to an invitation. No attempt stands before the gate has let the answer through:
    there is nothing that another answer, or another way, could be put in place of."""
    made = Performed(text if len(text) <= PERFORMED_LONGEST else "")
    claim = _asker(house).whose(made) if visit.pre else None
    if claim is None or not _is_ours(house, visit, claim.challenge):
        return Refusal(Code.LOGIN_KEY_UNKNOWN)
    found = await _found(house, claim, made)
    if found is None:
        return Refusal(Code.LOGIN_KEY_UNKNOWN)
    user, one = found
    if why := _why_not(house, user, one):
        return await _refuse(house, visit, user, why)
    asking = Asking(Purpose.ALONE, visit.pre, True, visit.agent, visit.address, "key")
    question = prepare(house, one, user, asking, visit.now, claim.challenge)
    if refused := await house.db.write(lambda tx: _open(tx, house, visit, one, question)):
        return refused
    done = await gate.prove(house, said_here(question, text), visit.now)
    if isinstance(done, Refusal):
        return told_here(question, done)
    return await house.db.write(lambda tx: _attempt(tx, house, visit, question))


async def _found(house: House, claim: Claim, made: Performed) -> tuple[User, Authenticator] | None:
    """Whose key made this. Who he says he is leads to his keys; only a signature by one of them says he is."""
    user = await people.by_id(house.db, claim.user)
    held = await authenticators.held_by(house.db, house.keys, user.id) if user else []
    for one in held:
        kind = policy.kind_of(house, one)
        if user and isinstance(kind, TellsWhose) and isinstance(kind.origin(record_of(house, one, ""), made), Genuine):
            return user, one
    return None


def _why_not(house: House, user: User, one: Authenticator) -> Code | None:
    if user.is_off:
        return Code.LOGIN_OFF
    if one.state is not State.ACTIVE:
        return Code.LOGIN_PHONE_LOCKED
    return None if user.keys_only and policy.stands_alone(house, one) else Code.LOGIN_KEY_SECOND


async def _refuse(house: House, visit: Visit, user: User, code: Code) -> Refusal:
    async def work(tx: Tx) -> None:
        await audit.write(tx, visit.now, Event.LOGIN_REFUSED, user.id, None, code=code.code, address=visit.address)

    await house.db.write(work)
    return Refusal(code)


async def _open(tx: Tx, house: House, visit: Visit, one: Authenticator, question: Challenge) -> Refusal | None:
    """The same answer a second time finds its question there: the client's turn is taken before the look."""
    user = await people.take_turn(tx, one.user)
    if user is None or await authenticators.find_challenge(tx, house.keys, question.id):
        return Refusal(Code.LOGIN_START_OVER)
    return await ask(tx, house, user, one, question, visit.now)


async def _attempt(tx: Tx, house: House, visit: Visit, question: Challenge) -> Proceed | Refusal:
    user = await people.take_turn(tx, question.user)
    if user is None:
        return Refusal(Code.LOGIN_START_OVER)
    end = question.expires_at + TOLD
    await store.insert(tx, visit.pre, Attempt(house.chance.id(), user.id, Stage.OPEN, question.id, visit.now, end))
    return Proceed(is_ready=True)
