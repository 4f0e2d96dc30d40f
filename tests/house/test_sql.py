"""SQL stands in the stores, in the ledgers, and each store speaks of its own tables."""

import re
from collections.abc import Iterable

from tests.house.source import HOUSE, File, bad, house, texts_of

SQL = re.compile(
    r"\s*(SELECT\s|INSERT\s+INTO\s|UPDATE\s+\w+\s+SET\s|DELETE\s+FROM\s|WITH\s+\w+\s+AS|CREATE\s|ALTER\s|DROP\s)", re.I
)
TABLES = re.compile(r"\b(?:FROM|INTO|UPDATE|JOIN)\s+([a-z_]+)")

# Outside a store, and why.
ELSEWHERE = {
    "faces/health.py": "asks for one row of no table, to see whether the database answers",
    "faces/commands/server.py": "asks whether the site has keys yet, before the house can be built",
    "wires/postgres_relay.py": "speaks NOTIFY, and no table",
}

TABLES_OF = {
    "accounts": {"account_users", "accounts", "documents"},
    "activation": {"activations"},
    "applications": {"applications", "hand_overs", "known_sessions"},
    "audit": {"audit", "audit_chain", "audit_checkpoints", "audit_sinks"},
    "authenticators": {"authenticators", "challenges"},
    "authorizations": {"authorizations"},
    "closing": {"settled_cards"},
    "custody": {"cards", "dues", "orders", "returns"},
    "house": {"data_keys", "facts", "server_keys"},
    "desk": {"case_notes", "case_proofs", "cases", "proposals"},
    "limits": {"meters"},
    "login": {"attempts"},
    "notices": {"notices"},
    "people": {"staff", "users"},
    "sessions": {"browsers", "sessions"},
}
# Functions that speak of other rooms' tables too.
ACROSS = {
    "authenticators/store.py:answered": "an authenticator, what it answers and its owner are read as of one moment",
    "house/store.py:sweep": "the janitor drops what ended long ago, in one transaction",
    "house/store.py:end_everything": "the fence ends all that is pending, in one transaction",
    "login/store.py:glance": "an attempt and how its challenge stands are read together, whenever a page waits",
    "login/store.py:standing": "the same, for who shows the question",
    "sessions/store.py:by_name": "a client and whether the browser is known are read together, before every password",
    "sessions/store.py:by_id": "the same, for an application that was told of it",
    "sessions/store.py:by_token": "a session and its client are read together, for every page",
}


def is_store(file: File) -> bool:
    return file.path.endswith("/store.py") or file.room == "storage"


def sql_outside_stores(files: Iterable[File]) -> list[str]:
    return [
        f"{file.path}:{line}"
        for file in files
        if not is_store(file)
        for line, text in texts_of(file)
        if SQL.match(text)
    ]


def foreign_tables(files: Iterable[File]) -> list[str]:
    """`file:function` of every statement that names a table of another room."""
    found = set()
    for file in files:
        own = TABLES_OF.get(file.room, set())
        for line, text in texts_of(file):
            if file.room in TABLES_OF and SQL.match(text) and not set(TABLES.findall(text)) <= own:
                found.add(f"{file.path}:{file.function_at(line)}")
    return sorted(found)


def test_sql_stands_in_stores_and_ledgers_only() -> None:
    assert {finding.partition(":")[0] for finding in sql_outside_stores(house())} == set(ELSEWHERE)


def test_a_store_speaks_of_its_own_tables_only() -> None:
    assert foreign_tables(house()) == sorted(ACROSS)


def test_every_table_has_exactly_one_room() -> None:
    made = set()
    for path in sorted((HOUSE / "storage" / "migrations").glob("*.sql")):
        made |= set(re.findall(r"^CREATE TABLE (\w+)", path.read_text(), re.M))
    kept = [table for tables in TABLES_OF.values() for table in tables]
    assert sorted(kept) == sorted(made)


def test_these_checks_can_fail() -> None:
    assert sql_outside_stores(bad('async def f(tx):\n    await tx.run("DELETE FROM users")')) == ["room/flows.py:2"]
    assert sql_outside_stores(bad('q = f"""\n  SELECT {fields} FROM users"""'))
    assert sql_outside_stores(bad('"""Select a phone."""\nlabel = "Update your phone"')) == []
    assert foreign_tables(bad('def f():\n    return "UPDATE sessions SET ended_at = 1"', "login/store.py")) == [
        "login/store.py:f"
    ]
