"""The phone's API inside this process: the real edge on a real database, without a socket."""

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from twolatch.app import built_edge, built_house
from twolatch.faces.api.phone import BASE
from twolatch.house.store import open_keys
from twolatch.settings import Settings
from twolatch.storage.db import migrate, open_database
from twolatch.texts.catalogue import Texts
from twolatch.wires.wrapping import KeyFile, read_master_key

Ask = Callable[..., httpx.Response]


@pytest.fixture(scope="module")
def ask(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ask]:
    """`ask(method, path, ...)` to the phone's host, path below the base; for tests without an event loop."""
    folder = tmp_path_factory.mktemp("site")
    settings = Settings(database=f"sqlite:///{folder}/twolatch.db", key_file=folder / "master.key")
    with asyncio.Runner() as runner:
        runner.run(_made(settings))
        house = built_house(settings, alone=True)
        transport = httpx.ASGITransport(built_edge(runner.run(house.__aenter__()), Texts()))
        client = httpx.AsyncClient(transport=transport, base_url=settings.phone_url + BASE)

        def asked(method: str, path: str, **more: Any) -> httpx.Response:
            return runner.run(client.request(method, path, **more))

        yield asked
        runner.run(house.__aexit__(None, None, None))


async def _made(settings: Settings) -> None:
    db = await open_database(settings.database)
    await migrate(db)
    await open_keys(db, KeyFile("file", read_master_key(Path(settings.key_file), make=True)), 0)
    await db.close()
