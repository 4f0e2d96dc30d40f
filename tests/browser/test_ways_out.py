"""PIN forgotten, phone locked, unlock gone: each screen says what still works and where to go. No dead ends."""

from playwright.async_api import expect

from tests.browser.street import IPHONE, PASSWORD, PIN, Street
from tests.browser.test_device_unlock import Lock, activated

WRONG = "w3x9"


async def test_anna_forgets_her_pin_and_every_screen_that_asks_for_it_shows_the_way(street: Street) -> None:
    anna = await street.with_phone()
    await anna.log_in()
    await anna.app.at("request")
    await anna.app.tap("PIN forgotten?")
    await anna.app.at("way-out")
    await anna.app.says("after five wrong PINs", "You can still deny")
    await street.look(anna.app, "way out pin")
    await anna.app.press_main()
    await anna.app.at("request")
    await anna.app.page.locator("button.deny").click()
    await anna.app.at("outcome", outcome="denied")


async def test_five_wrong_pins_lock_the_phone_and_both_sides_say_what_now(street: Street) -> None:
    anna = await street.with_phone()
    app = anna.app
    await anna.log_in()
    for left in (4, 3, 2):
        await app.approve(WRONG)
        await expect(app.page.locator("#pin-problem")).to_contain_text(f"{left} tries left")
    await app.approve(WRONG)
    await expect(app.page.locator("#pin-problem")).to_contain_text("One try left")
    await app.approve(WRONG)
    await app.at("refusal", code="phone.locked")
    await app.says("Have you another phone", "contact support")
    await street.look(app, "refusal locked")
    await app.press_main()
    await app.at("home")
    await app.says("This phone is locked")
    await anna.portal.log_in(anna.user.name, PASSWORD)
    await anna.portal.refuses("login.phone_locked")
    await street.look(anna.portal, "login locked phone")


async def test_wrong_pins_are_counted_where_the_pin_is_changed(street: Street) -> None:
    anna = await street.with_phone()
    page = anna.app.page
    await anna.app.tap("Settings")
    await anna.app.tap("Change PIN")
    await anna.app.at("change-pin")
    for left in ("4 tries left", "3 tries left"):
        await page.locator("[name=old]").fill(WRONG)
        await page.locator("[name=pin]").fill("k8t2")
        await page.locator("[name=repeat]").fill("k8t2")
        await page.locator("button[type=submit]").click()
        await expect(page.locator("#old-problem")).to_contain_text(left)
    await street.look(anna.app, "change pin wrong")
    await page.locator("[name=old]").fill(PIN)
    await page.locator("button[type=submit]").click()
    await anna.app.at("change-done")


async def test_an_unlock_that_is_gone_leads_on_and_saying_no_still_works(street: Street) -> None:
    phone = await street.phone(agent=IPHONE)
    lock = await Lock.on(phone)
    await phone.open()
    await phone.at("start")
    anna = await activated(street, phone)
    await lock.wire.send("WebAuthn.clearCredentials", {"authenticatorId": lock.id})  # the face was changed
    await anna.portal.open()
    await anna.portal.log_out()
    await anna.log_in()
    await phone.approve()
    await phone.says("unlock")
    await street.look(phone, "request unlock gone")
    await phone.tap("The unlock does not work any more?")
    await phone.at("way-out")
    await phone.says("Is the screen lock of this phone switched on?")
    await street.look(phone, "way out unlock")
    await phone.press_main()
    await phone.at("request")
    await phone.tap("It was not me")
    await phone.at("not-me")
    await phone.page.locator("button.deny").click()
    await phone.at("outcome", outcome="not_me")
