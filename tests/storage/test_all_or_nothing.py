import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import apsw
import pytest

from twolatch.storage.db import (
    ConstraintBroken,
    Database,
    ForeignAwait,
    StorageBusy,
    StorageFault,
    Tx,
    WrongStatement,
    open_database,
)
from twolatch.storage.sqlite import open_sqlite


async def create(tx: Tx) -> None:
    await tx.run("CREATE TABLE note (id BIGINT PRIMARY KEY, text TEXT NOT NULL)")


@pytest.fixture
async def notes(database: Database) -> Database:
    await database.write(create)
    return database


def add(number: int, tell: list[int] | None = None) -> Callable[[Tx], Awaitable[int]]:
    async def work(tx: Tx) -> int:
        if tell is not None:
            tx.after(lambda: tell.append(number))
        await tx.run("INSERT INTO note VALUES (:id, 'x')", id=number)
        return number

    return work


async def kept(db: Database) -> list[int]:
    return [row["id"] for row in await db.rows("SELECT id FROM note ORDER BY id")]


class Mishap(Exception):
    pass


async def test_a_work_that_fails_leaves_nothing_and_tells_nobody(notes: Database) -> None:
    told: list[int] = []

    async def work(tx: Tx) -> None:
        await add(1, told)(tx)
        await add(2, told)(tx)
        raise Mishap

    with pytest.raises(Mishap):
        await notes.write(work)
    assert await kept(notes) == []
    assert told == []


async def test_wishes_come_true_in_order_after_the_commit(notes: Database) -> None:
    told: list[str] = []

    async def work(tx: Tx) -> None:
        tx.after(lambda: told.append("first"))
        tx.after(lambda: told.append("second"))
        await add(1)(tx)
        assert told == []

    await notes.write(work)
    assert told == ["first", "second"]


async def test_a_wish_that_fails_harms_neither_the_write_nor_the_next_wish(notes: Database) -> None:
    told: list[str] = []

    async def work(tx: Tx) -> str:
        tx.after(lambda: 1 // 0)  # type: ignore[arg-type]
        tx.after(lambda: told.append("still"))
        await add(1)(tx)
        return "done"

    assert await notes.write(work) == "done"
    assert told == ["still"]
    assert await kept(notes) == [1]


async def test_a_work_that_awaits_something_else_is_refused(notes: Database) -> None:
    async def work(tx: Tx) -> None:
        await add(1)(tx)
        await asyncio.sleep(0)
        await add(2)(tx)

    with pytest.raises(ForeignAwait, match="nothing but its transaction"):
        await notes.write(work)
    assert await kept(notes) == []
    assert await notes.write(add(3)) == 3


async def test_neighbours_of_a_failing_work_are_kept(notes: Database) -> None:
    told: list[int] = []
    works = [add(1, told), add(2, told), add(1, told), add(3, told)]  # the third breaks the primary key
    answers = await asyncio.gather(*(notes.write(work) for work in works), return_exceptions=True)
    faults = [answer for answer in answers if isinstance(answer, BaseException)]
    assert [type(fault) for fault in faults] == [ConstraintBroken]
    assert await kept(notes) == [1, 2, 3]
    assert sorted(told) == [1, 2, 3]


async def test_a_swallowed_fault_still_dooms_the_transaction(notes: Database) -> None:
    told: list[int] = []

    async def work(tx: Tx) -> None:
        await add(1, told)(tx)
        with pytest.raises(ConstraintBroken):
            await add(1, told)(tx)

    with pytest.raises(ConstraintBroken):
        await notes.write(work)
    assert await kept(notes) == []
    assert told == []


async def test_a_doomed_transaction_takes_no_more_statements(notes: Database) -> None:
    async def work(tx: Tx) -> None:
        with pytest.raises(StorageFault):
            await tx.run("INSERT INTO nowhere VALUES (1)")
        await add(1)(tx)

    with pytest.raises(StorageFault, match="doomed"):
        await notes.write(work)


async def test_a_transaction_that_leaked_out_of_its_work_is_over(notes: Database) -> None:
    leaked: list[Tx] = []

    async def work(tx: Tx) -> None:
        leaked.append(tx)

    await notes.write(work)
    with pytest.raises(StorageFault, match="over"):
        await leaked[0].run("INSERT INTO note VALUES (1, 'x')")
    assert await kept(notes) == []


async def test_a_read_cannot_write(notes: Database) -> None:
    with pytest.raises(StorageFault):
        await notes.rows("INSERT INTO note VALUES (1, 'x') RETURNING id")
    assert await kept(notes) == []


async def test_a_fault_at_commit_fails_the_write(notes: Database) -> None:
    """Here the foreign key is looked at by COMMIT itself; our own steps may have none like this."""
    told: list[int] = []
    child = "CREATE TABLE child (note BIGINT REFERENCES note(id) DEFERRABLE INITIALLY DEFERRED)"
    await notes.write(lambda tx: tx.run(child))

    async def work(tx: Tx) -> None:
        await add(1, told)(tx)
        await tx.run("INSERT INTO child VALUES (99)")

    with pytest.raises(ConstraintBroken):
        await notes.write(work)
    assert await kept(notes) == []
    assert told == []


async def test_nobody_hears_of_a_result_whose_batch_could_not_be_committed(sqlite_url: str) -> None:
    db, told = await open_database(sqlite_url), list[int]()
    await db.write(create)
    await db.write(
        lambda tx: tx.run(
            "CREATE TABLE child (note BIGINT REFERENCES note(id) DEFERRABLE INITIALLY DEFERRED)"
        )
    )
    orphan = db.write(lambda tx: tx.run("INSERT INTO child VALUES (99)"))
    batch = [*(db.write(add(number, told)) for number in range(20)), orphan]
    answers = await asyncio.gather(*batch, return_exceptions=True)
    results = {answer for answer in answers if isinstance(answer, int)}
    assert isinstance(answers[-1], ConstraintBroken)
    assert set(await kept(db)) == results == set(told)
    await db.close()


async def test_closing_finishes_what_was_accepted(database_url: str) -> None:
    db = await open_database(database_url)
    await db.write(create)
    writes = [asyncio.create_task(db.write(add(number))) for number in range(50)]
    await asyncio.sleep(0)
    await db.close()
    done = await asyncio.gather(*writes, return_exceptions=True)
    again = await open_database(database_url)
    assert await kept(again) == [answer for answer in done if isinstance(answer, int)]
    await again.close()


async def test_a_caller_who_gives_up_does_not_disturb_the_others(notes: Database) -> None:
    writes = [asyncio.create_task(notes.write(add(number))) for number in range(20)]
    await asyncio.sleep(0)
    for write in writes[::2]:
        write.cancel()
    await asyncio.gather(*writes, return_exceptions=True)
    assert set(range(1, 20, 2)) <= set(await kept(notes))
    assert await notes.write(add(100)) == 100


@pytest.fixture
async def locked(sqlite_url: str) -> AsyncIterator[Database]:
    """A second handle on a file whose write lock somebody else keeps."""
    db = await open_sqlite(sqlite_url.removeprefix("sqlite:///"), lock_patience=0.05, most_waiting=3)
    await db.write(create)
    other = apsw.Connection(sqlite_url.removeprefix("sqlite:///"))
    other.execute("BEGIN IMMEDIATE")
    yield db
    other.close()
    assert await db.write(add(7)) == 7
    await db.close()


async def test_a_lock_that_stays_makes_the_write_busy(locked: Database) -> None:
    with pytest.raises(StorageBusy) as busy:
        await locked.write(add(1))
    assert busy.value.retry_after >= 1
    assert await kept(locked) == []


async def test_who_comes_when_too_many_wait_is_told_to_come_back(locked: Database) -> None:
    answers = await asyncio.gather(
        *(locked.write(add(number)) for number in range(9)), return_exceptions=True
    )
    assert all(isinstance(answer, StorageBusy) for answer in answers)
    assert sum("waiting already" in str(answer) for answer in answers) >= 5


async def test_what_is_left_for_later_is_there_after_the_commit_in_its_order(notes: Database) -> None:
    async def work(tx: Tx) -> None:
        await add(1)(tx)
        for number, text in ((2, "two"), (3, "three"), (4, None)):
            tx.later("INSERT INTO note (id, text) VALUES (:id, :text)", id=number, text=text or "none")
        tx.later("UPDATE note SET text = :text WHERE id = :id", id=1, text="one")
        tx.later("DELETE FROM note WHERE id IN (:a, :b)", a=8, b=9)

    await notes.write(work)
    found = [(row["id"], row["text"]) for row in await notes.rows("SELECT id, text FROM note ORDER BY id")]
    assert found == [(1, "one"), (2, "two"), (3, "three"), (4, "none")]


async def test_any_number_of_rows_is_left_for_later_with_few_texts(notes: Database) -> None:
    def leaves(rows: range) -> Callable[[Tx], Awaitable[None]]:
        async def work(tx: Tx) -> None:
            tx.later("UPDATE note SET text = :text WHERE id = :id", id=1, text=f"up to {rows.stop}")
            for id_ in rows:
                nothing = "x" if id_ % 3 else None
                tx.later("INSERT INTO note (id, text) VALUES (:id, COALESCE(:given, 'none'))", id=id_, given=nothing)

        return work

    await notes.write(add(1))
    for rows in (range(100, 190), range(200, 333), range(400, 417), range(500, 509)):
        await notes.write(leaves(rows))
        found = {row["id"]: row["text"] for row in await notes.rows("SELECT id, text FROM note")}
        assert found[1] == f"up to {rows.stop}"
        assert [found[id_] for id_ in rows] == ["x" if id_ % 3 else "none" for id_ in rows]
    if notes.dialect == "postgresql":
        prepared = "SELECT 1 FROM pg_prepared_statements WHERE statement ~ '^(WITH|INSERT INTO note [(]).*COALESCE'"
        assert len(await notes.rows(prepared)) == 1
    with pytest.raises(ConstraintBroken):
        await notes.write(leaves(range(495, 509)))
    assert len(await kept(notes)) == len(found)


async def test_what_is_left_for_later_fails_with_its_work_and_the_work_with_it(notes: Database) -> None:
    async def fails_later(tx: Tx) -> None:
        await add(1)(tx)
        tx.later("INSERT INTO note (id, text) VALUES (:id, :text)", id=1, text="twice")

    async def changes_its_mind(tx: Tx) -> None:
        tx.later("INSERT INTO note (id, text) VALUES (:id, :text)", id=2, text="x")
        raise Mishap

    with pytest.raises(ConstraintBroken):
        await notes.write(fails_later)
    with pytest.raises(Mishap):
        await notes.write(changes_its_mind)
    assert await kept(notes) == []


@pytest.mark.parametrize("sql", ["SELECT id FROM note", "WITH a AS (SELECT 1) DELETE FROM note"])
async def test_only_a_plain_change_can_be_left_for_later(notes: Database, sql: str) -> None:
    async def work(tx: Tx) -> None:
        tx.later(sql)

    with pytest.raises(WrongStatement):
        await notes.write(work)
