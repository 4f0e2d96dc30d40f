"""Four eyes over HTTP, attacked: two workers, both databases. Whatever is tried, a thing is done at most once, and only
when two different persons wanted it."""

from collections import Counter
from dataclasses import dataclass

import pytest

from tests.people import Answered, Browser, Page, Phone, Town, at_once
from tests.workers import Worker, at_work, desk_browser
from twolatch.authenticators import store
from twolatch.authenticators.model import HELD
from twolatch.desk import staffing
from twolatch.desk.proposals import wishing
from twolatch.desk.proposals.model import Proposal
from twolatch.people.model import Role, User
from twolatch.sessions.flows import at_desk
from twolatch.words.limits import MINUTE


@dataclass
class Room:
    """Anna called and can prove nothing. Sanne is an agent, Olga and Peter are officers; all are at work."""

    town: Town
    anna: User
    phone: Phone
    sanne: Worker
    olga: Worker
    peter: Worker

    async def proposed(self, by: Worker | None = None, ago: int = 0, client: User | None = None) -> Proposal:
        worker, house = by or self.sanne, self.town.house
        now = house.clock.now()
        who = await at_desk(house, worker.desk.cookies["__Host-desk-session"], now)
        assert who
        user, why = client or self.anna, "phone in the canal"
        found = await wishing.temporary_code(house, who, user, "Code", why, "", now - ago)
        assert isinstance(found, Proposal), found
        return found

    async def held(self) -> list[str]:
        found = await store.of_user(self.town.house.db, self.town.house.keys, self.anna.id, HELD)
        return sorted(one.kind for one in found if one.state.value == "active")

    async def counted(self, found: Proposal) -> Counter[str]:
        rows = await self.town.house.db.rows("SELECT event FROM audit WHERE object = :id", id=found.id)
        return Counter(row["event"].rpartition(":")[2] for row in rows)


@pytest.fixture
async def room(town: Town) -> Room:
    anna, _, phone = await town.with_phone()
    sanne = await at_work(town, Role.AGENT, "Sanne")
    olga, peter = await at_work(town, Role.OFFICER, "Olga"), await at_work(town, Role.OFFICER, "Peter")
    return Room(town, anna, phone, sanne, olga, peter)


async def decide(browser: Browser, found: Proposal, verb: str = "approve", **fields: str) -> Page:
    """Opens the page as a person does and presses; whatever stands in the form is sent, or what `fields` put there."""
    page = await browser.get(f"/proposals/{found.id}")
    form = {"csrf": page.csrf, "digest": found.digest, "said": "seen", **fields}
    return await browser.post(f"/proposals/{found.id}/{verb}", form)


async def test_two_persons_do_it_and_everybody_concerned_is_told(room: Room) -> None:
    found = await room.proposed()
    page = await room.sanne.desk.get(f"/proposals/{found.id}")
    assert "moves on by itself" in page.text
    page = await room.olga.desk.get("/proposals")
    assert f'href="/proposals/{found.id}"' in page.text
    page = await room.olga.desk.get(f"/proposals/{found.id}")
    assert "phone in the canal" in page.text
    assert "Pixel 8 stops" in page.text
    page = await room.olga.desk.send(f"/proposals/{found.id}/approve", said="called him back")
    assert "Approved and done" in page.text
    assert await room.held() == ["tempcode"]
    assert (await room.town.notices(room.anna))["decided_code"] == 1
    assert (await room.town.events(room.anna))["desk:proposal:executed"] == 1
    page = await room.sanne.desk.get(f"/proposals/{found.id}")
    assert "called him back" in page.text
    page = await room.sanne.desk.send(f"/proposals/{found.id}/show")
    code = page.text.partition('given-code"><span aria-hidden="true">')[2].partition("<")[0]
    assert len(code) == 11
    browser = room.town.browser()
    await browser.log_in(room.anna.name)
    assert (await browser.send("/login/answer", answer=code)).path == "/"


async def test_the_code_is_shown_once_and_not_to_the_officer(room: Room) -> None:
    found = await room.proposed()
    await decide(room.olga.desk, found)
    page = await room.olga.desk.get(f"/proposals/{found.id}")
    assert not page.has_form(f"/proposals/{found.id}/show")
    assert (await decide(room.olga.desk, found, "show")).says("proposal.shown")
    form = (await room.sanne.desk.get(f"/proposals/{found.id}")).form(f"/proposals/{found.id}/show")
    pages = await at_once([room.sanne.desk.post(form.action, form.fields) for _ in range(6)])
    assert sorted(page.status for page in pages) == [200] + [410] * 5
    assert (await room.counted(found))["shown"] == 1


async def test_nobody_approves_his_own_in_a_second_session_nor_in_a_second_role(room: Room) -> None:
    found, town = await room.proposed(by=room.olga), room.town
    second = desk_browser(town)
    page = await second.log_in(room.olga.user.name)
    assert isinstance(await room.olga.phone.approve(page.digits), Answered)
    await second.collect()
    page = await second.get(f"/proposals/{found.id}")
    assert not page.has_form(f"/proposals/{found.id}/approve")
    assert (await decide(second, found)).says("proposal.own")
    now = town.house.clock.now()
    await staffing.add(town.house, room.olga.user.name, Role.AGENT, "Olga", now)
    await staffing.add(town.house, room.olga.user.name, Role.OFFICER, "Olga", now)
    again = Worker(room.olga.user, room.olga.home, room.olga.phone, desk_browser(town))
    await again.log_in()
    assert (await decide(again.desk, found)).says("proposal.own")
    assert await room.held() == ["phone"]


async def test_an_agent_approves_nothing_and_sees_no_wish_of_a_colleague(room: Room) -> None:
    found = await room.proposed()
    assert (await decide(room.sanne.desk, found)).says("proposal.officer")
    other = await at_work(room.town, Role.AGENT, "Bo")
    assert (await other.desk.get(f"/proposals/{found.id}")).status == 404
    page = await other.desk.get("/proposals")
    assert found.id not in page.text
    for what in ("approve", "deny", "withdraw", "show"):
        done = await other.desk.post(f"/proposals/{found.id}/{what}", {"csrf": page.csrf, "digest": found.digest})
        assert done.status == 404
    assert await room.held() == ["phone"]


async def test_what_was_proposed_is_not_edited(room: Room) -> None:
    """No address takes a change, fields that are none are not read, and another content is not approved."""
    found, other = await room.proposed(), await room.town.person()
    for path in ("", "/edit", "/reason"):
        page = await room.sanne.desk.post(f"/proposals/{found.id}{path}", {"csrf": room.sanne.desk.page.csrf})
        assert page.status in {404, 405}
    assert (await decide(room.olga.desk, found, digest="0" * 64)).says("proposal.changed")
    assert (await decide(room.olga.desk, found, digest="")).says("proposal.changed")
    assert await room.held() == ["phone"]
    fields = {"client": other.id, "about": other.id, "what": "last_removed", "reason": "another", "approver": "x"}
    assert (await decide(room.olga.desk, found, **fields)).status == 303
    assert await room.held() == ["tempcode"]
    assert not await store.of_user(room.town.house.db, room.town.house.keys, other.id, HELD)


async def test_of_approving_and_denying_at_once_one_wins(room: Room) -> None:
    for _ in range(3):
        found = await room.proposed()
        forms = {}
        for worker in (room.olga, room.peter):
            forms[worker.user.id] = {"csrf": (await worker.desk.get(f"/proposals/{found.id}")).csrf, "said": "x"}
        wishes = [
            worker.desk.post(f"/proposals/{found.id}/{what}", {**forms[worker.user.id], "digest": found.digest})
            for _ in range(4)
            for what in ("approve", "deny")
            for worker in (room.olga, room.peter)
        ]
        pages = await at_once(wishes)
        assert sorted({page.status for page in pages}) == [303, 409]
        assert [page.status for page in pages].count(303) == 1
        counted = await room.counted(found)
        assert counted["executed"] + counted["denied"] == 1
        if counted["executed"]:
            assert await room.held() == ["tempcode"]
            break
        assert await room.held() == ["phone"]


async def test_the_back_button_has_no_second_effect(room: Room) -> None:
    found = await room.proposed()
    page = await room.olga.desk.get(f"/proposals/{found.id}")
    form = page.form(f"/proposals/{found.id}/approve")
    assert (await room.olga.desk.post(form.action, form.fields)).status == 303
    for _ in range(3):
        again = await room.olga.desk.post(form.action, form.fields)
        assert (again.status, again.says("proposal.decided")) == (409, True)
    assert (await room.counted(found))["executed"] == 1
    assert (await room.town.notices(room.anna))["code_issued"] == 1


async def test_what_ran_out_does_nothing(room: Room) -> None:
    found = await room.proposed(ago=room.town.house.settings.proposal_minutes * MINUTE)
    page = await room.olga.desk.get(f"/proposals/{found.id}")
    assert "Expired" in page.text
    assert not page.has_form(f"/proposals/{found.id}/approve")
    done = await decide(room.olga.desk, found)
    assert (done.status, done.says("proposal.expired")) == (410, True)
    assert await room.held() == ["phone"]


async def test_a_role_that_is_taken_in_between_decides_nothing_and_wants_nothing(room: Room) -> None:
    town, found = room.town, await room.proposed()
    form = (await room.olga.desk.get(f"/proposals/{found.id}")).form(f"/proposals/{found.id}/approve")
    await staffing.remove(town.house, room.olga.user.name, town.house.clock.now())
    page = await room.olga.desk.post(form.action, form.fields)
    assert page.status in {303, 403}
    assert await room.held() == ["phone"]
    await staffing.remove(town.house, room.sanne.user.name, town.house.clock.now())
    assert (await decide(room.peter.desk, found)).says("proposal.proposer_left")
    assert await room.held() == ["phone"]


async def test_an_officer_does_not_decide_about_himself(room: Room) -> None:
    found = await room.proposed(client=room.olga.user)
    page = await room.olga.desk.get(f"/proposals/{found.id}")
    assert page.says("proposal.concerned")
    assert not page.has_form(f"/proposals/{found.id}/approve")
    assert (await decide(room.olga.desk, found)).says("proposal.concerned")
    assert (await decide(room.peter.desk, found)).status == 303


async def test_an_approval_asks_for_a_proof_of_the_last_minutes_and_comes_back(room: Room) -> None:
    found, town = await room.proposed(), room.town
    old = town.house.settings.fresh_minutes * MINUTE
    await town.do("UPDATE sessions SET fresh_at = fresh_at - :old WHERE user_id = :id", old=old, id=room.olga.user.id)
    page = await room.olga.desk.get(f"/proposals/{found.id}")
    assert not page.has_form(f"/proposals/{found.id}/approve")
    done = await decide(room.olga.desk, found)
    assert done.answer.headers["location"] == f"/step-up?proposal={found.id}"
    assert await room.held() == ["phone"]
    await room.olga.desk.get(done.answer.headers["location"])
    page = await room.olga.desk.send("/step-up")
    assert isinstance(await room.olga.phone.approve(page.digits), Answered)
    page = await room.olga.desk.send("/step-up/collect")
    assert page.path == f"/proposals/{found.id}"
    await room.olga.desk.send(f"/proposals/{found.id}/approve", said="")
    assert await room.held() == ["tempcode"]


async def test_budgets_are_the_officers_business_and_more_takes_two(room: Room) -> None:
    assert (await room.sanne.desk.get("/budgets")).status == 404
    page = await room.olga.desk.get("/budgets")
    assert "Sanne" in page.text
    page = await room.olga.desk.send(
        "/budgets", agent=room.sanne.user.id, budget="codes", extra="3", reason="storm"
    )
    assert page.path.startswith("/proposals/")
    assert (await room.peter.desk.get(page.path)).status == 200
    page = await room.peter.desk.send(f"{page.path}/approve", said="")
    assert "Approved and done" in page.text
    page = await room.olga.desk.get("/budgets")
    assert "13 left (10 a day)" in page.text
    bad = await room.olga.desk.post("/budgets", {"csrf": page.csrf, "agent": "x", "budget": "codes", "extra": "3"})
    assert bad.status == 400
