"""Cards on their travels, at the level of flows: a box of stock, a client who may order, a card in hand."""

import os
import secrets
from dataclasses import replace
from typing import Any

from tests.flows.houses import Handset, Seat, Time, activated
from tests.flows.test_accounts import opened
from tests.flows.test_closing import come_back
from twolatch.accounts import flows as accounts
from twolatch.activation import by_code
from twolatch.activation.by_code import Added, SettingUp
from twolatch.client import cards as soft
from twolatch.client.cards import SoftCard
from twolatch.custody import flows, importing, receiving
from twolatch.custody.handing import Parcel
from twolatch.custody.model import Card, desk
from twolatch.custody.orders import flows as orders
from twolatch.custody.orders.model import Order, Wish
from twolatch.custody.returns import flows as returns
from twolatch.custody.returns.model import Reason, Return
from twolatch.house import House
from twolatch.protocol.pskc.sealing import FileKey
from twolatch.protocol.pskc.writing import write
from twolatch.regions import Address, Region
from twolatch.sessions.model import FreshlySignedIn, SignedIn
from twolatch.words.refusals import Refusal
from twolatch.words.shapes import AnswerNumber
from twolatch.words.warrants import Operator

HOURS = 3600
DAY = 24 * HOURS
PIN = "4711"
KEY = FileKey(bytes(range(16)))
CLERK = desk("clerk")
TRACKING = "3SABC123456789"
HOME = Address("NL", "Anna de Vries", "", "Keizersgracht 1", "Amsterdam", "", "", "1015 CN", "")


def with_settings(house: House, **changes: Any) -> House:
    return replace(house, settings=house.settings.model_copy(update=changes))


async def box(house: House, count: int = 1) -> list[SoftCard]:
    """New cards in the stock."""
    made = [soft.made(f"T{secrets.token_hex(5)}", PIN, os.urandom(soft.FRESH)) for _ in range(count)]
    data = write([key for _, key in made], KEY.key, os.urandom(48 + 16 * count))
    await importing.take_in(house, Operator(), data, KEY, "2026-11-22", house.clock.now())
    return [card for card, _ in made]


async def may_order(house: House, time: Time, number: str = "A1001", equity: int = 2_000_000) -> tuple[
    SignedIn, Seat, Handset
]:  # fmt: skip
    """Anna: a phone since two days, an account that is worth it; freshly proved."""
    _, seat, phone = await activated(house, "anna")
    await opened(house, number)
    await accounts.value(house, number, equity, house.clock.now())
    time.pass_(2 * DAY)
    return await come_back(house, seat, phone, "anna"), seat, phone


def fresh(house: House, who: SignedIn) -> FreshlySignedIn:
    return FreshlySignedIn(replace(who, fresh_until=house.clock.now() + 1000))


async def order(house: House, who: SignedIn, address: Address = HOME) -> Order | Refusal:
    offer = await orders.may_order(house, fresh(house, who).signed_in, house.clock.now())
    if isinstance(offer, Refusal):
        return offer
    return await orders.order(house, fresh(house, who), Wish(offer.accounts[0].id, address), house.clock.now())


async def sent(house: House, who: SignedIn) -> tuple[SoftCard, Card]:
    """Ordered, packed and in the post."""
    ordered = await order(house, who)
    assert isinstance(ordered, Order), ordered
    [card] = await box(house)
    parcel = Parcel(card.serial, "", TRACKING)
    done = await orders.ship(house, ordered.number, parcel, house.clock.now(), CLERK)
    assert isinstance(done, Card), done
    return card, done


async def set_up(house: House, who: SignedIn, card: SoftCard) -> Card:
    who = fresh(house, who).signed_in
    begun = await receiving.begin(house, who, "Card", "Firefox on Linux", house.clock.now())
    assert isinstance(begun, str), begun
    seen = await by_code.look(house, who, begun, house.clock.now())
    assert isinstance(seen, SettingUp)
    assert isinstance(seen.shown, AnswerNumber)
    typed = soft.answer(card, PIN, seen.shown.number)
    assert typed
    done = await by_code.confirm(house, who, begun, typed, house.clock.now())
    assert isinstance(done, Added), done
    return await now_is(house, card.serial)


async def with_card(house: House, time: Time) -> tuple[SignedIn, SoftCard, Card]:
    """Anna ordered a card, and it is active."""
    who, _, _ = await may_order(house, time)
    card, _ = await sent(house, who)
    return who, card, await set_up(house, who, card)


async def announced(house: House, who: SignedIn, card: Card, reason: Reason = Reason.CLOSING) -> Return:
    done = await returns.announce(house, fresh(house, who), card.id, reason, europe(house), house.clock.now())
    assert isinstance(done, Return), done
    return done


async def posted(house: House, who: SignedIn, one: Return) -> Return:
    done = await returns.post(house, fresh(house, who), one.id, "", TRACKING, house.clock.now())
    assert isinstance(done, Return), done
    return done


def europe(house: House) -> Region:
    return house.regions.of_country("NL")


async def now_is(house: House, serial: str) -> Card:
    found = await flows.by_serial(house, serial)
    assert found
    return found


async def way(house: House, card: Card, user: str = "") -> list[str]:
    """What the timeline says, by the last word of each event."""
    steps = await flows.way_of(house, await now_is(house, card.serial), user=user)
    return [step.what.removeprefix("custody:") for step in steps]


async def told(house: House, user: str) -> list[str]:
    rows = await house.db.rows("SELECT kind FROM notices WHERE user_id = :user", user=user)
    return sorted(row["kind"] for row in rows)
