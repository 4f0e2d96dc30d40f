"""Servers of tests end with the process that started them, however it ends: a killed run leaves nothing behind."""

import ctypes
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

_ON_PARENTS_DEATH = 1  # PR_SET_PDEATHSIG of prctl(2)
_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


def start(command: Sequence[str | Path], ends_by: signal.Signals, **more: Any) -> "subprocess.Popen[bytes]":
    """A process that the system sends this signal when the thread that started it is gone. `more` as of Popen."""

    def ask() -> None:
        if _libc is not None:
            _libc.prctl(_ON_PARENTS_DEATH, int(ends_by), 0, 0, 0)

    return subprocess.Popen(command, preexec_fn=ask, **more)  # noqa: PLW1509  one call of the system, and no lock
