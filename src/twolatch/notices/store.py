"""The outbox. A notice is a row of the decision's own transaction; no mail server is waited for."""

from dataclasses import dataclass

import msgspec

from twolatch.house import House
from twolatch.storage.db import Database, Tx

WAITING = "notices:waiting"  # the signal's topic
UNFINISHED = "unfinished"  # the one kind that may be taken back before it is posted


@dataclass(frozen=True, slots=True)
class Recipient:
    user: str
    display: str
    email: str
    language: str


# Where a name is unknown the same is written as for a known one, so that neither time nor disk tells them apart.
NOBODY = Recipient("", "", "", "en")


class Content(msgspec.Struct, frozen=True):
    """What the post office needs to write the letter; sealed while it waits, for it may carry a link that works."""

    display: str
    email: str
    language: str
    at: int
    facts: dict[str, str]


@dataclass(frozen=True, slots=True)
class Due:
    id: str
    user: str
    kind: str
    sealed: bytes
    tries: int


async def write(tx: Tx, house: House, now: int, to: Recipient, kind: str, **facts: str) -> None:
    """`kind` names the texts `mail.<kind>.subject` and `.body`; `facts` fill them."""
    if to.email or to is NOBODY:
        _keep(tx, house, house.chance.id(), now, now, to, kind, facts)
        tx.after(lambda: house.signals.tell(WAITING))


async def write_for_later(
    tx: Tx, house: House, notice: str, now: int, due: int, to: Recipient, kind: str, **facts: str
) -> None:
    """Is posted at `due` (ms), and can be taken back until then, under its id `notice`. Nobody is woken for it: the
    post office finds it in time."""
    if to.email:
        _keep(tx, house, notice, now, due, to, kind, facts)


def _keep(
    tx: Tx, house: House, notice: str, now: int, due: int, to: Recipient, kind: str, facts: dict[str, str]
) -> None:
    content = msgspec.json.encode(Content(to.display, to.email, to.language, now, facts))
    tx.later(
        """INSERT INTO notices (id, user_id, kind, sealed, state, due_at, created_at)
           VALUES (:id, :user_id, :kind, :sealed, :state, :due, :now)""",
        id=notice,
        user_id=to.user,
        kind=kind,
        sealed=house.keys.seal("notices.sealed", notice, to.user, content),
        state="failed" if to is NOBODY else "waiting",
        due=due,
        now=now,
    )


async def withdraw(tx: Tx, notice: str) -> bool:
    """False when there is none, or it has been posted."""
    row = await tx.row("DELETE FROM notices WHERE id = :id AND state = 'waiting' RETURNING id", id=notice)
    return row is not None


async def withdraw_all(tx: Tx, user: str, kind: str) -> None:
    """What a stronger word to the same client makes needless."""
    await tx.run(
        "DELETE FROM notices WHERE user_id = :user AND kind = :kind AND state = 'waiting'", user=user, kind=kind
    )


async def next_due(db: Database, now: int) -> int | None:
    """When the next waiting notice is due, in ms; None when the outbox is empty."""
    row = await db.row("SELECT MIN(due_at) AS due FROM notices WHERE state = 'waiting'")
    return None if row is None or row["due"] is None else int(row["due"])


async def take(tx: Tx, now: int, hold: int) -> Due | None:
    """One due notice, put off by `hold` ms so that no second process posts it meanwhile."""
    row = await tx.row(
        """UPDATE notices SET due_at = :held, tries = tries + 1
           WHERE state = 'waiting' AND due_at <= :now
             AND id = (SELECT id FROM notices WHERE state = 'waiting' AND due_at <= :now ORDER BY due_at LIMIT 1)
           RETURNING id, user_id, kind, sealed, tries""",
        now=now,
        held=now + hold,
    )
    return None if row is None else Due(row["id"], row["user_id"], row["kind"], bytes(row["sealed"]), int(row["tries"]))


async def settle(tx: Tx, notice: str, state: str) -> None:
    """`sent` or `failed`; either way the content goes, it has done its work."""
    await tx.run("UPDATE notices SET state = :state, sealed = :none WHERE id = :id", state=state, none=b"", id=notice)
