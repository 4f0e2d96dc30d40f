"""Signals inside one process."""

import asyncio
import sys

import pytest

from twolatch.wires.signals import KEPT_TOPICS, Signals
from twolatch.wires.topics import envelopes, is_topic, opened

LONG = 60.0  # seconds nobody waits: every test here is woken, or asks with a time-out that is already over


class NotebookRelay:
    """Keeps what it was given."""

    def __init__(self):
        self.sent = []
        self.heard = self.lost = None

    async def start(self, heard, lost):
        self.heard, self.lost = heard, lost

    def send(self, topics):
        self.sent.append(tuple(topics))

    async def close(self):
        pass


async def test_a_waiting_browser_hears_that_its_attempt_changed():
    signals = Signals()
    with signals.listen("attempt:A1") as listening:
        waiting = asyncio.create_task(listening.heard(LONG))
        await asyncio.sleep(0)
        signals.tell("attempt:A1")
        assert await waiting is True


async def test_what_is_told_between_listening_and_waiting_is_not_lost():
    signals = Signals()
    with signals.listen("attempt:A1") as listening:
        signals.tell("attempt:A1")
        assert await listening.heard(0) is True


async def test_who_was_told_before_waiting_does_not_wait():
    signals = Signals()
    with signals.listen("attempt:A1") as listening:
        signals.tell("attempt:A1")
        async with asyncio.timeout(LONG / 10):
            assert await listening.heard(LONG) is True


async def test_what_was_heard_once_is_not_heard_again():
    signals = Signals()
    with signals.listen("attempt:A1") as listening:
        signals.tell("attempt:A1")
        signals.tell("attempt:A1")
        assert await listening.heard(0) is True
        assert await listening.heard(0) is False


async def test_nobody_hears_about_the_attempts_of_others():
    signals = Signals()
    with signals.listen("attempt:A1", "phone:P1") as listening:
        signals.tell("attempt:A2")
        assert await listening.heard(0.001) is False
        signals.tell("phone:P1")
        assert await listening.heard(0) is True


async def test_two_browsers_that_wait_for_one_attempt_both_hear():
    signals = Signals()
    with signals.listen("attempt:A1") as first, signals.listen("attempt:A1") as second:
        signals.tell("attempt:A1")
        assert await first.heard(0)
        assert await second.heard(0)


async def test_a_browser_that_went_away_while_being_told_does_not_swallow_it():
    signals = Signals()
    with signals.listen("attempt:A1") as listening:
        waiting = asyncio.create_task(listening.heard(LONG))
        await asyncio.sleep(0)
        signals.tell("attempt:A1")
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        assert await listening.heard(0) is True


async def test_whoever_left_leaves_nothing_behind():
    signals = Signals()
    with signals.listen("attempt:A1", "phone:P1"), signals.listen("attempt:A1"):
        assert len(signals._listeners) == 2
    assert signals._listeners == {}


async def test_ten_thousand_waiting_browsers_cost_no_task_and_a_few_hundred_bytes_each():
    signals = Signals()
    tasks = len(asyncio.all_tasks())
    crowd = [signals.listen(f"attempt:{number}") for number in range(10_000)]
    for listening in crowd:
        listening.__enter__()
    assert len(asyncio.all_tasks()) == tasks
    each = sys.getsizeof(crowd[0]) + sys.getsizeof(crowd[0]._topics)
    each += sys.getsizeof(signals._listeners["attempt:1"]) + sys.getsizeof(signals._listeners) / 10_000
    assert each < 500


async def test_the_topics_of_one_tick_travel_together_and_each_once():
    relay = NotebookRelay()
    signals = Signals(relay)
    await signals.start()
    for topic in ("attempt:A1", "phone:P1", "attempt:A1"):
        signals.tell(topic)
    assert relay.sent == []
    await asyncio.sleep(0)
    assert relay.sent == [("attempt:A1", "phone:P1")]
    signals.tell("attempt:A1")
    await signals.close()
    assert relay.sent[1:] == [("attempt:A1",)]


async def test_when_the_relay_missed_something_everyone_looks_again():
    relay = NotebookRelay()
    signals = Signals(relay)
    await signals.start()
    with signals.listen("attempt:A1") as first, signals.listen("attempt:A2") as second:
        relay.lost()
        assert await first.heard(0)
        assert await second.heard(0)


async def test_what_comes_from_the_relay_is_not_sent_back():
    relay = NotebookRelay()
    signals = Signals(relay)
    await signals.start()
    with signals.listen("attempt:A1") as listening:
        relay.heard(("attempt:A1",))
        assert await listening.heard(0)
    await asyncio.sleep(0)
    assert relay.sent == []


@pytest.mark.parametrize(
    "text",
    [
        "",
        "attempt",
        "attempt:",
        ":A1",
        "attempt:A 1",
        "attempt:A\nphone:B",
        "attempt:A\n",
        "a:é",
        "a:" + "x" * 104,
    ],
)
async def test_what_is_not_a_topic_is_a_fault(text):
    assert not is_topic(text)
    with pytest.raises(ValueError):
        Signals().tell(text)
    with pytest.raises(ValueError):
        Signals().listen("attempt:A1", text)


def test_envelopes_hold_every_topic_and_never_more_than_fits():
    topics = [f"attempt:{number:040d}" for number in range(1_000)]
    parts = list(envelopes(topics, 7_900))
    assert all(len(part) <= 7_900 for part in parts)
    assert len(parts) == 7  # 161 topics of 48 characters and a line break in each
    assert [topic for part in parts for topic in opened(part)] == topics


def test_an_envelope_with_one_bad_line_is_thrown_away_whole():
    assert opened("attempt:A1\nrm -rf /") == ()


async def test_what_is_told_between_a_reading_and_the_listening_is_heard() -> None:
    signals = Signals()
    signals.tell("thing:before")
    moment = signals.moment()
    signals.tell("thing:meanwhile")
    with signals.listen("thing:meanwhile", since=moment) as late, signals.listen("thing:before", since=moment) as early:
        assert await late.heard(0)
        assert not await early.heard(0)
        assert not await late.heard(0)


async def test_a_moment_too_long_ago_counts_as_told() -> None:
    signals = Signals()
    moment = signals.moment()
    for number in range(KEPT_TOPICS + 1):
        signals.tell(f"thing:{number}")
    with signals.listen("thing:other", since=moment) as listening:
        assert await listening.heard(0)
    with signals.listen("thing:other", since=signals.moment()) as listening:
        assert not await listening.heard(0)
