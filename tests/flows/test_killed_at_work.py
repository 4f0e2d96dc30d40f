"""kill -9 in the middle of the operator's long work: a change of keys goes on where it stopped, a maker's file is taken
in whole or not at all."""

import os
from pathlib import Path
from typing import Any

import pytest

from tests.flows.houses import Empty, Handset, Seat, activated
from tests.flows.killed import BOX_KEY, Deed
from tests.flows.test_data_keys import keeper, logs_in, sealing
from tests.flows.test_killed import Check, count, kill_at_every_step
from twolatch import rotation
from twolatch.client import cards as soft
from twolatch.house import House
from twolatch.house.store import KNOWN_IN, data_keys
from twolatch.protocol.pskc.writing import write

BOX = 3


async def before_new_keys(house: House) -> tuple[Deed, Handset, Seat]:
    _, seat, phone = await activated(house, "anna")
    return Deed("new keys"), phone, seat


async def after_new_keys(house: House, deed: Deed, phone: Handset, seat: Seat) -> None:
    """Both new keys or none; and the next try makes no third one."""
    before = await data_keys(house.db)
    assert len(before) in {3, 5}
    begun = await deed.do(house)
    after = await data_keys(house.db)
    assert len(after) == 5
    assert begun == max(one.from_at for one in after)
    assert await count(house, "FROM audit WHERE event = 'house:key:made'") == 2
    await still_gets_in(house, phone, seat)


async def before_seal_anew(house: House) -> tuple[Deed, Handset, Seat]:
    """New keys that were made long enough ago: whoever starts now closes with them."""
    _, seat, phone = await activated(house, "anna")
    await rotation.begin(house, keeper(house), house.clock.now() - KNOWN_IN)
    return Deed("seal anew"), phone, seat


async def after_seal_anew(house: House, deed: Deed, phone: Handset, seat: Seat) -> None:
    """Some of it lies under the old key and some under the new one; all of it opens, and the next try finishes."""
    old, new = await sealing(house)
    await deed.do(house)
    found = await rotation.standing(house)
    assert not found.under.get(old)
    assert found.under[new]
    await still_gets_in(house, phone, seat)


async def still_gets_in(house: House, phone: Handset, seat: Seat) -> None:
    phone.house = seat.house = house
    await logs_in(seat, phone)


async def before_import(house: House) -> tuple[Deed, Handset, Seat]:
    made = [soft.made(f"T{number:08}", "4711", os.urandom(soft.FRESH)) for number in range(BOX)]
    box = write([key for _, key in made], BOX_KEY, os.urandom(48 + 16 * BOX))
    return Deed("import", box), Handset(house), Seat(house)


async def after_import(house: House, deed: Deed, phone: Handset, seat: Seat) -> None:
    before = await count(house, "FROM cards")
    assert before in {0, BOX}
    report = await deed.do(house)
    assert (len(report.new), len(report.known)) == (BOX - before, before)
    assert await count(house, "FROM cards") == BOX
    assert await count(house, "FROM audit WHERE event = 'custody:stock:imported'") == 1


DEEDS: dict[str, tuple[Any, Check, int]] = {
    "new keys": (before_new_keys, after_new_keys, 5),
    "seal anew": (before_seal_anew, after_seal_anew, 4),
    "import": (before_import, after_import, 8),
}


@pytest.mark.parametrize("what", DEEDS)
def test_long_work_of_the_operator_survives_a_kill_at_any_step(what: str, empty_sqlite: Empty, tmp_path: Path) -> None:
    kill_at_every_step(*DEEDS[what], empty_sqlite, tmp_path)
