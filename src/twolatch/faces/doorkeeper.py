"""The doorkeeper: how long a connection may say nothing, and how many there may be.

The web server waits for a request's head for ever, and reads one of any length. Whoever opens connections and sends a
byte now and then would hold them all (Slowloris), and who never reads an answer would hold its memory. Here every line
that owes us something has a deadline: the head of a request, its body, the reading of an answer, the next request. One
timer of the process looks after all of them, and where there are too many lines the one that has owed longest gives
way, then the oldest stream (its browser connects again), so a crowd shuts nobody out.
"""

import asyncio
import resource
import socket
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache
from typing import Protocol

import structlog

from twolatch.settings import Settings, load

READ_LEAST = 8 * 1024  # bytes of what waits for it that a slow reader takes in `slow_reader_seconds`
LOOK_SECONDS = 0.5
SAY_AGAIN_SECONDS = 60.0
OWN_FILES = 128  # databases, sockets, logs

log = structlog.get_logger("lines")


class Line(Protocol):
    """A connection as its keeper sees it."""

    transport: asyncio.Transport
    address: str  # who is counted together
    unread: int  # bytes that waited for the reader at the last look

    def hang_up(self) -> None:
        """At once, and with nothing more to send: who owes us something is not waited for."""


@dataclass
class Doorkeeper:
    """The lines of one process. Each of the waits is in the order of its deadlines, for each has one length."""

    settings: Settings
    loop: asyncio.AbstractEventLoop
    many: int = 0
    by_address: dict[str, int] = field(default_factory=dict)
    heads: dict[Line, float] = field(default_factory=dict)  # a request has begun, or the line is new
    bodies: dict[Line, float] = field(default_factory=dict)  # a request's head is here, and not all of its body
    idle: dict[Line, float] = field(default_factory=dict)  # between two requests
    stuck: dict[Line, float] = field(default_factory=dict)  # an answer is not read
    streams: dict[Line, None] = field(default_factory=dict)  # owe nothing; the oldest first
    room: int = field(init=False)
    _look: asyncio.TimerHandle | None = None
    _said_at: float = -SAY_AGAIN_SECONDS

    def __post_init__(self) -> None:
        files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
        least = self.settings.connections_most
        own = self.settings
        self._waits = (
            (self.heads, own.request_head_seconds),
            (self.bodies, own.request_body_seconds),
            (self.idle, own.keep_alive_seconds),
            (self.stuck, own.slow_reader_seconds),
        )
        self.room = least if files == resource.RLIM_INFINITY else max(1, min(least, files - OWN_FILES))

    def admit(self, line: Line) -> bool:
        """Whether the new line may stay. Another one, that only waits, may have to go for it."""
        self.many += 1
        self.by_address[line.address] = self.by_address.get(line.address, 0) + 1
        # Behind a proxy of ours every line comes from the same address.
        most_here = 0 if self.settings.trusted_proxies else self.settings.connections_per_address
        if most_here and self.by_address[line.address] > most_here:
            return self._makes_room(line.address)
        return self.many <= self.room or self._makes_room()

    def _makes_room(self, address: str = "") -> bool:
        if (now := self.loop.time()) > self._said_at + SAY_AGAIN_SECONDS:
            self._said_at = now
            log.warning("crowded", connections=self.many, address=address)
        found = self._owes_longest(address)
        if found is None:
            return False
        found.hang_up()
        return True

    def _owes_longest(self, address: str) -> Line | None:
        def first(lines: Iterable[Line]) -> Line | None:
            return next((line for line in lines if not address or line.address == address), None)

        owing = [(wait[line] - length, line) for wait, length in self._waits if (line := first(wait))]
        return min(owing, key=lambda pair: pair[0])[1] if owing else first(self.streams)

    def forget(self, line: Line) -> None:
        for wait, _ in self._waits:
            wait.pop(line, None)
        self.streams.pop(line, None)

    def leave(self, line: Line) -> None:
        self.forget(line)
        self.many -= 1
        left = self.by_address[line.address] - 1
        if left:
            self.by_address[line.address] = left
        else:
            del self.by_address[line.address]

    def awaits_head(self, line: Line) -> None:
        self.idle.pop(line, None)
        self.heads.pop(line, None)  # to the end: its deadline is now the last one
        self.heads[line] = self.loop.time() + self.settings.request_head_seconds
        self._keep_looking()

    def awaits_body(self, line: Line) -> None:
        self.heads.pop(line, None)
        self.idle.pop(line, None)
        self.bodies[line] = self.loop.time() + self.settings.request_body_seconds
        self._keep_looking()

    def has_body(self, line: Line) -> None:
        self.bodies.pop(line, None)

    def awaits_request(self, line: Line) -> None:
        self.streams.pop(line, None)
        if line not in self.heads and line not in self.bodies:  # the next has begun already, or this one goes on
            self.idle[line] = self.loop.time() + self.settings.keep_alive_seconds
            self._keep_looking()

    def awaits_reader(self, line: Line) -> None:
        line.unread = line.transport.get_write_buffer_size()
        self.stuck[line] = self.loop.time() + self.settings.slow_reader_seconds
        self._keep_looking()

    def streams_on(self, line: Line) -> None:
        self.streams[line] = None

    def _keep_looking(self) -> None:
        if self._look is None:
            self._look = self.loop.call_later(LOOK_SECONDS, self.look)

    def look(self) -> None:
        """Ends what is overdue; the first that is not ends the look."""
        now = self.loop.time()
        for wait in (self.heads, self.bodies, self.idle):
            for line in _overdue(wait, now):
                line.hang_up()
        for line in _overdue(self.stuck, now):
            del self.stuck[line]
            if line.unread - line.transport.get_write_buffer_size() < READ_LEAST:
                line.hang_up()
            else:
                self.awaits_reader(line)
        self._look = None
        if any(wait for wait, _ in self._waits):
            self._keep_looking()


def _overdue(wait: dict[Line, float], now: float) -> list[Line]:
    found = []
    for line, until in wait.items():
        if until > now:
            break
        found.append(line)
    return found


@cache
def of_this_process(loop: asyncio.AbstractEventLoop) -> Doorkeeper:
    """A process has one loop, and settings that it was started with."""
    return Doorkeeper(load(), loop)


def counted_as(host: str) -> str:
    """Who is counted together: an IPv4 address, or the network of 64 bits that an IPv6 client has for itself."""
    if ":" not in host:
        return host
    try:
        return socket.inet_pton(socket.AF_INET6, host.partition("%")[0])[:8].hex()
    except OSError:
        return host
