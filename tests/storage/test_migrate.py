import asyncio
from pathlib import Path

import asyncpg
import pytest

from twolatch.storage.db import (
    ChangedStep,
    Database,
    NewerDatabase,
    StorageFault,
    migrate,
    open_database,
    pending_migrations,
)
from twolatch.storage.migrate import HERE, Step, for_postgres, read_steps
from twolatch.storage.postgres import MIGRATION_LOCK

PEOPLE = Step(
    1,
    "people",
    """
    -- Who may log in; one row per person.
    CREATE TABLE people (
      id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL, "BLOB" BLOB, share REAL
    ) STRICT;
    INSERT INTO people (name) VALUES ('an INTEGER; not a BLOB');
    """,
)
PHONES = Step(
    2, "phones", "CREATE TABLE phones (id TEXT PRIMARY KEY, paired_at INTEGER) WITHOUT ROWID, STRICT;"
)


async def test_missing_steps_are_applied_once(database: Database) -> None:
    assert await pending_migrations(database, [PEOPLE]) == [1]
    assert await migrate(database, [PEOPLE]) == [1]
    assert await migrate(database, [PEOPLE]) == []
    assert await pending_migrations(database, [PEOPLE, PHONES]) == [2]
    assert await migrate(database, [PEOPLE, PHONES], now=42) == [2]
    assert await pending_migrations(database, [PEOPLE, PHONES]) == []
    rows = await database.rows("SELECT number, name FROM schema_steps ORDER BY number")
    assert [dict(row) for row in rows] == [{"number": 1, "name": "people"}, {"number": 2, "name": "phones"}]
    assert (await database.row("SELECT applied_at FROM schema_steps WHERE number = 2") or {})[
        "applied_at"
    ] == 42


async def test_words_are_translated_outside_of_texts_and_names_only(database: Database) -> None:
    await migrate(database, [PEOPLE])
    row = await database.row('SELECT id, name, "BLOB" AS b FROM people')
    assert dict(row or {}) == {"id": 1, "name": "an INTEGER; not a BLOB", "b": None}


def test_the_words_of_postgresql() -> None:
    text = "CREATE TABLE a (id integer  primary key autoincrement, n INTEGER, b BLOB, r REAL) STRICT"
    assert for_postgres(text) == (
        "CREATE TABLE a (id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,"
        " n BIGINT, b BYTEA, r DOUBLE PRECISION)"
    )


async def test_whoever_migrates_waits_until_another_has_done(postgres_url: str) -> None:
    db, other = await open_database(postgres_url), await asyncpg.connect(postgres_url)
    await other.execute(f"SELECT pg_advisory_lock({MIGRATION_LOCK})")
    migrating = asyncio.create_task(migrate(db, [PEOPLE]))
    while not await other.fetch("SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"):
        assert not migrating.done()
    assert await other.fetchval("SELECT to_regclass('schema_steps')") is None
    await other.execute(f"SELECT pg_advisory_unlock({MIGRATION_LOCK})")
    assert await migrating == [1]
    await other.close()
    await db.close()


async def test_a_step_that_fails_leaves_nothing_behind(database: Database) -> None:
    broken = Step(2, "broken", "CREATE TABLE half (x TEXT); INSERT INTO nowhere VALUES (1);")
    with pytest.raises(StorageFault):
        await migrate(database, [PEOPLE, broken])
    assert await pending_migrations(database, [PEOPLE, PHONES]) == [2]
    with pytest.raises(StorageFault):
        await database.rows("SELECT * FROM half")


async def test_a_database_from_the_future_is_refused(database: Database) -> None:
    await migrate(database, [PEOPLE, PHONES])
    with pytest.raises(NewerDatabase, match=r"0002_phones.*only up to 0001"):
        await migrate(database, [PEOPLE])
    with pytest.raises(NewerDatabase):
        await pending_migrations(database, [PEOPLE])


async def test_a_step_that_was_edited_after_it_was_applied_is_refused(database: Database) -> None:
    await migrate(database, [PEOPLE])
    edited = Step(1, "people", PEOPLE.script.replace("NOT NULL", ""))
    with pytest.raises(ChangedStep, match="0001_people"):
        await migrate(database, [edited, PHONES])
    with pytest.raises(ChangedStep):
        await pending_migrations(database, [edited])


@pytest.mark.parametrize("numbers", [(2,), (1, 1), (1, 3, 2), (0, 1)])
async def test_steps_out_of_order_are_refused(database: Database, numbers: tuple[int, ...]) -> None:
    with pytest.raises(ChangedStep, match="numbered upwards"):
        await migrate(database, [Step(number, "x", "SELECT 1") for number in numbers])


async def test_a_step_that_came_in_later_with_a_lower_number_is_applied(database: Database) -> None:
    third = Step(3, "third", "CREATE TABLE third (id TEXT PRIMARY KEY)")
    assert await migrate(database, [PEOPLE, third]) == [1, 3]
    assert await pending_migrations(database, [PEOPLE, PHONES, third]) == [2]
    assert await migrate(database, [PEOPLE, PHONES, third]) == [2]


async def test_a_constraint_that_is_checked_at_commit_is_refused(database: Database) -> None:
    step = Step(1, "late", "CREATE TABLE a (x TEXT REFERENCES b (x) DEFERRABLE INITIALLY DEFERRED)")
    with pytest.raises(ChangedStep, match="deferred"):
        await migrate(database, [step])


async def test_steps_are_read_from_a_directory(database: Database, tmp_path: Path) -> None:
    (tmp_path / "0001_people.sql").write_text(PEOPLE.script)
    (tmp_path / "0002_phones.sql").write_bytes(PHONES.script.replace("\n", "\r\n").encode())
    assert await migrate(database, tmp_path) == [1, 2]
    assert await pending_migrations(database, [PEOPLE, PHONES]) == []


def test_a_file_with_a_strange_name_is_refused(tmp_path: Path) -> None:
    (tmp_path / "1_people.sql").write_text("")
    with pytest.raises(ChangedStep, match=r"1_people\.sql"):
        read_steps(tmp_path)


async def test_our_own_steps_fit_both_databases(database: Database) -> None:
    assert await migrate(database) == [step.number for step in read_steps(HERE)]
    assert await pending_migrations(database) == []
