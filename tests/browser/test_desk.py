"""A call at the support desk, client and agent side by side: found, proved on the phone, helped. By keys alone."""

import re
import time

import pytest
from playwright.async_api import Error, Page, expect

from tests.browser.portal import Portal
from tests.browser.street import PASSWORD, PIN, Client, Street
from tests.people import Answered, Phone
from tests.workers import Worker, worker
from twolatch.texts.catalogue import Texts

MINUTES = 2.0
CODE = re.compile(r"[0-9A-Z]{5}-[0-9A-Z]{5}")


class Keys:
    """What an agent's hands do, counted: a word typed is one, a key pressed is one."""

    def __init__(self, page: Page) -> None:
        self.page, self.many, self.begun = page, 0, time.monotonic()

    async def press(self, key: str) -> None:
        self.many += 1
        await self.page.keyboard.press(key)

    async def type(self, text: str) -> None:
        self.many += 1
        await self.page.keyboard.type(text)

    @property
    def minutes(self) -> float:
        return (time.monotonic() - self.begun) / 60


async def desk_of(street: Street, locale: str) -> tuple[Worker, Portal]:
    """Sanne at work: her phone is a soft one, her browser a real one."""
    sanne = await worker(street.town)
    portal = await street.portal(locale=locale)
    desk = Portal(portal.page, street.town.site.settings.desk_url)
    desk.kind = "desk"  # its screens are examined apart
    await desk.open("/login")
    await street.look(desk, "login")
    await desk.log_in(sanne.user.name, PASSWORD)
    await desk.at("/login/second")
    await approved(sanne.phone, await desk.digits())
    await desk.at("/")
    return sanne, desk


async def approved(phone: Phone, digits: str) -> None:
    assert isinstance(await phone.approve(digits), Answered)


@pytest.mark.parametrize("language", ["nl", "en"])
async def test_anna_phones_the_desk_and_gets_in_with_the_code_sanne_reads_out(street: Street, language: str) -> None:
    locale = {"nl": "nl-NL", "en": "en-GB"}[language]
    anna = await street.with_phone(language=language, locale=locale)
    _, desk = await desk_of(street, locale)
    await street.look(desk, "search")
    keys = Keys(desk.page)
    await find_and_open(street, desk, anna, keys)
    code = await desk.page.locator(".case-code-signs [aria-hidden]").inner_text()
    await the_phone_says(street, desk, anna, keys, code, language)
    await issue(street, desk, keys)
    assert keys.many <= 14, "a trained agent's hands"
    assert keys.minutes < MINUTES, "and all the pages together"
    await the_portal_says(street, anna, await shown(desk), language)


async def find_and_open(street: Street, desk: Portal, anna: Client, keys: Keys) -> None:
    page = desk.page
    await page.locator("h1").click()  # nowhere in particular
    await keys.press("/")
    await expect(page.locator("#sought")).to_be_focused()
    await keys.type(anna.user.name)
    await keys.press("Enter")
    await expect(page.locator("#reason-1")).to_be_focused()
    await street.look(desk, "found")
    await keys.press("Tab")
    await keys.press("Tab")
    await expect(page.locator("#words-1")).to_be_focused()
    await keys.type("Phone fell into the canal, screen broken.")
    await keys.press("Enter")
    await page.wait_for_url(re.compile(r"/cases/"), wait_until="load")
    await street.look(desk, "case")


async def the_phone_says(
    street: Street, desk: Portal, anna: Client, keys: Keys, code: str, language: str
) -> None:
    await keys.press("p")
    await expect(desk.page.locator(".asked .number-digits")).to_be_visible()
    await street.look(desk, "asked")
    digits = (await desk.page.locator(".asked .number-digits .unseen").inner_text()).replace(" ", "")
    await anna.app.fill_request(PIN, digits)
    await expect(anna.app.page.locator("main")).to_contain_text(code)
    await expect(anna.app.page.locator("main")).to_contain_text("Sanne")
    await street.look(anna.app, "support")
    await anna.app.page.locator("button.approve").click()
    await anna.app.at("outcome", outcome="support")
    await street.look(anna.app, "support outcome")
    await expect(desk.page.locator(".level-strong")).to_be_visible()  # by itself
    await expect(desk.page.locator("main")).to_contain_text(Texts().say(language, "desk.level.strong"))
    await street.look(desk, "proved")


async def issue(street: Street, desk: Portal, keys: Keys) -> None:
    await keys.press("c")
    await expect(desk.page.locator("details.deed[open] button")).to_be_focused()
    await keys.press("Enter")
    await expect(desk.page.locator(".code-spoken")).to_be_visible()
    await street.look(desk, "code")


async def shown(desk: Portal) -> str:
    """The code; and that the back button brings it to nobody's eyes again."""
    found = CODE.search(await desk.page.locator("main").inner_text())
    assert found
    await desk.page.keyboard.press("b")
    await desk.page.wait_for_url(re.compile(r"/cases/[0-9a-z]{26}$"), wait_until="load")
    with pytest.raises(Error, match="ERR_CACHE_MISS"):  # it would have to be asked for again, and is given once
        await desk.page.go_back(wait_until="commit")
    await expect(desk.page.locator("body")).not_to_contain_text(found[0])
    return found[0]


async def the_portal_says(street: Street, anna: Client, code: str, language: str) -> None:
    portal, said = anna.portal, Texts()
    await portal.log_in(anna.user.name, PASSWORD)
    await portal.at("/login/second")
    await portal.page.locator("#answer").fill(code)
    await portal.page.locator("form[action='/login/answer'] button").click()
    await portal.at("/")
    await street.look(portal, "home while support speaks")
    await portal.open("/diary")
    await portal.says(said.say(language, "diary.desk.case.opened"), said.say(language, "diary.desk.caller.proved"))
    await street.look(portal, "diary")
