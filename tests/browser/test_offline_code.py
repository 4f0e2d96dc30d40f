"""A phone in flight mode: the portal's number is typed into it, and its answer into the portal."""

from playwright.async_api import expect

from tests.browser.phone_app import PhoneApp
from tests.browser.portal import Portal
from tests.browser.street import IPHONE, PASSWORD, PIN, Street
from tests.browser.test_device_unlock import Lock

KEPT = "navigator.serviceWorker.ready.then((registration) => Boolean(registration.active))"
WRONG_PIN = "2f9z"


async def to_number(portal: Portal) -> str:
    await portal.at("/login/second")
    await portal.page.locator("details.help summary").click()
    await portal.page.locator("form[action='/login/number'] button").click()
    await expect(portal.page.locator("#answer")).to_be_visible()
    return await portal.digits()


async def to_respond(app: PhoneApp) -> None:
    await app.page.locator("[data-rung=respond]").click()
    await app.at("respond")


async def make(app: PhoneApp, number: str, pin: str = "") -> str:
    await app.page.locator("[name=number]").fill(number)
    if pin:
        await app.page.locator("[name=pin]").fill(pin)
    await app.page.locator("button[type=submit]").click()
    shown = await app.page.locator(".digits.eight").get_attribute("aria-label")
    return (shown or "").replace(" ", "")


async def type_in(portal: Portal, code: str) -> None:
    await portal.page.locator("#answer").fill(f"{code[:4]} {code[4:]}")
    await portal.page.locator("form[action='/login/answer'] button").click()


async def test_anna_logs_in_while_her_phone_is_in_flight_mode(street: Street) -> None:
    anna = await street.with_phone(worker=True)
    street.allow("net::ERR_INTERNET_DISCONNECTED")
    assert await anna.app.page.evaluate(KEPT)
    await anna.app.page.context.set_offline(True)
    await anna.app.page.reload()
    await anna.app.at("home")
    await street.look(anna.app, "home with other ways")
    await anna.log_in()
    await anna.portal.at("/login/second")
    await anna.portal.page.locator("details.help summary").click()
    await street.look(anna.portal, "no notification")
    await anna.portal.page.locator("form[action='/login/number'] button").click()
    number = await anna.portal.digits()
    await street.look(anna.portal, "number")
    await to_respond(anna.app)
    await street.look(anna.app, "respond")
    wrong = await make(anna.app, f"{number[:3]} {number[3:]}", WRONG_PIN)
    await type_in(anna.portal, wrong)
    await anna.portal.says("That code is not right", "2 tries left")
    await street.look(anna.portal, "wrong code")
    await anna.app.tap("Answer another number")
    code = await make(anna.app, number, PIN)
    assert code != wrong
    await street.look(anna.app, "code")
    await type_in(anna.portal, code)
    await anna.portal.at("/")


async def test_whichever_is_first_wins_the_phone_comes_back_while_the_number_is_shown(street: Street) -> None:
    anna = await street.with_phone()
    await anna.log_in()
    await to_number(anna.portal)
    await anna.app.approve(PIN)
    await anna.portal.at("/")


async def test_slips_are_told_before_anything_is_made(street: Street) -> None:
    anna = await street.with_phone()
    await to_respond(anna.app)
    await anna.app.page.locator("button[type=submit]").click()
    await anna.app.says("Please type the 6 or 8 digits")
    await expect(anna.app.page.locator("[name=number]")).to_be_focused()
    await anna.app.page.locator("[name=number]").fill("12345")
    await anna.app.page.locator("button[type=submit]").click()
    await anna.app.says("Please type the 6 or 8 digits")
    await anna.app.page.locator("[name=number]").fill("123456")
    await anna.app.page.locator("button[type=submit]").click()
    await anna.app.says("Please type your PIN.")
    await street.look(anna.app, "pin missing", thoroughly=False)


async def with_unlock(street: Street, *, keeps_secrets: bool) -> tuple[Portal, PhoneApp, Lock]:
    """Anna on an iPhone whose unlock can, or cannot, keep a secret of the app; logged out at a known browser."""
    user, app = await street.person(), await street.phone(agent=IPHONE, worker=True)
    lock = await Lock.on(app, keeps_secrets=keeps_secrets)
    forms = street.town.browser()
    await forms.log_in(user.name, PASSWORD)
    await app.open(forms.page.link.removeprefix(app.origin))
    await app.at("link")
    await app.press_main()
    await app.link()
    await forms.confirm(await app.digits())
    await app.at("success")
    await app.press_main()
    await app.at("home")
    portal = await street.portal()
    await portal.log_in(user.name, PASSWORD)
    await app.at("request")
    return portal, app, lock


async def test_an_unlock_that_keeps_a_secret_makes_codes_without_network(street: Street) -> None:
    portal, app, lock = await with_unlock(street, keeps_secrets=True)
    street.allow("net::ERR_INTERNET_DISCONNECTED")
    number = await to_number(portal)
    await app.goes_home()
    await app.page.context.set_offline(True)
    await to_respond(app)
    await street.look(app, "respond with unlock")
    await type_in(portal, await make(app, number))
    await portal.at("/")
    await lock.knows_the_face(False)
    await app.tap("Answer another number")
    await app.page.locator("[name=number]").fill("402917")
    await app.page.locator("button[type=submit]").click()
    await app.says("The unlock was not completed")
    await expect(app.page.locator(".digits")).to_have_count(0)


async def test_an_unlock_that_keeps_none_says_so_and_why(street: Street) -> None:
    _, app, _ = await with_unlock(street, keeps_secrets=False)
    await app.goes_home()
    await to_respond(app)
    await app.says("No codes without network on this phone", "activate this phone again with a PIN")
    await expect(app.page.locator("[name=number]")).to_have_count(0)
    await street.look(app, "respond not here")
