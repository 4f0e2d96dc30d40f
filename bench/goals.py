"""What we want it to cost, and whether it does."""

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from typing import Any

Numbers = dict[str, Any]


@dataclass(frozen=True)
class Goal:
    """`measure` takes what was found on one database; KeyError where that was not played. `most` is the bound."""

    text: str
    most: float
    unit: str
    measure: Callable[[Numbers], float]


@dataclass(frozen=True)
class Judged:
    goal: str
    most: float
    unit: str
    measured: float
    is_met: bool


def _busy(found: Numbers, town: str = "small") -> Numbers:
    """Eight people at once."""
    return dict(found[town]["logins"]["8"])


def _beside(numbers: Numbers) -> float:
    return float(numbers["rest_ms"] + numbers["database_ms"])


def _embedded(numbers: Numbers) -> float:
    if numbers["database_ms"]:
        raise KeyError("a database server")
    return float(numbers["rest_ms"])


def _served(numbers: Numbers) -> float:
    if not numbers["database_ms"]:
        raise KeyError("no database server")
    return _beside(numbers)


def _all(numbers: Numbers) -> float:
    return float(numbers["hash_ms"]) + _beside(numbers)


def _idle_cpu(numbers: Numbers) -> float:
    return float(numbers["loop_ms_per_s"] + numbers["threads_ms_per_s"] + numbers["database_ms_per_s"])


def _asked(found: Numbers) -> float:
    """More than when nobody waits. KeyError on SQLite, which keeps no account."""
    alone, crowd = found["waiting"]["alone"]["asked"], found["waiting"]["crowd"]["asked"]
    if alone is None or crowd is None:
        raise KeyError("asked")
    return float(crowd - alone)


def _beside_the_rows(found: Numbers) -> float:
    """Of all logins of the small town, for a database grows by whole pages."""
    logins = found["small"]["logins"].values()
    grown = sum(of["count"] * (of["rows_kib"] - of["kept_kib"]) for of in logins)
    return float(grown) / sum(of["count"] for of in logins)


def _refused_share(found: Numbers) -> float:
    return _all(found["guesses"]["refused"]) / _all(found["guesses"]["wrong"])


def _wrong_share(found: Numbers) -> float:
    return _all(found["guesses"]["wrong"]) / _all(found["guesses"]["right"])


GOALS = (
    Goal("the portal knows of the phone's answer, p99, 8 at once", 50, "ms", lambda f: _busy(f)["from_sent"]["p99"]),
    Goal("  the same with 100,000 clients", 50, "ms", lambda f: _busy(f, "large")["from_sent"]["p99"]),
    Goal("  the same, 32 at once", 100, "ms", lambda f: f["small"]["logins"]["32"]["from_sent"]["p99"]),
    Goal("CPU of a login beside the hash, SQLite", 5, "ms", lambda f: _embedded(_busy(f))),
    Goal("CPU of a login beside the hash, with PostgreSQL's own", 8, "ms", lambda f: _served(_busy(f))),
    Goal(
        "CPU of a login beside the hash with 100,000 clients, to that with 1,000", 1.1, "times",
        lambda f: _beside(_busy(f, "large")) / _beside(_busy(f)),
    ),
    Goal("CPU of an activation beside the hash", 10, "ms", lambda f: _beside(f["activation"])),
    Goal("a login leaves beside the content of its rows", 1.5, "KiB", _beside_the_rows),
    Goal("start to ready, 1,000 clients", 1.0, "s", lambda f: f["small"]["ready_s"]),
    Goal("start to ready, 100,000 clients", 1.0, "s", lambda f: f["large"]["ready_s"]),
    Goal("memory after the start", 90, "MiB", lambda f: f["small"]["memory_kib"] / 1024),
    Goal("memory after the load", 90, "MiB", lambda f: f["small"]["memory_after_kib"] / 1024),
    Goal("memory of one who waits", 40, "KiB", lambda f: f["waiting"]["held_kib"]),
    Goal(
        "CPU of one who waits", 0.02, "ms a second",
        lambda f: (_idle_cpu(f["waiting"]["crowd"]) - _idle_cpu(f["waiting"]["alone"])) / f["waiting"]["people"],
    ),
    Goal("connections that ask more while a crowd waits", 0, "", _asked),
    Goal("a guess the limit refuses, to one that is looked at", 0.1, "times", _refused_share),
    Goal("a wrong password, to a right one (all CPU)", 1.1, "times", _wrong_share),
)  # fmt: skip


def judge(found: Numbers) -> Iterator[Judged]:
    for goal in GOALS:
        try:
            measured = float(goal.measure(found))
        except KeyError:
            continue
        yield Judged(goal.text, goal.most, goal.unit, measured, measured <= goal.most)


def as_json(judged: list[Judged]) -> list[Numbers]:
    return [asdict(one) for one in judged]
