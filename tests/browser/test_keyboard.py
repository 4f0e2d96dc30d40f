"""Nothing but a keyboard: every step is reached by Tab and done by Enter or Space, and the focus is always visible."""

from playwright.async_api import Page, expect

from tests.browser.street import PASSWORD, PIN, Street

FOCUSED = """
() => {
  const each = document.activeElement;
  const words = [each.id, each.getAttribute("name"), each.innerText, each.getAttribute("aria-label")];
  return words.map((word) => word ?? "");
}
"""
RING = """
() => {
  const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(document.activeElement);
  return outlineStyle !== "none" && parseFloat(outlineWidth) > 0 || boxShadow !== "none";
}
"""


async def tab_to(page: Page, wanted: str) -> None:
    """Presses Tab until what has the focus is called so; each stop on the way shows where it is."""
    stops: list[list[str]] = []
    for _ in range(30):
        await page.keyboard.press("Tab")
        if await page.evaluate("document.activeElement === document.body"):
            continue  # past the last stop, in the browser's own frame
        focused: list[str] = await page.evaluate(FOCUSED)
        assert await page.evaluate(RING), f"the focus is not visible on {focused}"
        if any(wanted in part for part in focused):
            return
        stops.append(focused)
    raise AssertionError(f"{wanted} is not reached: {stops}")


async def test_anna_logs_in_and_approves_with_the_keyboard_alone(street: Street) -> None:
    anna = await street.with_phone(is_mobile=False, has_touch=False)
    portal, phone = anna.portal.page, anna.app.page
    await anna.portal.open("/login")
    await expect(portal.locator("#name")).to_be_focused()
    await portal.keyboard.type(anna.user.name)
    await tab_to(portal, "password")
    await portal.keyboard.type(PASSWORD)
    await portal.keyboard.press("Enter")
    await anna.portal.at("/login/second")
    await anna.app.at("request")
    await expect(phone.locator("h1")).to_be_focused()  # read out first: what is asked
    await tab_to(phone, "pin")
    await phone.keyboard.type(PIN)
    await tab_to(phone, "Deny")
    await tab_to(phone, "Approve")
    await street.look(anna.app, "request approve focused", thoroughly=False)
    await phone.keyboard.press("Space")
    await anna.app.at("outcome", outcome="approved")
    await anna.portal.at("/")
    await tab_to(phone, "Done")
    await phone.keyboard.press("Enter")
    await anna.app.at("home")
    await tab_to(portal, "Skip")  # "skip to the content" is the first stop of every page
    await portal.keyboard.press("Enter")
    await expect(portal.locator("#main")).to_be_focused()


async def test_bram_activates_his_phone_with_the_keyboard_alone(street: Street) -> None:
    bram, portal = await street.person(display="Bram Vos"), await street.portal()
    await portal.log_in(bram.name, PASSWORD)
    await portal.at("/")
    phone = await street.phone(is_mobile=False, has_touch=False)
    await phone.open()
    await phone.at("start")
    keys = phone.page.keyboard
    for stop, screen in (("Register two-factor", "method"), ("Session ID", "explain"), ("Continue", "code")):
        await tab_to(phone.page, stop)
        await keys.press("Enter")
        await phone.at(screen)
    await tab_to(phone.page, "code")
    await keys.type(await portal.session_id())
    await keys.press("Enter")
    await phone.at("pin")
    await tab_to(phone.page, "pin")
    await keys.type(PIN)
    await tab_to(phone.page, "repeat")
    await keys.type(PIN)
    await keys.press("Enter")
    await phone.at("whom")
    await tab_to(phone.page, "Link this phone")
    await keys.press("Enter")
    digits = await phone.digits()
    await portal.at("/activate")
    await tab_to(portal.page, "number")
    await portal.page.keyboard.type(digits)
    await portal.page.keyboard.press("Enter")
    await phone.at("success")
