"""A new phone: the client moves to it by herself, and the old one stops in that moment."""

import re
from io import BytesIO

import zxingcpp
from PIL import Image
from playwright.async_api import expect

from tests.browser.phone_app import PhoneApp
from tests.browser.street import IPHONE, PASSWORD, PIN, Client, Street
from tests.browser.test_device_unlock import Lock, activated, with_lock

NEW_PIN = "w8p3"


async def prove(anna: Client) -> None:
    await anna.portal.page.locator("form[action='/step-up'] button").click()
    await anna.app.approve_and_see(PIN)


async def to_digits(app: PhoneApp, code: str) -> str:
    """On a new phone, from the start to the six digits."""
    await app.open()
    await app.at("start")
    await app.to_typing()
    await app.type_code(code)
    await app.give_pin(NEW_PIN)
    await app.link()
    return await app.digits()


async def test_anna_moves_to_her_new_phone_in_the_portal(street: Street) -> None:
    anna = await street.with_phone()
    await anna.let_in()
    await anna.app.press_main()
    page = anna.portal.page
    await street.town.do("UPDATE sessions SET fresh_at = 0 WHERE user_id = :user", user=anna.user.id)
    await anna.portal.open("/security")
    await page.get_by_role("link", name=re.compile("^Move to a new phone")).click()
    await street.look(anna.portal, "step up move")
    await prove(anna)
    await expect(page.locator("h1")).to_have_text("Move to a new phone")
    await street.look(anna.portal, "move")
    await page.get_by_role("button", name="Show the code for the new phone").click()
    await anna.portal.at("/activate")
    await anna.portal.says("keeps working until the new phone is ready")
    await street.look(anna.portal, "move code")
    new = await street.phone()
    digits = await to_digits(new, await anna.portal.session_id())
    await expect(page.locator("#number")).to_be_visible()  # by itself
    await street.look(anna.portal, "move confirm")
    await anna.portal.confirm(digits)
    await new.at("success")
    await anna.portal.says("can no longer approve anything")  # by itself
    await street.look(anna.portal, "move done")
    await new.press_main()
    await anna.app.looks_again()
    await anna.app.says("This phone was removed")
    await anna.portal.log_out()
    await anna.portal.log_in(anna.user.name, PASSWORD)
    await new.approve_and_see(NEW_PIN)
    await anna.portal.at("/")


async def test_the_old_phone_cannot_be_its_own_successor(street: Street) -> None:
    anna = await street.with_phone()
    await anna.let_in()
    await anna.app.press_main()
    await anna.portal.open("/security")
    await anna.portal.page.get_by_role("link", name=re.compile("^Move to a new phone")).click()
    await anna.portal.page.get_by_role("button", name="Show the code for the new phone").click()
    await anna.portal.at("/activate")
    await anna.app.to_adding()
    await anna.app.at("method")
    await anna.app.page.locator("[aria-labelledby=by-id]").click()
    await anna.app.press_main()
    await anna.app.type_code(await anna.portal.session_id())
    await anna.app.at("pin-existing")
    await anna.app.page.locator("[name=pin]").fill(PIN)
    await anna.app.page.locator("button[type=submit]").click()
    await anna.app.at("refusal", code="move.same_phone")
    await street.look(anna.app, "refusal same phone")


async def to_code(street: Street, anna: Client) -> str:
    """On the old phone, from its overview to the code for the new one."""
    await anna.app.tap("Settings")
    await anna.app.at("settings")
    await street.look(anna.app, "settings with move")
    await anna.app.tap("Move Anna de Vries to a new phone")
    await anna.app.at("move")
    await street.look(anna.app, "move")
    await anna.app.page.locator("[name=pin]").fill(PIN)
    await anna.app.page.locator("button[type=submit]").click()
    await anna.app.at("moving")
    return await anna.app.page.locator(".session-code code").inner_text()


async def test_the_old_phone_hands_anna_over_to_the_new_one(street: Street) -> None:
    anna = await street.with_phone()
    old = anna.app
    await to_code(street, anna)
    await street.look(old, "moving code")
    picture = await old.page.locator("svg.qr").screenshot(scale="css")
    [read] = zxingcpp.read_barcodes(Image.open(BytesIO(picture)))
    new = await street.phone()
    await new.open(read.text.removeprefix(new.origin))
    await new.at("link")
    await new.press_main()
    await new.past_notices()
    await new.give_pin(NEW_PIN)
    await new.link()
    digits = await new.digits()
    await expect(old.page.locator("[name=digits]")).to_be_visible()  # by itself
    await old.says("Pixel 8")
    await street.look(old, "moving digits")
    wrong = "000000" if digits != "000000" else "111111"
    await old.page.locator("[name=digits]").fill(wrong)
    await old.tap("Yes, move there")
    await expect(old.page.locator("#digits-problem")).to_contain_text("2 tries left")
    await old.page.locator("[name=digits]").fill(digits)
    await old.tap("Yes, move there")
    await new.at("success")  # by itself
    await old.at("moved")  # by itself
    await street.look(old, "moved")
    await old.press_main()
    await old.at("start")
    await new.press_main()
    await anna.log_in()
    await new.approve_and_see(NEW_PIN)
    await anna.portal.at("/")


async def test_a_foreign_phone_on_the_code_is_turned_away_and_nothing_moved(street: Street) -> None:
    anna = await street.with_phone()
    code = await to_code(street, anna)
    thief = await street.phone()
    await to_digits(thief, code)
    await anna.app.tap("This is not my phone")
    await anna.app.at("home")
    await thief.at("refusal", code="code.cancelled")
    await anna.let_in()


async def test_a_wrong_pin_shows_no_code_and_is_counted(street: Street) -> None:
    anna = await street.with_phone()
    await anna.app.tap("Settings")
    await anna.app.tap("Move Anna de Vries to a new phone")
    await anna.app.page.locator("[name=pin]").fill("w3x9")
    await anna.app.page.locator("button[type=submit]").click()
    await expect(anna.app.page.locator("#pin-problem")).to_contain_text("4 tries left")
    await anna.app.at("move")


async def test_a_code_that_was_stopped_elsewhere_says_so_on_the_old_phone(street: Street) -> None:
    anna = await street.with_phone()
    await to_code(street, anna)
    await street.town.do("UPDATE activations SET expires_at = 1 WHERE user_id = :user", user=anna.user.id)
    await anna.app.has_title("Nothing was moved")  # by itself
    await street.look(anna.app, "moving over")
    await anna.app.tap("Begin again")
    await anna.app.at("move")


async def test_closed_in_the_middle_the_old_phone_goes_on_where_the_move_stands(street: Street) -> None:
    anna = await street.with_phone()
    code = await to_code(street, anna)
    new = await street.phone()
    digits = await to_digits(new, code)
    again = await street.reopened(anna.app)
    await anna.app.page.close()
    anna.app.page = again
    await anna.app.open()
    await anna.app.tap("Settings")
    await anna.app.tap("Move Anna de Vries to a new phone")
    await anna.app.at("moving")  # no PIN once more: the new phone waits
    await anna.app.page.locator("[name=digits]").fill(digits)
    await anna.app.tap("Yes, move there")
    await new.at("success")
    await anna.app.at("moved")


async def test_an_iphone_hands_over_by_its_unlock_in_dutch_and_in_the_dark(street: Street) -> None:
    old, lock = await with_lock(street)
    anna = await activated(street, old)
    await old.tap("Settings")
    await old.page.locator("input[value=nl]").check()
    await old.page.emulate_media(color_scheme="dark")
    await old.tap("Anna de Vries overzetten naar een nieuwe telefoon")
    await old.at("move")
    await expect(old.page.locator("[name=pin]")).to_have_count(0)
    await street.look(old, "move ios")
    await lock.knows_the_face(False)
    await old.press_main()
    await expect(old.page.locator("#pin-problem")).not_to_be_empty()
    await street.look(old, "move not unlocked")
    await lock.knows_the_face(True)
    await old.press_main()
    await old.at("moving")
    await street.look(old, "moving code ios")
    new = await street.phone(agent=IPHONE, locale="nl-NL")
    await Lock.on(new)
    await new.open()
    await new.at("start")
    await new.tap("Instellen met QR-code")
    await new.type_code(await old.page.locator(".session-code code").inner_text())
    await new.at("whom")
    await new.press_main()
    digits = await new.digits()
    await expect(old.page.locator("[name=digits]")).to_be_visible()
    await street.look(old, "moving digits ios")
    await old.page.locator("[name=digits]").fill(digits)
    await old.press_main()
    await new.at("success")
    await old.at("moved")
    await street.look(old, "moved ios")
    await anna.portal.page.reload()
    await anna.portal.at("/login")
