"""One thread that owns the writing connection of SQLite and commits many works at once.

A durable COMMIT costs a flush of the disk, whether it carries one work or a hundred. So the thread takes
all works that wait, gives each its own SAVEPOINT, and flushes once.

The law of this file: nobody hears of a result before the COMMIT that carries it has returned.
"""

import asyncio
import threading
from collections.abc import Awaitable, Callable
from contextvars import Context, copy_context
from dataclasses import dataclass, field
from queue import SimpleQueue
from typing import Any, cast

import apsw

from twolatch.storage.apsw_talk import SqliteTx, told
from twolatch.storage.faults import OPERATOR, StorageBusy, StorageFault
from twolatch.storage.shapes import T, Tx
from twolatch.storage.transaction import fulfil, run_without_waiting

MOST_WAITING = 2_000  # at 5,000 works a second nobody of them waits longer than half a second


@dataclass(slots=True, eq=False)
class Errand:
    """One work on its way through the thread."""

    work: Callable[[Tx], Awaitable[Any]]
    future: asyncio.Future[Any]
    tx: SqliteTx
    context: Context = field(default_factory=copy_context)  # so that log lines keep their request's name
    result: Any = None
    fault: BaseException | None = None

    def deliver(self) -> None:
        """In the event loop, after the COMMIT or the ROLLBACK."""
        if self.fault is None:
            self.context.run(fulfil, self.tx.wishes)
        if self.future.done():  # its caller gave up
            return
        if self.fault is None:
            self.future.set_result(self.result)
        else:
            self.future.set_exception(self.fault)


def deliver_all(batch: list[Errand]) -> None:
    for errand in batch:
        errand.deliver()


class Writer:
    def __init__(self, connection: apsw.Connection, most_waiting: int = MOST_WAITING) -> None:
        self._connection = connection
        self._most_waiting = most_waiting
        self._loop = asyncio.get_running_loop()
        self._queue: SimpleQueue[Errand | None] = SimpleQueue()
        self._is_closed = False
        self._thread = threading.Thread(target=self._live, name="twolatch-writer", daemon=True)
        self._thread.start()

    async def write(self, work: Callable[[Tx], Awaitable[T]]) -> T:
        """Raises StorageBusy when too many works wait already, or when another process keeps the lock."""
        if self._is_closed:
            raise StorageFault("the database is closed")
        if self._queue.qsize() >= self._most_waiting:
            raise StorageBusy(f"{self._most_waiting} writes are waiting already")
        errand = Errand(work, self._loop.create_future(), SqliteTx(self._connection))
        self._queue.put(errand)
        return cast(T, await errand.future)

    async def close(self) -> None:
        if not self._is_closed:
            self._is_closed = True
            self._queue.put(None)
        await asyncio.to_thread(self._thread.join)

    def _live(self) -> None:
        while self._take_turn():
            pass
        self._connection.close()

    def _take_turn(self) -> bool:
        """Wait for works and commit them; whether there may be more. A function, so that no batch and none of
        the secrets in it outlive their turn."""
        waiting = [self._queue.get(), *(self._queue.get_nowait() for _ in range(self._queue.qsize()))]
        batch = [errand for errand in waiting if errand is not None and not errand.future.cancelled()]
        if batch:
            commit_together(self._connection, batch)
            self._report(batch)
        return None not in waiting

    def _report(self, batch: list[Errand]) -> None:
        try:
            self._loop.call_soon_threadsafe(deliver_all, batch)
        except RuntimeError:  # the loop was closed without closing the database: nobody is left to tell
            self._is_closed = True


def commit_together(connection: apsw.Connection, batch: list[Errand]) -> None:
    """Carry out a batch. Afterwards every errand holds a durable result or a fault; nothing raises."""
    try:
        connection.execute("BEGIN IMMEDIATE")
        for errand in batch:
            carry_out(connection, errand, is_alone=len(batch) == 1)
        connection.execute("COMMIT" if any(errand.fault is None for errand in batch) else "ROLLBACK")
    except BaseException as fault:
        take_back(connection)
        for errand in batch:
            errand.fault = errand.fault or as_told(fault)  # each its own: a shared one mixes tracebacks


def carry_out(connection: apsw.Connection, errand: Errand, *, is_alone: bool) -> None:
    """Run one work. Its fault is its own; a fault of the savepoint itself is everybody's and is raised."""
    if not is_alone:
        connection.execute("SAVEPOINT work")
    try:
        errand.result = errand.context.run(run_work, errand)
    except BaseException as fault:
        errand.fault = fault
    finally:
        errand.tx.is_over = True
    if not connection.in_transaction:  # a full or broken disk: SQLite took the whole batch back by itself
        raise StorageBusy("SQLite rolled back the whole transaction", retry_after=OPERATOR) from errand.fault
    if not is_alone:
        connection.execute("RELEASE work" if errand.fault is None else "ROLLBACK TO work")
        if errand.fault is not None:
            connection.execute("RELEASE work")


def run_work(errand: Errand) -> Any:
    result = run_without_waiting(errand.work(errand.tx))
    errand.tx.must_be_sound()
    return result


def take_back(connection: apsw.Connection) -> None:
    try:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
    except apsw.Error:
        return  # nothing was acknowledged; the next BEGIN fails too, says so, and this is tried again


def as_told(fault: BaseException) -> BaseException:
    if isinstance(fault, StorageBusy):
        return StorageBusy(str(fault), fault.retry_after)
    return told(fault) if isinstance(fault, apsw.Error) else StorageFault(str(fault))
