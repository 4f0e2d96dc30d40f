"""Hearing "look again" while waiting. Only a hint: looking every few seconds does the same."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import suppress
from types import TracebackType

from twolatch.client.outcomes import NotTrusted, ServerAway
from twolatch.client.wire import Pause

TRIES = 5


class Ear:
    """Listens to one stream per server. A stream that fails five times in a row is left alone."""

    def __init__(self, streams: Sequence[Callable[[], AsyncIterator[None]]], pause: Pause) -> None:
        self._streams = streams
        self._pause = pause
        self._heard = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> "Ear":
        self._tasks = [asyncio.create_task(self._listen(stream)) for stream in self._streams]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def wait(self, seconds: float) -> None:
        """Until somebody says "look", at most so many seconds."""
        await asyncio.sleep(0)  # lets the streams speak even when there is no time to wait
        with suppress(TimeoutError):
            await asyncio.wait_for(self._heard.wait(), seconds)
        self._heard.clear()

    async def _listen(self, stream: Callable[[], AsyncIterator[None]]) -> None:
        failures = 0
        while failures < TRIES:
            failures += 1
            with suppress(ServerAway, NotTrusted):
                async for _ in stream():
                    failures = 0
                    self._heard.set()
            await self._pause(2.0)
