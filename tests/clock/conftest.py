"""A site whose clock is set by hand, and the people of it. A file says which database (`DATABASE`) its node has, how
many processes (`WORKERS`) and which settings (`SETTINGS`); every test finds the clock right, and the node deciding."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.clock.machine import Machine, machine
from tests.databases import drop_database, fresh_database
from tests.people import Town, plain_wire
from twolatch.app import built_house


@pytest.fixture(scope="module")
def running(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    """A node on a new database."""
    folder: Path = tmp_path_factory.mktemp("node")
    server = request.getfixturevalue("postgres") if request.module.DATABASE == "postgresql" else None
    url = fresh_database(server) if server else f"sqlite:///{folder}/twolatch.db"
    node = machine(folder, url, request.module.WORKERS, **request.module.SETTINGS)
    node.start()
    yield node
    node.stop()
    assert "Traceback" not in node.said(), node.said()[-4000:]
    if server:
        drop_database(server, url)


@pytest.fixture
def node(running: Machine) -> Iterator[Machine]:
    running.until_it_decides()
    yield running
    running.set_clock(0)


@pytest.fixture
async def town(node: Machine) -> AsyncIterator[Town]:
    """Its house tells the right time, whatever the node thinks."""
    async with plain_wire() as wire, built_house(node.settings, alone=True) as house:
        yield Town(node, house, wire)
