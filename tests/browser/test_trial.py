""" "Test my phone": the walk through notification, scan and code, in the portal and on the phone."""

from playwright.async_api import expect

from tests.browser.portal import Portal
from tests.browser.push_service import PushService, expect_notices, woken_client
from tests.browser.street import PIN, Client, Street
from tests.browser.test_login_code import read
from tests.browser.test_offline_code import make, to_respond

NOTICE = "A test of this phone is waiting: Firefox on Linux. Open the app to look at it."


async def to_test(anna: Client) -> None:
    """Logged in and at the portal's page; the app shows its overview."""
    await anna.let_in()
    await anna.app.press_main()
    await anna.app.at("home")
    await anna.portal.page.goto(anna.portal.origin + "/security")
    await anna.portal.page.locator("a[href^='/security/test?phone=']").click()
    await anna.portal.at("/security/test")


async def onward(portal: Portal) -> None:
    await portal.page.locator("form[action='/security/test'] button.main").click()


async def test_every_way_works_and_says_so(pushing: Street, service: PushService) -> None:
    anna, worker = await woken_client(pushing, service)
    await anna.app.tap("Back")
    await to_test(anna)
    await onward(anna.portal)
    await service.woken()  # of the login before
    await worker.deliver(await service.woken())
    await expect_notices(anna.app.page, [NOTICE])
    await anna.app.at("request")
    await anna.app.has_title("A test of this phone")
    await pushing.look(anna.app, "test request")
    await pushing.look(anna.portal, "notification")
    await anna.app.approve_and_see(PIN)
    await anna.portal.says("Did a notification appear on the phone by itself?")
    await pushing.look(anna.portal, "did it appear")
    await anna.portal.page.get_by_role("button", name="Yes, it appeared").click()
    await expect(anna.portal.page.locator(".rung-picture svg")).to_be_visible()
    await pushing.look(anna.portal, "scan")
    await anna.app.at("request")
    await pushing.look(anna.app, "request to scan")
    await anna.app.open((await read(anna.portal)).removeprefix(anna.app.origin))
    await expect(anna.app.page.locator("[name=digits]")).to_have_count(0)
    await anna.app.approve_and_see(PIN)
    await anna.portal.says("Scanning works.")
    await onward(anna.portal)
    number = await anna.portal.digits()
    await pushing.look(anna.portal, "code")
    await to_respond(anna.app)
    await anna.portal.page.locator("#answer").fill(await make(anna.app, number, PIN))
    await anna.portal.page.locator("form[action='/security/test/answer'] button").click()
    await anna.portal.says("Codes without network work.")
    await onward(anna.portal)
    await anna.portal.says("All of it works.")
    await pushing.look(anna.portal, "result")


async def test_what_does_not_work_gets_advice(street: Street) -> None:
    anna = await street.with_phone()
    await to_test(anna)
    await street.look(anna.portal, "begin")
    await onward(anna.portal)
    await anna.portal.says("This phone receives no notifications.")
    for way in ("push", "scan", "code"):
        await expect(anna.portal.page.locator(f".apart input[name=failed][value={way}]")).to_have_count(1)
        await anna.portal.page.locator(".apart button").click()
    await anna.portal.says("This phone receives no notifications", "Scan inside the app", "A wrong PIN makes")
    await street.look(anna.portal, "advice")
    await anna.app.at("outcome")  # the test that waited was withdrawn, and says so
    await street.look(anna.app, "withdrawn", thoroughly=False)
    await anna.app.press_main()
    await anna.portal.page.get_by_role("link", name="Test once more").click()
    await onward(anna.portal)
    await anna.app.at("request")


async def test_the_app_leads_to_the_test(street: Street) -> None:
    anna = await street.with_phone()
    await anna.app.page.get_by_role("button", name="Settings").click()
    await anna.app.at("settings")
    link = anna.app.page.get_by_role("link", name="Open the test in the portal")
    await expect(link).to_have_attribute("href", f"{anna.portal.origin}/security/test")
