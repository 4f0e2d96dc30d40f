"""The installed app without a network, and after it was closed at a bad moment."""

import tempfile
from pathlib import Path

import pytest
from playwright.async_api import Playwright, expect

from tests.browser.street import PIN, Client, Street
from tests.chromium import FLAGS, chromium_path

KEPT = "navigator.serviceWorker.ready.then((registration) => Boolean(registration.active))"


async def test_the_app_opens_without_a_network_and_says_so(street: Street) -> None:
    anna = await street.with_phone(worker=True)
    street.allow("net::ERR_INTERNET_DISCONNECTED")
    assert await anna.app.page.evaluate(KEPT)
    await anna.app.page.context.set_offline(True)
    await anna.app.page.reload()
    await anna.app.at("home")
    await anna.app.says("No connection. This is what was true on", "Anna de Vries")
    await street.look(anna.app, "home offline")
    await anna.app.page.context.set_offline(False)
    await expect(anna.app.page.locator("p.offline")).to_have_text("")
    await anna.log_in()
    await anna.app.approve(PIN)
    await anna.portal.at("/")


async def test_an_answer_that_finds_no_network_is_given_again_when_it_is_back(street: Street) -> None:
    anna = await street.with_phone(worker=True)
    street.allow("net::ERR_INTERNET_DISCONNECTED")
    await anna.log_in()
    await anna.app.fill_request(PIN)
    await anna.app.page.context.set_offline(True)
    await anna.app.tap("Approve")
    await expect(anna.app.page.locator("[role=status].sr")).to_have_text("Checking…")
    await anna.app.page.context.set_offline(False)
    await anna.portal.at("/")
    await anna.app.at("outcome", outcome="approved")


async def test_a_claim_without_network_is_told_and_not_lost(street: Street) -> None:
    (_anna, portal), phone = await street.at_the_banner(), await street.phone(worker=True)
    street.allow("net::ERR_INTERNET_DISCONNECTED")
    await phone.open()
    await phone.to_typing()
    await phone.type_code(await portal.session_id())
    await phone.page.context.set_offline(True)
    await phone.give_pin(PIN)
    await phone.at("refusal", code="wire.offline")
    await street.look(phone, "refusal offline")
    await phone.page.context.set_offline(False)
    await phone.tap("Try again")
    await phone.at("whom")


async def test_a_phone_closed_between_digits_and_confirmation_goes_on_when_opened(street: Street) -> None:
    (anna, portal), phone = await street.at_the_banner(), await street.phone(worker=True)
    await phone.claim(await portal.session_id(), PIN)
    await phone.link()
    digits = await phone.digits()
    await portal.at("/activate")
    await phone.page.close()
    await portal.confirm(digits)
    await expect(portal.page.locator("[data-state=confirmed]")).to_be_visible()
    await street.look(portal, "activate finish")
    phone.page = await street.reopened(phone)
    await phone.open()
    await phone.at("success")
    await expect(portal.page.get_by_role("link", name="Done")).to_be_visible()
    await phone.press_main()
    await portal.open()
    await portal.log_out()
    await Client(street, anna, portal, phone).let_in()


async def test_a_phone_opened_again_before_confirmation_shows_the_same_digits(street: Street) -> None:
    (_anna, portal), phone = await street.at_the_banner(), await street.phone(worker=True)
    await phone.claim(await portal.session_id(), PIN)
    await phone.link()
    before = await phone.digits()
    await phone.page.reload()
    assert await phone.digits() == before


async def test_the_app_can_be_installed(street: Street, playwright: Playwright) -> None:
    """Asked in a profile of its own: a private window can install nothing."""
    path = chromium_path()
    if path is None:
        pytest.skip("no chromium on the PATH")
    with tempfile.TemporaryDirectory() as folder:
        profile = await playwright.chromium.launch_persistent_context(Path(folder), executable_path=path, args=FLAGS)
        page = await profile.new_page()
        await page.goto(street.town.site.settings.phone_url)
        assert await page.evaluate(KEPT)
        wire = await profile.new_cdp_session(page)
        found = await wire.send("Page.getInstallabilityErrors")
        manifest = await wire.send("Page.getAppManifest")
        await profile.close()
    assert found["installabilityErrors"] == []
    assert manifest["errors"] == []
