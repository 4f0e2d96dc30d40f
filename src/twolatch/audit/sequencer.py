"""The order of the log, set afterwards: no request waits for a lock that all requests share.

Every process runs this, and one at a time gets on: the number of a line is its place in the chain, there is one of
each, and who comes second tries again from where the first one stopped. What is chained cannot be taken out unnoticed;
what is not yet chained can, so a busy site is looked at each second and a quiet one each minute.
"""

import asyncio
from collections.abc import Sequence

import structlog

from twolatch.audit import store
from twolatch.house import House, WrongClock
from twolatch.house.store import begin_fact, fact
from twolatch.protocol import chain
from twolatch.storage.db import ConstraintBroken, StorageFault, Tx
from twolatch.wires.metrics import Metrics
from twolatch.wires.sinks import Sink, SinkFault
from twolatch.words.limits import MINUTE

log = structlog.get_logger("audit")

BATCH = 500
SOONEST, LATEST = 1, 60  # seconds between two looks
CHECKPOINT_LINES, CHECKPOINT_EVERY = 1000, MINUTE
CATCH_UP = 100  # checkpoints to one sink in one round


async def run(house: House, sinks: Sequence[Sink], metrics: Metrics | None = None) -> None:
    """Until cancelled."""
    pause = SOONEST
    while True:
        await asyncio.sleep(pause)
        try:
            done = await round_(house, sinks, house.clock.now(), metrics)
            pause = SOONEST if done else min(pause * 2, LATEST)
        except (StorageFault, WrongClock) as fault:
            log.warning("not_chained", reason=str(fault))
            pause = min(pause * 2, LATEST)


async def round_(house: House, sinks: Sequence[Sink], now: int, metrics: Metrics | None = None) -> int:
    """Chains what waits, signs when it is time, delivers. Returns how many lines were chained."""
    done = await chain_all(house, now, metrics)
    number, at = await store.last_checkpoint(house.db)
    head = await store.head(house.db)
    if head.number - number >= CHECKPOINT_LINES or (head.number > number and now - at >= CHECKPOINT_EVERY):
        await sign(house, now)
    for sink in sinks:
        await deliver(house, sink, now, metrics)
    return done


async def chain_all(house: House, now: int, metrics: Metrics | None = None) -> int:
    """All lines that wait, a batch in a transaction."""
    done = 0
    while True:
        try:
            added = await _batch(house, now)
        except ConstraintBroken:
            continue  # another process was faster
        if metrics:
            for event in added:
                metrics.decided(event)
        done += len(added)
        if len(added) < BATCH:
            return done


async def _batch(house: House, now: int) -> list[str]:
    """The names of what was chained."""
    head = await store.head(house.db)
    rows = await store.unchained(house.db, now, BATCH)
    links = []
    for row in rows:
        number = head.number + 1
        head = store.Head(number, chain.linked(head.hash, number, store.content(number, row)))
        links.append(store.Link(number, int(row["line"]), head.hash))

    async def work(tx: Tx) -> None:
        await store.append(tx, links, now)

    if links:
        await house.db.write(work)
    return [str(row["event"]) for row in rows]


async def sign(house: House, now: int) -> str:
    """A checkpoint of the log as it stands; empty when there is nothing to speak of."""
    head = await store.head(house.db)
    if not head.number:
        return ""
    note = chain.signed(chain.Checkpoint(await origin(house), head.number, head.hash), house.keys.audit)

    async def work(tx: Tx) -> None:
        await store.keep_checkpoint(tx, head.number, now, note)

    await house.db.write(work)
    return note


async def deliver(house: House, sink: Sink, now: int, metrics: Metrics | None = None) -> None:
    """What the sink has not got, in order. A fault is written down and tried again in the next round."""
    before = await store.delivery(house.db, sink.name)
    reached, fault = before.number, ""
    for number, note in await store.checkpoints(house.db, before.number, CATCH_UP):
        try:
            await sink.put(note)
        except SinkFault as why:
            fault = str(why)[:200]
            log.warning("checkpoint_not_delivered", sink=sink.name, reason=fault)
            break
        reached = number
    if metrics:
        metrics.sink(sink.name, reached, bool(fault))
    since = (before.failing_since or now) if fault else 0
    if (reached, since) == (before.number, before.failing_since):
        return

    async def work(tx: Tx) -> None:
        await store.keep_delivery(tx, sink.name, reached, since, fault)

    await house.db.write(work)


async def origin(house: House) -> str:
    """What the log is called in its checkpoints: the portal's host when it began. A site that moves keeps its log."""
    known = await fact(house.db, "audit_origin")
    if known is None:
        await house.db.write(lambda tx: begin_fact(tx, "audit_origin", f"{house.settings.portal_host}/audit"))
        known = await fact(house.db, "audit_origin")
    return str(known)


async def public_key(house: House) -> chain.PublicKey:
    return chain.public_key(house.keys.audit, await origin(house))
