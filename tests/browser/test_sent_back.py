"""The article about returning a card, walked by a client in Dutch and in English: the card breaks, support is phoned, a
temporary code lets her in, she orders another one, sends the old one back, sees it received, and activates the new one.
"""

import secrets
from collections.abc import Callable
from functools import partial

import pypdfium2
import pytest
import zxingcpp
from playwright.async_api import expect

from tests.browser.portal import Portal
from tests.browser.street import PASSWORD, Street
from tests.browser.test_cards import with_card
from tests.http.test_cards import PIN, stocked
from tests.http.test_temporary_codes import code_for
from twolatch.accounts import flows as accounts
from twolatch.client import cards as soft
from twolatch.client.cards import SoftCard
from twolatch.custody import flows
from twolatch.custody.handing import Parcel
from twolatch.custody.model import Card, desk
from twolatch.custody.orders import flows as orders
from twolatch.custody.returns import flows as returns
from twolatch.people.model import User
from twolatch.texts.catalogue import Texts

CLERK = desk("clerk")
TRACKING = "3SABC123456789"
Say = Callable[..., str]


async def in_by_code(street: Street, user: User, language: str, code: str) -> Portal:
    portal = await street.portal(locale={"nl": "nl-NL", "en": "en-GB"}[language])
    await portal.log_in(user.name, PASSWORD)
    await portal.at("/login/second")
    await portal.page.locator("#answer").fill(code)
    await portal.page.locator("form[action='/login/answer'] button").click()
    await portal.at("/")
    return portal


async def orders_another(street: Street, portal: Portal, say: Say, old: SoftCard) -> None:
    await portal.open("/cards")
    await portal.says(say("card_state.faulty.means"), say("cards.shred"))
    await street.look(portal, "cards with a defective one")
    await portal.page.locator("a[href='/cards/order']").click()
    await portal.says(say("order.replaces", serial=old.serial))
    await portal.page.locator("#where").select_option("NL")
    await portal.page.locator("form[action='/cards/order/country'] button").click()
    for name, typed in (("street", "Keizersgracht 1"), ("postcode", "1015 CN"), ("city", "Amsterdam")):
        await portal.page.locator(f"#{name}").fill(typed)
    await street.look(portal, "order: the address")
    await portal.page.locator("form[action='/cards/order'] button").click()
    await portal.says("1015 CN AMSTERDAM", say("order.free"))  # as the country's post wishes it
    await street.look(portal, "order: the summary")
    await portal.page.locator("form[action='/cards/order/confirm'] button").click()
    await portal.says(say("order_state.ordered"))
    await street.look(portal, "ordered")


async def packed(street: Street, user: User) -> SoftCard:
    """A clerk scans a card for the one order that waits."""
    town = street.town
    [order] = await orders.mine(town.house, user)
    new, now = await stocked(town), town.house.clock.now()
    done = await orders.ship(town.house, order.number, Parcel(new.serial, "", "OUT-4711"), now, CLERK)
    assert isinstance(done, Card)
    return new


async def sends_back(street: Street, portal: Portal, say: Say, old: SoftCard, reason: str = "replacement") -> str:
    """From the list to the tracking number; what the barcode of the form says."""
    page = portal.page
    await portal.open("/cards")
    await page.locator("li.entry", has_text=old.serial).locator("a[href$='/return']").click()
    if reason == "replacement":
        await portal.says(say("return.is_faulty"))
    await page.locator("#reason").select_option(reason)
    await street.look(portal, "a return is announced")
    await page.locator("form[action$='/return'] button").click()
    await portal.says(
        say("returning.pack"), say("returning.send_why"), say("returning.liable"), say("returning.days"),
    )  # fmt: skip
    await street.look(portal, "how it is sent back")
    address = await page.locator("a[href$='/form.pdf']").get_attribute("href")
    form = await page.request.get(f"{portal.origin}{address}")
    sheet = pypdfium2.PdfDocument(await form.body())[0]
    [code] = zxingcpp.read_barcodes(sheet.render(scale=3).to_pil())
    await page.locator("#tracking").fill(TRACKING)
    await page.locator("form[action$='/posted'] button").click()
    await portal.says(TRACKING, say("returning.late"))
    await street.look(portal, "on its way back")
    return str(code.text)


@pytest.mark.parametrize("language", ["nl", "en"])
async def test_anna_breaks_her_card_and_has_another_one_in_the_end(street: Street, language: str) -> None:
    town, say = street.town, partial(Texts().say, language)
    user = await street.person(language=language)
    number = f"A{secrets.token_hex(4).upper()}"
    await accounts.add(town.house, number, "Savings", [user.name], [], town.house.clock.now())
    old, _ = await with_card(street, user, await street.portal())
    # she phones: support notes that the card is defective, and gives her a code
    assert isinstance(await flows.fail(town.house, old.serial, town.house.clock.now(), CLERK), Card)
    portal = await in_by_code(street, user, language, await code_for(town, user))
    await orders_another(street, portal, say, old)
    new = await packed(street, user)
    await town.do("UPDATE sessions SET fresh_at = seen_at WHERE user_id = :id", id=user.id)
    scanned = await sends_back(street, portal, say, old)
    where = portal.page.url
    assert isinstance(await returns.receive(town.house, scanned, town.house.clock.now(), CLERK), Card)
    await portal.page.goto(where)
    await expect(portal.page.locator("li.done")).to_have_count(3)
    await street.look(portal, "received")
    await activates(street, portal, user, new)
    await portal.open("/cards")
    await portal.says(say("card_state.active.means"), say("card_state.received.means"))
    await portal.page.locator("details summary").first.click()
    await street.look(portal, "the way of a card")


async def activates(street: Street, portal: Portal, user: User, new: SoftCard) -> None:
    await street.town.do("UPDATE sessions SET fresh_at = seen_at WHERE user_id = :id", id=user.id)
    await portal.open("/card")
    await portal.says(new.serial)
    await portal.page.locator("form[action='/card'] button").click()
    answer = soft.answer(new, PIN, await portal.digits())
    assert answer
    await portal.page.locator("#answer").fill(answer)
    await portal.page.locator("form[action$='/confirm'] button").click()
    await portal.at("/security")
