"""The phone app as somebody holding a phone uses it. Language-neutral; `<body data-screen>` says where she is."""

import re
from dataclasses import dataclass

from playwright.async_api import Locator, Page, expect


@dataclass
class PhoneApp:
    page: Page
    origin: str
    kind = "phone"

    async def open(self, path: str = "/") -> None:
        await self.page.goto(self.origin + path)

    async def at(self, screen: str, **more: str) -> None:
        """Waits for a screen; `more` are the body's other marks: `code`, `outcome`."""
        body = self.page.locator("body")
        await expect(body).to_have_attribute("data-screen", screen)
        for name, value in more.items():
            await expect(body).to_have_attribute(f"data-{name}", value)

    @property
    def main_button(self) -> Locator:
        return self.page.locator("button.primary")

    async def press_main(self) -> None:
        await self.main_button.click()

    async def tap(self, name: str) -> None:
        await self.page.get_by_role("button", name=name).first.click()

    async def goes_home(self) -> None:
        """Back to the overview, from a request that came by itself or from wherever she is."""
        await self.page.locator("header button").first.click()
        await self.at("home")

    async def says(self, *texts: str) -> None:
        for text in texts:
            await expect(self.page.locator("main")).to_contain_text(text)

    async def has_title(self, text: str) -> None:
        await expect(self.page.locator("h1")).to_have_text(text)

    # the app's own sign-in

    async def type_password(self, name: str, password: str) -> None:
        """The first latch, on the screen with which the app opens."""
        await self.at("home", signed="out")
        await self.page.locator("[name=name]").fill(name)
        await self.page.locator("[name=password]").fill(password)
        await self.page.locator("button[type=submit]").click()

    async def prove(self, pin: str = "") -> None:
        """The second latch, on this same phone; without a PIN by its unlock."""
        await self.at("sign-in")
        if pin:
            await self.page.locator("[name=pin]").fill(pin)
        await self.page.locator("button[type=submit]").click()

    async def sign_in(self, name: str, password: str, pin: str = "") -> None:
        await self.type_password(name, password)
        await self.prove(pin)
        await self.at("home", signed="in")

    async def to_adding(self) -> None:
        """From the login screen to what adding a user begins with."""
        await self.tap("Services")
        await self.at("services")
        await self.tap("Authenticate")
        await self.at("two-factor")
        await self.tap("Add user")

    async def remove(self, pin: str) -> None:
        """On the screen that asks: removes the user with proof."""
        await self.at("remove")
        await self.page.locator("[name=pin]").fill(pin)
        await self.page.locator("button.deny").click()
        await self.at("removed")
        await self.press_main()

    # activation

    async def to_typing(self) -> None:
        """From the start (or "add user") to the field for the session ID, Android way."""
        await self.press_main()
        await self.at("method")
        await self.page.locator("[aria-labelledby=by-id]").click()
        await self.at("explain")
        await self.press_main()
        await self.at("code")

    async def to_scanning(self) -> None:
        await self.press_main()
        await self.at("method")
        await self.page.locator("[aria-labelledby=by-qr]").click()
        await self.at("explain")
        await self.press_main()
        await self.at("scan")

    async def type_code(self, code: str) -> None:
        await self.page.locator("[name=code]").press_sequentially(code.replace("-", ""))
        await self.page.locator("button[type=submit]").click()

    async def past_notices(self) -> None:
        """Not now: where the site wakes phones, one that came by link is asked first."""
        await expect(self.page.locator("body")).to_have_attribute("data-screen", re.compile("^(notify|pin)$"))
        if await self.page.locator("tl-notify").count():
            await self.page.locator("button.quiet").click()

    async def claim(self, code: str, pin: str) -> None:
        """The app opened, a code and a new PIN typed: the tap that uses the code up is done."""
        await self.open()
        await self.to_typing()
        await self.type_code(code)
        await self.give_pin(pin)

    async def give_pin(self, pin: str) -> None:
        """A new PIN, twice."""
        await self.at("pin")
        await self.page.locator("[name=pin]").fill(pin)
        await self.page.locator("[name=repeat]").fill(pin)
        await self.page.locator("button[type=submit]").click()

    async def link(self) -> None:
        """Yes, link this phone to me."""
        await self.at("whom")
        await self.page.locator("button[type=submit]").click()
        await self.at("digits")

    async def digits(self) -> str:
        await self.at("digits")
        shown = await self.page.locator(".digits").get_attribute("aria-label")
        return (shown or "").replace(" ", "")

    # requests

    async def fill_request(self, pin: str = "", digits: str = "") -> None:
        """Waits for a request to appear by itself, and fills in what it asks for."""
        await self.at("request")
        if digits:
            await self.page.locator("[name=digits]").fill(digits)
        if pin:
            await self.page.locator("[name=pin]").fill(pin)

    async def approve(self, pin: str = "", digits: str = "") -> None:
        await self.fill_request(pin, digits)
        await self.page.locator("button.approve").click()

    async def approve_and_see(self, pin: str = "", digits: str = "") -> None:
        await self.approve(pin, digits)
        await self.at("outcome", outcome="approved")
        await self.press_main()
        await self.at("home")

    async def looks_again(self) -> None:
        """The network came back: the app looks at once."""
        await self.page.evaluate("window.dispatchEvent(new Event('online'))")
