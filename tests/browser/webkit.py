"""WebKitGTK, the nearest thing to Safari on this machine: its own small browser, driven by WebDriver, on a screen that
nobody sees."""

import asyncio
import base64
import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.browser.window import STEP, Window
from tests.ports import free_port

PATIENCE = 120.0
SCRIPT = """
const told = arguments[arguments.length - 1];
(%s)().then((value) => told({ value }), (fault) => told({ fault: `${fault}` }));
"""


@dataclass
class WebKit(Window):
    wire: httpx.AsyncClient
    session: str = ""

    async def ask(self, method: str, path: str, **body: Any) -> Any:
        done = await self.wire.request(method, path, json=body if method == "POST" else None)
        value = done.json()["value"]
        assert done.status_code == 200, value
        return value

    async def open(self, address: str) -> None:
        await self.ask("POST", f"/session/{self.session}/url", url=address)

    async def evaluate(self, function: str) -> Any:
        function = function if function.strip().startswith("async") else f"async {function}"
        said = await self.ask(
            "POST", f"/session/{self.session}/execute/async", script=SCRIPT % function.strip(), args=[]
        )
        assert "fault" not in said, said["fault"]
        return said.get("value")

    async def picture(self) -> bytes:
        return base64.b64decode(await self.ask("GET", f"/session/{self.session}/screenshot"))


def programs() -> tuple[str, str, str]:
    """Driver, browser and screen. Skips where one is missing; TWOLATCH_REQUIRE_WEBKIT=1 makes that a failure."""
    places = "lib/*/webkit*gtk-*/MiniBrowser", "libexec/webkit*gtk-*/MiniBrowser"
    browsers = [found for place in places for found in Path("/usr").glob(place)]
    driver, screen = shutil.which("WebKitWebDriver"), shutil.which("Xvfb")
    if driver is None or screen is None or not browsers:
        refuse = pytest.fail if os.environ.get("TWOLATCH_REQUIRE_WEBKIT") == "1" else pytest.skip
        refuse("no WebKitGTK with its driver, or no Xvfb: TWOLATCH_WITH_WEBKIT=1 sh setup/ready.sh test-tools")
    return driver, str(browsers[0]), screen


@asynccontextmanager
async def hidden_screen(program: str) -> AsyncIterator[str]:
    """An X display that Xvfb chose, drawn nowhere."""
    reader, writer = os.pipe()
    process = await asyncio.create_subprocess_exec(
        program, "-displayfd", str(writer), "-screen", "0", "800x1200x24", "-nolisten", "tcp",
        pass_fds=(writer,), stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    os.close(writer)
    try:
        with os.fdopen(reader) as told:
            number = await asyncio.wait_for(asyncio.to_thread(told.readline), PATIENCE)
        yield f":{number.strip()}"
    finally:
        process.terminate()
        await process.wait()


@asynccontextmanager
async def running_webkit(folder: Path) -> AsyncIterator[WebKit]:
    driver, browser, screen = programs()
    port = free_port()
    async with hidden_screen(screen) as display:
        surroundings = {
            **os.environ, "DISPLAY": display, "HOME": str(folder), "XDG_RUNTIME_DIR": str(folder), "LC_ALL": "C.UTF-8",
            "GDK_BACKEND": "x11", "NO_AT_BRIDGE": "1", "LIBGL_ALWAYS_SOFTWARE": "1",
            "WEBKIT_DISABLE_DMABUF_RENDERER": "1",
        }  # fmt: skip
        process = await asyncio.create_subprocess_exec(
            driver, f"--port={port}", "--host=127.0.0.1", env=surroundings,
            stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
        )  # fmt: skip
        retries = httpx.AsyncHTTPTransport(retries=12)  # until it listens
        try:
            async with httpx.AsyncClient(
                transport=retries, base_url=f"http://127.0.0.1:{port}", timeout=PATIENCE
            ) as wire:
                kit = WebKit(wire)
                wishes = {"webkitgtk:browserOptions": {"binary": browser, "args": ["--automation"]}}
                begun = await kit.ask("POST", "/session", capabilities={"alwaysMatch": wishes})
                kit.session = begun["sessionId"]
                await kit.ask("POST", f"/session/{kit.session}/timeouts", script=STEP + 30_000)
                yield kit
                await kit.ask("DELETE", f"/session/{kit.session}")
        finally:
            process.terminate()
            await process.wait()
