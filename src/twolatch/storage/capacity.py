"""How many connections the database gives us, for whoever plans processes."""

from twolatch.storage.db import Database, file_of

_ASKED = """SELECT current_setting('max_connections') AS most,
                   current_setting('superuser_reserved_connections') AS kept,
                   COALESCE(current_setting('reserved_connections', true), '0') AS kept_too,
                   (SELECT rolconnlimit FROM pg_roles WHERE rolname = current_user) AS of_role,
                   (SELECT datconnlimit FROM pg_database WHERE datname = current_database()) AS of_database"""


async def connections(db: Database) -> int | None:
    """The most that our role may hold at once; None for a file."""
    if db.dialect == "sqlite":
        return None
    row = await db.row(_ASKED)
    assert row is not None
    most = int(row["most"]) - int(row["kept"]) - int(row["kept_too"])
    limits = [int(row[name]) for name in ("of_role", "of_database")]
    return min([most, *(limit for limit in limits if limit >= 0)])  # -1 is no limit


def pool_size(url: str) -> int:
    """Connections of one process at the most; 1 for a file."""
    if file_of(url):
        return 1
    from twolatch.storage.postgres import without_pool_size  # an SQLite site never pays for its driver

    return without_pool_size(url)[1]
