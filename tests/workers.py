"""Who works at the support desk in these tests, and the browser he works with."""

from dataclasses import dataclass

from tests.people import PASSWORD, Answered, Browser, DeskBrowser, Page, Phone, Town, some_address
from twolatch.desk import staffing
from twolatch.people.model import Role, User


@dataclass
class Worker:
    """A client of his own, too: `home` is his browser at the portal."""

    user: User
    home: Browser
    phone: Phone
    desk: DeskBrowser

    async def log_in(self, password: str = PASSWORD) -> Page:
        """Both latches; the page behind them."""
        page = await self.desk.log_in(self.user.name, password)
        assert isinstance(await self.phone.approve(page.digits), Answered)
        return await self.desk.collect()


def desk_browser(town: Town) -> DeskBrowser:
    return DeskBrowser(town.site, town.wire, some_address())


async def worker(town: Town, role: Role = Role.AGENT, called: str = "Sanne") -> Worker:
    """Somebody with a role and a phone, not logged in at the desk yet."""
    user, home, phone = await town.with_phone()
    assert await staffing.add(town.house, user.name, role, called, town.house.clock.now())
    return Worker(user, home, phone, desk_browser(town))


async def at_work(town: Town, role: Role = Role.AGENT, called: str = "Sanne") -> Worker:
    one = await worker(town, role, called)
    page = await one.log_in()
    assert page.path == "/", page.path
    return one


async def open_case(one: Worker, client: User, reason: str = "broken", channel: str = "phoned_in") -> Page:
    """Finds a client and opens a case: his page."""
    await one.desk.get("/")
    page = await one.desk.send("/find", sought=client.name)
    assert client.display in page.text, page.text
    return await one.desk.send("/cases", reason=reason, channel=channel, words="My card is broken.")


def case_id(page: Page) -> str:
    assert page.path.startswith("/cases/"), page.path
    return page.path.split("/")[2].split("?")[0]


async def prove_by_phone(one: Worker, phone: Phone) -> Page:
    """The client approves on his phone, with the digits that are read out to him."""
    await one.desk.send(f"/cases/{case_id(one.desk.page)}/ask")
    page = one.desk.page
    assert isinstance(await phone.approve(page.digits), Answered)
    return await one.desk.send(f"/cases/{case_id(page)}/settle")
