"""`twolatch phone activate`, `list`, `change-pin`, `move`, `remove`: who is on this phone."""

import json
import sys
from dataclasses import asdict
from typing import Annotated

import typer
from rich.table import Table

from twolatch.client.outcomes import Shown
from twolatch.client.phone import SoftPhone
from twolatch.faces.commands.phone_move import move_on, stay
from twolatch.faces.commands.phone_run import AsJson, OfSite, Pin, Server, Store, UserName, ask_pin, is_of, run
from twolatch.faces.commands.phone_talk import Exit, Talk
from twolatch.protocol.labels import clean_label


def activate(
    code: Annotated[str, typer.Argument(metavar="CODE_OR_LINK", help="The session ID, or the QR code's link.")],
    user: Annotated[str, typer.Option("--user", help="Your user name, where the site wants it with typed codes.")] = "",
    pin: Pin = None,
    wait: Annotated[bool, typer.Option(help="Wait until the portal has the six digits.")] = True,
    store: Store = None,
    server: Server = None,
    as_json: AsJson = False,
) -> None:
    """Make this phone an authenticator. Shows six digits to type into the portal, and waits for them.

    With --no-wait the next look (`waiting`) finishes it. With --json the digits come first, on stderr.
    """
    talk = Talk(as_json)

    async def work(phone: SoftPhone) -> None:
        await link(talk, phone, code, user, pin, wait=wait)

    run(talk, store, server, work)


async def link(talk: Talk, phone: SoftPhone, code: str, user: str, pin: str | None, *, wait: bool) -> None:
    """From a code, typed or read, to an authenticator."""
    chosen = ask_pin(pin, twice=not phone.users())
    shown = talk.or_refuse(await phone.claim(code, chosen, user))
    _tell_digits(talk, shown)
    if not wait:
        return talk.result(**asdict(shown), state="claimed")
    with talk.err.status("Waiting for the portal…"):
        done = talk.or_refuse(await phone.wait_active(shown.device))
    talk.say(f"Activated for {clean_label(done.user, 200)}.")
    return talk.result(**asdict(done), state="active")


def _tell_digits(talk: Talk, shown: Shown) -> None:
    whom, where = clean_label(shown.display or shown.user, 200), clean_label(shown.site, 200)
    talk.say(f"Linking this phone to {whom} at {where}.")
    digits = f"{shown.six_digits[:3]} {shown.six_digits[3:]}"
    talk.say(f"Type these six digits where you found the code: {digits}")
    if talk.as_json:
        sys.stderr.write(json.dumps({"six_digits": shown.six_digits}) + "\n")
        sys.stderr.flush()


def list_users(store: Store = None, server: OfSite = None, as_json: AsJson = False) -> None:
    """Who is on this phone. Asks no server."""
    talk = Talk(as_json)

    async def work(phone: SoftPhone) -> None:
        users = [user for user in phone.users() if is_of(user.host, server)]
        talk.result(users=[asdict(user) for user in users])
        table = Table("user", "site", "host", "state", "six digits")
        table.add_column("device", min_width=26)  # an id that is cut off cannot be copied
        for user in users:
            texts = user.user, user.site, user.host, user.state, user.six_digits, user.device
            table.add_row(*(clean_label(text, 80) for text in texts))
        if not users:
            talk.say("Nobody is on this phone.")
            raise typer.Exit(Exit.NOTHING)
        talk.show(table)

    run(talk, store, None, work)


def move(
    digits: Annotated[str | None, typer.Option("--digits", help="The six digits that the new phone shows.")] = None,
    pin: Pin = None,
    user: UserName = "",
    cancel: Annotated[bool, typer.Option("--cancel", help="End a move that is under way.")] = False,
    store: Store = None,
    as_json: AsJson = False,
) -> None:
    """Move a user to a new phone: shows a code for it, asks for its six digits, and then this phone ends.

    The new phone accepts with `activate CODE`. With --json the code comes first, on stderr, and the digits are read
    from standard input.
    """
    talk = Talk(as_json)

    async def work(phone: SoftPhone) -> None:
        if cancel:
            return await stay(talk, phone, user)
        return await move_on(talk, phone, user, ask_pin(pin, twice=False), digits)

    run(talk, store, None, work)


def remove(
    user: UserName = "",
    pin: Pin = None,
    without_pin: Annotated[bool, typer.Option("--without-pin", help="The phone is only suspended.")] = False,
    store: Store = None,
    server: Server = None,
    as_json: AsJson = False,
) -> None:
    """Remove one user from this phone, and tell the server. The others stay.

    Without the PIN the server suspends this phone: logging in still asks for one.
    """
    talk = Talk(as_json)

    async def work(phone: SoftPhone) -> None:
        gone = talk.or_refuse(await phone.leave(None if without_pin else ask_pin(pin, twice=False), user))
        whom = clean_label(gone.user, 200)
        talk.say(f"{whom} is no longer on this phone.")
        if gone.state == "suspended":
            talk.say("The server has suspended it. Logging in still asks for a phone; the operator can help.")
        talk.result(**asdict(gone))

    run(talk, store, server, work)


def change_pin(
    new: Annotated[str | None, typer.Option("--new", help="Else it is asked for, hidden, twice.")] = None,
    pin: Pin = None,
    store: Store = None,
    as_json: AsJson = False,
) -> None:
    """Change this phone's PIN, for all its users or for none. --pin is the one it has now."""
    talk = Talk(as_json)

    async def work(phone: SoftPhone) -> None:
        before = ask_pin(pin, twice=False)
        chosen = new or typer.prompt("New PIN", hide_input=True, confirmation_prompt=True, err=True)
        if refused := await phone.change_pin(before, chosen):
            talk.refuse(refused)
        talk.say("The new PIN is for all users of this phone.")
        talk.result(state="changed")

    run(talk, store, None, work)
