"""Claiming a code: the phone's first word (docs/protocol.md, section 1.1). Exactly one claimant."""

from dataclasses import dataclass
from hashlib import sha256

import msgspec

from twolatch import audit, limits
from twolatch.activation import codes, store
from twolatch.activation.codes import Scanned, Typed
from twolatch.activation.flows import device_json, standing
from twolatch.activation.model import MISNAMED, OVER, Activation, Stage
from twolatch.authenticators import store as authenticators
from twolatch.authenticators.asking import SESSION, Asking, prepare
from twolatch.authenticators.model import Authenticator, Challenge, Purpose, State, Swap
from twolatch.house import House
from twolatch.house.keys import PIN, SIGNING
from twolatch.kinds.phone import newborn, shown_bytes
from twolatch.people import store as people
from twolatch.people.model import User, canonical_name
from twolatch.protocol import keys as curve
from twolatch.protocol.activation import Transcript, claim_text, claimed_text, shared_secret, six_digits
from twolatch.protocol.labels import clean_label
from twolatch.protocol.messages import Claim, Claimed, SignedBytes
from twolatch.protocol.octets import Malformed, b64u, unb64u
from twolatch.storage.db import Tx
from twolatch.words.events import Event
from twolatch.words.limits import CLAIM_ADDRESS, CLAIM_CODE, CLAIM_SITE, DAY
from twolatch.words.refusals import Code, Refusal, seconds_until

VERSION = 1


@dataclass(frozen=True, slots=True)
class _Made:
    """All that a claim makes, computed before the transaction that writes it down."""

    answer: str
    phone: Authenticator
    test: Challenge
    number: bytes


async def claim(house: House, asked: Claim, address: str, now: int) -> Claimed | Refusal:
    """A device for a code. The same claim sent again gets the same answer."""
    code, speaks = codes.read(asked.code), asked.version == VERSION
    # How an unknown version signs is unknown too.
    if code is None or (speaks and not _is_own(house, asked)):
        return Refusal(Code.MALFORMED if speaks else Code.PHONE_TOO_OLD)
    if refused := await _pay(house, code, address, now):
        return refused
    found = await _find(house, code)
    if not speaks:
        return await _refuse(house, found, Code.PHONE_TOO_OLD, address, now)
    user = found and await people.by_id(house.db, found.user)
    if not found or not user or not _is_named(house, code, asked, user):
        return await _refuse(house, found, Code.CODE_UNKNOWN, address, now)
    if found.claim == _mark(asked):
        await _give_back(house, code, address)
        return msgspec.json.decode(found.claimed, type=Claimed)
    if (stage := await standing(house, found, now)) is not Stage.ISSUED:
        return await _refuse(house, found, await _why(house, asked, found, stage), address, now)
    if _is_the_old_one(asked, found.swap):
        return await _refuse(house, found, Code.MOVE_SAME_PHONE, address, now)
    if asked.holds and await _is_set_up(house, asked, found):
        return await _refuse(house, found, Code.ALREADY_HERE, address, now)
    made = _make(house, asked, found, user, now)
    if not await _write(house, asked, found, made, code, address, now):
        return await _refuse(house, found, Code.CODE_USED, address, now)
    return msgspec.json.decode(made.answer, type=Claimed)


def _is_own(house: House, asked: Claim) -> bool:
    """The claimant holds the key it names, and names it for this site."""
    try:
        public, ephemeral = unb64u(asked.public_key, 65), unb64u(asked.ephemeral_key, 65)
        curve.load_point(ephemeral)
        text = claim_text(house.settings.phone_host, asked.code, public, ephemeral)
        return curve.verify(public, text, unb64u(asked.signature, 64))
    except Malformed:
        return False


async def _pay(house: House, code: Scanned | Typed, address: str, now: int) -> Refusal | None:
    """A guess is charged to its address, and to the code it names, before it is looked at (rule C2)."""
    site = await limits.blocked_until(house.db, CLAIM_SITE, "", now)

    async def work(tx: Tx) -> Refusal | None:
        paid = site or await limits.pay(tx, CLAIM_ADDRESS, address, now)
        if not isinstance(paid, limits.Blocked) and isinstance(code, Scanned):
            paid = await limits.pay(tx, CLAIM_CODE, code.id, now)
            if isinstance(paid, limits.Blocked):
                return Refusal(Code.CODE_BURNED)
        if isinstance(paid, limits.Blocked):
            return Refusal(Code.ACTIVATION_LIMIT, retry_after=seconds_until(paid.until, now))
        return None

    return await house.db.write(work)


async def _give_back(house: House, code: Scanned | Typed, address: str) -> None:
    async def work(tx: Tx) -> None:
        await _take_back(tx, code, address)

    await house.db.write(work)


async def _take_back(tx: Tx, code: Scanned | Typed, address: str) -> None:
    await limits.give_back(tx, CLAIM_ADDRESS, address)
    if isinstance(code, Scanned):
        await limits.clear(tx, (CLAIM_CODE, code.id))


async def _find(house: House, code: Scanned | Typed) -> Activation | None:
    if isinstance(code, Typed):
        return await store.by_typed(house.db, codes.typed_mac(house, code.code))
    found = await store.by_id(house.db, code.id)
    is_right = curve.same(codes.secret(house, code.id), code.secret)
    return found if is_right else None


def _is_named(house: House, code: Scanned | Typed, asked: Claim, user: User) -> bool:
    """Strict: who types a session ID types the user name too (NIST SP 800-63B-4, 4.1.2.2)."""
    if isinstance(code, Scanned) or not house.settings.is_strict:
        return True
    return canonical_name(asked.user_name) == user.name


def _is_the_old_one(asked: Claim, swap: Swap | None) -> bool:
    """The phone that allowed its own move reads the code itself. One that may not answer any more may: somebody
    forgot the PIN, and another authenticator allowed to set the same phone up anew."""
    return swap is not None and swap.old == swap.prover and swap.old in asked.holds


async def _why(house: House, asked: Claim, found: Activation, stage: Stage) -> Code:
    """Whoever holds a real code learns why it does not serve; for a used one, whether the work is done already."""
    if stage in {Stage.CLAIMED, Stage.ACTIVE}:
        held = [one.id for one in await authenticators.held_by(house.db, house.keys, found.user)]
        if held and not (found.swap and found.swap.old in held):  # a move that is under way is not done
            return Code.ALREADY_HERE if set(held) & set(asked.holds) else Code.ALREADY_ELSEWHERE
    return OVER[stage]


async def _is_set_up(house: House, asked: Claim, found: Activation) -> bool:
    """A phone that approves for this client already needs no second key for it; the code stays good for another."""
    held = await authenticators.held_by(house.db, house.keys, found.user)
    leaving = found.swap.old if found.swap else ""
    return any(one.state is State.ACTIVE and one.id in asked.holds and one.id != leaving for one in held)


async def _refuse(house: House, found: Activation | None, code: Code, address: str, now: int) -> Refusal:
    """The charge stays; for an unknown code the site's own counter moves, so that many addresses together are seen.
    The portal of a known one shows its client what his phone met. A known one under a wrong name is an unknown one to
    whoever typed it, and only the client at his portal hears the difference."""
    met = MISNAMED if found and code is Code.CODE_UNKNOWN else code.code

    async def work(tx: Tx) -> None:
        if code is Code.CODE_UNKNOWN:
            await limits.pay(tx, CLAIM_SITE, "", now)
        if found:
            await store.remember_met(tx, found.id, found.user, met)
            tx.after(lambda: house.signals.tell(f"user:{found.user}"))
        user, activation = (found.user, found.id) if found else (None, None)
        await audit.write(
            tx, now, Event.ACTIVATION_CLAIM_REFUSED, user, activation, code=met, address=address
        )

    await house.db.write(work)
    return Refusal(code)


def _mark(asked: Claim) -> bytes:
    """Known again by its signature, which nobody else can make."""
    return sha256(asked.signature.encode()).digest()


def _make(house: House, asked: Claim, found: Activation, user: User, now: int) -> _Made:
    device, epoch, own = house.chance.id(), house.chance.bytes(16), curve.new_private()
    said, site = asked.device, house.settings.site_name
    script = Transcript(
        house.settings.phone_host, asked.code, unb64u(asked.public_key), unb64u(asked.ephemeral_key),
        said.platform, said.model, said.browser, said.app, device, found.id,
        curve.public_point(own), house.keys.public(SIGNING), house.keys.public(PIN), epoch, user.name, site,
    )  # fmt: skip
    z = curve.ecdh(own, script.ephemeral_key)
    kind, enrolment, moving = newborn(asked.public_key, said.platform, found.id, b64u(epoch))
    phone = Authenticator(
        id=device,
        user=user.id,
        kind=kind,
        name=clean_label(said.model or said.browser or said.platform, 60),
        state=State.CLAIMED,
        enrolment={**enrolment, **(found.swap.enrolment if found.swap else {})},
        secret=house.keys.seal("authenticators.secret", device, user.id, shared_secret(z, script)),
        moving=moving,
        version=0,
        push="",
        created_at=now,
        used_at=0,
    )
    began = SESSION + found.session.encode()
    asking = Asking(Purpose.TEST, began, True, "", "", "portal", lives=DAY)  # a phone closed early finishes later
    test = prepare(house, phone, user, asking, now)
    shown, signature = shown_bytes(test.memory)
    answer = Claimed(
        device=device,
        activation=found.id,
        expires=found.expires_at,
        ephemeral_key=b64u(script.server_ephemeral_key),
        signing_key=b64u(script.signing_key),
        pin_key=b64u(script.pin_key),
        epoch=b64u(epoch),
        user=user.name,
        display=user.display,
        site=site,
        test=SignedBytes(shown, signature),
        signature=b64u(curve.sign(house.keys.private(SIGNING), claimed_text(script))),
    )
    number = codes.number_mac(house, found.id, six_digits(z, script))
    return _Made(msgspec.json.encode(answer).decode(), phone, test, number)


async def _write(
    house: House, asked: Claim, found: Activation, made: _Made, code: Scanned | Typed, address: str, now: int
) -> bool:
    """One transaction: the code is used up, the device exists, the audit knows. False when somebody was faster."""

    async def work(tx: Tx) -> bool:
        if not await store.claim(
            tx,
            found.id,
            made.phone.id,
            now,
            claim=_mark(asked),
            claimed=made.answer,
            device=device_json(asked.device, address),
            number=made.number,
        ):
            return False
        await authenticators.insert(tx, house.keys, made.phone)
        await authenticators.insert_challenge(tx, house.keys, made.test)
        await _take_back(tx, code, address)
        typed = isinstance(code, Typed)  # typed codes trust the server's keys on first use: marked
        await audit.write(
            tx, now, Event.ACTIVATION_CLAIMED, found.user, found.id, phone=made.phone.id, typed=typed, address=address
        )
        tx.after(lambda: house.signals.tell(f"user:{found.user}"))
        if swap := found.swap:
            tx.after(lambda: house.signals.tell(f"phone:{swap.old}"))
        return True

    return await house.db.write(work)
