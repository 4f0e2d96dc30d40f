"""Notifications pressed for real: over the desk's own tray, as a trusted press of a person."""

import os
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import BrowserContext, Playwright

from tests.browser.phone_app import PhoneApp
from tests.browser.push_service import PushService, worker_of
from tests.browser.street import PASSWORD, PIN, Street, leave
from tests.browser.tray import Tray, played_tray
from tests.chromium import FLAGS, PATIENCE_MS, chromium_path


@pytest_asyncio.fixture(loop_scope="session")
async def tray() -> AsyncIterator[Tray]:
    with tempfile.TemporaryDirectory() as folder:  # a socket's path must be short
        async with played_tray(Path(folder)) as tray:
            yield tray


@pytest_asyncio.fixture(loop_scope="session")
async def desk(tray: Tray, playwright: Playwright, tmp_path: Path) -> AsyncIterator[BrowserContext]:
    """A browser on that desk. A profile of its own: private windows keep their notifications to themselves."""
    path = chromium_path()
    if path is None:
        pytest.skip("no chromium on the PATH")
    environment = {**os.environ, "DBUS_SESSION_BUS_ADDRESS": tray.bus}
    context = await playwright.chromium.launch_persistent_context(
        tmp_path / "profile", executable_path=path, args=FLAGS, env=environment, timeout=4 * PATIENCE_MS
    )
    context.set_default_timeout(PATIENCE_MS)
    yield context
    await leave(context)


async def test_anna_denies_and_then_approves_from_the_notifications_of_her_desk(
    pushing: Street, service: PushService, tray: Tray, desk: BrowserContext
) -> None:
    anna, origin = await pushing.person(), pushing.town.site.settings.phone_url
    await desk.grant_permissions(["notifications"], origin=origin)
    await desk.add_init_script(service.script)
    app = PhoneApp(await desk.new_page(), origin)
    forms = await pushing.activate(anna, app)
    await app.page.get_by_role("button", name="Settings").click()
    await app.tap("Turn on notifications")
    await app.says("Notifications are on.")
    worker = await worker_of(pushing, app.page, origin)

    await forms.log_out()
    await forms.log_in(anna.name, PASSWORD)
    await worker.deliver(await service.woken())
    asked = await tray.next()
    assert asked.title == "A login is waiting"
    assert set(asked.buttons) >= {"Look at it", "Deny"}
    await tray.press(asked, "Deny")
    told = await tray.next()
    assert told.title == "Login denied"
    assert (await pushing.town.events(anna))["authenticators:challenge:denied"] == 1

    await forms.log_in(anna.name, PASSWORD)
    await worker.deliver(await service.woken())
    asked = await tray.next()
    assert asked.title == "A login is waiting"
    await app.page.close()
    async with desk.expect_page() as opened:
        await tray.press(asked)
    app.page = await opened.value
    await app.approve_and_see(PIN)  # the app opened on that very request
    await forms.collect()
    assert await forms.is_in()
