"""Ports for servers that tests start: free, and free until they are taken.

A port of the system's own range may be given to any outgoing connection between "is it free?" and "listen"; so ours lie
outside. Another test process could look at the same moment; so each port is held by a datagram socket of the same
number, which serves nobody else and falls with its process.
"""

import random
import socket
from contextlib import suppress
from pathlib import Path

SYSTEM_RANGE = Path("/proc/sys/net/ipv4/ip_local_port_range")
WIDTH = 12_000
LOWEST = 10_000

_held: list[socket.socket] = []
_chance = random.Random()  # its own: tests that seed the common one would all walk the same ports


def free_port() -> int:
    """A port of 127.0.0.1 that is this process's to use until it ends."""
    for _ in range(1000):
        port = _chance.choice(_candidates())
        with suppress(OSError):
            return _hold(port)
    raise OSError("no free port for tests")


def _candidates() -> range:
    try:
        low, high = map(int, SYSTEM_RANGE.read_text(encoding="ascii").split())
    except (OSError, ValueError):
        low, high = 32_768, 60_999
    below, above = range(max(LOWEST, low - WIDTH), low), range(high + 1, 65_536)
    return max(below, above, range(20_000, 32_000) if len(below) + len(above) == 0 else range(0), key=len)


def _hold(port: int) -> int:
    guard = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    try:
        guard.bind(("127.0.0.1", port))
        with socket.create_server(("127.0.0.1", port)):
            pass
    except OSError:
        guard.close()
        raise
    _held.append(guard)
    return port
