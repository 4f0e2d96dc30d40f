"""Signals between processes of one machine, over unix sockets."""

import asyncio
import os
import socket
import stat
import sys
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import uuid4

import pytest

from twolatch.wires.signals import Signals
from twolatch.wires.socket_relay import MOST_ENVELOPE_BYTES, SocketRelay

LONG = 60.0  # seconds nobody waits unless something never comes

OTHER_PROCESS = """
import asyncio, sys
from twolatch.wires.signals import Signals
from twolatch.wires.socket_relay import SocketRelay

async def main():
    signals = Signals(SocketRelay(sys.argv[1]))
    await signals.start()
    with signals.listen("attempt:ask") as listening:
        print("ready", flush=True)
        print("heard", await listening.heard(60), flush=True)
    signals.tell("attempt:answer")
    await asyncio.sleep(0)
    await signals.close()

asyncio.run(main())
"""


@pytest.fixture
def directory():
    """Short enough for a socket, which pytest's own directories are not everywhere."""
    with TemporaryDirectory(prefix="tl-", dir="/tmp") as made:
        yield Path(made)


@asynccontextmanager
async def worker(directory):
    signals = Signals(SocketRelay(directory))
    await signals.start()
    try:
        yield signals
    finally:
        await signals.close()


async def test_two_processes_hear_each_other(directory):
    async with worker(directory) as signals:
        other = await asyncio.create_subprocess_exec(
            sys.executable, "-c", OTHER_PROCESS, str(directory), stdout=asyncio.subprocess.PIPE
        )
        try:
            assert await other.stdout.readline() == b"ready\n"
            with signals.listen("attempt:answer") as listening:
                signals.tell("attempt:ask")
                assert await listening.heard(LONG) is True
            assert await other.stdout.readline() == b"heard True\n"
            assert await other.wait() == 0
        finally:
            if other.returncode is None:
                other.kill()
                await other.wait()


async def test_a_worker_that_has_just_started_is_known_at_once(directory):
    async with worker(directory) as old, worker(directory) as new:
        with new.listen("phone:P1") as listening:
            await hello_arrives(old)
            old.tell("phone:P1")
            assert await listening.heard(LONG) is True


async def test_nobody_is_told_his_own_signal_twice(directory):
    async with worker(directory) as one, worker(directory) as two:
        with one.listen("attempt:A1") as own, two.listen("attempt:A1") as others:
            one.tell("attempt:A1")
            assert await own.heard(0) is True
            await hello_arrives(one)
            one.tell("attempt:A1")
            assert await others.heard(LONG) is True
            assert await own.heard(0) is True
            assert await own.heard(0.01) is False


async def test_the_socket_of_a_killed_worker_is_swept_away(directory):
    async with worker(directory) as signals:
        dead = directory / "4711-deadbeef.sock"
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as gone:
            gone.bind(str(dead))
        signals._relay._listed_at = float("-inf")
        signals.tell("attempt:A1")
        await asyncio.sleep(0)
        assert not dead.exists()
        assert signals._relay._peers == {}


async def test_a_strange_file_in_the_directory_is_left_alone(directory):
    (directory / "notes.txt").write_text("mine")
    async with worker(directory) as signals:
        signals.tell("attempt:A1")
        await asyncio.sleep(0)
    assert [path.name for path in directory.iterdir()] == ["notes.txt"]


@pytest.mark.parametrize(
    "datagram",
    [b"\xff\xfe", b"attempt:A1\n", b"attempt:A1\n<script>", b"attempt:A1\n" + b"x" * MOST_ENVELOPE_BYTES],
    ids=["bytes", "empty line", "markup", "oversized"],
)
async def test_garbage_wakes_nobody_and_breaks_nothing(directory, datagram):
    async with worker(directory) as signals:
        with signals.listen("attempt:A1") as listening, stranger(directory) as out:
            out.sendto(datagram, str(signals._relay._own))
            out.sendto(b"attempt:A2", str(signals._relay._own))
            with signals.listen("attempt:A2") as after:
                assert await after.heard(LONG) is True
            assert await listening.heard(0) is False


async def test_a_worker_whose_queue_is_full_hears_the_rest_a_little_later(directory):
    async with worker(directory) as signals:
        with stranger(directory, "99-00000000.sock") as slow:
            signals._relay._list_peers()
            topics = [f"attempt:{number}" for number in range(2_000)]
            sent = 0
            while not signals._relay._peers["99-00000000.sock"]._waiting:
                assert sent < len(topics), "the queue of the machine is deeper than this test"
                signals.tell(topics[sent])
                await asyncio.sleep(0)
                sent += 1
            slow.setblocking(False)
            heard = []
            while len(heard) < sent:
                heard += await read(slow)
            assert heard == topics[:sent]


async def test_the_directory_is_for_its_owner_alone(directory):
    async with worker(directory / "signals"):
        assert stat.S_IMODE((directory / "signals").stat().st_mode) == 0o700


async def test_a_directory_too_deep_for_a_socket_has_a_short_stand_in(tmp_path):
    deep = tmp_path / ("d" * 100) / uuid4().hex
    async with worker(deep) as one, worker(deep) as two:
        stand_in = one._relay._directory
        assert stand_in == two._relay._directory
        assert stand_in.parent == Path("/tmp")
        with two.listen("attempt:A1") as listening:
            await hello_arrives(one)
            one.tell("attempt:A1")
            assert await listening.heard(LONG) is True
    stand_in.rmdir()


async def test_a_link_in_the_place_of_the_directory_is_refused(directory):
    (directory / "real").mkdir()
    (directory / "signals").symlink_to(directory / "real")
    with pytest.raises(PermissionError):
        await Signals(SocketRelay(directory / "signals")).start()


@pytest.mark.skipif(os.getuid() != 0, reason="only root can give a directory away")
async def test_a_directory_of_somebody_else_is_refused(directory):
    (directory / "signals").mkdir(parents=True)
    os.chown(directory / "signals", 65534, 65534)
    with pytest.raises(PermissionError):
        await Signals(SocketRelay(directory / "signals")).start()


def stranger(directory, name="77-11111111.sock"):
    out = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    out.bind(str(directory / name))
    return out


async def hello_arrives(signals):
    """The greeting lies in the socket already; let the loop read it."""
    async with asyncio.timeout(LONG):
        while not signals._relay._peers:  # noqa: ASYNC110  nobody outside the relay sees a greeting
            await asyncio.sleep(0)


async def read(sock):
    async with asyncio.timeout(LONG):
        return (await asyncio.get_running_loop().sock_recv(sock, MOST_ENVELOPE_BYTES)).decode().split("\n")
