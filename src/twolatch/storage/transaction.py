"""What both databases' transactions share: after-wishes, the doom of a failed statement, the await rule."""

import types
from collections.abc import Awaitable, Callable, Coroutine, Generator, Iterable
from typing import Any, cast

import structlog

from twolatch.storage.faults import ForeignAwait, StorageFault
from twolatch.storage.shapes import T

log = structlog.get_logger("twolatch.storage")

REFUSED = "a write may await nothing but its transaction"


class OpenTransaction:
    """State of one transaction. It is used by one work and dies with it."""

    def __init__(self) -> None:
        self.wishes: list[Callable[[], None]] = []
        self.fault: Exception | None = None
        self.is_over = False
        self.is_talking = False  # to the database, right now

    def after(self, wish: Callable[[], None]) -> None:
        self.wishes.append(wish)

    def must_be_open(self) -> None:
        """A transaction that leaked out of its work would write outside of any COMMIT."""
        if self.is_over:
            raise StorageFault("this transaction is over")
        if self.is_talking:
            raise StorageFault("this transaction is still busy with its last statement")
        if self.fault is not None:
            raise StorageFault("this transaction is doomed by an earlier fault") from self.fault

    def must_be_sound(self) -> None:
        """Before COMMIT: PostgreSQL answers the COMMIT of a failed transaction with a silent ROLLBACK."""
        if self.fault is not None:
            raise self.fault


def run_without_waiting(work: Awaitable[T]) -> T:
    """Run a work whose every step answers at once. Raises ForeignAwait when it wants to wait."""
    steps = cast(Coroutine[Any, Any, T], work)
    try:
        steps.send(None)
    except StopIteration as stop:
        return cast(T, stop.value)
    steps.close()
    raise ForeignAwait(REFUSED)


@types.coroutine
def only_talking(work: Awaitable[T], tx: OpenTransaction) -> Generator[Any, Any, T]:
    """Await `work`, letting through only what it awaits inside a method of `tx`."""
    steps = cast(Coroutine[Any, Any, T], work)
    send: Callable[[Any], Any] = steps.send
    value: Any = None
    while True:
        try:
            awaited = send(value)
        except StopIteration as stop:
            return cast(T, stop.value)
        if not tx.is_talking:
            steps.close()
            raise ForeignAwait(REFUSED)
        try:
            value, send = (yield awaited), steps.send
        except BaseException as thrown:  # a cancellation or a fault of the driver belongs to the work
            value, send = thrown, steps.throw


def fulfil(wishes: Iterable[Callable[[], None]]) -> None:
    """Call after-wishes. They are hints: one that fails must not look like a failed write."""
    for wish in wishes:
        try:
            wish()
        except Exception:
            log.exception("storage_after_wish_failed")
