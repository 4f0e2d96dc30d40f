"""The keys under which the site's secrets lie: look at them, change them, change who keeps them."""

import asyncio
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from twolatch.faces.commands.inside import fail, in_house

if TYPE_CHECKING:
    from twolatch.house import House

app = typer.Typer(no_args_is_help=True)


@app.command()
def status() -> None:
    """Which keys there are, and what still lies under each."""
    from twolatch import rotation

    found = in_house(rotation.standing)
    old = {one.number for one in found.old()}
    for one in found.keys:
        state = "old" if one.number in old else "in use" if one.from_at <= _now() else f"from {_moment(one.from_at)}"
        much = f"{found.under.get(one.number, 0):,}" if one.purpose.value != "macs" else "-"
        typer.echo(f"{one.number:>4}  {one.purpose.value:<7} {one.keeper:<11} {state:<24} {much}")


@app.command()
def rotate() -> None:
    """New keys, and everything sealed anew under them, while the site runs. Cut off, it goes on where it was."""
    from twolatch import rotation
    from twolatch.house.store import refresh
    from twolatch.wires.wrapping import keeper_of

    async def wish(house: "House") -> int:
        keeper = keeper_of(house.settings)
        from_at = await rotation.begin(house, keeper, house.clock.now())
        if from_at > house.clock.now():
            typer.echo(f"New keys close from {_moment(from_at)} on; every process learns of them until then ...")
            await asyncio.sleep(rotation.seconds_until(from_at, house.clock.now()) + 1)
        await refresh(house.db, house.keys, lambda: keeper, house.clock.now())
        return await rotation.seal_anew(house, lambda where, done: typer.echo(f"{where}: {done:,}"))

    done = in_house(wish)
    typer.echo(f"{done:,} values sealed anew. Passwords take the new pepper at each client's next login.")
    typer.echo("An hour from now `twolatch keys drop` takes away the old keys that nothing needs any more.")


@app.command()
def drop() -> None:
    """Take away old keys under which nothing lies any more."""
    from twolatch import rotation

    async def wish(house: "House") -> list[int]:
        return await rotation.drop_old(house, house.clock.now())

    gone = in_house(wish)
    typer.echo(f"Dropped: {', '.join(map(str, gone))}." if gone else "None: see `twolatch keys status`.")


@app.command()
def move(
    to: Annotated[str, typer.Argument(help="file:PATH, credential:NAME or vault:https://HOST/v1/transit/keys/NAME")],
) -> None:
    """Change who keeps the keys. Running processes notice nothing; set TWOLATCH_KEY_PROVIDER before the next start."""
    from twolatch import rotation
    from twolatch.wires.wrapping import keeper_of

    async def wish(house: "House") -> int:
        old, new = keeper_of(house.settings), keeper_of(house.settings, to, make=True)
        return await rotation.move(house, old, new, house.clock.now())

    if ":" not in to:
        fail("Say file:PATH, credential:NAME or vault:https://...")
    many = in_house(wish)
    typer.echo(f"{many} keys moved. Now set TWOLATCH_KEY_PROVIDER={to}; the old keeper opens this database no more.")


def _now() -> int:
    from twolatch.house import Clock

    return Clock().now()


def _moment(at: int) -> str:
    return f"{datetime.fromtimestamp(at / 1000, UTC):%Y-%m-%d %H:%M:%S} UTC"
