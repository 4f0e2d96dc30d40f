"""The doorkeeper by itself: a clock moved by hand, and lines without a wire."""

from collections.abc import Callable
from typing import Any

import pytest

from twolatch.faces.lines import LOOK_SECONDS, READ_LEAST, READ_SECONDS, Doorkeeper, counted_as
from twolatch.settings import Settings


class Loop:
    """Time by hand, and the one timer."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.waiting: list[Callable[[], None]] = []
        self.timers = 0

    def time(self) -> float:
        return self.now

    def call_later(self, seconds: float, work: Callable[[], None]) -> object:
        assert seconds == LOOK_SECONDS
        self.timers += 1
        self.waiting.append(work)
        return object()

    def pass_(self, seconds: float) -> None:
        self.now += seconds
        waiting, self.waiting = self.waiting, []
        for work in waiting:
            work()


class Wire:
    def __init__(self) -> None:
        self.unread = 0

    def get_write_buffer_size(self) -> int:
        return self.unread


class Silent:
    """A line as its keeper sees it."""

    def __init__(self, keeper: Doorkeeper, address: str = "192.0.2.1") -> None:
        self.keeper, self.address, self.unread, self.is_open = keeper, address, 0, True
        self.transport = Wire()

    def hang_up(self) -> None:
        line: Any = self
        self.keeper.leave(line)
        self.is_open = False


@pytest.fixture
def loop() -> Loop:
    return Loop()


def keeper_of(loop: Any, **more: Any) -> Doorkeeper:
    return Doorkeeper(Settings(**{"connections_per_address": 1000, **more}), loop)


def opened(keeper: Doorkeeper, address: str = "192.0.2.1") -> Any:
    line: Any = Silent(keeper, address)
    assert keeper.admit(line)
    keeper.awaits_head(line)
    return line


def test_a_reader_that_takes_nothing_is_left_and_a_slow_one_is_not(loop: Loop) -> None:
    keeper = keeper_of(loop)
    slow, never = opened(keeper), opened(keeper)
    for line in (slow, never):
        keeper.has_head(line)
        line.transport.unread = 10 * READ_LEAST
        keeper.awaits_reader(line)
    for _ in range(5):
        slow.transport.unread -= READ_LEAST
        loop.pass_(READ_SECONDS)
    assert (slow.is_open, never.is_open) == (True, False)
    loop.pass_(READ_SECONDS)
    assert not slow.is_open, "it stopped reading"


def test_ten_thousand_lines_share_one_timer_and_it_rests_when_nobody_waits(loop: Loop) -> None:
    keeper = keeper_of(loop, connections_per_address=20_000, connections_most=20_000)
    keeper.room = 20_000
    crowd = [opened(keeper) for _ in range(10_000)]
    assert loop.timers == 1
    for line in crowd[1:]:
        keeper.has_head(line)
    loop.pass_(11)
    assert [line.is_open for line in crowd[:2]] == [False, True]
    assert loop.waiting == []


def test_at_the_limit_the_longest_silent_line_goes_and_a_working_one_stays(loop: Loop) -> None:
    keeper = keeper_of(loop, connections_most=64)
    keeper.room = 3
    working, idle, silent = opened(keeper), opened(keeper), opened(keeper)
    for line in (working, idle):
        keeper.has_head(line)
    keeper.awaits_request(idle)
    newest = opened(keeper)
    assert [line.is_open for line in (working, idle, silent, newest)] == [True, True, False, True]
    keeper.has_head(newest)
    opened(keeper)
    assert [line.is_open for line in (working, idle, newest)] == [True, False, True]


def test_where_everybody_works_the_newcomer_is_turned_away(loop: Loop) -> None:
    keeper = keeper_of(loop, connections_most=64)
    keeper.room = 2
    for _ in range(2):
        keeper.has_head(opened(keeper))
    newcomer: Any = Silent(keeper)
    assert not keeper.admit(newcomer)
    newcomer.hang_up()
    assert (keeper.many, keeper.by_address) == (2, {"192.0.2.1": 2})


def test_one_address_takes_no_place_of_another(loop: Loop) -> None:
    keeper = keeper_of(loop, connections_per_address=8)
    other = opened(keeper, "198.51.100.7")
    crowd = [opened(keeper) for _ in range(20)]
    assert other.is_open
    assert [line.is_open for line in crowd] == [False] * 12 + [True] * 8


def test_behind_a_proxy_of_ours_addresses_are_not_counted(loop: Loop) -> None:
    keeper = keeper_of(loop, connections_per_address=8, trusted_proxies=1)
    assert all(line.is_open for line in [opened(keeper) for _ in range(50)])


def test_a_network_of_ipv6_counts_as_one() -> None:
    assert counted_as("2001:db8:0:1::7") == counted_as("2001:db8:0:1:ffff::1%eth0") != counted_as("2001:db8:0:2::7")
    assert counted_as("192.0.2.7") == "192.0.2.7"
