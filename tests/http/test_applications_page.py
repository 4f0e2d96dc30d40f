"""The example of docs/applications.md, as it is written there, and the operator's commands."""

import asyncio
import json
import os
import re
import subprocess
from pathlib import Path

import pytest

from tests.http.shop import BACK, say_yes, shop
from tests.people import Town

PAGE = (Path(__file__).parents[2] / "docs" / "applications.md").read_text(encoding="utf-8")
[EXAMPLE] = [block for block in re.findall(r"^```sh\n(.*?)^```", PAGE, re.M | re.S) if "$TICKET" in block]
REGISTERING = re.findall(r"^twolatch application add .*$", PAGE, re.M)[0]
CALLS = EXAMPLE.strip().split("\n\n")


async def run(call: str, **words: str) -> dict[str, object]:
    passed = {"PATH": os.environ["PATH"], **words}

    def ran() -> str:
        return subprocess.run(["/bin/sh", "-euc", call], env=passed, capture_output=True, text=True, check=True).stdout

    told: dict[str, object] = json.loads(await asyncio.to_thread(ran))
    return told


async def test_the_example_runs_as_it_is_written(town: Town) -> None:
    user, browser, ours = await town.person(), town.browser(), await shop(town)
    await browser.log_in(user.name)
    ticket = (await say_yes(browser, await ours.begun()))["ticket"]
    words = {"PORTAL": town.site.settings.portal_url, "KEY": ours.key, "TICKET": ticket}
    exchange, ask, look, release = CALLS
    session = await run(exchange, **words)
    assert session["user"] == user.name
    asked = await run(ask, SESSION=str(session["session"]), **words)
    assert (asked["answer"], asked["amount"], asked["payee"]) == ("allow", "1500.00", "NL00 BANK 0123 4567 89")
    one = str(asked["authorization"])
    assert await run(look, AUTHORIZATION=one, **words) == asked
    assert (await run(release, AUTHORIZATION=one, **words))["reason"] == "released"


async def test_an_operator_registers_lists_renews_and_revokes(town: Town) -> None:
    words = REGISTERING.replace('"Linden Brokers"', "Linden").split()[1:]
    said = await asyncio.to_thread(town.site.run, *words)
    key = re.search(r"^Key of Linden: (twolatch-[A-Za-z0-9_-]{43})$", said, re.M)
    assert key
    listed = await asyncio.to_thread(town.site.run, "application", "list")
    assert "Linden" in listed
    assert "https://app.example.com/back" in listed
    assert key[1] not in listed
    renewed = await asyncio.to_thread(town.site.run, "application", "key", "Linden")
    assert key[1] not in renewed
    assert "Revoked" in await asyncio.to_thread(town.site.run, "application", "revoke", "Linden")
    for again in (["application", "revoke", "Linden"], ["application", "key", "Linden"], words):
        with pytest.raises(subprocess.CalledProcessError):
            await asyncio.to_thread(town.site.run, *again)
    with pytest.raises(subprocess.CalledProcessError):
        await asyncio.to_thread(town.site.run, "application", "add", "Evil", "--return", f"http{BACK[5:]}")
