"""The pages in Chromium: readable for everybody (axe, WCAG 2.2 AA), whole from 320 pixels on, alive with script."""

from collections.abc import AsyncIterator
from io import BytesIO
from typing import Any

import pytest
import pytest_asyncio
import zxingcpp
from PIL import Image
from playwright.async_api import Browser, Page, async_playwright, expect

from tests.browser.examine import AXE, faults_of
from tests.chromium import PATIENCE_MS, launch
from tests.portal_pages.facts import LINK, NOW
from tests.portal_pages.fake_portal import HOST, FakePortal
from tests.portal_pages.samples import SAMPLES, drawn
from twolatch.faces.portal.assets import Assets
from twolatch.faces.portal.rendering import Renderer

pytestmark = pytest.mark.asyncio(loop_scope="module")

DESK: dict[str, Any] = {"viewport": {"width": 1280, "height": 800}, "color_scheme": "light", "locale": "en-GB"}
SMALL: dict[str, Any] = {"viewport": {"width": 320, "height": 640}, "color_scheme": "dark", "locale": "nl-NL"}
STILL: dict[str, Any] = {"reduced_motion": "reduce", "timezone_id": "UTC"}
MOST_LOOKS = 1000


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as started:
        opened = await launch(started)
        yield opened
        await opened.close()


@pytest_asyncio.fixture(loop_scope="module")
async def page(browser: Browser) -> AsyncIterator[Page]:
    context = await browser.new_context(**DESK, **STILL, permissions=["clipboard-read", "clipboard-write"])
    opened = await context.new_page()
    opened.set_default_timeout(PATIENCE_MS)
    yield opened
    await context.close()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def looks(browser: Browser, assets: Assets) -> AsyncIterator[list[tuple[Page, FakePortal, str]]]:
    """A large light page in English and a small dark one in Dutch, for one sample after the other."""
    contexts = [await browser.new_context(**look, **STILL) for look in (DESK, SMALL)]
    for context in contexts:
        await context.add_init_script(AXE)
    pages = [await context.new_page() for context in contexts]
    yield list(zip(pages, [FakePortal(assets), FakePortal(assets)], ("en", "nl"), strict=True))
    for context in contexts:
        await context.close()


@pytest.fixture
def portal(assets: Assets) -> FakePortal:
    return FakePortal(assets)


@pytest.mark.parametrize("name", SAMPLES)
async def test_a_page_is_open_to_everybody(
    looks: list[tuple[Page, FakePortal, str]], renderer: Renderer, name: str
) -> None:
    for page, portal, language in looks:
        await portal.open(page, _still(drawn(renderer, name, language)))
        assert await faults_of(page) == []
        assert page.viewport_size
        assert await page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"]
        assert portal.complaints == []


def _still(html: str) -> str:
    """The page without its wish to move on."""
    return html.replace("data-wait=", "data-waits-not=").replace("data-collect-now=", "data-collects-not=")


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_a_phone_reads_the_code_from_the_screen(
    browser: Browser, renderer: Renderer, portal: FakePortal, scheme: str
) -> None:
    context = await browser.new_context(**{**DESK, "color_scheme": scheme}, **STILL)
    page = await context.new_page()
    await portal.open(page, _still(drawn(renderer, "home-banner", "en")))
    picture = await page.locator(".code-picture img").screenshot()
    whole = await page.screenshot(full_page=True)
    await context.close()
    for shown in (picture, whole):
        assert [code.text for code in zxingcpp.read_barcodes(Image.open(BytesIO(shown)))] == [LINK]
    corner = Image.open(BytesIO(picture)).convert("RGB").getpixel((4, 4))
    assert corner == (255, 255, 255)  # the quiet zone is white in the dark, too


async def test_the_page_moves_on_when_the_stream_says_look(page: Page, renderer: Renderer, portal: FakePortal) -> None:
    portal.state = '{"state": "", "act": "collect"}'
    portal.stream = f"event: look\ndata: {portal.state}\n\n"
    await portal.open(page, drawn(renderer, "second", "en"))
    await page.wait_for_url(f"{HOST}/login/collect")
    assert portal.sent == [("/login/collect", "csrf=the-form-token")]


async def test_without_a_stream_the_page_asks_every_two_seconds(
    page: Page, renderer: Renderer, portal: FakePortal
) -> None:
    portal.stream = None
    portal.state = f'{{"state": "{_state(renderer, "second")}", "act": "wait"}}'
    await page.clock.install()
    await portal.open(page, drawn(renderer, "second", "en"))
    for _ in range(MOST_LOOKS):
        await page.clock.run_for(2000)
        if portal.asked >= 3:
            break
    assert portal.asked >= 3
    assert portal.sent == []
    portal.state = '{"state": "", "act": "collect"}'
    async with page.expect_navigation(url=f"{HOST}/login/collect"):
        await page.clock.run_for(2000)


async def test_an_ended_login_shows_the_page_anew(page: Page, renderer: Renderer, portal: FakePortal) -> None:
    portal.state = '{"state": "", "act": "look"}'
    portal.stream = f"event: look\ndata: {portal.state}\n\n"
    portal.then = drawn(renderer, "over-denied", "en")
    await portal.open(page, drawn(renderer, "second", "en"))
    await page.wait_for_selector("h1:has-text('Denied on the phone')")
    assert portal.sent == []


async def test_a_claimed_code_leads_from_the_banner_to_the_number(
    page: Page, renderer: Renderer, portal: FakePortal
) -> None:
    portal.state = '{"state": "claimed", "act": "wait"}'
    portal.stream = f"event: look\ndata: {portal.state}\n\n"
    await portal.open(page, drawn(renderer, "home-banner", "en"))
    await page.wait_for_url(f"{HOST}/activate")


async def test_a_code_that_ran_out_leaves_the_client_where_he_is(
    page: Page, renderer: Renderer, portal: FakePortal
) -> None:
    portal.state = '{"state": "over", "act": "wait"}'
    await stopped_clock(page)
    await portal.open(page, drawn(renderer, "home-banner", "en"))
    assert await page.inner_text("[data-clock-shown]") == "4:32 left"
    await page.clock.run_for(212_000)
    assert await page.inner_text("[data-clock-shown]") == "1:00 left"
    assert await page.inner_text("[data-clock-spoken]") == "1:00 left"
    await page.clock.run_for(20_000)
    assert await page.inner_text("[data-clock-spoken]") == "1:00 left"  # said once, not counted down aloud
    await page.clock.run_for(41_000)
    assert await page.is_hidden(".code-live")
    await page.click("text=Show a fresh code")
    assert portal.sent == [("/activate/begin", "csrf=the-form-token&place=home")]
    assert portal.visited == ["/page"]


async def test_the_session_id_can_be_copied(page: Page, renderer: Renderer, portal: FakePortal) -> None:
    await stopped_clock(page)  # "Copied" is shown for three seconds only
    await portal.open(page, _still(drawn(renderer, "home-banner", "en")))
    await page.click("[data-copy]")
    await page.wait_for_selector("text=Copied")
    assert await page.evaluate("navigator.clipboard.readText()") == "7K3M-Q9XD-2WPB"


async def test_a_pasted_number_is_tidied_and_not_sent(page: Page, renderer: Renderer, portal: FakePortal) -> None:
    await portal.open(page, _still(drawn(renderer, "activate-confirm", "en")))
    await page.evaluate("navigator.clipboard.writeText('my number: 402 917')")
    await page.locator("#number").evaluate("field => field.removeAttribute('maxlength')")
    await page.focus("#number")
    await page.keyboard.press("Control+V")
    assert await page.input_value("#number") == "402917"
    assert portal.sent == []


async def test_a_shown_password_is_hidden_again_when_it_is_sent(
    page: Page, renderer: Renderer, portal: FakePortal
) -> None:
    await portal.open(page, drawn(renderer, "login", "en"))
    await page.evaluate("document.forms[1].addEventListener('submit', event => event.preventDefault())")
    await page.fill("#name", "anna")
    await page.fill("#password", "linden tree")
    await page.click("text=Show")
    assert await page.get_attribute("#password", "type") == "text"
    await page.click("text=Continue")
    assert await page.get_attribute("#password", "type") == "password"


async def test_pressing_twice_sends_once(page: Page, renderer: Renderer, portal: FakePortal) -> None:
    await portal.open(page, drawn(renderer, "login", "en"))
    await page.fill("#name", "anna")
    await page.fill("#password", "linden tree")
    await page.evaluate("const button = document.querySelector('button.main'); button.click(); button.click()")
    await page.wait_for_url(f"{HOST}/login")
    assert [path for path, _ in portal.sent] == ["/login"]


async def test_anna_logs_in_with_the_keyboard_alone(page: Page, renderer: Renderer, portal: FakePortal) -> None:
    await portal.open(page, drawn(renderer, "login", "en"))
    await expect(page.locator("#name")).to_be_focused()  # the cursor stands in the first field by itself
    await page.keyboard.type("anna")
    await page.keyboard.press("Tab")
    await page.keyboard.type("linden tree")
    await page.keyboard.press("Enter")
    await page.wait_for_url(f"{HOST}/login")
    assert portal.sent == [("/login", "csrf=the-form-token&name=anna&password=linden+tree")]


async def test_without_script_the_way_on_is_a_button(browser: Browser, renderer: Renderer, portal: FakePortal) -> None:
    context = await browser.new_context(**DESK, java_script_enabled=False)
    page = await context.new_page()
    await portal.open(page, drawn(renderer, "second", "en"))
    await page.click("#collect button")
    await page.wait_for_url(f"{HOST}/login/collect")
    await context.close()
    assert portal.sent == [("/login/collect", "csrf=the-form-token")]


async def stopped_clock(page: Page) -> None:
    """From here on the page's time moves by hand only."""
    await page.clock.install(time=NOW / 1000)
    await page.clock.pause_at(NOW / 1000 + 1)


def _state(renderer: Renderer, name: str) -> str:
    return drawn(renderer, name, "en").partition('data-state="')[2].partition('"')[0]
