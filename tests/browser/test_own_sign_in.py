"""The app's own sign-in: both latches on one phone, home, the short lock, and everything about the users of an app."""

from playwright.async_api import expect

from tests.browser.street import IPHONE, PASSWORD, PIN, Client, Street
from tests.browser.test_device_unlock import Lock, activated
from tests.browser.test_two_users import add_bram

SIX_MINUTES = 6 * 60_000


async def signed_in(street: Street) -> Client:
    anna = await street.with_phone()
    await anna.app.sign_in(anna.user.name, PASSWORD, PIN)
    return anna


async def go_away(street: Street, anna: Client) -> None:
    """The app was closed and is opened again six minutes later, by the phone's own clock."""
    app = anna.app
    await app.page.evaluate("(at) => localStorage.setItem('twolatch-away', Date.now() - at)", SIX_MINUTES)
    await app.page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")


async def test_anna_signs_in_sees_her_devices_and_her_diary_and_logs_out(street: Street) -> None:
    anna = await street.with_phone()
    app = anna.app
    await anna.let_in()
    await app.press_main()
    await street.look(app, "login")
    await app.type_password(anna.user.name, "not this one")
    await expect(app.page.locator("#login-problem")).to_contain_text("The name or the password is not right.")
    await street.look(app, "login wrong")
    await app.type_password(anna.user.name, PASSWORD)
    await app.at("sign-in")
    await street.look(app, "sign-in")
    await app.prove("9z9y")
    await expect(app.page.locator("#pin-problem")).to_contain_text("4 tries left")
    await app.prove(PIN)
    await app.at("home", signed="in")
    await app.has_title("Welcome, Anna de Vries")
    await app.says("Second step: 1", "Logged in: 3", "You were logged in.")
    await street.look(app, "home signed in")
    await app.page.reload()
    await app.at("home", signed="in")
    await app.tap("Phones and sessions")
    await app.says("Pixel 8", "Phone app", "Firefox on Linux")
    await street.look(app, "devices")
    for left in (1, 0):
        await app.tap("End the session: Firefox on Linux")
        await expect(app.page.get_by_role("button", name="End the session")).to_have_count(left)
    await anna.portal.open("/security")
    await anna.portal.at("/login")
    await app.page.get_by_role("button", name="Back").click()
    await app.tap("The whole diary")
    await app.says("Something was set up for your login.", "A wrong PIN, number or code was given.")
    await street.look(app, "diary")
    await app.page.get_by_role("button", name="Back").click()
    await app.tap("More")
    await app.tap("Log out")
    await app.at("home", signed="out")
    await app.page.reload()
    await app.at("home", signed="out")


async def test_a_login_is_approved_without_signing_in_to_the_app(street: Street) -> None:
    anna = await street.with_phone()
    await anna.app.at("home", signed="out")
    await anna.log_in()
    await anna.app.approve_and_see(PIN)
    await anna.portal.at("/")
    await anna.app.at("home", signed="out")


async def test_a_request_does_not_push_itself_before_a_password_half_typed(street: Street) -> None:
    anna = await street.with_phone()
    app = anna.app
    await app.page.locator("[name=password]").fill("linden")
    await anna.log_in()
    await app.says("A login is waiting")
    await app.at("home", signed="out")
    await street.look(app, "login with a request")
    assert await app.page.locator("[name=password]").input_value() == "linden"
    await app.page.locator("button.option.live").click()
    await app.approve(PIN)
    await anna.portal.at("/")


async def test_an_iphone_is_signed_in_to_with_its_unlock_and_has_its_tabs_at_the_bottom(street: Street) -> None:
    phone = await street.phone(agent=IPHONE)
    lock = await Lock.on(phone)
    await phone.open()
    anna = await activated(street, phone)
    await street.look(phone, "login ios")
    await phone.type_password(anna.user.name, PASSWORD)
    await lock.knows_the_face(False)
    await phone.prove()
    await expect(phone.page.locator("#pin-problem")).not_to_be_empty()
    await street.look(phone, "sign-in ios")
    await lock.knows_the_face(True)
    await phone.prove()
    await phone.at("home", signed="in")
    await phone.says("You were logged in.")
    await street.look(phone, "home signed in ios")
    await phone.page.locator("nav.tabs").get_by_role("button", name="Diary").click()
    await phone.at("diary")
    await phone.says("Something was set up for your login.")
    await street.look(phone, "diary ios")
    await go_away(street, anna)
    await phone.says("Locked")
    await phone.tap("Open")
    await phone.at("unlock")
    await street.look(phone, "unlock ios")
    await phone.page.locator("button[type=submit]").click()
    await phone.at("home", signed="in")
    await phone.says("You were logged in.")


async def test_after_a_while_away_what_is_private_is_covered_and_requests_are_not(street: Street) -> None:
    anna = await signed_in(street)
    app = anna.app
    await app.says("You were logged in.")
    await go_away(street, anna)
    await app.says("Locked")
    await expect(app.page.locator("main")).not_to_contain_text("You were logged in.")
    await street.look(app, "home locked")
    await anna.log_in()
    await app.approve_and_see(PIN)
    await anna.portal.at("/")
    await app.says("Locked")
    await app.tap("Open")
    await app.at("unlock")
    await app.page.locator("[name=pin]").fill("9z9y")
    await app.page.locator("button[type=submit]").click()
    await expect(app.page.locator("#pin-problem")).to_contain_text("4 tries left")
    await street.look(app, "unlock")
    await app.page.locator("[name=pin]").fill(PIN)
    await app.page.locator("button[type=submit]").click()
    await app.at("home", signed="in")
    await app.says("You were logged in.")


async def test_an_app_opened_again_after_a_while_begins_locked(street: Street) -> None:
    anna = await signed_in(street)
    app = anna.app
    await go_away(street, anna)
    await app.says("Locked")
    await app.page.reload()
    await app.at("home", signed="in")
    await app.says("Locked")


async def test_a_session_ended_in_the_portal_brings_the_login_screen_back(street: Street) -> None:
    anna = await signed_in(street)
    await anna.log_in()
    await anna.app.approve_and_see(PIN)
    await anna.portal.at("/")
    await anna.portal.open("/security")
    await anna.portal.says("In the phone app")
    await street.look(anna.portal, "security with the app")
    await anna.portal.page.get_by_role("button", name="End all other sessions").click()
    await anna.app.page.reload()
    await anna.app.at("home", signed="out")


async def test_the_app_switches_between_its_users_and_each_signs_in_for_himself(street: Street) -> None:
    anna = await street.with_phone()
    app = anna.app
    bram = await add_bram(street, app)
    await app.press_main()
    await app.tap("Bram Vos")
    await app.page.locator("[name=password]").fill(PASSWORD)
    await app.page.locator("button[type=submit]").click()
    await app.prove(PIN)
    await app.has_title("Welcome, Bram Vos")
    await street.look(app, "home two users signed in")
    await app.page.locator("label.segment", has_text="Anna de Vries").click()
    await app.at("home", signed="out")
    assert await app.page.locator("[name=name]").input_value() == anna.user.name
    await app.sign_in(anna.user.name, PASSWORD, PIN)
    await app.has_title("Welcome, Anna de Vries")
    await app.page.locator("label.segment", has_text="Bram Vos").click()
    await app.has_title("Welcome, Bram Vos")
    await app.at("home", signed="in")
    assert bram.user.name


async def test_a_phone_is_renamed_on_the_phone_and_the_portal_says_the_same(street: Street) -> None:
    anna = await street.with_phone()
    app = anna.app
    await app.tap("Services")
    await app.tap("Authenticate")
    await app.tap("Anna de Vries")
    await app.at("user")
    label = app.page.locator("[name=label]")
    await expect(label).to_have_value("Pixel 8")
    await street.look(app, "user")
    await label.fill("  ")
    await app.page.locator("button[type=submit]").click()
    await expect(app.page.locator("#label-problem")).to_contain_text("type a name")
    await label.fill("Anna's own phone")
    await app.page.locator("button[type=submit]").click()
    await app.says("Saved.")
    await anna.log_in()
    await app.page.evaluate("history.go(-3)")
    await app.approve_and_see(PIN)
    await anna.portal.at("/")
    await anna.portal.open("/security")
    await anna.portal.says("Anna's own phone")


async def test_a_phone_removed_without_its_pin_is_silenced_and_the_client_is_told_so(street: Street) -> None:
    anna = await street.with_phone()
    app = anna.app
    await app.page.get_by_role("button", name="Settings").click()
    await app.tap("Remove Anna de Vries")
    await app.tap("I do not know the PIN")
    await app.says("Without PIN or unlock nobody knows that it is you.")
    await street.look(app, "remove without proof")
    await app.tap("Remove without proof")
    await app.at("removed")
    await app.says("Logging in still asks for a phone.")
    await street.look(app, "removed without proof")
    await app.press_main()
    await app.at("start")
    await anna.portal.log_in(anna.user.name, PASSWORD)
    await anna.portal.refuses("login.phone_locked")


async def test_goodbye_without_a_network_is_said_when_it_is_back(street: Street) -> None:
    anna = await street.with_phone()
    app = anna.app
    street.allow("ERR_INTERNET_DISCONNECTED")
    device = await street.town.house.db.row("SELECT id FROM authenticators WHERE user_id = :id", id=anna.user.id)
    assert device
    await app.page.get_by_role("button", name="Settings").click()
    await app.tap("Remove Anna de Vries")
    await app.page.context.set_offline(True)
    await app.page.locator("[name=pin]").fill(PIN)
    await app.tap("Remove from this phone")
    await app.says("There is no connection")
    await app.tap("Remove without proof")
    await app.at("removed")
    await app.says("The site is told as soon as")
    await street.look(app, "removed offline", thoroughly=False)
    async with app.page.expect_response(lambda answer: answer.url.endswith("/device")) as said:
        await app.page.context.set_offline(False)
    assert (await said.value).status == 200
    row = await street.town.house.db.row("SELECT state FROM authenticators WHERE id = :id", id=device["id"])
    assert row
    assert row["state"] == "suspended"
