"""The whole log as lines, from the database and in its order."""

from collections.abc import AsyncIterator

from twolatch.audit import store
from twolatch.protocol import chain
from twolatch.storage.db import Database


async def lines(db: Database, page: int) -> AsyncIterator[bytes]:
    """Header, events, and each checkpoint after the line it speaks of; without line ends. `page` rows at a time."""
    yield chain.HEADER
    reached = 0
    while rows := await store.chained(db, reached, page):
        upto = int(rows[-1]["number"])
        notes = dict(await store.checkpoints(db, reached, page))
        for row in rows:
            number = int(row["number"])
            if row["event"] is not None:  # a row that somebody deleted is missing here too, and `walked` tells
                yield chain.exported(bytes(row["hash"]), store.content(number, row))
            if note := notes.get(number):
                yield chain.exported_note(note)
        reached = upto
