"""A client who cannot find her phone, reports it with the password, and finds it in another pocket."""

from copy import copy
from typing import Any

from tests.flows.houses import PASSWORD
from tests.simulation.loop import rest
from tests.simulation.network import Away
from tests.simulation.person import LOGIN_MET, Browser, Person
from twolatch.house import House
from twolatch.login import lost
from twolatch.login.model import Proceed
from twolatch.words.refusals import Code, Refusal
from twolatch.words.secret import Secret


async def reports_and_finds_it(person: Person) -> None:
    browser = person.world.chance.choice(person.browsers)
    person.may_hear |= {Code.PHONE_REPORTED}
    person.comes_back = finds_it
    try:
        await _says(browser, "report", lost.report, person.name)
    except Away:
        person.world.tell(person.name, "does not know whether her phone is stopped")
    await rest(person.world.chance.uniform(0, 20))
    await finds_it(person, browser)


async def finds_it(person: Person, browser: Browser) -> None:
    """Until it may answer again: by its own answer, or because it never was stopped."""
    while True:
        try:
            told = await _says(browser, "found", lost.found, person.name)
            if isinstance(told, Refusal) and told.code is Code.FOUND_NOTHING:
                return
            if isinstance(told, Refusal) and told.code not in LOGIN_MET:
                person.world.fail(f"{person.name} found her phone and was told {told.code.code}")
            if isinstance(told, Proceed) and await person.follow(browser):
                return
        except Away:
            person.world.tell(person.name, "asks for her phone again")
        await rest(5.0)


async def _says(browser: Browser, what: str, wish: Any, name: str) -> Any:
    sent = copy(browser)

    async def said(house: House) -> Any:
        return await wish(house, sent.visit(house), name, Secret(PASSWORD))

    return await browser.ask(what, said)
