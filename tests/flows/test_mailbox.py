"""The demo's mailbox: every mail it sent, on a page that no stranger's browser reads and no stranger writes to."""

import re
import secrets
from html import unescape
from pathlib import Path

import httpx
import pytest

from tests.house.source import house
from twolatch.faces.commands import mailbox
from twolatch.texts.catalogue import Texts
from twolatch.wires.mail import Letter, MailFolder

HERE, PORTAL = "http://mail.localhost:8091", "http://localhost:8080"
NOON = 1_795_000_000_000


async def sent(folder: Path, to: str, subject: str, text: str, at: int = NOON) -> None:
    await MailFolder(folder).deliver(Letter(to, subject, text, secrets.token_hex(8), at))


async def asked(folder: Path, path: str = "/", **headers: str) -> httpx.Response:
    site = mailbox.application(folder, HERE, frozenset([PORTAL]), Texts())
    async with httpx.AsyncClient(transport=httpx.ASGITransport(site), base_url=HERE) as browser:
        return await browser.get(path, headers=headers)


def subjects(page: httpx.Response) -> list[str]:
    return [unescape(found) for found in re.findall(r"<summary><strong>(.*?)</strong>", page.text)]


async def test_the_newest_mail_is_the_first_and_lies_open(tmp_path: Path) -> None:
    await sent(tmp_path, "anna@example.org", "Old", "one", NOON)
    await sent(tmp_path, "bram@example.org", "New", "two", NOON + 1)
    page = await asked(tmp_path)
    assert subjects(page) == ["New", "Old"]
    assert page.text.index("<details open>") < page.text.index("New") < page.text.index("<details>")


async def test_anna_s_mails_can_be_read_without_bram_s(tmp_path: Path) -> None:
    await sent(tmp_path, "anna@example.org", "For Anna", "one")
    await sent(tmp_path, "bram@example.org", "For Bram", "two", NOON + 1)
    page = await asked(tmp_path, "/?to=anna%40example.org")
    assert subjects(page) == ["For Anna"]
    assert "anna@example.org (1)" in page.text
    assert subjects(await asked(tmp_path, "/?to=nobody%40example.org")) == ["For Bram", "For Anna"]


async def test_only_addresses_of_the_site_itself_can_be_pressed(tmp_path: Path) -> None:
    """The name of a phone is its owner's word, and it may be an address."""
    text = f"Phone: http://evil.example/x\nNot you? {PORTAL}/suspend/abc. Or {PORTAL}.evil.example/y {PORTAL}@evil/z"
    await sent(tmp_path, "anna@example.org", "New phone", text)
    page = await asked(tmp_path)
    assert re.findall(r'<a href="(http[^"]*)"', page.text) == [f"{PORTAL}/suspend/abc"]
    assert unescape(re.sub(r"</?a[^>]*>", "", page.text)).count(text) == 1


async def test_a_mail_is_text_and_never_becomes_a_page(tmp_path: Path) -> None:
    hostile = "<script>alert(1)</script>"
    await sent(tmp_path, "anna@example.org", hostile, hostile)
    page = await asked(tmp_path)
    assert "<script" not in page.text
    assert page.text.count("&lt;script&gt;") == 2
    assert "default-src 'none'" in page.headers["content-security-policy"]


@pytest.mark.parametrize("name", ["evil.example:8091", "127.0.0.1:8091", "localhost:8091"])
async def test_under_another_name_it_does_not_answer(tmp_path: Path, name: str) -> None:
    """A stranger's page whose name suddenly points to this machine reads nothing."""
    await sent(tmp_path, "anna@example.org", "Secret", "link")
    page = await asked(tmp_path, host=name)
    assert page.status_code == 421
    assert "Secret" not in page.text


async def test_an_empty_mailbox_says_what_will_bring_a_mail(tmp_path: Path) -> None:
    page = await asked(tmp_path / "not made yet")
    assert "No mail yet." in page.text
    in_dutch = await asked(tmp_path, **{"accept-language": "nl-NL,nl;q=0.9"})
    assert '<html lang="nl">' in in_dutch.text
    assert "Nog geen mail." in in_dutch.text


async def test_other_files_of_the_folder_are_passed_over(tmp_path: Path) -> None:
    await sent(tmp_path, "anna@example.org", "Mail", "text")
    (tmp_path / "notes.eml").write_text("Subject: Not ours\n\n")
    assert subjects(await asked(tmp_path)) == ["Mail"]


def test_only_the_demo_s_own_command_opens_it() -> None:
    assert {file.path for file in house() if "import mailbox" in file.text} == {"faces/commands/demo.py"}
