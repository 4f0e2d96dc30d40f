"""Agent, officer and client side by side: she lost her phone and can prove nothing, so it takes two at the desk."""

import re
from typing import Any

from playwright.async_api import Page, expect

from tests.browser.portal import Portal
from tests.browser.street import Street
from tests.http.test_stock_at_the_desk import Desk as Clerks
from tests.workers import Worker, at_work
from twolatch.custody import flows as custody
from twolatch.custody.orders.model import shown_number
from twolatch.custody.returns import flows as returns
from twolatch.custody.returns.model import Reason
from twolatch.people.model import Role
from twolatch.words.limits import DAY


async def sits(street: Street, worker: Worker, **options: Any) -> Portal:
    """This worker's own screen, logged in as he is."""
    desk = street.town.site.settings.desk_url
    context = await street.context(address=worker.desk.address, **options)
    for name, value in worker.desk.cookies.items():
        url = desk.replace("http:", "https:")  # see street.remember_browser
        await context.add_cookies(
            [{"name": name, "value": value, "url": url, "secure": True, "httpOnly": True, "sameSite": "Lax"}]
        )
    return Portal(await context.new_page(), desk)


async def press(page: Page, action: str) -> None:
    await page.locator(f"form[action$='{action}'] button[type=submit]").first.click()


async def scan(page: Page, text: str) -> None:
    """What a scanner reads arrives as keys, and then Enter."""
    await page.keyboard.type(text)
    await page.keyboard.press("Enter")


async def leave_field(page: Page) -> None:
    await expect(page.locator("#scanned")).to_be_focused()
    await page.keyboard.press("Escape")
    await expect(page.locator("#scanned")).not_to_be_focused()


async def ships(agent: Portal, order: str, serial: str, tracking: str) -> None:
    """The order, the card that is packed, the parcel's label: scanned in the list of what is to be sent."""
    page = agent.page
    await expect(page.locator("#number")).to_be_focused()
    await scan(page, shown_number(order))
    await agent.at(f"/orders/{order}")
    await expect(page.locator("#serial")).to_be_focused()
    await scan(page, serial)
    await expect(page.locator("#carrier")).to_be_focused()
    await page.keyboard.type("Post")
    await page.keyboard.press("Tab")
    await scan(page, tracking)
    await agent.at("/orders")


async def test_who_can_prove_nothing_is_helped_by_two_and_gets_in_with_the_code(street: Street) -> None:
    town = street.town
    anna, _, _ = await town.with_phone()
    sanne, olga = await at_work(town), await at_work(town, Role.OFFICER, "Olga")
    agent, officer = await sits(street, sanne), await sits(street, olga)

    await officer.open("/proposals")
    await street.look(officer, "desk proposals none")
    await agent.open("/")
    await agent.page.locator("#sought").fill(anna.name)
    await agent.page.keyboard.press("Enter")
    await agent.page.locator("[name=words]").fill("phone in the canal, cannot prove anything")
    await agent.page.locator("[name=words]").press("Enter")
    await agent.page.wait_for_url(re.compile("/cases/"))
    await agent.page.locator("details[data-keys=c] summary").click()
    await press(agent.page, "/code")
    await agent.page.wait_for_url(re.compile("/proposals/"))
    await agent.says("moves on by itself")
    await street.look(agent, "desk proposal waits")

    # The officer's list has it by itself; she looks, and presses.
    first = officer.page.locator("a[href^='/proposals/']").first
    await expect(first).to_be_visible()
    await street.look(officer, "desk proposals")
    await first.click()
    await officer.says("A temporary code is made", "Sanne")
    await street.look(officer, "desk proposal to decide")
    await officer.page.keyboard.press("y")
    await officer.says("Approved and done")
    await street.look(officer, "desk proposal done")

    # The agent's page has moved on; the code is shown once.
    await agent.says("Approved and done")
    await street.look(agent, "desk code to show")
    await press(agent.page, "/show")
    shown = agent.page.locator(".given-code [aria-hidden]")
    await expect(shown).to_have_text(re.compile(r"^[0-9A-Z]{5}-[0-9A-Z]{5}$"))
    code = await shown.inner_text()
    await street.look(agent, "desk code shown")
    await agent.page.goto(agent.page.url.removesuffix("/show"))
    await expect(shown).to_have_count(0)

    client = await street.portal()
    await client.log_in(anna.name, "linden tree 42 kites")
    await client.page.locator("#answer").fill(code)
    await client.page.locator("#answer").press("Enter")
    await client.at("/")
    assert (await town.notices(anna))["decided_code"] == 1


async def test_a_no_comes_back_with_its_reason(street: Street) -> None:
    town = street.town
    sanne, olga = await at_work(town), await at_work(town, Role.OFFICER, "Olga")
    card = await Clerks(town, sanne, olga, olga).stocked()
    agent, officer = await sits(street, sanne), await sits(street, olga)
    await agent.open(f"/stock/cards/{card.id}")
    await street.look(agent, "desk card in stock")
    await agent.page.locator("summary").first.click()
    await agent.page.locator("#reason").fill("not in the box")
    await press(agent.page, "/write-off")
    await agent.says("leaves the stock")
    await officer.open(agent.page.url.removeprefix(agent.origin))
    await officer.page.keyboard.press("n")
    await officer.page.locator("#said-no").fill("look in the second drawer")
    await officer.page.locator("#said-no").press("Enter")
    await officer.says("Denied")
    await agent.says("Denied", "look in the second drawer")
    await street.look(agent, "desk proposal denied")
    await officer.open("/budgets")
    await street.look(officer, "desk budgets")
    await officer.open("/proposals")
    await street.look(officer, "desk proposals history")


async def test_a_clerk_works_with_a_scanner_alone(street: Street) -> None:
    """What it reads arrives as keys, and then Enter; the hands never go to the mouse."""
    town = street.town
    sanne, olga = await at_work(town), await at_work(town, Role.OFFICER, "Olga")
    clerks = Clerks(town, sanne, olga, olga)
    order, card, late = await clerks.ordered(), await clerks.stocked(), await clerks.shipped()
    before = town.house.clock.now() - 40 * DAY
    await returns.announce_for(town.house, late.serial, Reason.CLOSING, "europe", before, custody.OPERATOR)
    agent = await sits(street, sanne)
    page, keys = agent.page, agent.page.keyboard

    await agent.open(f"/orders/{order.number}")
    await street.look(agent, "desk order")
    await agent.open("/orders")
    await street.look(agent, "desk orders")
    await ships(agent, order.number, card.serial, "3SABCD1234567")
    await agent.says(f"{card.serial} is on its way")
    await expect(agent.page.locator("#number")).to_be_focused()

    await agent.open("/returns")
    await expect(agent.page.locator("#scanned")).to_be_focused()
    await street.look(agent, "desk returns overdue")
    await scan(page, late.serial)
    await agent.says(f"{late.serial}: received")
    await expect(agent.page.locator("#scanned")).to_be_focused()
    await street.look(agent, "desk returns received")
    await scan(page, late.serial)
    await agent.says("already received")
    await expect(agent.page.locator("#scanned")).to_be_focused()
    await scan(page, "NOSUCHCARD")
    await agent.says("No return has this number")
    await street.look(agent, "desk returns unknown")
    await agent.open(f"/returns?card={late.id}")
    await leave_field(page)
    await keys.press("1")
    await agent.says(f"{late.serial}: looked at")
    await leave_field(page)
    await keys.press("d")
    await agent.says("That was its last step")
    await street.look(agent, "desk returns destroyed")
    await agent.open("/stock")
    await street.look(agent, "desk stock")
    officer = await sits(street, olga)
    await officer.open("/stock/import")
    await street.look(officer, "desk import")


async def test_the_desk_decides_in_dutch(street: Street) -> None:
    town = street.town
    sanne, olga = await at_work(town), await at_work(town, Role.OFFICER, "Olga")
    order = await Clerks(town, sanne, olga, olga).ordered()
    agent = await sits(street, sanne)
    await agent.open(f"/orders/{order.number}")
    await agent.page.locator("summary", has_text="another address").click()
    await agent.page.locator("#a-street").fill("Oudegracht 7")
    await agent.page.locator("#reason").last.fill("verhuisd")
    await press(agent.page, "/address")
    await agent.page.wait_for_url(re.compile("/proposals/"))
    await agent.page.locator("button[name=language][value=nl]").click()
    await agent.says("Wat er gebeurt bij goedkeuring", "Oudegracht 7", "Keizersgracht 1")
    await street.look(agent, "desk proposal address")
