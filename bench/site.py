"""The real server in a process of its own: started, found ready, stopped by its own id."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from twolatch.rehearsal.phone import ITERATIONS

COMMAND = [sys.executable, "-c", "from twolatch.faces.commands import main; main()"]
READY_SECONDS = 120.0


class NotStarted(Exception):
    """The server did not come up; the text is what it said."""


@dataclass
class Site:
    folder: Path
    database: str
    port: int
    process: subprocess.Popen[bytes] | None = None
    more: dict[str, Any] = field(default_factory=dict)  # settings of this site alone
    workers: int = 1

    @property
    def pid(self) -> int:
        assert self.process is not None
        return self.process.pid

    @property
    def environment(self) -> dict[str, str]:
        own = {
            "database": self.database,
            "key_file": self.folder / "master.key",
            "mail": f"folder:{self.folder / 'mail'}",
            "portal_url": f"http://localhost:{self.port}",
            "phone_url": f"http://phone.localhost:{self.port}",
            "desk_url": f"http://desk.localhost:{self.port}",
            "trusted_proxies": 1,  # so that each person of the bench has an address of his own
            "pin_iterations": ITERATIONS,
            **self.more,
        }
        passed = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        return {**passed, **{f"TWOLATCH_{name.upper()}": str(value) for name, value in own.items()}}

    def run(self, *arguments: str) -> None:
        subprocess.run([*COMMAND, *arguments], env=self.environment, cwd=self.folder, capture_output=True, check=True)

    def start(self, under: Sequence[str] = ()) -> float:
        """Seconds from the spawn to the first 200 of /readyz. `under`: a program that runs it. Raises NotStarted."""
        begun = time.monotonic()
        with open(self.folder / "server.log", "ab") as log:
            self.process = subprocess.Popen(
                [*under, *COMMAND, "serve", "--port", str(self.port), "--workers", str(self.workers)],
                env=self.environment,
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        while not self._is_ready():
            if self.process.poll() is not None or time.monotonic() - begun > READY_SECONDS:
                self.stop()
                raise NotStarted(self.said())
            time.sleep(0.005)
        return time.monotonic() - begun

    def _is_ready(self) -> bool:
        ask = f"GET /readyz HTTP/1.1\r\nhost: localhost:{self.port}\r\nconnection: close\r\n\r\n"
        try:
            with socket.create_connection(("127.0.0.1", self.port), 1) as wire:
                wire.sendall(ask.encode())
                return wire.recv(64).startswith(b"HTTP/1.1 200")
        except OSError:
            return False

    def said(self) -> str:
        return (self.folder / "server.log").read_text(encoding="utf-8", errors="replace")[-4000:]

    def stop(self) -> None:
        """Politely, then its whole group, by its own id."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(5)
            except subprocess.TimeoutExpired:
                os.killpg(self.process.pid, signal.SIGKILL)
                self.process.wait(5)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port
