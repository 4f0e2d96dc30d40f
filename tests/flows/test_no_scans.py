"""What a login and an activation ask finds its rows by an index, however many clients there are."""

import json
import re
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from types import SimpleNamespace
from typing import Any

import httpx
import pytest

from tests.people import PIN, Town
from twolatch.accounts import store as accounts
from twolatch.accounts.model import Account
from twolatch.accounts.model import State as AccountState
from twolatch.app import built_edge
from twolatch.client.outcomes import Activated, Answered, Shown
from twolatch.house import House
from twolatch.storage.db import Database, Row, StorageFault, Tx
from twolatch.texts.catalogue import Texts

Asked = dict[str, Mapping[str, Any]]  # statements, each with values it was asked with


@dataclass
class Heard:
    """A database or an open transaction, whose every statement is remembered."""

    inner: Any
    asked: Asked = field(default_factory=dict)

    async def rows(self, sql: str, /, **values: Any) -> list[Row]:
        return list(await self._told(sql, values).rows(sql, **values))

    async def row(self, sql: str, /, **values: Any) -> Row | None:
        found: Row | None = await self._told(sql, values).row(sql, **values)
        return found

    async def run(self, sql: str, /, **values: Any) -> int:
        return int(await self._told(sql, values).run(sql, **values))

    def later(self, sql: str, /, **values: Any) -> None:
        self._told(sql, values).later(sql, **values)

    def after(self, wish: Callable[[], None]) -> None:
        self.inner.after(wish)

    async def write(self, work: Callable[[Any], Awaitable[Any]]) -> Any:
        return await self.inner.write(lambda tx: work(Heard(tx, self.asked)))

    def _told(self, sql: str, values: Mapping[str, Any]) -> Any:
        self.asked[sql] = values
        return self.inner


async def searched_through(db: Database, asked: Asked) -> list[str]:
    """The statements that read whole tables or whole indices, each with how."""
    plans = _of_sqlite if db.dialect == "sqlite" else _of_postgres
    return [f"{found}: {sql}" for sql, values in asked.items() for found in await plans(db, sql, values)]


async def _of_sqlite(db: Database, sql: str, values: Mapping[str, Any]) -> list[str]:
    lines = [str(row["detail"]) for row in await db.rows(f"EXPLAIN QUERY PLAN {sql}", **values)]
    return [line for line in lines if re.match(r"SCAN (?!CONSTANT ROW|\d+-ROW VALUES)", line)]


async def _of_postgres(db: Database, sql: str, values: Mapping[str, Any]) -> list[str]:
    """What the planner would do with many rows in every table: it believes how many there are on a page, and is told
    that pages cost nothing. Where a look through all rows still stands, there is no index to go by."""
    found: list[str] = []

    async def look(tx: Tx) -> None:
        for switch in ("enable_seqscan = off", "random_page_cost = 0", "seq_page_cost = 0"):
            await tx.run(f"SET LOCAL {switch}")
        await tx.run(
            "UPDATE pg_class SET relpages = 1, reltuples = 10000"
            " WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'"
        )
        [row] = await tx.rows(f"EXPLAIN (FORMAT JSON) {sql}", **values)
        found.extend(_whole(json.loads(row["QUERY PLAN"])[0]["Plan"]))
        raise StorageFault("explained, and nothing done")

    with pytest.raises(StorageFault, match="explained"):
        await db.write(look)
    return found


def _whole(node: Mapping[str, Any]) -> Iterator[str]:
    kind = str(node["Node Type"])
    is_index = kind in {"Index Scan", "Index Only Scan", "Bitmap Index Scan"}
    if kind == "Seq Scan" or (is_index and "Index Cond" not in node):
        yield f"{kind} of {node.get('Relation Name') or node['Index Name']}"
    for below in node.get("Plans", ()):
        yield from _whole(below)


async def test_a_login_and_an_activation_search_through_no_table(house: House) -> None:
    db: Any = Heard(house.db)
    edge = built_edge(replace(house, db=db), Texts())
    stands: Any = SimpleNamespace(settings=house.settings, port=8080)
    town = Town(stands, replace(house, db=db), httpx.ASGITransport(edge))
    user = await town.person()
    account = Account(house.chance.id(), "U1000001", "Savings", AccountState.OPEN, house.clock.now())
    await house.db.write(lambda tx: accounts.add(tx, account))
    await house.db.write(lambda tx: accounts.admit(tx, account.id, user.id, is_holder=True))
    db.asked.clear()  # what the operator asks is not what is looked at
    browser, phone = town.browser(), town.phone()
    await browser.log_in(user.name)
    shown = await phone.soft.claim(browser.page.session_id, PIN)
    assert isinstance(shown, Shown)
    await browser.ask("GET", "/activate/wait?state")
    await browser.confirm(shown.six_digits)
    [done] = await phone.soft.resume()
    assert isinstance(done, Activated)
    await browser.log_out()
    for seat in (browser, town.browser()):  # one that is known, and one that is not
        await seat.get("/login")
        assert (await seat.try_password(user.name, "not this one")).status == 403
        page = await seat.log_in(user.name)
        await seat.ask("GET", "/login/wait?state")
        assert isinstance(await phone.approve(page.digits), Answered)
        assert (await seat.collect()).path == "/"
    assert len(db.asked) > 50
    assert await searched_through(house.db, db.asked) == []


async def test_a_look_through_a_whole_table_is_found(house: House) -> None:
    asked: Asked = {
        "SELECT id FROM users WHERE display = :name": {"name": "anna"},
        "SELECT id FROM sessions WHERE token = :token AND agent = :agent": {"token": b"", "agent": ""},
        "UPDATE challenges SET tries = 0 WHERE browser = :browser": {"browser": b""},
    }
    found = await searched_through(house.db, asked)
    assert [line.rpartition(": ")[2].split()[0] for line in found] == ["SELECT", "UPDATE"], found
