"""`twolatch phone`: the soft phone on the command line."""

import typer

from twolatch.faces.commands import phone_answers as answers
from twolatch.faces.commands import phone_users as users
from twolatch.faces.commands.phone_scan import scan

EPILOG = (
    "Exit codes: 0 done. 1 not the server it must be, or a fault. 2 wrong usage, or a PIN too easy to guess. "
    "3 nothing waits, or no such user here. 4 the code was refused. 5 PIN or number wrong. 6 the challenge is over "
    "(expired, superseded, answered). 7 this phone may not answer (locked, suspended, removed, copied). "
    "8 limited or busy: the seconds to wait are printed. 9 the server cannot be reached."
)

app = typer.Typer(
    help="A phone without a phone: activate, look what waits, approve, deny.", epilog=EPILOG, no_args_is_help=True
)
app.command(epilog=EPILOG)(users.activate)
app.command("list", epilog=EPILOG)(users.list_users)
app.command(epilog=EPILOG)(answers.waiting)
app.command(epilog=EPILOG)(answers.approve)
app.command(epilog=EPILOG)(scan)
app.command(epilog=EPILOG)(answers.respond)
app.command(epilog=EPILOG)(answers.deny)
app.command("not-me", epilog=EPILOG)(answers.not_me)
app.command("change-pin", epilog=EPILOG)(users.change_pin)
app.command(epilog=EPILOG)(users.move)
app.command(epilog=EPILOG)(users.remove)
