"""A fake server, and phones that neither stretch PINs for long nor wait."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from tests.client.fake_server import SERVER, FakeServer
from twolatch.client.phone import SoftPhone
from twolatch.client.store import MemoryStore, Store

NewPhone = Callable[..., SoftPhone]


@pytest.fixture
def server() -> FakeServer:
    return FakeServer()


async def no_pause(seconds: float) -> None:
    await asyncio.sleep(0)


@pytest.fixture
async def new_phone(server: FakeServer) -> AsyncIterator[NewPhone]:
    http = server.http()

    def make(store: Store | None = None, **more: Any) -> SoftPhone:
        kept = store if store is not None else MemoryStore()
        more = {"server": SERVER, "iterations": 1, "pause": no_pause, "poll": 0.0} | more
        return SoftPhone(kept, http=http, **more)

    yield make
    await http.aclose()


@pytest.fixture
def phone(new_phone: NewPhone) -> SoftPhone:
    return new_phone()
