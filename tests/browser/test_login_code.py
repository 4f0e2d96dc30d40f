"""No notification: the portal shows a code that changes every second; the app, or the phone's own camera, scans it."""

import asyncio
import io

import zxingcpp
from PIL import Image
from playwright.async_api import Route, expect

from tests.browser.camera import DRAWN, as_address
from tests.browser.phone_app import PhoneApp
from tests.browser.portal import Portal
from tests.browser.street import PASSWORD, PIN, Client, Street

SHOWN = ".rung-picture svg"


async def with_code(street: Street, portal: Portal, user: str) -> None:
    """The waiting page with its code open: same page, no reload."""
    await portal.log_in(user, PASSWORD)
    await portal.at("/login/second")
    await portal.page.locator("details.rungs summary").click()
    await expect(portal.page.locator(SHOWN)).to_be_visible()


async def seen_by_camera(portal: Portal) -> bytes:
    return await portal.page.locator(".rung-picture").screenshot(scale="css")


async def read(portal: Portal) -> str:
    """What the phone's own camera reads off the screen."""
    [code] = zxingcpp.read_barcodes(Image.open(io.BytesIO(await seen_by_camera(portal))))
    return str(code.text)


async def away_from_request(app: PhoneApp) -> None:
    """The notification came after all; she puts it aside."""
    await app.at("request")
    await app.goes_home()


async def anna_with_camera(street: Street) -> Client:
    return await street.with_phone(script=DRAWN)


async def test_anna_scans_the_code_of_her_login_with_the_app(street: Street) -> None:
    anna = await anna_with_camera(street)
    stranger = await street.portal()
    await with_code(street, stranger, anna.user.name)
    await street.look(stranger, "code to scan")
    await away_from_request(anna.app)
    await street.look(anna.app, "home")
    await anna.app.page.locator("[data-rung=scan]").click()
    await anna.app.at("scan")
    await anna.app.page.evaluate("picture => { window.picture = picture }", as_address(await seen_by_camera(stranger)))
    await anna.app.at("request")
    await expect(anna.app.page.locator("[name=digits]")).to_have_count(0)
    await street.look(anna.app, "request that was scanned")
    await anna.app.approve(PIN)
    await stranger.at("/")


async def test_the_phones_own_camera_opens_the_app_at_the_request(street: Street) -> None:
    anna = await street.with_phone()
    stranger = await street.portal()
    await with_code(street, stranger, anna.user.name)
    await away_from_request(anna.app)
    await anna.app.open((await read(stranger)).removeprefix(anna.app.origin))
    await anna.app.at("request")
    assert anna.app.page.url == f"{anna.app.origin}/", "the code has left the address bar"
    await anna.app.approve(PIN)
    await stranger.at("/")


async def test_on_a_slow_line_the_phone_says_that_the_code_was_read(street: Street) -> None:
    anna = await street.with_phone()
    stranger = await street.portal()
    await with_code(street, stranger, anna.user.name)
    await away_from_request(anna.app)
    code, goes_on = await read(stranger), asyncio.Event()

    async def hold(route: Route) -> None:
        await goes_on.wait()
        await route.continue_()

    await anna.app.page.route("**/scans", hold)
    await anna.app.open(code.removeprefix(anna.app.origin))
    await anna.app.at("scanned")
    await street.look(anna.app, "code was read")
    goes_on.set()
    await expect(anna.app.page.locator("body")).not_to_have_attribute("data-screen", "scanned")


async def test_the_code_changes_every_second_and_an_old_one_is_told(street: Street) -> None:
    anna = await street.with_phone()
    stranger = await street.portal()
    await with_code(street, stranger, anna.user.name)
    await away_from_request(anna.app)
    path = stranger.page.locator(f"{SHOWN} path")
    first, before = await read(stranger), await path.get_attribute("d") or ""
    for _ in range(7):
        await expect(path).not_to_have_attribute("d", before)
        before = await path.get_attribute("d") or ""
    assert await read(stranger) != first
    await anna.app.open(first.removeprefix(anna.app.origin))
    await anna.app.at("refusal", code="scan.too_old")
    await street.look(anna.app, "too old")


async def test_the_code_of_somebody_elses_login_tells_nothing(street: Street) -> None:
    anna, bert = await street.with_phone(), await street.person(display="Bert Jansen")
    other = await street.phone()
    await street.activate(bert, other)
    stranger = await street.portal()
    await with_code(street, stranger, anna.user.name)
    await other.open((await read(stranger)).removeprefix(other.origin))
    await other.at("refusal", code="scan.foreign")
    await street.look(other, "foreign")
    fresh = await street.phone()
    await fresh.open((await read(stranger)).removeprefix(fresh.origin))
    await fresh.at("refusal", code="scan.nobody")


async def test_without_script_the_code_is_a_picture_and_the_way_is_the_same(street: Street) -> None:
    anna = await street.with_phone()
    plain = await street.portal(java_script_enabled=False)
    await plain.log_in(anna.user.name, PASSWORD)
    await plain.at("/login/second")
    await plain.page.locator("details.rungs summary").click()
    await plain.page.get_by_role("link", name="Show the code").click()
    await expect(plain.page.locator(".rung-picture img")).to_be_visible()
    await street.look(plain, "without script", thoroughly=False)
    await away_from_request(anna.app)
    await anna.app.open((await read(plain)).removeprefix(anna.app.origin))
    await anna.app.approve(PIN)
    await anna.app.at("outcome", outcome="approved")
    await plain.page.locator("form[action='/login/collect'] button").click()
    await plain.at("/")
