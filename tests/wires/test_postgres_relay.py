"""Signals between processes that share a PostgreSQL database, against a real server."""

import asyncio
from contextlib import asynccontextmanager
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import pytest

from twolatch.wires.postgres_relay import CHANNEL, MOST_PAYLOAD_BYTES, PostgresRelay
from twolatch.wires.signals import Signals

LONG = 60.0  # seconds nobody waits unless something never comes


@asynccontextmanager
async def worker(dsn, **options):
    signals = Signals(PostgresRelay(dsn, **options))
    await signals.start()
    try:
        yield signals
    finally:
        await signals.close()


async def test_two_workers_hear_each_other(postgres_url):
    async with worker(postgres_url) as one, worker(postgres_url) as two:
        with one.listen("attempt:A1") as asked, two.listen("attempt:A2") as answered:
            two.tell("attempt:A1")
            assert await asked.heard(LONG) is True
            one.tell("attempt:A2")
            assert await answered.heard(LONG) is True


async def test_nobody_is_told_his_own_signal_twice(postgres_url):
    async with worker(postgres_url) as one, worker(postgres_url) as two:
        with one.listen("attempt:A1", "attempt:A2") as own, two.listen("attempt:A1") as others:
            one.tell("attempt:A1")
            assert await own.heard(0) is True
            assert await others.heard(LONG) is True
            two.tell("attempt:A2")  # comes after the echo of A1 would have come
            assert await own.heard(LONG) is True
            assert await own.heard(0) is False


async def test_many_topics_of_one_tick_arrive_in_few_notifications(postgres_url):
    topics = [f"attempt:{number:040d}" for number in range(400)]
    seen = []
    listener = await asyncpg.connect(postgres_url)
    await listener.add_listener(CHANNEL, lambda *told: seen.append(told[3]))
    async with worker(postgres_url) as one, worker(postgres_url) as two:
        with two.listen(topics[-1]) as last:
            for topic in topics:
                one.tell(topic)
            assert await last.heard(LONG) is True
    await listener.execute("SELECT 1")
    await listener.close()
    assert [topic for payload in seen for topic in payload.split("\n")] == topics
    assert len(seen) == 3
    assert max(map(len, seen)) <= MOST_PAYLOAD_BYTES


async def test_a_topic_told_again_while_its_notification_is_under_way_is_sent_again(postgres_url):
    async with worker(postgres_url) as one, worker(postgres_url) as two:
        with two.listen("attempt:A1") as others:
            one.tell("attempt:A1")
            await asyncio.sleep(0)
            assert one._relay._waiting
            while one._relay._waiting:  # noqa: ASYNC110  until the relay has taken it and waits for the server
                await asyncio.sleep(0)
            one.tell("attempt:A1")
            await asyncio.sleep(0)
            assert "attempt:A1" in one._relay._waiting  # the second is not swallowed by the first
            assert await others.heard(LONG) is True


async def test_a_lost_connection_wakes_everyone_and_then_carries_again(postgres_url):
    async with worker(postgres_url) as one, worker(postgres_url) as two:
        with one.listen("attempt:A1") as first, one.listen("phone:P1") as second:
            with two.listen("attempt:A9") as other:
                await cut(postgres_url)
                assert await first.heard(LONG) is True
                assert await second.heard(LONG) is True
                assert await other.heard(LONG) is True
            two.tell("attempt:A1")
            assert await first.heard(LONG) is True


async def test_what_is_told_while_the_database_is_away_arrives_afterwards(postgres_url):
    async with line_to(postgres_url) as line, worker(line.dsn) as one, worker(postgres_url) as two:
        with two.listen("attempt:A1") as listening, one.listen("phone:P1") as own:
            line.is_down = True
            line.cut()
            one.tell("attempt:A1")
            await asyncio.sleep(0)
            line.is_down = False
            assert await listening.heard(LONG) is True
            assert await own.heard(LONG) is True


async def test_what_was_swallowed_on_the_way_is_sent_again(postgres_url):
    async with (
        line_to(postgres_url) as line,
        worker(line.dsn, patience=0.6) as one,
        worker(postgres_url) as two,
    ):
        with two.listen("attempt:A1") as listening:
            line.swallow()
            one.tell("attempt:A1")
            assert await listening.heard(LONG) is True


async def test_a_line_that_died_without_a_goodbye_is_noticed(postgres_url):
    async with line_to(postgres_url) as line, worker(line.dsn, heartbeat=0.05, patience=0.6) as signals:
        with signals.listen("attempt:A1") as listening:
            line.swallow()
            assert await listening.heard(LONG) is True


@pytest.mark.parametrize("payload", ["", "x" * 7_000, "attempt:A1\n", "attempt:A1\nDROP TABLE", "attempt:é"])
async def test_garbage_on_the_channel_wakes_nobody(postgres_url, payload):
    async with worker(postgres_url) as signals:
        with signals.listen("attempt:A1") as listening, signals.listen("attempt:A2") as after:
            other = await asyncpg.connect(postgres_url)
            await other.execute("SELECT pg_notify($1, $2)", CHANNEL, payload)
            await other.execute("SELECT pg_notify($1, $2)", CHANNEL, "attempt:A2")
            await other.close()
            assert await after.heard(LONG) is True
            assert await listening.heard(0) is False


async def test_a_site_starts_although_its_signals_cannot_connect_yet():
    async with worker("postgresql://nobody@127.0.0.1:1/none", patience=0.05) as signals:
        with signals.listen("attempt:A1") as listening:
            signals.tell("attempt:A1")
            assert await listening.heard(0) is True


class Line:
    """A cable to the database that can be cut, or go silent."""

    def __init__(self, dsn):
        self._there = urlsplit(dsn)
        self._ends = []
        self._pumps = set()
        self.is_down = False

    async def carry(self, reader, writer):
        if self.is_down:
            writer.close()
            return
        far_reader, far_writer = await asyncio.open_connection(self._there.hostname, self._there.port)
        self._ends += [writer, far_writer]
        for source, sink in ((reader, far_writer), (far_reader, writer)):
            task = asyncio.create_task(self._pump(source, sink))
            self._pumps.add(task)

    async def _pump(self, source, sink):
        while data := await source.read(65_536):
            sink.write(data)

    def swallow(self):
        """What is connected now stays connected and carries nothing any more."""
        while self._pumps:
            self._pumps.pop().cancel()

    def cut(self):
        self.swallow()
        while self._ends:
            self._ends.pop().close()


@asynccontextmanager
async def line_to(dsn):
    line = Line(dsn)
    server = await asyncio.start_server(line.carry, "127.0.0.1", 0)
    user = line._there.netloc.rpartition("@")[0]
    netloc = f"{user}@127.0.0.1:{server.sockets[0].getsockname()[1]}"
    line.dsn = urlunsplit(line._there._replace(netloc=netloc))
    try:
        yield line
    finally:
        server.close()
        line.cut()


async def cut(dsn):
    """The operator ends all signal connections."""
    operator = await asyncpg.connect(dsn)
    await operator.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE application_name = 'twolatch signals' AND datname = current_database()"
    )
    await operator.close()
