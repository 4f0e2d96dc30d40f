"""A site with its people and its load, and the measuring of one scene after another."""

import asyncio
import os
import statistics
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from bench import gauges
from bench.person import Town
from bench.site import Site
from twolatch.house import Hasher, Keys
from twolatch.house.keys import Purpose
from twolatch.words.secret import Secret

Numbers = dict[str, Any]
LONGEST_SCENE = 120.0  # seconds


class SceneFailed(Exception):
    """The load met something that is no part of a login."""


@dataclass
class Stage:
    """`place` is the database (bench.places); `hashing` the server's threads that hash, found by `find_hashing`."""

    site: Site
    place: Any
    load: "Loader"
    hash_ms: float
    hashing: frozenset[int] = frozenset()

    @property
    def pid(self) -> int:
        return self.site.pid

    def read(self) -> gauges.Reading:
        return gauges.read(self.pid, self.place.family())

    def since(self, before: gauges.Reading) -> dict[str, float]:
        return self.read().since(before, self.hashing, self.pid)

    async def find_hashing(self) -> None:
        """Wrong passwords cost hashes and little else: who paid for them is a hash thread."""
        await self.load.do("knock", count=8)
        before = gauges.threads(self.pid)
        await self.load.do("guess", kind="wrong", at_once=8)
        spent = {tid: (cpu - before.get(tid, 0)) * gauges.MS for tid, cpu in gauges.threads(self.pid).items()}
        self.hashing = frozenset(tid for tid, ms in spent.items() if tid != self.pid and ms > self.hash_ms)

    async def measure(self, wish: str, **order: Any) -> Numbers:
        """One scene, its costs divided by how often it was played. CPU in ms, bytes in KiB."""
        await self.place.tidy()
        size, content, before = await self.place.size(), await self.place.content(), self.read()
        answer = await self.load.do(wish, **order)
        spent, grown, kept = self.since(before), await self.place.size(), await self.place.content() - content
        count = len(answer["timed"]) if "timed" in answer else answer["count"]
        numbers = {f"{name}_ms": spent[name] / count for name in ("hash", "loop", "threads", "database")}
        return {
            "count": count,
            "per_second": count / answer["seconds"],
            **numbers,
            "rest_ms": numbers["loop_ms"] + numbers["threads_ms"],
            "load_ms": 1000 * answer["own_cpu"] / count,
            "written_kib": spent["written"] / count / 1024,
            "kept_kib": kept / count / 1024,
            **{f"{name}_kib": (grown[name] - size[name]) / count / 1024 for name in grown},
            **_times(answer.get("timed", [])),
        }


def _times(timed: Sequence[dict[str, float]]) -> Numbers:
    """p50 and p99 in ms; of fewer than 100 values the p99 is the highest."""
    found: Numbers = {}
    for name in ("whole", "from_sent", "from_reply") if timed else ():
        values = sorted(one[name] for one in timed)
        found[name] = {"p50": statistics.median(values), "p99": values[-(len(values) // 100) - 1]}
    return found


class Loader:
    """The other end of bench.load."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    @classmethod
    async def start(cls, town: Town, folder: Path) -> "Loader":
        path = folder / "town.json"
        path.write_bytes(msgspec.json.encode(town))
        pipe = asyncio.subprocess.PIPE
        command = [sys.executable, "-m", "bench.load", str(path)]
        return cls(await asyncio.create_subprocess_exec(*command, stdin=pipe, stdout=pipe, limit=1 << 24))

    async def do(self, wish: str, **order: Any) -> Numbers:
        """Raises SceneFailed."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(msgspec.json.encode({"wish": wish, **order}) + b"\n")
        line = await asyncio.wait_for(self._process.stdout.readline(), LONGEST_SCENE)
        answer: Numbers = msgspec.json.decode(line) if line else {"fault": "the load ended"}
        if "fault" in answer:
            raise SceneFailed(f"{wish}: {answer['fault']}")
        return answer

    async def stop(self) -> None:
        if self._process.returncode is None:
            self._process.kill()
        await self._process.wait()


async def cost_of_a_hash(passes: int, memory_mib: int) -> dict[str, float]:
    """CPU ms of one hash: alone, and with one on each core, which share the memory's speed."""
    hasher, own = Hasher(passes, memory_mib, Keys({(Purpose.PEPPER, 1): bytes(32)})), os.getpid()
    costs = {}
    for name, at_once in (("alone", 1), ("together", os.cpu_count() or 1)):
        await asyncio.gather(*(hasher.hash(Secret("warm")) for _ in range(at_once)))
        before = sum(gauges.threads(own).values())
        for _ in range(8):
            await asyncio.gather(*(hasher.hash(Secret("bench")) for _ in range(at_once)))
        costs[name] = (sum(gauges.threads(own).values()) - before) * gauges.MS / (8 * at_once)
    hasher.close()
    return costs
