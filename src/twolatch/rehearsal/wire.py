"""HTTP/1.1 as thin as it goes: a fat client would share the machine's cores and bend what it measures."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

Headers = Mapping[str, str]
LONGEST_BODY = 4 * 1024 * 1024


class Broken(Exception):
    """The site answered something that is no part of the walk. `code`: the refusal's own, else its status."""

    def __init__(self, said: str, code: str = "") -> None:
        super().__init__(said)
        self.code = code or "unexpected"


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: list[tuple[str, str]]
    body: bytes

    def one(self, name: str) -> str:
        return next((value for key, value in self.headers if key == name), "")

    def all(self, name: str) -> list[str]:
        return [value for key, value in self.headers if key == name]


@dataclass(frozen=True, slots=True)
class End:
    """Where connections go. `name` is what the certificate has to show; `tls` none for plain HTTP."""

    host: str
    port: int
    name: str = ""
    tls: ssl.SSLContext | None = None

    async def connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        name = self.name if self.tls else None
        return await asyncio.open_connection(self.host, self.port, ssl=self.tls, server_hostname=name)


def end_of(origin: str, through: str = "", tls: ssl.SSLContext | None = None) -> End:
    """Of `https://host[:port]`. `through`, `host:port`, is where the connection goes instead; the name stays.

    `*.localhost` is this machine (RFC 6761, section 6.3), also where the resolver does not know it."""
    parts = urlsplit(origin)
    name = parts.hostname or ""
    is_near = name == "localhost" or name.endswith(".localhost")
    to = urlsplit(f"//{through}") if through else parts
    host = (to.hostname or "") if through else "127.0.0.1" if is_near else name
    port = to.port or parts.port or (443 if parts.scheme == "https" else 80)
    return End(host, port, name, tls if parts.scheme == "https" else None)


class Wire:
    """One connection that is kept; one request at a time."""

    def __init__(self, end: End) -> None:
        self._end = end
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None

    async def ask(self, method: str, path: str, headers: Headers, body: bytes = b"") -> Answer:
        answer = await read_answer(await self._send(method, path, headers, body))
        if answer.one("connection").lower() == "close":
            self.close()
        return answer

    async def events(self, method: str, path: str, headers: Headers, body: bytes = b"") -> AsyncIterator[str]:
        """The names of the events of a stream, as they come. The first thing it yields is "open"."""
        reader = await self._send(method, path, headers, body)
        status, _ = await _head(reader)
        if status != 200:
            raise Broken(f"{method} {path}: {status} instead of a stream", str(status))
        yield "open"
        async for line in _lines(reader):
            if line.startswith(b"event: "):
                yield line[7:].decode()

    async def _send(self, method: str, path: str, headers: Headers, body: bytes) -> asyncio.StreamReader:
        if self._reader is None or self._writer is None:
            self._reader, self._writer = await self._end.connect()
        self._writer.write(request(method, path, headers, body))
        return self._reader

    def close(self) -> None:
        if self._writer is not None:
            self._writer.close()
        self._reader = self._writer = None


def request(method: str, path: str, headers: Headers, body: bytes = b"") -> bytes:
    lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items() if value)]
    if body or method != "GET":
        lines.append(f"content-length: {len(body)}")
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


async def read_answer(reader: asyncio.StreamReader) -> Answer:
    """A whole answer: of a length that is told, or in chunks, as a proxy may pass it on."""
    status, given = await _head(reader)
    known = dict(given)
    if known.get("transfer-encoding", "").lower() == "chunked":
        body = b"".join([chunk async for chunk in _chunks(reader)])
    elif known.get("content-length", "").isdecimal() and int(known["content-length"]) <= LONGEST_BODY:
        body = await reader.readexactly(int(known["content-length"]))
    else:
        raise Broken(f"an answer {status} without a length")
    return Answer(status, given, body)


async def _head(reader: asyncio.StreamReader) -> tuple[int, list[tuple[str, str]]]:
    first, *lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")[:-2]
    pairs = (line.partition(":") for line in lines)
    return int(first.split(" ")[1]), [(name.lower(), value.strip()) for name, _, value in pairs]


async def _chunks(reader: asyncio.StreamReader) -> AsyncIterator[bytes]:
    length = 0
    while size := int((await reader.readline()).partition(b";")[0], 16):
        length += size
        if length > LONGEST_BODY:
            raise Broken("an answer without an end")
        yield (await reader.readexactly(size + 2))[:-2]
    await reader.readline()


async def _lines(reader: asyncio.StreamReader) -> AsyncIterator[bytes]:
    """Lines of a chunked body; a proxy may cut an event in two."""
    rest = b""
    while size := int((await reader.readline()).partition(b";")[0], 16):
        *lines, rest = (rest + (await reader.readexactly(size + 2))[:-2]).split(b"\n")
        for line in lines:
            yield line
