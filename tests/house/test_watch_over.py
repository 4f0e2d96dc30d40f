"""A run that hangs or is cut off still says what failed, and where."""

import asyncio
import traceback
from typing import Any

import pytest

from tests.watch_over import Herald, in_time


async def waits_for_what_never_comes(for_what: str) -> None:
    await asyncio.get_running_loop().create_future()


async def test_a_test_that_never_ends_is_cancelled_and_its_report_shows_where_it_waited() -> None:
    with pytest.raises(TimeoutError) as caught:
        await in_time(waits_for_what_never_comes, 0)("a bus")
    cancelled = caught.value.__cause__ or caught.value.__context__
    assert isinstance(cancelled, asyncio.CancelledError)
    assert "waits_for_what_never_comes" in "".join(traceback.format_tb(cancelled.__traceback__))


class Terminal:
    def __init__(self) -> None:
        self.lines: list[str] = []

    def write_line(self, line: str) -> None:
        self.lines.append(line)


@pytest.mark.parametrize(("outcome", "told"), [("failed", 1), ("passed", 0), ("skipped", 0)])
def test_a_failure_is_told_when_it_happens(outcome: Any, told: int) -> None:
    herald, terminal = Herald(), Terminal()
    herald.terminal = terminal
    herald.pytest_runtest_logreport(
        pytest.TestReport("tests/a.py::test_b", ("tests/a.py", 1, "test_b"), {}, outcome, "the reason", "call")
    )
    assert len(terminal.lines) == told
    assert all("tests/a.py::test_b" in line and "the reason" in line for line in terminal.lines)
