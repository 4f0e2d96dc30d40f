"""Backup and restore: the database in a folder with a list of what it holds. The master key is never in it."""

import asyncio
import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import msgspec
import typer

from twolatch import __version__
from twolatch.faces.commands.inside import fail, in_house, settings_or_fail

if TYPE_CHECKING:
    from twolatch.house import House
    from twolatch.settings import Settings

FORM = 1
DATABASE, LIST = "database", "backup.json"

Folder = Annotated[Path, typer.Argument(help="A folder for this one backup.")]


class Listed(msgspec.Struct, frozen=True):
    """What stands in `backup.json`. `at` in ms; `note` is the audit log's checkpoint at that moment."""

    form: int
    at: int
    version: str
    dialect: str
    size: int
    sha256: str
    note: str


def backup(folder: Folder) -> None:
    """Copy the database of this site, while it runs. Keep the master key elsewhere: both together are the site."""
    from twolatch.storage import copies
    from twolatch.storage.db import StorageFault

    settings = settings_or_fail()
    _make(folder)
    at, dialect, note = _moment()
    try:
        copies.take(settings.database, folder / DATABASE)
        copy = folder / DATABASE
        listed = Listed(FORM, at, __version__, dialect, copy.stat().st_size, _sum(copy), note)
        (folder / LIST).write_bytes(msgspec.json.format(msgspec.json.encode(listed)) + b"\n")
    except (StorageFault, OSError) as fault:
        fail(str(fault))
    typer.echo(f"{folder}: {listed.size:,} bytes. The master key {settings.key_file} is not in it: keep it elsewhere.")


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        if any(folder.iterdir()):
            fail(f"{folder} is not empty: name a new folder for each backup.")
    except OSError as fault:
        fail(f"Cannot use {folder}: {fault.strerror}.")


def _moment() -> tuple[int, str, str]:
    """Now, the kind of database, and the audit log signed up to here, so that a restore can be told from a forgery."""
    from twolatch.audit import sequencer

    async def wish(house: "House") -> tuple[int, str, str]:
        now = house.clock.latest()
        await sequencer.chain_all(house, now)
        return now, house.db.dialect, await sequencer.sign(house, now)

    return in_house(wish)


def restore(folder: Folder) -> None:
    """Put a backup into the empty place TWOLATCH_DATABASE names; what was pending or signed in is over."""
    from twolatch.faces.commands.server import migrated
    from twolatch.house import WrongKey
    from twolatch.storage import copies
    from twolatch.storage.db import StorageFault

    settings = settings_or_fail()
    listed = _checked(folder)
    try:
        _must_fit(settings, listed)
        copies.put_back(folder / DATABASE, settings.database)
        steps = asyncio.run(migrated())
    except (StorageFault, WrongKey) as fault:
        fail(str(fault))
    in_house(_fenced)
    applied = f" Applied steps {steps}." if steps else ""
    typer.echo(f"Restored.{applied} Everybody logs in again; whatever was pending is over.")


async def _fenced(house: "House") -> None:
    from twolatch.fence import raise_fence

    await raise_fence(house, house.clock.latest(), "restored")


def _checked(folder: Path) -> Listed:
    try:
        listed = msgspec.json.decode((folder / LIST).read_bytes(), type=Listed)
        size, found = (folder / DATABASE).stat().st_size, _sum(folder / DATABASE)
    except OSError as fault:
        fail(f"{folder} holds no whole backup: {fault.strerror} ({fault.filename}).")
    except (msgspec.DecodeError, UnicodeDecodeError) as fault:
        fail(f"{folder / LIST} cannot be read: {fault}.")
    if listed.form != FORM:
        fail(f"{folder} was made by a newer Twolatch ({listed.version}).")
    if (size, found) != (listed.size, listed.sha256):
        fail(f"{folder / DATABASE} is not what was copied: it was changed or cut short. Take another backup.")
    return listed


def _must_fit(settings: "Settings", listed: Listed) -> None:
    from twolatch.storage.db import file_of
    from twolatch.wires.wrapping import keeper_of

    here = "sqlite" if file_of(settings.database) else "postgresql"
    if here != listed.dialect:
        fail(f"This backup is of {listed.dialect}, and TWOLATCH_DATABASE names {here}.")
    keeper_of(settings)


def _sum(file: Path) -> str:
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()
