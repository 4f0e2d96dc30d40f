"""A stream by itself: no socket, and events that come when a test says so."""

import asyncio
from collections.abc import AsyncGenerator
from typing import Any

import pytest

from twolatch.faces.stream import EventStream


class Client:
    """Who listens. `gone` is set when he closes the page."""

    def __init__(self) -> None:
        self.heard: list[bytes] = []
        self.has_heard, self.gone = asyncio.Event(), asyncio.Event()
        self._has_asked = False

    async def receive(self) -> dict[str, Any]:
        if not self._has_asked:
            self._has_asked = True
            return {"type": "http.request", "body": b"", "more_body": False}
        await self.gone.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Any) -> None:
        self.heard.append(message.get("body", b""))
        if message.get("body", b"").startswith(b"event"):
            self.has_heard.set()


async def served(client: Client, events: Any) -> None:
    async with asyncio.timeout(60):
        await EventStream(events)({"type": "http"}, client.receive, client.send)


async def test_a_stream_ends_with_its_client_and_not_with_its_next_beat() -> None:
    client, is_over = Client(), asyncio.Event()

    async def events() -> AsyncGenerator[bytes | None, None]:
        try:
            yield b"event: look\n\n"
            await asyncio.Event().wait()  # and nothing more is told
        finally:
            is_over.set()

    serving = asyncio.ensure_future(served(client, events))
    await client.has_heard.wait()
    client.gone.set()
    await serving
    assert is_over.is_set()


@pytest.mark.parametrize("stays", [True, False])
async def test_a_stream_that_is_over_says_so_and_nothing_of_it_is_left(stays: bool) -> None:
    client = Client()

    async def events() -> AsyncGenerator[bytes | None, None]:
        yield b"event: look\n\n"
        yield None
        if not stays:
            client.gone.set()

    before = asyncio.all_tasks()
    await served(client, events)
    assert client.heard[1:] == [b": ok\n\n", b"event: look\n\n", b": \n\n", b""]
    await asyncio.sleep(0)
    assert asyncio.all_tasks() == before
