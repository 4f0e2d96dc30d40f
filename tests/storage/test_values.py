from enum import StrEnum
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from twolatch.storage.db import ConstraintBroken, Database, StorageFault, Tx, WrongStatement, open_database

NOW = 1_900_000_000_000  # does not fit into 32 bits


class State(StrEnum):
    OPEN = "open"


def table(db: Database) -> str:
    words = ("INTEGER", "BLOB") if db.dialect == "sqlite" else ("BIGINT", "BYTEA")
    return "CREATE TABLE thing (id TEXT PRIMARY KEY, many {}, text TEXT, bytes {}, real FLOAT)".format(*words)


@pytest.fixture
async def things(database: Database) -> Database:
    await database.write(lambda tx: tx.run(table(database)))
    return database


INSERT = "INSERT INTO thing VALUES (:id, :many, :text, :bytes, :real)"
EMPTY: dict[str, Any] = {"id": "a", "many": None, "text": None, "bytes": None, "real": None}


async def keep(db: Database, **values: Any) -> dict[str, Any]:
    """Write a row, read it back."""
    await db.write(lambda tx: tx.run(INSERT, **(EMPTY | values)))
    return dict(await db.row("SELECT * FROM thing WHERE id = :id", id=values.get("id", "a")) or {})


values = st.fixed_dictionaries(
    {
        "many": st.none() | st.integers(-(2**63), 2**63 - 1),
        "text": st.none() | st.text(st.characters(exclude_characters="\0", codec="utf-8"), max_size=40),
        "bytes": st.none() | st.binary(max_size=40),
        "real": st.none() | st.floats(allow_nan=False, allow_infinity=False),
    }
)


@given(values)
@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_what_is_kept_comes_back_the_same(database_url: str, values: dict[str, Any]) -> None:
    db = await open_database(database_url)
    await db.write(lambda tx: tx.run("DROP TABLE IF EXISTS thing"))
    await db.write(lambda tx: tx.run(table(db)))
    assert await keep(db, **values) == {"id": "a"} | values
    await db.close()


async def test_truth_is_kept_as_a_number_and_an_enum_as_its_text(things: Database) -> None:
    kept = await keep(things, many=True, text=State.OPEN)
    assert (kept["many"], kept["text"]) == (1, "open")


async def test_times_in_milliseconds_can_be_reckoned_with(things: Database) -> None:
    await keep(things, many=NOW)
    sql = "SELECT many + :more AS later, :now + 60000 AS soon FROM thing WHERE many BETWEEN :now-1 AND :now+1"
    assert dict(await things.row(sql, now=NOW, more=5) or {}) == {"later": NOW + 5, "soon": NOW + 60_000}


async def test_one_parameter_may_stand_for_null_or_for_a_value(things: Database) -> None:
    await keep(things, text="x")
    sql = "SELECT id FROM thing WHERE (:text IS NULL OR text = :text) AND (:many IS NULL)"
    assert len(await things.rows(sql, text=None, many=None)) == 1
    assert len(await things.rows(sql, text="x", many=None)) == 1
    assert await things.rows(sql, text="y", many=None) == []


async def test_the_sum_of_whole_numbers_is_a_whole_number(things: Database) -> None:
    await keep(things, many=2**40)
    total = (await things.row("SELECT SUM(many) AS total FROM thing") or {})["total"]
    assert (total, type(total)) == (2**40, int)


async def test_run_tells_how_many_rows_changed(things: Database) -> None:
    async def work(tx: Tx) -> list[int]:
        counts = [await tx.run(INSERT, **(EMPTY | {"id": name})) for name in "abc"]
        counts.append(await tx.run("UPDATE thing SET many = 1 WHERE id <> :id", id="a"))
        counts.append(await tx.run("CREATE TABLE other (x TEXT)"))
        counts.append(await tx.run("INSERT INTO thing (id) VALUES ('a') ON CONFLICT (id) DO NOTHING"))
        counts.append(await tx.run("DELETE FROM thing WHERE many = :many", many=7))
        return counts

    assert await things.write(work) == [1, 1, 1, 2, 0, 0, 0]


async def test_returning_changes_all_rows_even_if_only_the_first_is_read(things: Database) -> None:
    for name in "abc":
        await keep(things, id=name, many=0)
    assert await things.write(lambda tx: tx.row("UPDATE thing SET many = 1 RETURNING id")) is not None
    assert (await things.row("SELECT SUM(many) AS total FROM thing") or {})["total"] == 3


async def test_an_empty_answer_is_none_or_an_empty_list(things: Database) -> None:
    assert await things.row("SELECT * FROM thing") is None
    assert await things.rows("SELECT * FROM thing") == []


@pytest.mark.parametrize(
    ("given_values", "complaint"),
    [
        ({}, "missing :id, :many"),
        ({"id": "a"}, "missing :many"),
        ({"id": "a", "many": 1, "much": 2}, "unknown :much"),
        ({"id": "a", "mny": 1}, "missing :many; unknown :mny"),
    ],
)
async def test_a_wrong_name_is_named(things: Database, given_values: dict[str, Any], complaint: str) -> None:
    with pytest.raises(WrongStatement, match=complaint):
        await things.rows("SELECT id FROM thing WHERE id = :id AND many = :many", **given_values)


@pytest.mark.parametrize("value", [object(), 2**63, "nul\0", "\udc80", 3 + 4j])
async def test_a_value_no_database_can_keep_is_refused(things: Database, value: object) -> None:
    with pytest.raises(WrongStatement):
        await things.rows("SELECT id FROM thing WHERE :value = :value", value=value)


async def test_a_parameter_may_have_any_name(things: Database) -> None:
    row = await things.row(
        "SELECT :sql AS a, :self AS b, :connection AS c", sql="1", self="2", connection="3"
    )
    assert dict(row or {}) == {"a": "1", "b": "2", "c": "3"}


async def test_a_fault_never_repeats_the_value(things: Database) -> None:
    await keep(things, id="anna@example.org")
    with pytest.raises(ConstraintBroken) as broken:
        await keep(things, id="anna@example.org")
    assert "anna" not in str(broken.value)
    assert broken.value.__suppress_context__
    with pytest.raises(StorageFault) as unfit:
        await things.rows("SELECT id FROM thing WHERE many = :many", many=2**70)
    assert str(2**70) not in str(unfit.value)
