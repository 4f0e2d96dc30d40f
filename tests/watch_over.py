"""A run always ends, and says at once what failed: who watches it from far away may see no more than its last lines.

A test that waits for ever is cancelled where it waits, with that line in its report. One that cannot be cancelled, or
never cleans up, is ended with its process by `faulthandler_timeout` in pyproject.toml; the others go on in a new one.
"""

import asyncio
import functools
import inspect
from collections.abc import Callable
from typing import Any

import pytest

LONGEST_SECONDS = 600  # for the slowest journey on a machine that does ten other things
TOO_LONG = "this test took longer than any test may"
STUCK = "twolatch/stuck"  # in pytest's cache: the tests that hung in the last run
LONGEST_TEXT = 4_000  # characters of one failure


def watch(config: pytest.Config) -> None:
    """Called in every process."""
    config.pluginmanager.register(Patience(), "patience")
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(Herald(), "herald")


class Patience:
    def pytest_itemcollected(self, item: pytest.Item) -> None:
        if isinstance(item, pytest.Function) and inspect.iscoroutinefunction(item.obj):
            item.obj = in_time(item.obj)


def in_time(test: Callable[..., Any], seconds: float = LONGEST_SECONDS) -> Callable[..., Any]:
    """The same test, which raises TimeoutError out of its await when it takes longer."""

    @functools.wraps(test)
    async def timed(*given: Any, **named: Any) -> None:
        try:
            async with asyncio.timeout(seconds) as limit:
                await test(*given, **named)
        except TimeoutError as fault:
            if limit.expired():
                raise TimeoutError(TOO_LONG) from fault
            raise

    return timed


class Herald:
    """Each failure is told when it happens; the summary at the end comes only to those who wait for it."""

    terminal: Any = None

    def __init__(self) -> None:
        self.stuck: list[str] = []

    def pytest_sessionstart(self, session: pytest.Session) -> None:
        self.terminal = session.config.pluginmanager.get_plugin("terminalreporter")

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if not report.failed:
            return
        if TOO_LONG in report.longreprtext or "crashed while running" in report.longreprtext:
            self.stuck.append(report.nodeid)
        if self.terminal:
            self.terminal.write_line(f"\nFAILED {report.nodeid} ({report.when})\n{report.longreprtext[-LONGEST_TEXT:]}")

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if session.config.cache:
            session.config.cache.set(STUCK, self.stuck)
