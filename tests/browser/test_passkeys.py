"""Passkeys and security keys in a real browser: added, used to log in and to prove again, and every way it can fail."""

import re

from playwright.async_api import expect

from tests.authenticator import Key
from tests.browser.key_ring import VirtualKey
from tests.browser.portal import Portal
from tests.browser.street import HAND, PASSWORD, Street
from tests.key_ring import add_key
from tests.people import set_up_codes
from twolatch.people.model import User
from twolatch.texts.catalogue import Texts

START = "[data-ceremony-start]"


async def add(street: Street, portal: Portal) -> None:
    """From the security settings to a key in the list."""
    await portal.open("/security/add/passkey")
    await street.look(portal, "add passkey")
    await portal.page.locator("form[action='/security/add/passkey'] button").click()
    await expect(portal.page.locator(START)).to_be_focused()
    await street.look(portal, "set up passkey")
    await portal.page.keyboard.press("Enter")
    await portal.at("/security")


async def with_passkey(street: Street, language: str = "en") -> tuple[User, Portal, VirtualKey]:
    """Anna at a computer whose own lock keeps her passkey, logged out."""
    user = await street.person(language=language)
    portal = await street.portal(locale=language)
    key = await VirtualKey.at(portal)
    await portal.log_in(user.name, PASSWORD)
    await portal.at("/")
    await add(street, portal)
    await street.look(portal, "security with passkey")
    await portal.log_out()
    return user, portal, key


async def says(portal: Portal, what: str, language: str = "en") -> None:
    """The page tells this in its own words, and nothing else."""
    shown = portal.page.locator("[data-ceremony-says]:visible")
    await expect(shown).to_have_count(1)
    await expect(shown).to_contain_text(Texts().say(language, f"ceremony.{what}.title"))


async def with_another_way(street: Street) -> User:
    """Somebody with a security key that is not at this browser, and with recovery codes."""
    user, forms = await street.person(), street.town.browser()
    await forms.log_in(user.name, PASSWORD)
    await add_key(forms, Key(origin=forms.origin))
    await set_up_codes(forms)
    return user


async def goes_another_way(street: Street, portal: Portal) -> None:
    await portal.page.locator("form[action='/login/switch'] button").first.click()
    await expect(portal.page.locator("#answer")).to_be_visible()


async def test_anna_adds_a_passkey_and_logs_in_by_keyboard_alone(street: Street) -> None:
    user, portal, key = await with_passkey(street)
    [held] = await key.credentials()
    assert (held["isResidentCredential"], held["rpId"]) == (True, "localhost")
    await portal.log_in(user.name, PASSWORD)
    await portal.at("/login/second")
    await expect(portal.page.locator(START)).to_be_focused()
    await street.look(portal, "second passkey")
    await portal.page.keyboard.press("Enter")
    await portal.at("/")
    await portal.says("Proved with password and passkey")


async def test_a_security_key_that_is_only_touched_is_a_second_factor(street: Street) -> None:
    user, portal = await street.at_the_banner()
    await VirtualKey.at(portal, verifies=False, is_roaming=True)
    await add(street, portal)
    await portal.log_out()
    await portal.log_in(user.name, PASSWORD)
    await portal.page.locator(START).click()
    await portal.at("/")


async def test_before_something_is_removed_the_passkey_is_asked_again(street: Street) -> None:
    user, portal, _ = await with_passkey(street)
    await portal.log_in(user.name, PASSWORD)
    await portal.page.locator(START).click()
    await portal.at("/")
    await street.town.do("UPDATE sessions SET fresh_at = 0 WHERE user_id = :user", user=user.id)
    await portal.open("/security")
    await portal.page.get_by_role("link", name=re.compile("^Remove")).click()
    await portal.at("/step-up")
    await portal.page.locator("form[action='/step-up'] button").first.click()
    await expect(portal.page.locator(START)).to_be_focused()
    await street.look(portal, "step up passkey")
    await portal.page.locator(START).click()
    await expect(portal.page.locator("form[action$='/remove'] button")).to_be_visible()


async def test_a_finger_the_computer_does_not_know_may_try_again(street: Street) -> None:
    user, portal, key = await with_passkey(street)
    await key.knows_the_finger(False)
    await portal.log_in(user.name, PASSWORD)
    await portal.page.locator(START).click()
    await says(portal, "cancelled")
    await street.look(portal, "second passkey cancelled")
    await key.knows_the_finger(True)
    await portal.page.locator(START).click()
    await portal.at("/")


async def test_a_lock_that_lies_opens_nothing_and_locks_nothing(street: Street) -> None:
    user, portal, key = await with_passkey(street)
    await portal.log_in(user.name, PASSWORD)
    for bits in ({"isBadUV": True}, {"isBogusSignature": True}):
        await key.lies(**bits)
        await portal.page.locator(START).click()
        await expect(portal.page.locator("#refusal")).to_contain_text("That proved nothing")
    await street.look(portal, "second passkey wrong")
    await key.lies(isBadUV=False, isBogusSignature=False)
    await portal.page.locator(START).click()
    await portal.at("/")


async def test_the_same_computer_is_not_added_twice(street: Street) -> None:
    user, portal, _ = await with_passkey(street)
    await portal.log_in(user.name, PASSWORD)
    await portal.page.locator(START).click()
    await portal.at("/")
    await portal.open("/security/add/passkey")
    await portal.page.locator("form[action='/security/add/passkey'] button").click()
    await portal.page.locator(START).click()
    await says(portal, "known")
    await street.look(portal, "set up passkey known")


async def test_who_has_the_key_not_with_her_takes_another_way(street: Street) -> None:
    user, portal = await with_another_way(street), await street.portal()
    await VirtualKey.at(portal)  # a computer's lock that holds nothing of hers
    await portal.log_in(user.name, PASSWORD)
    await portal.page.locator(START).click()
    await expect(portal.page.locator(START)).to_have_attribute("aria-disabled", "true")
    await goes_another_way(street, portal)  # while the browser still waits for the key


async def test_a_browser_without_passkeys_says_so_and_offers_another_way(street: Street) -> None:
    user, portal = await with_another_way(street), await street.portal()
    await portal.page.context.add_init_script("delete window.PublicKeyCredential")
    await portal.log_in(user.name, PASSWORD)
    await says(portal, "unsupported")
    await expect(portal.page.locator(START)).to_be_hidden()
    await street.look(portal, "second passkey unsupported")
    await goes_another_way(street, portal)


async def test_without_script_the_page_says_what_is_missing_and_offers_another_way(street: Street) -> None:
    user, portal = await with_another_way(street), await street.portal(java_script_enabled=False)
    await portal.log_in(user.name, PASSWORD)
    await portal.at("/login/second")
    await expect(portal.page.locator("noscript .notice-title")).to_be_visible()
    await street.look(portal, "second passkey no script", thoroughly=False)
    await goes_another_way(street, portal)


async def test_anneke_adds_and_uses_a_passkey_on_her_phone_in_dutch_at_night(street: Street) -> None:
    user = await street.person(display="Anneke Jansen", language="nl")
    portal = await street.portal(locale="nl", viewport=HAND, color_scheme="dark")
    key = await VirtualKey.at(portal)
    await portal.log_in(user.name, PASSWORD)
    await portal.at("/")
    await add(street, portal)
    await street.look(portal, "security with passkey")
    await portal.log_out()
    await key.knows_the_finger(False)
    await portal.log_in(user.name, PASSWORD)
    await portal.has_title("Gebruik uw passkey")
    await street.look(portal, "second passkey")
    await portal.page.locator(START).click()
    await says(portal, "cancelled", "nl")
    await street.look(portal, "second passkey cancelled")
