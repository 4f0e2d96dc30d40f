"""The code card that the site prints: read back from its file, activated by two cells, used, and never a way around."""

import re
import subprocess
from pathlib import Path

import pypdfium2 as pdfium
import pytest

from tests.http.test_code_cards import Cells, answer, make_card, places
from tests.http.test_typed_kinds import make_stale, proved
from tests.people import Browser, Page, Town, activate, at_once, confirmation
from twolatch.authenticators import printing
from twolatch.people.model import User
from twolatch.words.refusals import Refusal


async def printed_for(town: Town, user: User) -> Cells:
    done = await printing.issue(town.house, user.name, "Printed code card", town.house.clock.now())
    assert isinstance(done, printing.Sheet)
    return list(done.card.cells)


async def begin(browser: Browser) -> Page:
    await browser.get("/code-card")
    return await browser.send("/code-card")


async def with_printed(town: Town) -> tuple[User, Browser, Cells]:
    """A client whose second latch is the card that was sent to him."""
    user, browser = await town.person(), town.browser()
    cells = await printed_for(town, user)
    await browser.log_in(user.name)
    page = await begin(browser)
    page = await browser.send(confirmation(page), **answer(page, cells))
    assert page.path == "/security?done=added", page.text
    return user, browser, cells


async def held(town: Town, user: User, state: str) -> int:
    kind = "FROM authenticators WHERE user_id = :id AND kind = 'printedcard' AND state = :state"
    return await town.count(kind, id=user.id, state=state)


async def test_anna_gets_a_card_by_post_that_says_what_the_server_keeps_and_logs_in_with_it(
    town: Town, tmp_path: Path
) -> None:
    user, browser, file = await town.person(language="nl"), town.browser(), tmp_path / "card.pdf"
    said = town.site.run("card", "print", user.name, "--out", str(file))
    number = re.findall(r"Card (\d{4} \d{4}) for", said)[0]
    assert file.stat().st_mode & 0o077 == 0
    paper = pdfium.PdfDocument(file.read_bytes())
    assert len(paper) == 1
    words = paper[0].get_textpage().get_text_range().split()
    start = next(at for at, word in enumerate(words) if word == "1" and words[at + 2] == "2")
    table = words[start : start + 448]
    assert table[::2] == [str(place) for place in range(1, 225)]
    cells = table[1::2]
    assert {len(cell) for cell in cells} == {3}
    assert number in " ".join(words)
    assert not {user.name, user.display} & {" ".join(words), *words}
    assert (await town.notices(user))["card_printed"] == 1
    browser.cookies["__Host-lang"] = "en"
    home = await browser.log_in(user.name)
    assert number in home.text
    page = await begin(browser)
    wrong = await browser.send(confirmation(page), answer="222", answer_2="222")
    assert (wrong.says("typed.wrong"), places(wrong)) == (True, places(page))
    done = await browser.send(confirmation(page), **answer(page, cells))
    assert done.path == "/security?done=added"
    after = await browser.get(page.path)
    assert not any(f"<code>{cell}</code>" in after.text for cell in cells)
    missing = await browser.ask("GET", f"{page.path}/card.pdf", sec_fetch_site="same-origin")
    assert missing.status == 404
    other = town.browser()
    page = await other.log_in(user.name)
    home = await other.send("/login/answer", **answer(page, cells))
    assert proved(home) == "Proved with password and printed code card"
    assert "stands in for a while only" not in home.text, "it does not end by itself"
    settings = await other.get("/security")
    assert "A phone protects you better" in settings.text
    assert (await town.events(user))["authenticators:paper:printed"] == 1


async def test_a_card_is_never_written_over_another_file(town: Town, tmp_path: Path) -> None:
    user, file = await town.person(), tmp_path / "card.pdf"
    file.write_text("something of value")
    with pytest.raises(subprocess.CalledProcessError):
        town.site.run("card", "print", user.name, "--out", str(file))
    assert file.read_text() == "something of value"
    assert await held(town, user, "unproven") == 0


async def test_the_same_two_cells_are_asked_until_five_were_wrong_and_then_the_paper_is_worth_nothing(
    town: Town,
) -> None:
    """A thief of the password opened the letter, saw some cells, and hopes to be asked for those."""
    user, thief = await town.person(), town.browser()
    cells = await printed_for(town, user)
    await thief.log_in(user.name)
    page = await begin(thief)
    asked = places(page)
    await thief.send(page.path + "/cancel")
    assert await held(town, user, "unproven") == 1, "going back ends no card that came by post"
    for turn in range(5):
        page = await begin(thief)
        assert places(page) == asked
        await thief.send(confirmation(page), answer=f"22{turn + 2}", answer_2="222")
    assert (await thief.get("/code-card")).says("card.none")
    right = await thief.post(confirmation(page), {**page.form(confirmation(page)).fields, **answer(page, cells)})
    assert right.says("set_up.over")
    assert await held(town, user, "active") == 0
    assert (await town.notices(user))["other_removed"] == 1


async def test_a_new_card_serves_from_its_first_answer_on_and_the_older_one_until_then(town: Town) -> None:
    user, browser, old = await with_printed(town)
    await printed_for(town, user)
    new = await printed_for(town, user)
    assert await held(town, user, "unproven") == 1
    other = town.browser()
    page = await other.log_in(user.name)
    assert (await other.send("/login/answer", **answer(page, old))).path == "/"
    page = await begin(browser)
    assert (await browser.send(confirmation(page), **answer(page, new))).path == "/security?done=added"
    assert (await held(town, user, "active"), await held(town, user, "removed")) == (1, 2)
    page = await town.browser().log_in(user.name)
    assert places(page)


async def test_the_password_alone_activates_no_card_beside_a_phone(town: Town) -> None:
    user, browser, _ = await town.with_phone()
    await printed_for(town, user)
    await make_stale(town, user)
    assert (await browser.get("/code-card")).path == "/step-up?to=printed"
    page = await browser.post("/code-card", {"csrf": browser.page.csrf})
    assert page.answer.headers["location"] == "/step-up?to=printed"


async def test_a_card_that_came_by_post_ends_the_one_that_was_printed_at_home(town: Town) -> None:
    user, browser = await town.person(), town.browser()
    await browser.log_in(user.name)
    page = await make_card(browser)
    own = re.findall(r'<span class="card-place">\d+</span> <code>([0-9A-Z]{3})</code>', page.text)
    await browser.send(confirmation(page), **answer(page, own))
    cells = await printed_for(town, user)
    page = await begin(browser)
    assert (await browser.send(confirmation(page), **answer(page, cells))).path == "/security?done=added"
    online = "FROM authenticators WHERE user_id = :id AND kind = 'codecard' AND state = 'active'"
    assert await town.count(online, id=user.id) == 0


async def test_a_phone_leaves_the_printed_card_to_its_client_who_is_told_to_shred_it(town: Town) -> None:
    user, browser, _ = await with_printed(town)
    await browser.get("/security")
    await browser.send("/activate/begin")
    await activate(browser, town.phone(), browser.page.session_id)
    assert await held(town, user, "active") == 1
    one = await town.house.db.row(
        "SELECT id FROM authenticators WHERE user_id = :id AND kind = 'printedcard'", id=user.id
    )
    assert one
    page = await browser.get(f"/security/authenticators/{one['id']}/remove")
    assert "Shred the card" in page.text


async def test_right_cells_typed_in_two_windows_at_once_activate_one_card(town: Town) -> None:
    user, browser = await town.person(), town.browser()
    cells = await printed_for(town, user)
    await browser.log_in(user.name)
    page = await begin(browser)
    form = page.form(confirmation(page))
    pages = await at_once(browser.post(form.action, {**form.fields, **answer(page, cells)}) for _ in range(12))
    assert {page.status for page in pages} <= {303, 403, 409, 410, 503}
    assert await held(town, user, "active") == 1
    assert (await town.events(user))["activation:authenticator:activated"] == 1


async def test_who_may_not_log_in_gets_no_card_and_a_card_taken_back_activates_nothing(town: Town) -> None:
    user, browser = await town.person(), town.browser()
    cells = await printed_for(town, user)
    await browser.log_in(user.name)
    page = await begin(browser)
    assert await printing.take_back(town.house, user.name, town.house.clock.now())
    assert (await browser.send(confirmation(page), **answer(page, cells))).says("set_up.over")
    assert not await printing.take_back(town.house, user.name, town.house.clock.now())
    await town.do("UPDATE users SET is_off = 1 WHERE id = :id", id=user.id)
    assert isinstance(await printing.issue(town.house, user.name, "x", town.house.clock.now()), Refusal)
