"""Firefox, with a push service of its own: the browser's whole part is real, from the subscription to the notification.

Driven by WebDriver BiDi. Its push service, which in the world is its maker's, is played here over the same WebSocket
protocol (autopush): what the site sends, Firefox gets as it was sent, and decrypts it itself.
"""

import asyncio
import base64
import json
import os
import shutil
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.asyncio.server import ServerConnection, serve

from tests.browser.push_service import VapidChecked
from tests.browser.window import Window
from tests.ports import free_port
from twolatch.wires.public_http import Answer

LONG = 60.0
ENDPOINT = "https://updates.push.services.mozilla.com/wpush/v2/"
PREFS: dict[str, Any] = {
    "dom.push.enabled": True,
    "dom.push.connection.enabled": True,
    "dom.push.testing.allowInsecureServerURL": True,
    "permissions.default.desktop-notification": 1,
    "alerts.useSystemBackend": False,
    "intl.accept_languages": "en",
    "intl.locale.requested": "en-US",
    "app.update.enabled": False,
    "app.normandy.enabled": False,
    "browser.shell.checkDefaultBrowser": False,
    "browser.startup.page": 0,
    "datareporting.policy.dataSubmissionEnabled": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "remote.active-protocols": 1,
    "toolkit.telemetry.enabled": False,
    "ui.prefersReducedMotion": 1,
}
@dataclass
class Autopush(VapidChecked):
    """The push service of one Firefox. As a transport it takes the site's wake-ups and hands them on unopened."""

    browser: ServerConnection | None = None
    channels: dict[str, str] = field(default_factory=dict)  # endpoint -> channel
    acknowledged: "asyncio.Queue[str]" = field(default_factory=asyncio.Queue)

    async def post(self, url: str, headers: dict[str, str], body: bytes) -> Answer:
        self.check(headers, "https://updates.push.services.mozilla.com")
        if url not in self.channels or self.browser is None:
            return Answer(410, None)
        data = base64.urlsafe_b64encode(body).decode().rstrip("=")
        await self.browser.send(json.dumps({
            "messageType": "notification", "channelID": self.channels[url], "version": uuid.uuid4().hex, "data": data,
            "headers": {"encoding": headers["Content-Encoding"]},
        }))  # fmt: skip
        return Answer(201, None)

    async def close(self) -> None:
        """Nothing to close: the WebSocket is the browser's."""

    async def serve(self, browser: ServerConnection) -> None:
        self.browser = browser
        async for text in browser:
            said = json.loads(text)
            if said == {}:
                await browser.send("{}")
            elif reply := self._answer(said):
                await browser.send(json.dumps(reply))

    def _answer(self, said: dict[str, Any]) -> dict[str, Any] | None:
        kind = said.get("messageType")
        if kind == "hello":
            return {"messageType": kind, "status": 200, "uaid": uuid.uuid4().hex, "use_webpush": True, "broadcasts": {}}
        if kind == "register":
            endpoint = ENDPOINT + uuid.uuid4().hex
            self.channels[endpoint] = said["channelID"]
            return {"messageType": "register", "status": 200, "channelID": said["channelID"], "pushEndpoint": endpoint}
        if kind == "unregister":
            self.channels = {url: each for url, each in self.channels.items() if each != said["channelID"]}
            return {"messageType": "unregister", "status": 200, "channelID": said["channelID"]}
        if kind == "ack":
            self.acknowledged.put_nowait(kind)
        return None


@dataclass
class Firefox(Window):
    """One window. `context` is BiDi's word for it."""

    wire: ClientConnection
    context: str = ""
    _number: int = 0

    async def ask(self, method: str, **params: Any) -> dict[str, Any]:
        self._number += 1
        await self.wire.send(json.dumps({"id": self._number, "method": method, "params": params}))
        while True:
            said = json.loads(await asyncio.wait_for(self.wire.recv(), 2 * LONG))
            if said.get("id") == self._number:
                assert said["type"] == "success", said
                result: dict[str, Any] = said["result"]
                return result

    async def open(self, address: str) -> None:
        await self.ask("browsingContext.navigate", context=self.context, url=address, wait="complete")

    async def evaluate(self, function: str) -> Any:
        done = await self.ask(
            "script.callFunction", functionDeclaration=function, awaitPromise=True, target={"context": self.context}
        )  # fmt: skip
        assert done["type"] == "success", done.get("exceptionDetails", {}).get("text")
        return done["result"].get("value")

    async def picture(self) -> bytes:
        done = await self.ask("browsingContext.captureScreenshot", context=self.context)
        return base64.b64decode(done["data"])


def firefox_path() -> str:
    """Skips where there is none; TWOLATCH_REQUIRE_FIREFOX=1 makes that a failure."""
    path = shutil.which("firefox-esr") or shutil.which("firefox")
    if path is None:
        refuse = pytest.fail if os.environ.get("TWOLATCH_REQUIRE_FIREFOX") == "1" else pytest.skip
        refuse("no firefox-esr on the PATH: TWOLATCH_WITH_FIREFOX=1 sh setup/ready.sh test-tools")
    return path


@asynccontextmanager
async def running_firefox(folder: Path, autopush: Autopush) -> AsyncIterator[Firefox]:
    path, port, push_port = firefox_path(), free_port(), free_port()
    prefs = {**PREFS, "dom.push.serverURL": f"ws://127.0.0.1:{push_port}/"}
    lines = [f"user_pref({json.dumps(name)}, {json.dumps(value)});" for name, value in prefs.items()]
    (folder / "user.js").write_text("\n".join(lines), encoding="utf-8")
    async with serve(autopush.serve, "127.0.0.1", push_port):
        process = await asyncio.create_subprocess_exec(
            path, "--headless", "--no-remote", "--profile", str(folder), "--remote-debugging-port", str(port),
            stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE,
            env={**os.environ, "HOME": str(folder), "MOZ_CRASHREPORTER_DISABLE": "1"},
        )  # fmt: skip
        try:
            assert process.stderr
            await asyncio.wait_for(_listening(process.stderr), 2 * LONG)
            async with connect(f"ws://127.0.0.1:{port}/session", max_size=None) as wire:
                firefox = Firefox(wire)
                await firefox.ask("session.new", capabilities={})
                tree = await firefox.ask("browsingContext.getTree")
                firefox.context = tree["contexts"][0]["context"]
                yield firefox
        finally:
            process.kill()
            await process.wait()


async def _listening(said: asyncio.StreamReader) -> None:
    async for line in said:
        if b"WebDriver BiDi listening" in line:
            return
    raise AssertionError("Firefox ended before it listened")
