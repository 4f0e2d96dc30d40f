"""Servers of other people that some tests start: installed, or unpacked by setup/ready.sh."""

import os
import shutil
from pathlib import Path

TOOLS = Path(__file__).parents[1] / "build" / "tools" / "usr"
PLACES = os.pathsep.join(["/usr/sbin", "/usr/local/sbin", str(TOOLS / "bin"), str(TOOLS / "sbin")])


def program(name: str) -> str | None:
    """Where it is; None where this machine lacks it."""
    return shutil.which(name) or shutil.which(name, path=PLACES)
