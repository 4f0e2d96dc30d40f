"""A new version of the app comes while somebody is at it."""

from typing import Any

import pytest
from playwright.async_api import expect
from starlette.requests import Request
from starlette.responses import Response

from tests.browser.phone_app import PhoneApp
from tests.browser.street import PIN, Street
from twolatch.faces.phone_app import pages

WAITS = "navigator.serviceWorker.ready.then((registration) => registration.update()).then(() => true)"


class Shop:
    """Hands the app out; from `has_newer` on, with a service worker of another version."""

    def __init__(self) -> None:
        self.has_newer = False

    @property
    def kind(self) -> type[pages.PhoneApp]:
        shop = self

        class Handed(pages.PhoneApp):
            async def get(self, request: Request) -> Response:
                answer = await super().get(request)
                if request.url.path != "/sw.js" or not shop.has_newer:
                    return answer
                return Response(bytes(answer.body) + b"\n// a newer version\n", media_type=answer.media_type)

        return Handed


@pytest.fixture
def shop(monkeypatch: pytest.MonkeyPatch) -> Shop:
    shop = Shop()
    monkeypatch.setattr("twolatch.app.PhoneApp", shop.kind)
    return shop


async def test_a_new_version_waits_for_an_open_approval_even_if_another_window_lets_it_in(
    shop: Shop, pushing: Street
) -> None:
    anna = await pushing.with_phone(worker=True)
    other = PhoneApp(await pushing.reopened(anna.app), anna.app.origin)
    await other.open()
    await other.at("home")
    await other.page.get_by_role("button", name="Settings").click()
    await anna.log_in()
    await anna.app.fill_request(PIN)
    for page in (anna.app.page, other.page):
        await page.evaluate("document.body.dataset.is = 'old'")

    shop.has_newer = True
    assert await other.page.evaluate(WAITS)
    await gone(other.page)  # in the settings nothing is under way: the new version is there
    await other.at("request")  # it begins anew at home, where the one request comes to her
    await expect(anna.app.page.locator("[name=pin]")).to_have_value(PIN)
    await expect(anna.app.page.locator("body[data-is=old]")).to_be_attached()
    await anna.app.tap("Approve")
    await anna.app.at("outcome", outcome="approved")
    await anna.portal.at("/")
    await expect(anna.app.page.locator("body[data-is=old]")).to_be_attached()
    await anna.app.press_main()
    await gone(anna.app.page)  # at rest: now this window follows
    await anna.app.at("home")


async def test_a_new_version_never_empties_a_half_typed_password(shop: Shop, pushing: Street) -> None:
    """The app opens with its login screen, where nothing is under way until somebody types."""
    anna = await pushing.with_phone(worker=True)
    other = PhoneApp(await pushing.reopened(anna.app), anna.app.origin)
    await other.open()
    await other.at("home")
    await anna.app.at("home")
    await anna.app.page.locator("[name=password]").fill("linden tr")
    for page in (anna.app.page, other.page):
        await page.evaluate("document.body.dataset.is = 'old'")
    shop.has_newer = True
    assert await anna.app.page.evaluate(WAITS)
    await gone(other.page)  # here nothing was typed: this window lets it in for all
    await expect(anna.app.page.locator("[name=password]")).to_have_value("linden tr")
    await expect(anna.app.page.locator("body[data-is=old]")).to_be_attached()
    await anna.app.page.get_by_role("button", name="Settings").click()
    await gone(anna.app.page)  # she has left it herself: now this window follows


async def gone(page: Any) -> None:
    await expect(page.locator("body[data-is=old]")).not_to_be_attached()
