"""Signals between the worker processes of one machine, by unix datagram sockets in a private directory.

Every worker binds `<directory>/<pid>-<random>.sock` and writes to all others it finds there. Nothing
travels but topics, only processes of the same user can reach the directory, and whoever is gone is swept
away by the next writer.
"""

import asyncio
import hashlib
import os
import re
import secrets
import socket
import stat
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from twolatch.wires.topics import envelopes, opened

MOST_ENVELOPE_BYTES = 32_000
MOST_WAITING_TOPICS = 2_000  # for one peer whose queue is full; beyond that its people poll
LIST_AGAIN_SECONDS = 1.0
_FIRST_RETRY_SECONDS = 0.005
_LONGEST_RETRY_SECONDS = 1.0
_MOST_PATH_BYTES = 100  # sun_path holds 108 bytes on Linux and 104 on BSD, the closing NUL included
_LONGEST_NAME = 32  # "<pid>-<8 hex digits>.sock", with room to spare
_NAME = re.compile(r"[0-9]{1,19}-[0-9a-f]{8}\.sock")


class SocketRelay:
    """Relay between processes that share `directory` (made with mode 0700 when absent)."""

    def __init__(self, directory: Path | str) -> None:
        self._wanted = Path(directory).absolute()
        self._directory = self._wanted
        self._own: Path | None = None
        self._socket: socket.socket | None = None
        self._peers: dict[str, _Peer] = {}
        self._listed_at = float("-inf")
        self._heard: Callable[[Iterable[str]], None] = lambda topics: None

    async def start(self, heard: Callable[[Iterable[str]], None], lost: Callable[[], None]) -> None:
        """Bind and greet the others. Raises OSError, or PermissionError when the directory is not ours
        alone.
        """
        self._heard = heard
        self._directory = _private_directory(self._wanted)
        self._own = self._directory / f"{os.getpid()}-{secrets.token_hex(4)}.sock"
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.setblocking(False)
        self._socket.bind(str(self._own))
        asyncio.get_running_loop().add_reader(self._socket.fileno(), self._read)
        self._list_peers()
        for peer in tuple(self._peers.values()):
            # An empty datagram makes us known at once; otherwise the others would find us at their next
            # listing.
            peer.write(b"")

    async def close(self) -> None:
        for peer in self._peers.values():
            peer.rest()
        self._peers.clear()
        if self._socket is not None:
            asyncio.get_running_loop().remove_reader(self._socket.fileno())
            self._socket.close()
            self._socket = None
        if self._own is not None:
            self._own.unlink(missing_ok=True)
            self._own = None

    def send(self, topics: Sequence[str]) -> None:
        if self._socket is None:
            return
        if asyncio.get_running_loop().time() - self._listed_at >= LIST_AGAIN_SECONDS:
            self._list_peers()
        for peer in tuple(self._peers.values()):
            peer.send(topics)

    def _read(self) -> None:
        for _ in range(64):  # then let the loop breathe; what is left calls again
            if self._socket is None:
                return
            try:
                data, sender = self._socket.recvfrom(MOST_ENVELOPE_BYTES + 1)
            except OSError:
                return
            self._meet(sender)
            if 0 < len(data) <= MOST_ENVELOPE_BYTES and data.isascii():
                self._heard(opened(data.decode("ascii")))

    def _meet(self, sender: object) -> None:
        """A writer whose address lies in our directory is a peer from now on."""
        if isinstance(sender, str) and os.path.dirname(sender) == str(self._directory):
            self._know(os.path.basename(sender))

    def _know(self, name: str) -> None:
        if self._socket is None or self._own is None or name == self._own.name or name in self._peers:
            return
        if _NAME.fullmatch(name):
            self._peers[name] = _Peer(self._socket, self._directory / name, self._forget)

    def _forget(self, name: str) -> None:
        self._peers.pop(name, None)

    def _list_peers(self) -> None:
        self._listed_at = asyncio.get_running_loop().time()
        try:
            names = set(os.listdir(self._directory))
        except OSError:
            return
        for name in tuple(self._peers):
            if name not in names:
                self._peers.pop(name).rest()
        for name in names:
            self._know(name)


class _Peer:
    """One other process. A full queue (10 datagrams on a plain Linux) is met again a little later, not
    forgotten.
    """

    def __init__(self, out: socket.socket, path: Path, forget: Callable[[str], None]) -> None:
        self._out = out
        self._path = path
        self._forget = forget
        self._waiting: dict[str, None] = {}
        self._pause = _FIRST_RETRY_SECONDS
        self._alarm: asyncio.TimerHandle | None = None

    def send(self, topics: Sequence[str]) -> None:
        room = MOST_WAITING_TOPICS - len(self._waiting)
        self._waiting.update(dict.fromkeys(topics[:room]))
        if self._alarm is None:
            self._empty()

    def write(self, data: bytes) -> bool:
        """True when the datagram left or its reader is gone for good, False when the reader's queue is
        full.
        """
        try:
            self._out.sendto(data, str(self._path))
        except BlockingIOError:
            return False
        except (ConnectionRefusedError, FileNotFoundError):
            self._bury()
        except OSError:
            self._waiting.clear()
        return True

    def rest(self) -> None:
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None
        self._waiting.clear()

    def _empty(self) -> None:
        self._alarm = None
        for envelope in envelopes(tuple(self._waiting), MOST_ENVELOPE_BYTES):
            if not self.write(envelope.encode("ascii")):
                self._alarm = asyncio.get_running_loop().call_later(self._pause, self._empty)
                self._pause = min(self._pause * 2, _LONGEST_RETRY_SECONDS)
                return
            for topic in envelope.split("\n"):
                self._waiting.pop(topic, None)
        self._pause = _FIRST_RETRY_SECONDS

    def _bury(self) -> None:
        """Nobody reads there any more: a killed worker cannot unlink its own socket."""
        self.rest()
        self._forget(self._path.name)
        self._path.unlink(missing_ok=True)


def _private_directory(wanted: Path) -> Path:
    """`wanted`, or a short stand-in under /tmp that every process derives alike when the path is too long
    to bind.
    """
    directory = wanted
    if len(os.fsencode(wanted)) + 1 + _LONGEST_NAME > _MOST_PATH_BYTES:
        mark = hashlib.sha256(os.fsencode(wanted)).hexdigest()[:16]
        directory = Path(f"/tmp/twolatch-{os.getuid()}-{mark}")  # noqa: S108  owner and mode are checked below
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    found = os.lstat(directory)
    # /tmp is open to everybody: somebody else's directory, or a link to one, must not receive our signals.
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid():
        raise PermissionError(f"{directory} is not a directory of this user")
    if stat.S_IMODE(found.st_mode) & 0o077:
        directory.chmod(0o700)
    return directory
