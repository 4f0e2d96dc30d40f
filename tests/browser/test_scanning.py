"""The scanner in the app reads the portal's own QR code; without a camera, typing is one tap away."""

import io
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
import segno
from PIL import Image
from playwright.async_api import Browser, Playwright, expect

from tests.browser.camera import DRAWN, FRAME, OPEN_CAMERAS, as_address, scene, write_video
from tests.browser.phone_app import PhoneApp
from tests.browser.portal import Portal
from tests.browser.street import ANDROID, IPHONE, PASSWORD, PIN, Street
from tests.chromium import launch
from tests.people import FIREFOX


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path: Path = tmp_path_factory.mktemp("camera").resolve() / "film.y4m"
    write_video(path, Image.new("RGB", FRAME))
    return path


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def with_camera(playwright: Playwright, film: Path) -> AsyncIterator[Browser]:
    """A Chromium whose only camera plays `film`."""
    plays = f"--use-file-for-fake-video-capture={film}"
    browser = await launch(playwright, "--use-fake-device-for-media-stream", plays, whole=True)
    yield browser
    await browser.close()


async def banner_of(street: Street) -> Portal:
    _anna, portal = await street.at_the_banner()
    return portal


async def activate_from_scan(portal: Portal, phone: PhoneApp) -> None:
    """What follows the scan: nothing was tapped to take the picture."""
    await phone.give_pin(PIN)
    await phone.link()
    await portal.at("/activate")
    await portal.confirm(await phone.digits())
    await phone.at("success")


async def test_anna_scans_the_qr_code_and_the_app_captures_it_by_itself(street: Street) -> None:
    portal, phone = await banner_of(street), await street.phone(script=DRAWN)
    await phone.open()
    await phone.to_scanning()
    switch = phone.page.get_by_role("button", name="Switch lens")
    await expect(switch).to_be_visible()  # the camera runs
    await street.look(phone, "scan")
    await switch.click()
    await phone.page.wait_for_function("() => window.lenses.length === 2")
    assert await phone.page.evaluate("window.lenses") == ["environment", "user"]
    await phone.page.evaluate("(picture) => { window.picture = picture; }", as_address(await portal.qr()))
    await activate_from_scan(portal, phone)


async def test_anna_scans_with_a_real_camera(street: Street, with_camera: Browser, film: Path) -> None:
    portal = await banner_of(street)
    write_video(film, scene(await portal.qr()))
    phone = await street.phone(browser=with_camera, permissions=["camera"])
    await phone.open()
    await phone.to_scanning()
    await activate_from_scan(portal, phone)


async def test_the_qr_code_is_read_from_a_portal_in_dark_mode(street: Street) -> None:
    anna, portal = await street.person(), await street.portal(color_scheme="dark")
    await portal.log_in(anna.name, PASSWORD)
    phone = await street.phone(script=DRAWN)
    await phone.open()
    await phone.to_scanning()
    await phone.page.evaluate("(picture) => { window.picture = picture; }", as_address(await portal.qr()))
    await phone.at("pin")


async def test_a_qr_code_of_something_else_is_told_apart_and_the_scanner_goes_on(street: Street) -> None:
    foreign = picture_of(
        "https://phone.example.com/a#1.01j5h2k8x0000000000000000v.AAAAAAAAAAAAAAAAAAAAAA.AAAAAAAAAAAAAAAAAAAAAA"
    )
    portal, phone = await banner_of(street), await street.phone(script=DRAWN)
    await phone.open()
    await phone.to_scanning()
    await phone.page.evaluate("(picture) => { window.picture = picture; }", as_address(foreign))
    await phone.says("This code belongs to another site")
    await street.look(phone, "scan foreign")
    await phone.page.evaluate("(picture) => { window.picture = picture; }", as_address(await portal.qr()))
    await phone.at("pin")


def picture_of(link: str) -> bytes:
    out = io.BytesIO()
    segno.make_qr(link).save(out, kind="png", scale=8, border=4)
    return out.getvalue()


async def test_anna_refused_the_camera_reads_how_to_allow_it_and_types_instead(
    street: Street, with_camera: Browser
) -> None:
    phone = await street.phone(browser=with_camera)
    await phone.open()
    await phone.to_scanning()
    await phone.has_title("The app may not use the camera")
    await phone.says("You can allow it as below", "Tap the sign at the left of the address")
    await street.look(phone, "camera refused")
    await phone.tap("Possible issues and solutions")
    await phone.at("camera-help")
    await street.look(phone, "camera help")
    await phone.tap("Type the code instead")
    await phone.at("code")


async def test_a_device_without_a_camera_says_so_and_anna_types_instead(street: Street) -> None:
    phone = await street.phone(permissions=["camera"])
    await phone.open()
    await phone.to_scanning()
    await phone.has_title("No camera was found")
    await street.look(phone, "camera missing")
    await phone.tap("Type the code instead")
    await phone.at("code")


async def scanner(street: Street, script: str = "", **phone: Any) -> PhoneApp:
    """A phone whose scanner is open, with a camera that is drawn; `script` says what kind of camera."""
    app = await street.phone(script=script + DRAWN, **phone)
    await app.open()
    await app.to_scanning()
    return app


async def holds_up(phone: PhoneApp, png: bytes) -> None:
    await phone.page.evaluate("(picture) => { window.picture = picture; }", as_address(png))


async def expect_cameras_open(phone: PhoneApp, number: int) -> None:
    await phone.page.wait_for_function(f"() => {OPEN_CAMERAS} === {number}")


async def runs(phone: PhoneApp) -> None:
    await expect(phone.page.locator(".hint")).to_have_text("")


async def test_the_light_is_offered_where_the_camera_has_one_and_switched_by_a_tap(street: Street) -> None:
    phone = await scanner(street, "window.lit = true;")
    light = phone.page.get_by_role("button", name="Light")
    await expect(light).to_have_attribute("aria-pressed", "false")
    await light.click()
    await expect(light).to_have_attribute("aria-pressed", "true")
    await street.look(phone, "scan with light")
    await light.click()
    await expect(light).to_have_attribute("aria-pressed", "false")
    assert await phone.page.evaluate("window.light") == [True, False]


async def test_no_light_is_offered_where_there_is_none_and_a_failing_one_disappears(street: Street) -> None:
    phone = await scanner(street)
    await runs(phone)
    await expect(phone.page.get_by_role("button", name="Light")).to_have_count(0)
    liar = await scanner(street, "window.lit = true;")
    light = liar.page.get_by_role("button", name="Light")
    await expect(light).to_be_visible()
    refuses = "() => { streams[0].getVideoTracks()[0].applyConstraints = async () => { throw new Error('no'); }; }"
    await liar.page.evaluate(refuses)
    await light.click()
    await expect(light).to_have_count(0)


async def test_hints_follow_one_another_while_nothing_is_found(street: Street) -> None:
    phone = await street.phone(script=DRAWN)
    await phone.page.clock.install()
    await phone.open()
    await phone.to_scanning()
    await runs(phone)
    hint = phone.page.locator(".hint")
    await expect(hint).to_have_attribute("role", "status")  # spoken when there is time, not over everything
    for words in ("nearer or farther", "whole code", "Still nothing?"):
        await phone.page.clock.fast_forward("00:05")
        await expect(hint).to_contain_text(words)
    await street.look(phone, "scan hint")


async def test_in_the_dark_the_hint_names_the_light(street: Street) -> None:
    for script, words in (("window.lit = true;", "the button in the picture"), ("", "Turn on a light")):
        phone = await street.phone(script=f"window.dark = true; {script}" + DRAWN)
        await phone.page.clock.install()
        await phone.open()
        await phone.to_scanning()
        await phone.page.wait_for_function("() => document.querySelector('video')?.videoWidth > 0")
        await runs(phone)
        await phone.page.clock.fast_forward("00:05")
        await phone.page.clock.fast_forward("00:10")
        await expect(phone.page.locator(".hint")).to_contain_text(words)


async def test_a_picture_from_the_gallery_is_read_too(street: Street) -> None:
    portal, phone = await banner_of(street), await scanner(street)
    field = phone.page.locator("[name=photo]")
    blank = io.BytesIO()
    Image.new("RGB", (600, 400), (90, 120, 90)).save(blank, "JPEG")
    await field.set_input_files({"name": "meadow.jpg", "mimeType": "image/jpeg", "buffer": blank.getvalue()})
    await phone.says("There is no QR code in this picture")
    await street.look(phone, "scan photo without code")
    await field.set_input_files({"name": "notes.txt", "mimeType": "text/plain", "buffer": b"no picture at all"})
    await phone.says("There is no QR code in this picture")
    held = io.BytesIO()
    scene(await portal.qr()).resize((3000, 2250)).save(held, "JPEG")
    await field.set_input_files({"name": "code.jpg", "mimeType": "image/jpeg", "buffer": held.getvalue()})
    await activate_from_scan(portal, phone)


async def test_a_picture_helps_where_the_camera_is_refused(street: Street) -> None:
    portal, phone = await banner_of(street), await scanner(street, "window.failing = 'NotAllowedError';")
    await phone.has_title("The app may not use the camera")
    png = {"name": "code.png", "mimeType": "image/png", "buffer": await portal.qr()}
    await phone.page.locator("[name=photo]").set_input_files(png)
    await phone.at("pin")


HOW_TO_ALLOW = {IPHONE: "Website Settings", ANDROID: "at the left of the address", FIREFOX: "Click the camera sign"}


@pytest.mark.parametrize("agent", HOW_TO_ALLOW, ids=["iphone", "android", "computer"])
async def test_who_refused_the_camera_reads_how_to_allow_it_on_this_very_device(street: Street, agent: str) -> None:
    phone = await street.phone(script="window.failing = 'NotAllowedError';" + DRAWN, agent=agent)
    await phone.open()
    if agent == IPHONE:
        await phone.tap("Use a PIN of the app instead")
    await phone.to_scanning()
    await phone.says(HOW_TO_ALLOW[agent])
    await street.look(phone, f"camera refused {agent[13:19]}")
    await phone.page.evaluate("window.failing = ''")
    await phone.tap("Try again")
    await runs(phone)


@pytest.mark.parametrize(
    ("error", "title"),
    [
        ("NotReadableError", "The camera does not answer"),
        ("AbortError", "The camera does not answer"),
        ("NotFoundError", "No camera was found"),
        ("OverconstrainedError", "No camera was found"),
        ("SecurityError", "The app may not use the camera"),
    ],
)
async def test_each_trouble_with_the_camera_has_its_own_name(street: Street, error: str, title: str) -> None:
    phone = await scanner(street, f"window.failing = '{error}';")
    await phone.has_title(title)
    await street.look(phone, f"camera {title}")
    await phone.tap("Type the code instead")
    await phone.at("code")


async def test_a_camera_that_another_app_takes_away_is_told_and_comes_back_by_a_tap(street: Street) -> None:
    phone = await scanner(street)
    await runs(phone)
    await phone.page.evaluate("streams[0].getVideoTracks()[0].dispatchEvent(new Event('ended'))")
    await phone.has_title("The camera does not answer")
    await expect_cameras_open(phone, 0)
    await phone.tap("Try again")
    await runs(phone)
    await expect_cameras_open(phone, 1)


async def test_a_computer_with_two_cameras_that_have_no_sides_switches_to_the_other(street: Street) -> None:
    phone = await scanner(street, "window.cameras = ['desk', 'lid'];")
    await runs(phone)
    await phone.tap("Switch lens")
    await phone.page.wait_for_function("() => window.lenses.length === 3")
    assert await phone.page.evaluate("window.lenses") == ["environment", "user", "lid"]
    await expect_cameras_open(phone, 1)


async def test_the_camera_is_on_only_while_somebody_scans(street: Street) -> None:
    portal, phone = await banner_of(street), await scanner(street)
    await runs(phone)
    await expect_cameras_open(phone, 1)
    hide = "(hidden) => { Object.defineProperty(document, 'hidden', { value: hidden, configurable: true });"
    hide += " document.dispatchEvent(new Event('visibilitychange')); }"
    await phone.page.evaluate(hide, True)  # another app came to the front
    await expect_cameras_open(phone, 0)
    await phone.page.evaluate(hide, False)
    await expect_cameras_open(phone, 1)
    await phone.tap("Possible issues and solutions")
    await phone.at("camera-help")
    await expect_cameras_open(phone, 0)
    await phone.tap("Back")
    await phone.at("scan")
    await expect_cameras_open(phone, 1)
    await phone.tap("Type the code instead")
    await phone.at("code")
    await expect_cameras_open(phone, 0)
    await phone.tap("Scan the QR code instead")
    await phone.at("scan")
    await holds_up(phone, await portal.qr())
    await phone.at("pin")
    await expect_cameras_open(phone, 0)


async def test_the_scanner_speaks_dutch_in_the_dark(street: Street) -> None:
    phone = await scanner(street, "window.lit = true;", locale="nl-NL", color_scheme="dark")
    await runs(phone)
    await street.look(phone, "scan")
    await phone.tap("Mogelijke problemen en oplossingen")
    await phone.at("camera-help")
    await street.look(phone, "camera help")
