"""`twolatch rehearse race`: what is used once, asked for many times at the same moment. One has to win."""

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from twolatch.faces.commands.inside import FAILED, fail
from twolatch.faces.commands.rehearse import AsJson, Authority, Site, Through, app, or_fail
from twolatch.faces.commands.rehearse_guests import NotOurs, Ways, goes_ahead, guests, ways_of
from twolatch.rehearsal.browser import Browser, Guest
from twolatch.rehearsal.races import Race, Racer

if TYPE_CHECKING:
    from twolatch.house import House

DAY = 24 * 3600 * 1000  # ms
WHAT = {
    "claim": "a session ID, claimed by so many phones",
    "approval": "a question, answered so many times by its phone",
    "session": "an approval, collected so many times",
    "code": "a temporary code, typed so many times into one login",
    "cells": "two cells of a card, typed so many times",
}


@dataclass(frozen=True)
class Run:
    """One race of a new client, beside what the house keeps of him after it: `kept` phones or sessions."""

    what: str
    race: Race
    kept: int

    @property
    def is_right(self) -> bool:
        return self.race.won == 1 and self.kept == 1


@app.command()
def race(
    site: Site,
    what: Annotated[list[str] | None, typer.Option(help=f"One of {', '.join(WHAT)}; repeat it. Else all.")] = None,
    times: Annotated[int, typer.Option(min=2, max=500, help="Requests of one moment.")] = 50,
    rounds: Annotated[int, typer.Option(min=1, max=20, help="How often each is played.")] = 1,
    through: Through = None,
    authority: Authority = None,
    as_json: AsJson = False,
) -> None:
    """Ask for what is used once many times at the same moment: all requests wait for their last byte, and one may win.

    For a test site. With --through for each node, the requests go to all of them in turn. Ends with 1 unless it was
    exactly one each time, and the database agrees.
    """
    wanted = what or list(WHAT)
    if unknown := set(wanted) - set(WHAT):
        fail(f"There is no race {', '.join(sorted(unknown))}. There are: {', '.join(WHAT)}.")
    ways = ways_of(site, through, authority)

    async def wish(house: "House") -> list[Run]:
        async with guests(house, 1 + len(wanted) * rounds) as people:
            await goes_ahead(ways.crowd(lambda: None), people[0])
            races = [each for each in wanted for _ in range(rounds)]
            return [await _run(house, ways, one, each, times) for each, one in zip(races, people[1:], strict=True)]

    runs: list[Run] = or_fail(wish)
    _tell(runs, times, ways, as_json=as_json)
    if not all(each.is_right for each in runs):
        raise typer.Exit(FAILED)


async def _run(house: "House", ways: Ways, guest: Guest, what: str, times: int) -> Run:
    """Raises NotOurs when the way to the race is barred: then nothing was learnt."""
    crowd = ways.crowd(lambda: None)
    person = crowd.person(guest)
    if what in {"approval", "session"} and not await crowd.activate(person):
        raise NotOurs(f"{what}: a phone could not be activated ({next(iter(crowd.found.errors))}).")
    browser = Browser(crowd.portal, person.guest)
    ends = [(ways.portal(number).end, ways.crowd(lambda: None, number).phones[0]) for number in ways.numbers]
    racer = Racer(browser, person.phone, ends, times)
    try:
        before = await _kept(house, guest.name, what)
        raced = await _raced(house, guest.name, what, racer)
        if what == "approval":
            await browser.submit("/login/collect", {}, "/")
        return Run(what, raced, await _kept(house, guest.name, what) - before)
    finally:
        browser.close()
        person.phone.close()


async def _raced(house: "House", name: str, what: str, racer: Racer) -> Race:
    if what == "code":
        return await racer.temporary(await _code_for(house, name))
    races: dict[str, Callable[[], Awaitable[Race]]] = {
        "claim": racer.claim, "approval": racer.approval, "session": racer.session, "cells": racer.cells,
    }  # fmt: skip
    return await races[what]()


async def _code_for(house: "House", name: str) -> str:
    from twolatch.authenticators import issuing
    from twolatch.words.warrants import Operator

    done = await issuing.issue(house, Operator(), name, "rehearsal", "Rehearsal", house.clock.now())
    assert isinstance(done, issuing.Given), done
    return done.code.reveal()


async def _kept(house: "House", name: str, what: str) -> int:
    """What the database has of this client: phones for a claim, else living sessions."""
    from twolatch.authenticators import store as authenticators
    from twolatch.authenticators.model import UNPROVEN
    from twolatch.people import store as people
    from twolatch.sessions import store as sessions

    user = await people.by_name(house.db, name)
    assert user
    if what == "claim":
        return len(await authenticators.of_user(house.db, house.keys, user.id, UNPROVEN, "phone"))
    return len(await sessions.of_user(house.db, user.id, "", house.clock.now(), DAY))


def _tell(runs: list[Run], times: int, ways: Ways, *, as_json: bool) -> None:
    if as_json:
        told = [
            {"what": each.what, "won": each.race.won, "kept": each.kept, "refused": dict(each.race.refused)}
            for each in runs
        ]
        typer.echo(json.dumps({"site": ways.settings.portal_host, "times": times, "races": told}))
        return
    for each in runs:
        mark, colour = ("ok  ", typer.colors.GREEN) if each.is_right else ("BAD ", typer.colors.RED)
        refused = ", ".join(f"{code} {count}" for code, count in sorted(each.race.refused.items()))
        typer.echo(
            f"{typer.style(mark, fg=colour)}{WHAT[each.what]}: {each.race.won} of {times} won,"
            f" {each.kept} kept; refused: {refused or 'none'}"
        )
