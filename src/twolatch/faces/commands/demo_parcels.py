"""What the demo has in the post: a card on its way to a client, and one that should be back by now. Through the same
doors as real ones: a maker's file, the stock, an order, a return."""

from pathlib import Path
from typing import TYPE_CHECKING

from twolatch.accounts import flows as accounts
from twolatch.custody import flows
from twolatch.custody.handing import Parcel
from twolatch.custody.importing import take_in
from twolatch.custody.model import CARRIER, OPERATOR
from twolatch.custody.orders import flows as orders
from twolatch.custody.orders.model import Order, Wish
from twolatch.custody.returns import flows as returns
from twolatch.custody.returns.model import Reason
from twolatch.faces.commands.card import made_cards
from twolatch.faces.commands.carrier import NAME
from twolatch.protocol.pskc.sealing import FileKey
from twolatch.regions import Address
from twolatch.words.limits import DAY
from twolatch.words.warrants import Operator

if TYPE_CHECKING:
    from twolatch.house import House

HOMES = {
    "anna": ("A1001", Address("NL", "Anna de Vries", "", "Keizersgracht 1", "Amsterdam", "", "", "1015 CN", "")),
    "bram": ("B2001", Address("NL", "Bram Jansen", "", "Maliebaan 2", "Utrecht", "", "", "3581 CR", "")),
}
LATE = "anna"
RICH = 2_500_000


async def prepare(house: "House", folder: Path, holder: str, pin: str) -> None:
    """Where there is none yet."""
    if await flows.stock(house, most=1):
        return
    now = house.clock.now()
    file, key = made_cards(folder, "SOFT-", 4, pin)
    report = await take_in(house, Operator(), file, FileKey(key), "", now - 60 * DAY)
    for number, _ in HOMES.values():
        await accounts.value(house, number, RICH, now)
    coming, late = report.new[:2]
    await _send(house, holder, coming, now - DAY)
    await _send(house, LATE, late, now - 50 * DAY)
    await flows.deliver(house, late, now - 47 * DAY, CARRIER)
    await returns.announce_for(house, late, Reason.DAMAGE, "europe", now - 20 * DAY, OPERATOR)
    await returns.post_for(house, late, NAME, f"BACK-{late}", now - 18 * DAY, CARRIER)


async def _send(house: "House", name: str, serial: str, at: int) -> None:
    account, address = HOMES[name]
    ordered = await orders.order_for(house, Operator(), name, account, Wish("", address), at - DAY)
    assert isinstance(ordered, Order)
    await orders.ship(house, ordered.number, Parcel(serial, NAME, f"OUT-{serial}"), at, OPERATOR)
