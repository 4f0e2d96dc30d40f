"""The online code card at the portal: made, printed, activated by two cells, used, and never a way around."""

import re

import pypdfium2 as pdfium
from msgspec.structs import replace

from tests.http.test_typed_kinds import make_stale, proved, with_app, with_codes
from tests.people import Browser, Page, Town, activate, at_once, confirmation
from twolatch.authenticators import store
from twolatch.authenticators.ending import warn
from twolatch.authenticators.model import State
from twolatch.authenticators.outcome import move
from twolatch.people.model import User
from twolatch.storage.db import Tx
from twolatch.words.events import Event
from twolatch.words.limits import DAY

Cells = list[str]


async def make_card(browser: Browser) -> Page:
    await browser.get("/security/add/codecard")
    return await browser.send("/security/add/codecard")


def cells_on(page: Page) -> Cells:
    """What stands on the page's own card."""
    return re.findall(r'<span class="card-place">\d+</span> <code>([0-9A-Z]{3})</code>', page.text)


def places(page: Page) -> list[int]:
    return [int(place) for place in re.findall(r'class="cell-place">(\d+)<', page.text)]


def answer(page: Page, cells: Cells) -> dict[str, str]:
    first, second = places(page)
    return {"answer": cells[first - 1].lower(), "answer_2": f" {cells[second - 1]}"}


async def with_card(town: Town) -> tuple[User, Browser, Cells]:
    """A client whose only second latch is a card he has just printed."""
    user, browser = await town.person(), town.browser()
    await browser.log_in(user.name)
    page = await make_card(browser)
    cells = cells_on(page)
    page = await browser.send(confirmation(page), **answer(page, cells))
    assert page.path == "/security?done=added", page.text
    return user, browser, cells


async def enter(browser: Browser, user: User, cells: Cells) -> Page:
    page = await browser.log_in(user.name)
    return await browser.send("/login/answer", **answer(page, cells))


async def let_pass(town: Town, user: User, time: int) -> None:
    """As if the client's card had been made `time` ms earlier; written with the site's own key."""
    house = town.house

    async def work(tx: Tx) -> None:
        for one in await store.held_by(tx, house.keys, user.id):
            if "ends" in one.enrolment:
                earlier = {**one.enrolment, "ends": int(one.enrolment["ends"]) - time}
                assert await store.advance(tx, house.keys, one, replace(one, enrolment=earlier))

    await house.db.write(work)


async def test_anna_prints_a_card_and_the_paper_says_what_the_server_keeps(town: Town) -> None:
    user, browser = await town.person(), town.browser()
    await browser.log_in(user.name)
    page = await make_card(browser)
    cells = cells_on(page)
    assert len(cells) == 224
    file = await browser.ask("GET", f"{page.path}/card.pdf", sec_fetch_site="same-origin")
    assert file.answer.headers["content-type"] == "application/pdf"
    assert "no-store" in file.answer.headers["cache-control"]
    kept_as = file.answer.headers["content-disposition"]
    assert re.fullmatch(r'attachment; filename="code-card-\d{4}-\d{4}\.pdf"', kept_as)
    document = pdfium.PdfDocument(file.answer.content)
    words = str(document[0].get_textpage().get_text_range()).split()
    found = {int(words[at]): words[at + 1] for at in range(len(words) - 1) if words[at + 1] in cells}
    assert [found[place] for place in range(1, 225)] == cells
    assert not {user.name, user.display} & {" ".join(words), *words}
    page = await browser.send(confirmation(page), **answer(page, cells))
    assert "It is active from now on" in page.text
    assert "Valid until" in page.text
    assert (await town.notices(user))["new_other"] == 1


async def test_two_cells_open_the_login_and_the_page_tells_until_when(town: Town) -> None:
    user, _, cells = await with_card(town)
    home = await enter(town.browser(), user, cells)
    assert proved(home) == "Proved with password and code card"
    assert "stands in for a while only" in home.text


async def test_the_same_two_cells_are_asked_until_they_are_answered_in_every_browser(town: Town) -> None:
    user, owner, cells = await with_card(town)
    asked = places(await town.browser().log_in(user.name))
    await owner.log_out()
    assert places(await owner.log_in(user.name)) == asked
    wrong = await owner.send("/login/answer", answer="222", answer_2="222")
    assert (wrong.says("typed.wrong"), places(wrong)) == (True, asked)
    assert places(await owner.log_in(user.name)) == asked, "a new attempt asks the same"
    assert (await owner.send("/login/answer", **answer(owner.page, cells))).path == "/"
    await owner.log_out()
    assert places(await owner.log_in(user.name)) != asked


async def test_a_session_that_proves_again_is_asked_for_the_waiting_pair_too(town: Town) -> None:
    user, owner, cells = await with_card(town)
    asked = places(await town.browser().log_in(user.name))
    await make_stale(town, user)
    await owner.get("/password")
    page = await owner.send("/step-up", way="phone")
    assert places(page) == asked
    page = await owner.send("/step-up/answer", **answer(page, cells))
    assert page.path == "/password"


async def test_one_pair_sent_at_once_through_two_doors_opens_one(town: Town) -> None:
    """A login in a known browser, a step-up of a session, and the very same two cells at both, on two workers."""
    user, owner, cells = await with_card(town)
    await make_stale(town, user)
    other = town.browser()
    page = await other.log_in(user.name)
    await owner.get("/password")
    again = await owner.send("/step-up", way="phone")
    assert places(page) == places(again)
    login, step_up = page.form("/login/answer"), again.form("/step-up/answer")
    said = answer(page, cells)
    wishes = [other.post(login.action, {**login.fields, **said}) for _ in range(10)]
    wishes += [owner.post(step_up.action, {**step_up.fields, **said}) for _ in range(10)]
    assert {page.status for page in await at_once(wishes)} <= {303, 403, 410, 503}
    events = await town.events(user)
    assert events["authenticators:challenge:approved"] == 2, "the card's first answer, and one of these"
    assert events["login:session:started"] + events["sessions:session:proved"] <= 3


async def test_five_wrong_answers_over_many_logins_lock_the_card(town: Town) -> None:
    user, _, _ = await with_card(town)
    for _ in range(2):
        thief = town.browser()
        page = await thief.log_in(user.name)
        form = page.form("/login/answer")
        guesses = [{"answer": f"2{a}{b}", "answer_2": "ZZZ"} for a in "ABCDE" for b in "2345"]
        await at_once(thief.post(form.action, {**form.fields, **guess}) for guess in guesses)
    assert (await town.events(user))["authenticators:answer:refused"] == 5
    assert (await town.notices(user))["guesses"] == 1
    assert (await town.notices(user))["other_locked"] == 1
    assert (await town.browser().log_in(user.name)).says("login.phone_locked")


async def test_a_card_is_not_shown_again_once_it_is_active_nor_to_another_session(town: Town) -> None:
    user, browser = await town.person(), town.browser()
    await browser.log_in(user.name)
    other = town.browser()
    await other.log_in(user.name)
    page = await make_card(browser)
    path, cells = page.path, cells_on(page)
    assert cells_on(await browser.get(path)) == cells, "loading the page again shows the same card"
    for there in (path, f"{path}/card.pdf"):
        foreign = await other.get(there)
        assert not any(text in foreign.text for text in (cells[0] + "</code>", "%PDF"))
    page = await browser.get(path)
    await browser.send(confirmation(page), **answer(page, cells))
    after = await browser.ask("GET", f"{path}/card.pdf", sec_fetch_site="same-origin")
    assert after.status == 404
    assert cells_on(await browser.get(path)) == []


async def test_an_expired_card_opens_nothing_and_the_password_alone_neither(town: Town) -> None:
    user, owner, cells = await with_card(town)
    thief = town.browser()
    page = await thief.log_in(user.name)
    await let_pass(town, user, 21 * DAY)
    late = await thief.send("/login/answer", **answer(page, cells))
    assert late.says("login.run_out")
    refused = await town.browser().log_in(user.name)
    assert (refused.status, refused.says("login.run_out")) == (403, True)
    assert "Expired" in (await owner.get("/security")).text
    assert "stands in" not in (await owner.get("/")).text
    page = await owner.get("/password")
    assert page.path == "/password", "what was proved a moment ago still counts for what is his own"
    refused = await owner.post("/security/add/totp", {"csrf": page.csrf})
    assert refused.answer.headers["location"].startswith("/step-up"), "a card that is over proves nothing more"


async def test_the_client_is_warned_once_before_his_card_ends(town: Town) -> None:
    user, _, _ = await with_card(town)
    now = town.house.clock.now
    await warn(town.house, now())
    assert "ends_soon" not in await town.notices(user)
    await let_pass(town, user, 18 * DAY)
    await at_once(warn(town.house, now()) for _ in range(4))
    await warn(town.house, now())
    assert (await town.notices(user))["ends_soon"] == 1


async def test_who_has_something_that_lasts_makes_no_card_beside_it(town: Town) -> None:
    user, browser, _ = await with_app(town)
    page = await browser.get("/security")
    assert "/security/add/codecard" not in page.text
    page = await browser.get("/security/add/codecard")
    assert (page.status, page.says("set_up.not_needed")) == (409, True)
    page = await browser.post("/security/add/codecard", {"csrf": page.csrf})
    assert page.status == 409
    assert await town.count("FROM authenticators WHERE user_id = :id AND kind = 'codecard'", id=user.id) == 0


async def test_a_card_does_not_make_the_next_card(town: Town) -> None:
    _, browser, _ = await with_card(town)
    assert (await browser.get("/security/add/codecard")).says("set_up.not_needed")


async def test_a_recovery_code_makes_a_card_only_when_nothing_better_works(town: Town) -> None:
    user, _, _, codes = await with_codes(town)
    browser = town.browser()
    await browser.log_in(user.name)
    await town.do("UPDATE challenges SET state = 'cancelled' WHERE user_id = :id AND state = 'pending'", id=user.id)
    app = await town.house.db.row(
        "SELECT id FROM authenticators WHERE user_id = :id AND kind = 'totp' AND state = 'active'", id=user.id
    )
    assert app
    now = town.house.clock.now()
    said = (State.REPORTED, Event.AUTHENTICATOR_REPORTED, now)
    await town.house.db.write(lambda tx: move(tx, town.house, app["id"], user, *said))
    page = await browser.log_in(user.name)
    page = await browser.send("/login/answer", answer=codes[1])
    assert proved(page) == "Proved with password and a recovery code"
    assert len(cells_on(await make_card(browser))) == 224


async def test_a_phone_that_becomes_active_ends_the_card_and_the_client_is_told(town: Town) -> None:
    user, browser, _ = await with_card(town)
    phone = town.phone()
    await browser.get("/security")
    await browser.send("/activate/begin")
    await activate(browser, phone, browser.page.session_id)
    assert await town.count(
        "FROM authenticators WHERE user_id = :id AND kind = 'codecard' AND state <> 'removed'", id=user.id
    ) == 0
    assert (await town.notices(user))["other_removed"] == 1
    page = await town.browser().log_in(user.name)
    assert not places(page)
