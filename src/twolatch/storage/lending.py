"""Connections to PostgreSQL at hand.

The driver's own pool starts a task and several timers for every loan, which costs as much as a small statement. Here a
sound connection goes from hand to hand. The pool still opens and closes them, and takes back each one that saw a fault.
"""

import asyncio
from collections import deque
from contextvars import Context
from typing import Any

import asyncpg

from twolatch.storage.asyncpg_talk import DRIVER_FAULTS, told
from twolatch.storage.faults import StorageBusy

MOST_WAITING = 2_000  # for a connection; the next one is told to come back
IDLE_SECONDS = 300.0  # then a connection goes: a firewall between may have forgotten it without telling us


class Direct(asyncpg.Connection):  # type: ignore[misc]  # the driver tells no types
    """A connection that is spoken to itself. What the driver's pool lends stands before it and looks up anew whatever
    is called: two detours for each statement."""

    lent: Any  # what the pool takes back

    @property
    def itself(self) -> "Direct":
        return self


class Lender:
    """Of a pool of `Direct` connections, at most `size` of them: whoever has a place has one, or is opening it."""

    def __init__(self, pool: Any, size: int, patience: float) -> None:
        self._pool, self._size, self._patience = pool, size, patience
        self._places = 0
        self._free: list[tuple[Any, float]] = []  # with the time of its return; the last one goes out first
        self._waiting: deque[asyncio.Future[Any]] = deque()
        self._tidying: asyncio.TimerHandle | None = None
        self._dropping: set[asyncio.Future[None]] = set()
        self._is_closed = False

    async def take(self) -> Any:
        """Give it back by `put_back`, or by `drop` after a fault. Raises StorageBusy and what the driver says."""
        while self._free:
            connection, _ = self._free.pop()
            if not connection.is_closed():
                return connection
            await self.drop(connection)
        if self._places < self._size:
            self._places += 1
            return await self._open()
        return await self._wait() or await self._open()

    def put_back(self, connection: Any) -> None:
        if self._is_closed:
            self._drop_soon(connection)
        elif not self._hand_over(connection):
            loop = asyncio.get_running_loop()
            self._free.append((connection, loop.time()))
            if self._tidying is None:
                self._tidying = loop.call_later(IDLE_SECONDS, self._tidy, context=Context())  # of no request

    async def drop(self, connection: Any) -> None:
        """The pool looks after it: waits for a statement that was given up, or closes what fell."""
        try:
            await self._pool.release(connection.lent)
        finally:
            self._leave_place()

    async def close(self) -> None:
        """Waits for those that are lent."""
        self._is_closed = True
        if self._tidying is not None:
            self._tidying.cancel()
        while self._free:
            await self.drop(self._free.pop()[0])
        await self._pool.close()

    async def _open(self) -> Direct:
        try:
            lent = await self._pool.acquire(timeout=self._patience)
        except BaseException as fault:
            self._leave_place()
            if isinstance(fault, TimeoutError):
                raise StorageBusy(f"no PostgreSQL connection free in {self._patience:g} s") from None
            if isinstance(fault, DRIVER_FAULTS):
                raise told(fault) from None
            raise
        connection: Direct = lent.itself
        connection.lent = lent
        return connection

    async def _wait(self) -> Any:
        """The connection that somebody gives back; None: his place, and one is to be opened."""
        if len(self._waiting) >= MOST_WAITING:
            raise StorageBusy(f"{MOST_WAITING} requests wait for a PostgreSQL connection already")
        waiter: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._waiting.append(waiter)
        try:
            return await asyncio.wait_for(waiter, self._patience)
        except (TimeoutError, asyncio.CancelledError) as fault:
            if waiter.done() and not waiter.cancelled():  # it came at the very moment we gave up
                given = waiter.result()
                self._leave_place() if given is None else self.put_back(given)
            elif waiter in self._waiting:
                self._waiting.remove(waiter)
            if isinstance(fault, TimeoutError):
                raise StorageBusy(f"no PostgreSQL connection free in {self._patience:g} s") from None
            raise

    def _leave_place(self) -> None:
        if not self._hand_over(None):
            self._places -= 1

    def _hand_over(self, given: Any) -> bool:
        """To whoever waits longest; False when nobody does."""
        while self._waiting:
            waiter = self._waiting.popleft()
            if not waiter.done():
                waiter.set_result(given)
                return True
        return False

    def _tidy(self) -> None:
        loop = asyncio.get_running_loop()
        oldest = loop.time() - IDLE_SECONDS
        for connection, since in self._free:
            if since <= oldest:
                self._drop_soon(connection)
        self._free = [(connection, since) for connection, since in self._free if since > oldest]
        self._tidying = loop.call_later(IDLE_SECONDS, self._tidy) if self._free else None

    def _drop_soon(self, connection: Any) -> None:
        dropping = asyncio.ensure_future(self.drop(connection))
        self._dropping.add(dropping)
        dropping.add_done_callback(self._dropping.discard)
