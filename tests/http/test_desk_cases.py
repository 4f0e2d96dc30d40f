"""Cases at the desk: found, opened, proved, acted in; and what agents and callers must not get. Two workers, both
databases."""

import re

from tests.http.test_cards import answered, with_card
from tests.people import Answered, Browser, Town, at_once
from tests.workers import at_work, case_id, desk_browser, open_case, prove_by_phone
from twolatch.desk import staffing
from twolatch.people.flows import record_number
from twolatch.people.model import Role
from twolatch.protocol.answer import Decision
from twolatch.protocol.codes import new_id
from twolatch.words.limits import DAY


async def test_an_agent_finds_a_client_by_any_whole_name_and_the_client_reads_of_it(town: Town) -> None:
    sanne, client = await at_work(town), await town.person()
    for sought in (client.name, client.name.upper(), f"  {client.email} "):
        page = await sanne.desk.send("/find", sought=sought)
        assert client.display in page.text, sought
        shown = page.text.split('id="found"')[1]
        assert client.email not in shown, "no more than what a caller can be asked for"
    for sought in (client.name[:5], "%", "*", client.email[2:], "nobody"):
        page = await sanne.desk.send("/find", sought=sought)
        assert (page.status, page.says("desk.nobody")) == (404, True), sought
    assert (await town.events(client))["desk:client:sought"] == 3


async def test_a_case_shows_the_client_and_is_told_to_him(town: Town) -> None:
    sanne, (client, _, _) = await at_work(town), await town.with_phone()
    page = await open_case(sanne, client)
    assert page.status == 200
    assert client.email in page.text
    assert "Nothing proved" in page.text
    assert "My card is broken." in page.text
    assert (await town.events(client))["desk:case:opened"] == 1
    again = await open_case(sanne, client)
    assert case_id(again) == case_id(page), "one open case of a client"
    noted = await sanne.desk.send(f"/cases/{case_id(page)}/note", words="Calls <b>again</b> tomorrow.")
    assert "&lt;b&gt;again" in noted.text
    await sanne.desk.send(f"/cases/{case_id(page)}/close")
    shut = await sanne.desk.get(f"/cases/{case_id(page)}")
    assert (shut.status, shut.says("desk.case_over")) == (410, True)
    assert client.email not in shut.text


async def test_a_case_needs_words_and_a_reason_there_is(town: Town) -> None:
    sanne, client = await at_work(town), await town.person()
    await sanne.desk.send("/find", sought=client.name)
    fields = sanne.desk.page.form("/cases").fields
    empty = await sanne.desk.post("/cases", {**fields, "reason": "lost", "channel": "phoned_in", "words": "  "})
    assert (empty.status, empty.says("desk.reason")) == (400, True)
    assert (await sanne.desk.post("/cases", {**fields, "reason": "x", "channel": "y", "words": "z"})).status == 303
    unknown = {**fields, "client": new_id(bytes(16)), "reason": "lost", "channel": "phoned_in", "words": "z"}
    assert (await sanne.desk.post("/cases", unknown)).status == 404
    assert await town.count("FROM cases WHERE user_id = :id", id=client.id) == 0


async def test_a_caller_who_approves_gets_a_code_that_is_shown_once_and_opens_the_portal(town: Town) -> None:
    sanne, (client, _, phone) = await at_work(town), await town.with_phone()
    page = await open_case(sanne, client)
    case = case_id(page)
    waiting = await sanne.desk.send(f"/cases/{case}/ask")
    asked = (await phone.asked()).challenge
    assert (asked.type, asked.confirmation) == ("support", "digits")
    assert asked.context.browser == f"Sanne ({number(waiting.text)})"
    assert asked.context.place in waiting.text, "a code that both see"
    assert isinstance(await phone.approve(waiting.digits), Answered)
    proved = await sanne.desk.send(f"/cases/{case}/settle")
    assert "By something the client holds" in proved.text
    shown = await sanne.desk.send(f"/cases/{case}/code")
    code = re.search(r"[0-9A-Z]{5}-[0-9A-Z]{5}", shown.text)
    assert code
    assert shown.answer.headers["cache-control"] == "no-store"
    form = page.forms[0].fields["csrf"]
    for _ in range(2):  # the back button, and the form sent again
        again = await sanne.desk.post(f"/cases/{case}/code", {"csrf": form})
        assert again.status == 409
        assert code[0] not in again.text
    assert code[0] not in (await sanne.desk.get(f"/cases/{case}")).text
    browser = town.browser()
    await browser.log_in(client.name)
    home = await browser.send("/login/answer", answer=code[0])
    assert home.path == "/"
    assert (await town.notices(client))["code_issued"] == 1
    events = await town.events(client)
    assert [events[f"desk:{what}"] for what in ("caller:asked", "caller:proved")] == [1, 1]


def number(text: str) -> str:
    found = re.search(r'staff-number">[A-Za-z ]+ (\d+)<', text)
    assert found
    return found[1]


async def test_a_card_answers_for_the_caller_through_the_gate(town: Town) -> None:
    sanne, (client, _, card) = await at_work(town), await with_card(town)
    page = await open_case(sanne, client)
    case = case_id(page)
    asked = await sanne.desk.send(f"/cases/{case}/ask")
    wrong = await sanne.desk.send(f"/cases/{case}/answer", answer="00000000")
    assert (wrong.status, wrong.says("typed.wrong")) == (403, True)
    proved = await sanne.desk.send(f"/cases/{case}/answer", answer=answered(card, asked))
    assert "By something the client holds" in proved.text
    assert await town.count("FROM sessions WHERE user_id = :id AND scope = 'desk'", id=client.id) == 0


async def test_wrong_card_answers_count_for_the_card_and_end_the_question(town: Town) -> None:
    sanne, (client, _, card) = await at_work(town), await with_card(town)
    page = await open_case(sanne, client)
    case = case_id(page)
    asked = await sanne.desk.send(f"/cases/{case}/ask")
    form = asked.form(f"/cases/{case}/answer")
    pages = await at_once(sanne.desk.post(form.action, {**form.fields, "answer": f"{guess:08}"}) for guess in range(12))
    assert {each.status for each in pages} <= {403, 404, 410, 503}
    late = await sanne.desk.post(form.action, {**form.fields, "answer": answered(card, asked)})
    assert late.status in {403, 404, 410}
    page = await sanne.desk.get(f"/cases/{case}")
    assert "failed" in page.text
    assert "Nothing proved" in page.text
    assert (await town.events(client))["authenticators:answer:refused"] == 3


async def test_not_me_on_the_phone_stops_everything_but_stopping(town: Town) -> None:
    sanne, (client, _, phone) = await at_work(town), await town.with_phone()
    page = await open_case(sanne, client)
    case = case_id(page)
    await sanne.desk.send(f"/cases/{case}/ask")
    assert isinstance(await phone.say(Decision.NOT_ME), Answered)
    page = await sanne.desk.send(f"/cases/{case}/settle")
    assert "Not the client" in page.text
    csrf = page.csrf
    for what in ("code", "unlock", "remove-all"):
        refused = await sanne.desk.post(f"/cases/{case}/{what}", {"csrf": csrf, "why": "please"})
        assert (refused.status, refused.says("desk.needs_proof")) == (403, True), what
    assert (await sanne.desk.post(f"/cases/{case}/lock", {"csrf": csrf})).status == 303
    page = await town.browser().log_in(client.name)
    assert page.says("login.off")


async def test_without_a_proof_a_code_takes_a_second_person(town: Town) -> None:
    sanne, client = await at_work(town), await town.person()
    await at_work(town, Role.OFFICER, "Piet")
    page = await open_case(sanne, client)
    done = await sanne.desk.post(f"/cases/{case_id(page)}/code", {"csrf": page.csrf})
    assert done.status == 303
    assert done.answer.headers["location"].startswith("/proposals/")
    assert await town.count("FROM proposals WHERE client_id = :id AND state = 'open'", id=client.id) == 1
    assert await town.count("FROM authenticators WHERE user_id = :id", id=client.id) == 0


async def test_a_call_back_is_worth_something_when_the_number_is_old(town: Town) -> None:
    sanne, young, old = await at_work(town), await town.person(), await town.person()
    now = town.house.clock.now()
    assert await record_number(town.house, young.name, "+31 20 123 4567", now)
    assert await record_number(town.house, old.name, "+31 20 123 4568", now - 40 * DAY)
    assert await record_number(town.house, old.name, "+31 (20) 123-4568", now) is False, "it keeps its age"
    for client, says in ((young, "Nothing proved"), (old, "Answered at his number")):
        page = await open_case(sanne, client)
        page = await sanne.desk.send(f"/cases/{case_id(page)}/called-back", answered="yes")
        assert says in page.text


async def test_questions_are_counted_and_end(town: Town) -> None:
    sanne, (client, _, _) = await at_work(town), await town.with_phone()
    page = await open_case(sanne, client)
    case = case_id(page)
    for _ in range(5):
        await sanne.desk.send(f"/cases/{case}/ask")
        await sanne.desk.send(f"/cases/{case}/withdraw")
    enough = await sanne.desk.send(f"/cases/{case}/ask")
    assert (enough.status, enough.says("desk.asked_enough")) == (429, True)


async def test_an_agent_does_nothing_for_himself_or_his_family(town: Town) -> None:
    sanne = await at_work(town)
    partner, now = await town.person(), town.house.clock.now()
    from twolatch.accounts import flows as accounts

    number = f"J{now % 10**9}"
    await accounts.add(town.house, number, "", (sanne.user.name,), (partner.name,), now)
    for client in (sanne.user, partner):
        page = await open_case(sanne, client)
        assert (page.status, page.says("desk.own")) == (403, True)
    assert await town.count("FROM cases WHERE agent_id = :id", id=sanne.user.id) == 0


async def test_a_case_of_another_agent_is_a_missing_one_and_an_officer_may_read_it(town: Town) -> None:
    sanne, bo, piet = await at_work(town), await at_work(town, called="Bo"), await at_work(town, Role.OFFICER, "Piet")
    (client, _, phone) = await town.with_phone()
    page = await open_case(sanne, client)
    await prove_by_phone(sanne, phone)
    case, here = case_id(page), f"/cases/{case_id(page)}"
    missing = await bo.desk.get(f"/cases/{new_id(bytes(16))}")
    foreign = await bo.desk.get(here)
    assert (foreign.status, bare(foreign.text)) == (missing.status, bare(missing.text)) == (404, bare(missing.text))
    read = await piet.desk.get(here)
    assert read.status == 200
    assert not read.has_form(f"{here}/code"), "he reads"
    assert (await town.events(client))["desk:case:read"] == 1
    for one in (bo, piet):
        csrf = (await one.desk.get("/")).csrf
        for what in ("code", "lock", "unlock", "note", "close", "ask", "settle", "called-back", "remove-all"):
            fields = {"csrf": csrf, "words": "x", "why": "x", "one": new_id(bytes(16)), "answered": "yes"}
            page = await one.desk.post(f"/cases/{case}/{what}", fields)
            assert page.status == 404, (one.user.name, what, page.status)
    assert await town.count("FROM authenticators WHERE user_id = :id AND kind = 'tempcode'", id=client.id) == 0


def bare(text: str) -> str:
    return re.sub(r'name="csrf" value="[^"]*"', "", text)


async def test_the_proof_of_one_case_is_none_in_another(town: Town) -> None:
    sanne, bo, (client, _, phone) = await at_work(town), await at_work(town, called="Bo"), await town.with_phone()
    await open_case(sanne, client)
    await prove_by_phone(sanne, phone)
    page = await open_case(bo, client)
    assert "Nothing proved" in page.text


async def test_an_agent_who_proved_himself_long_ago_does_so_again_before_he_acts(town: Town) -> None:
    sanne, client = await at_work(town), await town.person()
    page = await open_case(sanne, client)
    await town.do("UPDATE sessions SET fresh_at = 1 WHERE user_id = :id AND scope = 'desk'", id=sanne.user.id)
    sent = await sanne.desk.post(f"/cases/{case_id(page)}/lock", {"csrf": page.csrf})
    assert sent.answer.headers["location"] == f"/step-up?case={case_id(page)}"
    page = await sanne.desk.get(sent.answer.headers["location"])
    await sanne.desk.send("/step-up")
    assert isinstance(await sanne.phone.approve(), Answered)
    back = await sanne.desk.send("/step-up/collect")
    assert back.path == f"/cases/{case_id(sanne.desk.page)}"
    assert (await sanne.desk.send(f"{back.path}/lock")).status == 200


async def test_many_presses_at_once_give_one_code(town: Town) -> None:
    sanne, (client, _, phone) = await at_work(town), await town.with_phone()
    page = await open_case(sanne, client)
    await prove_by_phone(sanne, phone)
    csrf = sanne.desk.page.csrf
    pages = await at_once(sanne.desk.post(f"/cases/{case_id(page)}/code", {"csrf": csrf}) for _ in range(8))
    assert sum(each.status == 200 for each in pages) == 1
    sql = "FROM authenticators WHERE user_id = :id AND kind = 'tempcode' AND state = 'active'"
    assert await town.count(sql, id=client.id) == 1


async def test_what_opens_something_to_a_colleague_takes_a_second_person(town: Town) -> None:
    sanne, bo = await at_work(town), await at_work(town, called="Bo")
    page = await open_case(sanne, bo.user)
    await prove_by_phone(sanne, bo.phone)
    done = await sanne.desk.post(f"/cases/{case_id(page)}/code", {"csrf": sanne.desk.page.csrf})
    assert done.answer.headers["location"].startswith("/proposals/")
    refused = await sanne.desk.post(f"/cases/{case_id(page)}/unlock", {"csrf": sanne.desk.page.csrf})
    assert refused.says("desk.needs_proof")


async def test_a_role_that_is_taken_while_a_case_is_open_ends_it(town: Town) -> None:
    sanne, client = await at_work(town), await town.person()
    page = await open_case(sanne, client)
    await staffing.remove(town.house, sanne.user.name, town.house.clock.now())
    sent = await sanne.desk.post(f"/cases/{case_id(page)}/lock", {"csrf": page.csrf})
    assert sent.status in {303, 403}
    assert await town.count("FROM users WHERE id = :id AND is_off = 1", id=client.id) == 0


async def test_suspending_and_waking_what_a_client_holds(town: Town) -> None:
    sanne, (client, _, phone) = await at_work(town), await town.with_phone()
    page = await open_case(sanne, client)
    case = case_id(page)
    await prove_by_phone(sanne, phone)
    page = await sanne.desk.send(f"/cases/{case}/suspend")
    assert "It is suspended." in page.text
    page = await sanne.desk.send(f"/cases/{case}/wake")
    assert "It may answer again." in page.text
    foreign = await sanne.desk.post(f"/cases/{case}/suspend", {"csrf": page.csrf, "one": sanne.phone.record.device})
    assert (foreign.status, foreign.says("desk.not_now")) == (409, True), "what is somebody else's"
    assert (await town.notices(client))["phone_suspended"] == 1


async def test_a_stranger_without_a_session_sees_nothing(town: Town) -> None:
    browser: Browser = desk_browser(town)
    await browser.get("/login")
    assert (await browser.post("/find", {"csrf": browser.page.csrf, "sought": "anna"})).status == 303


async def test_a_card_that_broke_is_marked_faulty_and_opens_nothing_any_more(town: Town) -> None:
    sanne, (client, _, card) = await at_work(town), await with_card(town)
    page = await open_case(sanne, client)
    here = f"/cases/{case_id(page)}"
    foreign = await sanne.desk.post(f"{here}/faulty", {"csrf": page.csrf, "serial": "NOT-HIS"})
    assert foreign.status == 404
    page = await sanne.desk.send(f"{here}/faulty")
    assert "The card is marked as faulty." in page.text
    assert await town.count("FROM cards WHERE serial = :serial AND state = 'faulty'", serial=card.serial) == 1
    page = await town.browser().log_in(client.name)
    assert page.says("login.phone_locked")
