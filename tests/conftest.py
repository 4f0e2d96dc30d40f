"""What every test may use, and how they share a machine.

`database_url` (an address) and `database` (open and empty) are databases of both kinds. CONTRIBUTING.md says how to
write a test that cannot fail by chance.
"""

import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

# Before anything is imported that reads them: what this machine's owner has set for himself is not for the tests.
OWNERS = ("FORCE_COLOR", "NO_COLOR", "PY_COLORS", "GITHUB_ACTIONS", "CLICOLOR_FORCE", "COLUMNS", "TERM", "PGUSER")
for name in list(os.environ):
    is_setting = name.startswith("TWOLATCH_") and not name.startswith(("TWOLATCH_REQUIRE_", "TWOLATCH_WITH_"))
    if is_setting or name in OWNERS or name.lower().endswith("_proxy"):
        del os.environ[name]

import pytest  # noqa: E402
from hypothesis import HealthCheck, Verbosity, settings  # noqa: E402

from tests import every_screen, watch_over  # noqa: E402
from tests.databases import NoPostgres, Server, drop_database, fresh_database, start_postgres  # noqa: E402
from twolatch.storage.db import Database, open_database  # noqa: E402

# The same examples on every machine, however slow it is. `HYPOTHESIS=search` looks for new ones.
_any_speed = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow, HealthCheck.function_scoped_fixture]}
settings.register_profile("same", **_any_speed, derandomize=True, database=None)
settings.register_profile("search", **_any_speed, max_examples=2000, verbosity=Verbosity.normal)
settings.load_profile("search" if os.environ.get("HYPOTHESIS") == "search" else "same")


def pytest_configure(config: pytest.Config) -> None:
    every_screen.watch(config)
    watch_over.watch(config)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    """A running PostgreSQL. Skips where there is none; TWOLATCH_REQUIRE_POSTGRES=1 makes that a failure."""
    try:
        server = start_postgres()
    except NoPostgres as reason:
        if os.environ.get("TWOLATCH_REQUIRE_POSTGRES") == "1":
            raise
        pytest.skip(f"no PostgreSQL: {reason}")
    yield server
    server.stop()


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/twolatch.db"


@pytest.fixture
def postgres_url(postgres: Server) -> Iterator[str]:
    url = fresh_database(postgres)
    yield url
    drop_database(postgres, url)


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """The address of a new, empty database; the test runs once on each kind."""
    name = "sqlite_url" if request.param == "sqlite" else "postgres_url"
    url: str = request.getfixturevalue(name)
    return url


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """A new database, open, without any table."""
    opened = await open_database(database_url)
    yield opened
    await opened.close()
