"""Stock, orders and returns at the desk: taken in by two, shipped and received by scanning, and nothing twice."""

import os
import secrets
from dataclasses import dataclass

import pytest

from tests.people import DeskBrowser, Page, Town, at_once
from tests.workers import Worker, at_work
from twolatch.accounts import flows as accounts
from twolatch.client import cards as soft
from twolatch.custody import flows, importing
from twolatch.custody.model import Card, State
from twolatch.custody.orders import flows as orders
from twolatch.custody.orders.model import Order, Wish, shown_number
from twolatch.custody.returns import flows as returns
from twolatch.custody.returns.model import Reason
from twolatch.people.model import Role
from twolatch.protocol.pskc.sealing import FileKey
from twolatch.protocol.pskc.writing import write
from twolatch.regions import Address
from twolatch.words.limits import DAY
from twolatch.words.warrants import Operator

KEY = b"k" * 16
HOME = Address("NL", name="Anna de Vries", street="Keizersgracht 1", city="Amsterdam", postcode="1015 CJ")
EDGE = "----edge"


def a_file(*serials: str) -> bytes:
    made = [soft.made(serial, "4711", os.urandom(soft.FRESH))[1] for serial in serials]
    return write(made, KEY, os.urandom(48 + 16 * len(made)))


def some_serial() -> str:
    return f"D{secrets.token_hex(5)}".upper()


def multipart(fields: dict[str, str], file: bytes, name: str = "cards.xml") -> bytes:
    says = f"--{EDGE}\r\nContent-Disposition: form-data; name="
    parts = [f'{says}"{key}"\r\n\r\n{text}\r\n' for key, text in fields.items()]
    head = f'{says}"file"; filename="{name}"\r\nContent-Type: text/xml\r\n\r\n'
    return "".join(parts).encode() + head.encode() + file + f"\r\n--{EDGE}--\r\n".encode()


async def upload(browser: DeskBrowser, file: bytes, **fields: str) -> Page:
    page = await browser.get("/stock/import")
    given = {"csrf": page.csrf, "key": KEY.hex(), "key2": "", "passphrase": "", "reason": "delivery 7", **fields}
    kind = f"multipart/form-data; boundary={EDGE}"
    marks = {"origin": browser.origin, "sec_fetch_site": "same-origin", "content_type": kind}
    return await browser.land(await browser.ask("POST", "/stock/import", multipart(given, file), **marks))


@dataclass
class Desk:
    town: Town
    sanne: Worker
    olga: Worker
    peter: Worker

    async def stocked(self) -> Card:
        house, serial = self.town.house, some_serial()
        file, now = a_file(serial), house.clock.now()
        report = await importing.take_in(house, Operator(), file, FileKey(KEY), "2026-11-22", now)
        assert report.new == [serial]
        return await self.card(serial)

    async def card(self, serial: str) -> Card:
        found = await flows.by_serial(self.town.house, serial)
        assert found
        return found

    async def ordered(self) -> Order:
        house, user = self.town.house, await self.town.person()
        number = f"U{secrets.randbelow(10**8):08}"
        await accounts.add(house, number, "", [user.name], [], house.clock.now())
        done = await orders.order_for(house, Operator(), user.name, number, Wish("", HOME), house.clock.now())
        assert isinstance(done, Order), done
        return done

    async def shipped(self) -> Card:
        order, card = await self.ordered(), await self.stocked()
        await self.sanne.desk.get(f"/orders/{order.number}")
        await self.sanne.desk.send(
            f"/orders/{order.number}/ship", serial=card.serial, carrier="Post", tracking="3SABCD1234567"
        )
        return await self.card(card.serial)


@pytest.fixture
async def desk(town: Town) -> Desk:
    return Desk(
        town, await at_work(town), await at_work(town, Role.OFFICER, "Olga"), await at_work(town, Role.OFFICER, "Peter")
    )


async def test_a_file_is_taken_in_by_two_officers(desk: Desk) -> None:
    first, second = some_serial(), some_serial()
    page = await upload(desk.olga.desk, a_file(first, second))
    assert page.path.startswith("/proposals/")
    assert first in page.text
    assert second in page.text
    assert await flows.by_serial(desk.town.house, first) is None
    path = page.path
    page = await desk.peter.desk.get(path)
    page = await desk.peter.desk.send(f"{path}/approve", said="")
    assert "Approved and done" in page.text
    assert (await desk.card(first)).state is State.STOCKED
    page = await desk.sanne.desk.get(f"/stock/find?serial={first.lower()}")
    page = await desk.sanne.desk.get(f"/stock/find?serial={first}")
    assert "Olga" in page.text
    assert "Peter" in page.text


async def test_a_hostile_file_takes_nothing_in(desk: Desk) -> None:
    browser = desk.olga.desk
    assert (await upload(browser, a_file(some_serial()), key="zz")).says("import.key")
    assert (await upload(browser, a_file(some_serial()), key="00" * 16)).says("import.bad_file")
    assert (await upload(browser, b"")).says("import.no_file")
    for bad in (b"<a/>", b"\x00\xff" * 500, b'<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>', b"<a>" * 50_000):
        page = await upload(browser, bad)
        assert (page.status, page.says("import.bad_file")) == (400, True)
    assert (await upload(browser, b"x" * (2 * 1024 * 1024 + 70_000))).status == 413
    assert (await upload(browser, a_file(some_serial()), csrf="x")).status == 403
    kind = "multipart/form-data; boundary=" + "x" * 90
    marks = {"origin": browser.origin, "sec_fetch_site": "same-origin", "content_type": kind}
    assert (await browser.ask("POST", "/stock/import", b"x", **marks)).status == 400
    foreign = {"origin": "https://evil.example", "content_type": f"multipart/form-data; boundary={EDGE}"}
    assert (await browser.ask("POST", "/stock/import", multipart({}, b"x"), **foreign)).status == 403


async def test_an_agent_takes_in_no_file_and_sees_no_budgets(desk: Desk) -> None:
    browser, csrf = desk.sanne.desk, (await desk.sanne.desk.get("/stock")).csrf
    for path in ("/stock/import", "/budgets"):
        assert (await browser.get(path)).status == 404
    assert (await browser.post("/budgets", {"csrf": csrf})).status == 404
    kind = f"multipart/form-data; boundary={EDGE}"
    marks = {"origin": browser.origin, "sec_fetch_site": "same-origin", "content_type": kind}
    sent = multipart({"csrf": csrf, "key": KEY.hex()}, a_file(some_serial()))
    assert (await browser.ask("POST", "/stock/import", sent, **marks)).status == 404


async def test_a_clerk_scans_an_order_a_card_and_a_label_and_is_ready_for_the_next(desk: Desk) -> None:
    order, card, browser = await desk.ordered(), await desk.stocked(), desk.sanne.desk
    page = await browser.get("/orders")
    assert shown_number(order.number) in page.text
    page = await browser.get(f"/orders/find?number={shown_number(order.number)}")
    assert page.path == f"/orders/{order.number}"
    assert "Keizersgracht 1" in page.text
    ship = f"/orders/{order.number}/ship"
    page = await browser.send(ship, serial="NOSUCH", carrier="Post", tracking="3SABCD1234567")
    assert (page.status, "No card has this serial" in page.text) == (409, True)
    page = await browser.send(ship, serial=card.serial, carrier="Post", tracking="3SABCD1234567")
    assert page.path == f"/orders?sent={card.id}"
    assert f"{card.serial} is on its way" in page.text
    assert shown_number(order.number) not in page.text
    assert (await desk.card(card.serial)).state is State.SHIPPED
    other = await desk.stocked()
    late = {"csrf": page.csrf, "serial": other.serial, "carrier": "Post", "tracking": "3S12345"}
    done = await browser.post(ship, late)
    assert "A card is on its way to this client already" in done.text
    assert (await desk.card(other.serial)).state is State.STOCKED


async def test_two_clerks_ship_an_order_once(desk: Desk) -> None:
    order, one, other = await desk.ordered(), await desk.stocked(), await desk.stocked()
    bo = await at_work(desk.town, Role.AGENT, "Bo")
    wishes = []
    for worker, card in ((desk.sanne, one), (bo, other), (desk.sanne, other), (bo, one)):
        csrf = (await worker.desk.get(f"/orders/{order.number}")).csrf
        fields = {"csrf": csrf, "serial": card.serial, "carrier": "Post", "tracking": "3S12345"}
        wishes.append(worker.desk.post(f"/orders/{order.number}/ship", fields))
    pages = await at_once(wishes)
    assert [page.status for page in pages].count(303) == 1
    states = sorted([(await desk.card(one.serial)).state, (await desk.card(other.serial)).state])
    assert states == [State.SHIPPED, State.STOCKED]


async def test_a_card_that_comes_back_is_received_by_its_form_looked_at_and_destroyed(desk: Desk) -> None:
    card, house, browser = await desk.shipped(), desk.town.house, desk.sanne.desk
    done = await returns.announce_for(house, card.serial, Reason.DAMAGE, "europe", house.clock.now(), flows.OPERATOR)
    number = getattr(done, "number", "")
    page = await browser.get("/returns")
    assert shown_number(number) in page.text
    page = await browser.send("/returns/receive", scanned=shown_number(number).lower())
    assert f"{card.serial}</strong>: received" in page.text
    for again in (number, card.serial):
        page = await browser.send("/returns/receive", scanned=again)
        assert (page.status, "already received" in page.text) == (409, True)
        assert card.serial in page.text
    page = await browser.get(f"/returns?card={card.id}")
    form = next(form for form in page.forms if form.action == "/returns/inspect")
    page = await browser.land(await browser.post("/returns/inspect", {**form.fields, "found": "damaged"}))
    assert "looked at" in page.text
    form = next(form for form in page.forms if form.action == "/returns/destroy" and form.fields["card"] == card.id)
    page = await browser.land(await browser.post("/returns/destroy", form.fields))
    assert "destroyed. That was its last step." in page.text
    assert (await desk.card(card.serial)).state is State.DESTROYED
    assert (await browser.post("/returns/destroy", form.fields)).status == 409
    page = await browser.get(f"/stock/cards/{card.id}")
    for word in ("Into the stock", "Shipped", "Received", "Looked at", "Destroyed"):
        assert word in page.text


async def test_one_card_scanned_at_two_tables_is_received_once(desk: Desk) -> None:
    card = await desk.shipped()
    bo = await at_work(desk.town, Role.AGENT, "Bo")
    forms = [(worker, (await worker.desk.get("/returns")).csrf) for worker in (desk.sanne, bo)]
    pages = await at_once(
        [worker.desk.post("/returns/receive", {"csrf": csrf, "scanned": card.serial}) for worker, csrf in forms * 4]
    )
    assert sorted(page.status for page in pages) == [303] + [409] * 7
    events = await desk.town.house.db.rows(
        "SELECT number FROM audit WHERE object = :id AND event = 'custody:card:received'", id=card.id
    )
    assert len(events) == 1


async def test_what_should_be_here_by_now_is_told(desk: Desk) -> None:
    card, house = await desk.shipped(), desk.town.house
    before = house.clock.now() - 40 * DAY
    await returns.announce_for(house, card.serial, Reason.CLOSING, "europe", before, flows.OPERATOR)
    page = await desk.sanne.desk.get("/returns")
    late = page.text.partition('id="overdue"')[2].partition("</section>")[0]
    assert card.serial in late


async def test_another_address_takes_two_and_nothing_is_sent_there_before(desk: Desk) -> None:
    order, browser = await desk.ordered(), desk.sanne.desk
    path, wish = f"/orders/{order.number}", {"name": "Anna de Vries", "city": "Utrecht", "country": "NL"}
    await browser.get(path)
    page = await browser.send(f"{path}/address", **wish, street="", postcode="1", reason="moved")
    assert "This address is not complete" in page.text
    page = await browser.send(f"{path}/address", **wish, street="Oudegracht 7", postcode="3511 AB", reason="moved")
    proposal = page.path
    assert proposal.startswith("/proposals/")
    assert "Oudegracht 7" in page.text
    assert "Keizersgracht 1" in page.text
    now_is = await orders.by_number(desk.town.house, order.number)
    assert now_is
    assert now_is.address.city == "Amsterdam"
    await desk.olga.desk.get(proposal)
    page = await desk.olga.desk.send(f"{proposal}/approve", said="")
    assert "Approved and done" in page.text
    now_is = await orders.by_number(desk.town.house, order.number)
    assert now_is
    assert now_is.address.city.casefold() == "utrecht"
    rows = await desk.town.house.db.rows("SELECT kind FROM notices WHERE user_id = :u", u=order.user)
    assert {"decided_address", "card_readdressed"} <= {row["kind"] for row in rows}


async def test_an_order_that_was_shipped_meanwhile_goes_nowhere_else(desk: Desk) -> None:
    order, card, browser = await desk.ordered(), await desk.stocked(), desk.sanne.desk
    path = f"/orders/{order.number}"
    await browser.get(path)
    wish = {"name": "Anna", "city": "Utrecht", "country": "NL", "street": "Oudegracht 7", "postcode": "3511 AB"}
    proposal = (await browser.send(f"{path}/address", **wish, reason="moved")).path
    await browser.get(path)
    await browser.send(f"{path}/ship", serial=card.serial, carrier="Post", tracking="3SABCD1234567")
    await desk.olga.desk.get(proposal)
    page = await desk.olga.desk.send(f"{proposal}/approve", said="")
    assert (page.status, page.says("proposal.void")) == (409, True)


async def test_stock_is_written_off_by_two(desk: Desk) -> None:
    card, browser = await desk.stocked(), desk.sanne.desk
    await browser.get(f"/stock/cards/{card.id}")
    page = await browser.send(f"/stock/cards/{card.id}/write-off", to="lost", reason="not in the box")
    proposal = page.path
    assert card.serial in page.text
    assert (await desk.card(card.serial)).state is State.STOCKED
    await desk.olga.desk.get(proposal)
    await desk.olga.desk.send(f"{proposal}/approve", said="")
    assert (await desk.card(card.serial)).state is State.LOST
