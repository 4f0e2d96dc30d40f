"""Who watches a site sees figures of all its processes together, and never a client's name."""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.ports import free_port
from tests.site import Site, until

STRANGE = "marie-antoinette"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Two processes, and figures on a port of their own."""
    folder = tmp_path_factory.mktemp("metrics")
    site = Site.on(folder, f"sqlite:///{folder}/site.db", metrics=f"127.0.0.1:{free_port()}")
    site.run("migrate")
    site.run("user", "add", "anna", "--password", "linden tree 42 kites")
    site.start()
    try:
        yield site
    finally:
        site.stop()


def figures(site: Site) -> dict[str, float]:
    """Each line of the page: name with labels, and value."""
    page = httpx.get(f"http://{site.settings.metrics}/metrics", trust_env=False).text
    return {
        name: float(value)
        for name, _, value in (line.rpartition(" ") for line in page.splitlines() if not line.startswith("#"))
    }


def ask(site: Site, path: str, host: str = "localhost") -> int:
    """On a connection of its own, so that both processes get some."""
    url = f"http://127.0.0.1:{site.port}{path}"
    return httpx.get(url, headers={"host": f"{host}:{site.port}"}, trust_env=False).status_code


def test_answers_are_counted_over_all_processes(site: Site) -> None:
    before = figures(site).get('twolatch_answer_seconds_count{face="portal",status="200"}', 0)
    for _ in range(20):
        assert ask(site, "/login") == 200
    assert figures(site)['twolatch_answer_seconds_count{face="portal",status="200"}'] == before + 20


def test_what_was_decided_is_counted_once_over_all_processes(site: Site) -> None:
    """Both processes look for new lines; each line has one place."""
    rows = [line for line in site.run("audit", "export", "-").splitlines() if '"number"' in line]
    assert rows

    def counted() -> float:
        return sum(value for name, value in figures(site).items() if name.startswith("twolatch_events_total{"))

    site.run("user", "lock", "anna")
    site.run("user", "unlock", "anna")
    until(lambda: counted() >= 2, 90)
    assert counted() <= len(rows) + 2


def test_a_stranger_puts_no_words_into_the_figures(site: Site) -> None:
    assert ask(site, f"/{STRANGE}") == 404
    assert ask(site, "/login", host=STRANGE) == 421
    page = httpx.get(f"http://{site.settings.metrics}/metrics", trust_env=False).text
    assert STRANGE not in page
    assert "anna" not in page
    assert set(re.findall(r'face="([^"]+)"', page)) <= {"portal", "phone", "desk"}


def test_the_figures_are_not_on_the_sites_own_port(site: Site) -> None:
    assert ask(site, "/metrics") == 404
    assert ask(site, "/metrics", host="phone.localhost") == 404


def test_a_taken_port_ends_the_start_with_its_name(site: Site, tmp_path: Path) -> None:
    second = Site.on(tmp_path, f"sqlite:///{tmp_path}/site.db", metrics=site.settings.metrics)
    second.run("migrate")
    with pytest.raises(subprocess.CalledProcessError) as fault:
        second.run("serve", "--port", str(free_port()))
    assert "TWOLATCH_METRICS" in fault.value.stderr
