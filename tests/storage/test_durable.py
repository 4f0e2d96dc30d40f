import asyncio
import sys
from pathlib import Path

import pytest

from twolatch.storage.db import open_database

CHILD = Path(__file__).with_name("child.py")


@pytest.mark.parametrize("enough", [1, 40, 400])
async def test_what_was_acknowledged_before_kill_9_is_there_afterwards(
    database_url: str, enough: int
) -> None:
    db = await open_database(database_url)
    await db.write(lambda tx: tx.run("CREATE TABLE said (number BIGINT PRIMARY KEY)"))
    await db.close()
    child = await asyncio.create_subprocess_exec(
        sys.executable, CHILD, "acknowledge", database_url, stdout=asyncio.subprocess.PIPE
    )
    assert child.stdout is not None
    heard = [await child.stdout.readline() for _ in range(enough)]
    child.kill()
    heard += (await child.stdout.read()).splitlines(keepends=True)
    await child.wait()
    acknowledged = {int(line) for line in heard if line.endswith(b"\n")}
    again = await open_database(database_url)
    assert acknowledged <= {row["number"] for row in await again.rows("SELECT number FROM said")}
    assert len(acknowledged) >= enough
    await again.close()


async def test_a_result_is_told_only_when_everybody_can_see_it(database_url: str) -> None:
    db, witness = await open_database(database_url), await open_database(database_url)
    await db.write(lambda tx: tx.run("CREATE TABLE said (number BIGINT PRIMARY KEY)"))
    unseen: list[int] = []

    async def write_and_look(number: int) -> None:
        await db.write(lambda tx: tx.run("INSERT INTO said VALUES (:number)", number=number))
        if await witness.row("SELECT 1 AS seen FROM said WHERE number = :number", number=number) is None:
            unseen.append(number)

    await asyncio.gather(*(write_and_look(number) for number in range(200)))
    assert unseen == []
    await db.close()
    await witness.close()
