"""The rehearsal of a bad day: a backup is taken while people log in, the site is lost, and comes back from the copy."""

import json
import re
import shutil
import subprocess
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.databases import drop_database, fresh_database
from tests.http.conftest import served
from tests.people import Town, plain_wire
from tests.site import Site
from twolatch.app import built_house


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def lost(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A site of its own, the one that is lost."""
    yield from served(request, tmp_path_factory)


@pytest.fixture
def place(lost: Site, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """An empty place for a database of the same kind."""
    if lost.settings.database.startswith("sqlite"):
        yield f"sqlite:///{tmp_path}/again/twolatch.db"
        return
    server = request.getfixturevalue("postgres")
    url = fresh_database(server)
    yield url
    drop_database(server, url)


@pytest.fixture
async def town(lost: Site) -> AsyncIterator[Town]:
    async with plain_wire() as wire, built_house(lost.settings, alone=True) as house:
        yield Town(lost, house, wire)


def elsewhere(lost: Site, place: str, folder: Path) -> Site:
    """The same site with its own key, on another machine."""
    shutil.copy(lost.settings.key_file, folder / "master.key")
    return Site.on(folder, place)


def refused(site: Site, *words: str) -> str:
    with pytest.raises(subprocess.CalledProcessError) as fault:
        site.run(*words)
    return " ".join(fault.value.stderr.split())


async def test_after_a_restore_the_phone_still_opens_and_no_old_session_does(
    town: Town, place: str, tmp_path: Path
) -> None:
    user, browser, phone = await town.with_phone()
    assert await browser.is_in()
    town.site.run("backup", str(tmp_path / "copy"))
    later = await town.person()
    again = elsewhere(town.site, place, tmp_path)
    assert "Restored" in again.run("restore", str(tmp_path / "copy"))
    again.start()
    try:
        async with plain_wire() as wire, built_house(again.settings, alone=True) as house:
            new = Town(again, house, wire)
            assert await new.count("FROM audit WHERE event = 'house:fence:raised'") == 1
            assert await new.count("FROM sessions WHERE ended_at = 0") == 0
            old = new.browser()
            old.cookies = dict(browser.cookies)
            assert not await old.is_in()
            names = again.run("user", "list")
            assert user.name in names
            assert later.name not in names, "what came after the copy is lost"
            page = await old.log_in(user.name)
            assert page.path == "/login/second", "the phone is asked, as ever"
            device = phone.record.device
            assert await new.count("FROM challenges WHERE authenticator_id = :id AND state = 'pending'", id=device) == 1
    finally:
        again.stop()
    assert "Traceback" not in again.said()


async def test_the_audit_log_of_a_restored_site_is_sound_and_says_that_it_was_restored(
    town: Town, place: str, tmp_path: Path
) -> None:
    await town.person()
    town.site.run("backup", str(tmp_path / "copy"))
    await town.person()
    town.site.run("audit", "export", str(tmp_path / "later.txt"))
    again = elsewhere(town.site, place, tmp_path)
    again.run("restore", str(tmp_path / "copy"))
    again.run("audit", "export", str(tmp_path / "restored.txt"))
    (tmp_path / "log.key").write_text(town.site.run("audit", "key"))
    key = str(tmp_path / "log.key")
    assert "Sound" in again.run("audit", "verify", str(tmp_path / "restored.txt"), "--key", key)
    notes = [line for line in (tmp_path / "later.txt").read_bytes().splitlines() if line.startswith(b"checkpoint ")]
    (tmp_path / "kept").write_bytes(notes[-1] + b"\n")
    told = refused(
        again, "audit", "verify", str(tmp_path / "restored.txt"), "--key", key, "--checkpoints", str(tmp_path / "kept")
    )
    assert re.search(r"\((forked|shortened)\)", told), "whoever kept a later checkpoint sees that the end was lost"


def test_a_copy_that_was_changed_is_not_put_back(lost: Site, place: str, tmp_path: Path) -> None:
    lost.run("backup", str(tmp_path / "copy"))
    copy = tmp_path / "copy" / "database"
    raw = bytearray(copy.read_bytes())
    raw[len(raw) // 2] ^= 1
    copy.write_bytes(raw)
    again = elsewhere(lost, place, tmp_path)
    assert "changed or cut short" in refused(again, "restore", str(tmp_path / "copy"))
    copy.write_bytes(raw[:-1])
    assert "changed or cut short" in refused(again, "restore", str(tmp_path / "copy"))
    copy.unlink()
    assert "no whole backup" in refused(again, "restore", str(tmp_path / "copy"))


def test_nothing_is_overwritten(lost: Site, place: str, tmp_path: Path) -> None:
    lost.run("backup", str(tmp_path / "copy"))
    assert "not empty" in refused(lost, "backup", str(tmp_path / "copy"))
    before = lost.run("user", "list")
    assert refused(lost, "restore", str(tmp_path / "copy"))
    assert lost.run("user", "list") == before


def test_another_sites_key_opens_nothing(lost: Site, place: str, tmp_path: Path) -> None:
    lost.run("backup", str(tmp_path / "copy"))
    stranger = Site.on(tmp_path, place, key_file=tmp_path / "strange.key")
    (tmp_path / "strange.key").write_text("ab" * 32)
    (tmp_path / "strange.key").chmod(0o600)
    assert "not the one of this database" in refused(stranger, "restore", str(tmp_path / "copy"))


def test_the_key_is_not_in_the_copy(lost: Site, tmp_path: Path) -> None:
    lost.run("user", "add", "zoe", "--password", "linden tree 42 kites")
    lost.run("backup", str(tmp_path / "copy"))
    key = lost.settings.key_file.read_text().strip()
    kept = {path.name: path.read_bytes() for path in (tmp_path / "copy").iterdir()}
    assert set(kept) == {"database", "backup.json"}
    assert json.loads(kept["backup.json"])["note"]
    for content in kept.values():
        assert key.encode() not in content
        assert bytes.fromhex(key) not in content
