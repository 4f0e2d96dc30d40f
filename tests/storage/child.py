"""A second process for the tests: `python child.py race|acknowledge|migrate ADDRESS ...`"""

import asyncio
import sys
from pathlib import Path

from twolatch.storage.db import Database, Tx, migrate, open_database


async def use_ticket(tx: Tx) -> bool:
    used = await tx.row(
        "UPDATE ticket SET state = 'used' WHERE id = :id AND state = 'open' RETURNING id", id="t"
    )
    if used is not None:
        await tx.run("UPDATE wins SET count = count + 1")
    return used is not None


async def race(db: Database, times: int) -> int:
    """How many of `times` simultaneous writes got the one ticket."""
    return sum(await asyncio.gather(*(db.write(use_ticket) for _ in range(times))))


async def acknowledge(db: Database) -> None:
    """Write numbers for ever, from 16 tasks, and say each one as soon as the write returned."""

    async def keep_writing(start: int) -> None:
        for number in range(start, 10**9, 16):

            async def write(tx: Tx, number: int = number) -> None:
                await tx.run("INSERT INTO said (number) VALUES (:number)", number=number)

            await db.write(write)
            print(number, flush=True)

    await asyncio.gather(*(keep_writing(start) for start in range(16)))


async def main(task: str, url: str, *rest: str) -> None:
    db = await open_database(url)
    if task == "acknowledge":
        await acknowledge(db)
    print("ready", flush=True)
    sys.stdin.readline()  # all children start together
    print(
        await race(db, int(rest[0])) if task == "race" else await migrate(db, Path(rest[0]), now=1),
        flush=True,
    )
    await db.close()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
