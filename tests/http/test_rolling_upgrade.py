"""Two versions beside each other: what runs goes on while the next version's steps are applied, and what is started
after that has to be the next version."""

from collections.abc import AsyncIterator, Iterator

import pytest

from tests.http.conftest import served
from tests.people import Town, plain_wire
from tests.site import NotStarted, Site
from twolatch.app import built_house
from twolatch.storage.db import migrate, open_database
from twolatch.storage.migrate import Step, read_steps

TABLES = {
    "sqlite": "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'",
    "postgresql": "SELECT tablename AS name FROM pg_catalog.pg_tables WHERE schemaname = 'public'",
}


@pytest.fixture(params=["sqlite", "postgresql"])
def site(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Of this test's own: its database grows beyond its program."""
    yield from served(request, tmp_path_factory, workers=1)


@pytest.fixture
async def town(site: Site) -> AsyncIterator[Town]:
    async with plain_wire() as wire, built_house(site.settings, alone=True) as house:
        yield Town(site, house, wire)


async def apply_what_the_next_version_may_add(site: Site) -> None:
    """A column in every table, and a table: all that the rule for steps allows, everywhere at once."""
    db = await open_database(site.settings.database)
    try:
        tables = sorted(row["name"] for row in await db.rows(TABLES[db.dialect]) if row["name"] != "schema_steps")
        assert len(tables) > 20
        columns = [f"ALTER TABLE {table} ADD COLUMN of_next TEXT NOT NULL DEFAULT 'x';" for table in tables]
        script = "\n".join([*columns, "CREATE TABLE of_next (id TEXT PRIMARY KEY);"])
        assert await migrate(db, [*read_steps(), Step(9_999, "of_next", script)]) == [9_999]
    finally:
        await db.close()


async def test_nodes_of_the_version_before_go_on_and_none_of_them_is_started_again(site: Site, town: Town) -> None:
    user, browser, phone = await town.with_phone()
    await browser.log_out()
    await browser.log_in(user.name)
    await apply_what_the_next_version_may_add(site)

    await phone.approve(digits=browser.page.digits)
    assert (await browser.collect()).path == "/", "a login that was begun before"
    await browser.log_out()
    await browser.log_in(user.name)
    await phone.approve(digits=browser.page.digits)
    assert (await browser.collect()).path == "/", "and one that was begun after it"
    another, *_ = await town.with_phone()
    assert another.name != user.name, "and an activation"

    site.stop()
    with pytest.raises(NotStarted, match=r"9999_of_next.*Start the newer Twolatch"):
        site.start()
