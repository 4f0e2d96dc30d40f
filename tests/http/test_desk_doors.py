"""Who gets in at the desk, and that its door and the portal's never open each other. Two workers, both databases."""

from collections import Counter
from pathlib import Path

import pytest

from tests.house.reach import of_the_house
from tests.house.test_routes import handler_of
from tests.http.test_cards import answered, with_card
from tests.http.test_closing import closed, reader
from tests.http.test_temporary_codes import bridging
from tests.people import Answered, Browser, DeskBrowser, Page, Town, set_up_app, set_up_codes
from tests.workers import at_work, case_id, desk_browser, open_case, worker
from twolatch.authenticators import issuing
from twolatch.desk import staffing
from twolatch.faces.desk.routes import OPEN, Desk
from twolatch.faces.portal.showing import state
from twolatch.people.model import Role, User
from twolatch.protocol.codes import new_id
from twolatch.words.warrants import Operator


async def test_an_agent_comes_to_work_with_password_and_phone_and_leaves_again(town: Town) -> None:
    sanne = await worker(town)
    page = await sanne.desk.log_in(sanne.user.name)
    assert page.digits, "a browser the desk does not know yet"
    assert (await sanne.phone.asked()).challenge.context.application == "Support desk"
    assert isinstance(await sanne.phone.approve(page.digits), Answered)
    page = await sanne.desk.collect()
    assert (page.path, page.status) == ("/", 200)
    assert "Sanne" in page.text
    assert {name for name in sanne.desk.cookies if name.startswith("__Host")} == {
        "__Host-desk-session", "__Host-desk-dev",
    }  # fmt: skip
    await sanne.desk.send("/logout")
    assert not await sanne.desk.is_in()


async def test_a_client_and_an_agent_without_a_second_factor_do_not_get_in(town: Town) -> None:
    (client, _, phone), agent = await town.with_phone(), await town.person()
    await staffing.add(town.house, agent.name, Role.OFFICER, "Piet", town.house.clock.now())
    for name, code in ((client.name, "desk.no_role"), (agent.name, "desk.too_weak")):
        browser = desk_browser(town)
        page = await browser.log_in(name)
        assert (page.status, page.says(code)) == (403, True)
        assert not await browser.is_in()
    assert not (await phone.look()).asked, "nobody's phone was woken"


async def test_neither_codes_of_an_app_nor_recovery_codes_nor_a_temporary_code_open_the_desk(town: Town) -> None:
    with_app, with_code = await town.person(), await town.person()
    browser = town.browser()
    await browser.log_in(with_app.name)
    await set_up_app(browser)
    await set_up_codes(browser)
    house, now = town.house, town.house.clock.now()
    assert not isinstance(await issuing.issue(house, Operator(), with_code.name, "lost", "Code", now), type(None))
    for user in (with_app, with_code):
        await staffing.add(house, user.name, Role.AGENT, "Sanne", now)
        page = await desk_browser(town).log_in(user.name)
        assert (page.status, page.says("desk.too_weak")) == (403, True)


async def test_a_card_with_a_pin_opens_the_desk(town: Town) -> None:
    user, _, card = await with_card(town)
    await staffing.add(town.house, user.name, Role.AGENT, "Bo", town.house.clock.now())
    browser = desk_browser(town)
    page = await browser.log_in(user.name)
    page = await browser.send("/login/answer", answer=answered(card, page))
    assert (page.path, page.status) == ("/", 200)


async def test_a_session_of_one_door_is_none_at_the_other(town: Town) -> None:
    sanne = await at_work(town)
    assert await sanne.home.is_in()
    there, here = desk_browser(town), town.browser()
    for name, value in sanne.home.cookies.items():
        there.cookies[name] = value
        there.cookies[name.replace("__Host-", "__Host-desk-")] = value
    for name, value in sanne.desk.cookies.items():
        here.cookies[name] = value
        here.cookies[name.replace("__Host-desk-", "__Host-")] = value
    assert not await there.is_in()
    assert not await here.is_in()
    assert (await there.ask("GET", "/", keep=False)).answer.headers["location"].split("?")[0] == "/login"


async def test_what_was_begun_at_one_door_is_not_finished_at_the_other(town: Town) -> None:
    """Otherwise an agent who approves a login to the portal could open the desk to whoever has his password."""
    sanne = await worker(town)
    thief = town.browser()
    page = await thief.log_in(sanne.user.name)
    assert isinstance(await sanne.phone.approve(page.digits), Answered)
    carried = desk_browser(town)
    carried.cookies = {"__Host-desk-pre": thief.cookies["__Host-pre"]}
    page = await carried.get("/login/second")
    assert (page.status, page.says("login.start_over")) == (410, True)
    csrf = (await carried.get("/login")).csrf
    assert (await carried.post("/login/collect", {"csrf": csrf})).status == 410
    assert not await carried.is_in()


async def test_a_role_that_is_taken_ends_the_work_at_once_and_a_new_one_needs_a_new_login(town: Town) -> None:
    sanne = await at_work(town)
    now = town.house.clock.now()
    assert await staffing.remove(town.house, sanne.user.name, now)
    assert not await sanne.desk.is_in()
    assert await sanne.home.is_in(), "she stays the client she is"
    await staffing.add(town.house, sanne.user.name, Role.OFFICER, "", now)
    assert not await sanne.desk.is_in()


async def test_a_role_that_is_taken_between_the_latches_opens_nothing(town: Town) -> None:
    sanne = await worker(town)
    page = await sanne.desk.log_in(sanne.user.name)
    await staffing.remove(town.house, sanne.user.name, town.house.clock.now())
    assert isinstance(await sanne.phone.approve(page.digits), Answered)
    assert (await sanne.desk.collect()).status == 410
    assert not await sanne.desk.is_in()


async def test_nobody_becomes_an_officer_by_writing_into_the_database(town: Town) -> None:
    sanne, client = await at_work(town), await town.person()
    await town.do(
        """INSERT INTO staff (user_id, role, called, number, since, row_mac)
           SELECT :id, role, called, 9999 + number, since, row_mac FROM staff WHERE user_id = :other""",
        id=client.id, other=sanne.user.id,
    )  # fmt: skip
    page = await desk_browser(town).log_in(client.name)
    assert page.says("desk.no_role")
    await town.do("UPDATE staff SET role = 'officer' WHERE user_id = :id", id=sanne.user.id)
    assert not await sanne.desk.is_in()


async def test_an_agent_whose_password_was_set_by_another_chooses_his_own_first(town: Town) -> None:
    sanne = await worker(town)
    await town.do("UPDATE users SET must_change = 1 WHERE id = :id", id=sanne.user.id)
    page = await sanne.desk.log_in(sanne.user.name)
    assert (page.status, page.says("desk.password")) == (403, True)


def path_of(route_path: str) -> str:
    for name in ("id", "note", "number", "one", "proof", "serial", "token", "kind"):
        route_path = route_path.replace(f"{{{name}}}", new_id(bytes(16)))
    assert "{" not in route_path, route_path
    return route_path


async def from_the_portal(town: Town, who: str, folder: Path) -> Browser:
    """Each kind of session that is none at the desk."""
    if who == "bridging":
        return (await bridging(town))[1]
    if who == "reading":
        return await reader(town, (await closed(town, folder))[0])
    if who == "agent's own":
        return (await at_work(town)).home
    browser = town.browser()
    await browser.log_in((await town.person()).name)
    return browser


async def outsider(town: Town, who: str, folder: Path) -> DeskBrowser:
    """At the desk's door with cookies that once opened something, under the names of both doors."""
    if who == "ended":
        olga = await at_work(town, Role.OFFICER, "Olga")
        await town.do("UPDATE sessions SET ended_at = 1 WHERE user_id = :id", id=olga.user.id)
        return olga.desk
    browser = desk_browser(town)
    if who != "nobody":
        carried = (await from_the_portal(town, who, folder)).cookies
        browser.cookies = carried | {name.replace("__Host-", "__Host-desk-"): each for name, each in carried.items()}
    return browser


@pytest.mark.parametrize("who", ["nobody", "client", "bridging", "reading", "agent's own", "ended"])
async def test_every_address_of_the_desk_asks_for_somebody_at_work(town: Town, who: str, tmp_path: Path) -> None:
    """T16: a new address is shut to everybody else without anybody thinking of it."""
    browser = await outsider(town, who, tmp_path)
    await browser.get("/login")
    kept, csrf, asked = dict(browser.cookies), browser.page.csrf, 0
    for route in Desk(town.site.settings).routes():
        if route.path in OPEN:
            continue
        for method in sorted(route.methods or ()):
            browser.cookies = dict(kept)
            path = path_of(route.path)
            if method == "POST":
                page: Page = await browser.post(path, {"csrf": csrf})
                assert page.status in {303, 403}, f"{method} {path}: {page.status}"
            else:
                page = await browser.ask(method, path, keep=False)
                assert page.status == 303, f"{method} {path}: {page.status}"
            if page.status == 303:
                assert page.answer.headers["location"].split("?")[0] == "/login", f"{method} {path}"
            asked += 1
    assert asked >= 8


async def test_an_agent_learns_of_no_address_that_officers_have(town: Town) -> None:
    """Whichever handler asks for an officer is walked: a new one is covered by itself."""
    sanne, olga = await at_work(town), await at_work(town, Role.OFFICER, "Olga")
    reach, theirs = of_the_house(), set()
    csrf = (await sanne.desk.get("/")).csrf
    for route in Desk(town.site.settings).routes():
        if "faces.desk.showing.officer_of" not in reach.of(handler_of(route)):
            continue
        theirs.add(route.path)
        for method in sorted((route.methods or set()) - {"HEAD"}):
            path = path_of(route.path)
            if method == "GET":
                assert (await olga.desk.ask("GET", path, keep=False)).status == 200, path
                page = await sanne.desk.ask("GET", path, keep=False)
            else:
                page = await sanne.desk.post(path, {"csrf": csrf})
            assert page.status == 404, f"{method} {path}: {page.status}"
    assert theirs >= {"/budgets", "/stock/import"}


NOTHING_WAITS = state("", "look")
DECIDES = {"/proposals/{id}/approve", "/proposals/{id}/deny"}  # what an officer is there for


@pytest.mark.parametrize("role", list(Role))
async def test_a_colleagues_case_and_wish_open_no_address(town: Town, role: Role) -> None:
    """Every address below a case or a proposal, with the id of one that is not his: an agent finds nothing there, and
    an officer may look, and decide what was proposed, and nothing else."""
    sanne, other, client = await at_work(town), await at_work(town, role, "Bo"), await town.person()
    case = case_id(await open_case(sanne, client))
    sent = await sanne.desk.post(f"/cases/{case}/code", {"csrf": sanne.desk.page.csrf})
    wish = sent.answer.headers["location"]
    ids, asked = {"/cases/{id}": f"/cases/{case}", "/proposals/{id}": wish}, 0
    csrf, before = (await other.desk.get("/")).csrf, await done_for(town, client)
    typed = {"words": "x", "why": "x", "answered": "yes", "answer": "1"}
    for route in Desk(town.site.settings).routes():
        root = "/".join(route.path.split("/")[:3])
        if root not in ids or (role is Role.OFFICER and route.path in DECIDES):
            continue
        path = route.path.replace(root, ids[root])
        for method in sorted((route.methods or set()) - {"HEAD"}):
            if method == "GET":
                page = await other.desk.ask("GET", f"{path}?state", keep=False)
                is_look = role is Role.OFFICER and page.status == 200
                is_nothing = page.status == 404 or page.text == NOTHING_WAITS
                assert is_look or is_nothing, f"{method} {path}: {page.status}"
            else:
                page = await other.desk.post(path, {"csrf": csrf, **typed})
                refused = {404} if role is Role.AGENT else {403, 404, 409, 410}
                assert page.status in refused, f"{method} {path}: {page.status}"
            asked += 1
    assert asked >= 20
    assert await done_for(town, client) == before


async def done_for(town: Town, client: User) -> Counter[str]:
    """What the audit tells of this client, besides that an officer read his case."""
    found = await town.events(client)
    del found["desk:case:read"]
    return found


async def test_a_form_of_the_portal_is_none_at_the_desk(town: Town) -> None:
    sanne = await at_work(town)
    page = await sanne.desk.get("/")
    token = page.form("/logout").fields["csrf"]
    for marks in (
        {"origin": town.site.settings.portal_url},
        {"origin": "https://evil.example", "sec_fetch_site": "cross-site"},
        {"sec_fetch_site": "same-site"},
    ):
        assert (await sanne.desk.post("/logout", {"csrf": token}, **marks)).status == 403
    assert (await sanne.desk.post("/logout", {"csrf": "x" * len(token)})).status == 403
    assert await sanne.desk.is_in()
