"""The command line: `twolatch`. Each subject is a file; what a command needs is imported when it runs."""

import typer

from twolatch import __version__
from twolatch.faces.commands import (
    account,
    application,
    audit,
    backup,
    card,
    card_ways,  # noqa: F401  its words belong to `card`
    carrier,
    clock,
    code,
    demo,
    desk,
    doctor,
    document,
    keys,
    phone,
    rehearse,
    rehearse_race,  # noqa: F401  its word belongs to `rehearse`
    server,
    user,
)

app = typer.Typer(
    name="twolatch",
    help="Secure login: the password is the first latch, the phone is the second.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_show_locals=False,  # a traceback with locals would print passwords
)
app.add_typer(user.app, name="user", help="Clients: add, list, lock, unlock, set a password.")
app.add_typer(card.app, name="card", help="Challenge cards: stock, orders, returns; soft ones. Code cards: print.")
app.add_typer(carrier.app, name="carrier", help="The soft carrier: moves parcels on command, for rehearsals.")
app.add_typer(clock.app, name="clock", help="The time of this site: show it, move it at a rehearsal, set it right.")
app.add_typer(account.app, name="account", help="Accounts: open one, list them, close one.")
app.add_typer(document.app, name="document", help="Activity statements and tax forms: take them in.")
app.add_typer(phone.app, name="phone", help="The soft phone: activate and approve from a terminal.")
app.add_typer(rehearse.app, name="rehearse", help="A crowd at your own test site, and requests of one moment.")
app.add_typer(audit.app, name="audit", help="The audit log: take it out, prove that nobody changed it.")
app.add_typer(keys.app, name="keys", help="Keys at rest: look at them, change them, change who keeps them.")
app.add_typer(code.app, name="code", help="Temporary codes: give one to a client who lost the rest, take it back.")
app.add_typer(desk.app, name="desk", help="The support desk: who works there.")
app.add_typer(application.app, name="application", help="Applications beside the portal: add, list, renew, revoke.")
app.command("demo")(demo.demo)
app.command("serve")(server.serve)
app.command("migrate")(server.migrate)
app.command("doctor")(doctor.doctor)
app.command("ready")(server.ready)
app.command("fence")(server.fence)
app.command("backup")(backup.backup)
app.command("restore")(backup.restore)


@app.callback(invoke_without_command=True)
def root(version: bool = typer.Option(False, "--version", help="Print the version and end.")) -> None:
    if version:
        typer.echo(f"twolatch {__version__}")
        raise typer.Exit


def main() -> None:
    app()
