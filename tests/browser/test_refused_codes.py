"""Every cause in its own words, on the phone and in the portal, with the one next step."""

from playwright.async_api import expect

from tests.browser.phone_app import PhoneApp
from tests.browser.portal import Portal
from tests.browser.street import PASSWORD, PIN, Street


async def banner_of(street: Street) -> tuple[str, Portal, str]:
    """Anna's name, her portal with the banner, and the session ID in it."""
    anna, portal = await street.at_the_banner()
    return anna.name, portal, await portal.session_id()


async def phone_typing(street: Street, code: str) -> PhoneApp:
    """A phone that has typed a code and a PIN: the tap that uses the code up is done."""
    phone = await street.phone()
    await phone.claim(code, PIN)
    return phone


async def phone_typing_too_late(street: Street, name: str, code: str) -> PhoneApp:
    """The same, after this client's code has run out."""
    await street.town.do(
        "UPDATE activations SET expires_at = :now WHERE user_id = (SELECT id FROM users WHERE name = :name)",
        now=street.town.house.clock.now() - 1,
        name=name,
    )
    phone = await phone_typing(street, code)
    await phone.at("refusal", code="code.expired")
    return phone


async def tries_again(phone: PhoneApp, code: str) -> None:
    """Somebody who is set up types a used code once more."""
    await phone.press_main()
    await phone.at("home")
    await phone.to_adding()
    await phone.tap("Session ID")
    await phone.press_main()
    await phone.type_code(code)
    await phone.at("pin-existing")
    await phone.page.locator("[name=pin]").fill(PIN)
    await phone.page.locator("button[type=submit]").click()


async def test_a_code_that_another_phone_took_is_told_as_used(street: Street) -> None:
    _, portal, code = await banner_of(street)
    first = await phone_typing(street, code)
    await first.at("whom")
    second = await phone_typing(street, code)
    await second.at("refusal", code="code.used")
    await second.says("If it was not you who used it, do not type any digits in the portal.")
    await street.look(second, "refusal code used")
    await portal.at("/activate")
    await portal.says("Pixel 8")


async def test_who_is_set_up_already_hears_that_and_what_to_do_instead(street: Street) -> None:
    _, portal, code = await banner_of(street)
    phone = await phone_typing(street, code)
    await phone.link()
    await portal.at("/activate")
    await portal.confirm(await phone.digits())
    await phone.at("success")
    await tries_again(phone, code)
    await phone.at("refusal", code="phone.already_here")
    await phone.says("You are already set up", "Log in at the portal now and tap the notification")
    await street.look(phone, "refusal already here")
    other = await phone_typing(street, code)
    await other.at("refusal", code="phone.already_elsewhere")
    await street.look(other, "refusal already elsewhere")


async def test_an_expired_code_asks_for_a_fresh_one_on_both_sides(street: Street) -> None:
    name, portal, code = await banner_of(street)
    phone = await phone_typing_too_late(street, name, code)
    await phone.says("In the portal choose “Show a fresh code”, or log out there and log in again.")
    await street.look(phone, "refusal code expired")
    await portal.open("/activate")
    await street.look(portal, "activate over")
    await portal.page.locator("form[action='/activate/begin'] button").click()
    await portal.at("/activate")
    assert await portal.session_id() != code
    await street.look(portal, "activate code")


async def test_the_banner_offers_a_fresh_code_when_its_clock_has_run_down(street: Street) -> None:
    anna, portal = await street.person(), await street.portal()
    await portal.page.clock.install()
    await portal.log_in(anna.name, PASSWORD)
    await portal.at("/")
    await expect(portal.page.locator("[data-clock-shown]")).to_contain_text(":")
    await portal.page.clock.fast_forward("05:01")
    await expect(portal.page.locator("[data-after]")).to_be_visible()
    await expect(portal.page.locator(".code-picture")).to_be_hidden()
    await street.look(portal, "home with banner over", thoroughly=False)


async def test_logging_out_and_in_gives_a_fresh_code_and_kills_the_old_one(street: Street) -> None:
    name, portal, old = await banner_of(street)
    await portal.log_out()
    await portal.log_in(name, PASSWORD)
    await portal.at("/")
    phone = await phone_typing(street, old)
    await phone.at("refusal", code="code.cancelled")
    await street.look(phone, "refusal code cancelled")
    await phone.tap("Enter a fresh code")
    await phone.at("method")
    fresh = await phone_typing(street, await portal.session_id())
    await fresh.at("whom")


async def test_three_wrong_numbers_in_the_portal_burn_the_code_on_both_sides(street: Street) -> None:
    _, portal, code = await banner_of(street)
    phone = await phone_typing(street, code)
    await phone.link()
    await portal.at("/activate")
    wrong = f"{(int(await phone.digits()) + 1) % 1_000_000:06}"
    await portal.confirm(wrong)
    await expect(portal.page.locator("#refusal")).to_be_visible()
    await street.look(portal, "activate confirm wrong")
    await portal.confirm(wrong)
    await portal.says("one", "try")
    await portal.confirm(wrong)
    await phone.at("refusal", code="code.burned")
    await street.look(phone, "refusal code burned")
    await street.look(portal, "activate burned")


async def test_a_slip_is_found_on_the_phone_before_a_try_is_spent(street: Street) -> None:
    _, _, code = await banner_of(street)
    slipped = ("1" if code[0] != "1" else "2") + code[1:]
    phone = await street.phone()
    await phone.open()
    await phone.to_typing()
    await phone.type_code(slipped)
    await phone.says("There is a slip in it")
    await expect(phone.page.locator("[name=code]")).to_have_attribute("aria-invalid", "true")
    await street.look(phone, "code with slip")


async def test_a_code_nobody_issued_is_unknown(street: Street) -> None:
    phone = await phone_typing(street, "0000-0000-0000")
    await phone.at("refusal", code="code.unknown")
    await street.look(phone, "refusal code unknown")
    await phone.tap("Enter the code again")
    await phone.at("code")


async def test_that_is_not_my_phone_ends_it_on_both_sides(street: Street) -> None:
    _, portal, code = await banner_of(street)
    phone = await phone_typing(street, code)
    await phone.link()
    await portal.at("/activate")
    await portal.page.locator("form[action='/activate/cancel'] button").click()
    await portal.at("/")
    await portal.says("The activation was cancelled. No phone was added.")
    await phone.at("refusal", code="code.cancelled")


async def test_weak_pins_are_refused_with_their_reason_and_guidelines_are_a_tap_away(street: Street) -> None:
    _, _, code = await banner_of(street)
    phone = await street.phone()
    await phone.open()
    await phone.to_typing()
    await phone.type_code(code)
    reasons = {"77": "at least 4", "7777": "repeated", "1234": "sequence", "1987": "A year", "7k7k": "half"}
    for pin, reason in reasons.items():
        await phone.give_pin(pin)
        await expect(phone.page.locator("#pin-problem")).to_contain_text(reason)
    await street.look(phone, "pin weak")
    await phone.tap("PIN guidelines")
    await phone.at("guidelines")
    await street.look(phone, "guidelines")
    await phone.tap("Close")
    await phone.give_pin(PIN)
    await phone.at("whom")
    await phone.tap("No, cancel")
    await phone.at("start")
