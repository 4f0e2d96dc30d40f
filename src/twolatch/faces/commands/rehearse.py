"""`twolatch rehearse`: a crowd at one's own test site, and many requests of one moment, over HTTP."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from twolatch.faces.commands.inside import FAILED, fail, in_house
from twolatch.faces.commands.rehearse_guests import NotOurs, Ways, goes_ahead, guests, ways_of

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from twolatch.house import House
    from twolatch.rehearsal.browser import Guest

app = typer.Typer(no_args_is_help=True)

Site = Annotated[str, typer.Argument(help="The portal's host as the settings have it, so that no other is meant.")]
Through = Annotated[
    list[str] | None,
    typer.Option(metavar="HOST:PORT", help="Connect there instead: past a proxy, to one of several nodes; repeat it."),
]
Authority = Annotated[Path | None, typer.Option(help="PEM file of the authority behind the site's certificate.")]
AsJson = Annotated[bool, typer.Option("--json", help="The result as one JSON object.")]


@app.command()
def load(
    site: Site,
    clients: Annotated[int, typer.Option(min=1, max=500, help="Soft clients, each with a phone of his own.")] = 20,
    at_once: Annotated[int, typer.Option(min=1, max=200, help="How many log in at the same time.")] = 8,
    per_second: Annotated[
        float, typer.Option(min=0, max=200, help="Instead: so many logins a second, however long each takes.")
    ] = 0,
    seconds: Annotated[float, typer.Option(min=1, max=600, help="How long.")] = 30,
    most: Annotated[int, typer.Option(min=1, max=20_000, help="Logins, at the most.")] = 2_000,
    through: Through = None,
    authority: Authority = None,
    as_json: AsJson = False,
) -> None:
    """Clients of a rehearsal activate phones and log in, many at once; what each step took, and what was refused.

    For a test site, from the machine that has its settings and its key. The clients stay in its database, locked.
    """
    ways = ways_of(site, through, authority)

    async def wish(house: "House") -> dict[str, Any]:
        async with guests(house, clients) as people:
            return await _played(ways, people, at_once, Pace(per_second, seconds, most))

    result = or_fail(wish)
    if as_json:
        typer.echo(json.dumps({"site": ways.settings.portal_host, **result}))
    else:
        _tell(result)
    if not result["login"]["done"]:
        raise typer.Exit(FAILED)


def or_fail(wish: "Callable[[House], Awaitable[Any]]") -> Any:
    try:
        return in_house(wish)
    except NotOurs as fault:
        fail(str(fault))


@dataclass(frozen=True)
class Pace:
    """`per_second` 0: as many as there is room for."""

    per_second: float
    seconds: float
    most: int

    @property
    def expected(self) -> int:
        return min(self.most, max(1, int(self.per_second * self.seconds))) if self.per_second else self.most


async def _played(ways: Ways, people: "list[Guest]", at_once: int, pace: Pace) -> dict[str, Any]:
    """One goes ahead, then all get their phones, then all log in."""
    ahead = await goes_ahead(ways.crowd(lambda: None), people[0])
    with _bar("Activating", len(people) - 1) as told:
        crowd = ways.crowd(told)
        active = await crowd.everybody([crowd.person(guest) for guest in people[1:]], at_once)
        activation = crowd.found
    with _bar(f"Logging in, {pace.seconds:g} s", pace.expected) as told:
        crowd = ways.crowd(told)
        here = [crowd.at_home(one) for one in (ahead, *active)]
        if pace.per_second:
            await crowd.arriving(here, pace.per_second, pace.seconds, pace.most)
        else:
            await crowd.together(here, at_once, pace.seconds, pace.most)
    return {"clients": len(here), "activation": activation.told(), "login": crowd.found.told()}


@contextmanager
def _bar(label: str, length: int) -> "Iterator[Callable[[], None]]":
    """On standard error, where that is a terminal."""
    with typer.progressbar(length=max(1, length), label=label, file=sys.stderr) as bar:
        yield lambda: bar.update(1)


def _tell(result: dict[str, Any]) -> None:
    from rich.console import Console
    from rich.table import Table

    console = Console()
    table = Table(box=None, pad_edge=False)
    for name in ("", "n", "p50 ms", "p95 ms", "p99 ms"):
        table.add_column(name, justify="right" if name else "left")
    for part in ("activation", "login"):
        table.add_row(f"[bold]{part}[/bold]")
        for step, took in result[part]["steps"].items():
            table.add_row(step, str(took["n"]), *(f"{took[name]:.0f}" for name in ("p50", "p95", "p99")))
    console.print(table)
    for part in ("activation", "login"):
        of = result[part]
        refused = ", ".join(f"{code} {count}" for code, count in of["errors"].items()) or "none"
        late = f"; arrivals without a free client: {of['late']}" if of["late"] else ""
        console.print(
            f"{part}: {of['done']} in {of['seconds']:.1f} s, {of['goodput']:.1f} a second; refused: {refused}{late}"
        )
