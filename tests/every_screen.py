"""After all journeys: no screen of the phone app was left out, so none was left unexamined.

The journeys may run in several processes. Each leaves a mark for what it examined in a folder of this run, which also
keeps two from examining the same screen; and who watches over them all looks at the marks at the end.
"""

import os
import re
import shutil
import tempfile
from collections.abc import Iterable
from pathlib import Path

import pytest

JOURNEYS = Path(__file__).parent / "browser"
PLACES = JOURNEYS.parents[1] / "phone" / "src" / "places.ts"
RUN = "TESTS_RUN_FOLDER"


def marks(kind: str) -> Path:
    """The folder of this run's marks, for all its processes the same one."""
    folder = Path(os.environ[RUN]) / kind
    folder.mkdir(exist_ok=True)
    return folder


def is_first(kind: str, name: str) -> bool:
    """Whether nobody in this run has said this name before."""
    try:
        (marks(kind) / re.sub(r"[^\w.-]+", "-", name)).touch(exist_ok=False)
    except FileExistsError:
        return False
    return True


def screens_of(places: str) -> set[str]:
    """The names in `places.ts`."""
    unions = re.findall(r'screen:((?: \|? ?"[a-z-]+")+)', places)
    return {name for names in unions for name in re.findall(r'"([a-z-]+)"', names)}


def left_out(places: str, seen: Iterable[str]) -> set[str]:
    return screens_of(places) - set(seen)


def watch(config: pytest.Config) -> None:
    """Called in every process; only the one that was started by a person watches."""
    if not hasattr(config, "workerinput"):
        os.environ[RUN] = tempfile.mkdtemp(prefix="twolatch-run-")
        config.pluginmanager.register(Watch(config), "every-screen")


class Watch:
    def __init__(self, config: pytest.Config) -> None:
        options = config.option
        chosen = (options.keyword, options.markexpr, options.deselect, options.collectonly)
        is_last_failed = getattr(options, "lf", False)
        self._is_whole = not any((*chosen, is_last_failed, *("::" in argument for argument in config.args)))
        self._walked: set[str] = set()
        self._all_well = True
        self._left_out: set[str] = set()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        file = Path(report.fspath)
        if file.parent.name == JOURNEYS.name:
            self._all_well = self._all_well and not report.failed
            self._walked.add(file.name)

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        journeys = {path.name for path in JOURNEYS.glob("test_*.py")}
        if self._is_whole and self._all_well and journeys <= self._walked:
            seen = [path.name for path in marks("screens").iterdir()]
            self._left_out = left_out(PLACES.read_text(encoding="utf-8"), seen) if seen else set()  # no browser here
        if self._left_out:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if self._left_out:
            terminalreporter.write_line(f"No journey came to these screens of the phone: {sorted(self._left_out)}")

    def pytest_unconfigure(self) -> None:
        shutil.rmtree(os.environ.pop(RUN), ignore_errors=True)
