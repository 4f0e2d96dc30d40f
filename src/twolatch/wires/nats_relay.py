"""Signals between the processes of a large site over NATS, which may be a cluster: PostgreSQL is left to the data.

While there is no connection signals of others are missed, so after every reconnect all local listeners are woken and
read again. Own signals wait for the reconnect in a bounded list.
"""

import asyncio
import logging
from collections.abc import Callable, Iterable, Sequence
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from twolatch.wires.topics import envelopes, opened

if TYPE_CHECKING:
    from nats.aio.client import Client

MOST_ENVELOPE_BYTES = 32_000
MOST_WAITING_TOPICS = 5_000  # while there is no connection; beyond that people of other processes poll
AGAIN_SECONDS = 0.25  # between two tries of one server
CONNECT_SECONDS = 5
SIGN_OF_LIFE_SECONDS = 15  # a cut cable sends no goodbye

_log = logging.getLogger("twolatch.signals")


class NatsRelay:
    """`servers`: `nats://name:password@host:4222` or `tls://...`, any of one cluster; never logged. `site`: what keeps
    the signals of several sites on one cluster apart. `patience`: seconds for a connection at the start."""

    def __init__(self, servers: Sequence[str], site: str, patience: float = 5.0) -> None:
        self._servers, self._patience = list(servers), patience
        self._subject = f"twolatch.look.{sha256(site.encode()).hexdigest()[:16]}"
        self._waiting: dict[str, None] = {}
        self._stirred = asyncio.Event()
        self._client: Client | None = None
        self._task: asyncio.Task[None] | None = None
        self._heard: Callable[[Iterable[str]], None] = lambda topics: None
        self._lost: Callable[[], None] = lambda: None

    async def start(self, heard: Callable[[Iterable[str]], None], lost: Callable[[], None]) -> None:
        """Listen; a broker that is away is tried again in the background, for signals are only hints."""
        self._heard, self._lost = heard, lost
        ready = asyncio.Event()
        self._task = asyncio.create_task(self._run(ready), name="signals over NATS")
        try:
            await asyncio.wait_for(ready.wait(), self._patience)
        except TimeoutError:
            _log.warning("signals: no connection yet")

    async def close(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None
        if self._client is not None:
            await self._client.close()
            self._client = None

    def send(self, topics: Sequence[str]) -> None:
        room = MOST_WAITING_TOPICS - len(self._waiting)
        self._waiting.update(dict.fromkeys(topics[:room]))
        self._stirred.set()

    async def _run(self, ready: asyncio.Event) -> None:
        while self._client is None:
            try:
                self._client = await self._connect()
            except Exception as error:  # whatever it was: a relay that gave up would cost every wait a poll
                _log.warning("signals: no connection (%s)", type(error).__name__)
                await asyncio.sleep(AGAIN_SECONDS)
        ready.set()
        self._lost()  # whoever began to wait before may have missed something
        while True:
            await self._stirred.wait()
            self._stirred.clear()
            await self._publish(self._client)

    async def _connect(self) -> "Client":
        import nats  # only a site that uses it pays for it

        client = await nats.connect(
            servers=self._servers,
            name="twolatch signals",
            no_echo=True,  # nobody is told his own
            max_reconnect_attempts=-1,
            reconnect_time_wait=AGAIN_SECONDS,
            connect_timeout=CONNECT_SECONDS,
            ping_interval=SIGN_OF_LIFE_SECONDS,
            reconnected_cb=self._back,
            disconnected_cb=self._away,
            error_cb=self._fault,
        )
        await client.subscribe(self._subject, cb=self._receive)
        await client.flush()
        return client

    async def _publish(self, client: "Client") -> None:
        """Taken out before sending: a topic told again while it is under way needs a second one."""
        while self._waiting and client.is_connected:
            envelope = next(envelopes(self._waiting, MOST_ENVELOPE_BYTES))
            taken = envelope.split("\n")
            for topic in taken:
                del self._waiting[topic]
            try:
                await client.publish(self._subject, envelope.encode())
            except Exception as error:
                _log.warning("signals: not sent (%s)", type(error).__name__)
                self._waiting.update(dict.fromkeys(taken))
                return  # what waits is sent after the reconnect

    async def _receive(self, message: Any) -> None:
        data: bytes = message.data
        if len(data) <= MOST_ENVELOPE_BYTES and data.isascii():
            self._heard(opened(data.decode("ascii")))

    async def _back(self) -> None:
        self._lost()
        self._stirred.set()

    async def _away(self) -> None:
        _log.warning("signals: connection lost")

    async def _fault(self, error: Exception) -> None:
        _log.warning("signals: %s", type(error).__name__)
