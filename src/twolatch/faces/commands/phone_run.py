"""What the commands of `twolatch phone` share: their options, and running one with the phone open."""

import asyncio
import os
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Annotated, Any

import typer

from twolatch.client.outcomes import Look, NotTrusted, Refused, ServerAway
from twolatch.client.phone import SERVER, SoftPhone
from twolatch.client.store import FileStore, StoreBroken, StoreBusy, default_folder
from twolatch.client.wire import authority
from twolatch.faces.commands.phone_talk import Exit, Talk
from twolatch.protocol.labels import clean_label

Store = Annotated[
    Path | None,
    typer.Option("--store", envvar="TWOLATCH_PHONE_STORE", help="Folder of this phone.", show_default="user data"),
]
Server = Annotated[
    str | None,
    typer.Option(
        "--server", help=f"Where typed codes belong; else $TWOLATCH_PHONE_SERVER, else {SERVER}. Links name their own."
    ),
]
OfSite = Annotated[str | None, typer.Option("--server", help="Only the users of this site.")]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")]
UserName = Annotated[str, typer.Option("--user", help="Which user (name or device id).")]
Pin = Annotated[str | None, typer.Option("--pin", envvar="TWOLATCH_PIN", help="Else it is asked for, hidden.")]

Work = Callable[[SoftPhone], Coroutine[Any, Any, None]]


def run(talk: Talk, store: Path | None, server: str | None, work: Work) -> None:
    async def use() -> None:
        async with SoftPhone(FileStore(store or default_folder()), server=address) as phone:
            await work(phone)

    address = server or os.environ.get("TWOLATCH_PHONE_SERVER") or SERVER
    if not address.startswith(("http://", "https://")) or not authority(address):
        raise typer.BadParameter(f"{address} is no server's address", param_hint="--server")

    try:
        asyncio.run(use())
    except ServerAway as fault:
        talk.refuse(Refused("server.away", "The server cannot be reached", str(fault)), Exit.AWAY)
    except NotTrusted as fault:
        talk.refuse(Refused("server.untrusted", "This is not the server it must be", str(fault)), Exit.FAULT)
    except StoreBusy as fault:
        talk.refuse(Refused("store.busy", "The phone is in use", str(fault)), Exit.BUSY)
    except (StoreBroken, OSError) as fault:
        talk.refuse(Refused("store.broken", "The phone's folder cannot be used", str(fault)), Exit.FAULT)


def is_of(host: str, server: str | None) -> bool:
    """Whether this is the site that was named, or none was."""
    return server is None or host == authority(server)


def ask_pin(pin: str | None, *, twice: bool) -> str:
    return pin if pin is not None else typer.prompt("PIN", hide_input=True, confirmation_prompt=twice, err=True)


async def look_around(talk: Talk, phone: SoftPhone, user: str) -> Look:
    for done in await phone.resume():
        if isinstance(done, Refused):
            talk.say(f"{done.title}. {done.detail}")
        else:
            talk.say(f"Activated for {clean_label(done.user, 200)}.")
    users = phone.users()
    if not any(user in ("", known.user, known.device) for known in users):
        talk.refuse(Refused("phone.none", "No such user is on this phone" if users else "Nobody is on this phone yet"))
    return await phone.waiting(user)
