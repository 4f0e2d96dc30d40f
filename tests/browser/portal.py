"""The portal as somebody at a computer walks it. Language-neutral: fields by their names, places by their addresses."""

import re
from dataclasses import dataclass

from playwright.async_api import Page, expect

from twolatch.texts.catalogue import Texts


@dataclass
class Portal:
    page: Page
    origin: str
    kind = "portal"

    async def open(self, path: str = "/") -> None:
        await self.page.goto(self.origin + path)

    async def at(self, path: str) -> None:
        """Waits until the portal is there, however it gets there."""
        await self.page.wait_for_url(re.compile(re.escape(self.origin + path) + r"(\?.*)?$"), wait_until="load")

    async def log_in(self, name: str, password: str) -> None:
        await self.open("/login")
        await self.page.locator("#name").fill(name)
        await self.page.locator("#password").fill(password)
        await self.page.locator("form[action='/login'] button[type=submit]").click()

    async def log_out(self) -> None:
        await self.page.locator("form[action='/logout'] button").click()
        await self.at("/logged-out")

    async def session_id(self) -> str:
        return await self.page.locator("#session-id [aria-hidden]").inner_text()

    async def qr(self) -> bytes:
        """What a camera in front of this screen sees of the QR code: PNG."""
        return await self.page.locator(".code-picture").screenshot(scale="css")

    async def digits(self) -> str:
        """The six digits that the phone asks for."""
        shown = await self.page.locator(".number-digits .unseen").inner_text()
        return shown.replace(" ", "")

    async def confirm(self, digits: str) -> None:
        """Types the phone's six digits into the page that asks for them."""
        await self.page.locator("#number").fill(digits)
        await self.page.locator("form[action='/activate/confirm'] button").click()

    async def says(self, *texts: str) -> None:
        for text in texts:
            await expect(self.page.locator("main")).to_contain_text(text)

    async def has_title(self, text: str) -> None:
        await expect(self.page.locator("h1")).to_have_text(text)

    async def refuses(self, code: str, language: str = "en") -> None:
        """The refusal's own sentence, whatever it reads today."""
        await self.has_title(Texts().say(language, f"refusal.{code}.title"))

    async def looks_again(self) -> None:
        """What the page does when somebody comes back to it."""
        await self.page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
