import asyncio
import subprocess
import sys
from pathlib import Path

from tests.storage.child import race
from twolatch.storage.db import Database, Tx, open_database

CHILD = Path(__file__).with_name("child.py")


async def lay_out_ticket(tx: Tx) -> None:
    await tx.run("CREATE TABLE ticket (id TEXT PRIMARY KEY, state TEXT NOT NULL)")
    await tx.run("CREATE TABLE wins (count BIGINT NOT NULL)")
    await tx.run("INSERT INTO ticket VALUES ('t', 'open')")
    await tx.run("INSERT INTO wins VALUES (0)")


async def test_of_a_thousand_who_use_one_ticket_at_once_one_wins(database: Database) -> None:
    await database.write(lay_out_ticket)
    assert await race(database, 1000) == 1
    assert dict(await database.row("SELECT state, count FROM ticket, wins") or {}) == {
        "state": "used",
        "count": 1,
    }


def start_child(*arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, CHILD, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )


def answers_of(children: list[subprocess.Popen[str]]) -> list[str]:
    """Let children that are ready start together; what each said in the end."""
    for child in children:
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"
    for child in children:
        assert child.stdin is not None
        child.stdin.write("go\n")
        child.stdin.flush()
    return [child.communicate(timeout=240)[0].strip() for child in children]


async def test_one_wins_among_two_processes(database_url: str) -> None:
    db = await open_database(database_url)
    await db.write(lay_out_ticket)
    children = [start_child("race", database_url, "500") for _ in range(2)]
    answers = await asyncio.to_thread(answers_of, children)
    assert sorted(answers) == ["0", "1"]
    assert (await db.row("SELECT count FROM wins") or {})["count"] == 1
    await db.close()


STEP = "CREATE TABLE people (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL);"


async def test_two_processes_that_migrate_at_once_apply_each_step_once(
    database_url: str, tmp_path: Path
) -> None:
    steps = tmp_path / "steps"
    steps.mkdir()
    for number in (1, 2, 3, 4):
        (steps / f"000{number}_people.sql").write_text(STEP.replace("people", f"people{number}"))
    children = [start_child("migrate", database_url, str(steps)) for _ in range(2)]
    answers = await asyncio.to_thread(answers_of, children)
    applied = [int(digit) for answer in answers for digit in answer if digit.isdigit()]
    assert sorted(applied) == [1, 2, 3, 4]
