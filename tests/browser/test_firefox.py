"""Web Push with nothing of the browser played: Firefox subscribes, decrypts, wakes the worker, and approves."""

from pathlib import Path

import pytest

from tests.browser.firefox import Autopush, running_firefox
from tests.browser.street import PASSWORD, PIN
from tests.people import Town

NOTICES = """
async () => {
  const registration = await navigator.serviceWorker.ready;
  return (await registration.getNotifications()).map((each) => each.title).join() === "A login is waiting";
}
"""


@pytest.fixture
def service() -> Autopush:
    """In the place of the played browser's push service: `pushing_town` sends its wake-ups here."""
    return Autopush()


async def test_a_real_browser_is_woken_by_a_real_push_and_approves(
    pushing_town: Town, service: Autopush, tmp_path: Path
) -> None:
    profile = tmp_path / "firefox"
    profile.mkdir()
    async with running_firefox(profile, service) as fox:
        anna, forms = await pushing_town.person(), pushing_town.browser()
        await forms.log_in(anna.name, PASSWORD)
        await fox.open(forms.page.link)
        await fox.at("link")
        await fox.press("button.primary")
        await fox.until("() => ['pin', 'notify'].includes(document.body.dataset.screen)")
        await fox.fill(pin=PIN, repeat=PIN)
        await fox.press("button[type=submit]")
        await fox.at("whom")
        await fox.press("button[type=submit]")
        await forms.confirm(await fox.digits())
        await fox.at("success")
        await fox.press("button.primary")
        await fox.at("home")

        await fox.press("button[aria-label=Settings]")
        await fox.press("[data-push=off] button.secondary")
        await fox.until("() => document.querySelector('[data-push=on]')")
        await fox.press("tl-notifications button.quiet")
        await fox.until("() => document.querySelector('[data-trial=arrived]')")  # there and back, encrypted for real

        await forms.log_out()
        await forms.log_in(anna.name, PASSWORD)
        await fox.until(NOTICES)
        assert len(service.channels) == 1
        assert len(service.signers) == 1
        await fox.press("button[aria-label=Back]")
        await fox.at("request")
        await fox.fill(pin=PIN)
        await fox.press("button.approve")
        await fox.until("() => document.body.dataset.outcome === 'approved'")
        await forms.collect()
        assert await forms.is_in()
