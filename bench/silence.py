"""Connections that owe the server something, each in its own way, and how long it bears them.

`python -m bench.silence PORT MANY PER_SECOND` opens so many, a process of their own beside those who log in. At the end
it prints how many seconds the last one of each kind was borne for.
"""

import asyncio
import itertools
import json
import resource
import socket
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import uvloop

import twolatch

BUILT = Path(twolatch.__file__).parent / "faces" / "phone_app" / "built"
LONGEST = 80.0  # seconds; nothing is borne for so long
NARROW = 4 * 1024  # bytes that a slow reader's own system takes for it
AGAIN = 16  # requests in one breath: their answers fill every buffer between


@dataclass(frozen=True)
class Kind:
    """What is said at once, and whether a byte follows every second."""

    name: str
    said: bytes
    dribbles: bool = False


def kinds(port: int) -> list[Kind]:
    head = f"POST /login HTTP/1.1\r\nHost: localhost:{port}\r\nOrigin: http://localhost:{port}\r\n"
    form = f"{head}Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 60000\r\n\r\nname="
    wish = f"GET {_largest()} HTTP/1.1\r\nHost: phone.localhost:{port}\r\n\r\n"
    return [
        Kind("no bytes", b""),
        Kind("partial head", f"{head}X: ".encode(), dribbles=True),
        Kind("partial body", form.encode(), dribbles=True),
        Kind("no reading", wish.encode() * AGAIN),
    ]


def crowd(many: int, port: int) -> Iterator[Kind]:
    return itertools.islice(itertools.cycle(kinds(port)), many)


def _largest() -> str:
    """What strangers may fetch, and fills most buffers."""
    listed = json.loads((BUILT / "files.json").read_text(encoding="utf-8"))
    return "/" + max(listed, key=lambda name: (BUILT / name.lstrip("/")).stat().st_size).lstrip("/")


class Silent:
    """One connection. `lasted`: seconds until the server had closed it."""

    def __init__(self, port: int, kind: Kind) -> None:
        self.kind, self.lasted = kind, LONGEST
        self._port = port

    async def sit(self) -> None:
        wire = socket.socket()
        wire.setblocking(False)
        if self.kind.name == "no reading":
            wire.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, NARROW)
        begun = time.monotonic()
        try:
            await asyncio.get_running_loop().sock_connect(wire, ("127.0.0.1", self._port))
            if self.kind.said:
                await asyncio.get_running_loop().sock_sendall(wire, self.kind.said)
            while not self._is_closed(wire) and time.monotonic() - begun < LONGEST:
                await asyncio.sleep(1)
                if self.kind.dribbles:
                    wire.send(b"x")
        except OSError:
            pass  # hung up, which is what is waited for
        finally:
            wire.close()
        self.lasted = time.monotonic() - begun

    def _is_closed(self, wire: socket.socket) -> bool:
        if self.kind.name == "no reading":
            return wire.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) != 0
        try:
            return wire.recv(4_096) == b""
        except BlockingIOError:
            return False


def allow_many_files() -> None:
    now, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(now, min(most, 65_536)), most))


async def sit(port: int, many: int, per_second: float) -> dict[str, float]:
    """Seconds until the last one of each kind was closed."""
    lines = [Silent(port, kind) for kind in crowd(many, port)]

    async def one(number: int, line: Silent) -> None:
        await asyncio.sleep(number / per_second)
        await line.sit()

    await asyncio.gather(*(one(number, line) for number, line in enumerate(lines)))
    closed: dict[str, float] = {}
    for line in lines:
        closed[line.kind.name] = max(closed.get(line.kind.name, 0.0), line.lasted)
    return closed


if __name__ == "__main__":
    allow_many_files()
    print(json.dumps(uvloop.run(sit(int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])))))
