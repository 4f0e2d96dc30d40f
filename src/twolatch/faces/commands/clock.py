"""`twolatch clock`: what time it is for this site; moved forward at a rehearsal, and set right after it was wrong."""

import re
from typing import TYPE_CHECKING, Annotated

import typer

from twolatch.faces.commands.inside import fail, in_house

if TYPE_CHECKING:
    from twolatch.house import House

app = typer.Typer(no_args_is_help=True)
UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}


@app.command()
def show() -> None:
    """What time it is here, how far it was moved, and until when this site has decided."""
    typer.echo(in_house(_shown))


async def _shown(house: "House") -> str:
    from twolatch.house.store import site_time
    from twolatch.timekeeper import SKEW

    now, site = house.clock.told(), await site_time(house.db, asks_server=True)
    moved = f", moved forward by {_long(house.clock.moved)}" if house.clock.moved else ""
    said = [f"It is {_written(now)}{moved}."]
    if site.mark:
        said.append(f"This site has decided until {_written(site.mark)}.")
    if site.mark - now > SKEW:
        said.append(f"That is {_long(site.mark - now)} later, and nothing is decided before.")
        said.append("Wait, or set the clock right; if it is right, see `twolatch clock correct --help`.")
    if site.server:
        said.append(f"The database server says {_written(site.server)}.")
    return "\n".join(said)


@app.command()
def forward(by: Annotated[str, typer.Argument(help="How far: 90s, 20m, 12h, 2d.")]) -> None:
    """Move the clock of a rehearsal forward, for all processes of the site, and do what is done each hour."""
    from twolatch import timekeeper

    read = re.fullmatch(r"([1-9][0-9]{0,5})([smhd])", by)
    if read is None:
        fail(f"{by} is no time: say 90s, 20m, 12h or 2d.")
    ms = int(read[1]) * UNITS[read[2]] * 1000

    async def wish(house: "House") -> int:
        from twolatch.janitor import hourly

        ahead = await timekeeper.forward(house, ms)
        await timekeeper.look(house.db, house.clock, house.settings, asks_server=False)
        await hourly(house, house.clock.now())
        return ahead

    try:
        ahead = in_house(wish)
    except timekeeper.NotMovable as fault:
        fail(f"The clock stays: {fault}.")
    typer.echo(f"It is {_long(ahead)} ahead now. Whoever serves this site follows within a second or two.")


@app.command()
def reset() -> None:
    """Let a rehearsal go back to the machine's time. This runs backwards: every session and all that waits ends."""
    from twolatch import timekeeper

    async def wish(house: "House") -> int:
        import asyncio

        await timekeeper.reset(house)
        await asyncio.sleep(3 * timekeeper.EVERY_MOVABLE)  # by then nobody decides by the moved clock any more
        return await timekeeper.take_back(house)

    by = in_house(wish)
    typer.echo(f"Back by {_long(by)}. Everybody logs in again." if by else "The clock stands where the machine's does.")


@app.command()
def correct() -> None:
    """This machine's clock was ahead and is right now: go on at once, instead of waiting until the time has come. Every
    session and all that waits ends."""
    from twolatch import timekeeper

    async def wish(house: "House") -> int:
        import asyncio

        if by := await timekeeper.take_back(house):
            return by
        await asyncio.sleep(timekeeper.EVERY + 1)  # a process that is behind by itself says so within that time
        return await timekeeper.take_back(house)

    by = in_house(wish)
    typer.echo(f"Back by {_long(by)}. Everybody logs in again." if by else "Nothing to correct.")


def _written(at: int) -> str:
    from datetime import UTC, datetime

    return datetime.fromtimestamp(at / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def _long(ms: int) -> str:
    """"2 d 3 h", the largest units first; seconds where there is nothing larger."""
    left, said = ms // 1000, []
    for unit, seconds in sorted(UNITS.items(), key=lambda each: -each[1]):
        if left >= seconds:
            said.append(f"{left // seconds} {unit}")
            left %= seconds
    return " ".join(said[:2]) or "0 s"
