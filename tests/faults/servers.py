"""PostgreSQL servers that die, come back, and are followed by others."""

import os
import pwd
import shutil
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from tests.databases import NoPostgres, Server, start_postgres
from tests.site import until

PATIENCE = 120.0  # seconds for a server to catch up or to be promoted
# By one thread that lives as long as the tests do: the system ends a server together with the thread that started it.
_hand = ThreadPoolExecutor(1, "postgres-faults")


def crash(server: Server) -> None:
    """All its processes at once, no goodbye, nothing written that was not written yet."""
    server.hand.close()
    server.end()


def start_again(server: Server) -> None:
    """Blocks until it answers, replayed log and all."""
    _hand.submit(server.start).result()


def remove(server: Server) -> None:
    if server.process.poll() is None:
        server.stop()
    else:
        shutil.rmtree(server.data.parent, ignore_errors=True)


@contextmanager
def a_primary() -> Iterator[Server]:
    server = start_postgres()
    try:
        yield server
    finally:
        remove(server)


@contextmanager
def a_standby(primary: Server, port: int, *, follows: bool) -> Iterator[Server]:
    """A copy of the primary as it stands now. `follows`: it replays all that comes after, and the primary waits for it
    with every COMMIT; else it knows no more than on its first day, and is not started yet."""
    if not (primary.tools / "pg_basebackup").exists():
        raise NoPostgres("this PostgreSQL has no pg_basebackup")
    home = Path(tempfile.mkdtemp(prefix="twolatch-postgres-"))
    if primary.user:
        os.chown(home, pwd.getpwnam(primary.user).pw_uid, pwd.getpwnam(primary.user).pw_gid)
    standby = Server(primary.tools, home / "data", port, primary.user)
    line = f"host=127.0.0.1 port={primary.port} user=postgres application_name=standby"
    follow = ("-R",) if follows else ()
    try:
        standby.tool("pg_basebackup", "-D", standby.data, "-d", line, "-c", "fast", "-X", "stream", *follow)
        if follows:
            standby.start()
            primary.do("ALTER SYSTEM SET synchronous_standby_names = 'standby'")
            primary.do("SELECT pg_reload_conf()")
            until(lambda: bool(primary.hand.ask(IN_STEP)), PATIENCE)
        yield standby
    finally:
        if hasattr(standby, "process"):
            remove(standby)
        else:
            shutil.rmtree(home, ignore_errors=True)


IN_STEP = "SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'sync'"


def promote(standby: Server) -> None:
    """Returns when it decides by itself."""
    if not hasattr(standby, "process"):
        (standby.data / "standby.signal").touch()
        start_again(standby)
    standby.do("SELECT pg_promote()")
    until(lambda: not standby.hand.ask("SELECT pg_is_in_recovery()"), PATIENCE)


def either(one: int, other: int, name: str) -> str:
    """The address of a database at whichever of two ports the primary is."""
    return f"postgresql://postgres@127.0.0.1:{one},127.0.0.1:{other}/{name}?target_session_attrs=primary"
