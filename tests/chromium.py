"""The one way these tests start a browser: the system's Chromium, without anything of the machine around it.

Debian has it twice: whole, and as a shell without the maker's own pages around ours, which needs a third less of the
machine and knows neither notifications nor cameras. Where there is no shell, the whole one does all.
"""

import os
import shutil

import pytest
from playwright.async_api import Browser, Error, Playwright, expect

FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-dev-shm-usage",
    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-proxy-server",
]  # fmt: skip
# How long a state may take to come, on a machine that does ten other things. Nobody waits so long who is not waiting
# for something that never comes.
PATIENCE_MS = 45_000

expect.set_options(timeout=PATIENCE_MS)


def chromium_path() -> str | None:
    return shutil.which("chromium") or shutil.which("chromium-browser")


async def launch(playwright: Playwright, *flags: str, whole: bool = False) -> Browser:
    """`whole`: with notifications and cameras. Missing Chromium skips with the reason; TWOLATCH_REQUIRE_CHROMIUM=1
    makes that a failure."""
    path = (None if whole else shutil.which("chromium-headless-shell")) or chromium_path()
    reason = "no chromium on the PATH: apt-get install chromium"
    if path:
        try:
            return await playwright.chromium.launch(
                executable_path=path, args=[*FLAGS, *flags], timeout=4 * PATIENCE_MS
            )
        except Error as error:
            reason = f"{path} does not start: {error.message[:300]}"
    if os.environ.get("TWOLATCH_REQUIRE_CHROMIUM") == "1":
        pytest.fail(reason)
    pytest.skip(reason)
