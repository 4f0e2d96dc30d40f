"""What the soft phone keeps: one JSON file per app, replaced whole or not at all.

A soft phone cannot have keys that never leave it: K_dev lies in the file as PEM and K_mask as base64url.
Whoever copies the file and knows or guesses the PIN within the server's few tries is the phone; that is
what the installable app's non-extractable keys are better at. Nothing in the file tells a right PIN from a
wrong one.
"""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from pathlib import Path
from typing import IO, Literal, Protocol

import msgspec
from msgspec import Struct

from twolatch.protocol.messages import Answer, Scheme

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl


class Record(Struct, frozen=True, forbid_unknown_fields=True):
    """One user's authenticator.

    Byte strings are b64u; `server` is `https://<host>`; times in ms, the server's.

    `unsent` is an answer whose result is not known yet: of a claimed record the ready answer to the test
    challenge.
    """

    device: str
    server: str
    host: str
    user: str
    display: str
    site: str
    state: Literal["claimed", "active", "removed"]
    six_digits: str
    expires: int
    key_pem: str
    k_mask: str
    salt: str
    iterations: int
    ms: str
    signing_key: str
    pin_key: str
    epoch: str
    seq: int
    scheme: Scheme
    unsent: Answer | None = None

    def __repr__(self) -> str:
        return f"Record(user={self.user!r}, device={self.device!r}, state={self.state!r})"


class Kept(Struct, frozen=True, forbid_unknown_fields=True):
    """The whole file."""

    version: Literal[1] = 1
    records: tuple[Record, ...] = ()

    def find(self, device: str) -> Record | None:
        """The record of a device id."""
        return next((record for record in self.records if record.device == device), None)

    def put(self, record: Record) -> "Kept":
        """With this record instead of the one of the same device, or behind the others."""
        known = self.find(record.device) is not None
        swapped = tuple(record if old.device == record.device else old for old in self.records)
        return Kept(records=swapped if known else (*self.records, record))

    def drop(self, device: str) -> "Kept":
        """Without this device's record."""
        return Kept(records=tuple(record for record in self.records if record.device != device))


class Store(Protocol):
    """Where a phone keeps its records. `load` and `save` are quick; change only within `alone`."""

    def load(self) -> Kept: ...

    def save(self, kept: Kept) -> None: ...

    def alone(self) -> AbstractAsyncContextManager[None]: ...


class MemoryStore:
    """Keeps nothing when the process ends; for tests and for thousands of phones."""

    def __init__(self) -> None:
        self._kept = Kept()
        self._lock = asyncio.Lock()

    def load(self) -> Kept:
        return self._kept

    def save(self, kept: Kept) -> None:
        self._kept = kept

    @asynccontextmanager
    async def alone(self) -> AsyncIterator[None]:
        async with self._lock:
            yield


class StoreBusy(Exception):
    """Another process holds this phone."""


class StoreBroken(Exception):
    """The file is not one this program wrote."""


class Disk:
    """The three steps of a safe replacement; a test's disk loses its power between them."""

    def write(self, path: Path, data: bytes) -> None:
        """A new file that only its owner may read, on the platter before this returns."""
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())

    def rename(self, old: Path, new: Path) -> None:
        """In one step, over what was there."""
        os.replace(old, new)

    def settle(self, folder: Path) -> None:
        """The folder's own entry, so that the rename survives a power cut (POSIX only)."""
        if sys.platform != "win32":
            handle = os.open(folder, os.O_RDONLY)
            try:
                os.fsync(handle)
            finally:
                os.close(handle)


class FileStore:
    """`<folder>/phone.json`, readable by its owner only, and `phone.lock` against a second process."""

    def __init__(self, folder: Path, disk: Disk | None = None, patience: float = 30.0) -> None:
        """`patience`: how many seconds `alone` waits for another process before it raises StoreBusy."""
        self._folder = folder
        self._disk = disk or Disk()
        self._patience = patience
        self._path = folder / "phone.json"
        self._lock = asyncio.Lock()

    def load(self) -> Kept:
        """What is kept; nothing yet is an empty app. Raises StoreBroken."""
        try:
            return msgspec.json.decode(self._path.read_bytes(), type=Kept)
        except FileNotFoundError:
            return Kept()
        except msgspec.DecodeError as fault:
            raise StoreBroken(f"{self._path}: {fault}") from fault

    def save(self, kept: Kept) -> None:
        """Replaces the file. After a crash at any point the old or the new state is there, whole."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        # One name is enough, as only the holder of the lock writes; a crash may have left the file.
        fresh = self._folder / "phone.json.new"
        with suppress(FileNotFoundError):
            fresh.unlink()
        self._disk.write(fresh, msgspec.json.format(msgspec.json.encode(kept), indent=1))
        self._disk.rename(fresh, self._path)
        self._disk.settle(self._folder)

    @asynccontextmanager
    async def alone(self) -> AsyncIterator[None]:
        """No other task and no other process of this phone meanwhile. Raises StoreBusy."""
        async with self._lock:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            with open(self._folder / "phone.lock", "ab", opener=_private) as file:  # noqa: ASYNC230
                await self._wait_for(file)
                try:
                    yield
                finally:
                    _unlock(file)

    async def _wait_for(self, file: IO[bytes]) -> None:
        patience = self._patience
        while not _locked(file):
            if patience <= 0:
                raise StoreBusy(f"another process is using the phone in {self._folder}")
            patience -= 0.05
            await asyncio.sleep(0.05)


def default_folder() -> Path:
    """The platform's folder for a program's data, with `twolatch/phone` in it."""
    home = Path.home()
    if sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA") or home / "AppData" / "Local")
    elif sys.platform == "darwin":
        base = home / "Library" / "Application Support"
    else:
        base = Path(os.environ.get("XDG_DATA_HOME") or home / ".local" / "share")
    return base / "twolatch" / "phone"


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _locked(file: IO[bytes]) -> bool:
    try:
        if sys.platform == "win32":
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _unlock(file: IO[bytes]) -> None:
    if sys.platform == "win32":
        msvcrt.locking(file.fileno(), msvcrt.LK_UNLCK, 1)
    else:
        fcntl.flock(file, fcntl.LOCK_UN)
