"""Temporary codes, for sites without a support desk: the same rules, spoken by whoever keeps the site."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from twolatch.faces.commands.inside import fail, in_house
from twolatch.faces.commands.user import Name, fail_if_refused

if TYPE_CHECKING:
    from twolatch.house import House

app = typer.Typer(no_args_is_help=True)


@app.command()
def issue(
    name: Name,
    reason: Annotated[str, typer.Option(help="For the audit log: what happened, and how you know who is calling.")],
) -> None:
    """Give a client who lost the rest a code, shown once. What he can no longer use is stopped."""
    from twolatch.authenticators import issuing
    from twolatch.kinds.kind import Spoken
    from twolatch.people import store
    from twolatch.people.model import canonical_name
    from twolatch.texts.catalogue import Texts
    from twolatch.words.warrants import Operator

    if not reason.strip():
        fail("Say why: --reason is kept in the audit log.")

    async def wish(house: "House") -> object:
        user = await store.by_name(house.db, canonical_name(name))
        kind = next(kind for kind in house.kinds if isinstance(kind, Spoken))
        label = Texts().say(user.language if user else "en", f"kind.{kind.name}.short")
        return await issuing.issue(house, Operator(), name, reason, label, house.clock.now())

    done = in_house(wish)
    fail_if_refused(done, unknown=name)
    if not isinstance(done, issuing.Given):
        return
    typer.echo(f"Code for {name}: {done.code.reveal()}")
    typer.echo("It is shown this once. Tell it to the client and to nobody else; do not write it down.")
    typer.echo(f"Until {moment(done.narrows)} it opens everything he may do, in the first browser he uses it in.")
    typer.echo(f"Until {moment(done.ends)} it still lets him activate a phone or print a code card. Then it ends.")
    for stopped in done.stopped:
        typer.echo(f"Stopped, as reported lost: {stopped}")


@app.command()
def revoke(name: Name) -> None:
    """End a client's code. One that nobody has used makes room for another."""
    from twolatch.authenticators import issuing

    async def wish(house: "House") -> bool:
        return await issuing.take_back(house, name, house.clock.now())

    if not in_house(wish):
        fail(f"{name} has no temporary code.")
    typer.echo("Ended, and every session that it opened.")


def moment(at: int) -> str:
    return f"{datetime.fromtimestamp(at / 1000, UTC):%Y-%m-%d %H:%M} UTC"
