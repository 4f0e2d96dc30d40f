"""The operator's words about keys, at a site that does not run."""

import subprocess
from pathlib import Path

import pytest

from tests.site import Site


@pytest.fixture
def site(tmp_path: Path) -> Site:
    site = Site.on(tmp_path, f"sqlite:///{tmp_path}/twolatch.db")
    site.run("migrate")
    site.run("user", "add", "anna", "--password", "linden tree 42 kites")
    return site


def test_the_keys_are_listed_with_what_lies_under_each(site: Site) -> None:
    macs, seal, pepper = (line.split() for line in site.run("keys", "status").splitlines())
    assert macs[:3] == ["1", "macs", "file"]
    assert (seal[1], int(seal[-1]) >= 4) == ("seal", True), "the key pairs of the site at least"
    assert (pepper[1], pepper[-1]) == ("pepper", "1"), "Anna's password"
    assert "None" in site.run("keys", "drop")


def test_a_new_key_file_opens_the_site_and_the_old_one_no_more(site: Site, tmp_path: Path) -> None:
    told = site.run("keys", "move", f"file:{tmp_path}/new.key")
    assert f"TWOLATCH_KEY_PROVIDER=file:{tmp_path}/new.key" in told
    with pytest.raises(subprocess.CalledProcessError) as refused:
        site.run("user", "list")
    assert "not the one of this database" in refused.value.stderr
    moved = Site(site.folder, site.settings.model_copy(update={"key_provider": f"file:{tmp_path}/new.key"}), site.port)
    moved.settings.__pydantic_fields_set__.add("key_provider")
    assert "anna" in moved.run("user", "list")
    assert "ok" in moved.run("doctor").splitlines()[1]


@pytest.mark.parametrize("to", ["nowhere", "vault:http://example.com/v1/transit/keys/t", "credential:none"])
def test_a_keeper_that_cannot_be_had_changes_nothing(site: Site, to: str) -> None:
    with pytest.raises(subprocess.CalledProcessError) as refused:
        site.run("keys", "move", to)
    assert "Traceback" not in refused.value.stderr
    assert "anna" in site.run("user", "list")
