"""Accounts and papers over HTTP: what is served and how, and what somebody else's number opens."""

import subprocess
from pathlib import Path

import pytest

from tests.flows.test_accounts import made
from tests.http.test_strangers import same_as_missing
from tests.people import Browser, Town
from twolatch.people.model import User


async def holder(town: Town, folder: Path) -> tuple[User, Browser, str]:
    """A client with an account and one statement, taken in by the operator's command; the paper's address."""
    user, browser = await town.person(), town.browser()
    number = user.name.upper()
    town.site.run("account", "add", number, "--holder", user.name)
    (folder / f"{number}_statement_2026-10.pdf").write_bytes(made())
    assert "Taken in: 1, here already: 0, refused: 0." in town.site.run("document", "import", str(folder))
    await browser.log_in(user.name)
    row = await town.house.db.row(
        "SELECT documents.id FROM documents JOIN accounts ON accounts.id = documents.account_id WHERE number = :n",
        n=number,
    )
    assert row
    return user, browser, f"/documents/{row['id']}"


async def test_a_paper_is_looked_at_taken_along_and_harmless(town: Town, tmp_path: Path) -> None:
    user, browser, paper = await holder(town, tmp_path)
    page = await browser.get("/accounts")
    assert f'href="{paper}"' in page.text
    assert "October 2026" in page.text
    for path, how in ((paper, "inline"), (f"{paper}/download", "attachment")):
        answer = (await browser.get(path)).answer
        assert answer.content == made()
        assert answer.headers["content-type"] == "application/pdf"
        name = f"{user.name.upper()}_statement_2026-10.pdf"
        assert answer.headers["content-disposition"] == f'{how}; filename="{name}"'
        assert "sandbox; default-src 'none'" in answer.headers["content-security-policy"]
        assert "script-src" not in answer.headers["content-security-policy"]
        assert answer.headers.get_list("content-security-policy") == [answer.headers["content-security-policy"]]
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["cache-control"] == "no-store"
    assert (await town.events(user))["accounts:document:opened"] == 2


async def test_somebody_elses_paper_reads_like_one_that_is_not_there(town: Town, tmp_path: Path) -> None:
    _, _, paper = await holder(town, tmp_path)
    other = town.browser()
    await other.log_in((await town.person()).name)
    foreign = paper.rpartition("/")[2]
    await same_as_missing(other, "GET", "/documents/{}", foreign)
    await same_as_missing(other, "GET", "/documents/{}/download", foreign)
    assert (await town.browser().get(paper)).path == "/login"


async def test_an_import_reports_what_it_did_not_take(town: Town, tmp_path: Path) -> None:
    user, _, _ = await holder(town, tmp_path)
    number = user.name.upper()
    (tmp_path / f"{number}_tax-form_2025.pdf").write_bytes(b"<html>")
    (tmp_path / "letter.pdf").write_bytes(made())
    (tmp_path / "NOBODY99_statement_2026.pdf").write_bytes(made())
    with pytest.raises(subprocess.CalledProcessError) as failed:
        town.site.run("document", "import", str(tmp_path))
    said = failed.value.stdout
    assert "Taken in: 0, here already: 1, refused: 3." in said
    assert f"{number}_tax-form_2025.pdf: this is no PDF" in said
    assert "NOBODY99_statement_2026.pdf: no account has this number" in said
    listed = town.site.run("account", "list", "--json")
    assert f'"number": "{number}", "label": "", "state": "open"' in listed
