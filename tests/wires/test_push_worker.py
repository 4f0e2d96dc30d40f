"""Wake-ups beside the request: bounded, and one fault does not cost the others theirs."""

import asyncio
from contextlib import asynccontextmanager

from twolatch.wires.push import Delivered, Gone, Subscription
from twolatch.wires.push_worker import MOST_IN_FLIGHT, MOST_QUEUED, PushWorker

NOW = 1_767_225_600_000
PHONE = Subscription("https://fcm.googleapis.com/x", b"point", b"secret")


class Held:
    """A push that waits until it is let go."""

    def __init__(self, outcome=None):
        self.outcome = outcome or Delivered()
        self.gate = asyncio.Event()
        self.begun = 0

    async def send(self, subscription, payload, *, topic, ttl, now):
        self.begun += 1
        await self.gate.wait()
        if isinstance(self.outcome, Exception):
            raise self.outcome
        return self.outcome

    async def close(self):
        pass


@asynccontextmanager
async def worker(push):
    gone = asyncio.Queue()
    made = PushWorker(push, gone.put)
    await made.start()
    try:
        yield made, gone
    finally:
        push.gate.set()
        await made.close()


def ring(worker):
    return worker.wake(PHONE, b"", topic="look", ttl=60, now=NOW)


async def test_a_storm_of_wake_ups_is_bounded_and_sent_in_the_end():
    push = Held()
    async with worker(push) as (made, _):
        taken = sum(ring(made) for _ in range(MOST_QUEUED))
        await asyncio.sleep(0)
        assert push.begun == MOST_IN_FLIGHT
        taken += sum(ring(made) for _ in range(500))
        assert taken == MOST_QUEUED + MOST_IN_FLIGHT
        push.gate.set()
        await asyncio.wait(made._tasks)
        assert push.begun == taken
        assert made._tasks == set()


async def test_the_owner_hears_of_a_dead_subscription():
    push = Held(Gone("status 410"))
    push.gate.set()
    async with worker(push) as (made, gone):
        ring(made)
        assert await gone.get() == PHONE


async def test_a_fault_in_one_wake_up_does_not_stop_the_next():
    push = Held(RuntimeError("broken"))
    async with worker(push) as (made, _):
        wished = sum(ring(made) for _ in range(MOST_IN_FLIGHT * 2))
        push.gate.set()
        await asyncio.wait(made._tasks)
        assert push.begun == wished


async def test_nothing_is_woken_before_the_start_or_after_the_end():
    push = Held()
    made = PushWorker(push, asyncio.Queue().put)
    assert ring(made) is False
    async with worker(push) as (started, _):
        pass
    assert ring(started) is False
    assert push.begun == 0
