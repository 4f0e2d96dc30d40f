"""Whom a rehearsal sends, and where: clients of its own, at the site of these settings and at no other.

What stands against abuse: there is no user name, no password and no address to hand in. The crowd knocks where the
settings of this site say, as clients that are added here and now, with a password that nobody ever sees; who can add
clients needs no tool to guess passwords. And one of them goes ahead alone, through both doors: where another site
stands behind them than the one of this database, it sees one login of an unknown name, and nothing more.
"""

import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from twolatch.faces.commands.inside import fail, settings_or_fail
from twolatch.rehearsal.browser import Door, Guest
from twolatch.rehearsal.crowd import Crowd, Person
from twolatch.rehearsal.wire import end_of
from twolatch.settings import Settings

if TYPE_CHECKING:
    from twolatch.house import House


class NotOurs(Exception):
    """The first client did not get through: the reason, for the operator."""


@dataclass(frozen=True)
class Ways:
    """`nodes`: where connections go instead of what the site's names say. `tls` is none for a site on plain HTTP."""

    settings: Settings
    nodes: tuple[str, ...] = ()
    tls: ssl.SSLContext | None = None

    @property
    def numbers(self) -> range:
        """Of the ways there are."""
        return range(max(1, len(self.nodes)))

    def portal(self, number: int = 0) -> Door:
        return Door(end_of(self.settings.portal_url, self._node(number), self.tls), self.settings.portal_url)

    def crowd(self, told: Callable[[], None], number: int = 0) -> Crowd:
        phones = end_of(self.settings.phone_url, self._node(number), self.tls)
        return Crowd(self.portal(number), (phones, self.settings.phone_url), told)

    def _node(self, number: int) -> str:
        return self.nodes[number % len(self.nodes)] if self.nodes else ""


def ways_of(site: str, nodes: list[str] | None, authority: Path | None) -> Ways:
    """To the site of these settings, which the operator has to name: settings for a real site lie about too."""
    settings = settings_or_fail()
    if site.strip().lower() != settings.portal_host:
        fail(f"The settings here are those of {settings.portal_host}. Name it, if that is the site you mean.")
    for node in nodes or ():
        if not _is_node(node):
            fail(f"{node} is no HOST:PORT.")
    tls = None
    if "https" in {urlsplit(url).scheme for url in (settings.portal_url, settings.phone_url)}:
        try:
            tls = ssl.create_default_context()
            if authority:
                tls.load_verify_locations(cafile=str(authority))
        except (OSError, ssl.SSLError) as fault:
            fail(f"{authority} cannot be used: {fault}.")
    return Ways(settings, tuple(nodes or ()), tls)


def _is_node(text: str) -> bool:
    try:
        parts = urlsplit(f"//{text}")
        return bool(parts.hostname and parts.port)
    except ValueError:
        return False


@asynccontextmanager
async def guests(house: "House", many: int) -> AsyncIterator[list[Guest]]:
    """New clients with one password, which is random and is forgotten; locked when the rehearsal is over, however it
    ends."""
    from twolatch.people import flows
    from twolatch.people.model import User
    from twolatch.words.secret import Secret

    run, password = house.chance.id()[:8], house.chance.token()
    names = [f"rehearsal-{run}-{number}" for number in range(1, many + 1)]
    try:
        for name in names:
            new = flows.NewUser(name, "Rehearsal", "", "en", Secret(password))
            added = await flows.add(house, new, house.clock.now())
            assert isinstance(added, User), added
        yield [Guest(name, password, _address(house.settings, number)) for number, name in enumerate(names)]
    finally:
        for name in names:
            await flows.switch_off(house, name, house.clock.now(), is_off=True)


def _address(settings: Settings, number: int) -> str:
    """One of the addresses that RFC 2544 keeps for measurements, for sites that read X-Forwarded-For: without a proxy
    of theirs on the way each client then comes from a place of his own, as limits expect it."""
    one = f"198.18.{number // 250 % 256}.{1 + number % 250}"
    return ", ".join([one] * settings.trusted_proxies)


async def goes_ahead(crowd: Crowd, guest: Guest) -> Person:
    """Raises NotOurs."""
    person = crowd.person(guest)
    if not await crowd.activate(person) or not await crowd.log_in(person):
        why = next(iter(crowd.found.errors))
        raise NotOurs(
            f"The first client did not get through ({why}), so no other was sent. Is the server of this database and"
            f" this key running at {crowd.portal.origin}?"
        )
    return person
