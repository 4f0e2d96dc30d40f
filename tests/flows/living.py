"""A state machine lives in a house of its own: opened on an empty site, closed and forgotten afterwards."""

import asyncio
import shutil
import tempfile
from collections.abc import Coroutine
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, ClassVar, TypeVar

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import RuleBasedStateMachine, run_state_machine_as_test

from tests.flows.houses import Empty, Time, add_user, open_house
from twolatch.house import House

T = TypeVar("T")


class Living(RuleBasedStateMachine):
    """One house for all examples, a new client in each. `rest` is the time since the one before, in seconds, so that
    no limit of an address is left over."""

    runner: ClassVar[asyncio.Runner]
    house: ClassVar[House]
    time: ClassVar[Time]
    number: ClassVar[int] = 0
    rest: ClassVar[int] = 3600

    def __init__(self) -> None:
        super().__init__()
        Living.number += 1
        self.time.pass_(self.rest)
        self.name = f"c{Living.number}"
        self.user = self.do(add_user(self.house, self.name))

    def do(self, wish: Coroutine[Any, Any, T]) -> T:
        return self.runner.run(wish)

    @property
    def now(self) -> int:
        return self.house.clock.now()


def live(machine: type[Living], kind: str, examples: int, steps: int, request: pytest.FixtureRequest) -> None:
    """Plays `examples` lives of at most `steps` steps, the same ones each time. `kind` is sqlite or postgresql."""
    empty: Empty = request.getfixturevalue("empty_sqlite" if kind == "sqlite" else "empty_postgres")
    server = request.getfixturevalue("postgres") if kind == "postgresql" else None
    folder = Path(tempfile.mkdtemp(prefix="twolatch-life-"))
    machine.time = Time()
    stack = AsyncExitStack()
    with asyncio.Runner() as runner, empty.copy(folder, server) as site:
        machine.runner = runner
        machine.house = runner.run(stack.enter_async_context(open_house(site, machine.time)))
        try:
            run_state_machine_as_test(
                machine,
                settings=settings(
                    max_examples=examples, stateful_step_count=steps, deadline=None, derandomize=True, database=None,
                    suppress_health_check=list(HealthCheck),
                    phases=[Phase.generate],  # shrinking takes minutes: add Phase.shrink to look into a failure
                ),
            )  # fmt: skip
        finally:
            runner.run(stack.aclose())
            shutil.rmtree(folder)
