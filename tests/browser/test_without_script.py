"""The portal without any script of its own: pages move on by themselves at their own slow pace, or by a button."""

from playwright.async_api import expect

from tests.browser.street import PASSWORD, PIN, Street, remember_browser


async def test_anna_logs_in_and_reads_everything_without_javascript(street: Street) -> None:
    anna = await street.with_phone()
    kept = {cookie["name"]: cookie["value"] for cookie in await anna.portal.page.context.cookies()}
    portal = await street.portal(java_script_enabled=False)
    await remember_browser(portal, kept["__Host-dev"])
    await portal.log_in(anna.user.name, PASSWORD)
    await portal.at("/login/second")
    await street.look(portal, "second without script", thoroughly=False)
    await portal.page.get_by_role("button", name="Continue").click()  # too early: still waiting
    await portal.at("/login/second")
    await anna.app.approve_and_see(PIN)
    await portal.has_title("Approved")  # by the page's own refresh
    await street.look(portal, "second approved without script", thoroughly=False)
    await portal.page.get_by_role("button", name="Continue").click()
    await portal.at("/")
    await portal.says("Pixel 8")
    await portal.open("/security")
    await portal.says("Pixel 8", "Chrome on Linux")
    await portal.page.locator("summary").click()
    await portal.page.get_by_label("New name").fill("Old faithful")
    await portal.page.locator(".rename-form button").click()
    await portal.says("The new name is saved.", "Old faithful")
    await street.look(portal, "security without script", thoroughly=False)
    await portal.page.locator("form[action='/language'] button[value=nl]").click()
    await expect(portal.page.locator("html")).to_have_attribute("lang", "nl")
    await portal.log_out()


async def test_bram_activates_a_phone_without_javascript_in_the_portal(street: Street) -> None:
    bram, phone = await street.person(display="Bram Vos"), await street.phone()
    portal = await street.portal(java_script_enabled=False)
    await portal.log_in(bram.name, PASSWORD)
    await portal.at("/")
    await street.look(portal, "home without script", thoroughly=False)
    await phone.claim(await portal.session_id(), PIN)
    await phone.link()
    await portal.page.locator(".banner a[href='/activate']").click()
    await portal.confirm(await phone.digits())
    await phone.at("success")
    await expect(portal.page.locator("main a.main")).to_be_visible()  # by the page's own refresh
    await street.look(portal, "activated without script", thoroughly=False)
