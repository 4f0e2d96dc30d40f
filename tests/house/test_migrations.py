"""Steps of the database: numbered upwards, never edited after they were released, and so made that programs of the
version before go on beside them (docs/operations/upgrade.md)."""

import re
from collections.abc import Iterable
from pathlib import Path

import pytest

from tests.house.source import HOUSE
from twolatch.storage.db import ChangedStep
from twolatch.storage.migrate import Step, checked

STEPS = HOUSE / "storage" / "migrations"
# Of the time when all nodes were stopped for a new version.
BEFORE_THE_RULE = {*range(1, 17), 21, 22, 23}
# Steps that do more than add, by name, each with the reason why programs of the version before do not notice.
UNNOTICED = {
    "0035_indices": "indices that only made things quicker go, and one table is made again with the same columns",
}

_COMMENT = re.compile(r"--[^\n]*")
_MADE = re.compile(r"CREATE TABLE (\w+) ?\(", re.I)
_ADDED = re.compile(r"ALTER TABLE \w+ ADD COLUMN (?P<column>.*)", re.I)
_ONLY_QUICKER = re.compile(r"CREATE INDEX \w+ ON", re.I)
_ONLY_ONE = re.compile(r"CREATE UNIQUE INDEX \w+ ON (\w+)", re.I)
_FORBIDS = re.compile(r"\b(CHECK|UNIQUE|PRIMARY KEY)\b", re.I)


def more_than_adding(steps: Iterable[Step]) -> list[str]:
    """Statements after which a program that does not know the step may fail, or read something else than was meant."""
    found = []
    for step in steps:
        made: set[str] = set()
        for statement in step.statements("sqlite"):
            text = " ".join(_COMMENT.sub("", statement).split())
            if table := _MADE.match(text):
                made.add(table[1])
            elif not only_adds(text, made):
                found.append(f"{step.number:04d}_{step.name}: {text[:60]}")
    return found


def only_adds(text: str, made: set[str]) -> bool:
    if added := _ADDED.match(text):
        column = added["column"]
        must_be_given = "NOT NULL" in column.upper() and "DEFAULT" not in column.upper()
        return not must_be_given and not _FORBIDS.search(column)
    if unique := _ONLY_ONE.match(text):
        return unique[1] in made  # on an older table it refuses what programs of the version before write
    return _ONLY_QUICKER.match(text) is not None


def test_every_step_has_a_number_of_its_own_and_is_named_in_words() -> None:
    numbers = [step.number for step in checked(STEPS)]
    assert numbers == sorted(set(numbers))
    assert len(numbers) == len(list(STEPS.iterdir()))


def test_every_step_says_something_to_both_databases() -> None:
    for step in checked(STEPS):
        assert list(step.statements("sqlite"))
        assert list(step.statements("postgresql"))


def test_programs_of_the_version_before_go_on_while_a_step_is_applied() -> None:
    new = [step for step in checked(STEPS) if step.number not in BEFORE_THE_RULE]
    told = {f"{step.number:04d}_{step.name}": step for step in new}
    assert set(UNNOTICED) <= set(told), "an exception that is no longer needed"
    assert more_than_adding(step for name, step in told.items() if name not in UNNOTICED) == []


def test_the_rule_is_not_younger_than_the_steps_it_leaves_out() -> None:
    assert {step.number for step in checked(STEPS)} >= BEFORE_THE_RULE


ADDING = """
CREATE TABLE pets (id TEXT PRIMARY KEY, owner TEXT NOT NULL UNIQUE) WITHOUT ROWID;  -- DROP TABLE users
CREATE UNIQUE INDEX pets_owner ON pets (owner);
CREATE INDEX users_called ON users (called) WHERE called <> '';
ALTER TABLE users ADD COLUMN called TEXT;
ALTER TABLE users ADD COLUMN called_at INTEGER NOT NULL DEFAULT 0;  -- since when
"""


@pytest.mark.parametrize(
    "statement",
    [
        "DROP TABLE users", "DROP INDEX users_name", "ALTER TABLE users DROP COLUMN email",
        "ALTER TABLE users RENAME COLUMN email TO mail", "ALTER TABLE users RENAME TO people",
        "ALTER TABLE users ADD COLUMN called TEXT NOT NULL", "ALTER TABLE users ADD COLUMN called TEXT UNIQUE",
        "ALTER TABLE users ADD COLUMN age INTEGER NOT NULL DEFAULT 0 CHECK (age > 17)",
        "CREATE UNIQUE INDEX users_email ON users (email)", "UPDATE users SET state = 'new'", "DELETE FROM users",
    ],
)  # fmt: skip
def test_this_rule_can_be_broken(statement: str) -> None:
    assert more_than_adding([Step(99, "x", ADDING)]) == []
    assert len(more_than_adding([Step(99, "x", f"{ADDING}{statement};")])) == 1


@pytest.mark.parametrize(
    "names",
    [("0002_b.sql",), ("0001_a.sql", "0001_b.sql"), ("1_a.sql",), ("0001-a.sql",)],
)
def test_this_check_can_fail(tmp_path: Path, names: tuple[str, ...]) -> None:
    for name in names:
        (tmp_path / name).write_text("CREATE TABLE t (id TEXT PRIMARY KEY)")
    with pytest.raises(ChangedStep):
        checked(tmp_path)
