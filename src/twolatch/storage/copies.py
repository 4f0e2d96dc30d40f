"""Whole copies of a database: taken while it is used, put back into an empty place.

SQLite copies itself in one reading transaction. PostgreSQL's own `pg_dump` and `pg_restore` do the other; where they
are not installed that is said. Passwords go through the environment, because every user of a machine may read the
words of a command.
"""

import os
import shutil
import subprocess
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

import apsw

from twolatch.storage.db import file_of
from twolatch.storage.faults import StorageFault

NEW, LONGEST = "database.partial", 24 * 3600.0  # seconds


def take(url: str, target: Path) -> None:
    """A copy of the database as it stands now, synced to the disk. Raises StorageFault; then there is no `target`."""
    partial = target.with_name(NEW)
    try:
        source = file_of(url)
        if source:
            _take_file(source, partial)
        else:
            _tool("pg_dump", url, "--format=custom", "--no-owner", "--no-privileges", f"--file={partial}")
        _settle(partial)
        partial.rename(target)
    except OSError as fault:
        raise StorageFault(f"cannot write {target}: {fault.strerror}") from fault
    finally:
        partial.unlink(missing_ok=True)


def put_back(copy: Path, url: str) -> None:
    """Into a place where nothing is. Raises StorageFault, and leaves the place as it was."""
    target = file_of(url)
    if target is None:
        options = ("--no-owner", "--no-privileges", "--single-transaction", "--exit-on-error")
        _tool("pg_restore", url, *options, "--dbname=", str(copy))
        return
    if any(path.exists() for path in (target, *_logs(target))):
        raise StorageFault(f"{target} is there already: move it and its -wal and -shm away, or name another place")
    partial = target.with_name(f"{target.name}.partial")
    try:
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        shutil.copyfile(copy, partial)
        partial.chmod(0o600)
        _settle(partial)
        os.link(partial, target)  # unlike a rename it never takes the place of another file
    except OSError as fault:
        raise StorageFault(f"cannot write {target}: {fault.strerror}") from fault
    finally:
        partial.unlink(missing_ok=True)


def _logs(file: Path) -> tuple[Path, Path]:
    return file.with_name(f"{file.name}-wal"), file.with_name(f"{file.name}-shm")


def _take_file(source: Path, target: Path) -> None:
    os.close(os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    try:
        connection = apsw.Connection(str(source), flags=apsw.SQLITE_OPEN_READWRITE)
        try:
            connection.execute("VACUUM INTO ?", (str(target),))
        finally:
            connection.close()
    except apsw.Error as fault:
        raise StorageFault(f"cannot copy {source}: {fault}") from fault


def _settle(file: Path) -> None:
    """On the disk, and its name too."""
    for path, flags in ((file, os.O_RDWR), (file.parent, os.O_RDONLY)):
        handle = os.open(path, flags)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _tool(name: str, url: str, *words: str) -> None:
    path = shutil.which(name)
    if path is None:
        raise StorageFault(f"{name} is not installed here: it comes with PostgreSQL's client programs")
    done = subprocess.run(  # noqa: S603  our own words, no shell
        [path, "--no-password", *words], env={**os.environ, **_server(url)}, capture_output=True,
        text=True, errors="replace", check=False, timeout=LONGEST,
    )  # fmt: skip
    if done.returncode:
        raise StorageFault(f"{name} failed: {done.stderr.strip()[-500:]}")


def _server(url: str) -> dict[str, str]:
    """The address as PostgreSQL's programs read it from their environment."""
    parts = urlsplit(url)
    query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
    hosts = [urlsplit(f"//{one}") for one in parts.netloc.rpartition("@")[2].split(",")]
    ports = [str(host.port or "") for host in hosts]
    given = {
        "PGHOST": ",".join(host.hostname or "" for host in hosts) or query.get("host"),
        "PGPORT": ",".join(ports) if any(ports) else query.get("port"),
        "PGUSER": unquote(parts.username) if parts.username else None,
        "PGPASSWORD": unquote(parts.password) if parts.password else None,
        "PGDATABASE": unquote(parts.path.lstrip("/")),
        "PGTARGETSESSIONATTRS": query.get("target_session_attrs"),
        "PGSSLMODE": query.get("sslmode"),
        "PGSSLROOTCERT": query.get("sslrootcert"),
        "PGAPPNAME": "twolatch",
    }
    return {name: value for name, value in given.items() if value}
