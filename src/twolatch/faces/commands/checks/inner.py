"""What the open database tells: its key, its room for connections, who works at the desk, what the sinks took."""

import asyncio
from typing import TYPE_CHECKING

from twolatch.faces.commands.checks.finding import Finding, Round, bad, note, warning
from twolatch.settings import Settings
from twolatch.storage.db import Database, StorageFault, is_missing, open_database, pending_migrations
from twolatch.wires.wrapping import WrongKey, keeper_of

if TYPE_CHECKING:
    from twolatch.house import Keys

CARDS = 500  # read at a time
SPARE = 3  # connections for the operator's commands, a backup among them


def inside(asked: Round) -> list[Finding]:
    """Nothing where the database cannot be opened at all: that was said before."""
    return [] if is_missing(asked.settings.database) else asyncio.run(_inside(asked))


async def _inside(asked: Round) -> list[Finding]:
    from twolatch.house.store import open_keys

    try:
        db = await open_database(asked.settings.database)
    except StorageFault:
        return []
    try:
        if await pending_migrations(db):
            return []
        try:
            keeper = keeper_of(asked.settings)
        except WrongKey:
            return []  # the look at the key says it
        try:
            keys = await open_keys(db, keeper, asked.now)
        except WrongKey as fault:
            return [_wrong_key(fault)]
        return [
            *await _connections(asked, db),
            *await _sinks(asked, db),
            *await _people(db),
            *await _desk(asked, db, keys),
            *await _cards(asked, db, keys),
        ]
    except StorageFault:
        return []
    finally:
        await db.close()


def _wrong_key(fault: WrongKey) -> Finding:
    remedy = "Put back the key of this database: docs/operations/disaster.md. Another one opens nothing."
    return bad("key.wrong", f"The master key does not open this database: {fault}.", remedy)


async def _connections(asked: Round, db: Database) -> list[Finding]:
    from twolatch.storage.capacity import connections, pool_size

    if (room := await connections(db)) is None:
        return []
    processes = asked.workers * max(1, len(asked.nodes))
    wanted = processes * (pool_size(asked.settings.database) + 1) + SPARE
    if wanted <= room:
        return []
    return [
        bad(
            "database.connections",
            f"{processes} processes may want {wanted} connections, and PostgreSQL gives this role {room}.",
            "Raise max_connections (or the role's limit), or lower `pool_size` in TWOLATCH_DATABASE.",
        )
    ]


async def _sinks(asked: Round, db: Database) -> list[Finding]:
    from twolatch.audit import store
    from twolatch.wires.sinks import sinks_of

    try:
        sinks = sinks_of(asked.settings.audit_sinks)
    except ValueError:
        return []  # the look at the sinks says it
    went = [(sink.name, await store.delivery(db, sink.name)) for sink in sinks]
    remedy = "Mend the place; what is missing there is delivered by itself."
    return [
        bad("audit.sink_failing", f"{name} takes no checkpoints: {how.fault}.", remedy)
        for name, how in went
        if how.failing_since
    ]


async def _people(db: Database) -> list[Finding]:
    from twolatch.people import store

    if await store.everyone(db, "", 1):
        return []
    return [note("people.nobody", "Nobody can log in yet.", "`twolatch user add NAME --email ADDRESS`")]


async def _desk(asked: Round, db: Database, keys: "Keys") -> list[Finding]:
    from twolatch.people import store
    from twolatch.people.model import Role

    staff = await store.all_staff(db, keys)
    officers = sum(one.role is Role.OFFICER for one in staff)
    if asked.is_real and not staff:
        says = "Nobody works at the support desk: a client who lost everything cannot be helped there."
        return [warning("desk.nobody", says, "`twolatch desk add NAME --role officer`")]
    if staff and officers < 2 and len(staff) > 1:
        says = f"{officers or 'No'} officer works at the desk; what takes two persons waits while he is away."
        return [warning("desk.one_officer", says, "`twolatch desk add NAME --role officer`")]
    return []


async def _cards(asked: Round, db: Database, keys: "Keys") -> list[Finding]:
    if not asked.settings.legacy_cards or await _has_legacy(asked.settings, db, keys):
        return []
    return [
        warning(
            "cards.legacy_unused",
            "Cards with weak answers are taken (TWOLATCH_LEGACY_CARDS), and not one was imported.",
            "Take the setting out, or import them: docs/cards.md.",
        )
    ]


async def _has_legacy(settings: Settings, db: Database, keys: "Keys") -> bool:
    """Whether a card is there that a site without the setting would not have taken."""
    from twolatch.app import phone_keys, portal_site
    from twolatch.custody import store
    from twolatch.kinds.kind import Issued, Unfit
    from twolatch.kinds.shelf import shelf

    kinds = shelf(phone_keys(settings, keys), settings.site_name, portal_site(settings))
    strict = next(kind for kind in kinds if isinstance(kind, Issued))
    last = ""
    while some := await store.everything(db, last, CARDS, ""):
        made = [store.opened(keys, card) for card in some]
        if any(strict.unfit(one.suite, len(one.key)) is Unfit.LEGACY for one in made):
            return True
        last = some[-1].serial
    return False
