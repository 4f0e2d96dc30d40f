"""The audit log gets its order afterwards: without gaps, by whoever comes first, and tampering shows."""

import asyncio
from pathlib import Path

import pytest

from tests.flows.houses import Time, open_house
from twolatch import audit
from twolatch.audit import exporting, sequencer, store
from twolatch.house import House
from twolatch.protocol import chain
from twolatch.settings import Settings
from twolatch.storage.db import Tx
from twolatch.wires.sinks import FileSink, SinkFault
from twolatch.words.events import Event

MANY = 2 * sequencer.BATCH + 7


async def tell(house: House, count: int, mark: str = "") -> None:
    async def work(tx: Tx) -> None:
        for at in range(count):
            await audit.write(tx, house.clock.now(), Event.FENCED, None, None, why=f"{mark}{at}")

    await house.db.write(work)


async def lines(house: House) -> list[bytes]:
    return [line async for line in exporting.lines(house.db, 100)]


async def verdict(house: House, outside: list[chain.Checkpoint] | None = None) -> chain.Sound | chain.Broken:
    return chain.walked(await lines(house), await sequencer.public_key(house), outside or [])


async def change(house: House, sql: str) -> None:
    async def work(tx: Tx) -> None:
        assert await tx.run(sql)

    await house.db.write(work)


async def test_every_line_gets_its_place_and_the_log_is_sound(house: House) -> None:
    before = (await store.head(house.db)).number
    await tell(house, MANY)
    await sequencer.chain_all(house, house.clock.now())
    note = await sequencer.sign(house, house.clock.now())
    head = await store.head(house.db)
    assert head.number >= before + MANY
    assert chain.read_note(note, await sequencer.public_key(house)) == chain.Checkpoint(
        await sequencer.origin(house), head.number, head.hash
    )
    assert await verdict(house) == chain.Sound(head.number, head.number)
    assert await sequencer.chain_all(house, house.clock.now()) == 0


async def test_two_processes_chain_each_line_once(settings: Settings, time: Time) -> None:
    async with open_house(settings, time) as one, open_house(settings, time) as two:
        for round_ in range(5):
            await tell(one, 60, f"a{round_}")
            await asyncio.gather(*(sequencer.chain_all(each, each.clock.now()) for each in (one, two, one, two)))
        await sequencer.sign(two, two.clock.now())
        head = await store.head(one.db)
        row = await one.db.row("SELECT COUNT(*) AS many FROM audit")
        assert row
        assert row["many"] == head.number
        assert await verdict(one) == chain.Sound(head.number, head.number)


async def test_a_line_that_commits_late_is_still_chained(house: House, time: Time) -> None:
    """On PostgreSQL a lower number may become visible after a higher one."""
    await tell(house, 3)
    row = await house.db.row("SELECT number FROM audit ORDER BY number DESC LIMIT 1")
    assert row
    late = int(row["number"]) - 1
    hidden = await house.db.row("SELECT at, facts FROM audit WHERE number = :late", late=late)
    assert hidden
    await change(house, f"DELETE FROM audit WHERE number = {late}")
    await sequencer.chain_all(house, house.clock.now())
    time.pass_(60)

    async def work(tx: Tx) -> None:
        override = "OVERRIDING SYSTEM VALUE" if house.db.dialect == "postgresql" else ""
        await tx.run(
            f"INSERT INTO audit (number, at, event, facts) {override} VALUES (:late, :at, :event, :facts)",
            late=late, at=hidden["at"], event=Event.FENCED.value, facts=hidden["facts"],
        )  # fmt: skip

    await house.db.write(work)
    assert await sequencer.chain_all(house, house.clock.now()) == 1
    await sequencer.sign(house, house.clock.now())
    assert isinstance(await verdict(house), chain.Sound)


@pytest.mark.parametrize(
    ("sql", "kind"),
    [
        ("UPDATE audit SET facts = '7' WHERE number = {line}", "changed"),
        ("UPDATE audit SET user_id = 'somebody' WHERE number = {line}", "changed"),
        ("UPDATE audit SET at = at + 1 WHERE number = {line}", "changed"),
        ("DELETE FROM audit WHERE number = {line}", "missing"),
        ("DELETE FROM audit_chain WHERE number = 5", "missing"),
    ],
)
async def test_whoever_writes_into_the_tables_is_found_at_that_line(house: House, sql: str, kind: str) -> None:
    await tell(house, 9)
    await sequencer.chain_all(house, house.clock.now())
    await sequencer.sign(house, house.clock.now())
    row = await house.db.row("SELECT line FROM audit_chain WHERE number = 5")
    assert row
    await change(house, sql.format(line=row["line"]))
    found = await verdict(house)
    assert isinstance(found, chain.Broken)
    assert (found.number, found.kind) == (5, kind)


async def test_who_cuts_the_end_off_with_its_checkpoints_is_found_by_the_sink(house: House, tmp_path: Path) -> None:
    sink = FileSink(tmp_path / "elsewhere")
    await tell(house, 9)
    await sequencer.round_(house, [sink], house.clock.now())
    kept = (tmp_path / "elsewhere").read_bytes().splitlines()
    key = await sequencer.public_key(house)
    [outside] = [chain.read_note(note, key) for note in chain.notes_in(kept)]
    for table in ("audit_chain", "audit_checkpoints"):
        await change(house, f"DELETE FROM {table} WHERE number > 4")
    assert isinstance(await verdict(house), chain.Sound)
    found = await verdict(house, [outside])
    assert isinstance(found, chain.Broken)
    assert (found.number, found.kind) == (5, "shortened")


async def test_a_checkpoint_is_signed_each_minute_when_something_happened(house: House, time: Time) -> None:
    await tell(house, 1)
    await sequencer.round_(house, [], house.clock.now())
    first = await store.last_checkpoint(house.db)
    await tell(house, 1)
    await sequencer.round_(house, [], house.clock.now())
    assert await store.last_checkpoint(house.db) == first
    time.pass_(60)
    await sequencer.round_(house, [], house.clock.now())
    assert (await store.last_checkpoint(house.db))[0] == first[0] + 1
    time.pass_(60)
    await sequencer.round_(house, [], house.clock.now())
    assert (await store.last_checkpoint(house.db))[0] == first[0] + 1


class Moody:
    """Takes notes, when it is in the mood."""

    name = "moody"

    def __init__(self) -> None:
        self.taken: list[str] = []
        self.is_down = False

    async def put(self, note: str) -> None:
        if self.is_down:
            raise SinkFault("not today")
        self.taken.append(note)


async def test_a_sink_that_was_down_gets_what_it_missed_in_order_and_once(house: House, time: Time) -> None:
    sink = Moody()
    for is_down in (False, True, True, False):
        sink.is_down = is_down
        await tell(house, 1)
        await sequencer.round_(house, [sink], house.clock.now())
        assert bool((await store.delivery(house.db, "moody")).failing_since) is is_down
        time.pass_(60)
    key = await sequencer.public_key(house)
    numbers = [chain.read_note(note, key).number for note in sink.taken]
    assert len(numbers) == 4
    assert numbers == sorted(set(numbers))
    await sequencer.round_(house, [sink], house.clock.now())
    assert len(sink.taken) == 4
