"""This machine's clock, by what the site decided last and by the database server's."""

import asyncio
from collections.abc import Iterator

from twolatch.faces.commands.checks.finding import Finding, Round, bad, note
from twolatch.storage.db import StorageFault, is_missing, open_database


def clock(asked: Round) -> Iterator[Finding]:
    if asked.settings.movable_clock and asked.is_real:
        says = "The clock of this site can be moved by whoever works at this machine."
        yield bad("clock.movable", says, "Unset TWOLATCH_MOVABLE_CLOCK: it is for rehearsals.")
    elif asked.settings.movable_clock:
        yield note("clock.rehearsal", "The clock of this rehearsal can be moved.", "See `twolatch clock --help`.")
    if not is_missing(asked.settings.database) and (fault := asyncio.run(_fault(asked))):
        says = f"{fault[:1].upper()}{fault[1:]}, and this machine decides nothing until that is over."
        yield bad("clock.wrong", says, "Set it right, and keep it by NTP. Is it right? See `twolatch clock show`.")


async def _fault(asked: Round) -> str:
    """Nothing where the database cannot be read: that is said elsewhere."""
    from twolatch.house import Clock, WrongClock
    from twolatch.timekeeper import look

    told = Clock(lambda: asked.now / 1000)
    try:
        db = await open_database(asked.settings.database)
    except StorageFault:
        return ""
    try:
        await look(db, told, asked.settings, asks_server=True)
        told.now()
    except StorageFault:
        return ""
    except WrongClock as fault:
        return str(fault)
    finally:
        await db.close()
    return ""
