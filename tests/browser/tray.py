"""The tray of notifications on a desk, played: a session bus of its own, and on it `org.freedesktop.Notifications`.

What is pressed here comes to the browser as from a person, so its service worker may open windows.
"""

import asyncio
import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from jeepney import (
    DBusAddress,
    HeaderFields,
    Message,
    MessageType,
    message_bus,
    new_error,
    new_method_return,
    new_signal,
)
from jeepney.io.asyncio import DBusConnection, open_dbus_connection

NAME = "org.freedesktop.Notifications"
LONG = 60.0
BUS = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><type>session</type><listen>unix:path={path}</listen><auth>EXTERNAL</auth>
<policy context="default"><allow send_destination="*"/><allow receive_sender="*"/><allow own="*"/></policy></busconfig>
"""


@dataclass
class Shown:
    number: int
    title: str
    body: str
    buttons: dict[str, str]  # what it says -> the key that pressing it sends


@dataclass
class Tray:
    """`on_top` are the notifications as they appear, one after the other."""

    bus: str
    wire: DBusConnection
    on_top: "asyncio.Queue[Shown]" = field(default_factory=asyncio.Queue)
    _count: int = 0

    async def next(self) -> Shown:
        return await asyncio.wait_for(self.on_top.get(), LONG)

    async def press(self, shown: Shown, button: str = "") -> None:
        """The notification itself, or one of its buttons by what it says."""
        key = shown.buttons[button] if button else "default"
        tray = DBusAddress("/org/freedesktop/Notifications", interface=NAME)
        await self.wire.send(new_signal(tray, "ActionInvoked", "us", (shown.number, key)))

    async def serve(self) -> None:
        while True:
            asked = await self.wire.receive()
            if asked.header.message_type is MessageType.method_call:
                await self.wire.send(self._answer(asked))

    def _answer(self, asked: Message) -> Message:
        wish = asked.header.fields.get(HeaderFields.member)
        if wish == "GetCapabilities":
            return new_method_return(asked, "as", (["actions", "body", "persistence"],))
        if wish == "GetServerInformation":
            return new_method_return(asked, "ssss", ("tray", "tests", "1", "1.2"))
        if wish == "CloseNotification":
            return new_method_return(asked)
        if wish != "Notify":
            return new_error(asked, "org.freedesktop.DBus.Error.UnknownMethod")
        _app, replaced, _icon, title, body, buttons, *_ = asked.body
        self._count += 1
        shown = Shown(replaced or self._count, title, body, dict(zip(buttons[1::2], buttons[::2], strict=True)))
        self.on_top.put_nowait(shown)
        return new_method_return(asked, "u", (shown.number,))


@asynccontextmanager
async def played_tray(folder: Path) -> AsyncIterator[Tray]:
    """Skips where there is no dbus-daemon; TWOLATCH_REQUIRE_DBUS=1 makes that a failure."""
    daemon = shutil.which("dbus-daemon")
    if daemon is None:
        refuse = pytest.fail if os.environ.get("TWOLATCH_REQUIRE_DBUS") == "1" else pytest.skip
        refuse("no dbus-daemon on the PATH: apt-get install dbus")
    rules, address = folder / "bus.conf", f"unix:path={folder / 'bus'}"
    rules.write_text(BUS.format(path=folder / "bus"), encoding="utf-8")
    process = await asyncio.create_subprocess_exec(
        daemon, "--nofork", "--nopidfile", f"--config-file={rules}", "--print-address=1",
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    try:
        assert process.stdout
        assert await process.stdout.readline()  # it listens when it has said where
        wire = await open_dbus_connection(address)
        tray = Tray(address, wire)
        await wire.send(message_bus.RequestName(NAME))
        serving = asyncio.create_task(tray.serve())
        yield tray
        serving.cancel()
        with suppress(asyncio.CancelledError):
            await serving
        await wire.close()
    finally:
        process.terminate()
        await process.wait()
