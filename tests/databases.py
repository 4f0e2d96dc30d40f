"""A real PostgreSQL for tests: its own directory, its own loopback port, gone afterwards.

It keeps fsync and synchronous_commit on, because Twolatch refuses a server without them.
"""

import asyncio
import os
import pwd
import secrets
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncpg

from tests import mortal
from tests.ports import free_port
from tests.site import until

START_SECONDS = 180  # initdb and the first start write 50 MB; a busy disk takes its time
TOOL_SECONDS = 240
SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "shared_buffers": "64MB",
    "max_connections": "100",
    "fsync": "on",
    "synchronous_commit": "on",
    "autovacuum": "off",
}


class NoPostgres(Exception):
    """There is no PostgreSQL here; the text says what is missing."""


class BrokenPostgres(Exception):
    """There is one, and it does not work; the text is what it said."""


class Hand:
    """Talks to the server from a thread of its own, so that tests with and without an event loop can ask."""

    def __init__(self, url: str) -> None:
        self._thread = ThreadPoolExecutor(1, "postgres-hand")
        self._loop = asyncio.new_event_loop()
        try:
            self._connection: asyncpg.Connection[Any] = self._run(asyncpg.connect(url))
        except BaseException:
            self._end()
            raise

    def _run(self, wish: Coroutine[Any, Any, Any]) -> Any:
        return self._thread.submit(self._loop.run_until_complete, wish).result(TOOL_SECONDS)

    def do(self, sql: str) -> None:
        self._run(self._connection.execute(sql))

    def ask(self, sql: str) -> Any:
        return self._run(self._connection.fetchval(sql))

    def close(self) -> None:
        self._run(self._connection.close())
        self._end()

    def _end(self) -> None:
        self._thread.shutdown()
        self._loop.close()


@dataclass
class Server:
    """A running server. `url` has no database name: use `address`."""

    tools: Path
    data: Path
    port: int
    user: str | None
    hand: Hand = field(init=False)
    process: subprocess.Popen[bytes] = field(init=False)

    def address(self, name: str) -> str:
        return f"postgresql://postgres@127.0.0.1:{self.port}/{name}"

    def do(self, sql: str) -> None:
        """Run a statement as the administrator, in the database `postgres`."""
        self.hand.do(sql)

    def stop(self) -> None:
        self.hand.close()
        self.end()
        shutil.rmtree(self.data.parent, ignore_errors=True)

    def end(self) -> None:
        self.process.send_signal(signal.SIGQUIT)  # "immediate shutdown": nobody wants to keep anything
        self.process.wait(TOOL_SECONDS)

    @property
    def _as_somebody(self) -> dict[str, Any]:
        """How a program of PostgreSQL is started."""
        rights: dict[str, Any] = {"user": self.user, "group": group_of(self.user), "extra_groups": []}
        surroundings = {"PATH": os.environ.get("PATH", ""), "LC_ALL": "C", "TZ": "UTC"}
        return {"cwd": self.data.parent, "env": surroundings, **(rights if self.user else {})}

    def start(self) -> None:
        """Returns when it answers. Raises BrokenPostgres with its last words."""
        settings = [f"{name}={value}" for name, value in {**SETTINGS, "port": str(self.port)}.items()]
        said = self.data.parent / "log"
        with open(said, "wb") as log:
            self.process = mortal.start(
                [self.tools / "postgres", "-D", self.data, *(word for each in settings for word in ("-c", each))],
                signal.SIGQUIT,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                **self._as_somebody,
            )
        try:
            until(self._is_up, START_SECONDS)
        except (TimeoutError, BrokenPostgres):
            self.process.kill()
            self.process.wait()
            raise BrokenPostgres(said.read_text(encoding="utf-8", errors="replace")[-2000:]) from None

    def _is_up(self) -> bool:
        if self.process.poll() is not None:
            raise BrokenPostgres
        try:
            self.hand = Hand(self.address("postgres"))
        except (OSError, asyncpg.CannotConnectNowError):
            return False
        return True

    def tool(self, name: str, *arguments: str | Path) -> None:
        """Run one of PostgreSQL's programs. Raises BrokenPostgres with its last words."""
        done = subprocess.run(
            [self.tools / name, *arguments], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=TOOL_SECONDS,
            check=False, **self._as_somebody,
        )  # fmt: skip
        if done.returncode:
            raise BrokenPostgres(f"{name} failed: {done.stdout.decode(errors='replace')[-2000:]}")


def find_tools() -> Path:
    """The folder with initdb and postgres, the newest if there are several. Raises NoPostgres."""

    def version(folder: Path) -> tuple[int, ...]:
        return tuple(int(part) for part in folder.parent.name.split(".") if part.isdecimal())

    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=version, reverse=True)
    if on_path := shutil.which("initdb"):
        folders.insert(0, Path(on_path).resolve().parent)
    for folder in folders:
        if (folder / "initdb").exists() and (folder / "postgres").exists():
            return folder
    raise NoPostgres(
        "neither PATH nor /usr/lib/postgresql/*/bin has initdb and postgres (apt install postgresql)"
    )


def unprivileged_user() -> str | None:
    """PostgreSQL refuses to run as root: whom to become, or None if we are somebody else already."""
    if os.geteuid() != 0:
        return None
    names = {entry.pw_name for entry in pwd.getpwall()}
    for name in ("postgres", "nobody"):
        if name in names:
            return name
    raise NoPostgres("we are root, and there is no user postgres or nobody to run PostgreSQL as")


def group_of(user: str | None) -> int | None:
    return pwd.getpwnam(user).pw_gid if user else None


def start_postgres(directory: Path | None = None) -> Server:
    """Make and start an empty server; stop it with `server.stop()`, which removes its directory.

    `directory` must be one that the user `postgres` may enter when we are root; by default a new one in /tmp.
    """
    tools, user = find_tools(), unprivileged_user()
    home = Path(tempfile.mkdtemp(prefix="twolatch-postgres-", dir=directory))
    if user:
        os.chown(home, pwd.getpwnam(user).pw_uid, pwd.getpwnam(user).pw_gid)
    server = Server(tools, home / "data", free_port(), user)
    try:
        server.tool(
            "initdb", "-D", server.data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-locale", "-N"
        )
        server.start()
    except BaseException:
        shutil.rmtree(home, ignore_errors=True)
        raise
    return server


def fresh_database(server: Server, template: str = "template0") -> str:
    """Create a database (empty, or a copy of one that nobody uses) and return its address."""
    name = f"t_{secrets.token_hex(8)}"
    server.do(f"CREATE DATABASE {name} TEMPLATE {template}")
    return server.address(name)


def drop_database(server: Server, url: str) -> None:
    """Remove a database, whoever is still connected."""
    server.do(f"DROP DATABASE {url.rpartition('/')[2]} WITH (FORCE)")
