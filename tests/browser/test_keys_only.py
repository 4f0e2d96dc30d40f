"""A passkey alone, in a real browser: turned on, let in without a name, and no other way in."""

from playwright.async_api import expect

from tests.browser.key_ring import VirtualKey
from tests.browser.portal import Portal
from tests.browser.street import HAND, PASSWORD, Street
from twolatch.people.model import User

START = "[data-ceremony-start]"
BY_KEY = "[data-invite-start]"


async def keys_only(
    street: Street, portal: Portal, language: str = "en", *, offers: bool = False
) -> tuple[User, VirtualKey]:
    """Somebody at this computer, logged out, whom only the computer's passkey lets in."""
    user = await street.person(language=language)
    key = await VirtualKey.at(portal, offers=offers)
    await portal.log_in(user.name, PASSWORD)
    await portal.open("/security/add/passkey")
    await portal.page.locator("form[action='/security/add/passkey'] button").click()
    await portal.page.locator(START).click()
    await portal.at("/security")
    await portal.page.locator("a[href='/security/keys-only']").click()
    await portal.at("/security/keys-only")
    await street.look(portal, "keys only")
    await portal.page.locator("button[value=on]").click()
    await portal.at("/security")
    await street.look(portal, "security keys only")
    await portal.log_out()
    return user, key


async def test_anna_is_let_in_by_her_passkey_without_name_or_password(street: Street) -> None:
    portal = await street.portal()
    await keys_only(street, portal)
    await portal.open("/login")
    await expect(portal.page.locator("#name")).to_have_attribute("autocomplete", "username webauthn")
    await street.look(portal, "login with passkeys")
    await portal.page.locator(BY_KEY).press("Enter")
    await portal.at("/")
    await portal.says("Proved with passkey alone")
    await portal.open("/security/keys-only")
    await street.look(portal, "keys only on")
    await portal.page.locator("button[value=off]").click()
    await portal.says("Your password counts again.")


async def test_a_passkey_that_the_browser_offers_among_the_names_lets_her_in(street: Street) -> None:
    portal = await street.portal()
    await keys_only(street, portal, offers=True)
    await portal.open("/login")
    await portal.at("/")
    await portal.says("Proved with passkey alone", "Only your passkeys let you in.")
    await street.look(portal, "home keys only")


async def test_her_password_is_told_where_to_go(street: Street) -> None:
    portal, elsewhere = await street.portal(), await street.portal()
    user, _ = await keys_only(street, portal)
    await elsewhere.log_in(user.name, PASSWORD)
    await expect(elsewhere.page.locator("#refusal")).to_contain_text("Only your passkey lets you in")
    await street.look(elsewhere, "login keys only")


async def test_a_finger_that_is_not_hers_is_told_and_may_try_again(street: Street) -> None:
    portal = await street.portal()
    _, key = await keys_only(street, portal)
    await key.knows_the_finger(False)
    await portal.open("/login")
    await portal.page.locator(BY_KEY).click()
    await expect(portal.page.locator("[data-invite-failed]")).to_be_visible()
    await street.look(portal, "login passkey failed")
    await key.knows_the_finger(True)
    await portal.page.locator(BY_KEY).click()
    await portal.at("/")


async def test_a_browser_that_knows_no_passkeys_offers_none(street: Street) -> None:
    portal = await street.portal()
    await portal.page.context.add_init_script("delete window.PublicKeyCredential")
    await portal.open("/login")
    await expect(portal.page.locator("#password")).to_be_visible()
    await expect(portal.page.locator(BY_KEY)).to_be_hidden()


async def test_anneke_reads_it_all_in_dutch_on_her_phone_at_night(street: Street) -> None:
    portal = await street.portal(locale="nl", viewport=HAND, color_scheme="dark")
    await keys_only(street, portal, "nl")
    await portal.open("/login")
    await street.look(portal, "login with passkeys")
    await portal.page.locator(BY_KEY).click()
    await portal.at("/")
    await portal.says("Bewezen met alleen een passkey")
