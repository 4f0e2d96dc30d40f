"""An application beside the portal: it asks who is there; an amount is allowed, and one is confirmed on the phone."""

import re
import time

import pyotp
from playwright.async_api import Page, expect

from tests.browser.portal import Portal
from tests.browser.street import PASSWORD, PIN, Client, Street
from tests.http.shop import settled
from tests.ports import free_port
from tests.site import until
from twolatch.applications import flows
from twolatch.applications.model import Fault
from twolatch.faces.commands import sample

ALL = ["sessions", "names", "authorizations"]


async def beside(street: Street) -> str:
    """The sample application, on a port of its own; its origin."""
    port, town = free_port(), street.town
    here = f"http://shop.localhost:{port}"
    done = await flows.add(town.house, f"Linden Brokers {port}", ALL, [f"{here}/back"], town.house.clock.now())
    assert not isinstance(done, Fault)
    server = sample.serve_beside(here, town.site.settings.portal_url, done[1].reveal(), port)
    until(lambda: server.started, 30)
    return here


async def by_app(anna: Client) -> None:
    """In a session that her authenticator app proved; the phone is at hand."""
    page = anna.portal.page
    await anna.portal.log_in(anna.user.name, PASSWORD)
    await anna.app.at("request")
    await anna.app.approve_and_see(PIN)
    await anna.portal.at("/")
    await anna.portal.open("/security/add/totp")
    await page.locator("form[action='/security/add/totp'] button[type=submit]").click()
    secret = (await page.locator(".secret").first.inner_text()).replace(" ", "")
    app = pyotp.TOTP(secret)
    await page.locator("#answer").fill(app.now())
    await page.locator("form[action$='/confirm'] button[type=submit]").click()
    await anna.portal.at("/security")
    await settled(anna.street.town, anna.user.id)
    await anna.portal.open("/step-up?to=security")
    await page.get_by_role("button", name="Authenticator app").click()
    await page.locator("#answer").fill(app.at(int(time.time()) + 30))
    await page.locator("form[action='/step-up/answer'] button[type=submit]").click()
    await anna.portal.at("/security")


async def ask(page: Page, amount: str, payee: str) -> None:
    await page.locator("#amount").fill(amount)
    await page.locator("#payee").fill(payee)
    await page.locator("form[action='/withdraw'] button").click()


async def test_anna_withdraws_in_an_application_and_confirms_on_her_phone_what_is_large(street: Street) -> None:
    anna, here = await street.with_phone(), await beside(street)
    await by_app(anna)
    page = anna.portal.page
    shop = Portal(page, here)
    await page.goto(here)
    await street.look(shop, "sample welcome")
    await page.locator("form[action='/begin'] button").click()
    await anna.portal.page.wait_for_url(re.compile("/hand-over/"))
    await street.look(anna.portal, "hand over")
    await page.locator("form[action*='/hand-over/'] button.main").click()
    await shop.at("/")
    await shop.says("Hello Anna de Vries.", "something good")
    await ask(page, "1500.00", "NL00 BANK 0123 4567 89")
    await shop.says("1,500.00: allowed")
    await street.look(shop, "sample allowed")
    await ask(page, "5000000.00", "")
    await shop.says("refused", "five business days")
    await street.look(shop, "sample refused")

    await ask(page, "300000.00", "Anna de Vries, NL00 BANK 0123 4567 89")
    await page.wait_for_url(re.compile("/confirm/"))
    await anna.portal.says("Withdrawal", "300,000.00", "NL00 BANK 0123 4567 89", "Not enough for this amount")
    await street.look(anna.portal, "confirm")
    await page.locator("form[action*='/confirm/'] button.main").click()
    await anna.app.at("request")
    await anna.app.has_title("Confirm this amount?")
    await expect(anna.app.page.locator("main")).to_contain_text("300,000.00")
    await expect(anna.app.page.locator("main")).to_contain_text("NL00 BANK 0123 4567 89")
    await street.look(anna.app, "request amount")
    await street.look(anna.portal, "confirm waits")
    await anna.app.approve_and_see(PIN)
    await shop.at("/")  # by itself, over the portal's own form
    await shop.says("300,000.00: allowed", "You confirmed this very amount")
    await street.look(shop, "sample confirmed")
    await page.locator("form[action='/release'] button").click()
    await shop.says("given back")
