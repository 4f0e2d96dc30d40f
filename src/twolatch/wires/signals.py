"""Signals: "look again at X" between a request that changed something and requests that wait for it.

A signal is a hint and never the truth: whoever hears one reads the database, and whoever hears none reads
it anyway after a while. That is why telling never blocks, never fails and never waits for another
process.
"""

import asyncio
from collections.abc import Iterable, Sequence
from contextvars import Context
from types import TracebackType

from twolatch.wires.topics import Relay, is_topic

KEPT_TOPICS = 4_096  # between a reading and the listening that follows it lie milliseconds


class NoRelay:
    """For a site of one process: nobody else to tell."""

    async def start(self, heard: object, lost: object) -> None:
        return None

    def send(self, topics: Sequence[str]) -> None:
        return None

    async def close(self) -> None:
        return None


class Listening:
    """One waiting request. Enter it before reading the state, or name the moment before: a tell between reading and
    waiting counts."""

    __slots__ = ("_signals", "_since", "_told", "_topics", "_waiter")

    def __init__(self, signals: "Signals", topics: tuple[str, ...], since: int) -> None:
        self._signals = signals
        self._topics = topics
        self._since = since
        self._told = False
        self._waiter: asyncio.Future[None] | None = None

    def __enter__(self) -> "Listening":
        self._told = self._signals._enter(self, self._topics, self._since)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._signals._leave(self, self._topics)

    @property
    def is_dismissed(self) -> bool:
        """Whether this process leaves: who waits for somebody outside should wait elsewhere."""
        return self._signals.is_dismissed

    async def heard(self, timeout: float) -> bool:  # noqa: ASYNC109  a time-out is an answer here, not an error
        """Wait up to `timeout` seconds; True when told since entering or since the last True.

        One waiter at a time.
        """
        if not self._told and timeout > 0:
            await self._wait(timeout)
        told, self._told = self._told, False
        return told

    async def _wait(self, seconds: float) -> None:
        if self._waiter is not None:
            raise RuntimeError("this listening already has a waiter")
        loop = asyncio.get_running_loop()
        self._waiter = loop.create_future()
        alarm = loop.call_later(seconds, self._rouse)
        try:
            await self._waiter
        finally:
            alarm.cancel()
            self._waiter = None

    def _tell(self) -> None:
        self._told = True
        self._rouse()

    def _rouse(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)


class Signals:
    """The switchboard of one process. `tell` and `listen` work before `start`; only the relay needs it."""

    def __init__(self, relay: Relay | None = None) -> None:
        self._relay: Relay = relay or NoRelay()
        self._listeners: dict[str, dict[Listening, None]] = {}  # who came first is told first
        self._outgoing: dict[str, None] = {}
        self._is_open = False
        self.is_dismissed = False
        self._moment = 0  # how much was told so far
        self._last: dict[str, int] = {}  # the moment each topic was told last, oldest first
        self._forgotten = 0  # the moment up to which `_last` may have lost something

    async def start(self) -> None:
        await self._relay.start(self._wake, self._wake_everyone)
        self._is_open = True

    async def close(self) -> None:
        """Hand over what was told in this tick, then stop the relay."""
        self._hand_over()
        self._is_open = False
        await self._relay.close()

    def dismiss(self) -> None:
        """Rouse everybody, for good: `heard` still answers, and its callers look whether they are to go."""
        self.is_dismissed = True
        for there in list(self._listeners.values()):
            for each in list(there):
                each._rouse()

    def tell(self, topic: str) -> None:
        """Wake local listeners of `topic` now and the other processes' at the end of this tick of the loop.

        Raises ValueError for something that is not a topic: a fault of the caller, not of a person.
        """
        if not is_topic(topic):
            raise ValueError("not a topic")
        self._wake((topic,))
        if not self._is_open:
            return
        if not self._outgoing:
            asyncio.get_running_loop().call_soon(self._hand_over, context=Context())  # of all requests
        self._outgoing[topic] = None

    def moment(self) -> int:
        """Now, for `listen(since=...)` after a reading that has to come first."""
        return self._moment

    def listen(self, *topics: str, since: int | None = None) -> Listening:
        """What was told after the moment `since` counts as heard; without one, what is told after entering."""
        if not topics or not all(is_topic(topic) for topic in topics):
            raise ValueError("not a topic")
        return Listening(self, topics, self._moment if since is None else since)

    def _hand_over(self) -> None:
        topics, self._outgoing = tuple(self._outgoing), {}
        if topics and self._is_open:
            self._relay.send(topics)

    def _wake(self, topics: Iterable[str]) -> None:
        for topic in topics:
            self._moment += 1
            self._last.pop(topic, None)
            self._last[topic] = self._moment
            for listening in self._listeners.get(topic, ()):
                listening._tell()
        while len(self._last) > KEPT_TOPICS:
            self._forgotten = self._last.pop(next(iter(self._last)))

    def _wake_everyone(self) -> None:
        self._moment += 1
        self._forgotten = self._moment
        for listening in {each: None for there in self._listeners.values() for each in there}:
            listening._tell()

    def _enter(self, listening: Listening, topics: Iterable[str], since: int) -> bool:
        """Whether one of the topics was told, or may have been, after the moment `since`."""
        for topic in topics:
            self._listeners.setdefault(topic, {})[listening] = None
        return self._forgotten > since or any(self._last.get(topic, 0) > since for topic in topics)

    def _leave(self, listening: Listening, topics: Iterable[str]) -> None:
        for topic in topics:
            there = self._listeners.get(topic)
            if there is not None:
                there.pop(listening, None)
                if not there:
                    del self._listeners[topic]
