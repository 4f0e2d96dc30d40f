"""Applications beside the portal: register one, give it a new key, take its key away."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from twolatch.faces.commands.inside import fail, in_house

if TYPE_CHECKING:
    from twolatch.house import House

app = typer.Typer(no_args_is_help=True)

Name = Annotated[str, typer.Argument(help="What clients read: who asks.")]


@app.command()
def add(
    name: Name,
    returns: Annotated[
        list[str], typer.Option("--return", help="Where a client is led back to; compared sign by sign. Repeat it.")
    ] = [],  # noqa: B006  typer reads it and never changes it
    scopes: Annotated[
        list[str], typer.Option("--scope", help="sessions, names, authorizations, documents. Repeat it.")
    ] = ["sessions", "authorizations"],  # noqa: B006
) -> None:
    """Register an application. Its key is shown once."""
    from twolatch.applications import flows
    from twolatch.applications.model import Fault

    async def wish(house: "House") -> Any:
        return await flows.add(house, name, scopes, returns, house.clock.now())

    done = in_house(wish)
    if isinstance(done, Fault):
        fail(f"Not registered: {done.value}.")
    _tell_key(name, done[1].reveal())


@app.command("list")
def list_applications() -> None:
    """List applications: name, rights, addresses, when its key was used last."""
    from twolatch.applications import flows
    from twolatch.faces.commands.code import moment

    for each in in_house(flows.everyone):
        state = "revoked" if each.ended_at else f"used {moment(each.used_at)}" if each.used_at else "never used"
        typer.echo(f"{each.name}   {' '.join(sorted(each.scopes))}   key of {moment(each.key_at)}   {state}")
        for address in each.returns:
            typer.echo(f"    {address}")


@app.command()
def key(name: Name) -> None:
    """Give an application a new key. The old one is dead at once."""
    from twolatch.applications import flows
    from twolatch.applications.model import Fault

    async def wish(house: "House") -> Any:
        return await flows.renew_key(house, name, house.clock.now())

    done = in_house(wish)
    if isinstance(done, Fault):
        fail(f"{done.value}: {name}.")
    _tell_key(name, done.reveal())


@app.command()
def revoke(name: Name) -> None:
    """End an application's key, its hand-overs and every session it knows. Its name is never given again."""
    from twolatch.applications import flows

    async def wish(house: "House") -> bool:
        return await flows.revoke(house, name, house.clock.now())

    if not in_house(wish):
        fail(f"No application in use has this name: {name}.")
    typer.echo(f"Revoked: {name}.")


def _tell_key(name: str, secret: str) -> None:
    typer.echo(f"Key of {name}: {secret}")
    typer.echo("It is shown this once. Only its hash is kept here; keep it where only the application can read it.")
