"""People of the desk at the level of flows: an agent or an officer with a phone, at work."""

from dataclasses import dataclass, field, replace
from typing import Any

from tests.flows.houses import Handset, activated
from twolatch.desk import staffing
from twolatch.desk.proposals.model import Proposal
from twolatch.house import House
from twolatch.people import store as people
from twolatch.people.model import Role, User
from twolatch.sessions.model import AtDesk
from twolatch.words.limits import MINUTE


@dataclass
class Worker:
    """`who` is made anew at each use: as a page finds him, at his clock."""

    house: House
    user: User
    phone: Handset
    session: str = ""
    proved_at: int = 0
    sessions: list[str] = field(default_factory=list)

    async def who(self) -> AtDesk:
        staff = await people.staff_of(self.house.db, self.house.keys, self.user.id)
        assert staff, "works here no more"
        fresh_until = self.proved_at + self.house.settings.desk_fresh_minutes * MINUTE
        assert self.phone.record
        device = self.phone.record.device
        session = self.session or self.house.chance.id()
        return AtDesk(session, self.user, "phone", fresh_until, b"b" * 32, "192.0.2.7", "Firefox", device, staff)

    def proves(self) -> None:
        """Again, now."""
        self.proved_at = self.house.clock.now()


async def at_work(house: House, name: str, role: Role) -> Worker:
    user, _, phone = await activated(house, name)
    await staffing.add(house, name, role, "", house.clock.now())
    return Worker(house, user, phone, proved_at=house.clock.now())


async def stale(worker: Worker, house: House) -> AtDesk:
    """Of a page that was opened while he still worked here."""
    return replace(await worker.who(), session=house.chance.id())


async def rows(house: House, sql: str, **values: Any) -> list[dict[str, Any]]:
    return [dict(row) for row in await house.db.rows(sql, **values)]


def state(found: Any) -> str:
    assert isinstance(found, Proposal), found
    return found.state.value
