"""`python -m tests.second_look`, after a run that failed: journeys that failed are walked once more, alone, and so is a
test that hung.

A browser on a busy machine may be late for a moment, and that says nothing about us. Only these, only a few of them,
and it is said which; whatever else failed has failed, above all where two may not both win.
"""

import json
import subprocess
import sys
from pathlib import Path

from tests.watch_over import STUCK

FAILED = Path(".pytest_cache/v/cache/lastfailed")
HUNG = Path(".pytest_cache/v") / STUCK
JOURNEYS = "tests/browser/"
MOST = 6


def worth_it(failed: list[str], hung: list[str]) -> bool:
    may = [each in hung or (each.startswith(JOURNEYS) and "::" in each) for each in failed]
    return 0 < len(failed) <= MOST and all(may)


def read(path: Path) -> list[str]:
    return sorted(json.loads(path.read_text(encoding="utf-8"))) if path.exists() else []


def main() -> int:
    failed = read(FAILED)
    if not worth_it(failed, read(HUNG)):
        return 1
    print(f"Walked once more, alone: {', '.join(failed)}", flush=True)
    return subprocess.run([sys.executable, "-m", "pytest", *failed], check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
