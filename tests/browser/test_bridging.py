"""The phone is gone: a code from support, a card that Anna prints herself, and in again with two of its cells."""

import pypdfium2 as pdfium
from playwright.async_api import Page, expect

from tests.browser.portal import Portal
from tests.browser.street import PASSWORD, Street
from tests.http.test_temporary_codes import code_for, let_pass
from twolatch.words.limits import DAY


async def printed(page: Page) -> dict[str, str]:
    """What a person reads on the paper: each number and the three signs beside it."""
    async with page.expect_download() as coming:
        await page.get_by_role("link", name="Save the card as a PDF").click()
    file = await coming.value
    assert file.suggested_filename.startswith("code-card-")
    words = str(pdfium.PdfDocument(await file.path())[0].get_textpage().get_text_range()).split()
    first = words.index("occur.") + 1  # the last word above the cells
    return dict(zip(words[first : first + 448 : 2], words[first + 1 : first + 448 : 2], strict=True))


async def answer(portal: Portal, card: dict[str, str]) -> None:
    """Looks up both places and types what stands there."""
    fields = portal.page.locator(".cell-asked")
    await expect(fields).to_have_count(2)
    for at in range(2):
        place = await fields.nth(at).locator(".cell-place").inner_text()
        await fields.nth(at).locator("input").fill(card[place].lower())


async def test_anna_prints_a_card_after_her_code_has_narrowed_and_comes_in_with_it(street: Street) -> None:
    anna = await street.with_phone()
    code = await code_for(street.town, anna.user)
    portal = await street.portal()
    await portal.log_in(anna.user.name, PASSWORD)
    await portal.at("/login/second")
    await street.look(portal, "second temporary code")
    await portal.page.locator("#answer").fill(code)
    await portal.page.locator("form[action='/login/answer'] button").click()
    await portal.at("/")
    await portal.says("opens everything until")
    await street.look(portal, "home with temporary code")
    await let_pass(street.town, anna.user, 3 * DAY)
    await portal.open("/security")
    await portal.at("/bridging")
    await street.look(portal, "bridging")
    await portal.page.get_by_role("link", name="Make a code card").click()
    await portal.page.get_by_role("button", name="Show the card").click()
    card = await printed(portal.page)
    await street.look(portal, "code card to print")
    await answer(portal, card)
    cells = await portal.page.locator(".card-cells code").all_inner_texts()
    assert [card[str(at + 1)] for at in range(224)] == cells, "paper and page say the same"
    await portal.page.get_by_role("button", name="Confirm").click()
    await portal.at("/bridging")
    await portal.says("Online code card")
    await street.look(portal, "bridging with card")
    await portal.page.get_by_role("link", name="Go on with it").click()
    await portal.page.locator("form[action='/step-up'] button").first.click()
    await answer(portal, card)
    await street.look(portal, "step up with cells")
    await portal.page.locator("form[action='/step-up/answer'] button").click()
    await portal.at("/security")
    await portal.says("Valid until")
    other = await street.portal()
    await other.log_in(anna.user.name, PASSWORD)
    await other.at("/login/second")
    await street.look(other, "second with cells")
    await answer(other, card)
    await other.page.locator("form[action='/login/answer'] button").click()
    await other.at("/")
    await other.says("stands in for a while only")
