"""Secrets that were planted are found nowhere: a real site lives through everything, and then all that it left is
searched - its database, a dump of it, its log, its letters, its audit log, and what its commands and pages said."""

import asyncio
import base64
from collections.abc import Iterator
from dataclasses import dataclass, field
from email import message_from_string
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from typer.testing import CliRunner

from tests.canaries import files_below, found
from tests.databases import Server, drop_database, fresh_database
from tests.http.own_app import OwnApp
from tests.http.test_closing import closed, reader
from tests.http.test_temporary_codes import code_for, enter
from tests.people import PASSWORD, PIN, Browser, Phone, Town, activate, plain_wire, set_up_app, set_up_codes
from tests.ports import free_port
from tests.servers import mail_server
from tests.site import Site, until
from twolatch.app import built_house
from twolatch.faces.commands.words import command_line
from twolatch.house.keys import PIN as PIN_TAGS
from twolatch.house.keys import SIGNING, VAPID
from twolatch.people.model import User
from twolatch.protocol import pins
from twolatch.protocol.octets import unb64u

MAIL_WORD, DATABASE_WORD = "mail-canary-3Vb7", "database-canary-8Kq2"
Letters = list[dict[str, str]]
pytestmark = pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")


@dataclass
class Planted:
    """What nobody may find, by name; and what commands and strangers were told."""

    secrets: dict[str, bytes] = field(default_factory=dict)
    said: list[tuple[str, bytes]] = field(default_factory=list)

    def word(self, name: str, text: str) -> str:
        self.secrets[name] = text.encode()
        if "-" in text:
            self.secrets[f"{name}, without hyphens"] = text.replace("-", "").encode()
        return text

    def token(self, name: str, text: str) -> None:
        """43 characters that carry 32 bytes."""
        self.secrets |= {name: text.encode(), f"{name}, its bytes": unb64u(text, 32)}


@pytest.fixture(scope="module")
def post() -> Iterator[tuple[int, Letters]]:
    """A mail server that wants a name and a password."""
    with mail_server(login=("twolatch", MAIL_WORD)) as running:
        yield running


@pytest.fixture(params=["sqlite", "postgresql"])
def site(request: pytest.FixtureRequest, tmp_path: Path, post: tuple[int, Letters]) -> Iterator[Site]:
    server: Server | None = request.getfixturevalue("postgres") if request.param == "postgresql" else None
    url = fresh_database(server) if server else f"sqlite:///{tmp_path}/site/twolatch.db"
    with_word = url.replace("postgres@", f"postgres:{DATABASE_WORD}@")  # this server asks for none, and takes any
    mail = f"smtp://twolatch:{MAIL_WORD}@127.0.0.1:{post[0]}"
    site = Site.on(tmp_path / "site", with_word, mail=mail, mail_sender="no-reply@example.org")
    site.folder.mkdir()
    site.run("migrate")
    site.start()
    yield site
    site.stop()
    if server:
        drop_database(server, url)


async def the_phone(town: Town, planted: Planted) -> tuple[User, Browser, Phone]:
    """Password, activation, PIN, and the sessions of browser and app."""
    user, browser, phone = await town.person(), town.browser(), town.phone()
    page = await browser.log_in(user.name)
    planted.word("session ID", page.session_id)
    planted.secrets["secret of the QR code"] = unb64u(page.link.split("#")[1].split(".")[2])
    await activate(browser, phone, page.session_id)
    of = phone.record
    planted.secrets["stretched PIN"] = pins.stretch(PIN, unb64u(of.salt, 16), of.iterations)
    planted.secrets["what the PIN opens"] = phone.secret(PIN)
    app = OwnApp(phone)
    planted.token("session of the app", await app.sign_in(user.name))
    fresh = await town.stranger(user, phone)
    for of_whom, cookies in (("first", browser.cookies), ("fresh", fresh.cookies)):
        for name, value in cookies.items():
            planted.token(f"cookie {name} of the {of_whom} browser", value)
    return user, fresh, phone


async def the_rest(town: Town, planted: Planted, user: User, browser: Browser) -> None:
    """TOTP, recovery codes, and a temporary code that is used."""
    planted.word("TOTP secret", key := (await set_up_app(browser)).key)
    planted.secrets["TOTP secret, its bytes"] = base64.b32decode(key + "=" * (-len(key) % 8))
    for number, code in enumerate(await set_up_codes(browser)):
        planted.word(f"recovery code {number}", code)
    await browser.log_out()
    code = planted.word("temporary code", await code_for(town, user))
    again = town.browser()
    await enter(again, user, code)
    assert await again.is_in()
    planted.token("session by temporary code", again.cookies["__Host-session"])


async def mistakes(town: Town, planted: Planted, user: User) -> None:
    """What people and programs put into the wrong place, and a fault of ours while a right password is there."""
    browser = town.browser()
    await browser.log_in(user.name, f"{PASSWORD}!")
    await browser.log_in(PASSWORD, user.name)
    for path in (f"/nowhere?password={quote(PASSWORD)}", "/login?name=x"):
        planted.said.append((path.partition("?")[0], (await browser.ask("GET", path)).answer.content))
    await town.phone().call("POST", "sign-in", {"name": user.name, "password": PASSWORD})
    await town.do("ALTER TABLE attempts RENAME TO lost")
    page = await town.browser().log_in(user.name)
    await town.do("ALTER TABLE lost RENAME TO attempts")
    assert page.status == 500
    planted.said.append(("page of a fault", page.answer.content))


def commands(site: Site, planted: Planted, folder: Path) -> None:
    """What an operator reads on his screen, also where something fails."""
    key = bytes.fromhex(site.settings.key_file.read_text())
    planted.secrets |= {"master key": key, "mail password": MAIL_WORD.encode()}
    if "postgres" in site.settings.database:
        planted.secrets["database password"] = DATABASE_WORD.encode()
    far = f"postgresql://postgres:{DATABASE_WORD}@127.0.0.1:{free_port()}/none"
    broken: list[dict[str, str]] = [
        {},
        {"TWOLATCH_MAIL": f"smtp://twolatch:{MAIL_WORD}@127.0.0.1:{free_port()}"},
        {"TWOLATCH_MAIL": f"pigeon://twolatch:{MAIL_WORD}@home"},
        {"TWOLATCH_DATABASE": far},
        {"TWOLATCH_DATABASE": far.replace("postgresql:", "postgres")},
        {"TWOLATCH_DATABASE": f"{far}?pool_size=none"},
    ]
    for each in broken:
        for words in (["doctor", "--json", "--port", str(site.port)], ["user", "list"], ["keys", "status"]):
            done = CliRunner().invoke(command_line(), words, env={**site.environment, **each})
            planted.said.append((" ".join([*words, *each]), f"{done.output} {done.exception!r}".encode()))
    for words in (["audit", "export", str(folder / "audit.txt")], ["backup", str(folder / "backup")]):
        CliRunner().invoke(command_line(), words, env=site.environment)  # a copy of PostgreSQL needs its program


def the_keys(town: Town, planted: Planted) -> None:
    for name in (SIGNING, PIN_TAGS, VAPID):
        number = town.house.keys.private(name).private_numbers().private_value
        planted.secrets[f"key {name}"] = number.to_bytes(32, "big")


def dump(request: Any, site: Site) -> Iterator[tuple[str, bytes]]:
    """All that PostgreSQL holds for us, as text."""
    if site.settings.database.startswith("postgresql"):
        server: Server = request.getfixturevalue("postgres")
        file = server.data.parent / "dump.sql"
        server.tool("pg_dump", f"--dbname={site.settings.database}", f"--file={file}")
        yield "pg_dump", file.read_bytes()
        file.unlink()


def opened(letter: str) -> Iterator[tuple[str, bytes]]:
    """As it travels, and as it is read: the form between may part a word."""
    yield "letter", letter.encode()
    yield "text of a letter", message_from_string(letter).get_payload(decode=True)  # type: ignore[misc]


async def test_nothing_secret_is_left_anywhere(
    site: Site, post: tuple[int, Letters], tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    planted = Planted()
    letters_before = len(post[1])
    async with plain_wire() as wire, built_house(site.settings, alone=True) as house:
        town = Town(site, house, wire)
        user, browser, _ = await the_phone(town, planted)
        await the_rest(town, planted, user, browser)
        refused = await town.with_phone(email="nobody@example.org")
        await mistakes(town, planted, user)
        (tmp_path / "papers").mkdir()
        leaver, _ = await closed(town, tmp_path / "papers")
        planted.token("session that only reads", (await reader(town, leaver)).cookies["__Host-session"])
        planted.word("password", PASSWORD)
        the_keys(town, planted)
        (tmp_path / "out").mkdir()
        await asyncio.to_thread(commands, site, planted, tmp_path / "out")
        wanted = {user.email, leaver.email}
        until(lambda: wanted <= {letter["to"] for letter in post[1][letters_before:]}, 90)
        until(lambda: "mail_failed" in site.said(), 90)
        alive = [("alive", each) for _, each in files_below(site.folder, [site.settings.key_file])]
    site.stop()
    letters = [each for letter in post[1][letters_before:] for each in opened(letter["text"])]
    places = [
        *alive, *files_below(site.folder, [site.settings.key_file]), *files_below(tmp_path / "out"), *letters,
        *planted.said, *dump(request, site),
    ]  # fmt: skip
    assert {name for name, _ in places} >= {"server.log", "audit.txt", "letter", "page of a fault"}
    assert refused[0].name.encode() in b"".join(content for _, content in places), "what is no secret is found"
    assert found(planted.secrets, places) == []
