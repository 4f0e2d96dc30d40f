"""Activation as the client sees it in the portal: get a code, watch it, type the number the phone shows.

Claiming (activation.claim) is what the phone does with it. Claim is not activation: whoever talks a client into
reading a code aloud has a claimed code and nothing else, because the six digits are on the wrong phone.
"""

from dataclasses import dataclass, replace

import msgspec

from twolatch import audit, limits
from twolatch.activation import codes, store
from twolatch.activation.model import Activation, AwaitsNumber, Device, Done, Finishing, Offer, Over, Stage, View
from twolatch.authenticators import store as authenticators
from twolatch.authenticators.arrival import may_replace
from twolatch.authenticators.model import UNPROVEN, Authenticator, State, Swap
from twolatch.authenticators.outcome import move
from twolatch.authenticators.policy import has_room, linked, may_add, may_change
from twolatch.house import House
from twolatch.people import store as people
from twolatch.people.model import User
from twolatch.protocol.keys import same
from twolatch.protocol.messages import ActivationState, DeviceInfo
from twolatch.sessions import store as sessions
from twolatch.sessions.flows import fingerprint, note_ended
from twolatch.sessions.model import Bearer
from twolatch.storage.db import Tx
from twolatch.words.events import Event
from twolatch.words.limits import ACTIVATIONS, CONFIRM_TRIES, MINUTE
from twolatch.words.refusals import Code, Refusal, seconds_until


@dataclass(frozen=True, slots=True)
class Confirmed:
    """The number was right. The session has a new token; the old one is dead."""

    token: str


@dataclass(frozen=True, slots=True)
class Owner:
    """Where a code was asked for and its six digits are typed: a session of the portal, or the phone that moves."""

    key: str
    user: User
    address: str


def owner_of(who: Bearer) -> Owner:
    return Owner(who.session, who.user, who.address)


async def begin(house: House, who: Bearer, now: int, replaces: str = "") -> Offer | Refusal:
    """A fresh code; an older one dies (A8). Who has a phone already proves it first. With `replaces` the code is for
    a phone that takes the place of that one."""
    activation = house.chance.id()
    swap = Swap(replaces, who.authenticator, who.session) if replaces else None

    async def work(tx: Tx) -> Offer | Refusal:
        user = await people.take_turn(tx, who.user.id)
        if user is None:
            return Refusal(Code.SESSION_ENDED)
        if refused := await _may_begin(tx, house, who, user, swap, now):
            return refused
        return await issue(tx, house, user, activation, who.session, swap, now)

    return await house.db.write(work)


async def _may_begin(
    tx: Tx, house: House, who: Bearer, user: User, swap: Swap | None, now: int
) -> Refusal | None:
    held = await authenticators.held_by(tx, house.keys, user.id)
    if swap and swap.old not in {one.id for one in linked(house, held)}:
        return Refusal(Code.PHONE_REMOVED)
    if not swap and not has_room(house, who, held):
        return Refusal(Code.ACTIVATION_ALREADY)
    if not swap:
        return may_add(house, who, user, held, now)
    if refused := may_change(who, held, now):
        return refused
    # None of this session's proofs may allow a move, or whatever proved it may not answer any more.
    return None if await may_replace(tx, house, user.id, swap, now) else Refusal(Code.STEP_UP)


async def issue(
    tx: Tx, house: House, user: User, activation: str, owner: str, swap: Swap | None, now: int
) -> Offer | Refusal:
    """Writes a code down. `owner` is the session, or the phone, where the six digits will be typed."""
    paid = await limits.pay(tx, ACTIVATIONS, user.id, now)
    if isinstance(paid, limits.Blocked):
        return Refusal(Code.ACTIVATION_LIMIT, retry_after=seconds_until(paid.until, now))
    await _end_live(tx, house, user, now)
    expires = now + house.settings.activation_minutes * MINUTE
    new = Activation(activation, user.id, owner, Stage.ISSUED, 0, b"", "", b"", "", "", "", now, expires, swap)
    await store.insert(tx, new, codes.typed_mac(house, codes.session_id(house, activation)))
    replaces = swap.old if swap else None
    await audit.write(tx, now, Event.ACTIVATION_ISSUED, user.id, activation, session=owner, replaces=replaces)
    return codes.offer(house, activation, expires)


async def _end_live(tx: Tx, house: House, user: User, now: int) -> None:
    """The older code and what was claimed with it, also a phone that was confirmed and never proved itself."""
    for old in await store.end_live(tx, user.id):
        await audit.write(tx, now, Event.ACTIVATION_CANCELLED, user.id, old.id)
        tx.after(lambda: house.signals.tell(f"user:{user.id}"))
    for one in linked(house, await authenticators.of_user(tx, house.keys, user.id, UNPROVEN)):
        await move(tx, house, one.id, user, State.REMOVED, Event.AUTHENTICATOR_REMOVED, now)


async def cancel(house: House, who: Bearer, now: int) -> None:
    """ "That is not my phone": the code and its claimant end, also one that was confirmed and still finishes."""

    await drop(house, owner_of(who), now)


async def drop(house: House, owner: Owner, now: int) -> None:
    async def work(tx: Tx) -> None:
        await _cancel(tx, house, owner, now, {Stage.ISSUED, Stage.CLAIMED, Stage.ACTIVE})

    await house.db.write(work)


async def _cancel(tx: Tx, house: House, owner: Owner, now: int, stages: set[Stage]) -> None:
    user = await people.take_turn(tx, owner.user.id)
    mine = await store.of_session(tx, owner.key)
    if user and mine and mine.stage in stages:
        await _end_live(tx, house, user, now)


async def leave(house: House, who: Bearer, now: int) -> None:
    """Log out: the session ends and its code with it, so that the next login gets a fresh one (A8)."""

    async def work(tx: Tx) -> None:
        await _cancel(tx, house, owner_of(who), now, {Stage.ISSUED, Stage.CLAIMED})
        if await sessions.end(tx, who.user.id, who.session, now):
            await audit.write(tx, now, Event.SESSION_ENDED, who.user.id, who.session, why="logout")

    await house.db.write(work)


async def look(house: House, who: Bearer, now: int) -> View:
    """Where this session's activation stands. Reads only."""
    return await view_of(house, owner_of(who), now)


async def view_of(house: House, owner: Owner, now: int) -> View:
    mine = await store.of_session(house.db, owner.key)
    if mine is None:
        return Over(None)
    view = await _view(house, mine, owner, now)
    return replace(view, replaces=mine.swap.old) if mine.swap else view


async def _view(house: House, mine: Activation, owner: Owner, now: int) -> View:
    stage = await standing(house, mine, now)
    if stage is Stage.ISSUED:
        return codes.offer(house, mine.id, mine.expires_at, mine.met)
    if stage is Stage.CLAIMED:
        return AwaitsNumber(device_of(mine, owner), CONFIRM_TRIES - mine.tries, mine.expires_at, mine.met)
    if stage is not Stage.ACTIVE:
        return Over(stage, mine.met)
    one = await authenticators.find(house.db, house.keys, mine.authenticator)
    if one is None or one.state is State.REMOVED:
        return Over(Stage.CANCELLED, mine.met)
    return Finishing(device_of(mine, owner), mine.met) if one.state is State.UNPROVEN else Done(mine.met)


async def standing(house: House, mine: Activation, now: int) -> Stage:
    """The stage of a code; a move that may not happen any more reads as cancelled."""
    stage = mine.stage_at(now)
    if mine.swap and stage in {Stage.ISSUED, Stage.CLAIMED} and not await _may_go_on(house, mine):
        return Stage.CANCELLED
    return stage


async def _may_go_on(house: House, mine: Activation) -> bool:
    return not mine.swap or await may_replace(house.db, house, mine.user, mine.swap, mine.created_at)


async def replaced(house: House, view: View) -> Authenticator | None:
    """The phone that ends when the code of this view has become one."""
    return await authenticators.find(house.db, house.keys, view.replaces) if view.replaces else None


async def confirm(house: House, who: Bearer, number: str, now: int) -> Confirmed | Refusal:
    """The six digits of the phone, typed into the session that began. Three wrong ones burn the code."""
    mine = await right_number(house, owner_of(who), number, now)
    if isinstance(mine, Refusal):
        return mine
    token = house.chance.token()

    async def work(tx: Tx) -> Confirmed | Refusal:
        if refused := await confirmed(tx, house, mine, who.user, now):
            return refused
        await sessions.renew(tx, who.session, fingerprint(token), now)
        if mine.swap is None:  # a move changes nothing before the new phone has proved itself
            await _end_other_ways_in(tx, house, who, now)
        return Confirmed(token)

    return await house.db.write(work)


async def right_number(house: House, owner: Owner, number: str, now: int) -> Activation | Refusal:
    """The claimed code whose six digits these are. A try is paid before they are compared (rule C2)."""

    async def pay(tx: Tx) -> Activation | None:
        return await store.pay_try(tx, owner.key, CONFIRM_TRIES, now)

    if (mine := await house.db.write(pay)) is None or not await _may_go_on(house, mine):
        return Refusal(Code.ACTIVATION_OVER)
    typed = "".join(number.split())
    is_right = same(codes.number_mac(house, mine.id, typed), mine.number)
    return mine if is_right else await _wrong(house, owner.user, mine, now)


async def _wrong(house: House, user: User, mine: Activation, now: int) -> Refusal:
    left = CONFIRM_TRIES - mine.tries

    async def work(tx: Tx) -> None:
        await audit.write(tx, now, Event.ACTIVATION_WRONG, user.id, mine.id, left=left)
        if left <= 0 and await store.settle(tx, mine.id, Stage.CLAIMED, Stage.BURNED):
            await audit.write(tx, now, Event.ACTIVATION_BURNED, user.id, mine.id)
            await move(tx, house, mine.authenticator, user, State.REMOVED, Event.AUTHENTICATOR_REMOVED, now)
        tx.after(lambda: house.signals.tell(f"user:{user.id}"))

    await house.db.write(work)
    return Refusal(Code.ACTIVATION_WRONG if left > 0 else Code.CODE_BURNED, tries_left=max(0, left))


async def confirmed(tx: Tx, house: House, mine: Activation, user: User, now: int) -> Refusal | None:
    """`claimed` becomes `active`, once; the phone may prove itself from here on."""
    if not await store.settle(tx, mine.id, Stage.CLAIMED, Stage.ACTIVE):
        return Refusal(Code.ACTIVATION_OVER)
    if not await move(tx, house, mine.authenticator, user, State.UNPROVEN, Event.ACTIVATION_CONFIRMED, now):
        raise LookupError("a claimed code without its phone")
    return None


async def _end_other_ways_in(tx: Tx, house: House, who: Bearer, now: int) -> None:
    """From here on the password alone opens nothing; what it opened before elsewhere ends, and those browsers are
    strangers again. Otherwise a thief of the password who came first would stay in."""
    await sessions.forget_browsers(tx, who.user.id, but=who.browser)
    ended = await sessions.end_all(tx, who.user.id, now, but=who.session)
    await note_ended(tx, who.user.id, ended, "activation", now)


def device_of(mine: Activation, owner: Owner) -> Device:
    said = msgspec.json.decode(mine.device, type=dict[str, str])
    address = said["address"]
    return Device(said["platform"], said["model"], said["browser"], address, address == owner.address)


def device_json(info: DeviceInfo, address: str) -> str:
    said = {"platform": info.platform, "model": info.model, "browser": info.browser, "address": address}
    return msgspec.json.encode(said).decode()


async def current(house: House, one: Authenticator, now: int) -> ActivationState:
    """How the phone's own activation stands, in the protocol's words."""
    if one.state is State.ACTIVE:
        return "active"
    mine = await store.of_phone(house.db, one.id)
    stage = await standing(house, mine, now) if mine else Stage.CANCELLED
    if stage is Stage.ACTIVE:
        # The phone was read before the code: a confirmation in between shows it still as claimed.
        return "confirmed" if one.state in {State.CLAIMED, State.UNPROVEN} else "cancelled"
    return _WORDS[stage]


_WORDS: dict[Stage, ActivationState] = {
    Stage.ISSUED: "claimed",
    Stage.CLAIMED: "claimed",
    Stage.EXPIRED: "expired",
    Stage.CANCELLED: "cancelled",
    Stage.BURNED: "burned",
}
