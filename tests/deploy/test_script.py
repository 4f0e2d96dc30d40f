"""The command as a checkout has it (`.venv/bin/twolatch`), which the service of deploy/ starts."""

import ast
import runpy
from pathlib import Path

SETUP = Path(__file__).parents[2] / "setup" / "here.py"


def script() -> str:
    """What setup/here.py writes, without running it."""
    [text] = [
        ast.literal_eval(line.value)
        for line in ast.parse(SETUP.read_text(encoding="utf-8")).body
        if isinstance(line, ast.Assign) and ast.unparse(line.targets[0]) == "SCRIPT"
    ]
    return str(text)


def test_a_worker_that_reads_the_command_again_begins_no_second_server(tmp_path: Path) -> None:
    (tmp_path / "twolatch").write_text(script().format(home="/opt/twolatch"), encoding="utf-8")
    known = runpy.run_path(str(tmp_path / "twolatch"), run_name="__mp_main__")  # as multiprocessing calls it
    assert "main" in known
