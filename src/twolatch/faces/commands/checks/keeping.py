"""What the site is kept in: the master key, and the database."""

import asyncio
import os
from collections.abc import Iterator
from pathlib import Path

from twolatch.faces.commands.checks.finding import Finding, Round, bad, warning
from twolatch.settings import Settings
from twolatch.storage.db import (
    NewerDatabase,
    StorageFault,
    UnsafeDatabase,
    file_of,
    is_missing,
    open_database,
    pending_migrations,
)
from twolatch.wires.wrapping import CREDENTIALS, WrongKey, keeper_of

BACKUP = "backup.json"
MOUNTS = Path("/proc/self/mountinfo")
# File systems behind a network: their locks and flushes are not those of a disk.
FAR = frozenset({
    "9p", "afs", "beegfs", "ceph", "cifs", "fuse.glusterfs", "fuse.s3fs", "fuse.sshfs", "glusterfs", "gfs2", "lustre",
    "ncpfs", "nfs", "nfs4", "ocfs2", "smb3", "smbfs",
})  # fmt: skip
_OF_OTHERS, _WRITABLE = 0o077, 0o022
_STICKY = 0o1000


def key_file(settings: Settings) -> Path | None:
    """The file of the master key; None where something else keeps it."""
    scheme, _, rest = (settings.key_provider or f"file:{settings.key_file}").partition(":")
    return Path(rest) if scheme == "file" and rest else None


def key(asked: Round) -> Iterator[Finding]:
    settings = asked.settings
    file = key_file(settings)
    if file and not file.exists():
        yield _no_key(settings, file)
        return
    if settings.key_provider.startswith("credential:") and not os.environ.get(CREDENTIALS):
        yield bad(
            "key.credential",
            f"{settings.key_provider} is handed in by systemd, and nothing was handed in here.",
            "Give the unit LoadCredential= for it, and ask in its place: systemd-run --pty -p User=twolatch "
            "-p LoadCredential=NAME:FILE --setenv=TWOLATCH_CONFIG=FILE twolatch doctor",
        )
        return
    if file and (mode := file.stat().st_mode & _OF_OTHERS):
        says = f"The master key {file} may be read or changed by others (mode {mode:03o} too much)."
        yield bad("key.rights", says, f"chmod 600 {file}")
        return
    try:
        keeper_of(settings)
    except WrongKey as fault:
        yield bad("key.unusable", f"{_sentence(fault)}", "See docs/operations/keys.md.")
    if file:
        yield from _where(file)


def _no_key(settings: Settings, file: Path) -> Finding:
    if is_missing(settings.database):
        says = f"There is no master key {file} yet."
        return bad("key.missing", says, "`twolatch migrate` makes one together with a new database.")
    return bad(
        "key.lost",
        f"There is a database and no master key {file}; without the key that was made with it nothing opens.",
        "Put the key back from where you keep it. Do not make another: docs/operations/disaster.md.",
    )


def _where(file: Path) -> Iterator[Finding]:
    folder = file.resolve().parent
    near = [folder, *list(folder.parents)[:2], *folder.iterdir()]
    if any(os.path.exists(each / BACKUP) for each in near):  # where we may not look, the answer is no
        yield warning(
            "key.beside_backup",
            f"The master key {file} lies beside a backup: whoever copies the folder has the whole site.",
            "Keep backups in a folder that holds no key, on another disk.",
        )
    mode = folder.stat().st_mode
    if mode & _WRITABLE and not mode & _STICKY:
        says = f"Others may put files into {folder}, where the master key lies."
        yield warning("key.folder", says, f"chmod 700 {folder}")


def database(asked: Round) -> Iterator[Finding]:
    url = asked.settings.database
    if is_missing(url):
        yield bad("database.missing", f"There is no {url} yet.", "A new site begins with `twolatch migrate`.")
        return
    if file := file_of(url):
        yield from _file(file)
    yield from asyncio.run(_opened(url))


async def _opened(url: str) -> list[Finding]:
    try:
        db = await open_database(url)
    except UnsafeDatabase as fault:
        return [bad("database.unsafe", _sentence(fault), "As it says; nothing starts until then.")]
    except StorageFault as fault:
        remedy = "Is the server up, and are name, password and host in TWOLATCH_DATABASE right?"
        return [bad("database.unreachable", _sentence(fault), remedy)]
    try:
        if waiting := await pending_migrations(db):
            return [bad("database.waiting", f"Steps {waiting} are missing in the database.", "Run `twolatch migrate`.")]
    except NewerDatabase as fault:
        return [bad("database.newer", _sentence(fault), "Going back is restoring a backup: docs/operations/deploy.md.")]
    except StorageFault as fault:
        return [bad("database.changed", _sentence(fault), "Install the Twolatch that applied these steps.")]
    finally:
        await db.close()
    return []


def _file(file: Path) -> Iterator[Finding]:
    if far := far_system(file.resolve(), MOUNTS):
        yield bad(
            "database.network_disk",
            f"{file} lies on {far}, a file system behind a network: locks and flushes do not hold there.",
            "Put it on a disk of this machine, or take PostgreSQL.",
        )
    if file.stat().st_mode & _OF_OTHERS:
        yield warning("database.rights", f"The database {file} may be read or changed by others.", f"chmod 600 {file}*")


def far_system(file: Path, mounts: Path) -> str:
    """The kind of file system `file` lies on, where that is behind a network; else empty."""
    try:
        lines = mounts.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return ""  # no Linux: nobody says
    found, depth = "", -1
    for line in lines:
        before, _, after = line.partition(" - ")
        point = Path(before.split()[4].encode().decode("unicode_escape"))
        if file.is_relative_to(point) and len(point.parts) >= depth:  # of two at one place the later lies on top
            found, depth = after.split()[0], len(point.parts)
    return found if found in FAR else ""


def _sentence(fault: Exception) -> str:
    text = str(fault)
    return f"{text[:1].upper()}{text[1:].rstrip('.')}."
