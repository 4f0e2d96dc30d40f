"""The rehearsal's card in a real browser: pressed, typed at, locked; and its answers are those of the other makers."""

import json
from dataclasses import asdict

import pytest
import pytest_asyncio
from playwright.async_api import Page, expect

from tests.portal_pages.fake_portal import FakePortal
from tests.portal_pages.samples import SAMPLES, drawn
from tests.portal_pages.test_in_a_browser import browser, page, portal  # noqa: F401  its browser, a page, a portal
from twolatch.client import cards
from twolatch.faces.portal.rendering import Renderer

pytestmark = pytest.mark.asyncio(loop_scope="module")

PIN = "4711"
CARD, _KEY = cards.made("T-00001", PIN, bytes(range(cards.FRESH)))


@pytest_asyncio.fixture(loop_scope="module")
async def held(page: Page, renderer: Renderer, portal: FakePortal, monkeypatch: pytest.MonkeyPatch) -> Page:  # noqa: F811
    """A page with the card on it."""
    context = {"card": {"serial": CARD.serial, "made": json.dumps(asdict(CARD))}, "others": [CARD.serial]}
    monkeypatch.setitem(SAMPLES, "soft-card", ("soft_card", "soft_card", False, context))
    await portal.open(page, drawn(renderer, "soft-card", "en"))
    await expect(page.get_by_role("button", name="On", exact=True)).to_be_enabled()
    return page


async def press(held: Page, *names: str) -> None:
    for name in names:
        await held.get_by_role("button", name=name, exact=True).click()


async def says(held: Page, text: str) -> None:
    await expect(held.locator("[data-voice]")).to_have_text(text)


@pytest.mark.parametrize("number", ["402917", "000042", "99999999"])
async def test_press_pin_number_answer(held: Page, number: str) -> None:
    await press(held, "On")
    await says(held, "The card asks for its PIN.")
    await press(held, *PIN)
    await expect(held.locator("[data-screen]")).to_have_text("••••")
    await press(held, "OK")
    await says(held, "The card asks for the number of the portal.")
    await press(held, *number)
    await press(held, "OK")
    answer = cards.answer(CARD, PIN, number)
    assert answer
    await expect(held.locator("[data-screen]")).to_have_text(f"{answer[:4]} {answer[4:]}")
    await says(held, f"The answer is {' '.join(answer)}")


async def test_the_keyboard_alone_is_enough(held: Page) -> None:
    await held.get_by_role("button", name="On", exact=True).focus()
    await held.keyboard.press("Enter")
    await expect(held.locator("[data-screen]")).to_be_focused()
    await held.keyboard.type("99")
    await held.keyboard.press("Backspace")
    await held.keyboard.type(PIN)
    await held.keyboard.press("Enter")
    await says(held, "The card asks for the number of the portal.")
    await held.keyboard.type("402917")
    await held.keyboard.press("Enter")
    answer = cards.answer(CARD, PIN, "402917")
    await expect(held.locator("[data-screen]")).to_have_text(f"{str(answer)[:4]} {str(answer)[4:]}")
    await held.keyboard.press("Escape")
    await says(held, "The card is off. Press its button.")


async def test_five_wrong_pins_lock_the_card_and_a_right_one_in_between_forgives(held: Page) -> None:
    await press(held, "On")
    await press(held, "1", "2", "3", "4", "OK")
    await says(held, "The PIN is wrong. Tries left: 4")
    await press(held, *PIN, "OK")
    await says(held, "The card asks for the number of the portal.")
    await press(held, "On", "On")
    for left in (4, 3, 2, 1):
        await press(held, "1", "2", "3", "4", "OK")
        await says(held, f"The PIN is wrong. Tries left: {left}")
    await press(held, "1", "2", "3", "4", "OK")
    await expect(held.locator("[data-screen]")).to_have_text("LOCKED")
    await press(held, "On", *PIN, "OK")
    await expect(held.locator("[data-screen]")).to_have_text("LOCKED")


async def test_a_number_that_is_none_is_waited_for(held: Page) -> None:
    await press(held, "On", *PIN, "OK")
    await says(held, "The card asks for the number of the portal.")
    await press(held, "1", "2", "3", "OK")
    await says(held, "3 digits typed")
    await expect(held.locator("[data-screen]")).to_have_text("123")
