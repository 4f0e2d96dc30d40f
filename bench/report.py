"""What was found, for eyes."""

from pathlib import Path
from typing import Any

import msgspec

from bench.goals import Judged

Numbers = dict[str, Any]
BUILD = Path("build")

_COLUMNS = (
    "         at once    n   per s |  CPU ms: hash   loop threads  database | answer to portal ms: sent p50   p99"
    "  reply p50   p99 | login ms p50    p99 | KiB written   log  grown  kept"
)


def keep(name: str, found: Any) -> Path:
    """All numbers, in build/NAME.json."""
    BUILD.mkdir(exist_ok=True)
    path = BUILD / f"{name}.json"
    path.write_bytes(msgspec.json.format(msgspec.json.encode(found), indent=2))
    return path


def print_database(name: str, found: Numbers, judged: list[Judged]) -> None:
    print(f"\n{name}")
    print(_COLUMNS)
    for town in ("small", "large"):
        if town in found:
            for at_once, numbers in found[town]["logins"].items():
                print(_row(f"{found[town]['users']:>8,} {at_once:>7}", numbers))
    print(_row("  activation   4", found["activation"]))
    _print_guesses(found["guesses"])
    _print_house(found)
    for one in judged:
        mark = "met    " if one.is_met else "NOT MET"
        print(f"  {mark}  {one.goal}: {one.measured:.4g} {one.unit} (goal: at most {one.most:g} {one.unit})")


def _row(head: str, of: Numbers) -> str:
    sent, reply, whole = of["from_sent"], of["from_reply"], of["whole"]
    return (
        f"{head} {of['count']:>4} {of['per_second']:>7.1f} |"
        f" {of['hash_ms']:>13.1f} {of['loop_ms']:>6.1f} {of['threads_ms']:>7.1f} {of['database_ms']:>9.1f} |"
        f" {sent['p50']:>29.1f} {sent['p99']:>5.1f} {reply['p50']:>10.1f} {reply['p99']:>5.1f} |"
        f" {whole['p50']:>12.0f} {whole['p99']:>6.0f} |"
        f" {of['written_kib']:>11.0f} {of.get('log_kib', 0):>5.0f} {of['rows_kib']:>6.1f} {of['kept_kib']:>5.1f}"
    )


def _print_guesses(guesses: Numbers) -> None:
    costs = [
        f"{kind} {of['hash_ms']:.1f} + {of['rest_ms']:.2f} + {of['database_ms']:.2f}" for kind, of in guesses.items()
    ]
    print(f"  a password posted (hash + server + database, CPU ms): {'; '.join(costs)}")


def _print_house(found: Numbers) -> None:
    for town in ("small", "large"):
        if town in found:
            of = found[town]
            print(
                f"  {of['users']:,} clients: ready in {of['ready_s']:.2f} s; memory {of['memory_kib'] / 1024:.0f} MiB"
                f" after the start, {of['memory_after_kib'] / 1024:.0f} MiB after the load"
            )
    waiting = found["waiting"]
    for who in ("alone", "crowd"):
        of = waiting[who]
        people = 0 if who == "alone" else waiting["people"]
        asked = "" if of["asked"] is None else f"; connections that asked anything: {of['asked']}"
        print(
            f"  {people} waiting, CPU ms a second: loop {of['loop_ms_per_s']:.2f},"
            f" threads {of['threads_ms_per_s']:.2f}, database {of['database_ms_per_s']:.2f};"
            f" written: {of['written']:.0f} bytes{asked}"
        )
    print(f"  one who waits holds {waiting['held_kib']:.1f} KiB")
