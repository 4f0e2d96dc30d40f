"""The clock of another machine: with this folder in PYTHONPATH, a process and all that it starts are wrong by as many
seconds as stand in the file WRONG_CLOCK, which may change while they run."""

import os
import time
from pathlib import Path

_right = time.time
_file = Path(os.environ["WRONG_CLOCK"])


def wrong() -> float:
    return _right() + float(_file.read_text(encoding="ascii"))


time.time = wrong
