"""Requests no well-behaved client sends: bytes to a socket, and what comes back."""

import asyncio
from dataclasses import dataclass

import httpx

from tests.site import Site


@dataclass(frozen=True)
class Reply:
    status: int
    headers: list[tuple[str, str]]
    body: bytes

    def get(self, name: str) -> list[str]:
        return [value for key, value in self.headers if key == name]


async def raw(site: Site, head: list[bytes], body: bytes = b"", seconds: float = 60.0) -> Reply:
    """Sends the lines of `head` as they are, and the body; reads until the server closes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", site.port)
    try:
        writer.write(b"\r\n".join([*head, b"Connection: close", b"", b""]) + body)
        await writer.drain()
        async with asyncio.timeout(seconds):
            received = await reader.read()
    finally:
        writer.close()
    first, _, rest = received.partition(b"\r\n")
    lines, _, content = rest.partition(b"\r\n\r\n")
    pairs = [line.decode("latin-1").partition(": ") for line in lines.split(b"\r\n")]
    return Reply(int(first.split(b" ")[1]), [(name.lower(), value) for name, _, value in pairs], content)


def nameless(answer: httpx.Response) -> bytes:
    """What was said, without the name of the very request."""
    return answer.content.replace(answer.headers["x-request-id"].encode(), b"")
