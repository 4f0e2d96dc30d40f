"""Where checkpoints of the audit log go: places that whoever owns the database cannot rewrite.

`file:PATH` appends a line and waits for the disk; `syslog:` the system's own log, `syslog://HOST:PORT` one over UDP
(RFC 5424, whose own clock dates it); `https://...` a POST of the signed note as text. The operator names them, so they
may be on a private network; nothing but the note is sent.
"""

import asyncio
import os
import socket
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

from twolatch.protocol.chain import exported_note
from twolatch.settings import is_loopback_name

PATIENCE = 5.0  # seconds for one delivery
LOCAL_LOG = "/dev/log"
_AUTH_NOTICE = 10 * 8 + 5  # facility "security/authorization (private)", severity "notice"


class SinkFault(Exception):
    """It did not take the checkpoint; the text says why."""


class Sink(Protocol):
    @property
    def name(self) -> str: ...
    async def put(self, note: str) -> None:
        """Returns when it is kept. Raises SinkFault."""
        ...


def sink_of(address: str) -> Sink:
    """Raises ValueError for an address that is none of the above."""
    scheme, _, rest = address.partition(":")
    parts = urlsplit(address)
    if scheme == "file" and rest:
        return FileSink(Path(rest))
    if address == "syslog:":
        return SyslogSink()
    if scheme == "syslog" and parts.hostname:
        return SyslogSink((parts.hostname, parts.port or 514))
    if parts.hostname and (scheme == "https" or (scheme == "http" and is_loopback_name(parts.hostname))):
        return HttpSink(address)
    raise ValueError(f"{scheme!r} is no place for checkpoints: file:PATH, syslog:, syslog://HOST:PORT or https://...")


class FileSink:
    """One line per checkpoint. The file is for a disk, or a file system that only appends, of another owner."""

    def __init__(self, path: Path) -> None:
        self._path, self.name = path, f"file:{path}"

    async def put(self, note: str) -> None:
        try:
            await asyncio.to_thread(self._append, exported_note(note) + b"\n")
        except OSError as fault:
            raise SinkFault(f"{self._path}: {fault.strerror}") from fault

    def _append(self, line: bytes) -> None:
        handle = os.open(self._path, os.O_APPEND | os.O_CREAT | os.O_WRONLY, 0o640)
        try:
            if os.write(handle, line) != len(line):
                raise OSError(28, "not all of it was written")
            os.fsync(handle)
        finally:
            os.close(handle)


class SyslogSink:
    """UDP and the local socket answer nothing: what they take may still be lost. So this is never the only sink."""

    def __init__(self, address: tuple[str, int] | None = None) -> None:
        self._address = address
        self.name = f"syslog://{address[0]}:{address[1]}" if address else "syslog:"

    async def put(self, note: str) -> None:
        text = f"<{_AUTH_NOTICE}>1 - {socket.gethostname() or '-'} twolatch {os.getpid()} checkpoint - "
        try:
            await asyncio.to_thread(self._send, text.encode() + exported_note(note))
        except OSError as fault:
            raise SinkFault(f"{self.name}: {fault.strerror or fault}") from fault

    def _send(self, line: bytes) -> None:
        if self._address is None:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as local:
                local.settimeout(PATIENCE)
                local.connect(LOCAL_LOG)
                local.send(line)
            return
        family, kind, proto, _, target = socket.getaddrinfo(*self._address, type=socket.SOCK_DGRAM)[0]
        with socket.socket(family, kind, proto) as out:
            out.settimeout(PATIENCE)
            out.sendto(line, target)


class HttpSink:
    """2xx means kept. The address may carry a name and password, which stay out of logs and of `name`."""

    def __init__(self, address: str) -> None:
        parts = urlsplit(address)
        port = f":{parts.port}" if parts.port else ""
        self._address, self.name = address, f"{parts.scheme}://{parts.hostname}{port}{parts.path}"

    async def put(self, note: str) -> None:
        import httpx

        try:
            async with httpx.AsyncClient(timeout=PATIENCE, trust_env=False, follow_redirects=False) as client:
                headers = {"content-type": "text/plain; charset=utf-8"}
                answer = await client.post(self._address, content=note.encode(), headers=headers)
        except httpx.HTTPError as fault:
            raise SinkFault(f"{self.name}: {type(fault).__name__}") from fault
        if not answer.is_success:
            raise SinkFault(f"{self.name} answered {answer.status_code}")


def sinks_of(addresses: Sequence[str]) -> tuple[Sink, ...]:
    return tuple(sink_of(address) for address in addresses)
