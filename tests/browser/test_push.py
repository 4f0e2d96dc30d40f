"""A notification wakes the phone: from the tap that allows it, over the push service, to the one notification shown.

A script's press on a notification is not trusted by the browser; `test_pressing.py` presses one for real.
"""

import asyncio
import base64
import json

from playwright.async_api import expect

from tests.browser.push_service import ENDPOINT, LONG, PushService, b64u, expect_notices, press, script_of, woken_client
from tests.browser.street import PASSWORD, PIN, Street

WAITS = "A login is waiting"
BODY = f"{WAITS}: Firefox on Linux. Open the app to look at it."
DENIED = "Login denied: Nobody was let in. If you did not start it, change your password."
OVER = "A login has ended: It was answered or it took too long. There is nothing left to do."
KEPT = "FROM authenticators WHERE user_id = :user AND push <> ''"


async def test_a_login_wakes_the_phone_with_exactly_one_notification_without_secrets(
    pushing: Street, service: PushService
) -> None:
    anna, worker = await woken_client(pushing, service)
    page = anna.app.page
    await pushing.look(anna.app, "settings with notifications")
    key = json.loads(await page.evaluate("localStorage.getItem('test-push')"))["key"]
    await anna.log_in()
    woken = await service.woken()
    assert json.loads(woken) == {"look": 1}  # nothing that a push service could tell on
    assert service.signers == {b64u(base64.b64decode(key))}  # signed by the key that the phone was given
    await worker.deliver(woken)
    await worker.deliver(woken)  # a second one replaces the first
    await expect_notices(page, [BODY])

    await page.get_by_role("button", name="Back").click()
    await anna.app.approve_and_see(PIN)
    await anna.portal.at("/")
    await expect_notices(page, [])  # answered: nothing to be called for any more
    await page.goto(f"{anna.app.origin}/api/phone/v1/site")  # the app is closed: open, it takes such words away itself
    await worker.deliver(woken)  # one that was long on its way shows something: silent ones cost the subscription
    await expect_notices(page, [OVER])


async def test_a_login_is_denied_on_the_notification_without_opening_the_app(
    pushing: Street, service: PushService
) -> None:
    anna, worker = await woken_client(pushing, service)
    await anna.log_in()
    await worker.deliver(await service.woken())
    await expect_notices(anna.app.page, [BODY])
    pressed = [press(anna.app, WAITS, "deny"), press(anna.app, WAITS, "deny")]  # an impatient thumb
    assert await asyncio.gather(*pressed, return_exceptions=True)
    await anna.portal.refuses("login.denied")
    events = await pushing.town.events(anna.user)
    assert events["authenticators:challenge:denied"] == 1

    await anna.app.page.get_by_role("button", name="Back").click()
    await anna.app.says("Nothing is waiting")
    await expect(anna.app.page.locator("main")).not_to_contain_text("The login was denied.")  # her own doing is no news
    await anna.let_in()  # the worker's answer and the window's have counted on together


async def test_a_denial_without_network_says_so_and_can_be_pressed_again(pushing: Street, service: PushService) -> None:
    anna, worker = await woken_client(pushing, service)
    pushing.allow("net::ERR_INTERNET_DISCONNECTED")
    pushing.allow("Failed to fetch")
    await anna.log_in()
    await worker.deliver(await service.woken())
    await expect_notices(anna.app.page, [BODY])
    await anna.app.page.context.set_offline(True)
    await press(anna.app, WAITS, "deny")
    await expect_notices(anna.app.page, ["Not denied yet: There was no connection. Open the app to answer."])
    await anna.app.page.context.set_offline(False)
    await press(anna.app, "Not denied yet", "deny")
    await anna.portal.refuses("login.denied")


async def test_pressing_the_notification_opens_that_request_and_a_late_press_is_explained(
    pushing: Street, service: PushService
) -> None:
    anna, worker = await woken_client(pushing, service)
    await anna.log_in()
    await worker.deliver(await service.woken())
    await expect_notices(anna.app.page, [BODY])
    [address] = await press(anna.app, WAITS, is_closed=True)
    assert address.startswith("/#look=")
    await worker.deliver(json.dumps({"look": 1}))
    await expect_notices(anna.app.page, [BODY])
    assert await press(anna.app, WAITS) == ["focus"]
    await anna.app.at("request")
    await anna.log_in()  # the same browser again: a newer request takes the place of this one
    await anna.app.at("outcome", outcome="superseded")
    await worker.deliver(await service.woken())
    await expect_notices(anna.app.page, [BODY])  # one, and not the one that ended
    await anna.app.page.close()
    anna.app.page = await pushing.reopened(anna.app)
    await anna.app.open(address)
    await anna.app.at("outcome", outcome="superseded")
    await anna.app.open(address[:-4] + "0000")
    await anna.app.at("outcome", outcome="gone")
    await pushing.look(anna.app, "outcome gone")
    await anna.app.press_main()
    await anna.app.approve(PIN)
    await anna.portal.at("/")


async def test_an_address_that_died_is_replaced_at_the_next_start(pushing: Street, service: PushService) -> None:
    anna, _ = await woken_client(pushing, service)
    service.gone.add(f"{ENDPOINT}-1")
    await anna.log_in()  # the push service says 410, and the site drops the address
    await until_kept(pushing, anna.user.id, 0)
    await anna.app.page.close()
    anna.app.page = await pushing.reopened(anna.app)
    await anna.app.open()
    await anna.app.fill_request(PIN)
    await until_kept(pushing, anna.user.id, 1)
    await anna.app.approve_and_see(PIN)
    await anna.portal.at("/")
    await anna.portal.log_out()
    await anna.log_in()
    assert json.loads(await service.woken()) == {"look": 1}
    assert service.called == [f"{ENDPOINT}-1", f"{ENDPOINT}-2"]


async def kept(street: Street, user: str) -> int:
    """How many addresses the site would wake this client at."""
    return await street.town.count(KEPT, user=user)


async def until_kept(street: Street, user: str, many: int) -> None:
    """Looks at the site's table until it holds so many: what the push service said is written beside the requests."""
    async with asyncio.timeout(LONG):
        while await kept(street, user) != many:
            pass


async def test_a_browser_that_changes_the_address_tells_the_site_without_the_app(
    pushing: Street, service: PushService
) -> None:
    anna, _ = await woken_client(pushing, service)
    worker = await script_of(anna.app)
    await worker.evaluate(service.script.replace("made: 0", "made: 6"))  # the worker's browser gives the address 7 next
    await worker.evaluate("""async () => {
      const change = new ExtendableEvent("pushsubscriptionchange");
      const done = [];
      change.waitUntil = (promise) => done.push(promise);
      self.dispatchEvent(change);
      await Promise.all(done);
    }""")
    await anna.log_in()
    await service.woken()
    assert service.called == [f"{ENDPOINT}-7"]


async def test_a_test_notification_is_sent_and_seen_to_arrive(pushing: Street, service: PushService) -> None:
    anna, worker = await woken_client(pushing, service)
    await anna.app.tap("Send a test notification")
    woken = await service.woken()
    assert json.loads(woken) == {"test": 1}
    await anna.app.says("Sent. It should appear within a few seconds.")
    await worker.deliver(woken)
    await anna.app.says("It has arrived: notifications reach this phone.")
    await expect_notices(anna.app.page, ["Notifications reach this phone: This was the test you asked for."])
    await pushing.look(anna.app, "settings notification arrived")


async def test_a_dead_address_is_mended_by_the_test_itself(pushing: Street, service: PushService) -> None:
    anna, _ = await woken_client(pushing, service)
    await pushing.town.do("UPDATE authenticators SET push = '' WHERE user_id = :user", user=anna.user.id)
    await anna.app.tap("Send a test notification")
    assert json.loads(await service.woken()) == {"test": 1}
    assert service.called == [f"{ENDPOINT}-2"]


# A phone that has not been asked yet, and whose owner says yes.
NOT_ASKED = """
if (window.Notification) {
  let permission = "default";
  Object.defineProperty(Notification, "permission", { get: () => permission });
  Notification.requestPermission = async () => (permission = "granted");
}
"""


async def test_a_phone_that_came_by_link_is_asked_by_a_tap_before_anything_is_claimed(
    pushing: Street, service: PushService
) -> None:
    anna = await pushing.person()
    app = await pushing.phone(worker=True, script=service.script + NOT_ASKED, permissions=["notifications"])
    forms = pushing.town.browser()
    await forms.log_in(anna.name, PASSWORD)
    await app.open(forms.page.link.removeprefix(app.origin))
    await app.at("link")
    await app.press_main()
    await app.at("notify")
    await pushing.look(app, "notify")
    assert (await pushing.town.events(anna))["activation:code:claimed"] == 0
    await app.tap("Allow notifications")
    await app.give_pin(PIN)
    await app.link()
    await forms.confirm(await app.digits())
    await app.at("success")
    await app.says("Notifications are on.")
    await until_kept(pushing, anna.id, 1)


async def test_turning_notifications_off_silences_the_site(pushing: Street, service: PushService) -> None:
    anna, _ = await woken_client(pushing, service)
    assert await kept(pushing, anna.user.id) == 1
    await anna.app.tap("Turn off notifications")
    await expect(anna.app.page.get_by_role("button", name="Turn on notifications")).to_be_visible()
    assert await kept(pushing, anna.user.id) == 0
    await anna.app.page.reload()  # the next start does not turn them on again behind her back
    await anna.app.at("home")
    await anna.app.page.get_by_role("button", name="Settings").click()
    await expect(anna.app.page.get_by_role("button", name="Turn on notifications")).to_be_visible()
    assert await kept(pushing, anna.user.id) == 0


async def test_a_phone_that_refuses_notifications_is_told_how_to_allow_them(
    pushing: Street, service: PushService
) -> None:
    anna = await pushing.with_phone(worker=True, script=service.script)
    await anna.app.page.get_by_role("button", name="Settings").click()
    await anna.app.tap("Turn on notifications")
    await anna.app.says("Notifications are blocked for this app.", "Everything else works without them.", "On Android:")
    await pushing.look(anna.app, "settings notifications refused")


async def test_notifications_speak_dutch_where_the_app_does(pushing: Street, service: PushService) -> None:
    anna, worker = await woken_client(pushing, service, language="nl", locale="nl-NL")
    await pushing.look(anna.app, "settings with notifications")
    await anna.log_in()
    await worker.deliver(await service.woken())
    await expect_notices(anna.app.page, ["Er wacht een aanmelding: Firefox op Linux. Open de app om ernaar te kijken."])
