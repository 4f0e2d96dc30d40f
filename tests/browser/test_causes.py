"""Each cause has its own screen with its one next step, and the portal tells what the phone met."""

import json
from typing import Any

import pytest
from playwright.async_api import Route, expect

from tests.browser.phone_app import PhoneApp
from tests.browser.portal import Portal
from tests.browser.street import PASSWORD, PIN, Street
from tests.browser.test_refused_codes import banner_of, phone_typing, phone_typing_too_late, tries_again

CLAIM = "**/api/phone/v1/activations/claim"


async def expect_met(portal: Portal, code: str) -> None:
    """The page tells it by itself."""
    await expect(portal.page.locator(f"[data-met='{code}']")).to_be_visible()


async def test_who_is_set_up_already_proves_it_at_once(street: Street) -> None:
    name, portal, code = await banner_of(street)
    phone = await phone_typing(street, code)
    await phone.link()
    await portal.at("/activate")
    await portal.confirm(await phone.digits())
    await phone.at("success")
    await expect(portal.page.locator("main a.main")).to_be_visible()
    await tries_again(phone, code)
    await phone.at("refusal", code="phone.already_here")
    await expect_met(portal, "phone.already_here")
    await street.look(portal, "activate done and tried again")
    await phone.tap("Test it now")
    await phone.at("trial")
    await phone.says("Waiting for your login")
    await expect(phone.page.locator("a.portal")).to_have_attribute("href", portal.origin)
    await street.look(phone, "trial")
    await portal.open("/")
    await portal.log_out()
    await portal.log_in(name, PASSWORD)
    await phone.approve(PIN)  # the request came to this screen by itself
    await portal.at("/")
    await phone.at("outcome", outcome="approved")
    await phone.says("There is nothing left to set up.")
    await street.look(phone, "trial proved")
    await phone.press_main()
    await phone.at("home")


async def test_who_is_set_up_on_another_phone_is_led_to_the_settings_that_move_it(street: Street) -> None:
    _, portal, code = await banner_of(street)
    first = await phone_typing(street, code)
    await first.link()
    await portal.at("/activate")
    await portal.confirm(await first.digits())
    await first.at("success")
    other = await phone_typing(street, code)
    await other.at("refusal", code="phone.already_elsewhere")
    await expect_met(portal, "phone.already_elsewhere")
    link = other.page.get_by_role("link", name="Open the security settings")
    await expect(link).to_have_attribute("href", f"{portal.origin}/security")
    await expect(link).to_have_attribute("rel", "noreferrer")


async def test_a_second_phone_on_the_same_code_is_told_in_the_portal_while_it_asks_for_the_digits(
    street: Street,
) -> None:
    _, portal, code = await banner_of(street)
    first = await phone_typing(street, code)
    await first.at("whom")
    await portal.at("/activate")
    second = await phone_typing(street, code)
    await second.at("refusal", code="code.used")
    await expect_met(portal, "code.used")
    await street.look(portal, "activate confirm and tried by another")


async def test_the_banner_leads_to_a_fresh_code_when_the_phone_met_one_that_ran_out(street: Street) -> None:
    name, portal, code = await banner_of(street)
    phone = await phone_typing_too_late(street, name, code)
    await portal.at("/activate")  # by itself
    await expect_met(portal, "code.expired")
    await portal.page.get_by_role("button", name="Show a fresh code").click()
    await expect(portal.page.locator(".code-picture")).to_be_visible()
    await phone.tap("Possible issues and solutions")
    await phone.at("camera-help")
    await phone.says("A code lives for a few minutes and works once.", "You are set up already")
    await phone.tap("Type the code instead")
    await phone.at("code")
    await phone.type_code(await portal.session_id())
    await phone.give_pin(PIN)
    await phone.at("whom")


def problem(code: str, status: int, **more: Any) -> dict[str, Any]:
    return {
        "status": status,
        "content_type": "application/problem+json",
        "body": json.dumps({"type": f"urn:twolatch:{code}", "code": code, "status": status, "title": "", **more}),
    }


async def phone_that_meets(street: Street, answer: dict[str, Any], **options: Any) -> PhoneApp:
    """The site's answer to the claim is played."""
    phone = await street.phone(**options)

    async def met(route: Route) -> None:
        await route.fulfill(**answer)

    await phone.page.route(CLAIM, met)
    await phone.page.clock.install()
    await phone.claim("0000-0000-0000", PIN)
    return phone


@pytest.mark.parametrize(
    ("code", "status", "title"),
    [("limit.activation", 429, "Too many tries"), ("server.busy", 503, "The site is busy")],
)
async def test_where_waiting_helps_the_time_is_counted_down_and_then_the_way_is_free(
    street: Street, code: str, status: int, title: str
) -> None:
    street.allow("503")
    phone = await phone_that_meets(street, problem(code, status, retry_after=90))
    await phone.at("refusal", code=code)
    await phone.has_title(title)
    await expect(phone.page.get_by_role("timer")).to_contain_text("1:")
    await expect(phone.main_button).to_be_disabled()
    await street.look(phone, f"refusal {code}")
    await phone.page.clock.fast_forward("01:31")
    await expect(phone.main_button).to_be_enabled()
    await phone.page.unroute(CLAIM)
    await phone.press_main()
    await phone.at("refusal", code="code.unknown")


async def test_an_app_that_is_too_old_for_the_site_loads_the_new_one(street: Street) -> None:
    phone = await phone_that_meets(street, problem("phone.too_old", 400))
    await phone.at("refusal", code="phone.too_old")
    await street.look(phone, "refusal too old")
    await phone.tap("Load new version")
    await phone.at("start")


async def test_a_phone_whose_clock_is_years_off_is_told_that_and_not_that_the_network_is_gone(street: Street) -> None:
    phone = await street.phone()
    await phone.page.clock.install(time="2031-05-05T10:00:00")
    await phone.open()
    await phone.at("start")
    await phone.page.route(CLAIM, lambda route: route.abort())  # as a browser answers to a certificate of the past
    street.allow("net::ERR_FAILED")
    await phone.to_typing()
    await phone.type_code("0000-0000-0000")
    await phone.give_pin(PIN)
    await phone.at("refusal", code="wire.clock")
    await phone.says("May 2031", "set its date and time by itself")
    await street.look(phone, "refusal clock")


async def test_without_a_network_a_right_clock_is_not_blamed(street: Street) -> None:
    phone = await street.phone()
    await phone.page.route(CLAIM, lambda route: route.abort())
    street.allow("net::ERR_FAILED")
    await phone.claim("0000-0000-0000", PIN)
    await phone.at("refusal", code="wire.offline")


LACKING = {
    "no store": ("Object.defineProperty(window, 'indexedDB', { value: undefined });", "IndexedDB"),
    "no keys": ("Object.defineProperty(Crypto.prototype, 'subtle', { value: undefined });", "Web Crypto"),
    "of 2020": ("delete AbortSignal.timeout;", "2022"),
}


@pytest.mark.parametrize("lack", LACKING)
async def test_a_phone_that_is_too_old_reads_what_it_lacks(street: Street, lack: str) -> None:
    script, names = LACKING[lack]
    street.allow("fault in a page")  # the app itself stumbles
    street.allow("console error")
    phone = await street.phone(script=script)
    await phone.open()
    await phone.at("too-old")
    await phone.has_title("This browser is too old for the app")
    await phone.says(names, "Your code has not been used up.")
    await expect(phone.page.locator("main")).to_have_count(1)
    await street.look(phone, f"too old, {lack}")


async def test_a_browser_that_does_not_understand_the_app_says_so_in_dutch(street: Street) -> None:
    street.allow("SyntaxError")
    street.allow("Unexpected token")
    phone = await street.phone(locale="nl-NL")
    garbled = {"content_type": "text/javascript", "body": "let = => of a later year"}
    await phone.page.route("**/assets/app-*.js", lambda route: route.fulfill(**garbled))
    await phone.open()
    await phone.at("too-old")
    await phone.has_title("Deze browser is te oud voor de app")


async def test_an_app_that_arrives_in_part_is_loaded_again(street: Street) -> None:
    street.allow("net::ERR_FAILED")
    phone = await street.phone()
    await phone.page.route("**/assets/app-*.js", lambda route: route.abort())
    await phone.open()
    await phone.at("unloaded")
    await phone.has_title("The app could not be loaded")
    await street.look(phone, "unloaded")
    await phone.page.unroute("**/assets/app-*.js")
    await phone.tap("Load again")
    await phone.at("start")
