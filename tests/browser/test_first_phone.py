"""The main journey: a client without a phone becomes a client with one, and logs in with it."""

from playwright.async_api import expect

from tests.browser.street import PASSWORD, PIN, Street


async def test_anna_types_the_session_id_and_from_then_on_approves_her_logins(street: Street) -> None:
    anna, portal, phone = await street.person(), await street.portal(), await street.phone(worker=True)
    await portal.open()
    await portal.at("/login")
    await street.look(portal, "login")
    await portal.page.get_by_label("User name").fill(anna.name)
    await portal.page.get_by_label("Password", exact=True).fill(PASSWORD)
    await portal.page.get_by_role("button", name="Continue").click()
    await portal.at("/")
    await street.look(portal, "home with banner")

    await phone.open()
    await phone.at("start")
    await street.look(phone, "start")
    await phone.tap("Register two-factor")
    await phone.at("method")
    await street.look(phone, "method")
    await phone.tap("Session ID")
    await phone.at("explain")
    await street.look(phone, "explain")
    await phone.tap("Continue")
    await phone.at("code")
    code = await portal.session_id()
    await phone.page.get_by_label("Session ID").press_sequentially(code.lower().replace("-", " "))
    await expect(phone.page.get_by_label("Session ID")).to_have_value(code)
    await street.look(phone, "code")
    await phone.tap("Continue")
    await phone.at("pin")
    await phone.page.get_by_label("PIN", exact=True).fill(PIN)
    await phone.page.get_by_label("Repeat the PIN").fill(PIN)
    await street.look(phone, "pin")
    await phone.tap("Activate")
    await phone.at("whom")
    await phone.has_title("Link this phone to Anna de Vries?")
    await street.look(phone, "whom")

    await portal.at("/activate")  # by itself
    await portal.says("Pixel 8", "Chrome 140")
    await street.look(portal, "activate confirm")
    await phone.tap("Link this phone")
    await phone.at("digits")
    await street.look(phone, "digits")
    await portal.confirm(await phone.digits())
    await phone.at("success")
    await street.look(phone, "success")
    await expect(portal.page.get_by_role("link", name="Done")).to_be_visible()  # by itself
    await street.look(portal, "activate done")
    await phone.tap("Done")
    await phone.at("home")
    await street.look(phone, "home")

    await portal.open("/")
    await street.look(portal, "home")
    await portal.log_out()
    await street.look(portal, "logged out")
    await portal.log_in(anna.name, PASSWORD)
    await portal.at("/login/second")
    await street.look(portal, "second")
    await phone.at("request")  # by itself
    await phone.says("Client Portal", "Chrome on Linux")
    await expect(phone.page.locator("[name=digits]")).to_have_count(0)  # this browser is known
    await phone.page.get_by_label("PIN").fill(PIN)
    await street.look(phone, "request")
    await phone.tap("Approve")
    await portal.at("/")  # by itself
    await portal.says("Two latches")
    await phone.at("outcome", outcome="approved")
    await street.look(phone, "outcome approved")
