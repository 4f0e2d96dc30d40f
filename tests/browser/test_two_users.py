"""One app, several users, one PIN."""

from playwright.async_api import expect

from tests.browser.phone_app import PhoneApp
from tests.browser.street import PASSWORD, PIN, Client, Street


async def add_bram(street: Street, app: PhoneApp) -> Client:
    """Bram joins the app that already serves Anna."""
    bram, portal = await street.person(display="Bram Vos"), await street.portal()
    await portal.log_in(bram.name, PASSWORD)
    await portal.at("/")
    await app.to_adding()
    await app.tap("Session ID")
    await app.press_main()
    await app.type_code(await portal.session_id())
    await app.at("pin-existing")
    await street.look(app, "pin existing")
    await app.page.locator("[name=pin]").fill("9z9y")
    await app.page.locator("button[type=submit]").click()
    await app.says("That PIN is not right. 4 tries left.")
    await app.page.locator("[name=pin]").fill(PIN)
    await app.page.locator("button[type=submit]").click()
    await app.link()
    await portal.at("/activate")
    await portal.confirm(await app.digits())
    await app.at("success")
    await app.press_main()
    return Client(street, bram, portal, app)


async def test_bram_joins_annas_app_with_its_pin_and_either_approves(street: Street) -> None:
    anna = await street.with_phone()
    bram = await add_bram(street, anna.app)
    await anna.app.says("Anna de Vries", "Bram Vos")
    await street.look(anna.app, "home two users")
    await anna.log_in()
    await anna.app.at("request")
    await anna.app.says("Anna de Vries")  # whose login it is
    await anna.app.approve_and_see(PIN)
    await anna.portal.at("/")
    await bram.portal.open()
    await bram.portal.log_out()
    await bram.log_in()
    await bram.app.approve_and_see(PIN)
    await bram.portal.at("/")

    await bram.app.page.get_by_role("button", name="Settings").click()
    await bram.app.at("settings")
    await street.look(bram.app, "settings")
    await bram.app.tap("Remove Anna de Vries")
    await bram.app.at("remove")
    await street.look(bram.app, "remove")
    await bram.app.remove(PIN)
    await bram.app.at("home")
    await expect(bram.app.page.locator("main")).not_to_contain_text("Anna de Vries")
    await bram.portal.open()
    await bram.portal.log_out()
    await bram.log_in()
    await bram.app.approve(PIN)
    await bram.portal.at("/")


async def test_two_logins_at_once_are_listed_and_neither_is_pushed_forward(street: Street) -> None:
    anna = await street.with_phone()
    bram = await add_bram(street, anna.app)
    await bram.portal.open()
    await bram.portal.log_out()
    await anna.app.page.get_by_role("button", name="Settings").click()
    await anna.log_in()
    await bram.log_in()
    await anna.app.page.get_by_role("button", name="Back").click()
    await anna.app.says("2 logins are waiting")
    await street.look(anna.app, "home two waiting")
    await anna.app.page.locator("button.option", has_text="Bram Vos").click()
    await anna.app.approve(PIN)
    await bram.portal.at("/")


async def test_anna_changes_the_pin_of_the_app(street: Street) -> None:
    anna = await street.with_phone()
    app = anna.app
    await app.page.get_by_role("button", name="Settings").click()
    await app.tap("Change PIN")
    await app.at("change-pin")
    for field, pin in (("old", "9z9y"), ("pin", "m3rk"), ("repeat", "m3rk")):
        await app.page.locator(f"[name={field}]").fill(pin)
    await app.page.locator("button[type=submit]").click()
    await expect(app.page.locator("#old-problem")).to_contain_text("4 tries left")
    await street.look(app, "change pin")
    await app.page.locator("[name=old]").fill(PIN)
    await app.page.locator("button[type=submit]").click()
    await app.at("change-done")
    await street.look(app, "change done")
    await app.press_main()
    await anna.log_in()
    await app.approve(PIN)
    await app.says("The PIN is not right. 4 tries left.")
    await app.approve("m3rk")
    await anna.portal.at("/")
