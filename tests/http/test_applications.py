"""Applications beside the portal, over HTTP and with two workers: hand-overs, races, strangers, hostile input."""

import json
from typing import Any

import msgspec

from tests.http.shop import ALL, BACK, STATE, brought, known, say_yes, shop, weak_session
from tests.http.test_bad_input import mutations
from tests.people import PASSWORD, Town, at_once, code_of
from twolatch.applications import flows
from twolatch.client.application import Application, Begun, ticket_of
from twolatch.client.outcomes import Answered, NotTrusted, Refused
from twolatch.protocol.applications import Authorization, KnownSession
from twolatch.words.limits import AUTHORIZATIONS

WISH = {"action": "withdrawal", "amount": "1.00", "currency": "USD"}


async def test_a_client_says_yes_and_the_application_learns_who_he_is(town: Town) -> None:
    user, browser, ours = await town.person(), town.browser(), await shop(town)
    await browser.log_in(user.name)
    page = await browser.get(await ours.begun())
    assert ours.name in page.text
    assert "shop.example" in page.text
    told = await say_yes(browser, page.path)
    reply = await ours.ask("POST", "sessions", {"ticket": told["ticket"]})
    session = msgspec.json.decode(reply.content, type=KnownSession)
    assert (session.user, session.display) == (user.name, user.display)
    assert session.used
    assert (session.used.rank, session.used.amr) == ("none", ["pwd"])
    again = await ours.ask("GET", f"sessions/{session.session}")
    assert msgspec.json.decode(again.content, type=KnownSession) == session
    assert (await ours.ask("DELETE", f"sessions/{session.session}")).status_code == 200
    assert code_of(await ours.ask("GET", f"sessions/{session.session}")) == "page.not_found"
    assert await browser.is_in()


async def test_who_is_not_signed_in_logs_in_first_and_comes_back(town: Town) -> None:
    user, browser, ours = await town.person(), town.browser(), await shop(town)
    path = await ours.begun()
    page = await browser.get(path)
    assert page.has_form("/login")
    page = await browser.send("/login", name=user.name, password=PASSWORD)
    assert page.path == path
    assert "__Host-onward" not in browser.cookies
    told = brought(await browser.post(path, page.form(path).fields))
    assert set(told) == {"ticket", "state"}


async def test_a_client_who_says_no_is_led_back_with_nothing(town: Town) -> None:
    user, browser, ours = await town.person(), town.browser(), await shop(town)
    await browser.log_in(user.name)
    path = await ours.begun()
    form = (await browser.get(path)).form(f"{path}/decline")
    assert brought(await browser.post(form.action, form.fields)) == {"error": "declined", "state": STATE}
    page = await browser.get(path)
    assert (page.status, page.says("hand_over.over")) == (410, True)


async def test_no_page_of_another_site_and_no_look_hands_a_session_over(town: Town) -> None:
    user, browser, ours = await town.person(), town.browser(), await shop(town)
    await browser.log_in(user.name)
    path = await ours.begun()
    fields = (await browser.get(path)).form(path).fields
    for more in (
        {"origin": "https://evil.example"},
        {"sec_fetch_site": "cross-site"},
        {"sec_fetch_site": None, "origin": None},
    ):
        assert (await browser.post(path, fields, **more)).status == 403
    assert (await browser.post(path, {})).status == 403
    assert (await browser.ask("HEAD", path)).status == 200
    assert (await town.count("FROM hand_overs WHERE stage = 'asked' AND id = :id", id=path.rpartition("/")[2])) == 1
    assert set(await say_yes(browser, path)) == {"ticket", "state"}


async def test_the_page_may_end_at_the_registered_origin_and_nowhere_else(town: Town) -> None:
    user, browser, ours = await town.person(), town.browser(), await shop(town)
    await browser.log_in(user.name)
    path = await ours.begun()
    policy = (await browser.get(path)).answer.headers["content-security-policy"]
    assert "form-action 'self' https://shop.example;" in policy
    led = await browser.post(f"{path}?return_to=https://evil.example", (await browser.get(path)).form(path).fields)
    assert led.answer.headers["location"].startswith(f"{BACK}?ticket=")
    for address in ("https://evil.example/back", f"{BACK}/", f"{BACK}?x", "https://shop.example:444/back", ""):
        reply = await ours.ask("POST", "hand-overs", {"return_to": address, "state": STATE})
        assert code_of(reply) == "application.return_unknown", address
    for odd in ("/hand-over/x", f"/hand-over/{'0' * 26}", "/hand-over/..%2f..", f"/confirm/{'0' * 26}"):
        assert (await browser.get(odd)).status in {404, 410}, odd


async def test_of_many_exchanges_of_one_ticket_one_is_done(town: Town) -> None:
    user, browser, ours = await town.person(), town.browser(), await shop(town)
    await browser.log_in(user.name)
    told = await say_yes(browser, await ours.begun())
    other = await shop(town)
    assert code_of(await other.ask("POST", "sessions", {"ticket": told["ticket"]})) == "ticket.over"
    replies = await at_once(ours.ask("POST", "sessions", {"ticket": told["ticket"]}) for _ in range(24))
    assert sorted(map(code_of, replies)) == ["", *["ticket.over"] * 23]


async def test_of_many_at_once_on_two_workers_no_two_take_the_same_room(town: Town) -> None:
    user, browser, ours = await town.person(), town.browser(), await shop(town)
    await browser.log_in(user.name)
    session = await known(ours, browser)
    replies = await at_once(ours.authorize(session, "20000.00") for _ in range(30))
    assert all(reply.status_code == 200 for reply in replies)
    assert sorted(reply.json()["answer"] for reply in replies) == [*["allow"] * 2, *["refuse"] * 28]
    spent = await town.house.db.row(
        "SELECT SUM(charged) AS sum FROM authorizations WHERE user_id = :id AND state = 'allowed'", id=user.id
    )
    assert spent
    assert int(spent["sum"]) == 4_000_000


async def test_one_key_is_one_question_however_often_it_is_sent(town: Town) -> None:
    user, browser, ours = await town.person(), town.browser(), await shop(town)
    await browser.log_in(user.name)
    session = await known(ours, browser)
    replies = await at_once(ours.authorize(session, "30000.00", "one-and-the-same") for _ in range(24))
    assert len({reply.content for reply in replies}) == 1
    assert replies[0].json()["answer"] == "allow"
    other = await ours.authorize(session, "30000.01", "one-and-the-same")
    assert (other.status_code, code_of(other)) == (409, "authorization.key_again")
    mixed = await at_once(ours.authorize(session, f"{amount}.00", "two-bodies-one-key") for amount in (1, 2) * 8)
    assert len({reply.content for reply in mixed if reply.status_code == 200}) == 1
    assert {code_of(reply) for reply in mixed} == {"", "authorization.key_again"}


async def test_released_many_times_at_once_it_is_given_back_once(town: Town) -> None:
    user, browser, ours = await town.person(), town.browser(), await shop(town)
    await browser.log_in(user.name)
    session = await known(ours, browser)
    one = (await ours.authorize(session, "50000.00")).json()["authorization"]
    replies = await at_once(ours.ask("POST", f"authorizations/{one}/release") for _ in range(12))
    assert {reply.json()["reason"] for reply in replies} == {"released"}
    assert (await town.events(user))["authorizations:amount:released"] == 1
    assert await ours.says(session, "50000.00") == ("allow", "within_limits")
    assert await ours.says(session, "0.01") == ("refuse", "day_limit")


async def test_a_key_of_another_a_revoked_one_and_none_open_nothing(town: Town) -> None:
    user, browser, ours = await town.person(), town.browser(), await shop(town)
    await browser.log_in(user.name)
    session, path = await known(ours, browser), await ours.begun()
    one = (await ours.authorize(session, "1.00")).json()["authorization"]
    other = await shop(town)
    for method, where in (
        ("GET", f"sessions/{session}"),
        ("DELETE", f"sessions/{session}"),
        ("GET", f"authorizations/{one}"),
        ("POST", f"authorizations/{one}/release"),
    ):
        assert code_of(await other.ask(method, where)) == "page.not_found"
    assert code_of(await other.authorize(session, "1.00")) == "page.not_found"
    for key in ("", "nonsense", f"twolatch-{'A' * 43}", ours.key[:-1], ours.key.upper(), f"{ours.key}A"):
        assert code_of(await ours.ask("GET", f"sessions/{session}", key=key)) == "application.key", key
    cookie = browser.headers()["cookie"]
    assert code_of(await ours.ask("GET", f"sessions/{session}", key="", cookie=cookie)) == "application.key"
    assert code_of(await ours.ask("GET", f"sessions/{session}?key={ours.key}", key="")) == "application.key"
    assert await flows.revoke(town.house, ours.name, town.house.clock.now())
    assert code_of(await ours.ask("GET", f"sessions/{session}")) == "application.key"
    assert (await browser.get(path)).status == 410


async def test_an_application_does_what_it_was_registered_for_and_no_more(town: Town) -> None:
    user, browser = await town.person(), town.browser()
    await browser.log_in(user.name)
    looks = await shop(town, ["sessions"])
    session = await known(looks, browser)
    assert (await looks.ask("GET", f"sessions/{session}")).json()["user"] == ""
    assert code_of(await looks.authorize(session, "1.00")) == "application.scope"
    asks = await shop(town, ["authorizations"])
    assert code_of(await asks.ask("POST", "hand-overs", {"return_to": BACK, "state": STATE})) == "application.scope"


async def test_a_session_that_was_ended_in_the_portal_authorises_nothing_at_once(town: Town) -> None:
    user, browser, ours = await town.person(), town.browser(), await shop(town)
    await browser.log_in(user.name)
    session = await known(ours, browser)
    await browser.log_out()
    assert await ours.says(session, "1.00") == ("refuse", "session_ended")
    assert code_of(await ours.ask("GET", f"sessions/{session}")) == "session.ended"


async def test_hostile_wishes_are_refused_and_none_is_a_fault(town: Town) -> None:
    user, browser, ours = await town.person(), town.browser(), await shop(town)
    await browser.log_in(user.name)
    session = await known(ours, browser)
    good: dict[str, Any] = {"session": session, **WISH, "payee": "", "return_to": "", "state": ""}
    harmless = {b'"payee": "x"', b'"state": "x"'}
    bodies = [body for body in mutations(good) if not any(each in body for each in harmless)]
    bodies = [body for body in bodies if body not in _still_good(good)]
    odd: dict[str, list[Any]] = {
        "amount": [
            "-1", "1e9", "1,00", "NaN", "Infinity", "0x10", "\u0661\u0662", "\uff11", "1.0001", "01", " 1", "1 ", "1\n",
            "9" * 13, "9" * 400, "0", "0.00", "1.", ".1", "+1", "1_0", "\u00bd", "1\u200b", "1\u0000", "--1",
            1, 1.5, -1, 10**400,
        ],
        "currency": ["usd", "US", "USDX", "\uff35SD", "XXX", "U\nD"],
        "payee": [
            "a\u202eb", "a\nb", "\u200b", " a", "a ", "x" * 141, "a\u2066b", "\ufeffa", "a\x00b", "a\u00adb",
            "a\u2028b",
        ],
        "state": ["a b", "\r\nx: y", "x" * 201, "\u00e9", "<", "&"],
    }  # fmt: skip
    bodies += [json.dumps({**good, name: value}).encode() for name, values in odd.items() for value in values]
    bodies += [b'{"session": "' + session.encode() + b'", "amount": "1.00", "amount": "2.00"}', b"x" * 9000]
    for start in range(0, len(bodies), 40):
        part = bodies[start : start + 40]
        replies = await at_once(
            ours.ask("POST", "authorizations", body, idempotency_key=f"hostile-{start + at}")
            for at, body in enumerate(part)
        )
        for body, reply in zip(part, replies, strict=True):
            assert 400 <= reply.status_code < 500, (body[:200], reply.status_code, reply.text[:300])
            assert code_of(reply), body[:200]
    assert await town.count("FROM authorizations WHERE user_id = :id", id=user.id) == 0


def _still_good(good: dict[str, Any]) -> set[bytes]:
    """A wish without its optional words is one all the same."""
    return {
        json.dumps({key: value for key, value in good.items() if key != name}).encode()
        for name in ("payee", "return_to", "state")
    }


async def test_texts_of_all_the_world_may_name_a_payee(town: Town) -> None:
    user, browser, ours = await town.person(), town.browser(), await shop(town)
    await browser.log_in(user.name)
    session = await known(ours, browser)
    names = ["Zo\u00eb d'Arc & Co.", "\u6771\u4eac\u682a\u5f0f\u4f1a\u793e", "\u0410\u043d\u043d\u0430", "\U0001f98a"]
    for name in [*names, "<b>x</b>", "x" * 140]:
        reply = await ours.authorize(session, "1.00", payee=name)
        assert (reply.status_code, reply.json()["payee"]) == (200, name)


async def test_headers_and_addresses_that_are_not_ours_are_refused_in_the_words_of_programs(town: Town) -> None:
    ours = await shop(town)
    wish = {"session": "0" * 26, **WISH}
    for more in ({}, {"idempotency_key": "short"}, {"idempotency_key": "x" * 65}, {"idempotency_key": "with a blank"}):
        assert code_of(await ours.ask("POST", "authorizations", wish, **more)) == "request.malformed", more
    plain = await ours.ask("POST", "authorizations", wish, idempotency_key="a" * 8, content_type="text/plain")
    assert code_of(plain) == "request.malformed"
    assert code_of(await ours.ask("GET", "nothing")) == "page.not_found"
    assert code_of(await ours.ask("GET", "authorizations/..%2f..")) == "page.not_found"
    wrong = await ours.ask("PUT", "authorizations", wish)
    assert (wrong.status_code, code_of(wrong), wrong.headers["allow"]) == (405, "request.method", "POST")
    for scheme in ("Basic", "bearer  ", "Bearer\t"):
        reply = await ours.ask("GET", f"sessions/{'0' * 26}", key="", authorization=f"{scheme} {ours.key}")
        assert code_of(reply) == "application.key", scheme
    described = await ours.ask("GET", "openapi.json", key="")
    assert described.json()["openapi"] == "3.1.0"


async def test_nobody_asks_without_end_for_one_client(town: Town) -> None:
    user, browser, ours = await town.person(), town.browser(), await shop(town)
    await browser.log_in(user.name)
    session = await known(ours, browser)
    await ours.authorize(session, "1.00")
    counter = f"authorizations:{user.id}"
    await town.do("UPDATE meters SET count = :most WHERE key = :key", most=AUTHORIZATIONS.allowance, key=counter)
    reply = await ours.authorize(session, "1.00")
    assert (reply.status_code, code_of(reply)) == (429, "limit.authorizations")
    assert int(reply.headers["retry-after"]) > 0


# confirming


async def test_a_client_confirms_on_his_phone_what_is_more_than_his_app_is_good_for(town: Town) -> None:
    browser, phone = await weak_session(town)
    ours = await shop(town)
    session = await known(ours, browser)
    reply = await ours.authorize(session, "300000.00", payee="Anna <b>", return_to=BACK, state=STATE)
    told = reply.json()
    assert (told["answer"], told["used"]["rank"]) == ("step_up", "good")
    path = f"/confirm/{told['authorization']}"
    assert told["confirm"].endswith(path)
    page = await browser.get(path)
    assert "USD\u00a0300,000.00" in page.text
    assert "Anna &lt;b&gt;" in page.text
    assert "form-action 'self' https://shop.example;" in page.answer.headers["content-security-policy"]
    page = await browser.send(path)
    asked = await phone.asked()
    shown = asked.challenge.transaction
    assert shown
    assert (shown.amount, shown.payee, shown.application) == ("300000.00", "Anna <b>", ours.name)
    assert (await ours.ask("GET", f"authorizations/{told['authorization']}")).json()["answer"] == "step_up"
    assert isinstance(await phone.approve(), Answered)
    page = await browser.get(path)
    form = page.form(f"{path}/collect")
    led = await at_once(browser.post(form.action, form.fields) for _ in range(8))
    assert all(brought(each) == {"authorization": told["authorization"], "state": STATE} for each in led)
    done = (await ours.ask("GET", f"authorizations/{told['authorization']}")).json()
    assert (done["answer"], done["reason"], done["used"]["rank"]) == ("allow", "confirmed", "strong")
    assert await ours.says(session, "300000.00") == ("step_up", "day_limit")


async def test_a_confirmation_belongs_to_the_session_it_was_asked_in(town: Town) -> None:
    browser, _ = await weak_session(town)
    ours = await shop(town)
    told = (await ours.authorize(await known(ours, browser), "300000.00", return_to=BACK)).json()
    path = f"/confirm/{told['authorization']}"
    stranger, other = await town.person(), town.browser()
    await other.log_in(stranger.name)
    assert (await other.get(path)).status == 404
    form = (await browser.get(path)).form(path)
    own = (await other.get("/security")).csrf
    for action in ("", "/collect", "/answer", "/number", "/decline"):
        assert (await other.post(f"{path}{action}", {**form.fields, "csrf": own})).status == 404, action
        assert (await other.post(f"{path}{action}", form.fields)).status == 403, action
    assert (await browser.post(path, form.fields, origin="https://evil.example")).status == 403
    page = await browser.get(path)
    led = await browser.post(f"{path}/decline", page.form(f"{path}/decline").fields)
    assert brought(led) == {"authorization": told["authorization"]}
    assert (await ours.ask("GET", f"authorizations/{told['authorization']}")).json()["reason"] == "declined"
    assert (await browser.get(path)).says("confirm.over")


async def test_a_page_that_waits_hears_of_the_phones_yes(town: Town) -> None:
    browser, phone = await weak_session(town)
    ours = await shop(town)
    told = (await ours.authorize(await known(ours, browser), "300000.00")).json()
    path = f"/confirm/{told['authorization']}"
    await browser.get(path)
    await browser.send(path)
    waits = (await browser.ask("GET", f"{path}/wait?state")).answer.json()
    assert waits["act"] == "wait"
    await phone.approve()
    assert (await browser.ask("GET", f"{path}/wait?state")).answer.json()["act"] == "collect"
    await browser.get(path)
    page = await browser.send(f"{path}/collect")
    assert page.status == 200
    assert "Confirmed" in page.text


# the Python client


async def test_the_python_client_walks_the_whole_way(town: Town) -> None:
    user, browser = await town.person(), town.browser()
    await browser.log_in(user.name)
    named = await shop(town, ALL)
    async with Application(town.site.settings.portal_url, named.key) as ours:
        assert named.key not in repr(ours)
        begun = await ours.hand_over(BACK)
        assert isinstance(begun, Begun)
        told = await say_yes(browser, begun.address.removeprefix(town.site.settings.portal_url))
        ticket = ticket_of(told, begun.state)
        assert ticket
        for kept in ("", STATE):
            try:
                ticket_of(told, kept)
            except NotTrusted:
                continue
            raise AssertionError(kept)
        session = await ours.session_of(ticket)
        assert isinstance(session, KnownSession)
        assert session.user == user.name
        done = await ours.authorize(session.session, "payment", "12.50", "USD", request="order-0001", payee="Baker")
        assert isinstance(done, Authorization)
        assert done.answer == "allow"
        assert await ours.result(done.authorization) == done
        given = await ours.release(done.authorization)
        assert isinstance(given, Authorization)
        assert given.reason == "released"
        refused = await ours.hand_over("https://evil.example/")
        assert isinstance(refused, Refused)
        assert refused.code == "application.return_unknown"
        assert not isinstance(await ours.forget(session.session), Refused)
        gone = await ours.session(session.session)
        assert isinstance(gone, Refused)
        assert gone.status == 404
