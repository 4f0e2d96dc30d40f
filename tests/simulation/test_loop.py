"""The loop below the simulation: time is a number, order is a dice, the dead do nothing more."""

import asyncio
from contextvars import copy_context
from random import Random

import pytest

from tests.simulation.loop import PROCESS, Mortal, SimulatedLoop, Stuck, rest


async def order_of(many: int) -> list[int]:
    came: list[int] = []

    async def come(number: int) -> None:
        await asyncio.sleep(0)
        came.append(number)

    await asyncio.gather(*(come(number) for number in range(many)))
    return came


def test_a_year_passes_at_once_and_in_order() -> None:
    loop, passed = SimulatedLoop(Random(1)), list[float]()

    async def live() -> None:
        for days in (1, 364):
            await rest(days * 86_400)
            passed.append(loop.time())

    loop.run(live())
    assert passed == [86_400, 365 * 86_400]


def test_who_comes_next_follows_from_the_seed_alone() -> None:
    orders = [SimulatedLoop(Random(seed)).run(order_of(20)) for seed in (1, 1, 2)]
    assert orders[0] == orders[1] != orders[2]
    assert sorted(orders[0]) == list(range(20)) != orders[0]


def test_a_dead_process_does_nothing_more_and_a_living_one_goes_on() -> None:
    loop, did, processes = SimulatedLoop(Random(1)), list[int](), [Mortal(), Mortal()]

    async def work(number: int) -> None:
        try:
            await rest(10)
            did.append(number)
        finally:
            await asyncio.sleep(0)

    async def live() -> None:
        for number, process in enumerate(processes):
            context = copy_context()
            context.run(PROCESS.set, process)
            loop.create_task(work(number), context=context)
        await rest(5)
        processes[0].is_dead = True
        await rest(10)

    loop.run(live())
    assert did == [1]


def test_who_waits_for_what_never_comes_is_told_so() -> None:
    loop = SimulatedLoop(Random(1))

    async def wait() -> None:
        await loop.create_future()

    with pytest.raises(Stuck):
        loop.run(wait())


def test_nothing_in_a_simulation_reaches_for_a_thread() -> None:
    async def hash_it() -> None:
        await asyncio.to_thread(sum, [1])

    with pytest.raises(NotImplementedError):
        SimulatedLoop(Random(1)).run(hash_it())
