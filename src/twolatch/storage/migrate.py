"""Numbered steps that bring a database to the shape this program knows. Forward only.

A step is `migrations/NNNN_name.sql`, one text for both databases: numbered upwards, types INTEGER, REAL,
TEXT, BLOB, no deferred constraints. A number may be left out: people who work side by side take theirs from a range of
their own, and what came in later with a lower number is still applied. An applied step is history; a change is a new
step.
"""

import hashlib
import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from twolatch.storage.faults import ChangedStep, NewerDatabase
from twolatch.storage.shapes import Database, Dialect, Tx
from twolatch.storage.statement import outside_quotes, split

HERE = Path(__file__).parent / "migrations"
FILE_NAME = re.compile(r"(\d{4})_([a-z0-9_]+)\.sql")

LEDGER = (
    "CREATE TABLE IF NOT EXISTS schema_steps"
    " (number BIGINT PRIMARY KEY, name TEXT NOT NULL, sha256 TEXT NOT NULL, applied_at BIGINT NOT NULL)"
)
HAS_LEDGER: dict[Dialect, str] = {
    "sqlite": "SELECT 1 AS found FROM sqlite_schema WHERE type = 'table' AND name = 'schema_steps'",
    "postgresql": "SELECT 1 AS found FROM pg_catalog.pg_class"
    " WHERE relname = 'schema_steps' AND relkind = 'r' AND pg_table_is_visible(oid)",
}
APPLIED = "SELECT number, name, sha256 FROM schema_steps ORDER BY number"

POSTGRES_WORDS = tuple(
    (re.compile(pattern, re.IGNORECASE), word)
    for pattern, word in (
        (r"\bINTEGER\s+PRIMARY\s+KEY\s+AUTOINCREMENT\b", "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY"),
        (r"\bINTEGER\b", "BIGINT"),
        (r"\bREAL\b", "DOUBLE PRECISION"),
        (r"\bBLOB\b", "BYTEA"),
        (r"\)\s*(?:(?:STRICT|WITHOUT\s+ROWID)\s*,?\s*)+\Z", ")"),
    )
)
DEFERRED = re.compile(r"\bDEFERR(?:ED|ABLE)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Step:
    number: int
    name: str
    script: str

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.script.encode()).hexdigest()

    def statements(self, dialect: Dialect) -> list[str]:
        parts = split(self.script)
        return parts if dialect == "sqlite" else [for_postgres(part) for part in parts]


Steps = Path | Sequence[Step] | None
"""A directory, the steps themselves, or None for the program's own."""


def for_postgres(statement: str) -> str:
    for pattern, word in POSTGRES_WORDS:
        statement = outside_quotes(statement, pattern, word)
    return statement


def read_steps(directory: Path = HERE) -> list[Step]:
    """The steps of a directory, checked. Raises ChangedStep for a double number or a strange name."""
    steps = []
    for path in sorted(directory.glob("*.sql")):
        if (match := FILE_NAME.fullmatch(path.name)) is None:
            raise ChangedStep(f"{path.name} is not named like 0001_some_words.sql")
        steps.append(Step(int(match[1]), match[2], path.read_text(encoding="utf-8")))
    return steps


def checked(steps: Steps) -> list[Step]:
    known = read_steps(steps or HERE) if isinstance(steps, Path | None) else list(steps)
    numbers = [step.number for step in known]
    if numbers != sorted(set(numbers)) or (numbers and numbers[0] != 1):
        raise ChangedStep("migration steps must be numbered upwards from 0001, each number once")
    for step in known:
        # One COMMIT carries many works: a constraint checked only there would fail all of them for one.
        if outside_quotes(step.script, DEFERRED, "") != step.script:
            raise ChangedStep(f"step {label(step.number, step.name)} has a deferred constraint")
    return known


def label(number: int, name: str) -> str:
    return f"{number:04d}_{name}"


async def migrate(db: Database, steps: Steps = None, *, now: int | None = None) -> list[int]:
    """Apply the missing steps, each in one transaction; returns their numbers.

    Safe while other processes do the same. `now` is the moment kept in the ledger, milliseconds since 1970.
    Raises NewerDatabase, ChangedStep, StorageFault; a failed step leaves nothing behind.
    """
    known, moment, done = checked(steps), time.time_ns() // 1_000_000 if now is None else now, []
    await db.alone(make_ledger)
    missing = await missing_of(known, db)
    for step in missing:

        async def apply(tx: Tx, step: Step = step) -> bool:
            return await apply_step(tx, step, known, db.dialect, moment)

        if await db.alone(apply):
            done.append(step.number)
    return done


async def pending_migrations(db: Database, steps: Steps = None) -> list[int]:
    """The numbers of the steps not yet applied. Raises NewerDatabase and ChangedStep like `migrate`."""
    return [step.number for step in await missing_of(checked(steps), db)]


async def make_ledger(tx: Tx) -> None:
    await tx.run(LEDGER)


async def missing_of(known: list[Step], db: Database) -> list[Step]:
    if await db.row(HAS_LEDGER[db.dialect]) is None:
        return known
    applied = await db.rows(APPLIED)
    compare(known, applied)
    numbers = {row["number"] for row in applied}
    return [step for step in known if step.number not in numbers]


async def apply_step(tx: Tx, step: Step, known: list[Step], dialect: Dialect, now: int) -> bool:
    """Apply one step unless another process did meanwhile."""
    applied = await tx.rows(APPLIED)
    compare(known, applied)
    if any(row["number"] == step.number for row in applied):
        return False
    for statement in step.statements(dialect):
        await tx.run(statement)
    await tx.run(
        "INSERT INTO schema_steps (number, name, sha256, applied_at) VALUES (:number, :name, :sha256, :now)",
        number=step.number,
        name=step.name,
        sha256=step.sha256,
        now=now,
    )
    return True


def compare(known: Sequence[Step], applied: Sequence[Mapping[str, object]]) -> None:
    """Refuse a database whose history is not the beginning of ours."""
    ours = {step.number: step for step in known}
    for row in applied:
        number, name = int(str(row["number"])), str(row["name"])
        if number not in ours:
            raise NewerDatabase(
                f"The database knows step {label(number, name)}, this Twolatch only up to {max(ours, default=0):04d}."
                " Start the newer Twolatch, or restore the backup made before it was installed."
            )
        if ours[number].sha256 != row["sha256"]:
            raise ChangedStep(
                f"Step {label(number, name)} is not the one that was applied to this database."
                " Install the Twolatch that applied it; an applied step must never be edited."
            )
