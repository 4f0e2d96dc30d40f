"""A house on each kind of database, empty in every test; its clock is moved by hand."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.databases import fresh_database
from tests.flows.houses import Empty, Time, empty_site, open_house
from twolatch.house import House
from twolatch.settings import Settings


@pytest.fixture(scope="session")
def empty_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Empty:
    folder: Path = tmp_path_factory.mktemp("empty-sqlite")
    asyncio.run(empty_site(f"sqlite:///{folder}/empty.db", folder / "master.key"))
    return Empty(folder / "master.key", str(folder / "empty.db"))


@pytest.fixture(scope="session")
def empty_postgres(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Empty:
    folder: Path = tmp_path_factory.mktemp("empty-postgres")
    url = fresh_database(request.getfixturevalue("postgres"))
    asyncio.run(empty_site(url, folder / "master.key"))
    return Empty(folder / "master.key", url.rpartition("/")[2])


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture(params=["sqlite", "postgresql"])
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Settings]:
    """Of a new empty site; the test runs once on each kind of database."""
    kind = "sqlite" if request.param == "sqlite" else "postgres"
    empty: Empty = request.getfixturevalue(f"empty_{kind}")
    server = request.getfixturevalue("postgres") if kind == "postgres" else None
    with empty.copy(tmp_path, server) as settings:
        yield settings


@pytest.fixture
async def house(settings: Settings, time: Time) -> AsyncIterator[House]:
    async with open_house(settings, time) as house:
        yield house
