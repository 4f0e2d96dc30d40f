"""The street of these tests: real browsers on a running site, one context for each person's device.

Whatever goes wrong in any page (a script's fault, a word in the console, a breach of the page's own policy, an answer
of the server's fault) is collected and fails the test at its end. Every screen looked at is kept as a picture.
"""

import asyncio
import re
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, BrowserContext, ConsoleMessage, Page, Response

from tests.browser.examine import Examiner
from tests.browser.phone_app import PhoneApp
from tests.browser.portal import Portal
from tests.chromium import PATIENCE_MS
from tests.people import FIREFOX, Town, some_address
from tests.people import Browser as Forms
from twolatch.people import flows as people
from twolatch.people.model import User
from twolatch.words.secret import Secret

SCREENS = Path(__file__).parents[2] / "build" / "screens"
PASSWORD = "linden tree 42 kites"
PIN = "7k4m"
CLOSE_SECONDS = 3.0
DESK = {"width": 1280, "height": 800}
HAND = {"width": 390, "height": 844}
ANDROID = (
    "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Mobile Safari/537.36"
)
IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/18.5 Mobile/15E148 Safari/604.1"
)
WATCH = """
document.addEventListener("securitypolicyviolation", ({ violatedDirective, blockedURI, sourceFile, lineNumber }) =>
  console.error(`policy: ${violatedDirective} ${blockedURI} ${sourceFile}:${lineNumber}`));
"""
# How Chromium tells of an answer below 500: refusals are this protocol's ordinary words. Our own list of answers of
# 500 and above is kept beside it.
_REFUSAL = re.compile(r"Failed to load resource: the server responded with a status of 4\d\d")
# Chromium's advice to offer RS256 too; the protocol has one algorithm, and platforms' own locks all speak it.
_ADVICE = re.compile(
    r"publicKey\.pubKeyCredParams is missing at least one of the default algorithm identifiers"
    r"|Service Worker registration blocked by Playwright"  # our own doing, see Street.phone
)


@dataclass
class Street:
    town: Town
    chromium: Browser
    examiner: Examiner
    journey: str
    troubles: list[str] = field(default_factory=list)
    allowed: list[str] = field(default_factory=list)
    _contexts: list[BrowserContext] = field(default_factory=list)
    _pictures: int = 0

    # people

    async def person(self, *, display: str = "Anna de Vries", language: str = "en") -> User:
        """Somebody new, with a name of her own and the password of all these people."""
        name = display.split(maxsplit=1)[0].lower() + some_address().replace(".", "")
        new = people.NewUser(name, display, f"{name}@example.org", language, Secret(PASSWORD))
        user = await people.add(self.town.house, new, self.town.house.clock.now())
        assert isinstance(user, User)
        return user

    async def context(self, browser: Browser | None = None, address: str = "", **options: Any) -> BrowserContext:
        """A device of its own: cookies, storage, network address."""
        given: dict[str, Any] = {
            "viewport": DESK,
            "locale": "en-GB",
            "reduced_motion": "reduce",
            "extra_http_headers": {"X-Forwarded-For": address or some_address()},
            **options,
        }
        context = await (browser or self.chromium).new_context(**given)
        self._contexts.append(context)
        context.set_default_timeout(PATIENCE_MS)
        await context.add_init_script(WATCH)
        context.on("console", self._heard)
        context.on("weberror", lambda error: self.troubles.append(f"fault in a page: {error.error}"))
        context.on("response", self._answered)
        return context

    async def at_the_banner(self, **options: Any) -> tuple[User, Portal]:
        """Somebody without a phone who has logged in: the first page shows the code."""
        user, portal = await self.person(), await self.portal(**options)
        await portal.log_in(user.name, PASSWORD)
        await portal.at("/")
        return user, portal

    async def portal(self, **options: Any) -> Portal:
        context = await self.context(**options)
        return Portal(await context.new_page(), self.town.site.settings.portal_url)

    async def phone(self, *, agent: str = ANDROID, script: str = "", worker: bool = False, **options: Any) -> PhoneApp:
        """A phone with the app not yet opened. `script` runs before the app in every page, as part of the device.
        Without `worker` the app is not kept for offline use: that takes time, and few journeys are about it."""
        hand: dict[str, Any] = {"viewport": HAND, "is_mobile": True, "has_touch": True, "device_scale_factor": 1.5}
        hand["service_workers"] = "allow" if worker else "block"
        context = await self.context(user_agent=agent, **{**hand, **options})
        if script:
            await context.add_init_script(script)
        return PhoneApp(await context.new_page(), self.town.site.settings.phone_url)

    async def reopened(self, app: PhoneApp) -> Page:
        """The same phone, the app opened anew after it was closed."""
        context = next(each for each in self._contexts if each == app.page.context)
        return await context.new_page()

    async def with_phone(self, *, language: str = "en", display: str = "Anna de Vries", **phone: Any) -> "Client":
        """A client who activated a phone and sits, logged out, at the browser she did it with."""
        user = await self.person(language=language, display=display)
        app = await self.phone(**phone)
        forms = await self.activate(user, app)
        portal = await self.portal(address=forms.address, user_agent=FIREFOX, locale=phone.get("locale", "en-GB"))
        await remember_browser(portal, forms.cookies["__Host-dev"])
        return Client(self, user, portal, app)

    async def activate(self, user: User, app: PhoneApp, pin: str = PIN) -> Forms:
        """From a new code to the phone's overview, without a browser for the portal's side."""
        forms = self.town.browser()
        await forms.log_in(user.name, PASSWORD)
        await app.open(forms.page.link.removeprefix(app.origin))
        await app.at("link")
        await app.press_main()
        await app.past_notices()
        await app.give_pin(pin)
        await app.link()
        await forms.confirm(await app.digits())
        await app.at("success")
        await app.press_main()
        await app.at("home")
        return forms

    # watching

    def allow(self, words: str) -> None:
        """A word in the console that this journey provokes on purpose."""
        self.allowed.append(words)

    def _heard(self, message: ConsoleMessage) -> None:
        if message.type not in {"error", "warning"} or _REFUSAL.match(message.text) or _ADVICE.match(message.text):
            return
        where = message.location.get("url", "")
        self.troubles.append(f"console {message.type}: {message.text} ({where})")

    def _answered(self, answer: Response) -> None:
        if answer.status >= 500:
            self.troubles.append(f"{answer.status} {answer.request.method} {answer.url}")

    async def look(self, at: Portal | PhoneApp, name: str, *, thoroughly: bool = True) -> None:
        """Keeps a picture of what is seen now; the first time, the screen is examined in all its forms."""
        self._pictures += 1
        folder = SCREENS / self.journey
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{self._pictures:02}-{name}.png"
        await at.page.screenshot(path=path, full_page=True, animations="disabled", caret="hide")
        if thoroughly:
            await self.examiner.examine(at.page, f"{at.kind} {name}")

    async def close(self) -> None:
        for context in self._contexts:
            await leave(context)
        bad = [trouble for trouble in self.troubles if not any(words in trouble for words in self.allowed)]
        assert not bad, "\n".join(bad)


async def leave(context: BrowserContext) -> None:
    """Chromium sometimes keeps a context whose service worker is under way; such a one ends with the browser."""
    with suppress(TimeoutError):
        await asyncio.wait_for(context.close(), CLOSE_SECONDS)


async def remember_browser(portal: Portal, token: str) -> None:
    """The cookie by which the portal knows a browser again. Chromium takes a `__Host-` cookie from https addresses
    only, and sends it to every port of localhost."""
    url = portal.origin.replace("http:", "https:")
    await portal.page.context.add_cookies(
        [{"name": "__Host-dev", "value": token, "url": url, "secure": True, "httpOnly": True, "sameSite": "Lax"}]
    )


@dataclass
class Client:
    """One person with what she holds."""

    street: Street
    user: User
    portal: Portal
    app: PhoneApp

    async def log_in(self) -> None:
        """The first latch; the phone is asked."""
        await self.portal.log_in(self.user.name, PASSWORD)
        await self.portal.at("/login/second")

    async def let_in(self) -> None:
        """Both latches, at a known browser."""
        await self.log_in()
        await self.app.approve(PIN)
        await self.portal.at("/")
