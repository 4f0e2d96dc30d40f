"""What Linux counts about processes: CPU time to the nanosecond, memory, bytes written."""

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

PROC = Path("/proc")
MS = 1e-6  # of a nanosecond


def threads(pid: int) -> dict[int, int]:
    """CPU time of each living thread in ns (schedstat: user and system, exact)."""
    found = {}
    for task in (PROC / str(pid) / "task").iterdir():
        with suppress(OSError):
            found[int(task.name)] = int((task / "schedstat").read_text().split()[0])
    return found


def children(pid: int) -> list[int]:
    with suppress(OSError):
        return [int(one) for one in (PROC / str(pid) / "task" / str(pid) / "children").read_text().split()]
    return []


def memory(pid: int) -> int:
    """Resident memory in KiB."""
    return _status(pid, "VmRSS")


def peak(pid: int) -> int:
    """The most that was resident since the start, in KiB."""
    return _status(pid, "VmHWM")


def _status(pid: int, name: str) -> int:
    lines = (PROC / str(pid) / "status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(name))


def written(path: Path) -> int:
    """Bytes handed to write() by one thread or process. (`write_bytes` counts whole folios: up to 100 times more.)"""
    with suppress(OSError):
        lines = (path / "io").read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("wchar"))
    return 0


@dataclass(frozen=True)
class Reading:
    """All gauges at one moment. `server` per thread in ns; `database` in ms; bytes since the processes' start, without
    those of the event loop, which writes to sockets only."""

    server: dict[int, int]
    database: float
    written: int

    def since(self, before: "Reading", hashing: Iterable[int], main: int) -> dict[str, float]:
        """CPU in ms of the hash threads, the event loop, the other threads and the database; bytes written."""
        spent = {tid: (cpu - before.server.get(tid, 0)) * MS for tid, cpu in self.server.items()}
        hashed = sum(spent.pop(tid, 0.0) for tid in hashing)
        loop = spent.pop(main, 0.0)
        return {
            "hash": hashed,
            "loop": loop,
            "threads": sum(spent.values()),
            "database": self.database - before.database,
            "written": self.written - before.written,
        }


def read(server: int, family: Iterable[int]) -> Reading:
    """`family`: the processes of the database's own server."""
    own, database = threads(server), 0.0
    files = sum(written(PROC / str(server) / "task" / str(tid)) for tid in own if tid != server)
    for pid in family:
        with suppress(OSError):
            database += sum(threads(pid).values()) * MS
            files += written(PROC / str(pid))
    return Reading(own, database, files)
