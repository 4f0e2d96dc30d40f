"""The README's commands, as they are written there."""

import asyncio
import os
import re
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from tests import mortal
from tests.people import PASSWORD, Browser, plain_wire
from tests.ports import free_port
from tests.site import START_SECONDS, Site, answers, site_settings, until

PROJECT = Path(__file__).parents[2]
README = (PROJECT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```sh\n(.*?)^```", README, re.M | re.S)
LINES = [line for block in BLOCKS for line in block.splitlines()]
SHIM = f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -c "from twolatch.faces.commands import main; main()" "$@"\n'


def block_with(word: str) -> list[str]:
    [found] = [block.splitlines() for block in BLOCKS if word in block]
    return found


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a space in its name, and `.venv/bin/twolatch` in it."""
    home = tmp_path / "a site"
    shim = home / ".venv" / "bin" / "twolatch"
    shim.parent.mkdir(parents=True)
    shim.write_text(SHIM)
    shim.chmod(0o755)
    return home


def surroundings(**more: str) -> dict[str, str]:
    passed = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR") if name in os.environ}
    return {**passed, "PYTHONUTF8": "1", **more}


@contextmanager
def running(folder: Path, script: str, port: int, said: str = "") -> Iterator[Path]:
    """The script in a shell, until it answers at the port; what it prints is in the file. `said` is typed to it."""
    out = folder / "said"
    with open(out, "wb") as file:
        shell = mortal.start(
            ["/bin/sh", "-euc", script],
            signal.SIGTERM,
            cwd=folder,
            env=surroundings(),
            stdin=subprocess.PIPE,
            stdout=file,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # without a terminal: passwords are read from the pipe
        )
    assert shell.stdin
    shell.stdin.write(said.encode())
    shell.stdin.close()

    def is_up() -> bool:
        assert shell.poll() is None, out.read_text(encoding="utf-8")
        return answers(port)

    try:
        until(is_up, START_SECONDS)
        yield out
    finally:
        with suppress(ProcessLookupError):
            os.killpg(shell.pid, signal.SIGKILL)
        shell.wait()


def test_every_block_of_commands_is_tried_here() -> None:
    known = ("make", "export", ".venv/bin/twolatch")
    assert len(LINES) >= 9
    assert [line for line in LINES if line.split()[0] not in known] == []


@pytest.mark.parametrize("line", [line for line in LINES if line.startswith("make")] or ["none"])
def test_make_knows_what_to_do(line: str) -> None:
    done = subprocess.run(shlex.split(f"{line} --dry-run"), cwd=PROJECT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout


def test_somebody_makes_his_first_own_login(folder: Path) -> None:
    port = free_port()
    *before, last = block_with("TWOLATCH_DATABASE=")
    assert last.endswith(" serve")
    script = "\n".join([*before, f"exec {last} --port {port}"])
    # The addresses of a site without names of its own are those of port 8080, which may be somebody else's here.
    script = f"export TWOLATCH_PORTAL_URL=http://localhost:{port}\n{script}"
    with running(folder, script, port, f"{PASSWORD}\n{PASSWORD}\n") as out:
        said = out.read_text(encoding="utf-8")
        assert "BAD" not in said, said
        assert "carla" in said, said


async def test_a_newcomer_tries_the_demo_and_its_phone_without_a_phone(folder: Path) -> None:
    activate, approve = block_with("phone activate")
    port = free_port()
    with running(folder, f"exec .venv/bin/twolatch demo --port {port}", port) as out:
        client = re.search(r"anna / ([a-z0-9 ]+?)   ", out.read_text(encoding="utf-8"))
        assert client, out.read_text(encoding="utf-8")
        site = Site(folder, site_settings(folder, "sqlite:///unused", port), port)
        async with plain_wire() as wire:
            browser = Browser(site, wire)
            page = await browser.log_in("anna", client[1])
            phone = await start(folder, activate.replace("SESSION-ID", page.session_id), port)
            digits = await said_by(phone, rb"(\d{3} ?\d{3})")
            await browser.confirm(digits.replace(" ", ""))
            assert await ended(phone) == 0
            await browser.log_out()
            assert (await browser.log_in("anna", client[1])).path == "/login/second"
            assert await ended(await start(folder, approve, port)) == 0
            assert (await browser.collect()).path == "/"


async def start(folder: Path, line: str, port: int) -> asyncio.subprocess.Process:
    address = f"http://phone.localhost:{port}"
    environment = surroundings(TWOLATCH_PHONE_SERVER=address, TWOLATCH_PHONE_STORE=str(folder / "phone"))
    return await asyncio.create_subprocess_exec(
        "/bin/sh", "-c", f"exec {line}", cwd=folder, env=environment, stdout=asyncio.subprocess.PIPE,
        stdin=asyncio.subprocess.DEVNULL,
    )  # fmt: skip


async def said_by(process: asyncio.subprocess.Process, pattern: bytes) -> str:
    assert process.stdout
    async with asyncio.timeout(START_SECONDS):
        while line := await process.stdout.readline():
            if found := re.search(pattern, line):
                return found[1].decode()
    raise AssertionError(f"it ended without saying {pattern!r}")


async def ended(process: asyncio.subprocess.Process) -> int:
    async with asyncio.timeout(START_SECONDS):
        await process.communicate()
    return process.returncode or 0
