"""Checkpoints arrive where the operator wants them, and a place that does not take one says so."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.ports import free_port
from twolatch.protocol.chain import notes_in
from twolatch.wires.sinks import SinkFault, sink_of, sinks_of

NOTE = "portal.example.com/audit\n7\nAAAA\n\n— portal.example.com/audit BBBB\n"


@pytest.mark.parametrize("address", ["", "file:", "syslog://", "ftp://x", "http://log.example/", "https://", "folder"])
def test_a_strange_address_is_refused_at_the_start(address: str) -> None:
    with pytest.raises(ValueError, match="no place for checkpoints"):
        sink_of(address)


async def test_a_file_gets_a_line_each_and_keeps_what_it_has(tmp_path: Path) -> None:
    path = tmp_path / "kept"
    path.write_bytes(b"something of somebody\n")
    [sink] = sinks_of([f"file:{path}"])
    await sink.put(NOTE)
    await sink.put(NOTE)
    lines = path.read_bytes().splitlines()
    assert lines[0] == b"something of somebody"
    assert list(notes_in(lines)) == [NOTE, NOTE]


async def test_a_folder_that_is_not_there_is_a_fault_with_its_name(tmp_path: Path) -> None:
    with pytest.raises(SinkFault, match="nowhere"):
        await sink_of(f"file:{tmp_path}/nowhere/kept").put(NOTE)


async def test_a_system_log_hears_it_in_the_form_of_rfc_5424() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as ear:
        ear.bind(("127.0.0.1", 0))
        ear.settimeout(10)
        await sink_of(f"syslog://127.0.0.1:{ear.getsockname()[1]}").put(NOTE)
        heard = ear.recv(4096)
    assert heard.startswith(b"<85>1 - ")
    assert list(notes_in([heard])) == [NOTE]


@asynccontextmanager
async def listener(status: str) -> AsyncIterator[tuple[int, list[bytes]]]:
    """Keeps what is posted, and answers `status`."""
    heard: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
        heard.append(await reader.readexactly(length))
        writer.write(f"HTTP/1.1 {status}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n".encode())
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1], heard


async def test_a_collector_gets_the_note_as_it_is() -> None:
    async with listener("204 No Content") as (port, heard):
        await sink_of(f"http://127.0.0.1:{port}/twolatch").put(NOTE)
    assert heard == [NOTE.encode()]


async def test_a_collector_that_refuses_is_a_fault_without_its_password() -> None:
    async with listener("500 Internal Server Error") as (port, _):
        sink = sink_of(f"http://name:sesame@127.0.0.1:{port}/twolatch")
        with pytest.raises(SinkFault, match="answered 500") as fault:
            await sink.put(NOTE)
    assert "sesame" not in f"{fault.value}{sink.name}"


async def test_a_collector_that_is_not_there_is_a_fault() -> None:
    with pytest.raises(SinkFault, match="ConnectError"):
        await sink_of(f"http://127.0.0.1:{free_port()}/").put(NOTE)
