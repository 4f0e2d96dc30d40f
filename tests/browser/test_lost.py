"""A lost phone: stopped with the password, found again, and back by PIN and digits."""

from playwright.async_api import expect

from tests.browser.street import PASSWORD, PIN, Client, Street
from twolatch.texts.catalogue import Texts


async def fill(anna: Client, action: str) -> None:
    page = anna.portal.page
    await page.locator("#name").fill(anna.user.name)
    await page.locator("#password").fill(PASSWORD)
    await page.locator(f"form[action='{action}'] button[type=submit]").click()


async def test_anna_loses_her_phone_stops_it_and_finds_it_behind_the_sofa(street: Street) -> None:
    anna = await street.with_phone()
    page = anna.portal.page
    await anna.portal.log_in(anna.user.name, PASSWORD)
    await anna.portal.at("/login/second")
    await page.locator("details.help summary").click()
    await street.look(anna.portal, "second nothing")
    await page.get_by_role("link", name="I lost my phone").click()
    await anna.portal.at("/lost")
    await street.look(anna.portal, "lost")
    await fill(anna, "/lost")
    await anna.portal.has_title("It is stopped")
    await street.look(anna.portal, "lost done")

    await anna.app.at("refusal", code="phone.reported")  # by itself: the request went away
    await anna.app.press_main()
    await anna.app.at("home")
    await anna.app.says("This phone is reported as lost")
    found = anna.app.page.get_by_role("link", name="I have found my phone")
    await expect(found).to_have_attribute("href", f"{anna.portal.origin}/found")
    await expect(anna.app.page.locator("[name=password]")).to_have_count(0)
    await street.look(anna.app, "home reported")
    await anna.app.page.get_by_role("button", name="This phone is reported as lost").click()
    await anna.app.at("refusal", code="phone.reported")
    await street.look(anna.app, "refusal reported")
    await anna.app.press_main()
    await anna.app.at("home")

    await anna.portal.log_in(anna.user.name, PASSWORD)
    await anna.portal.refuses("login.phone_reported")
    await street.look(anna.portal, "login reported")
    await page.get_by_role("link", name="I have found my phone").click()
    await street.look(anna.portal, "found")
    await fill(anna, "/found")
    await anna.portal.at("/login/second")
    digits = await anna.portal.digits()
    await anna.app.at("request")  # by itself
    await anna.app.has_title("Use this phone again?")
    await street.look(anna.app, "request found")
    await anna.app.approve_and_see(PIN, digits)
    await anna.portal.at("/")  # by itself
    await anna.portal.says("Two latches")
    await expect(anna.app.page.locator("main")).not_to_contain_text("reported as lost")


async def test_a_wrong_password_on_the_lost_page_reads_as_at_the_login(street: Street) -> None:
    anna = await street.with_phone()
    page = anna.portal.page
    await anna.portal.open("/lost")
    await page.locator("#name").fill(anna.user.name)
    await page.locator("#password").fill("not the one")
    await page.locator("form[action='/lost'] button[type=submit]").click()
    await anna.portal.says(Texts().say("en", "refusal.login.wrong.title"))
    await expect(page.locator("#name")).to_have_value(anna.user.name)
    await street.look(anna.portal, "lost wrong")
