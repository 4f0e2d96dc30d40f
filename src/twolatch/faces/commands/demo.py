"""`twolatch demo`: a whole site on this machine, with three clients, in one command."""

import asyncio
import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from twolatch.faces.commands.inside import fail
from twolatch.faces.commands.server import free_port, migrated, run_server
from twolatch.words.secret import Secret

if TYPE_CHECKING:
    pass

CLIENTS = (
    ("anna", "Anna de Vries", "anna@example.org", "nl", "linden tree 42 kites"),
    ("bram", "Bram Jansen", "bram@example.org", "en", "copper moon 17 boats"),
    ("carla", "Carla Smit", "carla@example.org", "nl", "silver river 64 lamps"),  # her account is closed
)
CARD_HOLDER, CARD_PIN = "bram", "4711"


def demo(
    data: Annotated[Path, typer.Option(help="Where the demo keeps its database, key and mails.")] = Path("var/demo"),
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port; the next free one when it is taken.")] = 8080,
    lan: Annotated[bool, typer.Option("--lan", help="HTTPS on the local network, for a real phone.")] = False,
) -> None:
    """Run a demo site. Nothing leaves this machine; mails go to a folder."""
    data.mkdir(parents=True, exist_ok=True, mode=0o700)
    if lan:
        from twolatch.faces.commands.lan import open_lan

        site = open_lan(data, port if port != 8080 else 8443)
        _configure(data, site.portal, site.phone, site.desk)
        _prepare(data)
        _tell(data, site.portal, site.phone)
        site.explain()
        site.serve()
        return
    port = free_port("127.0.0.1", port)
    portal, phone, desk = (f"http://{name}localhost:{port}" for name in ("", "phone.", "desk."))
    os.environ.setdefault("TWOLATCH_SOFT_CARDS", str(_cards(data)))
    _configure(data, portal, phone, desk)
    _prepare(data)
    _tell(data, portal, phone)
    run_server("127.0.0.1", port)


def _cards(data: Path) -> Path:
    return data / "cards"


def _configure(data: Path, portal: str, phone: str, desk: str) -> None:
    """What the environment says already stays: the demo is a place to try settings too."""
    for name, value in {
        "DATABASE": f"sqlite:///{data / 'twolatch.db'}",
        "KEY_FILE": str(data / "master.key"),
        "MAIL": f"folder:{data / 'mail'}",
        "PORTAL_URL": portal,
        "PHONE_URL": phone,
        "DESK_URL": desk,
        "SITE_NAME": "Twolatch Demo",
        "PORTAL_NAME": "Twolatch Demo",
    }.items():
        os.environ.setdefault(f"TWOLATCH_{name}", value)


def _prepare(data: Path) -> None:
    """The database, the clients, what they hold and what is in the post for them, where it is not there yet."""
    from twolatch.app import built_house
    from twolatch.faces.commands import demo_papers, demo_parcels
    from twolatch.people import flows, store
    from twolatch.settings import load
    from twolatch.storage.db import StorageFault

    async def run() -> None:
        await migrated()
        async with built_house(load(), alone=True) as house:
            for name, display, email, language, password in CLIENTS:
                if await store.by_name(house.db, name) is None:
                    new = flows.NewUser(name, display, email, language, Secret(password))
                    await flows.add(house, new, house.clock.now())
            await demo_papers.prepare(house, house.clock.now())
            await demo_parcels.prepare(house, _cards(data), CARD_HOLDER, CARD_PIN)

    try:
        asyncio.run(run())
    except StorageFault as fault:
        fail(str(fault))


def _tell(data: Path, portal: str, phone: str) -> None:
    """Six lines: what a newcomer does next."""
    label = typer.style
    clients = "   ".join(f"{name} / {password}" for name, _, _, _, password in CLIENTS)
    soft = f"twolatch phone activate SESSION-ID --pin 7k4m --server {phone}"
    typer.echo(f"{label('Portal', bold=True)}       {portal}")
    typer.echo(f"{label('Phone app', bold=True)}    {phone}")
    typer.echo(f"{label('Clients', bold=True)}      {clients} (account closed)")
    typer.echo(f"{label('No phone?', bold=True)}    .venv/bin/{soft}")
    here = f"{portal}/soft-card" if portal.startswith("http:") else ".venv/bin/twolatch card respond NUMBER"
    typer.echo(f"{label('Card', bold=True)}         {here}    in the post for {CARD_HOLDER}, PIN {CARD_PIN}")
    typer.echo(f"{label('Mails', bold=True)}        {data / 'mail'}        (Ctrl-C ends the demo)")
