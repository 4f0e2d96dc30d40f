"""The doctor looks at key and database: what is missing, in the wrong place, or of somebody else."""

import asyncio
import os
import shutil
from pathlib import Path

import pytest

from tests.databases import Server
from tests.doctor.conftest import asked, by_code, settings_of
from tests.site import Site
from twolatch.app import built_house
from twolatch.desk import staffing
from twolatch.faces.commands.checks import inner, keeping
from twolatch.faces.commands.checks.finding import Severity
from twolatch.people import flows as people
from twolatch.people.model import Role, User
from twolatch.settings import Settings
from twolatch.storage.db import migrate, open_database
from twolatch.words.secret import Secret


@pytest.fixture
def copied(made: Site, tmp_path: Path) -> Settings:
    """The made site once more, to be changed."""
    for name in ("twolatch.db", "master.key"):
        shutil.copy2(made.folder / name, tmp_path / name)
    return settings_of(tmp_path)


def codes(settings: Settings, **more: object) -> set[str]:
    question = asked(settings, **more)
    return {*by_code(keeping.key(question)), *by_code(keeping.database(question)), *by_code(inner.inside(question))}


def change(settings: Settings, *statements: str) -> None:
    async def run() -> None:
        db = await open_database(settings.database)
        for statement in statements:
            await db.write(lambda tx, statement=statement: tx.run(statement))
        await db.close()

    asyncio.run(run())


def test_a_site_that_is_well_has_nothing_to_mend(copied: Settings) -> None:
    assert codes(copied) == set()


def test_before_there_is_a_site_the_first_step_is_named(tmp_path: Path) -> None:
    settings = settings_of(tmp_path)
    assert codes(settings) == {"key.missing", "database.missing"}
    assert "twolatch migrate" in by_code(keeping.key(asked(settings)))["key.missing"].remedy


def test_a_lost_key_is_never_replaced_by_a_new_one(copied: Settings) -> None:
    copied.key_file.unlink()
    finding = by_code(keeping.key(asked(copied)))["key.lost"]
    assert codes(copied) == {"key.lost"}, "said once"
    assert "migrate" not in finding.remedy
    assert finding.severity is Severity.BAD


def test_a_key_that_others_may_read_is_found(copied: Settings) -> None:
    copied.key_file.chmod(0o640)
    assert by_code(keeping.key(asked(copied)))["key.rights"].remedy == f"chmod 600 {copied.key_file}"


def test_a_key_of_another_site_is_found(copied: Settings) -> None:
    copied.key_file.write_text("ab" * 32)
    assert codes(copied) == {"key.wrong"}
    copied.key_file.write_text("no key at all")
    assert codes(copied) == {"key.unusable"}


def test_a_credential_that_systemd_did_not_hand_in_is_named(copied: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)
    of_systemd = copied.model_copy(update={"key_provider": "credential:master.key"})
    assert "LoadCredential" in by_code(keeping.key(asked(of_systemd)))["key.credential"].remedy
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(copied.key_file.parent))
    assert by_code(keeping.key(asked(of_systemd))) == {}


@pytest.mark.parametrize("place", [".", "..", "yesterday"])
def test_a_key_beside_a_backup_is_found(copied: Settings, tmp_path: Path, place: str) -> None:
    own = tmp_path / "keys"
    own.mkdir()
    moved = copied.model_copy(update={"key_file": copied.key_file.rename(own / "master.key")})
    assert "key.beside_backup" not in codes(moved)
    (own / place).mkdir(exist_ok=True)
    (own / place / "backup.json").write_text("{}")
    assert "key.beside_backup" in codes(moved)


def test_a_folder_of_the_key_where_others_write_is_found(copied: Settings, tmp_path: Path) -> None:
    tmp_path.chmod(0o777)
    assert codes(copied) == {"key.folder"}


def test_a_database_that_others_may_read_is_found(copied: Settings, tmp_path: Path) -> None:
    (tmp_path / "twolatch.db").chmod(0o644)
    assert codes(copied) == {"database.rights"}


def test_steps_that_wait_and_steps_of_a_newer_program_are_told_apart(copied: Settings) -> None:
    change(copied, "DELETE FROM schema_steps WHERE number = (SELECT MAX(number) FROM schema_steps)")
    assert codes(copied) == {"database.waiting"}
    change(copied, "UPDATE schema_steps SET sha256 = 'x' WHERE number = 1")
    assert codes(copied) == {"database.changed"}
    change(copied, "UPDATE schema_steps SET number = 9999 WHERE number = 1")
    assert codes(copied) == {"database.newer"}


def test_a_server_that_is_not_there_is_told_with_what_to_look_at(copied: Settings) -> None:
    far = copied.model_copy(update={"database": "postgresql://nobody@127.0.0.1:1/none"})
    assert codes(far) == {"database.unreachable"}


def test_a_database_in_memory_is_unsafe(copied: Settings) -> None:
    assert "database.unsafe" in {*by_code(asyncio.run(keeping._opened("sqlite:///:memory:")))}


MOUNTS = """\
22 1 8:1 / / rw - ext4 /dev/sda1 rw
23 22 0:40 / /srv/far\\040away rw - nfs4 server:/export rw
24 22 0:41 / /srv/far\\040away/near rw - xfs /dev/sdb1 rw
25 22 0:42 / /home rw - cifs //server/home rw
"""


@pytest.mark.parametrize(
    ("file", "kind"),
    [("/srv/far away/t.db", "nfs4"), ("/srv/far away/near/t.db", ""), ("/home/a/t.db", "cifs"), ("/t.db", "")],
)
def test_a_database_on_a_network_disk_is_found(tmp_path: Path, file: str, kind: str) -> None:
    (tmp_path / "mountinfo").write_text(MOUNTS)
    assert keeping.far_system(Path(file), tmp_path / "mountinfo") == kind


def test_it_is_said_of_the_very_database(copied: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "mountinfo").write_text("22 1 0:40 / / rw - nfs4 server:/ rw\n")
    monkeypatch.setattr(keeping, "MOUNTS", tmp_path / "mountinfo")
    assert "database.network_disk" in codes(copied)


def test_more_processes_than_connections_are_found_before_they_meet(
    postgres: Server, postgres_url: str, tmp_path: Path
) -> None:
    settings = settings_of(tmp_path).model_copy(update={"database": f"{postgres_url}?pool_size=8"})
    db_name = postgres_url.rpartition("/")[2]

    async def prepare() -> None:
        db = await open_database(postgres_url)
        await migrate(db)
        await db.close()

    asyncio.run(prepare())
    settings.key_file.write_text("ab" * 32)
    settings.key_file.chmod(0o600)
    assert "database.connections" not in codes(settings, workers=4)
    assert "database.connections" in codes(settings, workers=12), "108 of 97"
    assert "database.connections" in codes(settings, workers=4, nodes=("a:1", "b:1", "c:1"))
    postgres.do(f'ALTER DATABASE "{db_name}" CONNECTION LIMIT 20')
    assert "database.connections" in codes(settings, workers=4), "the database's own limit"


def test_cards_and_desk_are_looked_at_from_the_inside(copied: Settings) -> None:
    assert codes(copied.model_copy(update={"legacy_cards": True})) == {"cards.legacy_unused"}
    assert codes(copied.model_copy(update={"portal_url": "https://portal.example.invalid"})) == {"desk.nobody"}
    change(copied, "DELETE FROM users")
    assert codes(copied) == {"people.nobody"}


def test_a_desk_with_one_officer_is_told_that_two_are_needed(copied: Settings) -> None:
    async def staff() -> None:
        async with built_house(copied, alone=True) as house:
            for name, role in (("otto", Role.OFFICER), ("agnes", Role.AGENT)):
                now = house.clock.now()
                new = people.NewUser(name, name.title(), f"{name}@example.org", "en", Secret("linden tree 42 kites"))
                assert isinstance(await people.add(house, new, now), User)
                assert await staffing.add(house, name, role, "", now)

    asyncio.run(staff())
    assert codes(copied) == {"desk.one_officer"}


def test_a_sink_that_took_nothing_lately_is_named(copied: Settings, tmp_path: Path) -> None:
    sink = f"file:{tmp_path}/sink"
    change(
        copied,
        f"INSERT INTO audit_sinks (sink, number, failing_since, fault) VALUES ('{sink}', 0, 5, 'no room')",
    )
    found = by_code(inner.inside(asked(copied.model_copy(update={"audit_sinks": (sink,)}))))
    assert "no room" in found["audit.sink_failing"].says


def test_looking_changes_nothing(copied: Settings, tmp_path: Path) -> None:
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    codes(copied)
    after = {path.name: path.read_bytes() for path in tmp_path.iterdir() if not path.name.endswith(("-wal", "-shm"))}
    assert {name: after[name] for name in before} == before
    assert os.stat(copied.key_file).st_mode & 0o777 == 0o600
