"""Signals between processes that share a PostgreSQL database: LISTEN and NOTIFY on one connection.

While the connection is away signals of others are missed, so after every reconnect all local listeners
are woken and read again. Own signals wait for the reconnect in a bounded list.
"""

import asyncio
import logging
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

from twolatch.wires.topics import envelopes, opened

if TYPE_CHECKING:
    import asyncpg

CHANNEL = "twolatch_look"
MOST_PAYLOAD_BYTES = 7_900  # PostgreSQL takes 7,999
MOST_WAITING_TOPICS = 5_000  # while there is no connection; beyond that people of other processes poll
_FIRST_PAUSE_SECONDS = 0.1
_LONGEST_PAUSE_SECONDS = 5.0

_log = logging.getLogger("twolatch.signals")


class PostgresRelay:
    """Relay over `dsn` (never logged: it may hold a password).

    `heartbeat`: seconds of silence until a sign of life is asked for; `patience`: seconds for one answer.
    """

    def __init__(self, dsn: str, heartbeat: float = 15.0, patience: float = 5.0) -> None:
        self._patience = patience
        self._dsn = dsn
        self._heartbeat = heartbeat
        self._waiting: dict[str, None] = {}
        self._stirred = asyncio.Event()  # something to send, or the connection ended
        self._listening = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._heard: Callable[[Iterable[str]], None] = lambda topics: None
        self._lost: Callable[[], None] = lambda: None

    async def start(self, heard: Callable[[Iterable[str]], None], lost: Callable[[], None]) -> None:
        """Listen; an unreachable database is tried again in the background, for signals are only hints."""
        self._heard, self._lost = heard, lost
        self._task = asyncio.create_task(self._keep_connected(), name="signals over PostgreSQL")
        try:
            await asyncio.wait_for(self._listening.wait(), self._patience)
        except TimeoutError:
            _log.warning("signals: no connection yet")

    async def close(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None

    def send(self, topics: Sequence[str]) -> None:
        room = MOST_WAITING_TOPICS - len(self._waiting)
        self._waiting.update(dict.fromkeys(topics[:room]))
        self._stirred.set()

    async def _keep_connected(self) -> None:
        pause = _FIRST_PAUSE_SECONDS
        is_first = True
        while True:
            try:
                connection = await self._connect()
                if not is_first:
                    self._lost()
                pause = _FIRST_PAUSE_SECONDS
                await self._talk(connection)
            except Exception as error:  # whatever it was: a relay that gave up would cost every wait a poll
                _log.warning("signals: connection lost (%s)", type(error).__name__)
            is_first = False
            await asyncio.sleep(pause)
            pause = min(pause * 2, _LONGEST_PAUSE_SECONDS)

    async def _connect(self) -> "asyncpg.Connection[Any]":
        import asyncpg  # an SQLite site never pays for it

        connection = await asyncpg.connect(
            self._dsn,
            timeout=self._patience,
            command_timeout=self._patience,
            server_settings={"application_name": "twolatch signals"},
        )
        try:
            connection.add_termination_listener(lambda gone: self._stirred.set())
            await connection.add_listener(CHANNEL, self._receive)
        except BaseException:
            connection.terminate()
            raise
        self._listening.set()
        return connection

    async def _talk(self, connection: "asyncpg.Connection[Any]") -> None:
        """Send what is waiting until the connection ends. What is told meanwhile shares the next NOTIFY."""
        try:
            while not connection.is_closed():
                self._stirred.clear()
                if self._waiting:
                    await self._notify(connection)
                elif not await self._is_stirred_within(self._heartbeat):
                    # A cut cable sends no goodbye: without a sign of life we would listen to silence for
                    # ever.
                    await connection.execute("SELECT 1")
        finally:
            connection.terminate()

    async def _notify(self, connection: "asyncpg.Connection[Any]") -> None:
        """Taken out before sending: a topic told again while its NOTIFY is under way needs a second one."""
        payload = next(envelopes(self._waiting, MOST_PAYLOAD_BYTES))
        taken = payload.split("\n")
        for topic in taken:
            del self._waiting[topic]
        try:
            await connection.execute("SELECT pg_notify($1, $2)", CHANNEL, payload)
        except Exception:
            self.send(taken)
            raise

    async def _is_stirred_within(self, seconds: float) -> bool:
        try:
            await asyncio.wait_for(self._stirred.wait(), seconds)
        except TimeoutError:
            return False
        return True

    def _receive(self, connection: Any, sender: int, channel: str, payload: object) -> None:
        if sender != connection.get_server_pid() and isinstance(payload, str) and payload.isascii():
            self._heard(opened(payload))
