"""Steps of the database: numbered upwards, never edited after they were released."""

from pathlib import Path

import pytest

from tests.house.source import HOUSE
from twolatch.storage.db import ChangedStep
from twolatch.storage.migrate import checked

STEPS = HOUSE / "storage" / "migrations"


def test_every_step_has_a_number_of_its_own_and_is_named_in_words() -> None:
    numbers = [step.number for step in checked(STEPS)]
    assert numbers == sorted(set(numbers))
    assert len(numbers) == len(list(STEPS.iterdir()))


def test_every_step_says_something_to_both_databases() -> None:
    for step in checked(STEPS):
        assert list(step.statements("sqlite"))
        assert list(step.statements("postgresql"))


@pytest.mark.parametrize(
    "names",
    [("0002_b.sql",), ("0001_a.sql", "0001_b.sql"), ("1_a.sql",), ("0001-a.sql",)],
)
def test_this_check_can_fail(tmp_path: Path, names: tuple[str, ...]) -> None:
    for name in names:
        (tmp_path / name).write_text("CREATE TABLE t (id TEXT PRIMARY KEY)")
    with pytest.raises(ChangedStep):
        checked(tmp_path)
