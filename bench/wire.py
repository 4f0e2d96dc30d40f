"""HTTP/1.1 as thin as it goes: a fat client would share the machine's cores and bend what it measures."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass

Headers = Mapping[str, str]


class Broken(Exception):
    """The server answered something that is no part of a login."""


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: list[tuple[str, str]]
    body: bytes

    def one(self, name: str) -> str:
        return next((value for key, value in self.headers if key == name), "")

    def all(self, name: str) -> list[str]:
        return [value for key, value in self.headers if key == name]


class Wire:
    """One connection that is kept; one request at a time."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None

    async def ask(self, method: str, path: str, headers: Headers, body: bytes = b"") -> Answer:
        reader = await self._send(method, path, headers, body)
        status, given = await _head(reader)
        length = next((int(value) for key, value in given if key == "content-length"), None)
        if length is None:
            raise Broken(f"{method} {path}: {status} without a length")
        return Answer(status, given, await reader.readexactly(length))

    async def events(self, method: str, path: str, headers: Headers, body: bytes = b"") -> AsyncIterator[str]:
        """The names of the events of a stream, as they come. The first thing it yields is "open"."""
        reader = await self._send(method, path, headers, body)
        status, _ = await _head(reader)
        if status != 200:
            raise Broken(f"{method} {path}: {status} instead of a stream")
        yield "open"
        async for line in _lines(reader):
            if line.startswith(b"event: "):
                yield line[7:].decode()

    async def _send(self, method: str, path: str, headers: Headers, body: bytes) -> asyncio.StreamReader:
        if self._reader is None or self._writer is None:
            self._reader, self._writer = await asyncio.open_connection("127.0.0.1", self._port)
        lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items() if value)]
        if body or method != "GET":
            lines.append(f"content-length: {len(body)}")
        self._writer.write("\r\n".join(lines).encode() + b"\r\n\r\n" + body)
        return self._reader

    def close(self) -> None:
        if self._writer is not None:
            self._writer.close()
        self._reader = self._writer = None


async def _head(reader: asyncio.StreamReader) -> tuple[int, list[tuple[str, str]]]:
    first, *lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")[:-2]
    pairs = (line.partition(":") for line in lines)
    return int(first.split(" ")[1]), [(name.lower(), value.strip()) for name, _, value in pairs]


async def _lines(reader: asyncio.StreamReader) -> AsyncIterator[bytes]:
    """Lines of a chunked body. The server writes whole events, so none is cut in two."""
    while size := int(await reader.readline(), 16):
        chunk = await reader.readexactly(size + 2)
        for line in chunk.split(b"\n"):
            yield line
