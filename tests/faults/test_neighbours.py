"""What a site speaks with is away: the keeper of its keys, the mail server, the push service, the places where its
checkpoints go. Logins wait for none of them, and what was left over is made up for by itself."""

import asyncio
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, ExitStack
from pathlib import Path
from typing import Any

import msgspec
import pytest
from aiosmtpd.smtp import SMTP

from tests.faults.conftest import around, running
from tests.faults.crowd import SESSION
from tests.http.test_login_codes import link
from tests.http.test_waking import WHERE, signed
from tests.people import PIN, Town
from tests.ports import free_port
from tests.site import NotStarted, Site, until
from tests.wires import vault
from twolatch.client.outcomes import Answered, Scanned
from twolatch.people.model import User
from twolatch.protocol.answer import Decision

SOON = 180.0  # seconds
NOWHERE = "push.invalid"


@pytest.fixture(scope="module")
def vault_port() -> int:
    return free_port()


@pytest.fixture(scope="module")
def mail_port() -> int:
    return free_port()


@pytest.fixture(scope="module")
def lonely(tmp_path_factory: pytest.TempPathFactory, vault_port: int, mail_port: int) -> Iterator[Site]:
    """A site whose neighbours are all away. Only for its start the Vault was there."""
    folder: Path = tmp_path_factory.mktemp("lonely")
    with ExitStack() as stack:
        with vault.running(folder, vault_port) as (keeper, token):
            site = stack.enter_context(
                running(
                    folder,
                    f"sqlite:///{folder}/twolatch.db",
                    workers=1,
                    key_provider=keeper.address,
                    vault_token_file=token,
                    mail=f"smtp://127.0.0.1:{mail_port}",
                    audit_sinks=(f"file:{folder}/outside/checkpoints",),
                    push_subject="https://operator.example",
                    push_hosts=(NOWHERE,),
                )
            )
        yield site


@pytest.fixture
async def town(lonely: Site, vault_port: int, tmp_path: Path) -> AsyncIterator[Town]:
    """A look behind the walls takes the keys as well: the Vault is there for this moment, and goes again."""
    async with AsyncExitStack() as stack:
        with vault.running(tmp_path, vault_port):
            town = await stack.enter_async_context(around(lonely))
        yield town


async def log_in(town: Town) -> User:
    """A new client comes, activates a phone and logs in with it."""
    user, browser, phone = await town.with_phone()
    await browser.log_out()
    page = await browser.log_in(user.name)
    assert isinstance(await phone.approve(page.digits), Answered)
    await browser.collect()
    assert SESSION in browser.cookies
    return user


async def test_without_its_vault_a_site_goes_on_and_changes_no_key(town: Town) -> None:
    with pytest.raises(subprocess.CalledProcessError) as fault:
        town.site.run("keys", "rotate")
    assert "does not answer" in fault.value.stderr
    await log_in(town)


async def test_without_its_vault_a_site_does_not_start_and_with_it_it_does(
    town: Town, vault_port: int, tmp_path: Path
) -> None:
    town.site.stop()
    with pytest.raises(NotStarted, match="does not answer"):
        town.site.start()
    with vault.running(tmp_path, vault_port):
        town.site.start()
    await log_in(town)


async def test_letters_wait_for_a_mail_server_that_is_away(town: Town, mail_port: int) -> None:
    first = await log_in(town)
    await heard(town.site, "mail_failed")
    box = Postbox()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(box, loop=loop), "127.0.0.1", mail_port)
    try:
        await town.do("UPDATE notices SET due_at = 0 WHERE state = 'waiting'")  # two minutes pass
        second = await log_in(town)
        async with asyncio.timeout(SOON):
            await box.until_both({first.email, second.email})
    finally:
        server.close()


class Postbox:
    def __init__(self) -> None:
        self._came = asyncio.Queue[str]()

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:
        for to in envelope.rcpt_tos:
            self._came.put_nowait(to)
        return "250 taken"

    async def until_both(self, wanted: set[str]) -> None:
        while wanted:
            wanted = wanted - {await self._came.get()}


async def test_without_a_push_service_a_scanned_code_logs_in(town: Town) -> None:
    user, browser, phone = await town.with_phone()
    where = {**WHERE, "endpoint": f"https://{NOWHERE}/x"}
    assert (await signed(phone, "PUT", "push", msgspec.json.encode(where))).status_code == 200
    await browser.log_out()
    elsewhere = town.browser()
    page = await elsewhere.log_in(user.name)
    await heard(town.site, "push: ")
    scanned = await phone.soft.scan(link(town, page))
    assert isinstance(scanned, Scanned), scanned
    assert isinstance(await phone.soft.answer(scanned, Decision.APPROVE, PIN), Answered)
    await elsewhere.collect()
    assert SESSION in elsewhere.cookies


async def test_checkpoints_that_nobody_took_are_sent_when_somebody_does(town: Town) -> None:
    await log_in(town)
    await heard(town.site, "checkpoint_not_delivered")
    kept = town.site.folder / "outside" / "checkpoints"
    kept.parent.mkdir()
    await log_in(town)
    await asyncio.to_thread(until, lambda: kept.exists() and b"checkpoint" in kept.read_bytes(), SOON)


async def heard(site: Site, word: str) -> None:
    await asyncio.to_thread(until, lambda: word in site.said(), SOON)
