"""The help centre's article about returning a card, walked in the portal: from the article to "received".

Each step leaves its figure in build/figures/returning-a-device/<language>/<desktop|phone>/NN.png.
"""

import re
import shutil
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import expect

from tests.browser.portal import Portal
from tests.browser.street import DESK, HAND, PASSWORD, Street
from tests.browser.test_articles import FIGURES, LOCALES
from tests.browser.test_cards import answer_number, in_hand, posted
from twolatch.client.cards import SoftCard
from twolatch.custody.model import OPERATOR, Card
from twolatch.custody.returns import flows as returns

SCREENS: dict[str, Any] = {"desktop": DESK, "phone": HAND}
TRACKING = "JD014600006281234567"


async def figure(portal: Portal, folder: Path, number: int) -> None:
    await portal.page.mouse.move(0, 0)
    path = folder / f"{number:02}.png"
    await portal.page.screenshot(path=path, full_page=True, animations="disabled", caret="hide")


async def with_a_card_in_use(street: Street, portal: Portal, language: str) -> SoftCard:
    """A client whose card came by post, and who has just proved it."""
    user = await street.person(language=language)
    card = await posted(street, user)
    await portal.log_in(user.name, PASSWORD)
    await portal.at("/")
    held = await in_hand(await street.portal(), card)  # the card itself speaks English
    await portal.open("/card")
    await portal.page.locator("form[action='/card'] button").click()
    await answer_number(portal, held, "$='/confirm'")
    await portal.at("/security")
    return card


@pytest.mark.parametrize("screen", SCREENS)
@pytest.mark.parametrize("language", ["en", "nl"])
async def test_returning_a_card(street: Street, language: str, screen: str) -> None:
    folder = FIGURES / "returning-a-device" / language / screen
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    portal = await street.portal(locale=LOCALES[language], viewport=SCREENS[screen])
    card = await with_a_card_in_use(street, portal, language)

    await portal.open("/help/return")  # what to do, in which order, and where to
    await figure(portal, folder, 1)
    await street.look(portal, "how a card is returned")
    await portal.page.locator("main a[href='/cards']").click()
    await portal.at("/cards")
    await figure(portal, folder, 2)
    await portal.page.locator("a[href^='/cards/'][href$='/return']").click()
    await expect(portal.page.locator("#reason")).to_be_visible()
    await portal.page.locator("#reason").select_option("damage")
    await portal.page.locator("#country").select_option("NL")
    await figure(portal, folder, 3)
    await street.look(portal, "a card is sent back")
    await portal.page.locator("form[action$='/return'] button").click()
    await portal.page.wait_for_url(re.compile(r"/returns/[0-9a-z]{26}"))
    await figure(portal, folder, 4)  # the form to print, the envelope, the carrier, the address
    await street.look(portal, "a return that was announced")
    form = await portal.page.locator("a[href$='/form.pdf']").first.get_attribute("href")
    assert (await (await portal.page.request.get(f"{portal.origin}{form}")).body()).startswith(b"%PDF")
    await portal.page.locator("#tracking").fill(TRACKING)
    await portal.page.locator("form[action$='/posted'] button").click()
    await portal.says(TRACKING)
    await figure(portal, folder, 5)
    await street.look(portal, "a return on its way")

    house = street.town.house
    assert isinstance(await returns.receive(house, card.serial, house.clock.now(), OPERATOR), Card)
    await portal.page.reload()
    await expect(portal.page.locator("a[href$='/form.pdf']")).to_have_count(0)
    await figure(portal, folder, 6)
    await street.look(portal, "a return that was received")
