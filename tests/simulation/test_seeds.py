"""Many small histories of a site under bad weather: whatever the seed, nothing happens that must not.

`SIMULATION_SEEDS=1000 pytest tests/simulation` plays so many; `python -m tests.simulation --from 17` shows one of them.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.house.source import PROJECT
from tests.simulation.mistakes import MISTAKES
from tests.simulation.play import Site, play

SEEDS = int(os.environ.get("SIMULATION_SEEDS", "20"))
AT_A_TIME = 10
ENOUGH = 60  # seeds, within which a mistake has to be found


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    return Site.made(tmp_path_factory.mktemp("site"))


@pytest.mark.parametrize("first", range(0, SEEDS, AT_A_TIME))
def test_everybody_gets_in_and_nobody_else_whatever_the_weather(first: int, site: Site, tmp_path: Path) -> None:
    for seed in range(first, min(first + AT_A_TIME, SEEDS)):
        run = play(site, tmp_path, seed)
        assert not run.failure, str(run)


def test_a_seed_is_the_same_history_again_byte_by_byte(site: Site, tmp_path: Path) -> None:
    one, again, other = play(site, tmp_path, 3), play(site, tmp_path, 3), play(site, tmp_path, 4)
    assert one.trace == again.trace
    assert one.trace != other.trace
    assert len(one.trace.splitlines()) > 100


def test_a_seed_is_the_same_history_in_another_process_with_other_keys(site: Site, tmp_path: Path) -> None:
    """Neither keys, nor the order of sets, nor the machine has a say."""
    told = subprocess.run(
        [sys.executable, "-m", "tests.simulation", "--from", "5"], cwd=PROJECT, stdout=subprocess.PIPE, check=True,
        env={**os.environ, "PYTHONHASHSEED": "4711"}, timeout=600,
    ).stdout.decode()  # fmt: skip
    assert told.startswith(play(site, tmp_path, 5).trace)


@pytest.mark.parametrize("mistake", MISTAKES)
def test_the_seeds_find_what_was_broken_on_purpose(mistake: str, site: Site, tmp_path: Path) -> None:
    with MISTAKES[mistake]():
        found = next((run for seed in range(ENOUGH) if (run := play(site, tmp_path, seed)).failure), None)
    assert found, f"{ENOUGH} seeds did not find that {mistake}"
    again = play(site, tmp_path, found.seed)
    assert not again.failure, "it was the mistake, and nothing else"
