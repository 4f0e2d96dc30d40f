"""Other people's checkers, run once: import-linter, mypy and ruff."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.house.source import HOUSE, PROJECT

# One import per contract that must not be there: (contract, file, import).
BROKEN = (
    ("map", "people/model.py", "from twolatch.sessions import store"),
    ("map", "login/model.py", "from twolatch.activation import flows"),
    ("kinds", "kinds/shelf.py", "import time"),
    ("client", "client/ear.py", "from twolatch.words import limits\nfrom twolatch.settings import load"),
    ("client-users", "app.py", "from twolatch.client import phone"),
    ("notices", "people/flows.py", "from twolatch.wires import mail"),
    ("drivers", "people/store.py", "import apsw"),
    ("web", "login/flows.py", "import starlette"),
)


def run(*words: str | Path, cwd: Path = PROJECT, path: Path | None = None) -> subprocess.CompletedProcess[str]:
    settings = {**os.environ, "NO_COLOR": "1", "COLUMNS": "200", **({"PYTHONPATH": str(path)} if path else {})}
    return subprocess.run(words, cwd=cwd, env=settings, text=True, capture_output=True, check=False)


def tool(name: str) -> Path:
    return Path(sys.executable).parent / name


def lint_imports(cwd: Path, path: Path | None = None) -> subprocess.CompletedProcess[str]:
    return run(tool("lint-imports"), "--no-cache", "--config", PROJECT / "pyproject.toml", cwd=cwd, path=path)


def test_every_room_imports_only_what_the_map_allows() -> None:
    done = lint_imports(PROJECT)
    assert done.returncode == 0, done.stdout


def test_every_contract_of_the_map_can_be_broken(tmp_path: Path) -> None:
    contracts = tomllib.loads((PROJECT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    names = {contract["id"]: contract["name"] for contract in contracts}
    assert set(names) == {contract for contract, _, _ in BROKEN}
    shutil.copytree(HOUSE, tmp_path / "twolatch", ignore=lambda _, found: [one for one in found if one == "built"])
    for _, file, line in BROKEN:
        target = tmp_path / "twolatch" / file
        target.write_text(f"{target.read_text()}\n{line}\n")
    done = lint_imports(tmp_path, tmp_path)
    assert set(re.findall(r"^(.+) BROKEN", done.stdout, re.M)) == set(names.values())


def test_a_room_that_is_not_on_the_map_is_found(tmp_path: Path) -> None:
    shutil.copytree(HOUSE, tmp_path / "twolatch", ignore=lambda _, found: [one for one in found if one == "built"])
    (tmp_path / "twolatch" / "services.py").write_text("")
    assert "Every room imports only rooms below it BROKEN" in lint_imports(tmp_path, tmp_path).stdout


def test_every_type_fits_in_the_strictest_mode() -> None:
    done = run(sys.executable, "-m", "mypy")
    assert done.returncode == 0, done.stdout


def test_mypy_would_find_a_type_that_does_not_fit(tmp_path: Path) -> None:
    (tmp_path / "bad.py").write_text("def f(x):\n    return x\n")
    done = run(
        sys.executable, "-m", "mypy", "--config-file", PROJECT / "pyproject.toml", "--cache-dir", tmp_path / "c",
        tmp_path / "bad.py",
    )  # fmt: skip
    assert "no-untyped-def" in done.stdout


def test_ruff_finds_nothing_to_say() -> None:
    done = run(tool("ruff"), "check", "--no-cache", ".")
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(("text", "rule"), [("import os\n", "F401"), ("def f(x):\n    assert eval(x)\n", "S307")])
def test_ruff_would_find_what_is_not_needed_or_not_safe(tmp_path: Path, text: str, rule: str) -> None:
    (tmp_path / "bad.py").write_text(text)
    done = run(tool("ruff"), "check", "--no-cache", "--config", PROJECT / "pyproject.toml", tmp_path / "bad.py")
    assert rule in done.stdout
