"""A doctor's round at a site of one's own choosing: settings are said, the rest is a rehearsal that is all well."""

from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from tests.people import PASSWORD
from tests.ports import free_port
from tests.site import Site, site_settings
from twolatch.faces.commands.checks.finding import Finding, Round
from twolatch.settings import Settings

NOW = 4_000_000_000_000  # after whatever this machine made for the test
REAL = {
    "portal_url": "https://portal.example.invalid",
    "phone_url": "https://phone.example.invalid",
    "desk_url": "https://desk.example.invalid",
}
Ask = Callable[..., dict[str, Finding]]


def settings_of(folder: Path, **more: object) -> Settings:
    return site_settings(folder, f"sqlite:///{folder}/twolatch.db", free_port(), **more)


def asked(settings: Settings, **more: object) -> Round:
    return Round(settings, NOW, **{"port": free_port(), **more})  # type: ignore[arg-type]


def by_code(findings: Iterable[Finding]) -> dict[str, Finding]:
    """Each with a sentence, and a remedy that can be done."""
    found = {one.code: one for one in findings}
    for one in found.values():
        assert one.says.endswith("."), one
        assert len(one.remedy) > 5, one
    return found


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Site:
    """A site with a database and a client, not running. Tests do not change it."""
    folder = tmp_path_factory.mktemp("doctor")
    site = Site.on(folder, f"sqlite:///{folder}/twolatch.db")
    site.run("migrate")
    site.run("user", "add", "anna", "--password", PASSWORD)
    return site
