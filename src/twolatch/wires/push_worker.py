"""Wake-ups after a commit: handed over in an instant, sent beside the request, bounded in number.

When the queue is full a wake-up is dropped: the person still finds everything by opening the app.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable
from contextvars import Context
from typing import Protocol

import msgspec

from twolatch.wires.push import Delivered, Gone, Later, Subscription

MOST_QUEUED = 200
MOST_IN_FLIGHT = 8
_GOODBYE_SECONDS = 3.0

_log = logging.getLogger("twolatch.push")


class Sender(Protocol):
    async def send(
        self, subscription: Subscription, payload: bytes, *, topic: str, ttl: int, now: int
    ) -> Delivered | Gone | Later: ...

    def admits(self, endpoint: str) -> bool: ...

    async def close(self) -> None: ...


class _Wake(msgspec.Struct, frozen=True):
    subscription: Subscription
    payload: bytes
    topic: str
    ttl: int
    now: int


class PushWorker:
    """`gone` is awaited with each subscription that is dead, so that its owner can drop it."""

    def __init__(self, push: Sender, gone: Callable[[Subscription], Awaitable[None]]) -> None:
        self._push = push
        self._gone = gone
        self._queue: deque[_Wake] = deque()
        self._tasks: set[asyncio.Task[None]] = set()
        self._is_open = False

    async def start(self) -> None:
        self._is_open = True

    async def close(self) -> None:
        """Drop what is queued, give what is in flight a moment, then end it."""
        self._is_open = False
        self._queue.clear()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=_GOODBYE_SECONDS)
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._push.close()

    def admits(self, endpoint: str) -> bool:
        """Whether this endpoint would ever be called; ask before storing a subscription."""
        return self._push.admits(endpoint)

    def wake(self, subscription: Subscription, payload: bytes, *, topic: str, ttl: int, now: int) -> bool:
        """Queue a wake-up and return at once; False when it was dropped (queue full, or not started)."""
        if not self._is_open or len(self._queue) >= MOST_QUEUED:
            _log.warning("push: dropped")
            return False
        self._queue.append(_Wake(subscription, payload, topic, ttl, now))
        if len(self._tasks) < MOST_IN_FLIGHT:
            task = asyncio.get_running_loop().create_task(self._empty_queue(), context=Context())  # of no request
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        return True

    async def _empty_queue(self) -> None:
        while self._queue:
            wake = self._queue.popleft()
            try:
                await self._send(wake)
            except Exception:  # one bad wake-up must not cost the others theirs
                _log.exception("push: fault")

    async def _send(self, wake: _Wake) -> None:
        outcome = await self._push.send(wake.subscription, wake.payload, topic=wake.topic, ttl=wake.ttl, now=wake.now)
        if isinstance(outcome, Gone):
            await self._gone(wake.subscription)
        elif isinstance(outcome, Later):
            _log.warning("push: %s", outcome.why)
