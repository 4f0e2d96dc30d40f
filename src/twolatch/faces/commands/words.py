"""What can be typed after `twolatch`, and the file of each. Only the file of what was typed is loaded: all of them are
4 MiB and 40 ms, which a server would carry for as long as it lives.
"""

from importlib import import_module
from types import ModuleType

import typer

from twolatch import __version__

# A subject: the file whose `app` has all its words, and what it is about.
SUBJECTS = {
    "user": ("user", "Clients: add, list, lock, unlock, set a password."),
    "card": ("card_ways", "Challenge cards: stock, orders, returns; soft ones. Code cards: print."),
    "carrier": ("carrier", "The soft carrier: moves parcels on command, for rehearsals."),
    "clock": ("clock", "The time of this site: show it, move it at a rehearsal, set it right."),
    "account": ("account", "Accounts: open one, list them, close one."),
    "document": ("document", "Activity statements and tax forms: take them in."),
    "phone": ("phone", "The soft phone: activate and approve from a terminal."),
    "rehearse": ("rehearse_race", "A crowd at your own test site, and requests of one moment."),
    "audit": ("audit", "The audit log: take it out, prove that nobody changed it."),
    "keys": ("keys", "Keys at rest: look at them, change them, change who keeps them."),
    "code": ("code", "Temporary codes: give one to a client who lost the rest, take it back."),
    "desk": ("desk", "The support desk: who works there."),
    "application": ("application", "Applications beside the portal: add, list, renew, revoke."),
}

# A word by itself: the file that has a function of this name.
WORDS = {
    "demo": "demo",
    "serve": "server",
    "migrate": "server",
    "doctor": "doctor",
    "ready": "server",
    "fence": "server",
    "backup": "backup",
    "restore": "backup",
}


def command_line(typed: str = "") -> typer.Typer:
    """With the one word that was typed first; with all of them where that is no word, to list them."""
    app = typer.Typer(
        name="twolatch",
        help="Secure login: the password is the first latch, the phone is the second.",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_show_locals=False,  # a traceback with locals would print passwords
    )
    app.callback(invoke_without_command=True)(root)
    is_known = typed in SUBJECTS or typed in WORDS
    for name, (file, about) in SUBJECTS.items():
        if name == typed or not is_known:
            app.add_typer(_loaded(file).app, name=name, help=about)
    for name, file in WORDS.items():
        if name == typed or not is_known:
            app.command(name)(getattr(_loaded(file), name))
    return app


def root(version: bool = typer.Option(False, "--version", help="Print the version and end.")) -> None:
    if version:
        typer.echo(f"twolatch {__version__}")
        raise typer.Exit


def _loaded(file: str) -> ModuleType:
    return import_module(f"twolatch.faces.commands.{file}")
