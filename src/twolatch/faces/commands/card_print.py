"""`twolatch card print`: a code card on paper for a client. The file is the card: print it, send it, destroy it."""

import os
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from urllib.parse import urlsplit

import typer

from twolatch.faces.commands.inside import fail, in_house
from twolatch.faces.commands.user import Name, fail_if_refused

if TYPE_CHECKING:
    from twolatch.authenticators.printing import Sheet
    from twolatch.house import House


def print_card(
    name: Name,
    out: Annotated[
        Path | None, typer.Option(help="The PDF to write; it must not be there.", show_default="card-NUMBER.pdf")
    ] = None,
    revoke: Annotated[bool, typer.Option("--revoke", help="End the one that is printed and not active.")] = False,
) -> None:
    """Print a code card for a client: one page, without his name. It is shown in this file, once, and never again."""
    if revoke:
        _revoke(name)
    elif out and out.exists():
        fail(f"{out} is there already: a card is never written over another one.")
    else:
        _print(name, out)


def _revoke(name: str) -> None:
    from twolatch.authenticators import printing

    async def wish(house: "House") -> bool:
        return await printing.take_back(house, name, house.clock.now())

    if not in_house(wish):
        fail(f"No card is on its way to {name}.")
    typer.echo("Ended: whoever has that paper can activate nothing with it.")


def _print(name: str, out: Path | None) -> None:
    from twolatch.authenticators import printing
    from twolatch.people import store
    from twolatch.people.model import canonical_name
    from twolatch.texts.catalogue import Texts

    async def wish(house: "House") -> object:
        user = await store.by_name(house.db, canonical_name(name))
        label = Texts().say(user.language if user else "en", "kind.printedcard.short")
        done = await printing.issue(house, name, label, house.clock.now())
        return (done, _pdf(house, done)) if isinstance(done, printing.Sheet) else done

    done = in_house(wish)
    fail_if_refused(done, unknown=name)
    assert isinstance(done, tuple)
    number = done[0].card.number
    path = out or Path(f"card-{number.replace(' ', '-')}.pdf")
    _write(path, done[1])
    typer.echo(f"Card {number} for {name}: {path}")
    typer.echo("Print it and send it to the client, then destroy the file: nobody can read this card again.")
    typer.echo("In the portal he activates it by two of its cells. Until then his older card, if he has one, serves.")


def _pdf(house: "House", sheet: "Sheet") -> bytes:
    from twolatch.faces.portal.paper import card_pdf, words_of
    from twolatch.texts.catalogue import Texts

    now, texts = house.clock.now(), Texts(house.settings.languages, house.settings.time_zone)
    say, host = partial(texts.say, sheet.language), urlsplit(house.settings.portal_url).netloc
    words = words_of(say, sheet.language, house.settings.site_name, host, sheet.card, "")
    return card_pdf(sheet.card, words, now)


def _write(path: Path, content: bytes) -> None:
    """For its owner's eyes, and never over something else."""
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(content)
    except OSError as fault:
        fail(f"The card could not be written: {fault}. It is lost: print another one.")
