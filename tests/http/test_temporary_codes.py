"""Temporary codes: given out once, bound to one browser, two days for everything, ten to get something better."""

import re

import pytest
from msgspec.structs import replace
from starlette.routing import Route

from tests.http.test_cards import activate as activate_card
from tests.http.test_cards import sent_to, state_of
from tests.http.test_code_cards import answer, cells_on, make_card
from tests.http.test_strangers import OPEN
from tests.http.test_typed_kinds import proved
from tests.people import Browser, Page, Phone, Town, activate, at_once, confirmation
from twolatch.authenticators import issuing, store
from twolatch.authenticators.ending import warn
from twolatch.authenticators.issuing import Given
from twolatch.faces.portal.routes import Portal
from twolatch.notices import links
from twolatch.people.model import User
from twolatch.storage.db import Tx
from twolatch.words.limits import DAY
from twolatch.words.refusals import Code, Refusal
from twolatch.words.warrants import Operator


async def give(town: Town, user: User) -> Given | Refusal:
    house, why = town.house, "phone lost, called back"
    return await issuing.issue(house, Operator(), user.name, why, "Code", house.clock.now())


async def code_for(town: Town, user: User) -> str:
    given = await give(town, user)
    assert isinstance(given, Given)
    return given.code.reveal()


async def with_code(town: Town) -> tuple[User, Phone, str]:
    """A client whose phone is gone, with a code from support."""
    user, browser, phone = await town.with_phone()
    await browser.log_out()
    return user, phone, await code_for(town, user)


async def enter(browser: Browser, user: User, code: str) -> Page:
    await browser.log_in(user.name)
    return await browser.send("/login/answer", answer=code)


async def let_pass(town: Town, user: User, time: int) -> None:
    """As if the code had been given out `time` ms earlier, and every session been opened by then."""

    async def work(tx: Tx) -> None:
        for one in await store.held_by(tx, town.house.keys, user.id):
            if "narrows" in one.enrolment:
                times = {name: int(one.enrolment[name]) - time for name in ("ends", "narrows")}
                assert await store.advance(tx, town.house.keys, one, replace(one, enrolment={**one.enrolment, **times}))
        await tx.run(
            "UPDATE sessions SET narrow_at = narrow_at - :time WHERE user_id = :id AND narrow_at > 0",
            time=time, id=user.id,
        )  # fmt: skip

    await town.house.db.write(work)


async def bridging(town: Town) -> tuple[User, Browser]:
    user, _, code = await with_code(town)
    browser = town.browser()
    await enter(browser, user, code)
    await let_pass(town, user, 3 * DAY)
    return user, browser


async def test_anna_calls_support_and_is_let_in_while_her_lost_phone_is_stopped(town: Town) -> None:
    user, phone, code = await with_code(town)
    assert (await town.notices(user))["code_issued"] == 1
    assert (await town.notices(user))["phone_reported"] == 1
    browser = town.browser()
    home = await enter(browser, user, code.lower().replace("-", " "))
    assert proved(home) == "Proved with password and temporary code"
    assert "opens everything until" in home.text
    assert (await town.notices(user))["stand_in_used"] == 1
    assert not (await phone.look()).asked
    page = await browser.get("/password")
    assert page.path == "/password"


async def test_a_code_serves_the_first_browser_and_no_other(town: Town) -> None:
    user, _, code = await with_code(town)
    first, second = town.browser(), town.browser()
    await first.log_in(user.name)
    await first.send("/login/cancel")
    await second.log_in(user.name)
    assert (await second.send("/login/answer", answer=code)).path == "/"
    refused = await first.log_in(user.name)
    assert (refused.status, refused.says("login.elsewhere")) == (403, True)
    await second.log_out()
    assert (await enter(second, user, code)).path == "/", "there again and again"


async def test_of_many_browsers_with_the_right_code_one_gets_in(town: Town) -> None:
    """Every browser is known, so that all are asked at once; each types the right code at the same moment."""
    user, browser, phone = await town.with_phone()
    browsers = [await town.stranger(user, phone) for _ in range(2)]
    for one in (browser, *browsers):
        await one.log_out()
    code = await code_for(town, user)
    forms = []
    for one in (browser, *browsers):
        page = await one.log_in(user.name)
        forms.append((one, page.form("/login/answer")))
    await town.do("DELETE FROM sessions WHERE user_id = :id", id=user.id)
    wishes = [one.post(form.action, {**form.fields, "answer": code}) for one, form in forms for _ in range(8)]
    assert {page.status for page in await at_once(wishes)} <= {303, 403, 410, 503}
    assert await town.count("FROM sessions WHERE user_id = :id AND ended_at = 0", id=user.id) == 1


async def test_five_wrong_codes_in_all_end_it_also_with_right_ones_between(town: Town) -> None:
    user, _, code = await with_code(town)
    owner = town.browser()
    for guesses in (2, 2):
        await owner.log_in(user.name)
        for guess in range(guesses):
            assert (await owner.send("/login/answer", answer=f"AAAAA-AAA{guess}A")).says("typed.wrong")
        assert (await owner.send("/login/answer", answer=code)).path == "/"
        await owner.log_out()
    await owner.log_in(user.name)
    await owner.send("/login/answer", answer="BBBBB-BBBBB")
    assert (await town.events(user))["authenticators:answer:refused"] == 5
    assert (await town.notices(user))["other_locked"] == 1
    assert (await owner.log_in(user.name)).says("login.phone_reported"), "only the lost phone is left"


async def test_guesses_at_once_are_never_more_than_five(town: Town) -> None:
    user, _, _ = await with_code(town)
    for _ in range(3):
        thief = town.browser()
        page = await thief.log_in(user.name)
        if not page.has_form("/login/answer"):
            break
        form = page.form("/login/answer")
        guesses = [f"AAAA{a}-AAAA{b}" for a in "BCDEF" for b in "BCDEF"]
        await at_once(thief.post(form.action, {**form.fields, "answer": guess}) for guess in guesses)
    assert (await town.events(user))["authenticators:answer:refused"] == 5


async def test_there_are_never_two_in_a_row(town: Town) -> None:
    user, _, code = await with_code(town)
    assert await give(town, user) == Refusal(Code.STAND_IN_AGAIN)
    browser = town.browser()
    await enter(browser, user, code)
    assert await issuing.take_back(town.house, user.name, town.house.clock.now())
    assert not await browser.is_in()
    assert await give(town, user) == Refusal(Code.STAND_IN_AGAIN), "it was used: taking it back gives no second one"
    assert await town.count(
        "FROM authenticators WHERE user_id = :id AND kind = 'tempcode' AND state <> 'removed'", id=user.id
    ) == 0


async def test_stopping_the_code_by_the_link_in_a_mail_ends_what_it_opened(town: Town) -> None:
    user, _, code = await with_code(town)
    browser = town.browser()
    await enter(browser, user, code)
    row = await town.house.db.row("SELECT id FROM authenticators WHERE user_id = :id AND kind = 'tempcode'", id=user.id)
    assert row
    link = links.suspend_link(town.house, row["id"], town.house.clock.now())
    other = town.browser()
    page = await other.get(link.removeprefix(town.house.settings.portal_url))
    await other.send(page.path)
    assert not await browser.is_in()
    assert not (await browser.log_in(user.name)).has_form("/login/answer")


async def test_a_code_nobody_used_can_be_taken_back_and_given_anew(town: Town) -> None:
    user, _, old = await with_code(town)
    now = town.house.clock.now()
    assert await issuing.take_back(town.house, user.name, now)
    assert not await issuing.take_back(town.house, user.name, now)
    new = await code_for(town, user)
    browser = town.browser()
    await browser.log_in(user.name)
    assert (await browser.send("/login/answer", answer=old)).says("typed.wrong")
    assert (await browser.send("/login/answer", answer=new)).path == "/"


async def test_of_many_operators_at_once_one_gives_a_code(town: Town) -> None:
    user = await town.person()
    given = await at_once(give(town, user) for _ in range(12))
    assert sum(isinstance(one, Given) for one in given) == 1
    assert (await town.events(user))["authenticators:stand_in:issued"] == 1


async def test_the_code_stands_in_no_log_no_mail_and_no_table(town: Town) -> None:
    user, _, code = await with_code(town)
    for spelling in (code, code.replace("-", "")):
        for table in ("audit", "notices", "authenticators", "challenges"):
            for row in await town.house.db.rows(f"SELECT * FROM {table}"):
                assert not any(spelling in str(value) for value in row.values())
    rows = await town.house.db.rows("SELECT facts FROM audit WHERE user_id = :id", id=user.id)
    assert any("phone lost, called back" in row["facts"] for row in rows)


async def test_after_two_days_the_session_may_only_get_something_better(town: Town) -> None:
    _, browser = await bridging(town)
    page = await browser.get("/")
    assert page.path == "/bridging"
    assert page.has_form("/activate/begin")
    assert "/security/add/codecard" in page.text
    for path in ("/security", "/password", "/security/add/totp", "/security/add/recovery"):
        assert (await browser.get(path)).path == "/bridging", path
    page = await make_card(browser)
    cells = cells_on(page)
    page = await browser.send(confirmation(page), **answer(page, cells))
    assert page.path == "/bridging"
    assert "Online code card" in page.text
    await browser.get("/step-up")
    page = await browser.send("/step-up", way="phone")
    page = await browser.send("/step-up/answer", **answer(page, cells))
    assert page.path == "/security", "proved by the card, everything is open again"


async def test_a_new_login_with_a_code_of_three_days_bridges_too(town: Town) -> None:
    user, browser = await bridging(town)
    await browser.get("/bridging")
    await browser.send("/logout")
    row = await town.house.db.row("SELECT id FROM authenticators WHERE user_id = :id AND kind = 'tempcode'", id=user.id)
    assert row
    page = await browser.log_in(user.name)
    assert page.has_form("/login/answer")


async def test_a_new_phone_takes_the_place_of_the_lost_one_and_ends_the_code(town: Town) -> None:
    user, browser = await bridging(town)
    await browser.get("/bridging")
    await browser.send("/activate/begin")
    phone = town.phone()
    await activate(browser, phone, browser.page.session_id)
    rows = await town.house.db.rows("SELECT kind, state FROM authenticators WHERE user_id = :id", id=user.id)
    assert sorted((row["kind"], row["state"]) for row in rows) == [
        ("phone", "active"), ("phone", "removed"), ("tempcode", "removed"),
    ]  # fmt: skip
    assert "Go on with it" in (await browser.get("/security")).text
    assert isinstance(await give(town, user), Given), "something lasting was active: the row begins anew"


async def test_a_card_that_the_post_brings_after_two_days_is_activated_and_ends_the_code(town: Town) -> None:
    user, browser = await bridging(town)
    assert 'href="/card"' not in (await browser.get("/bridging")).text
    card = await sent_to(town, user)
    assert 'href="/card"' in (await browser.get("/bridging")).text
    page = await activate_card(browser, card)
    assert (page.path, card.serial in page.text) == ("/bridging", True)
    assert await state_of(town, card) == "active"
    assert (await browser.get("/security")).path == "/bridging", "only the card's own answer opens the rest"
    assert await town.count(
        "FROM authenticators WHERE user_id = :id AND kind = 'tempcode' AND state <> 'removed'", id=user.id
    ) == 0


async def test_a_code_that_is_over_activates_no_card(town: Town) -> None:
    user, browser = await bridging(town)
    card, csrf = await sent_to(town, user), (await browser.get("/bridging")).csrf
    await let_pass(town, user, 10 * DAY)
    assert (await browser.get("/card")).path.startswith("/step-up"), "what is over proves nothing more"
    assert (await browser.post("/card", {"csrf": csrf})).answer.headers["location"].startswith("/step-up")
    assert await state_of(town, card) == "shipped"
    assert await town.count("FROM authenticators WHERE user_id = :id AND kind = 'card'", id=user.id) == 0


async def test_the_lost_phone_is_found_and_ends_the_code(town: Town) -> None:
    user, phone, _ = await with_code(town)
    browser = town.browser()
    await browser.get("/found")
    page = await browser.send("/found", name=user.name, password="linden tree 42 kites")
    await phone.approve(page.digits)
    await browser.collect()
    assert await town.count(
        "FROM authenticators WHERE user_id = :id AND kind = 'tempcode' AND state <> 'removed'", id=user.id
    ) == 0


async def test_after_twelve_days_the_code_is_over_and_the_client_was_warned(town: Town) -> None:
    user, browser = await bridging(town)
    await let_pass(town, user, 7 * DAY)
    await warn(town.house, town.house.clock.now())
    assert (await town.notices(user))["ends_soon"] == 1
    await let_pass(town, user, 3 * DAY)
    assert (await town.browser().log_in(user.name)).says("login.run_out")
    page = await browser.get("/security")
    assert (page.path, page.has_form("/activate/begin")) == ("/bridging", True)
    refused = await browser.send("/activate/begin")
    assert refused.path.startswith("/step-up"), "what is over proves nothing more"


async def test_a_client_who_is_locked_out_gets_no_code_and_nobody_gets_one_for_a_stranger(town: Town) -> None:
    user = await town.person()
    await town.do("UPDATE users SET is_off = 1 WHERE id = :id", id=user.id)
    assert await give(town, user) == Refusal(Code.LOGIN_OFF)
    assert await issuing.issue(town.house, Operator(), "nobody-at-all", "x", "Code", 0) == Refusal(Code.NAME_EMPTY)
    assert await issuing.issue(town.house, Operator(), user.name, "  ", "Code", 0) == Refusal(Code.NAME_EMPTY)


# What a bridging session reaches, besides everything that is open to everybody: the few ways to something better.
BETTER = {
    "/bridging", "/card", "/activate", "/activate/wait", "/activate/begin", "/activate/confirm", "/activate/cancel",
    "/security/add/{kind}", "/security/set-up/{id}", "/security/set-up/{id}/card.pdf", "/security/set-up/{id}/confirm",
    "/security/set-up/{id}/cancel", "/step-up", "/step-up/wait", "/step-up/number", "/step-up/answer",
    "/step-up/collect",
}  # fmt: skip


def others(town: Town) -> list[tuple[str, str]]:
    """Every other address of the portal, by each of its methods."""
    routes: list[Route] = Portal(town.house.settings).routes()
    assert {route.path for route in routes} >= OPEN | BETTER
    return [
        (method, route.path)
        for route in routes
        if route.path not in OPEN | BETTER
        for method in sorted((route.methods or set()) - {"HEAD"})
    ]


async def test_every_other_address_is_closed_to_a_bridging_session(town: Town) -> None:
    user, browser = await bridging(town)
    csrf = (await browser.get("/bridging")).csrf
    before = await town.events(user)
    tried = others(town)
    assert len(tried) > 10
    for method, path in tried:
        there = re.sub(r"\{\w+\}", "0" * 26, path)
        if method == "GET":
            page = await browser.ask("GET", there, sec_fetch_site="same-origin")
        else:
            page = await browser.post(there, {"csrf": csrf})
        assert (page.status, page.answer.headers.get("location")) == (303, "/bridging"), (method, path)
    assert await town.events(user) == before


@pytest.mark.parametrize("kind", ["totp", "recovery"])
async def test_a_bridging_session_sets_up_nothing_but_a_card(town: Town, kind: str) -> None:
    user, browser = await bridging(town)
    csrf = (await browser.get("/bridging")).csrf
    page = await browser.post(f"/security/add/{kind}", {"csrf": csrf})
    assert page.status >= 300
    assert await town.count("FROM authenticators WHERE user_id = :id AND kind = :kind", id=user.id, kind=kind) == 0


async def test_a_stolen_cookie_of_a_bridging_session_moves_no_phone(town: Town) -> None:
    user, browser = await bridging(town)
    row = await town.house.db.row("SELECT id FROM authenticators WHERE user_id = :id AND kind = 'phone'", id=user.id)
    assert row
    csrf = (await browser.get("/bridging")).csrf
    for wish in ("remove", "move", "rename"):
        page = await browser.post(f"/security/authenticators/{row['id']}/{wish}", {"csrf": csrf, "label": "mine"})
        assert page.answer.headers["location"] == "/bridging"
    held = await town.house.db.row("SELECT name, state FROM authenticators WHERE id = :id", id=row["id"])
    assert held
    assert (held["state"], held["name"] == "mine") == ("reported", False)
