"""A folder in which there is no site yet: every command says what comes first, and none leaves half a site behind."""

import subprocess
from pathlib import Path

import pytest

from tests.site import COMMAND


def said(folder: Path, *words: str) -> str:
    """What a command prints in this folder, under a newcomer's settings: none."""
    surroundings = {"PYTHONUTF8": "1", "PATH": "/usr/bin:/bin"}
    done = subprocess.run(
        [*COMMAND, *words], cwd=folder, env=surroundings, capture_output=True, text=True, timeout=120, check=False
    )
    assert "Traceback" not in done.stderr
    assert done.returncode != 0
    return done.stdout + done.stderr


@pytest.mark.parametrize("words", [("doctor",), ("serve", "--port", "0"), ("user", "list")], ids=lambda words: words[0])
def test_before_there_is_a_site_the_first_step_is_named_and_nothing_is_made(
    tmp_path: Path, words: tuple[str, ...]
) -> None:
    (tmp_path / "var").mkdir()  # an empty database in it would pass for a site of its own
    assert "twolatch migrate" in said(tmp_path, *words)
    assert list((tmp_path / "var").iterdir()) == []
