"""The phone's own camera opens the app by the link in the QR code: nothing is used up before somebody taps."""

import json
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
from playwright.async_api import expect

from tests.browser.phone_app import PhoneApp
from tests.browser.portal import Portal
from tests.browser.street import ANDROID, DESK, IPHONE, PIN, Street
from tests.people import FIREFOX, read_qr
from twolatch.people.model import User

INSIDE_ANDROID = ANDROID.replace("Pixel 8)", "Pixel 8 Build/UP1A; wv)").replace("Chrome", "Version/4.0 Chrome")
INSIDE_IPHONE = IPHONE.replace(" Safari/604.1", "")
PREVIEWER = "Mozilla/5.0 (compatible; LinkPreview/1.0)"
# The app as it runs from the home screen.
STANDALONE = """
const ask = window.matchMedia.bind(window);
window.matchMedia = (query) => query.includes("standalone") ? { matches: true, addEventListener() {} } : ask(query);
"""
OFFERS_INSTALL = """
window.addEventListener("load", () => {
  const offer = new Event("beforeinstallprompt");
  offer.prompt = async () => { window.asked = (window.asked ?? 0) + 1; };
  setTimeout(() => window.dispatchEvent(offer), 0);
});
"""


async def link_of(portal: Portal) -> str:
    """What a camera reads: path and fragment."""
    shown = await portal.page.locator(".code-picture img").get_attribute("src")
    parts = urlsplit(read_qr(unquote((shown or "").split(",", 1)[1])))
    return f"{parts.path}#{parts.fragment}"


async def shown_to(street: Street, **options: Any) -> tuple[User, Portal, str]:
    anna, portal = await street.at_the_banner(**options)
    return anna, portal, await link_of(portal)


async def arrives(street: Street, link: str, here: str, **phone: Any) -> PhoneApp:
    app = await street.phone(**phone)
    await app.open(link)
    await app.at("link")
    await expect(app.page.locator("main")).to_have_attribute("data-where", here)
    return app


async def is_above(app: PhoneApp, upper: str, lower: str) -> bool:
    boxes = [await app.page.locator(each).first.bounding_box() for each in (upper, lower)]
    assert boxes[0]
    assert boxes[1]
    return boxes[0]["y"] + boxes[0]["height"] <= boxes[1]["y"]


async def test_the_link_fills_in_the_code_and_nothing_is_claimed_before_a_tap(street: Street) -> None:
    anna, portal, link = await shown_to(street)
    phone = await arrives(street, link, "android")
    assert phone.page.url == f"{phone.origin}/"  # neither the history nor a screenshot shows the code
    assert await phone.page.evaluate("location.hash") == ""
    await phone.says("Valid for at most another 4:")
    await street.look(phone, "link")
    events = await street.town.events(anna)
    assert events["activation:code:issued"] == 1, events
    assert not any("claim" in event for event in events), events
    await phone.page.reload()
    await phone.at("link")

    installed = PhoneApp(await street.reopened(phone), phone.origin)
    await installed.page.add_init_script(STANDALONE)
    await installed.open()  # put on the home screen, opened there: the same storage holds the code
    await installed.at("link")
    await expect(installed.page.locator("main")).to_have_attribute("data-where", "installed")
    await expect(installed.page.locator("aside")).to_have_count(0)
    await street.look(installed, "link installed")
    await installed.tap("Continue")
    await installed.give_pin(PIN)
    await installed.link()
    await portal.at("/activate")
    await portal.confirm(await installed.digits())
    await installed.at("success")
    await phone.page.reload()  # and the tab does not offer a used code any more
    await phone.at("home")


async def test_any_number_of_visits_leaves_the_code_whole(street: Street) -> None:
    anna, portal, link = await shown_to(street)
    visitors = {ANDROID: "android", IPHONE: "ios", FIREFOX: "desktop"}
    visitors |= {INSIDE_ANDROID: "inside", INSIDE_IPHONE: "inside"}
    for agent, here in visitors.items():
        await arrives(street, link, here, agent=agent)
    client = street.town.browser()
    marks = {"host": urlsplit(street.town.site.settings.phone_url).netloc, "user_agent": PREVIEWER}
    marks["sec_purpose"] = "prefetch;prerender"
    for method in ("GET", "HEAD", "GET", "OPTIONS", "POST"):  # previewers and prefetchers, who send no fragment
        answer = await client.ask(method, "/a", keep=False, **marks)
        assert answer.status in ({200} if method == "GET" else {200, 405})
    assert await street.town.count(
        "FROM activations WHERE user_id = :id AND state = 'issued' AND met IS NULL AND tries = 0", id=anna.id
    ) == 1
    assert not any("claim" in event or "refused" in event for event in await street.town.events(anna))
    assert await street.town.count("FROM authenticators WHERE user_id = :id", id=anna.id) == 0
    await expect(portal.page.locator(".code-picture")).to_be_visible()


async def test_the_code_leaves_the_phone_in_no_request_before_the_tap(street: Street) -> None:
    _, _, link = await shown_to(street)
    secret = link.split(".")[2]
    phone = await street.phone(worker=True)
    sent: list[str] = []
    phone.page.context.on(
        "request", lambda asked: sent.append(f"{asked.url} {json.dumps(asked.headers)} {asked.post_data or ''}")
    )
    await phone.open(link)
    await phone.at("link")
    await phone.page.reload()
    await phone.at("link")
    assert sent
    assert not [each for each in sent if secret in each or "#" in each.split()[0].removesuffix(link)]
    assert not [each for each in sent if '"referer"' in each and "/a" in each.partition('"referer"')[2].split(",")[0]]
    assert secret not in street.town.site.said()
    assert await phone.page.evaluate("document.referrer") == ""


async def test_an_iphone_is_told_above_the_button_to_put_the_app_on_the_home_screen_and_to_take_the_code_along(
    street: Street,
) -> None:
    _, portal, link = await shown_to(street)
    safari = await arrives(
        street, link, "ios", agent=IPHONE, permissions=["clipboard-read", "clipboard-write"]
    )
    await safari.says("Add to Home Screen", "It has not been used up.", "does not see what this page holds")
    assert await is_above(safari, "aside.install", "button.primary")
    await street.look(safari, "link iphone")
    await safari.tap("Copy the code")
    await safari.says("Copied. Paste it in the app.")
    copied = await safari.page.evaluate("navigator.clipboard.readText()")
    assert copied == safari.origin + link

    installed = await street.phone(
        agent=IPHONE, script=STANDALONE, permissions=["clipboard-read", "clipboard-write"]
    )  # a storage of its own
    await installed.open()
    await installed.at("start")
    await expect(installed.page.locator("aside")).to_have_count(0)
    await installed.tap("Use a PIN of the app instead")
    await installed.to_typing()
    await installed.page.evaluate("(text) => navigator.clipboard.writeText(text)", copied)
    await installed.tap("Paste")
    await expect(installed.page.locator("[name=code]")).to_have_value(copied)
    await installed.page.locator("button[type=submit]").click()
    await installed.give_pin(PIN)
    await installed.link()
    await portal.at("/activate")
    await portal.confirm(await installed.digits())
    await installed.at("success")


async def test_a_browser_that_lets_nothing_be_copied_shows_the_code_to_take(street: Street) -> None:
    _, _, link = await shown_to(street)
    refuses = "if (navigator.clipboard) navigator.clipboard.writeText = () => Promise.reject(new Error('no'));"
    safari = await arrives(street, link, "ios", agent=IPHONE, script=refuses)
    await safari.tap("Copy the code")
    await expect(safari.page.locator("input.address")).to_have_value(safari.origin + link)
    await street.look(safari, "link iphone not copied")


async def test_an_android_browser_that_can_install_has_a_button_for_it(street: Street) -> None:
    _, _, link = await shown_to(street)
    chrome = await arrives(street, link, "android", script=OFFERS_INSTALL)
    button = chrome.page.get_by_role("button", name="Install the app")
    await expect(button).to_be_visible()
    assert await is_above(chrome, "aside.install", "button.primary")
    await street.look(chrome, "link android can install")
    await button.click()
    assert await chrome.page.evaluate("window.asked") == 1
    await expect(button).to_have_count(0)
    await chrome.says("Choose “Install app” or “Add to home screen”.")


@pytest.mark.parametrize("agent", [INSIDE_ANDROID, INSIDE_IPHONE], ids=["android", "iphone"])
async def test_inside_another_app_the_way_out_is_shown_first(street: Street, agent: str) -> None:
    _, _, link = await shown_to(street)
    app = await arrives(street, link, "inside", agent=agent)
    await app.says("This page is open inside another app", "Open in browser")
    await expect(app.main_button).to_have_count(0)  # going on here is possible, and not what is best
    await expect(app.page.get_by_role("button", name="Activate in this browser")).to_be_visible()
    await street.look(app, "link inside another app")


async def test_a_computer_is_told_that_the_code_is_for_the_phone_and_has_a_way_on(street: Street) -> None:
    _, _, link = await shown_to(street)
    desk: dict[str, Any] = {"viewport": DESK, "is_mobile": False, "has_touch": False}
    computer = await arrives(street, link, "desktop", agent=FIREFOX, **desk)
    await computer.has_title("This code is for your phone")
    await street.look(computer, "link desktop")
    await computer.tap("Go on with this computer")
    await computer.give_pin(PIN)
    await computer.at("whom")


# What a site says whose operator offers the app in shops.
HAS_SHOPS = """
const road = window.fetch.bind(window);
window.fetch = async (where, how) => {
  const answer = await road(where, how);
  if (!String(where).endsWith("/site")) return answer;
  return new Response(JSON.stringify({ ...await answer.json(), stores: shops }), answer);
};
"""
SHOPS = {
    "apple": "https://apple.example/app", "google": "https://google.example/app",
    "360": "https://360.example/app", "baidu": "https://baidu.example/app",
}  # fmt: skip


@pytest.mark.parametrize(
    ("agent", "named"),
    [(IPHONE, ["App Store"]), (ANDROID, ["Google Play", "360 Mobile Assistant", "Baidu Mobile Assistant"])],
    ids=["iphone", "android"],
)
async def test_the_operators_shops_for_this_phone_come_first(street: Street, agent: str, named: list[str]) -> None:
    _, _, link = await shown_to(street)
    phone = await street.phone(agent=agent, script=f"const shops = {json.dumps(SHOPS)}; {HAS_SHOPS}")
    await phone.open(link)
    await phone.at("link")
    links = phone.page.locator("aside.install a")
    await expect(links).to_have_count(len(named))
    for at, name in enumerate(named):
        await expect(links.nth(at)).to_contain_text(name)
    await phone.says("scan the same code again")
    await street.look(phone, "link with shops")


async def test_a_code_that_is_older_than_the_site_lets_one_live_is_said_to_have_run_out(street: Street) -> None:
    _, _, link = await shown_to(street)
    phone = await street.phone()
    await phone.page.clock.install()
    await phone.open(link)
    await phone.at("link")
    await phone.page.clock.fast_forward("05:01")
    await phone.says("Probably run out by now")
    await phone.page.clock.fast_forward("05:00")
    await phone.page.reload()
    await phone.at("start")  # and after ten minutes it is forgotten


async def test_a_torn_link_is_explained(street: Street) -> None:
    phone = await street.phone()
    await phone.open("/a#1.torn")
    await phone.at("refusal", code="code.broken")
    await street.look(phone, "refusal broken link")
    await phone.page.reload()
    await phone.at("start")


async def test_the_page_behind_the_code_speaks_dutch(street: Street) -> None:
    _, _, link = await shown_to(street)
    phone = await arrives(street, link, "ios", agent=IPHONE, locale="nl-NL", color_scheme="dark")
    await phone.says("Zet op beginscherm", "nog niet verbruikt")
    await street.look(phone, "link iphone")


async def test_giving_up_forgets_the_code(street: Street) -> None:
    _, _, link = await shown_to(street)
    phone = await arrives(street, link, "android")
    await phone.tap("Cancel")
    await phone.at("start")
    await phone.page.reload()
    await phone.at("start")
