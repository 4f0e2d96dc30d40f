"""One site, one Chromium, and a street for each test."""

import re
import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Playwright, async_playwright

from tests.browser.examine import Examiner
from tests.browser.push_service import pushing, pushing_town, service
from tests.browser.street import SCREENS, Street
from tests.chromium import launch
from tests.people import Town, plain_wire
from tests.site import Site
from twolatch.app import built_house

__all__ = ["pushing", "pushing_town", "service"]  # fixtures
HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """One event loop for all tests of this folder: the browser lives in it."""
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Two worker processes on SQLite."""
    folder = tmp_path_factory.mktemp("browser")
    site = Site.on(folder, f"sqlite:///{folder}/twolatch.db", soft_cards=folder / "cards")
    site.run("migrate")
    site.start()
    yield site
    site.stop()
    assert "Traceback" not in site.said(), site.said()[-4000:]


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def playwright() -> AsyncIterator[Playwright]:
    async with async_playwright() as running:
        yield running


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def chromium(playwright: Playwright) -> AsyncIterator[Browser]:
    browser = await launch(playwright)
    yield browser
    await browser.close()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def notifying(playwright: Playwright) -> AsyncIterator[Browser]:
    """A browser that knows notifications."""
    browser = await launch(playwright, whole=True)
    yield browser
    await browser.close()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def town(site: Site) -> AsyncIterator[Town]:
    async with plain_wire() as wire, built_house(site.settings, alone=True) as house:
        yield Town(site, house, wire)


@pytest.fixture(scope="session")
def examiner() -> Examiner:
    return Examiner()


@pytest_asyncio.fixture(loop_scope="session")
async def street(
    request: pytest.FixtureRequest, town: Town, chromium: Browser, examiner: Examiner
) -> AsyncIterator[Street]:
    journey = re.sub(r"[^a-z0-9]+", "-", request.node.name.removeprefix("test_")).strip("-")
    shutil.rmtree(SCREENS / journey, ignore_errors=True)
    street = Street(town, chromium, examiner, journey)
    yield street
    await street.close()
