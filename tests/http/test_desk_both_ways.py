"""The agent proves himself to the client: by a code that both see. And what the client reads of it all afterwards."""

import re
from html import unescape

from tests.people import Town
from tests.workers import at_work, case_id, open_case
from twolatch.desk import staffing
from twolatch.people.flows import same_person
from twolatch.words.limits import AGENT_CHECKS


def code_on(text: str) -> str:
    found = re.search(r'case-code-signs"><span aria-hidden="true">([0-9A-Z]{3}-[0-9A-Z]{3})<', text)
    assert found
    return found[1]


async def test_a_client_sees_that_the_agent_is_real_with_and_without_logging_in(town: Town) -> None:
    sanne, client, browser, nobody = await at_work(town), await town.person(), town.browser(), town.browser()
    page = await open_case(sanne, client)
    code, number = code_on(page.text), await number_of(town, sanne.user.id)
    await nobody.get("/support")
    for typed in (code, code.lower(), code.replace("-", ""), f" {code} ".replace("0", "O").replace("1", "l")):
        seen = await nobody.send("/support", code=typed)
        assert f"Sanne, number {number}, works at our support desk right now." in seen.text, typed
        assert client.name not in seen.text
        assert client.display not in seen.text
    await browser.log_in(client.name)
    assert code in (await browser.get("/")).text
    assert "works on your case" in (await browser.get("/support")).text
    assert "He works on your case." in (await browser.send("/support", code=code)).text


async def number_of(town: Town, user: str) -> int:
    row = await town.house.db.row("SELECT number FROM staff WHERE user_id = :user", user=user)
    assert row
    return int(row["number"])


async def test_a_code_meant_for_another_client_is_told_apart(town: Town) -> None:
    """Somebody phones the real desk in one client's name and reads the agent's code to another one."""
    sanne, client, other, browser = await at_work(town), await town.person(), await town.person(), town.browser()
    code = code_on((await open_case(sanne, client)).text)
    await browser.log_in(other.name)
    await browser.get("/support")
    page = await browser.send("/support", code=code)
    assert "does not work on a case of yours" in page.text
    assert client.name not in page.text


async def test_a_code_dies_with_its_case_its_agent_and_his_work(town: Town) -> None:
    client, browser = await town.person(), town.browser()
    for how in ("close", "logout", "role"):
        sanne = await at_work(town)
        page = await open_case(sanne, client)
        code = code_on(page.text)
        if how == "close":
            await sanne.desk.send(f"/cases/{case_id(page)}/close")
        elif how == "logout":
            await sanne.desk.send("/logout")
        else:
            await staffing.remove(town.house, sanne.user.name, town.house.clock.now())
        await browser.get("/support")
        gone = await browser.send("/support", code=code)
        assert (gone.status, gone.says("agent.unknown")) == (404, True), how


async def test_codes_cannot_be_tried_for_long(town: Town) -> None:
    browser = town.browser()
    await browser.get("/support")
    for at in range(AGENT_CHECKS.allowance):
        assert (await browser.send("/support", code=f"ZZZ-{at:03}")).status == 404
    page = await browser.send("/support", code="ZZZ-ZZZ")
    assert (page.status, page.says("limit.agent_checks")) == (429, True)
    for odd in ("", "x" * 500, "<b>", "\u0660\u0661"):
        assert (await town.browser().get("/support")).status == 200, odd


async def test_the_client_reads_in_his_diary_who_looked(town: Town) -> None:
    sanne, client, browser = await at_work(town), await town.person(), town.browser()
    page = await open_case(sanne, client)
    await sanne.desk.send(f"/cases/{case_id(page)}/close")
    await browser.log_in(client.name)
    text = unescape((await browser.get("/diary")).text)
    number = await number_of(town, sanne.user.id)
    for said in ("Support looked you up.", "Support looked at your account.", "Support finished your case."):
        assert said in text
    assert f"Sanne ({number})" in text
    assert (await browser.get("/diary?before=1")).status == 200
    assert (await browser.get("/diary?before=x")).status == 200
    other = town.browser()
    await other.log_in((await town.person()).name)
    assert "Sanne" not in (await other.get("/diary")).text


async def test_nobody_helps_himself_under_his_other_name(town: Town) -> None:
    sanne, other = await at_work(town), await town.person()
    assert await same_person(town.house, sanne.user.name, other.name, town.house.clock.now())
    page = await open_case(sanne, other)
    assert (page.status, page.says("desk.own")) == (403, True)
