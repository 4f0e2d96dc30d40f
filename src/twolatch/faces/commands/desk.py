"""`twolatch desk`: who works at the support desk."""

from typing import TYPE_CHECKING, Annotated

import typer

from twolatch.faces.commands.inside import fail, in_house
from twolatch.faces.commands.user import Name

if TYPE_CHECKING:
    from twolatch.house import House

app = typer.Typer(no_args_is_help=True)


@app.command()
def add(
    name: Name,
    role: Annotated[str, typer.Option(help="agent, or officer: the second pair of eyes.")],
    called: Annotated[str, typer.Option(help="The first name that clients are told.")] = "",
) -> None:
    """Let a user work at the desk. He logs in there with his password and a phone or card that asks for a PIN."""
    from twolatch.desk import staffing
    from twolatch.people.model import Role

    if role not in set(Role):
        fail("The role is agent or officer.", 2)

    async def wish(house: "House") -> object:
        return await staffing.add(house, name, Role(role), called, house.clock.now())

    done = in_house(wish)
    if done is None:
        fail(f"Nobody is called {name}.")
    typer.echo(f"{name} works at the desk as {role}. Clients are told: {done.called}, {done.number}.")  # type: ignore[attr-defined]


@app.command("list")
def list_staff() -> None:
    """Who works at the desk."""
    from twolatch.desk import staffing

    for one, name in in_house(staffing.everybody):
        typer.echo(f"{one.number:>5}  {name:24} {one.role.value:8} {one.called}")


@app.command()
def remove(name: Name) -> None:
    """End somebody's work at the desk, at once. He stays a client."""
    from twolatch.desk import staffing

    async def wish(house: "House") -> bool:
        return await staffing.remove(house, name, house.clock.now())

    if not in_house(wish):
        fail(f"{name} does not work at the desk.")
    typer.echo(f"{name} works at the desk no more.")
