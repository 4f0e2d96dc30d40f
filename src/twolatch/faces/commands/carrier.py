"""`twolatch carrier`: a soft carrier, which brings parcels on command. For rehearsals."""

from typing import TYPE_CHECKING, Annotated

import typer

from twolatch.faces.commands.inside import fail, in_house

if TYPE_CHECKING:
    from twolatch.house import House

app = typer.Typer(no_args_is_help=True)
NAME = "Soft Carrier"


@app.command()
def move(serial: Annotated[str, typer.Argument(help="Of the card in it, or the number of its return.")]) -> None:
    """Bring a parcel one step on: to the client's door; or from the client into the post, and then to your own door."""
    done = in_house(lambda house: moved(house, serial))
    if not done:
        fail(f"There is no parcel {serial} to move.")
    typer.echo(done)


async def moved(house: "House", serial: str) -> str:
    """What the carrier did; empty when there is nothing to move."""
    from twolatch.custody import flows
    from twolatch.custody.model import CARRIER, Card, State
    from twolatch.custody.returns import flows as returns

    found = await returns.find(house, serial)
    card = found.card if found else await flows.by_serial(house, serial)
    now = house.clock.now()
    if card and card.state is State.SHIPPED and isinstance(await flows.deliver(house, card.serial, now, CARRIER), Card):
        return f"{card.serial} lies at the client's door."
    if found and found.card.state is State.ANNOUNCED:
        tracking = f"BACK-{found.one.number}"
        await returns.post_for(house, serial, NAME if not house.settings.carriers else "", tracking, now, CARRIER)
        return f"{found.card.serial} is picked up from the client: {tracking}."
    if found and found.card.state is State.IN_TRANSIT:
        return f"{found.card.serial} lies at your own door. Scan it: twolatch card receive {found.card.serial}"
    return ""
