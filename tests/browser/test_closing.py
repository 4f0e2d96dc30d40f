"""Closing an account in a browser: asked for, taken back, closed; and what name and password show afterwards."""

from pathlib import Path

from playwright.async_api import expect

from tests.browser.portal import Portal
from tests.browser.street import PASSWORD, PIN, Client, Street
from tests.flows.test_accounts import made
from twolatch.accounts import store
from twolatch.closing.effect import close_due
from twolatch.people.model import User


def holds(street: Street, user: User, folder: Path) -> str:
    """An account with one paper; its number."""
    number, run = user.name.upper(), street.town.site.run
    run("account", "add", number, "--holder", user.name, "--label", "Savings")
    (folder / f"{number}_tax-form_2025.pdf").write_bytes(made("Tax form"))
    run("document", "import", str(folder))
    return number


async def had_it_for_long(street: Street, user: User) -> None:
    """What she proves herself with is older than a day."""
    await street.town.do("UPDATE authenticators SET created_at = 1 WHERE user_id = :user", user=user.id)


async def with_account(street: Street, folder: Path) -> tuple[Client, str]:
    """Anna, in the portal, with an account, one paper and a phone that is old enough; the account's number."""
    anna = await street.with_phone()
    number = holds(street, anna.user, folder)
    await anna.let_in()
    await anna.app.press_main()
    await had_it_for_long(street, anna.user)
    await street.town.do("UPDATE sessions SET fresh_at = 0 WHERE user_id = :user", user=anna.user.id)
    return anna, number


async def ask(anna: Client, street: Street, number: str) -> None:
    """From the accounts to the page that shows how the closing stands."""
    page = anna.portal.page
    await anna.portal.open("/accounts")
    await page.locator("a[href$='/close']").click()
    if "/step-up" in page.url:
        await page.locator("form[action='/step-up'] button").first.click()
        await anna.app.at("request")
        await anna.app.approve_and_see(PIN)
        await anna.app.press_main()
    await types_its_number(street, anna.portal, number)


async def types_its_number(street: Street, portal: Portal, number: str) -> None:
    page = portal.page
    await expect(page.locator("#number")).to_be_visible()
    await street.look(portal, "close")
    await page.locator("#number").fill(number.lower())
    await page.locator("form[action$='/close'] button").click()
    await expect(page.locator("form[action$='/closing/cancel']")).to_be_visible()


async def test_anna_closes_her_account_takes_it_back_and_closes_it_again(street: Street, tmp_path: Path) -> None:
    anna, number = await with_account(street, tmp_path)
    page = anna.portal.page
    await anna.portal.open("/")
    await page.locator("a[href='/accounts']").click()
    await anna.portal.says("Savings", "2025", "Tax form")
    await street.look(anna.portal, "accounts")
    await ask(anna, street, number)
    await street.look(anna.portal, "closing asked")
    await page.locator("form[action$='/closing/cancel'] button").click()
    await anna.portal.says("The closing is taken back.")
    await ask(anna, street, number)
    await its_day_is_over(street, anna.user)
    await anna.portal.open("/accounts")
    await anna.portal.at("/login")
    reader = await street.portal(viewport={"width": 390, "height": 844}, color_scheme="dark")
    await reader.log_in(anna.user.name, PASSWORD)
    await reader.at("/closed")
    await street.look(reader, "closed")
    await reads(reader)


async def its_day_is_over(street: Street, user: User) -> None:
    [account] = await store.of_user(street.town.house.db, user.id)
    now = street.town.house.clock.now()
    await street.town.do("UPDATE accounts SET cancel_until = :now WHERE id = :id", now=now, id=account.id)
    await close_due(street.town.house, now)


async def reads(reader: Portal, language: str = "en") -> None:
    """Downloads the one paper; every other page sends back to it."""
    async with reader.page.expect_download() as coming:
        await reader.page.locator("a[href$='/download']").click()
    paper = await coming.value
    assert paper.suggested_filename.endswith("_tax-form_2025.pdf")
    assert (await paper.path()).read_bytes() == made("Tax form")
    await reader.open("/security")
    await reader.refuses("reading.only", language)
    await reader.page.locator("main a").first.click()
    await reader.at("/closed")
