"""The help centre's articles, walked as they read: every step in its order, on both platforms, in both languages.

Each step leaves its figure in build/figures/<article>/<language>/<platform>/NN.png, so that no figure grows stale. What
an article says of the phone's own screens (a shop, the camera's own app, the question for permission) has none here.
"""

import io
import re
import shutil
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

import pytest
from PIL import Image, ImageFilter
from playwright.async_api import Locator, expect

from tests.browser.camera import DRAWN, as_address
from tests.browser.phone_app import PhoneApp
from tests.browser.portal import Portal
from tests.browser.push_service import PushService
from tests.browser.street import ANDROID, IPHONE, PASSWORD, PIN, Street
from tests.browser.test_device_unlock import Lock
from tests.browser.test_dutch import PHONE_TEXTS
from tests.browser.test_opened_by_link import STANDALONE, link_of
from tests.browser.test_push import NOT_ASKED
from tests.people import FIREFOX
from twolatch.people.model import User

FIGURES = Path(__file__).parents[2] / "build" / "figures"
LOCALES = {"en": "en-GB", "nl": "nl-NL"}
Platform = Literal["android", "ios"]
Way = Literal["typed", "scanned"]


@cache
def texts(language: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for file in (PHONE_TEXTS / f"{language}.ts", *PHONE_TEXTS.glob(f"*.{language}.ts")):
        found |= dict(re.findall(r'^  "([a-z0-9_.-]+)":\s*"(.*)",$', file.read_text(encoding="utf-8"), re.M))
    return found


@dataclass
class Article:
    """One article in one language on one platform. The figures are numbered as they stand in it."""

    street: Street
    name: str
    language: str
    platform: Platform
    number: int = 0

    def __post_init__(self) -> None:
        self.folder = FIGURES / self.name / self.language / self.platform
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)

    @property
    def is_android(self) -> bool:
        return self.platform == "android"

    def say(self, key: str) -> str:
        return texts(self.language)[key]

    async def figure(self, at: PhoneApp | Portal, number: int = 0) -> None:
        """Keeps what is seen now; the phone's screens whole, however long they are."""
        self.number = number or self.number + 1
        path = self.folder / f"{self.number:02}.png"
        is_whole = isinstance(at, PhoneApp) and not await at.page.locator(".tabs").count()  # those stand at the bottom
        await at.page.mouse.move(0, 0)  # a finger leaves no light behind
        await at.page.screenshot(path=path, full_page=is_whole, animations="disabled", caret="hide")
        assert self.language == await at.page.locator("html").get_attribute("lang")

    async def examine(self, app: PhoneApp) -> None:
        """This screen in all its forms, as this platform shows it."""
        screen = await app.page.locator("body").get_attribute("data-screen")
        await self.street.examiner.examine(app.page, f"{screen} of an article on {self.platform}")

    async def tap(self, app: PhoneApp, key: str) -> None:
        await app.page.get_by_role("button", name=self.say(key)).first.click()

    async def phone(self, script: str = "", **more: Any) -> PhoneApp:
        """A phone of this platform and language, its app not opened yet."""
        agent = ANDROID if self.is_android else IPHONE
        app = await self.street.phone(agent=agent, script=script + DRAWN, locale=LOCALES[self.language], **more)
        if not self.is_android:
            await Lock.on(app)
        return app

    async def banner(self, display: str = "Anna de Vries") -> tuple[User, Portal]:
        """Somebody without a phone who has logged in: the first page shows the code."""
        user = await self.street.person(display=display, language=self.language)
        portal = await self.street.portal(locale=LOCALES[self.language], user_agent=FIREFOX)
        await portal.log_in(user.name, PASSWORD)
        await portal.at("/")
        return user, portal


# what the articles share


async def enrolled(article: Article) -> tuple[User, PhoneApp]:
    """Anna, whose app holds her already."""
    street, app = article.street, await article.phone()
    user = await street.person(language=article.language)
    if article.is_android:
        await street.activate(user, app)
        return user, app
    forms = street.town.browser()
    await forms.log_in(user.name, PASSWORD)
    await app.open()
    await app.press_main()
    await app.type_code(forms.page.session_id)
    await app.link()
    await forms.confirm(await app.digits())
    await app.at("success")
    await app.press_main()
    await app.at("home")
    return user, app


async def corner(app: PhoneApp, button: Locator) -> str:
    box, size = await button.bounding_box(), app.page.viewport_size
    assert box
    assert size
    upper, left = box["y"] < size["height"] / 4, box["x"] < size["width"] / 4
    lower, right = box["y"] > size["height"] * 3 / 4, box["x"] + box["width"] > size["width"] * 3 / 4
    return f"{'top' if upper else 'bottom' if lower else '?'} {'left' if left else 'right' if right else '?'}"


async def to_add_user(article: Article, user: User, app: PhoneApp) -> None:
    """Steps 1 and 2, from both starts of the app: figures 1 to 6."""
    await app.at("home", signed="out")
    await article.figure(app, 1)
    services = app.page.get_by_role("button", name=article.say("services.title")).first
    assert await corner(app, services) == "top left"
    await services.click()
    await app.at("services")
    await article.figure(app, 5)
    await article.examine(app)
    await article.tap(app, "services.authenticate")
    await app.has_title(article.say("services.authenticate"))
    await article.figure(app, 6)
    await article.examine(app)
    await app.open()
    await app.sign_in(user.name, PASSWORD, PIN if article.is_android else "")
    await article.figure(app, 2)
    more = app.page.get_by_role("button", name=article.say("more.title")).first
    assert await corner(app, more) == ("top left" if article.is_android else "bottom right")
    await more.click()
    await app.at("more")
    await article.figure(app, 3)
    await article.examine(app)
    await article.tap(app, "two-factor.title")
    await app.has_title(article.say("two-factor.title"))
    await article.figure(app, 4)
    await article.tap(app, "home.add")
    article.number = 6


async def to_the_code(article: Article, app: PhoneApp) -> None:
    """Android: the instructions, Session ID, its field. iPhone: Set up using QR code, the activation code's field."""
    if article.is_android:
        await app.at("method")
        await article.figure(app)
        await article.tap(app, "method.id")
        await app.at("explain")
        await article.figure(app)
        await app.press_main()
    else:
        await article.figure(app)
        await article.examine(app)
        await article.tap(app, "start.qr")
    await app.at("code")


async def type_or_scan(article: Article, app: PhoneApp, portal: Portal, way: Way) -> None:
    if way == "scanned":
        await scan(article, app, portal)
        return
    label = "code.label.id" if article.is_android else "code.label.activation"
    await expect(app.page.get_by_label(article.say(label))).to_be_visible()
    await app.page.locator("[name=code]").press_sequentially((await portal.session_id()).replace("-", ""))
    await article.figure(app)
    await app.page.locator("button[type=submit]").click()


async def scan(article: Article, app: PhoneApp, portal: Portal) -> None:
    """QR code, or Launch camera; what helps when it does not read; and the code before the lens, captured by itself."""
    await article.figure(app)
    await article.tap(app, "code.scan" if article.is_android else "code.camera")
    await app.at("scan")
    await expect(app.page.get_by_role("button", name=article.say("scan.switch"))).to_be_visible()  # it runs
    seen = await portal.qr()
    await hold_up(app, out_of_focus(seen))
    await app.page.wait_for_function("() => document.querySelector('video')?.videoWidth > 0")
    await article.figure(app)
    await article.tap(app, "scan.help")
    await app.at("camera-help")
    await article.figure(app)
    await app.page.go_back()
    await app.at("scan")
    await hold_up(app, seen)
    if not article.is_android:
        await app.at("link")
        await article.figure(app)
        await app.press_main()


async def hold_up(app: PhoneApp, picture: bytes) -> None:
    await app.page.evaluate("(picture) => { window.picture = picture; }", as_address(picture))


def out_of_focus(picture: bytes) -> bytes:
    """As a lens sees it that is too near: no program reads it."""
    blurred = io.BytesIO()
    seen = Image.open(io.BytesIO(picture)).convert("RGB").resize((400, 400))
    seen.filter(ImageFilter.GaussianBlur(9)).save(blurred, "png")
    return blurred.getvalue()


async def create_pin(article: Article, app: PhoneApp) -> None:
    """A PIN of 4 to 6 characters, with the guidelines behind a link."""
    await app.at("pin")
    await article.figure(app)
    await article.tap(app, "pin.guidelines")
    await app.at("guidelines")
    await article.figure(app)
    await app.page.go_back()
    await app.give_pin(PIN)


async def to_done(article: Article, app: PhoneApp, portal: Portal) -> None:
    """For whom, the unlock on an iPhone, the six digits from phone to portal, and Done."""
    await app.at("whom")
    await article.figure(app)
    await app.link()
    await article.figure(app)
    await portal.at("/activate")
    await portal.page.locator("#number").wait_for()
    await article.figure(portal)
    await portal.confirm(await app.digits())
    await app.at("success")
    await article.figure(app)
    await article.tap(app, "app.done")
    await app.at("home")


async def the_error(article: Article, app: PhoneApp, code: str) -> None:
    """The same code once more: who is set up already reads that, and what to do instead."""
    await app.open()
    await app.at("home")
    is_in = await app.page.locator("body").get_attribute("data-signed") == "in"
    for key in ("more.title", "two-factor.title") if is_in else ("services.title", "services.authenticate"):
        await article.tap(app, key)
    await article.tap(app, "home.add")
    await article.tap(app, "method.id" if article.is_android else "start.qr")
    if article.is_android:
        await app.press_main()
    await app.type_code(code)
    if article.is_android:
        await app.page.locator("[name=pin]").fill(PIN)
        await app.page.locator("button[type=submit]").click()
    await app.at("refusal", code="phone.already_here")
    await article.figure(app)


# the articles


@pytest.mark.parametrize("way", ["typed", "scanned"])
@pytest.mark.parametrize("platform", ["android", "ios"])
@pytest.mark.parametrize("language", ["en", "nl"])
async def test_adding_a_user(street: Street, language: str, platform: Platform, way: Way) -> None:
    article = Article(street, f"add-user-{way}", language, platform)
    anna, app = await enrolled(article)
    _, portal = await article.banner("Bram Vos")
    code = await portal.session_id()
    await to_add_user(article, anna, app)
    await to_the_code(article, app)
    await type_or_scan(article, app, portal, way)
    if article.is_android:
        await app.at("pin-existing")
        await app.page.locator("[name=pin]").fill(PIN)
        await article.figure(app)
        await article.tap(app, "pin.activate")
    await to_done(article, app, portal)
    await app.at("home", signed="in")
    await app.says("Anna de Vries", "Bram Vos")
    await the_error(article, app, code)


@pytest.mark.parametrize("way", ["typed", "scanned"])
@pytest.mark.parametrize("platform", ["android", "ios"])
@pytest.mark.parametrize("language", ["en", "nl"])
async def test_the_first_phone(street: Street, language: str, platform: Platform, way: Way) -> None:
    article = Article(street, f"first-phone-{way}", language, platform)
    _, portal = await article.banner()
    code = await portal.session_id()
    await article.figure(portal)
    app = await article.phone()
    await app.open()
    await app.at("start")
    if article.is_android:
        await article.figure(app)
        await article.tap(app, "start.register")
    await to_the_code(article, app)
    await type_or_scan(article, app, portal, way)
    if article.is_android:
        await create_pin(article, app)
    await to_done(article, app, portal)
    await the_error(article, app, code)


@pytest.mark.parametrize("platform", ["android", "ios"])
@pytest.mark.parametrize("language", ["en", "nl"])
async def test_the_phones_own_camera(pushing: Street, service: PushService, language: str, platform: Platform) -> None:
    """The code is seen twice: before the app is installed it leads to the installation, afterwards into the app."""
    article = Article(pushing, "by-camera", language, platform)
    _, portal = await article.banner()
    code, seen = await portal.session_id(), await link_of(portal)
    await article.figure(portal)
    before = await article.phone()
    await before.open(seen)
    await before.at("link")
    await article.figure(before)
    app = await article.phone(STANDALONE + service.script + NOT_ASKED, worker=True, permissions=["notifications"])
    await app.open(seen)
    await app.at("link")
    await article.figure(app)
    await app.press_main()
    await app.at("notify")
    await article.figure(app)
    await article.tap(app, "notify.yes")
    if article.is_android:
        await create_pin(article, app)
    await to_done(article, app, portal)
    await the_error(article, app, code)
    await article.tap(app, "scan.help")
    await app.at("camera-help")
    await article.figure(app)
