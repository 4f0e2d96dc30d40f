"""Papers, from the operator's side."""

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from twolatch.faces.commands.inside import fail, in_house

if TYPE_CHECKING:
    from twolatch.accounts.importing import Outcome
    from twolatch.house import House

app = typer.Typer(no_args_is_help=True)


@app.callback()
def papers() -> None:
    """Activity statements and tax forms."""


@app.command("import")
def take_in(
    folder: Annotated[
        Path, typer.Argument(help="PDFs named ACCOUNT_statement_2025-11.pdf or ACCOUNT_tax-form_2025.pdf.")
    ],
) -> None:
    """Take in all PDFs of a folder; what is here already is passed over."""
    if not folder.is_dir():
        fail(f"{folder} is no folder.")

    async def wish(house: "House") -> "list[tuple[str, Outcome]]":
        return [(file.name, await _one(house, file)) for file in sorted(folder.iterdir()) if file.is_file()]

    done = in_house(wish)
    for name, outcome in done:
        typer.echo(f"{name}: {outcome.value}")
    counted = Counter(outcome.name.lower() for _, outcome in done)
    refused = sum(outcome.is_refused for _, outcome in done)
    typer.echo(f"Taken in: {counted['taken']}, here already: {counted['same']}, refused: {refused}.")
    if refused:
        raise typer.Exit(1)


async def _one(house: "House", file: Path) -> "Outcome":
    from twolatch.accounts.importing import most_bytes, take_in

    with file.open("rb") as opened:  # one byte more than may be shows that it is too large
        return await take_in(house, file.name, opened.read(most_bytes(house) + 1), house.clock.now())
