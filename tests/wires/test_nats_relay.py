"""Signals over NATS, against a real server, and a cluster of two of them."""

import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

import pytest

from tests.ports import free_port
from tests.programs import program
from twolatch.wires.nats_relay import NatsRelay
from twolatch.wires.signals import Signals

LONG = 60.0  # seconds nobody waits unless something never comes
SERVER = program("nats-server")

pytestmark = pytest.mark.skipif(SERVER is None, reason="no nats-server on this machine")


def started(port: int, *more: str) -> subprocess.Popen[bytes]:
    """A server that answers."""
    assert SERVER
    server = subprocess.Popen([SERVER, "-a", "127.0.0.1", "-p", str(port), *more], stderr=subprocess.PIPE)
    assert server.stderr
    said = b""
    for line in server.stderr:
        said += line
        if b"Server is ready" in line:
            return server
    raise AssertionError(said.decode())


def end(server: subprocess.Popen[bytes]) -> None:
    server.terminate()
    server.communicate(timeout=30)


@contextmanager
def broker(port: int, *more: str) -> Iterator[str]:
    server = started(port, *more)
    try:
        yield f"nats://127.0.0.1:{port}"
    finally:
        end(server)


@asynccontextmanager
async def worker(*servers: str, site: str = "portal.example.com", patience: float = 5) -> AsyncIterator[Signals]:
    signals = Signals(NatsRelay(servers, site, patience))
    await signals.start()
    try:
        yield signals
    finally:
        await signals.close()


async def test_two_workers_hear_each_other_and_nobody_himself_twice() -> None:
    with broker(free_port()) as url:
        async with worker(url) as one, worker(url) as two:
            with one.listen("attempt:A1", "attempt:A2") as own, two.listen("attempt:A1") as others:
                one.tell("attempt:A1")
                assert await own.heard(0) is True
                assert await others.heard(LONG) is True
                two.tell("attempt:A2")  # comes after the echo of A1 would have come
                assert await own.heard(LONG) is True
                assert await own.heard(0) is False


async def test_sites_on_one_broker_do_not_hear_each_other() -> None:
    with broker(free_port()) as url:
        async with worker(url) as one, worker(url) as two, worker(url, site="other.example.com") as other:
            with two.listen("attempt:A1") as ours, other.listen("attempt:A1") as theirs:
                one.tell("attempt:A1")
                assert await ours.heard(LONG) is True
                assert await theirs.heard(0) is False


async def test_after_a_lost_connection_everyone_is_woken_and_what_waited_is_carried() -> None:
    port = free_port()
    server = started(port)
    url = f"nats://127.0.0.1:{port}"
    async with worker(url) as one, worker(url) as two:
        with two.listen("attempt:A1") as first, two.listen("phone:P1") as second:
            end(server)
            with broker(port):
                assert await first.heard(LONG) is True, "it may have missed something"
                assert await second.heard(LONG) is True
                with two.listen("attempt:A2") as again:
                    while not await again.heard(0.2):
                        one.tell("attempt:A2")


async def test_a_broker_that_comes_late_is_found() -> None:
    port = free_port()
    async with worker(f"nats://127.0.0.1:{port}", patience=0.1) as one:
        with one.listen("attempt:A1") as waiting, broker(port) as url:
            assert await waiting.heard(LONG) is True, "woken, since others may have told meanwhile"
            async with worker(url) as two:
                two.tell("attempt:A1")
                assert await waiting.heard(LONG) is True


async def test_two_servers_of_one_cluster_carry_between_them() -> None:
    ports, routes = [free_port(), free_port()], [free_port(), free_port()]
    names = [("--cluster_name", "t", "--cluster", f"nats://127.0.0.1:{route}") for route in routes]
    with (
        broker(ports[0], *names[0]) as first,
        broker(ports[1], *names[1], "--routes", f"nats://127.0.0.1:{routes[0]}") as second,
    ):
        async with worker(first) as one, worker(second) as two:
            with two.listen("attempt:A1") as waiting:
                while not await waiting.heard(0.2):  # until the two servers know each other
                    one.tell("attempt:A1")


async def test_what_is_no_topic_wakes_nobody() -> None:
    import nats

    with broker(free_port()) as url:
        async with worker(url) as one:
            stranger = await nats.connect(url)
            with one.listen("attempt:A1") as waiting:
                relay = one._relay
                assert isinstance(relay, NatsRelay)
                for raw in (b"\xff\xfe", b"not a topic\nattempt:A1", b"attempt:A1\n" * 9000):
                    await stranger.publish(relay._subject, raw)
                await stranger.flush()
                await stranger.publish(relay._subject, b"attempt:A1")
                assert await waiting.heard(LONG) is True
                assert await waiting.heard(0) is False
            await stranger.close()
