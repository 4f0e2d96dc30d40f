"""A running site on each kind of database, shared by the tests of this folder; people are new in every test."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.databases import drop_database, fresh_database
from tests.people import Town, plain_wire
from tests.site import WORKERS, Site
from twolatch.app import built_house


@pytest.fixture(scope="session")
def sqlite_site(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    yield from running(request, tmp_path_factory, "sqlite")


@pytest.fixture(scope="session")
def postgresql_site(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    yield from running(request, tmp_path_factory, "postgresql")


@pytest.fixture(params=["sqlite", "postgresql"])
def site(request: pytest.FixtureRequest) -> Site:
    """Two worker processes on one database. Both sites are started once and stay until all tests are done."""
    site: Site = request.getfixturevalue(f"{request.param}_site")
    return site


def served(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, **more: Any) -> Iterator[Site]:
    """For a file that needs a site of its own: on the database that `request.param` names; `more` are settings."""
    yield from running(request, tmp_path_factory, request.param, **more)


def running(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    kind: str,
    workers: int = WORKERS,
    **more: Any,
) -> Iterator[Site]:
    folder: Path = tmp_path_factory.mktemp(kind)
    if kind == "sqlite":
        url = f"sqlite:///{folder}/twolatch.db"
    else:
        server = request.getfixturevalue("postgres")
        url = fresh_database(server)
    site = Site.on(folder, url, **more)
    site.workers = workers
    site.run("migrate")
    site.start()
    yield site
    site.stop()
    assert "Traceback" not in site.said(), site.said()[-4000:]
    if kind != "sqlite":
        drop_database(server, url)


@pytest.fixture
async def town(site: Site) -> AsyncIterator[Town]:
    async with (
        plain_wire(limits=httpx.Limits(max_connections=200, max_keepalive_connections=50)) as wire,
        built_house(site.settings, alone=True) as house,
    ):
        town = Town(site, house, wire)
        await town.forget_the_crowd()
        yield town
