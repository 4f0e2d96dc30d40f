"""The few things a flow may reach. Built once, in `app`; nothing else hands out IO, time or chance (rule C9)."""

from dataclasses import dataclass, field
from typing import Any, Protocol

from twolatch.house.chance import Chance
from twolatch.house.clock import Clock, ClockAhead, ClockBehind, WrongClock
from twolatch.house.hasher import Hasher, HashingBusy
from twolatch.house.keys import Keys, WrongKey
from twolatch.kinds.kind import Kind
from twolatch.regions import Regions, shipped
from twolatch.settings import Settings
from twolatch.storage.db import Database, Tx
from twolatch.wires.push_worker import PushWorker
from twolatch.wires.signals import Signals

__all__ = [
    "Chance", "Clock", "ClockAhead", "ClockBehind", "Hasher", "HashingBusy", "House", "Keys", "Witness", "WrongClock",
    "WrongKey",
]  # fmt: skip


class Witness(Protocol):
    """A room that keeps something beside authenticators, and goes along when one of them moves from state to state:
    `one` is the authenticator as it was, `to` the state it goes to. All in the transaction of the move."""

    async def allows(self, tx: Tx, one: Any, to: Any) -> bool: ...
    async def follow(self, tx: Tx, house: "House", one: Any, to: Any, now: int) -> None: ...
    async def hand_over(self, tx: Tx, house: "House", one: Any, user: str, now: int) -> None:
        """`one` belongs to `user` from now on."""
        ...


@dataclass(frozen=True, slots=True)
class House:
    """Handed to every flow."""

    settings: Settings
    db: Database
    keys: Keys
    clock: Clock
    chance: Chance
    hasher: Hasher
    kinds: tuple[Kind, ...]
    signals: Signals
    push: PushWorker | None
    witnesses: tuple[Witness, ...] = ()
    regions: Regions = field(default_factory=shipped)
