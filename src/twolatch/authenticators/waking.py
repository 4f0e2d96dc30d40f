"""Where a phone is woken: kept, asked about, tried, and dropped when the push service says that it is gone.

A wake-up is a hint. Nothing here decides anything, and everything works without it.
"""

import msgspec

from twolatch import limits
from twolatch.authenticators import store
from twolatch.authenticators.model import Authenticator
from twolatch.house import House
from twolatch.storage.db import Database, Tx
from twolatch.wires.push import BadSubscription, Subscription
from twolatch.words.limits import PUSH_TESTS
from twolatch.words.refusals import Code, Refusal, seconds_until

TRY = b'{"test":1}'
TRY_SECONDS = 60


async def wake_at(house: House, one: Authenticator, endpoint: str, p256dh: str, auth: str) -> bool:
    """Where to wake this phone. False when the address is not one of a push service we speak to."""
    try:
        subscription = Subscription.parse(endpoint, p256dh, auth)
    except BadSubscription:
        return False
    if house.push is None or not house.push.admits(endpoint):
        return False

    async def work(tx: Tx) -> None:
        await store.keep_push(tx, one.id, msgspec.json.encode(subscription).decode())

    await house.db.write(work)
    return True


async def wake_no_more(house: House, one: Authenticator) -> None:
    async def work(tx: Tx) -> None:
        await store.keep_push(tx, one.id, "")

    await house.db.write(work)


async def drop_dead(db: Database, subscription: Subscription) -> None:
    """The push service says that this address is gone."""

    async def work(tx: Tx) -> None:
        await store.drop_push(tx, msgspec.json.encode(subscription).decode())

    await db.write(work)


def wakes(house: House, one: Authenticator) -> bool:
    """Whether this phone would be woken. "No" to a phone that was told where tells it that its address has died."""
    return house.push is not None and bool(one.push)


async def wake_for_trial(house: House, one: Authenticator, now: int) -> Refusal | None:
    """One wake-up on its owner's wish, to see whether it arrives. Limited: each costs a push service's patience."""
    if house.push is None or not one.push:
        return Refusal(Code.PUSH_OFF)
    push, subscription = house.push, msgspec.json.decode(one.push, type=Subscription)

    def wake() -> None:
        # A topic of its own: it must not take the place of a login's wake-up that is still on its way.
        push.wake(subscription, TRY, topic=f"try-{one.id}", ttl=TRY_SECONDS, now=now)

    async def work(tx: Tx) -> Refusal | None:
        paid = await limits.pay(tx, PUSH_TESTS, one.id, now)
        if isinstance(paid, limits.Blocked):
            return Refusal(Code.PUSH_TESTS, retry_after=seconds_until(paid.until, now))
        tx.after(wake)
        return None

    return await house.db.write(work)
