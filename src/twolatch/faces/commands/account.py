"""Accounts, from the operator's side."""

import json
from typing import TYPE_CHECKING, Annotated

import typer

from twolatch.faces.commands.inside import fail, in_house

if TYPE_CHECKING:
    from twolatch.house import House

app = typer.Typer(no_args_is_help=True)

Number = Annotated[str, typer.Argument(help="The account's number.")]


@app.command()
def add(
    number: Number,
    holder: Annotated[list[str], typer.Option(help="User name of who holds it; once for each.")],
    user: Annotated[list[str] | None, typer.Option(help="User name of who may see it; once for each.")] = None,
    label: Annotated[str, typer.Option(help="What it is called on screens.")] = "",
) -> None:
    """Open an account for one client or several."""
    from twolatch.accounts import flows

    async def wish(house: "House") -> object:
        return await flows.add(house, number, label, holder, user or [], house.clock.now())

    done = in_house(wish)
    if isinstance(done, flows.Fault):
        fail(f"Not added: {done.value}.")
    typer.echo(f"Added {number}.")


@app.command("list")
def list_accounts(
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object per line.")] = False,
    most: Annotated[int, typer.Option(min=1, max=100_000, help="How many at the most.")] = 1000,
) -> None:
    """List accounts by number."""
    from twolatch.accounts import store

    async def wish(house: "House") -> object:
        return await store.everything(house.db, "", most)

    for one in in_house(wish):  # type: ignore[attr-defined]
        if as_json:
            line = {"number": one.number, "label": one.label, "state": one.state.value}
            typer.echo(json.dumps(line, ensure_ascii=False))
        else:
            typer.echo(f"{one.number:20} {one.state.value:8} {one.label}".rstrip())


@app.command()
def equity(
    number: Number,
    amount: Annotated[int, typer.Argument(min=0, max=10**15, help="In whole units of your currency.")],
) -> None:
    """Note what an account is worth, as your books say: who may order a card depends on it."""
    from twolatch.accounts import flows

    async def wish(house: "House") -> object:
        return await flows.value(house, number, amount, house.clock.now())

    if in_house(wish) is None:
        fail(f"No account has the number {number}.")
    typer.echo(f"{number} is worth {amount}.")


@app.command()
def close(
    number: Number,
    into: Annotated[str, typer.Option(help="Number of the account that stays, where two become one.")] = "",
) -> None:
    """Ask for an account's closing, for a client at the desk. He has a day to take it back."""
    from twolatch.closing import flows
    from twolatch.closing.model import Fault

    async def wish(house: "House") -> object:
        return await flows.ask_for(house, number, into, house.clock.now())

    done = in_house(wish)
    if isinstance(done, Fault):
        fail(f"Not asked for: {done.value}.")
    typer.echo(f"The closing of {number} is asked for; within a day it can be taken back.")


@app.command()
def keep(number: Number) -> None:
    """Take a closing back, within its day."""
    from twolatch.closing import flows

    async def wish(house: "House") -> object:
        return await flows.cancel_for(house, number, house.clock.now())

    if fault := in_house(wish):
        fail(f"Not taken back: {fault.value}.")  # type: ignore[attr-defined]
    typer.echo(f"{number} stays open.")


@app.command()
def settle(
    number: Number,
    card: Annotated[str, typer.Argument(help="Serial of a card, or what the client calls it.")],
    how: Annotated[str, typer.Option(help="returned, lost or shredded.")] = "returned",
) -> None:
    """A card that an account's closing waits for has arrived, is lost or is shredded."""
    from twolatch.closing import flows
    from twolatch.closing.model import How

    if how not in set(How):
        fail("A card is returned, lost or shredded.")

    async def wish(house: "House") -> object:
        return await flows.settle_for(house, number, card, How(how), house.clock.now())

    if fault := in_house(wish):
        fail(f"Not settled: {fault.value}.")  # type: ignore[attr-defined]
    typer.echo(f"{card}: {how}.")


@app.command()
def status(number: Number) -> None:
    """How an account stands, and which cards its closing waits for."""
    from twolatch.accounts import store
    from twolatch.closing import cards

    async def wish(house: "House") -> "tuple[str, list[str]] | None":
        one = await store.by_number(house.db, number)
        if one is None:
            return None
        owed = await cards.of_account(house.db, house, one)
        return one.state.value, [f"  {each.name}: {each.settled or each.duty}" for each in owed]

    if (done := in_house(wish)) is None:
        fail(f"No account has the number {number}.")
    typer.echo("\n".join([f"{number}: {done[0]}", *done[1]]))
