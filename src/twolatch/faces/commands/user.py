"""Clients, from the operator's side."""

import json
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from twolatch.faces.commands.inside import fail, in_house
from twolatch.words.secret import Secret

if TYPE_CHECKING:
    from twolatch.house import House

app = typer.Typer(no_args_is_help=True)

Name = Annotated[str, typer.Argument(help="The client's user name.")]
Password = Annotated[
    str | None,
    typer.Option(envvar="TWOLATCH_PASSWORD", help="Asked for when missing; '-' reads one line of standard input."),
]


@app.command()
def add(
    name: Name,
    email: Annotated[str, typer.Option(help="Where notices go.")] = "",
    display: Annotated[str, typer.Option(help="What the client is called on screens.")] = "",
    language: Annotated[str, typer.Option(help="Language of notices: en or nl.")] = "en",
    password: Password = None,
) -> None:
    """Add a client."""
    from twolatch.people import flows
    from twolatch.wires.mail import is_address

    if email and not is_address(email):
        fail(f"{email} is not a mail address.")
    if language not in {"en", "nl"}:
        fail("The language is en or nl.")
    new = flows.NewUser(name, display, email, language, _password(password))

    async def wish(house: "House") -> object:
        return await flows.add(house, new, house.clock.now())

    done = in_house(wish)
    if isinstance(done, flows.NameTaken):
        fail(f"{done.name} is there already.")
    fail_if_refused(done)
    typer.echo(f"Added {name}.")


@app.command("list")
def list_users(
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object per line.")] = False,
    most: Annotated[int, typer.Option(min=1, max=100_000, help="How many at the most.")] = 1000,
) -> None:
    """List clients by name."""
    from twolatch.people import store

    async def wish(house: "House") -> object:
        return await store.everyone(house.db, "", most)

    for user in in_house(wish):  # type: ignore[attr-defined]
        if as_json:
            line = {"name": user.name, "display": user.display, "email": user.email, "locked": user.is_off}
            typer.echo(json.dumps(line, ensure_ascii=False))
        else:
            typer.echo(f"{user.name:24} {user.display:28} {user.email:32} {'locked' if user.is_off else ''}".rstrip())


@app.command()
def lock(name: Name) -> None:
    """Lock a client out; his sessions end with their next request."""
    _switch(name, is_off=True)
    typer.echo(f"Locked {name}.")


@app.command()
def unlock(name: Name) -> None:
    """Let a client in again: forgives wrong passwords and wrong PINs, and wakes suspended phones."""
    from twolatch.authenticators.flows import unlock_all
    from twolatch.people.model import canonical_name

    _switch(name, is_off=False)

    async def wish(house: "House") -> object:
        return await unlock_all(house, canonical_name(name), house.clock.now())

    count = in_house(wish)
    typer.echo(f"Unlocked {name}; phones that may answer again: {count}.")


@app.command("remove-phones")
def remove_phones(name: Name) -> None:
    """End all phones of a client who lost his: he logs in with the password alone and activates another one."""
    from twolatch.authenticators.flows import remove_all
    from twolatch.people.model import canonical_name
    from twolatch.words.warrants import Operator

    async def wish(house: "House") -> int:
        return await remove_all(house, Operator(), canonical_name(name), house.clock.now())

    typer.echo(f"Phones removed: {in_house(wish)}.")


@app.command("same-person")
def same_person(name: Name, other: Annotated[str, typer.Argument(help="The other user name.")]) -> None:
    """State that two user names belong to one person: they may share a challenge card."""
    from twolatch.people import flows

    async def wish(house: "House") -> bool:
        return await flows.same_person(house, name, other, house.clock.now())

    if not in_house(wish):
        fail("Two different user names are needed, and both have to be there.")
    typer.echo(f"{name} and {other} are one person. To share a card, one of them asks for it in the portal.")


@app.command("other-person")
def other_person(name: Name) -> None:
    """Take that statement back. What is shared already goes on; `twolatch card unshare` ends it."""
    from twolatch.people import flows

    async def wish(house: "House") -> bool:
        return await flows.another_person(house, name, house.clock.now())

    if not in_house(wish):
        fail(f"Nothing was stated of {name}.")
    typer.echo(f"{name} is noted as a person of his own.")


@app.command()
def number(
    name: Name,
    number: Annotated[str, typer.Argument(help="Such as '+31 20 123 4567'; '' takes it off.")],
) -> None:
    """Record where the support desk calls a client back. It counts as a proof when it is 30 days old."""
    from twolatch.people import flows

    async def wish(house: "House") -> bool | None:
        return await flows.record_number(house, name, number, house.clock.now())

    done = in_house(wish)
    if done is None:
        fail(f"Nobody is called {name}, or this is no number with its country: +31 20 123 4567.")
    typer.echo("Recorded." if done else "It stood there already, and keeps its age.")


@app.command("allow-password")
def allow_password(name: Name) -> None:
    """Let the password count again, for a client who logged in with passkeys only and lost them."""
    from twolatch.login.keys_only import lift
    from twolatch.people.model import canonical_name

    async def wish(house: "House") -> object:
        return await lift(house, canonical_name(name), house.clock.now())

    if not in_house(wish):
        fail(f"Nobody is called {name}, or the password counts already.")
    typer.echo(f"The password of {name} counts again.")


@app.command("set-password")
def set_password(name: Name, password: Password = None) -> None:
    """Give a client a password that he must change at his next login."""
    from twolatch.people import flows

    new = _password(password)

    async def wish(house: "House") -> object:
        return await flows.set_password(house, name, new, house.clock.now())

    fail_if_refused(in_house(wish), unknown=name)
    typer.echo(f"Set. {name} must choose a new one at the next login.")


def _switch(name: str, *, is_off: bool) -> None:
    from twolatch.people import flows

    async def wish(house: "House") -> object:
        return await flows.switch_off(house, name, house.clock.now(), is_off=is_off)

    if not in_house(wish):
        fail(f"Nobody is called {name}.")


def _password(given: str | None) -> Secret[str]:
    if given == "-":
        return Secret(sys.stdin.readline().rstrip("\n"))
    return Secret(given or typer.prompt("Password", hide_input=True, confirmation_prompt=True))


def fail_if_refused(done: object, unknown: str = "") -> None:
    from twolatch.texts.catalogue import Texts
    from twolatch.words.refusals import Code, Refusal

    if not isinstance(done, Refusal):
        return
    if unknown and done.code is Code.NAME_EMPTY:
        fail(f"Nobody is called {unknown}.")
    code = done.code.code
    fail(f"{Texts().say('en', f'refusal.{code}.title')}: {Texts().say('en', f'refusal.{code}.next')} ({code})")
