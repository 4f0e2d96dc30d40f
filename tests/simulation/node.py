"""One process of the site: a house of its own on the common file, its clock a little wrong, its life short."""

import asyncio
from collections.abc import Callable, Coroutine, Iterable, Sequence
from contextvars import copy_context
from dataclasses import dataclass, field, replace
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import urlsplit

from tests.flows.houses import QuickHasher
from tests.simulation.database import SimulatedDatabase
from tests.simulation.loop import PROCESS, Mortal, rest
from tests.simulation.world import BEGINNING, World
from twolatch.audit import sequencer
from twolatch.faces.api import phone as phone_api
from twolatch.faces.api.problems import problem
from twolatch.faces.edge import Edge, Face
from twolatch.faces.phone_app.pages import POLICY
from twolatch.faces.rooms import Rooms
from twolatch.house import Chance, Clock, House
from twolatch.kinds.kind import Memory, Record, Typed
from twolatch.kinds.phone import Phone
from twolatch.protocol.messages import Answer
from twolatch.texts.catalogue import Texts
from twolatch.wires.signals import Signals
from twolatch.words.secret import Secret
from twolatch.words.verdicts import Accepted, Verdict

ROOMS = Rooms(phone_api.routes())


class SlowHasher(QuickHasher):
    """Quick, and others get on meanwhile."""

    def __init__(self, node: "Node") -> None:
        super().__init__()
        self._node = node

    async def is_right(self, stored: str | None, password: Secret[str]) -> bool:
        await self._node.pause()
        return await super().is_right(stored, password)


@dataclass(frozen=True)
class WatchedPhone(Phone):
    """Tells the world of every PIN that was looked at: who counts answers alone does not see a guess that was free."""

    world: World = field(kw_only=True)

    def check(self, record: Record, memory: Memory, answer: Answer | Typed, now: int) -> Verdict:
        verdict = super().check(record, memory, answer, now)
        self.world.looked_at(record.id, is_right=isinstance(verdict, Accepted))
        return verdict


class Node(Mortal):
    """From its start to its death; who comes after it in its slot is another one."""

    def __init__(self, world: World, slot: int, pattern: House, path: Path, life: int = 1) -> None:
        self.world, self.slot, self.name = world, slot, f"node{slot}.{life}"
        self._pattern, self._path, self._life = pattern, path, life
        self.skew = world.chance.uniform(-world.weather.skew, world.weather.skew)
        self._context = copy_context()
        self._context.run(PROCESS.set, self)
        self.at_death: list[Callable[[], None]] = []  # whose connections break
        draw = Random(world.chance.random())
        self.db = SimulatedDatabase(self, path)
        world.nodes.append(self)
        hasher: Any = SlowHasher(self)
        kinds = (WatchedPhone(each.keys, world=world) if isinstance(each, Phone) else each for each in pattern.kinds)
        self.relay = Relay(self)
        self.house = replace(
            pattern,
            db=self.db,
            clock=Clock(lambda: BEGINNING + world.loop.time() + self.skew),
            chance=Chance(draw.randbytes),
            hasher=hasher,
            signals=Signals(self.relay),
            kinds=tuple(kinds),
        )
        host = urlsplit(self.house.settings.phone_url).netloc
        self.edge = Edge(self.house, Texts(("en",), "UTC"), {host: Face("phone", ROOMS, POLICY, problem)})

    def start(self) -> None:
        self.world.tell(self.name, f"starts, its clock {self.skew:+.2f} s")
        self.do(self.house.signals.start())
        self.do(sequencer.run(self.house, []))

    def do(self, work: Coroutine[Any, Any, Any]) -> None:
        """In this process's name: it ends with it."""
        self.world.loop.create_task(work, context=self._context.copy()).add_done_callback(self._look_after)

    def _look_after(self, task: asyncio.Task[Any]) -> None:
        fault = None if task.cancelled() else task.exception()
        if fault is not None:
            self.world.fail(f"{self.name} broke: {type(fault).__name__}: {fault}")

    def later(self, seconds: float, what: Callable[..., Any], *args: Any) -> None:
        self.world.later(seconds, what, *args, context=self._context.copy())

    async def pause(self) -> None:
        await rest(self.world.pause())

    def die(self, how: str) -> None:
        if self.is_dead:
            return
        self.is_dead = True
        self.world.tell(self.name, f"dies {how}")
        for breaks in self.at_death:
            breaks()
        self.world.later(self.world.chance.uniform(0.1, 15.0), self._return)

    def _return(self) -> None:
        if self.world.loop.is_over:
            return
        after = Node(self.world, self.slot, self._pattern, self._path, self._life + 1)
        self.world.slots[self.slot] = after
        after.start()

    def set_clock_back(self, seconds: float) -> None:
        self.skew -= seconds
        self.world.tell(self.name, f"has its clock set back by {seconds:.2f} s")


class Relay:
    """Signals between the processes: late, twice, or never."""

    def __init__(self, node: Node) -> None:
        self._node = node
        self.heard: Callable[[Iterable[str]], None] = lambda topics: None

    async def start(self, heard: Callable[[Iterable[str]], None], lost: Callable[[], None]) -> None:
        self.heard = heard

    def send(self, topics: Sequence[str]) -> None:
        world = self._node.world
        for slot in range(len(world.slots)):
            if slot == self._node.slot:
                continue
            if world.happens(world.weather.signal_lost):
                world.tell(self._node.name, f"is not heard by node{slot}")
                continue
            for _ in range(2 if world.happens(world.weather.doubled) else 1):
                world.later(world.delay(), self._arrive, slot, tuple(topics))

    def _arrive(self, slot: int, topics: tuple[str, ...]) -> None:
        node = self._node.world.slots[slot]
        if not node.is_dead:
            node.later(0, node.relay.heard, topics)

    async def close(self) -> None:
        await asyncio.sleep(0)
