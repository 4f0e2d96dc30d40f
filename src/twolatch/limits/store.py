"""Pay, then verify (rule C2): a charge is one conditional statement, so parallel guesses cannot share one.

A flow pays in a transaction of its own, commits, looks at the secret, and gives the charge back on success.
"""

from dataclasses import dataclass
from functools import lru_cache

from twolatch.storage.db import Database, Row, Tx
from twolatch.words.limits import Limit

FOREVER = 1 << 60


@dataclass(frozen=True, slots=True)
class Paid:
    """Charged; `count` charges stand, this one included."""

    count: int


@dataclass(frozen=True, slots=True)
class Blocked:
    """Not charged. `until` in ms; `FOREVER` where only a success or a person helps. `count` charges stand."""

    until: int
    count: int


def key(limit: Limit, subject: str) -> str:
    return f"{limit.name}:{subject}"


@lru_cache(maxsize=128)
def _pay_sql(*paid: Limit) -> str:
    """One statement for all: each counter, in the order of `key0`, `key1` ..., by the rules of its own limit."""
    rules = [_rules(limit) for limit in paid]
    given = ", ".join(f"(:key{at}, 1, :now, 0)" for at in range(len(paid)))
    wait, count, since, is_open = (_each([rule[part] for rule in rules]) for part in range(4))
    return f"""
        INSERT INTO meters (key, count, since, wait_until) VALUES {given}
        ON CONFLICT (key) DO UPDATE SET wait_until = {wait}, count = {count}, since = {since}
        WHERE {is_open} = 1
        RETURNING key, count"""  # noqa: S608


def _each(of: list[str]) -> str:
    """What holds for the counter whose row it is."""
    if len(of) == 1:
        return of[0]
    cases = " ".join(f"WHEN :key{at} THEN {rule}" for at, rule in enumerate(of))
    return f"CASE meters.key {cases} END"


def _rules(limit: Limit) -> tuple[str, str, str, str]:
    # A counter starts anew when its window is over and nobody waits; `waits` become one CASE over the new count.
    # The numbers come from the table of limits, so they may stand in the text.
    over = f"meters.since <= :now - {limit.window} AND meters.wait_until <= :now"
    stale = f"({over})" if limit.window else "(1 = 0)"
    count = f"CASE WHEN {stale} THEN 1 ELSE meters.count + 1 END"
    waits = " ".join(f"WHEN {after} THEN {wait}" for after, wait in limit.waits)
    wait = f":now + CASE {count} {waits} ELSE 0 END" if waits else "0"
    since = f"CASE WHEN {stale} THEN :now ELSE meters.since END"
    is_open = f"meters.wait_until <= :now AND ({stale} OR meters.count < {limit.allowance})"
    return wait, count, since, f"CASE WHEN {is_open} THEN 1 ELSE 0 END"


async def pay(tx: Tx, limit: Limit, subject: str, now: int) -> Paid | Blocked:
    """One charge to `subject`, or none at all."""
    [paid] = await pay_each(tx, now, (limit, subject))
    return paid


async def pay_each(tx: Tx, now: int, *counters: tuple[Limit, str]) -> list[Paid | Blocked]:
    """One charge to each of these counters that is not blocked, in one statement. Who may not charge some of them
    without the others raises, so that nothing stays."""
    keys = [key(*counter) for counter in counters]
    sql = _pay_sql(*(limit for limit, _ in counters))
    given = {f"key{at}": each for at, each in enumerate(keys)}
    counts = {row["key"]: int(row["count"]) for row in await tx.rows(sql, now=now, **given)}
    return [
        Paid(counts[each])
        if each in counts
        else await blocked_until(tx, *counter, now) or Blocked(now, counter[0].allowance)
        for each, counter in zip(keys, counters, strict=True)
    ]


async def blocked_until(db: Database | Tx, limit: Limit, subject: str, now: int) -> Blocked | None:
    """Whether a charge would be refused now. A look, not a reservation."""
    row = await db.row("SELECT count, since, wait_until FROM meters WHERE key = :key", key=key(limit, subject))
    return None if row is None else _blocked(limit, row, now)


def _blocked(limit: Limit, row: Row, now: int) -> Blocked | None:
    count, wait_until = int(row["count"]), int(row["wait_until"])
    if wait_until > now:
        return Blocked(wait_until, count)
    if count < limit.allowance:
        return None
    over = int(row["since"]) + limit.window if limit.window else FOREVER
    return Blocked(over, count) if over > now else None


async def first_blocked(db: Database, now: int, *counters: tuple[Limit, str]) -> tuple[Limit, Blocked] | None:
    """The first of these counters that would refuse a charge now, in one read."""
    keys = {f"k{number}": key(*counter) for number, counter in enumerate(counters)}
    names = ", ".join(f":{name}" for name in keys)
    sql = f"SELECT key, count, since, wait_until FROM meters WHERE key IN ({names})"  # noqa: S608
    found = {row["key"]: row for row in await db.rows(sql, **keys)}
    for limit, subject in counters:
        row = found.get(key(limit, subject))
        if row is not None and (blocked := _blocked(limit, row, now)):
            return limit, blocked
    return None


async def give_back(tx: Tx, limit: Limit, subject: str) -> None:
    """Takes back one charge: this guess was right, the others stay."""
    tx.later("UPDATE meters SET count = count - 1 WHERE key = :key AND count > 0", key=key(limit, subject))


async def take_back(tx: Tx, limit: Limit, subject: str, paid: Paid) -> None:
    """As if this charge had never been: for a guess that was not looked at. The wait that it began ends too, unless
    somebody charged after it."""
    tx.later(
        """UPDATE meters SET count = count - 1, wait_until = CASE WHEN count = :mine THEN 0 ELSE wait_until END
           WHERE key = :key AND count > 0""",
        key=key(limit, subject),
        mine=paid.count,
    )


async def grant(tx: Tx, limit: Limit, subject: str, extra: int, now: int) -> None:
    """`extra` charges more in the window that runs, or in one that begins now. It ends with the window."""
    await tx.run(
        """INSERT INTO meters (key, count, since, wait_until) VALUES (:key, :least, :now, 0)
           ON CONFLICT (key) DO UPDATE SET
             count = CASE WHEN meters.since <= :over THEN :least ELSE meters.count - :extra END,
             since = CASE WHEN meters.since <= :over THEN :now ELSE meters.since END""",
        key=key(limit, subject),
        least=-extra,
        extra=extra,
        now=now,
        over=now - limit.window,
    )


async def left(db: Database | Tx, limit: Limit, subject: str, now: int) -> tuple[int, int]:
    """How many charges are left, and until when (ms) those that stand count; 0 when none stands."""
    row = await db.row("SELECT count, since FROM meters WHERE key = :key", key=key(limit, subject))
    if row is None or int(row["since"]) + limit.window <= now:
        return limit.allowance, 0
    return max(0, limit.allowance - int(row["count"])), int(row["since"]) + limit.window


async def clear(tx: Tx, *counters: tuple[Limit, str]) -> None:
    """A success ends rows of failures. Never called for addresses."""
    keys = {f"k{number}": key(*counter) for number, counter in enumerate(counters)}
    tx.later(f"DELETE FROM meters WHERE key IN ({', '.join(f':{name}' for name in keys)})", **keys)  # noqa: S608


async def sweep(tx: Tx, before: int) -> int:
    """Drops counters whose window ended long ago; those counted in a row stay."""
    return await tx.run(
        "DELETE FROM meters WHERE since < :before AND wait_until < :before AND key NOT LIKE '%-row:%'", before=before
    )
