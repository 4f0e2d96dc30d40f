"""Sites of two worker processes, and the town around them, for tests that break what such a site stands on."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.databases import Server, drop_database, fresh_database
from tests.faults.servers import a_primary
from tests.people import Town, plain_wire
from tests.site import WORKERS, Site
from twolatch.app import built_house


@contextmanager
def running(folder: Path, database: str, workers: int = WORKERS, **more: Any) -> Iterator[Site]:
    """Whatever breaks under it, no fault of ours ends in a traceback. One worker is cheaper where two do not matter."""
    site = Site.on(folder, database, **more)
    site.workers = workers
    site.run("migrate")
    site.start()
    try:
        yield site
        assert "Traceback" not in site.said(), site.said()[-4000:]
    finally:
        site.stop()


@asynccontextmanager
async def around(site: Site) -> AsyncIterator[Town]:
    limits = httpx.Limits(max_connections=200, max_keepalive_connections=50)
    async with plain_wire(limits=limits) as wire, built_house(site.settings, alone=True) as house:
        yield Town(site, house, wire)


@pytest.fixture
def own_postgres(request: pytest.FixtureRequest) -> Iterator[Server]:
    """A server that may be broken: nobody else uses it."""
    request.getfixturevalue("postgres")  # which skips where there is none, or fails where there must be one
    with a_primary() as server:
        yield server


@pytest.fixture
def shared_url(postgres: Server) -> Iterator[str]:
    url = fresh_database(postgres)
    yield url
    drop_database(postgres, url)




