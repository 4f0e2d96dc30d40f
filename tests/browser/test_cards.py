"""Cards and codes in a real browser: a card with a keypad, a card on paper, an app, recovery codes, one card for two
user names. The card with the keypad is the rehearsal's page, pressed like the thing itself."""

import re

import pyotp
from playwright.async_api import Page, expect

from tests.browser.portal import Portal
from tests.browser.street import HAND, PASSWORD, Street
from tests.browser.test_bridging import answer as answer_cells
from tests.http.test_cards import PIN, sent_to
from tests.http.test_printed_cards import printed_for
from twolatch.client import cards
from twolatch.client.cards import SoftCard
from twolatch.people import flows as people
from twolatch.people.model import User

CONFIRM = "form[action$='/confirm'] button"


async def posted(street: Street, user: User) -> SoftCard:
    """A card on its way to this client; the page that stands in for the plastic has it, too."""
    card, folder = await sent_to(street.town, user), street.town.site.settings.soft_cards
    assert folder
    folder.mkdir(exist_ok=True)
    cards.keep(folder, card)
    return card


async def in_hand(portal: Portal, card: SoftCard) -> Page:
    """The card lies beside the keyboard: a page of its own."""
    page = await portal.page.context.new_page()
    await page.goto(f"{portal.origin}/soft-card?serial={card.serial}")
    await expect(page.get_by_role("button", name="On", exact=True)).to_be_enabled()
    return page


async def pressed(held: Page, number: str) -> str:
    """Button, PIN, OK, number, OK; what the card shows."""
    await held.bring_to_front()
    screen = held.locator("[data-screen]")
    if await screen.inner_text():
        await held.get_by_role("button", name="On", exact=True).click()  # off
    for name in ("On", *PIN, "OK"):
        await held.get_by_role("button", name=name, exact=True).click()
    await expect(screen).to_have_attribute("data-step", "challenge")  # it thinks about the PIN, and hears nothing
    for name in (*number, "OK"):
        await held.get_by_role("button", name=name, exact=True).click()
    await expect(screen).to_have_text(re.compile(r"^\d{4} \d{4}$"))
    return (await screen.inner_text()).replace(" ", "")


async def answer_number(portal: Portal, held: Page, action: str) -> None:
    answer = await pressed(held, await portal.digits())
    await portal.page.bring_to_front()
    await portal.page.locator("#answer").fill(answer)
    await portal.page.locator(f"form[action{action}] button").click()


async def with_card(street: Street, user: User, portal: Portal) -> tuple[SoftCard, Page]:
    card = await posted(street, user)
    await portal.log_in(user.name, PASSWORD)
    await portal.at("/")
    await street.look(portal, "home with a card on its way")
    held = await in_hand(portal, card)
    await portal.page.bring_to_front()
    await portal.page.locator("a[href='/card']").first.click()
    await portal.at("/card")
    await portal.says(card.serial)
    await street.look(portal, "challenge card")
    await portal.page.locator("form[action='/card'] button").click()
    await street.look(portal, "set up challenge card")
    await answer_number(portal, held, "$='/confirm'")
    await portal.at("/security")
    return card, held


async def test_anna_activates_the_card_from_the_post_and_logs_in_with_it(street: Street) -> None:
    user, portal = await street.person(), await street.portal()
    _, held = await with_card(street, user, portal)
    await street.look(portal, "security with challenge card")
    await portal.open("/")
    await portal.log_out()
    await portal.log_in(user.name, PASSWORD)
    await portal.at("/login/second")
    await street.look(portal, "second challenge card")
    await answer_number(portal, held, "='/login/answer'")
    await portal.at("/")
    await portal.says("Proved with password and challenge card")


async def test_anna_uses_one_card_for_her_two_user_names(street: Street) -> None:
    owner, portal = await street.person(), await street.portal()
    _, held = await with_card(street, owner, portal)
    other, beside = await street.person(display="Anna for the firm"), await street.portal()
    assert await people.same_person(street.town.house, owner.name, other.name, street.town.house.clock.now())
    await beside.log_in(other.name, PASSWORD)
    await beside.at("/")
    await beside.open("/security")
    await beside.page.get_by_role("link", name="Use that card").click()
    await beside.at("/security/share")
    await street.look(beside, "share a card")
    await beside.page.locator("#name").fill(owner.name)
    await beside.page.locator("#password").fill("not this one")
    await beside.page.locator("form[action='/security/share'] button").click()
    await street.look(beside, "share a card, wrong password")
    await beside.page.locator("#name").fill(owner.name)
    await beside.page.locator("#password").fill(PASSWORD)
    await beside.page.locator("form[action='/security/share'] button").click()
    await expect(beside.page.locator("#answer")).to_be_visible()
    await street.look(beside, "share a card, number")
    await answer_number(beside, held, "='/security/share/answer'")
    await beside.at("/security")
    await beside.says("The card now serves both of your user names")
    await street.look(beside, "security with a shared card")
    await beside.open("/")
    await beside.log_out()
    await beside.log_in(other.name, PASSWORD)
    await beside.at("/login/second")
    await answer_number(beside, held, "='/login/answer'")
    await beside.at("/")
    await portal.open("/security")
    await portal.page.get_by_role("link", name="End the sharing").click()
    await portal.page.locator("form[action$='/unshare'] button").click()
    await portal.says("The other user name has nothing else")
    await street.look(portal, "unshare refused")


async def test_anneke_gets_a_printed_card_and_logs_in_with_it_on_her_phone_in_dutch(street: Street) -> None:
    user = await street.person(display="Anneke", language="nl")
    portal = await street.portal(locale="nl-NL", viewport=HAND, is_mobile=True, has_touch=True, color_scheme="dark")
    cells = {str(at): cell for at, cell in enumerate(await printed_for(street.town, user), 1)}
    await portal.log_in(user.name, PASSWORD)
    await portal.at("/")
    await portal.says("Er is een codekaart naar u onderweg")
    await street.look(portal, "home with a printed card")
    await portal.page.get_by_role("link", name="Activeren").first.click()
    await portal.at("/code-card")
    await street.look(portal, "printed card")
    await portal.page.locator("form[action='/code-card'] button").click()
    await street.look(portal, "set up printed card")
    await answer_cells(portal, cells)
    await portal.page.locator(CONFIRM).click()
    await portal.at("/security")
    await street.look(portal, "security with printed card")
    await portal.open("/")
    await portal.log_out()
    await portal.log_in(user.name, PASSWORD)
    await portal.at("/login/second")
    await street.look(portal, "second printed card")
    await answer_cells(portal, cells)
    await portal.page.locator("form[action='/login/answer'] button").click()
    await portal.at("/")
    await portal.says("Bewezen met wachtwoord en gedrukte codekaart")


async def test_anna_sets_up_an_app_and_recovery_codes_and_logs_in_with_each(street: Street) -> None:
    user, portal = await street.person(), await street.portal()
    await portal.log_in(user.name, PASSWORD)
    await portal.at("/")
    await portal.open("/security/add/totp")
    await street.look(portal, "add app")
    await portal.page.locator("form[action='/security/add/totp'] button").click()
    secret = (await portal.page.locator("code.secret").inner_text()).replace(" ", "")
    await street.look(portal, "set up app")
    app, now = pyotp.TOTP(secret), street.town.house.clock.now() // 1000
    await portal.page.locator("#answer").fill(app.at(now - 30))
    await portal.page.locator(CONFIRM).click()
    await portal.at("/security")
    await portal.open("/security/add/recovery")
    await portal.page.locator("form[action='/security/add/recovery'] button").click()
    codes = await portal.page.locator("ol.codes code").all_inner_texts()
    assert len(codes) == 10
    await street.look(portal, "set up recovery codes")
    await portal.page.locator("#answer").fill(codes[0])
    await portal.page.locator(CONFIRM).click()
    await portal.at("/security")
    await street.look(portal, "security with app and codes")
    await portal.open("/")
    await portal.log_out()
    await portal.log_in(user.name, PASSWORD)
    await portal.at("/login/second")
    await street.look(portal, "second app")
    await portal.page.locator("#answer").fill(app.at(street.town.house.clock.now() // 1000 + 30))
    await portal.page.locator("form[action='/login/answer'] button").click()
    await portal.at("/")
    await portal.says("Proved with password and authenticator app")
    await portal.log_out()
    await portal.log_in(user.name, PASSWORD)
    await portal.at("/login/second")
    await portal.page.get_by_role("button", name="Recovery codes").click()
    await expect(portal.page.locator("#answer")).to_be_visible()
    await street.look(portal, "second recovery code")
    await portal.page.locator("#answer").fill(codes[4])
    await portal.page.locator("form[action='/login/answer'] button").click()
    await portal.at("/")
    await portal.says("Proved with password and a recovery code")
