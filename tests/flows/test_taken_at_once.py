"""How connections come in: several in a turn of the event loop, so nobody stands for long behind a crowd; and how much
the system keeps for one that reads nothing."""

import asyncio
import contextlib
import socket

import pytest
import typer
import uvloop

from twolatch.faces.commands.server import TAKEN_AT_ONCE, listening

CROWD = 160
MUCH = 8 * 1024 * 1024  # bytes


class Counted(asyncio.Protocol):
    many = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        Counted.many += 1
        transport.close()


async def turns_until_all_are_in(doors: list[socket.socket]) -> int:
    loop, turns = asyncio.get_running_loop(), 0
    Counted.many = 0
    with contextlib.ExitStack() as crowd:
        for _ in range(CROWD):  # the system takes them in before anybody looks
            crowd.enter_context(socket.create_connection(doors[0].getsockname()))
        servers = [await loop.create_server(Counted, sock=door) for door in doors]
        while Counted.many < CROWD:
            turns += 1
            await asyncio.sleep(0)
        for server in servers:
            server.close()
    return turns


def test_several_of_a_crowd_are_let_in_at_each_turn_of_the_loop() -> None:
    doors = listening("127.0.0.1", 0)
    assert uvloop.run(turns_until_all_are_in(doors)) < 2 * CROWD / TAKEN_AT_ONCE + 10


def test_for_whoever_reads_nothing_the_system_keeps_little() -> None:
    door, *others = listening("127.0.0.1", 0)
    kept = 0
    with door, socket.create_connection(door.getsockname(), 10):
        line, _ = door.accept()
        with line:
            line.setblocking(False)
            with contextlib.suppress(BlockingIOError):
                while kept < MUCH:
                    kept += line.send(bytes(MUCH))
    for other in others:
        other.close()
    assert kept < MUCH // 8


def test_a_name_with_two_addresses_is_listened_to_at_both() -> None:
    doors = listening("", 0)
    families = {door.family for door in doors}
    assert len(doors) == TAKEN_AT_ONCE * len(families)
    assert socket.AF_INET in families
    for door in doors:
        door.close()


def test_an_address_that_is_taken_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    doors = listening("127.0.0.1", 0)
    port = doors[0].getsockname()[1]
    with pytest.raises(typer.Exit):
        listening("127.0.0.1", port)
    assert f"127.0.0.1:{port}" in capsys.readouterr().err
    for door in doors:
        door.close()
