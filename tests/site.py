"""A running Twolatch: the real server in processes of its own, on its own port, database, key and mail folder."""

import http.client
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tests import mortal
from tests.ports import free_port
from twolatch.settings import Settings

WORKERS = 2
START_SECONDS = 120.0  # two interpreters beside whatever else this machine does
STOP_SECONDS = 30.0
LOOK_SECONDS = 10.0
COMMAND = [sys.executable, "-c", "from twolatch.faces.commands import main; main()"]


class NotStarted(Exception):
    """The server did not come up; the text is what it said."""


def site_settings(folder: Path, database: str, port: int, **more: Any) -> Settings:
    """Settings of a rehearsal on this machine. One hop of X-Forwarded-For is ours, so that people in tests have
    addresses of their own."""
    wishes: dict[str, Any] = {
        "database": database,
        "key_file": folder / "master.key",
        "mail": f"folder:{folder / 'mail'}",
        "portal_url": f"http://localhost:{port}",
        "phone_url": f"http://phone.localhost:{port}",
        "desk_url": f"http://desk.localhost:{port}",
        "trusted_proxies": 1,
        "pin_iterations": 1000,
        "password_queue_seconds": 60,  # hashes give way to everybody else, and here everybody else may be much
    }
    return Settings(**{**wishes, **more})


@dataclass
class Site:
    """Start it, use it, stop it. `settings` are the very ones the processes run with."""

    folder: Path
    settings: Settings
    port: int
    workers: int = WORKERS
    process: subprocess.Popen[bytes] = field(init=False)

    @classmethod
    def on(cls, folder: Path, database: str, **more: Any) -> "Site":
        port = free_port()
        return cls(folder, site_settings(folder, database, port, **more), port)

    @property
    def environment(self) -> dict[str, str]:
        own = self.settings.model_dump(mode="json", exclude_unset=True, exclude_none=True)
        passed = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR", "TZ") if name in os.environ}
        return {**passed, "PYTHONUTF8": "1", **{f"TWOLATCH_{name.upper()}": _written(own[name]) for name in own}}

    def run(self, *arguments: str) -> str:
        """One command of the operator; what it printed. Raises CalledProcessError when it fails."""
        done = subprocess.run(
            [*COMMAND, *arguments], env=self.environment, cwd=self.folder, capture_output=True,
            encoding="utf-8", check=False,
        )  # fmt: skip
        if done.returncode:
            fault = subprocess.CalledProcessError(done.returncode, arguments, done.stdout, done.stderr)
            fault.add_note(done.stderr[-2000:])
            raise fault
        return done.stdout

    def start(self) -> None:
        """Raises NotStarted with the server's last words."""
        with open(self.folder / "server.log", "ab") as log:
            self.process = mortal.start(
                [*COMMAND, "serve", "--port", str(self.port), "--workers", str(self.workers)],
                signal.SIGTERM,
                env=self.environment,
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # a group of its own, so that stopping it ends its workers too
            )
        try:
            until(self._is_ready, START_SECONDS)
        except TimeoutError:
            self.stop()
            raise NotStarted(self.said()) from None

    def _is_ready(self) -> bool:
        if self.process.poll() is not None:
            raise NotStarted(self.said())
        are_all = self.workers == 1 or len(self.children()) >= self.workers
        return are_all and answers(self.port, urlsplit(self.settings.portal_url).netloc)

    def children(self) -> list[int]:
        """The worker processes (on Linux), the helper of Python's spawn left out."""
        pid = self.process.pid
        listed = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
        return [int(child) for child in listed if "spawn_main" in _command_line(int(child))]

    def said(self) -> str:
        """Everything the server wrote, standard error included."""
        return (self.folder / "server.log").read_text(encoding="utf-8", errors="replace")

    def stop(self) -> None:
        """Politely first; then the whole group, by its own id."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self.kill()
        self._end_group()

    def kill(self) -> None:
        """As a power cut ends it: all processes at once, no goodbye."""
        self._end_group()
        self.process.wait(STOP_SECONDS)

    def _end_group(self) -> None:
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            return


def _written(value: Any) -> str:
    """A setting as the environment carries it."""
    return value if isinstance(value, str) else json.dumps(value)


def answers(port: int, host: str = "") -> bool:
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=LOOK_SECONDS)
    try:
        line.request("GET", "/readyz", headers={"Host": host or f"localhost:{port}"})
        return line.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        line.close()


def _command_line(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    except OSError:
        return ""


def until(is_so: Callable[[], bool], seconds: float, every: float = 0.02) -> None:
    """Looks again and again, and stops at the first yes. Raises TimeoutError."""
    deadline = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() > deadline:
            raise TimeoutError
        time.sleep(every)
