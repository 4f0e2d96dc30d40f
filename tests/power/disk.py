"""A disk that forgets: what was written and not yet synced is lost at a power cut, kept, or torn in its middle.

SQLite speaks to a disk through a VFS. This one passes everything on to the real file, so that a running database
notices nothing, and writes down beside it what a disk would hold for certain (as of the last sync) and what it may
hold (each sector written since). At a chosen step the power goes: nothing more is written, and every call fails.
"""

import threading
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import apsw

SECTOR = 512
REAL = "unix"


class PowerIsOff(apsw.IOError):
    """What SQLite is told from then on."""


@dataclass
class Kept:
    """One file. `certain`: its bytes as of the last sync, None while nobody synced it; `perhaps`: what followed, in
    order: (offset, bytes), or (size, None) for a truncation."""

    certain: bytes | None
    perhaps: list[tuple[int, bytes | None]] = field(default_factory=list)
    is_deleted: bool = False

    def settle(self) -> None:
        self.certain = applied(self.certain or b"", self.perhaps)
        self.perhaps = []

    def after_the_cut(self, chance: Random) -> bytes | None:
        """What is found on the disk; None where there is no such file."""
        if self.is_deleted and chance.random() < 0.5:
            return None
        if self.certain is None and chance.random() < 0.3:
            return None  # its name was never written
        share = chance.choice((0.0, 0.1, 0.5, 0.9, 1.0))
        some = [each for each in in_sectors(self.perhaps) if chance.random() < share]
        if chance.random() < 0.5:
            chance.shuffle(some)  # a disk writes in the order it likes
        return applied(self.certain or b"", some)


def in_sectors(written: list[tuple[int, bytes | None]]) -> list[tuple[int, bytes | None]]:
    """Each write as the sectors it touches: a disk tears between them, and nowhere else."""
    pieces: list[tuple[int, bytes | None]] = []
    for at, data in written:
        if data is None:
            pieces.append((at, None))
            continue
        start = 0
        while start < len(data):
            end = min(len(data), start + SECTOR - (at + start) % SECTOR)
            pieces.append((at + start, data[start:end]))
            start = end
    return pieces


def applied(before: bytes, written: list[tuple[int, bytes | None]]) -> bytes:
    after = bytearray(before)
    for at, data in written:
        if data is None:
            del after[at:]
            continue
        if len(after) < at:
            after.extend(bytes(at - len(after)))  # a hole reads as zeros
        after[at : at + len(data)] = data
    return bytes(after)


class Disk(apsw.VFS):
    """Every file that SQLite opens while this is in use. The power goes at the `cut_at`-th step (a write, a truncation,
    a sync, a deletion), or never. `is_past`: nobody looks any more, and whoever closes his files may write again."""

    def __init__(self, cut_at: int = 0) -> None:
        self.files: dict[str, Kept] = {}
        self.steps, self.is_off, self.is_past = 0, False, False
        self._cut_at = cut_at
        self._lock = threading.Lock()
        super().__init__("forgetful", REAL, makedefault=True)

    def xOpen(self, name: str | apsw.URIFilename | None, flags: list[int]) -> "File":
        path = name.filename() if isinstance(name, apsw.URIFilename) else name or ""
        if path and (path not in self.files or self.files[path].is_deleted):
            self.files[path] = Kept(Path(path).read_bytes() if Path(path).exists() else None)
        return File(self, path, name, flags)

    def xDelete(self, filename: str, syncdir: bool) -> None:
        if self.counts(filename):
            self.files[filename].is_deleted = True
        super().xDelete(filename, syncdir)

    def counts(self, path: str, written: tuple[int, bytes | None] | None = None) -> bool:
        """One step, with what it writes, if anything. Raises PowerIsOff at the cut and after it: what was on its way at
        that moment may arrive in part."""
        with self._lock:
            if self.is_past or path not in self.files:
                return False
            if self.is_off:
                raise PowerIsOff("the power is off")
            self.steps += 1
            if written:
                self.files[path].perhaps.append(written)
            if self.steps == self._cut_at:
                self.is_off = True
                raise PowerIsOff("the power goes")
            return True

    def forget_deleted(self) -> None:
        self.files = {path: kept for path, kept in self.files.items() if not kept.is_deleted}

    def after_the_cut(self, folder: Path, chance: Random) -> None:
        """Writes what is found afterwards into `folder`, under the files' own names."""
        for path, kept in sorted(self.files.items()):
            found = kept.after_the_cut(chance)
            if found is not None:
                (folder / Path(path).name).write_bytes(found)


class File(apsw.VFSFile):
    def __init__(self, disk: Disk, path: str, name: str | apsw.URIFilename | None, flags: list[int]) -> None:
        self._disk, self._path = disk, path
        super().__init__(REAL, name, flags)

    def xWrite(self, data: bytes, offset: int) -> None:
        self._disk.counts(self._path, (offset, bytes(data)))
        super().xWrite(data, offset)

    def xTruncate(self, newsize: int) -> None:
        self._disk.counts(self._path, (newsize, None))
        super().xTruncate(newsize)

    def xSync(self, flags: int) -> None:
        """Of the model alone: nobody cuts the power of the machine that runs the test. With the first sync of a new log
        or journal SQLite syncs the folder too, and whatever was deleted in it is gone."""
        if self._disk.counts(self._path):
            kept = self._disk.files[self._path]
            if kept.certain is None:
                self._disk.forget_deleted()
            kept.settle()
