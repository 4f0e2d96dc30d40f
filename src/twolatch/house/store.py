"""Facts of the site and its sealed keys."""

from twolatch.house.keys import AUDIT, PIN, SIGNING, VAPID, Keys, fresh_private_der
from twolatch.storage.db import Database, Tx


async def load_server_keys(db: Database, keys: Keys) -> None:
    """Opens the site's key pairs, making them on the first start. Raises `WrongKey` with a foreign master key."""

    async def work(tx: Tx) -> dict[str, bytes]:
        for name in (SIGNING, PIN, VAPID, AUDIT):
            sealed = keys.seal("server_keys.sealed", name, "", fresh_private_der(name))
            await tx.run(
                "INSERT INTO server_keys (name, sealed) VALUES (:name, :sealed) ON CONFLICT (name) DO NOTHING",
                name=name,
                sealed=sealed,
            )
        return {row["name"]: bytes(row["sealed"]) for row in await tx.rows("SELECT name, sealed FROM server_keys")}

    for name, sealed in (await db.write(work)).items():
        keys.keep(name, keys.open("server_keys.sealed", name, "", sealed))


async def fact(db: Database | Tx, name: str) -> str | None:
    row = await db.row("SELECT value FROM facts WHERE name = :name", name=name)
    return None if row is None else str(row["value"])


async def keep_fact(tx: Tx, name: str, value: str) -> None:
    await tx.run(
        "INSERT INTO facts (name, value) VALUES (:name, :value) ON CONFLICT (name) DO UPDATE SET value = :value",
        name=name,
        value=value,
    )


async def begin_fact(tx: Tx, name: str, value: str) -> None:
    """Keeps what is there already: of two processes that begin at once one is right."""
    await tx.run(
        "INSERT INTO facts (name, value) VALUES (:name, :value) ON CONFLICT (name) DO NOTHING", name=name, value=value
    )


async def sweep(tx: Tx, *, challenges: int, sessions: int) -> None:
    """Drops what ended before the given times (ms)."""
    await tx.run("DELETE FROM challenges WHERE expires_at < :before", before=challenges)
    await tx.run("DELETE FROM attempts WHERE expires_at < :before", before=challenges)
    await tx.run("DELETE FROM activations WHERE expires_at < :before AND state <> 'active'", before=challenges)
    await tx.run("DELETE FROM notices WHERE state <> 'waiting' AND created_at < :before", before=challenges)
    await tx.run("DELETE FROM sessions WHERE ends_at < :before", before=sessions)


async def end_everything(tx: Tx, now: int) -> dict[str, int]:
    """All that is pending and every session, on every client. Returns how many of each."""
    return {
        "challenges": await tx.run(
            "UPDATE challenges SET state = 'cancelled', ended_at = :now WHERE state IN ('pending', 'approved')", now=now
        ),
        "attempts": await tx.run("UPDATE attempts SET stage = 'over' WHERE stage = 'open'"),
        "activations": await tx.run(
            "UPDATE activations SET state = 'cancelled' WHERE state IN ('issued', 'claimed')"
        ),
        "sessions": await tx.run("UPDATE sessions SET ended_at = :now WHERE ended_at = 0", now=now),
    }
