"""The end of papers: whoever keeps tax forms longer than he must keeps something to be stolen.

Once their date is past nobody is shown them any more (`store.documents_of`), and within the hour they are gone from
the database. Copies in older backups go with those.
"""

from twolatch import audit
from twolatch.accounts import store
from twolatch.house import House
from twolatch.storage.db import Tx
from twolatch.words.events import Event

AT_ONCE = 100  # papers of one transaction, so that nobody else waits long


async def forget_papers(house: House, now: int) -> int:
    """Removes what is past its date, with a line in the audit for each paper. Returns how many."""
    done = 0
    while some := await house.db.write(lambda tx: _forget_some(tx, now)):
        done += some
    return done


async def _forget_some(tx: Tx, now: int) -> int:
    """Of two processes that come at once each paper falls to one."""
    gone = await store.remove_past(tx, now, AT_ONCE)
    for paper, account in gone:
        await audit.write(tx, now, Event.DOCUMENT_REMOVED, None, paper, account=account, why="retention")
    return len(gone)
