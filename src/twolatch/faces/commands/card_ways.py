"""`twolatch card`, the travels of a card: ordered, delivered, sent back, received, looked at, destroyed; and what it
costs. For sites without a support desk."""

import csv
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from twolatch.faces.commands.card import Serial, app
from twolatch.faces.commands.inside import fail, in_house

if TYPE_CHECKING:
    from twolatch.custody.dues.model import Due
    from twolatch.custody.model import Card, Fault
    from twolatch.custody.orders.model import Order
    from twolatch.custody.returns.model import Return
    from twolatch.house import House

Scanned = Annotated[str, typer.Argument(metavar="SERIAL", help="Of the card, or the number of the return.")]
OrderNumber = Annotated[str, typer.Argument(metavar="ORDER", help="Its number, such as P-4K7M-2Q9T.")]


def _day(at: int) -> str:
    return datetime.fromtimestamp(at / 1000, UTC).date().isoformat() if at else "-"


def _or_fault(found: "Card | Order | Return | Fault | None") -> None:
    from twolatch.custody.model import Fault

    if isinstance(found, Fault):
        fail(f"Not done: {found.value}.")


@app.command()
def orders(most: Annotated[int, typer.Option(min=1, max=10_000, help="How many at the most.")] = 200) -> None:
    """List what has to be shipped, the oldest first, with the address."""
    from twolatch.custody.orders import flows
    from twolatch.custody.orders.model import shown_number
    from twolatch.people import store
    from twolatch.regions.addresses import lines

    async def wish(house: "House") -> list[tuple[str, str, str, str]]:
        found = []
        for one in await flows.waiting(house, most):
            user = await store.by_id(house.db, one.user)
            label = " / ".join(lines(one.address))
            found.append((shown_number(one.number), user.name if user else "", _day(one.ordered_at), label))
        return found

    for number, name, day, label in in_house(wish):
        typer.echo(f"{number:12} {name:24} {day}  {label}")


@app.command()
def order(
    user: Annotated[str, typer.Argument(help="The client's user name.")],
    account: Annotated[str, typer.Option(help="Number of the account that carries the reserve.")],
    country: Annotated[str, typer.Option(help="Two letters, such as NL.")],
    street: Annotated[str, typer.Option(help="Street and number; lines with \\n between them.")],
    city: Annotated[str, typer.Option()] = "",
    postcode: Annotated[str, typer.Option()] = "",
    area: Annotated[str, typer.Option(help="State, province or prefecture, where the country has them.")] = "",
    name: Annotated[str, typer.Option(help="Who receives it; else the client's own name.")] = "",
) -> None:
    """Order a card for a client who asked you. He is told by mail, and sees the address in the portal."""
    from twolatch.custody.orders import flows
    from twolatch.custody.orders.model import Order, Wish, shown_number
    from twolatch.people import store
    from twolatch.people.model import canonical_name
    from twolatch.regions import Address
    from twolatch.words.warrants import Operator

    async def wish(house: "House") -> "Order | Fault":
        found = await store.by_name(house.db, canonical_name(user))
        receiver = name or (found.display if found else "")
        address = Address(country, receiver, "", street.replace("\\n", "\n"), city, "", area, postcode, "")
        return await flows.order_for(house, Operator(), user, account, Wish("", address), house.clock.now())

    done = in_house(wish)
    _or_fault(done)
    if isinstance(done, Order):
        typer.echo(f"{shown_number(done.number)} is ordered, expected {_day(done.expected_at)}.")


@app.command()
def cancel(number: OrderNumber) -> None:
    """Take an order back before it is shipped."""
    from twolatch.custody.model import OPERATOR
    from twolatch.custody.orders import flows

    async def wish(house: "House") -> "Fault | None":
        return await flows.cancel_for(house, number, house.clock.now(), OPERATOR)

    _or_fault(in_house(wish))
    typer.echo(f"{number} is taken back.")


@app.command()
def deliver(serial: Serial) -> None:
    """Note a card as delivered to its client."""
    from twolatch.custody import flows

    async def wish(house: "House") -> "Card | Fault":
        return await flows.deliver(house, serial, house.clock.now())

    _or_fault(in_house(wish))
    typer.echo(f"{serial} is delivered.")


@app.command("return")
def announce(
    serial: Serial,
    reason: Annotated[str, typer.Option(help="damage, breakage, replacement, consolidation or closing.")],
    region: Annotated[str, typer.Option(help="Whose address and working days: the name of a region's file.")],
) -> None:
    """Note that a client will send his card back."""
    from twolatch.custody.model import OPERATOR
    from twolatch.custody.orders.model import shown_number
    from twolatch.custody.returns import flows
    from twolatch.custody.returns.model import Reason, Return

    if reason not in set(Reason):
        fail(f"A reason is {', '.join(Reason)}.", 2)

    async def wish(house: "House") -> "Return | Fault":
        return await flows.announce_for(house, serial, Reason(reason), region, house.clock.now(), OPERATOR)

    done = in_house(wish)
    _or_fault(done)
    if isinstance(done, Return):
        typer.echo(f"{shown_number(done.number)}: {serial} comes back, posted by {_day(done.due_at)} at the latest.")


@app.command()
def posted(
    code: Scanned,
    tracking: Annotated[str, typer.Option(help="The carrier's number for it.")] = "",
    carrier: Annotated[str, typer.Option(help="Who brings it.")] = "",
) -> None:
    """Note that a card is on its way back; it opens nothing from then on."""
    from twolatch.custody.model import OPERATOR
    from twolatch.custody.returns import flows

    async def wish(house: "House") -> "Return | Fault":
        return await flows.post_for(house, code, carrier, tracking, house.clock.now(), OPERATOR)

    _or_fault(in_house(wish))
    typer.echo(f"{code} is on its way back.")


@app.command()
def receive(code: Scanned) -> None:
    """Note that a card lies before you. A closing that waited for it goes on."""
    from twolatch.closing.effect import close_due
    from twolatch.custody.model import OPERATOR
    from twolatch.custody.returns import flows

    async def wish(house: "House") -> "Card | Fault":
        done = await flows.receive(house, code, house.clock.now(), OPERATOR)
        await close_due(house, house.clock.now())
        return done

    _or_fault(in_house(wish))
    typer.echo(f"{code} is received. Look at it: twolatch card inspect.")


@app.command()
def inspect(
    serial: Serial,
    found: Annotated[str, typer.Option(help="returned (in order), battery, defect or damaged.")] = "returned",
) -> None:
    """Note what you saw of a card that came back; the reserve is released, or the fee charged."""
    from twolatch.custody.dues.model import SEEN, Cause
    from twolatch.custody.model import OPERATOR
    from twolatch.custody.returns import flows

    if found not in {cause.value for cause in SEEN}:
        fail("A card is returned (in order), battery, defect or damaged.", 2)

    async def wish(house: "House") -> "Card | Fault":
        return await flows.inspect(house, serial, Cause(found), house.clock.now(), OPERATOR)

    _or_fault(in_house(wish))
    typer.echo(f"{serial} is inspected: {found}.")


@app.command()
def destroy(serial: Serial) -> None:
    """Note that a card that was looked at is in the shredder."""
    from twolatch.custody.model import OPERATOR
    from twolatch.custody.returns import flows

    async def wish(house: "House") -> "Card | Fault":
        return await flows.destroy(house, serial, house.clock.now(), OPERATOR)

    _or_fault(in_house(wish))
    typer.echo(f"{serial} is destroyed.")


@app.command()
def overdue() -> None:
    """List the returns that should be here by now, the oldest first."""
    from twolatch.custody.orders.model import shown_number
    from twolatch.custody.returns import flows
    from twolatch.custody.store import by_id

    async def wish(house: "House") -> list[str]:
        lines = []
        for one in await flows.overdue(house, house.clock.now()):
            card = await by_id(house.db, one.card)
            serial = card.serial if card else ""
            way = f"{one.carrier} {one.tracking}".strip()
            lines.append(f"{shown_number(one.number):12} {serial:20} {one.state.value:10} {_day(one.due_at)}  {way}")
        return lines

    for line in in_house(wish):
        typer.echo(line.rstrip())


@app.command()
def way(serial: Serial) -> None:
    """Everything that happened to a card, the oldest first, as the audit log has it."""
    from twolatch.custody import flows

    async def wish(house: "House") -> list[str] | None:
        card = await flows.by_serial(house, serial)
        if card is None:
            return None
        return [
            f"{datetime.fromtimestamp(step.at / 1000, UTC):%Y-%m-%d %H:%M}  {step.what.removeprefix('custody:'):20} "
            f"{step.by.who:9} {step.facts.get('carrier', '')} {step.facts.get('tracking', '')}".rstrip()
            for step in await flows.way_of(house, card)
        ]

    found = in_house(wish)
    if found is None:
        fail(f"No card has the serial {serial}.")
    typer.echo("\n".join(found))


@app.command()
def fees(since: Annotated[str, typer.Option(help="Day from which on, as 2026-01-31.")] = "1970-01-01") -> None:
    """Write reserves and fees as CSV, for whoever moves the money."""
    from twolatch.accounts import store as accounts
    from twolatch.custody import store as cards
    from twolatch.custody.dues import flows

    try:
        start = round(datetime.fromisoformat(since).replace(tzinfo=UTC).timestamp() * 1000)
    except ValueError:
        fail("A day reads 2026-01-31.", 2)

    async def wish(house: "House") -> list[tuple["Due", str, str]]:
        found = []
        for due in await flows.export(house, start):
            account = await accounts.by_id(house.db, due.account) if due.account else None
            card = await cards.by_id(house.db, due.card) if due.card else None
            found.append((due, account.number if account else "", card.serial if card else ""))
        return found

    out = csv.writer(sys.stdout, lineterminator="\n")
    out.writerow(["at", "what", "account", "card", "amount", "currency", "cause", "id"])
    for due, account, serial in in_house(wish):
        at = datetime.fromtimestamp(due.at / 1000, UTC).isoformat(timespec="seconds")
        amount = f"{due.amount / 100:.2f}"
        out.writerow([at, due.what.value, account, serial, amount, due.currency, due.cause, due.id])
