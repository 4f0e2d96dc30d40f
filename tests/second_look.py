"""`python -m tests.second_look`, after a run that failed: journeys that failed are walked once more, alone.

A browser on a busy machine may be late for a moment, and that says nothing about us. Only journeys, only a few of them,
and it is said which; whatever else failed has failed, above all where two may not both win.
"""

import json
import subprocess
import sys
from pathlib import Path

FAILED = Path(".pytest_cache/v/cache/lastfailed")
JOURNEYS = "tests/browser/"
MOST = 6


def worth_it(failed: list[str]) -> bool:
    return 0 < len(failed) <= MOST and all(each.startswith(JOURNEYS) and "::" in each for each in failed)


def main() -> int:
    failed = sorted(json.loads(FAILED.read_text(encoding="utf-8"))) if FAILED.exists() else []
    if not worth_it(failed):
        return 1
    print(f"Walked once more, alone: {', '.join(failed)}", flush=True)
    return subprocess.run([sys.executable, "-m", "pytest", *failed], check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
