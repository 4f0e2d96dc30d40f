"""A run that hangs or is cut off still says what failed, and where."""

import asyncio
import traceback
from typing import Any

import pytest

from tests.watch_over import TOO_LONG, Herald, in_time


async def waits_for_what_never_comes(for_what: str) -> None:
    await asyncio.get_running_loop().create_future()


async def test_a_test_that_never_ends_is_cancelled_and_its_report_shows_where_it_waited() -> None:
    with pytest.raises(TimeoutError) as caught:
        await in_time(waits_for_what_never_comes, 0)("a bus")
    cancelled = caught.value.__cause__ and (caught.value.__cause__.__cause__ or caught.value.__cause__.__context__)
    assert isinstance(cancelled, asyncio.CancelledError)
    assert "waits_for_what_never_comes" in "".join(traceback.format_tb(cancelled.__traceback__))


async def test_a_test_whose_own_patience_ended_is_no_test_that_hung() -> None:
    async def gives_up() -> None:
        raise TimeoutError("the bus did not come")

    with pytest.raises(TimeoutError, match="the bus"):
        await in_time(gives_up)()


def told_of(reason: str, outcome: Any = "failed") -> tuple[Herald, Any]:
    herald = Herald()
    herald.terminal = Terminal()
    herald.pytest_runtest_logreport(
        pytest.TestReport("tests/a.py::test_b", ("tests/a.py", 1, "test_b"), {}, outcome, reason, "call")
    )
    return herald, herald.terminal


class Terminal:
    def __init__(self) -> None:
        self.lines: list[str] = []

    def write_line(self, line: str) -> None:
        self.lines.append(line)


@pytest.mark.parametrize(("outcome", "told"), [("failed", 1), ("passed", 0), ("skipped", 0)])
def test_a_failure_is_told_when_it_happens(outcome: str, told: int) -> None:
    herald, terminal = told_of("the reason", outcome)
    assert len(terminal.lines) == told
    assert all("tests/a.py::test_b" in line and "the reason" in line for line in terminal.lines)
    assert not herald.stuck


@pytest.mark.parametrize("reason", [f"E  TimeoutError: {TOO_LONG}", "worker 'gw0' crashed while running 'tests/a.py'"])
def test_what_hung_is_remembered_as_that(reason: str) -> None:
    assert told_of(reason)[0].stuck == ["tests/a.py::test_b"]
