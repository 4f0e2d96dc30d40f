"""Security settings in the portal: phones, sessions, the password, and the banner."""

import re

from playwright.async_api import expect

from tests.browser.portal import Portal
from tests.browser.street import PASSWORD, PIN, Client, Street

NEW_PASSWORD = "quiet harbour 77 larks"


async def prove_again(anna: Client, street: Street) -> None:
    """The portal asks the phone before something sensitive, and goes on by itself."""
    await anna.portal.page.locator("form[action='/step-up'] button").click()
    await anna.app.at("request")
    await anna.app.has_title("Confirm once more")
    await street.look(anna.portal, "step up waits")
    await anna.app.approve_and_see(PIN)


async def stale(street: Street, anna: Client) -> None:
    """Her last proof is long ago."""
    await street.town.do("UPDATE sessions SET fresh_at = 0 WHERE user_id = :user", user=anna.user.id)


async def also_in_the_library(street: Street) -> tuple[Client, Portal]:
    """Anna sits at her security page, and the computer in the library is still signed in."""
    anna = await street.with_phone()
    await anna.let_in()
    await anna.app.press_main()
    library = await street.portal()
    await library.log_in(anna.user.name, PASSWORD)
    await anna.app.approve_and_see(PIN, await library.digits())
    await library.at("/")
    await anna.portal.open("/security")
    return anna, library


async def test_anna_sees_her_sessions_and_ends_the_one_in_the_library(street: Street) -> None:
    anna, library = await also_in_the_library(street)
    await anna.portal.says("Chrome on Linux")
    await street.look(anna.portal, "security")
    await anna.portal.page.get_by_role("button", name=re.compile("^End.*Chrome")).click()
    await anna.portal.says("The session is ended.")
    await street.look(anna.portal, "security session ended")
    await library.page.get_by_role("link", name="Security").first.click()
    await library.at("/login")
    await street.look(library, "login after end")
    await anna.portal.open("/security")
    await anna.portal.says("Pixel 8")  # she herself is still in


async def test_anna_ends_all_other_sessions_at_once(street: Street) -> None:
    anna, library = await also_in_the_library(street)
    await anna.portal.page.locator("form[action$='end-others'] button").click()
    await anna.portal.says("All other sessions are ended.")
    await library.open("/security")
    await library.at("/login")


async def test_anna_renames_her_phone_and_later_removes_it_with_its_own_approval(street: Street) -> None:
    anna = await street.with_phone()
    await anna.let_in()
    await anna.app.press_main()
    await anna.portal.open("/security")
    await anna.portal.page.locator("summary").click()
    await anna.portal.page.get_by_label("New name").fill("   ")
    await anna.portal.page.locator(".rename-form button").click()
    await expect(anna.portal.page.locator("#refusal")).to_be_visible()
    await street.look(anna.portal, "security name refused")
    await anna.portal.page.get_by_label("New name").fill("Anna’s phone")
    await anna.portal.page.locator(".rename-form button").click()
    await anna.portal.says("The new name is saved.", "Anna’s phone")

    await stale(street, anna)
    await anna.portal.page.get_by_role("link", name=re.compile("^Remove.*Anna’s phone")).click()
    await anna.portal.at("/step-up")
    await street.look(anna.portal, "step up")
    await prove_again(anna, street)
    await expect(anna.portal.page.locator("h1")).to_contain_text("Anna’s phone")
    await street.look(anna.portal, "remove")
    await anna.portal.page.locator("form[action$='/remove'] button").click()
    await anna.portal.says("It is removed.")
    await street.look(anna.portal, "security no phone")
    await anna.app.looks_again()
    await anna.app.says("This phone was removed")
    await street.look(anna.app, "home removed")


async def test_anna_changes_her_password_and_the_old_one_is_dead(street: Street) -> None:
    anna = await street.with_phone()
    await anna.let_in()
    await anna.app.press_main()
    await stale(street, anna)
    await anna.portal.open("/password")
    await anna.portal.at("/step-up")
    await prove_again(anna, street)
    await anna.portal.at("/password")
    await street.look(anna.portal, "password")
    for new, repeat in (("short", "short"), (NEW_PASSWORD, "another")):
        await anna.portal.page.locator("#new").fill(new)
        await anna.portal.page.locator("#repeat").fill(repeat)
        await anna.portal.page.locator("form[action='/password'] button[type=submit]").click()
        await expect(anna.portal.page.locator("#refusal")).to_be_visible()
    await street.look(anna.portal, "password refused")
    await anna.portal.page.locator("#new").fill(NEW_PASSWORD)
    await anna.portal.page.locator("#repeat").fill(NEW_PASSWORD)
    await anna.portal.page.locator("form[action='/password'] button[type=submit]").click()
    await anna.portal.says("Your password is changed")
    await anna.portal.log_out()
    await anna.portal.log_in(anna.user.name, PASSWORD)
    await anna.portal.says("That did not match")
    await street.look(anna.portal, "login wrong")
    await anna.portal.log_in(anna.user.name, NEW_PASSWORD)
    await anna.app.approve(PIN)
    await anna.portal.at("/")


async def test_a_client_without_a_phone_proves_again_with_the_password(street: Street) -> None:
    bram, portal = await street.person(display="Bram Vos"), await street.portal()
    await portal.log_in(bram.name, PASSWORD)
    await portal.at("/")
    await street.town.do("UPDATE sessions SET fresh_at = 0 WHERE user_id = :user", user=bram.id)
    await portal.open("/password")
    await portal.at("/step-up")
    await street.look(portal, "step up password")
    await portal.page.locator("#password").fill(PASSWORD)
    await portal.page.locator("form[action='/step-up'] button[type=submit]").click()
    await portal.at("/password")


async def test_the_banner_is_dismissed_and_found_again(street: Street) -> None:
    bram, portal = await street.person(display="Bram Vos"), await street.portal()
    await portal.log_in(bram.name, PASSWORD)
    await portal.at("/")
    await portal.page.get_by_role("button", name="Not now").click()
    await expect(portal.page.locator(".banner")).to_have_count(0)
    await street.look(portal, "home banner dismissed")
    await portal.open("/security")
    await expect(portal.page.locator(".banner")).to_have_count(0)
    await portal.page.locator("form[action='/banner/show'] button").click()
    await expect(portal.page.locator(".banner .session-id")).to_be_visible()
    await street.look(portal, "security with banner")


async def test_the_link_in_the_mail_suspends_the_phone_and_nothing_else(street: Street) -> None:
    from twolatch.authenticators import flows
    from twolatch.notices import links

    anna = await street.with_phone()
    [phone] = await flows.mine(street.town.house, anna.user)
    link = links.suspend_link(street.town.house, phone.id, street.town.house.clock.now())
    stranger = await street.portal()
    await stranger.page.goto(link)
    await street.look(stranger, "suspend")
    await stranger.page.locator("form[action^='/suspend'] button").click()
    await stranger.has_title("It is suspended")
    await street.look(stranger, "suspend done")
    await anna.app.looks_again()
    await anna.app.says("This phone is suspended")


async def test_unknown_addresses_and_the_missing_desk_are_explained(street: Street) -> None:
    portal = await street.portal()
    await portal.open("/nowhere")
    await street.look(portal, "problem not found")
    await portal.page.goto(street.town.site.settings.desk_url)
    await street.look(portal, "no desk")
