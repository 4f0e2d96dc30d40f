"""A client's cards at the portal: ordered, followed, sent back; and everybody who would like more than is his. Two
workers, both databases."""

import secrets
from html import unescape

import pypdfium2
import zxingcpp

from tests.http.test_cards import activate, state_of, stocked
from tests.http.test_strangers import same_as_missing
from tests.people import Browser, Page, Phone, Town, at_once
from twolatch.accounts import flows as accounts
from twolatch.accounts.model import Account
from twolatch.client.cards import SoftCard
from twolatch.custody import flows
from twolatch.custody.dues import flows as dues
from twolatch.custody.handing import Parcel
from twolatch.custody.model import CARRIER, Card, desk
from twolatch.custody.orders import flows as orders
from twolatch.custody.orders.model import Order
from twolatch.custody.returns import flows as returns
from twolatch.people.model import User
from twolatch.texts.catalogue import Texts

HOME = {
    "country": "NL", "name": "Anna de Vries", "street": "Keizersgracht 1", "city": "Amsterdam", "postcode": "1015 cn",
}  # fmt: skip
CLERK = desk("clerk")
TRACKING = "3SABC123456789"


async def may_order(town: Town, equity: int = 2_000_000) -> tuple[User, Browser, Phone, Account]:
    """A client with a phone since two days, whose account is worth it, freshly proved."""
    user, browser, phone = await town.with_phone()
    number, now = f"A{secrets.token_hex(4).upper()}", town.house.clock.now()
    account = await accounts.add(town.house, number, "Savings", [user.name], [], now)
    assert isinstance(account, Account)
    await accounts.value(town.house, number, equity, now)
    await town.do("UPDATE authenticators SET created_at = 1 WHERE user_id = :id", id=user.id)
    await prove(town, user)
    return user, browser, phone, account


async def prove(town: Town, user: User) -> None:
    """As if he had just proved himself by his phone."""
    one = "(SELECT id FROM authenticators WHERE user_id = :id AND state = 'active' AND kind = 'phone')"
    await town.do(
        f"UPDATE sessions SET fresh_at = seen_at, proved = 'phone', authenticator_id = {one} WHERE user_id = :id",
        id=user.id,
    )


async def summary(browser: Browser, account: Account, **changes: str) -> Page:
    await browser.get("/cards/order?country=NL")
    return await browser.send("/cards/order", **{**HOME, "account": account.id, **changes})


async def ordered(town: Town, user: User, browser: Browser, account: Account) -> Order:
    await summary(browser, account)
    page = await browser.send("/cards/order/confirm")
    assert page.path == "/cards?done=ordered", page.text
    return (await orders.mine(town.house, user))[0]


async def with_card(town: Town) -> tuple[User, Browser, SoftCard, Card]:
    user, browser, _, account = await may_order(town)
    order = await ordered(town, user, browser, account)
    card = await stocked(town)
    done = await orders.ship(town.house, order.number, Parcel(card.serial), town.house.clock.now(), CLERK)
    assert isinstance(done, Card)
    await prove(town, user)
    await activate(browser, card)
    await prove(town, user)
    return user, browser, card, done


async def test_anna_orders_a_card_and_sees_every_step_until_it_is_active(town: Town) -> None:
    user, browser, _, account = await may_order(town)
    page = await browser.get("/cards")
    assert "You hold no challenge card" in page.text
    page = await summary(browser, account, postcode="1")
    assert page.status == 400
    assert page.says("order.address")
    assert "This does not fit the country" in page.text
    page = await summary(browser, account)
    assert all(line in page.text for line in ("Anna de Vries", "Keizersgracht 1", "1015 CN", "US$20.00"))
    page = await browser.send("/cards/order/confirm")
    assert page.path == "/cards?done=ordered"
    [order] = await orders.mine(town.house, user)
    assert Texts().day("en", order.expected_at) in page.text
    card, now = await stocked(town), town.house.clock.now()
    parcel = Parcel(card.serial, "", TRACKING)
    assert isinstance(await orders.ship(town.house, order.number, parcel, now, CLERK), Card)
    page = await browser.get("/cards")
    assert TRACKING in page.text
    assert not page.has_form("/cards/order/cancel"), "what is sent is not taken back"
    await flows.deliver(town.house, card.serial, now, CARRIER)
    await prove(town, user)
    assert (await activate(browser, card)).path.startswith("/security")
    page = await browser.get("/cards")
    for text in ("was ordered", "was set aside", "was sent to you", "was delivered", "was activated", "by the carrier"):
        assert text in page.text
    assert await state_of(town, card) == "active"


async def test_an_order_asks_for_a_proof_and_for_a_worthy_account(town: Town) -> None:
    user, browser, _, account = await may_order(town, equity=10)
    page = await browser.get("/cards")
    assert page.says("order.not_eligible")
    assert 'href="/cards/order"' not in page.text
    assert (await browser.get("/cards/order")).says("order.not_eligible")
    await accounts.value(town.house, account.number, 1_000_000, town.house.clock.now())
    await town.do("UPDATE sessions SET fresh_at = 0 WHERE user_id = :id", id=user.id)
    assert (await browser.get("/cards/order")).path.startswith("/step-up?to=order")
    await prove(town, user)
    form = (await summary(browser, account)).form("/cards/order/confirm")
    await town.do("UPDATE sessions SET fresh_at = 0 WHERE user_id = :id", id=user.id)
    page = await browser.land(await browser.post(form.action, form.fields))
    assert page.path.startswith("/step-up?to=order"), "an old proof orders nothing"
    assert await orders.mine(town.house, user) == []


async def test_many_clicks_at_once_are_one_order_on_two_workers(town: Town) -> None:
    user, browser, _, account = await may_order(town)
    form = (await summary(browser, account)).form("/cards/order/confirm")
    pages = await at_once(browser.post(form.action, form.fields) for _ in range(8))
    assert [page.status for page in pages].count(303) == 1
    assert {page.status for page in pages} <= {303, 409}
    assert len(await orders.mine(town.house, user)) == 1
    assert (await town.events(user))["custody:reserve:held"] == 1
    assert (await town.notices(user))["card_ordered"] == 1


async def test_of_a_clerk_who_ships_and_a_client_who_takes_back_one_wins(town: Town) -> None:
    for _ in range(3):
        user, browser, _, account = await may_order(town)
        order = await ordered(town, user, browser, account)
        form = browser.page.form("/cards/order/cancel")
        card, now = await stocked(town), town.house.clock.now()

        async def packs(number: str = order.number, serial: str = card.serial, at: int = now) -> bool:
            return isinstance(await orders.ship(town.house, number, Parcel(serial), at, CLERK), Card)

        async def takes_back(browser: Browser = browser, form=form) -> bool:  # type: ignore[no-untyped-def]
            return (await browser.post(form.action, form.fields)).status == 303

        done = await at_once([packs(), takes_back()])
        assert sorted(done) == [False, True]
        [after] = await orders.mine(town.house, user)
        assert (after.state.value, await state_of(town, card)) in {("shipped", "shipped"), ("cancelled", "stocked")}
        ends = [line for line in await dues.export(town.house, 0) if line.about == order.id]
        assert len(ends) == 1 + done[1]


async def test_anna_sends_a_card_back_with_its_form_and_sees_it_received(town: Town) -> None:
    user, browser, card, plastic = await with_card(town)
    ask = f"/cards/{plastic.id}/return"
    page = await browser.get(ask)
    assert "you are liable" not in page.text
    page = await browser.send(ask, reason="replacement", country="NL")
    assert page.says("return.phone_first")
    assert "tel:" in page.text
    page = await browser.send(ask, reason="damage", country="JP")
    assert page.path.startswith("/returns/")
    for text in ("padded envelope", "gives you a tracking number", "you are liable", "Three to five business days"):
        assert text in page.text, text
    [one] = await returns.of_client(town.house, user)
    assert one.region == "japan"
    pdf = await browser.ask("GET", f"{page.path}/form.pdf", sec_fetch_site="same-origin", keep=False)
    assert pdf.answer.headers["content-type"] == "application/pdf"
    sheet = pypdfium2.PdfDocument(pdf.answer.content)[0]
    [code] = zxingcpp.read_barcodes(sheet.render(scale=3).to_pil())
    assert (await browser.send(f"{page.path}/posted", carrier="", tracking="?")).says("return.tracking")
    page = await browser.send(f"{page.path.removesuffix('/posted')}/posted", carrier="Post", tracking=TRACKING)
    assert TRACKING in page.text
    assert await state_of(town, card) == "in_transit"
    assert (await browser.post(f"{page.path}/cancel", {"csrf": page.csrf})).status == 410
    assert isinstance(await returns.receive(town.house, code.text, town.house.clock.now(), CLERK), Card)
    page = await browser.get(page.path)
    assert "Received by us" in page.text
    assert "We have received your challenge card" in unescape(page.text)
    page = await browser.get("/cards")
    assert "Nobody else gets it" in page.text


async def test_a_return_is_called_off_until_it_is_posted_and_asks_for_a_proof(town: Town) -> None:
    user, browser, card, plastic = await with_card(town)
    await browser.get(f"/cards/{plastic.id}/return")
    page = await browser.send(f"/cards/{plastic.id}/return", reason="closing", country="NL")
    where = page.path
    await town.do("UPDATE sessions SET fresh_at = 0 WHERE user_id = :id", id=user.id)
    page = await browser.get(where)
    assert not page.has_form(f"{where}/posted")
    assert 'href="/step-up?to=returning&amp;id=' in page.text
    page = await browser.land(await browser.post(f"{where}/posted", {"csrf": page.csrf, "tracking": TRACKING}))
    assert page.path.startswith("/step-up?to=returning&id=")
    assert (await browser.get(f"/cards/{plastic.id}/return")).path == "/cards", "it is announced already"
    await browser.get(where)
    assert (await browser.send(f"{where}/cancel")).path == "/cards?done=return_cancelled"
    assert await state_of(town, card) == "active"


async def test_two_clerks_receive_a_card_once_over_two_houses(town: Town) -> None:
    user, _, card, _ = await with_card(town)
    now = town.house.clock.now()
    done = await at_once(returns.receive(town.house, card.serial, now, desk(f"clerk{n}")) for n in range(6))
    assert sum(isinstance(each, Card) for each in done) == 1
    assert (await town.events(user))["custody:card:received"] == 1
    assert (await town.notices(user))["return_received"] == 1


async def test_somebody_elses_card_and_return_read_like_missing_ones(town: Town) -> None:
    _, browser, _, plastic = await with_card(town)
    await browser.get(f"/cards/{plastic.id}/return")
    page = await browser.send(f"/cards/{plastic.id}/return", reason="closing", country="NL")
    one = page.path.rpartition("/")[2]
    stranger, inside, _ = await town.with_phone()
    await prove(town, stranger)
    await inside.get("/")
    await same_as_missing(inside, "GET", "/cards/{}/return", plastic.id)
    await same_as_missing(inside, "POST", "/cards/{}/return", plastic.id, reason="closing", country="NL")
    await same_as_missing(inside, "GET", "/returns/{}", one)
    await same_as_missing(inside, "GET", "/returns/{}/form.pdf", one)
    await same_as_missing(inside, "POST", "/returns/{}/posted", one, tracking=TRACKING)
    await same_as_missing(inside, "POST", "/returns/{}/cancel", one)
    assert plastic.serial not in (await inside.get("/cards")).text
