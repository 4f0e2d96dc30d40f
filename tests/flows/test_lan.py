"""The demo on the local network: an answer leaves at once, its body does not wait until the phone has the head."""

import asyncio
import socket
import threading
from pathlib import Path

import pytest

from twolatch.faces.commands import lan


def test_nothing_that_the_demo_sends_to_a_phone_waits_in_the_kernel(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[int] = []

    async def serve(self: lan.LanSite) -> None:
        """One connection, over a socket made as the demo makes its own."""
        done = asyncio.Event()

        async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            wire = writer.get_extra_info("socket")
            seen.append(wire.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
            writer.close()
            done.set()

        listener = lan._listen(0)
        server = await asyncio.start_server(answer, sock=listener)
        caller = threading.Thread(target=lambda: socket.create_connection(("127.0.0.1", port)).close())
        port = listener.getsockname()[1]
        caller.start()
        await done.wait()
        caller.join()
        server.close()

    monkeypatch.setattr(lan.LanSite, "_serve", serve)
    lan.LanSite("here", (1, 2, 3), Path(), Path(), Path(), 4).serve()
    assert seen
    assert all(seen)
