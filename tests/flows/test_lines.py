"""The doorkeeper by itself: a clock moved by hand, and lines without a wire."""

from collections.abc import Callable
from typing import Any

import pytest

from twolatch.faces.doorkeeper import LOOK_SECONDS, READ_LEAST, Doorkeeper, counted_as
from twolatch.settings import Settings

READ_SECONDS = Settings().slow_reader_seconds
BODY_SECONDS = Settings().request_body_seconds
HEAD_SECONDS = Settings().request_head_seconds


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


def has_asked(keeper: Doorkeeper, line: Any) -> None:
    """A whole request is here."""
    keeper.awaits_body(line)
    keeper.has_body(line)


def test_a_line_whose_request_began_late_hides_no_silent_one(loop: Loop) -> None:
    keeper = keeper_of(loop)
    began, silent = opened(keeper), opened(keeper)
    loop.pass_(HEAD_SECONDS - 1)
    keeper.awaits_head(began)
    loop.pass_(1)
    assert (began.is_open, silent.is_open) == (True, False)


def test_a_body_has_to_be_here_in_time_and_whoever_sent_it_is_left_alone(loop: Loop) -> None:
    keeper = keeper_of(loop)
    slow, quick = opened(keeper), opened(keeper)
    for line in (slow, quick):
        keeper.awaits_body(line)
    keeper.has_body(quick)
    loop.pass_(BODY_SECONDS - 1)
    assert slow.is_open
    loop.pass_(1)
    assert (slow.is_open, quick.is_open) == (False, True)


def test_a_body_that_goes_on_after_its_answer_wins_no_time_by_it(loop: Loop) -> None:
    keeper = keeper_of(loop, keep_alive_seconds=600)
    late = opened(keeper)
    keeper.awaits_body(late)
    keeper.awaits_request(late)
    loop.pass_(BODY_SECONDS)
    assert not late.is_open


def test_in_a_crowd_whoever_has_owed_something_longest_goes_first_and_streams_go_last(loop: Loop) -> None:
    keeper = keeper_of(loop, connections_most=64)
    stream, stuck, slow, idle, silent = crowd = [opened(keeper) for _ in range(5)]
    keeper.room = len(crowd)
    has_asked(keeper, stream)
    keeper.streams_on(stream)
    has_asked(keeper, stuck)
    stuck.transport.unread = READ_LEAST
    keeper.awaits_reader(stuck)
    loop.pass_(1)
    keeper.awaits_body(slow)
    loop.pass_(1)
    has_asked(keeper, idle)
    keeper.awaits_request(idle)
    loop.pass_(1)
    keeper.awaits_head(silent)
    left = []
    for _ in crowd:
        loop.pass_(1)
        has_asked(keeper, opened(keeper))  # and is in work: owes nothing
        [gone] = [line for line in crowd if not line.is_open and line not in left]
        left.append(gone)
    assert left == [stuck, slow, idle, silent, stream]


def test_a_reader_that_takes_nothing_is_left_and_a_slow_one_is_not(loop: Loop) -> None:
    keeper = keeper_of(loop)
    slow, never = opened(keeper), opened(keeper)
    for line in (slow, never):
        has_asked(keeper, line)
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
        has_asked(keeper, line)
    loop.pass_(11)
    assert [line.is_open for line in crowd[:2]] == [False, True]
    assert loop.waiting == []


def test_at_the_limit_the_longest_silent_line_goes_and_a_working_one_stays(loop: Loop) -> None:
    keeper = keeper_of(loop, connections_most=64)
    keeper.room = 3
    working, idle, silent = opened(keeper), opened(keeper), opened(keeper)
    for line in (working, idle):
        has_asked(keeper, line)
    keeper.awaits_request(idle)
    newest = opened(keeper)
    assert [line.is_open for line in (working, idle, silent, newest)] == [True, True, False, True]
    has_asked(keeper, newest)
    opened(keeper)
    assert [line.is_open for line in (working, idle, newest)] == [True, False, True]


def test_where_everybody_works_the_newcomer_is_turned_away(loop: Loop) -> None:
    keeper = keeper_of(loop, connections_most=64)
    keeper.room = 2
    for _ in range(2):
        has_asked(keeper, opened(keeper))
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
