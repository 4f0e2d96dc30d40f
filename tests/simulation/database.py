"""The database of one simulated process: the real SQLite file, the real statements and the real group commit, on a loop
of our own in place of the writer's thread.

A process may die at any statement, before a commit, or after it and before anybody heard of it.
"""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import apsw

from tests.simulation.loop import rest
from twolatch.storage.apsw_talk import SqliteTx, ask, fetch, fetch_first
from twolatch.storage.group_commit import Errand, commit_together, deliver_all
from twolatch.storage.shapes import Dialect, Row, T, Tx
from twolatch.storage.sqlite import open_both

if TYPE_CHECKING:
    from tests.simulation.node import Node

OFTEN_WITHIN = 12  # statements; a death is drawn among so many


class Killed(BaseException):
    """The process is no more."""


def spoken(sql: str) -> str:
    """The statement as the house means it; who wants to see a mistake found says it otherwise."""
    return sql


class MortalTx(SqliteTx):
    """Takes a step of its process's life with each statement."""

    def __init__(self, connection: apsw.Connection, step: Callable[[], None]) -> None:
        super().__init__(connection)
        self._step = step

    def _ask(self, talk: Any, sql: str, values: Any) -> Any:
        self._step()
        return super()._ask(talk, spoken(sql), values)


class SimulatedDatabase:
    dialect: Dialect = "sqlite"

    def __init__(self, node: "Node", path: Path) -> None:
        self._node = node
        self._reader, self._writer = open_both(path, 0.0)
        for connection in (self._reader, self._writer):
            connection.pragma("synchronous", 0)  # processes die here, machines do not
        self._waiting: list[Errand] = []
        self._left = 0  # statements until death; 0: it is not near

    async def rows(self, sql: str, /, **values: Any) -> list[Row]:
        await self._node.pause()
        found = ask(fetch, self._reader, sql, values)
        await self._node.pause()
        return found

    async def row(self, sql: str, /, **values: Any) -> Row | None:
        await self._node.pause()
        found = ask(fetch_first, self._reader, sql, values)
        await self._node.pause()
        return found

    async def write(self, work: Callable[[Tx], Awaitable[T]]) -> T:
        errand = Errand(work, asyncio.get_running_loop().create_future(), MortalTx(self._writer, self._step))
        self._waiting.append(errand)
        if len(self._waiting) == 1:
            self._node.later(self._node.world.pause(), self._take_turn)
        return cast(T, await errand.future)

    async def alone(self, work: Callable[[Tx], Awaitable[T]]) -> T:
        return await self.write(work)

    async def close(self) -> None:
        await rest(0)
        self.let_go()

    def let_go(self) -> None:
        self._reader.close()
        self._writer.close()

    def _take_turn(self) -> None:
        batch, self._waiting = [each for each in self._waiting if not each.future.cancelled()], []
        if not batch:
            return
        world, node = self._node.world, self._node
        if world.happens(world.weather.crash):
            self._left = world.chance.randint(1, OFTEN_WITHIN)
        commit_together(self._writer, batch)
        if node.is_dead:
            return
        world.tell(node.name, f"commits {len(batch)}")
        world.on_commit(node.name)
        if self._left:
            self._left = 0
            node.die("after a commit nobody heard of")
        node.later(world.pause(), deliver_all, batch)

    def _step(self) -> None:
        if self._left:
            self._left -= 1
            if not self._left:
                self._writer.execute("ROLLBACK")  # what the next who opens the file would do
                self._node.die("within a transaction")
                raise Killed
