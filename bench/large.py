"""`python -m bench.large`: a large site on paper. Logins come, queue at cores and disks, and wait for people.

Nothing runs but this simulation; its costs are those that `python -m bench` measured (build/bench.json), or the ones
named below. What it shows is where a queue begins to grow, and how many machines keep it short.
"""

import argparse
import heapq
import random
import sys
from collections.abc import Callable, Generator, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import msgspec

MEASURED = Path("build/bench.json")
PATIENCE = 2.0  # seconds in the queue before the hash; then a login is told to come back


@dataclass(frozen=True)
class Costs:
    """CPU seconds of one login: its hash; the server beside it; the database. `commits` wait for a disk each."""

    hashing: float = 0.036
    server: float = 0.0040
    database: float = 0.0025
    commits: int = 5
    disk: float = 0.0005  # one flush; a standby that answers before the commit is in it


@dataclass(frozen=True)
class Site:
    nodes: int
    cores: int  # of each node; half of them hash
    shards: int
    shard_cores: int


@dataclass
class Cores:
    """`servers` at once, first come first served. `busy`: seconds of work done."""

    servers: int
    busy: float = 0.0

    def __post_init__(self) -> None:
        self._free_at = [0.0] * self.servers

    def waits(self, now: float) -> float:
        return max(0.0, self._free_at[0] - now)

    def take(self, now: float, work: float) -> float:
        """When it is done."""
        done = max(now, heapq.heappop(self._free_at)) + work
        heapq.heappush(self._free_at, done)
        self.busy += work
        return done


@dataclass
class Disk:
    """Group commit: whoever comes while a flush is under way shares the next one."""

    flush: float
    busy: float = 0.0
    _begins: float = 0.0
    _ends: float = 0.0

    def take(self, now: float) -> float:
        if now > self._begins:  # the last one has begun: a new one follows it, or begins at once
            self._begins = max(now, self._ends)
            self._ends = self._begins + self.flush
            self.busy += self.flush
        return self._ends


@dataclass
class Found:
    """Seconds a login took beside its person, sorted; how many were told to come back; load of each kind of machine."""

    waits: list[float]
    refused: int
    hashing: float
    serving: float
    storing: float
    flushing: float

    def at(self, share: float) -> float:
        return self.waits[min(len(self.waits) - 1, int(len(self.waits) * share))] if self.waits else 0.0


def play(site: Site, costs: Costs, per_second: float, seconds: float, seed: int) -> Found:
    """Poisson arrivals. A client's rows live on one shard, all nodes are alike; a login has two halves, before and
    after the phone, and only the machine's part of its time counts. Events are played in the order of their time."""
    chance, hashers = random.Random(seed), max(1, site.cores // 2)
    hashing = [Cores(hashers) for _ in range(site.nodes)]
    serving = [Cores(max(1, site.cores - hashers)) for _ in range(site.nodes)]
    storing = [Cores(site.shard_cores) for _ in range(site.shards)]
    disks = [Disk(costs.disk) for _ in range(site.shards)]
    waits, refused = [], 0

    def login(now: float) -> Generator[float, float, None]:
        """Each time it yields is when its next step begins."""
        nonlocal refused
        shard, began = chance.randrange(site.shards), now
        node = chance.randrange(site.nodes)
        if hashing[node].waits(now) > PATIENCE:
            refused += 1
            return
        now = yield hashing[node].take(now, costs.hashing)
        for half in range(2):
            now = yield serving[chance.randrange(site.nodes)].take(now, costs.server / 2)
            now = yield storing[shard].take(now, costs.database / 2)
            for _ in range(costs.commits // 2 + half * (costs.commits % 2)):
                now = yield disks[shard].take(now)
        waits.append(now - began)

    _run(login, _arrivals(chance, per_second, seconds))
    return Found(
        sorted(waits), refused, _share(hashing, seconds), _share(serving, seconds), _share(storing, seconds),
        sum(disk.busy for disk in disks) / seconds / site.shards,
    )  # fmt: skip


def _run(login: Callable[[float], Generator[float, float, None]], arrivals: Iterable[float]) -> None:
    events: list[tuple[float, int, Generator[float, float, None] | None]] = []
    for number, at in enumerate(arrivals):
        events.append((at, number, None))
    heapq.heapify(events)
    while events:
        now, number, one = heapq.heappop(events)
        try:
            if one is None:
                one = login(now)
                heapq.heappush(events, (next(one), number, one))
            else:
                heapq.heappush(events, (one.send(now), number, one))
        except StopIteration:
            continue


def _share(machines: list[Cores], seconds: float) -> float:
    return sum(one.busy for one in machines) / seconds / sum(one.servers for one in machines)


def _arrivals(chance: random.Random, per_second: float, seconds: float) -> Iterator[float]:
    now = chance.expovariate(per_second)
    while now < seconds:
        yield now
        now += chance.expovariate(per_second)


def measured(found: dict[str, Any]) -> Costs:
    """From a bench on PostgreSQL, eight at once, 100,000 clients where they were played."""
    town = found["PostgreSQL"].get("large") or found["PostgreSQL"]["small"]
    login = town["logins"]["8"]
    return replace(
        Costs(), hashing=found["hash_ms"]["together"] / 1000, server=login["rest_ms"] / 1000,
        database=login["database_ms"] / 1000,
    )  # fmt: skip


def needed(costs: Costs, per_second: float, cores: int) -> Site:
    """The smallest site whose machines are at most 60 % busy."""
    share = 0.6
    hashing = per_second * costs.hashing / share / max(1, cores // 2)
    serving = per_second * costs.server / share / (cores - max(1, cores // 2))
    storing = per_second * costs.database / share / cores
    return Site(int(max(hashing, serving)) + 1, cores, int(storing) + 1, cores)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.large", description="A large site on paper.")
    parser.add_argument("--per-second", type=float, default=1_000, help="logins a second")
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--cores", type=int, default=8, help="of each machine")
    parser.add_argument("--seed", type=int, default=1)
    wishes = parser.parse_args()
    costs = measured(msgspec.json.decode(MEASURED.read_bytes())) if MEASURED.exists() else Costs()
    print(f"Costs of a login ({MEASURED if MEASURED.exists() else 'assumed'}): {costs}")
    enough = needed(costs, wishes.per_second, wishes.cores)
    for name, site in (
        ("half the nodes", replace(enough, nodes=max(1, enough.nodes // 2))),
        ("enough", enough),
        ("a quarter of the nodes lost", replace(enough, nodes=max(1, enough.nodes * 3 // 4))),
        ("twice the logins", enough),
    ):
        per_second = wishes.per_second * (2 if name == "twice the logins" else 1)
        of = play(site, costs, per_second, wishes.seconds, wishes.seed)
        print(
            f"{name:>27}: {site.nodes:>3} nodes, {site.shards} shards of {site.cores} cores |"
            f" p50 {of.at(0.5) * 1000:6.0f} ms, p99 {of.at(0.99) * 1000:6.0f} ms | told to come back {of.refused:>6,} |"
            f" busy: hash {of.hashing:4.0%}, server {of.serving:4.0%}, database {of.storing:4.0%},"
            f" disk {of.flushing:4.0%}"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
