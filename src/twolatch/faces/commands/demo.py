"""`twolatch demo`: a whole site on this machine, with clients and a support desk, in one command."""

import asyncio
import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from twolatch.faces.commands.inside import fail, in_house
from twolatch.faces.commands.server import free_port, migrated, run_server
from twolatch.words.secret import Secret

if TYPE_CHECKING:
    from twolatch.house import House

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
    """Run a demo site. Nothing leaves this machine; mails go to a page of it."""
    data.mkdir(parents=True, exist_ok=True, mode=0o700)
    if lan:
        from twolatch.faces.commands.lan import open_lan

        site = open_lan(data, port if port != 8080 else 8443)
        _configure(data, site.portal, site.phone, site.desk)
        _prepare(data)
        mailbox = _open_mailbox(free_port("127.0.0.1", 8091))
        _tell(data, site.portal, site.phone, site.desk, mailbox)
        site.explain()
        site.serve()
        return
    port = free_port("127.0.0.1", port)
    beside = free_port("127.0.0.1", 8090, {port})
    portal, phone, desk = (f"http://{name}localhost:{port}" for name in ("", "phone.", "desk."))
    os.environ.setdefault("TWOLATCH_SOFT_CARDS", str(_cards(data)))
    os.environ.setdefault("TWOLATCH_SETTLING_HOURS", "0")  # nobody tries for a day what a new phone is good for
    _configure(data, portal, phone, desk)
    _prepare(data)
    here = f"http://shop.localhost:{beside}"
    key = _register(here)
    mailbox = _open_mailbox(free_port("127.0.0.1", 8091, {port, beside}))
    _tell(data, portal, phone, desk, mailbox, here)
    from twolatch.faces.commands.sample import serve_beside

    serve_beside(here, portal, key, beside)
    run_server("127.0.0.1", port)


def _register(here: str) -> str:
    """The sample application's key, new at each start: it is kept nowhere."""
    from twolatch.applications import flows
    from twolatch.applications.model import Fault, Scope
    from twolatch.faces.commands.sample import NAME

    async def wish(house: "House") -> str:
        name = f"{NAME} {here.rpartition(':')[2]}"  # its address belongs to the name
        now = house.clock.now()
        done = await flows.add(house, name, [Scope.SESSIONS, Scope.NAMES, Scope.AUTHORIZATIONS], [f"{here}/back"], now)
        if not isinstance(done, Fault):
            return done[1].reveal()
        key = await flows.renew_key(house, name, now)
        return "" if isinstance(key, Fault) else key.reveal()

    return in_house(wish)


def _open_mailbox(port: int) -> str:
    """Where the mails can be read; empty where a mail server takes them (TWOLATCH_MAIL)."""
    from twolatch.faces.commands import mailbox
    from twolatch.settings import load
    from twolatch.texts.catalogue import Texts

    settings = load()
    if not settings.mail.startswith("folder:"):
        return ""
    here, folder = f"http://mail.localhost:{port}", Path(settings.mail.removeprefix("folder:"))
    origins = frozenset((settings.portal_url, settings.phone_url, settings.desk_url))
    mailbox.serve_beside(folder, here, origins, port, Texts(settings.languages, settings.time_zone))
    return here


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
    from twolatch.faces.commands import demo_desk, demo_papers, demo_parcels
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
            await demo_desk.prepare(house, _cards(data), house.clock.now())

    try:
        asyncio.run(run())
    except StorageFault as fault:
        fail(str(fault))


def _tell(data: Path, portal: str, phone: str, desk: str, mailbox: str, sample: str = "") -> None:
    """A few lines: what a newcomer does next."""
    from twolatch.faces.commands.demo_desk import STAFF

    label = typer.style
    clients = "   ".join(f"{name} / {password}" for name, _, _, _, password in CLIENTS)
    soft = f"twolatch phone activate SESSION-ID --pin 7k4m --server {phone}"
    typer.echo(f"{label('Portal', bold=True)}       {portal}")
    typer.echo(f"{label('Phone app', bold=True)}    {phone}")
    typer.echo(f"{label('Clients', bold=True)}      {clients} (account closed)")
    typer.echo(f"{label('No phone?', bold=True)}    .venv/bin/{soft}")
    here = f"{portal}/soft-card" if portal.startswith("http:") else ".venv/bin/twolatch card respond NUMBER"
    typer.echo(f"{label('Card', bold=True)}         {here}    in the post for {CARD_HOLDER}, PIN {CARD_PIN}")
    late = "anna's old card is overdue"
    typer.echo(f"{label('Parcels', bold=True)}      {late}; twolatch card overdue | twolatch carrier move SERIAL")
    if sample:
        typer.echo(f"{label('Application', bold=True)}  {sample}    asks the portal, and moves no money")
    staff = "   ".join(f"{name} ({role.value}) / {password}" for name, _, role, password in STAFF)
    typer.echo(f"{label('Desk', bold=True)}         {desk}")
    typer.echo(f"{label('Who works', bold=True)}    {staff}    cards SANNE-00001, PIET-00001, PIN {CARD_PIN}")
    if mailbox:
        typer.echo(f"{label('Mails', bold=True)}        {mailbox}    what the site wrote; as files in {data / 'mail'}")
    typer.echo("Ctrl-C ends the demo.")
