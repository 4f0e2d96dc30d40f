"""Anna makes the soft phone her authenticator."""

import httpx
import pytest

from tests.client.conftest import NewPhone
from tests.client.fake_server import HOST, SERVER, FakeServer, refusal
from tests.client.people import PIN, activated
from twolatch.client.outcomes import Activated, Answered, NotTrusted, Refused, ServerAway, Shown
from twolatch.client.phone import SoftPhone
from twolatch.client.store import MemoryStore
from twolatch.protocol import codes, keys
from twolatch.protocol.answer import Decision
from twolatch.protocol.octets import b64u


async def test_anna_scans_confirms_and_is_activated(phone: SoftPhone, server: FakeServer) -> None:
    done = await activated(phone, server)
    assert (done.user, done.site) == ("anna", "Example")
    assert server.devices[done.device].activation == "active"
    [user] = phone.users()
    assert (user.user, user.display, user.host, user.state, user.six_digits) == ("anna", "Anna", HOST, "active", "")


async def test_anna_types_the_session_id_as_people_do(phone: SoftPhone, server: FakeServer) -> None:
    typed = codes.show_session_id(server.issue("anna").typed).lower()
    shown = await phone.claim(f" {typed} ", PIN, "anna")
    assert isinstance(shown, Shown)
    assert server.confirm(shown.six_digits)
    assert server.claims[0].user_name == "anna"


async def test_phone_and_server_reach_the_same_six_digits(phone: SoftPhone, server: FakeServer) -> None:
    shown = await phone.claim(server.issue("anna").link.url(SERVER), PIN)
    assert isinstance(shown, Shown)
    assert shown.six_digits == server.devices[shown.device].six_digits
    assert phone.users()[0].six_digits == shown.six_digits


@pytest.mark.parametrize("text", ["", "0000-0000-0001", "https://phone.example.com/", "hello"])
async def test_a_mistyped_code_never_reaches_the_server(phone: SoftPhone, server: FakeServer, text: str) -> None:
    result = await phone.claim(text, PIN)
    assert isinstance(result, Refused)
    assert result.code == "code.unreadable"
    assert server.seen == []


async def test_a_weak_pin_costs_no_code(phone: SoftPhone, server: FakeServer) -> None:
    result = await phone.claim(server.issue("anna").link.url(SERVER), "1234")
    assert isinstance(result, Refused)
    assert result.code == "pin.weak"
    assert server.seen == []


async def test_a_pin_from_the_users_name_is_found_after_the_claim_and_the_code_still_works(
    phone: SoftPhone, server: FakeServer
) -> None:
    url = server.issue("anna").link.url(SERVER)
    result = await phone.claim(url, "anna")
    assert isinstance(result, Refused)
    assert result.code == "pin.weak"
    assert phone.users() == []
    assert isinstance(await phone.claim(url, PIN), Shown)
    assert len(server.claims) == 1


async def test_the_servers_refusal_is_passed_on_in_its_words(phone: SoftPhone, server: FakeServer) -> None:
    code = server.issue("anna")
    code.state = "used"
    result = await phone.claim(code.link.url(SERVER), PIN)
    assert isinstance(result, Refused)
    assert (result.code, result.status, result.detail, result.next) == ("code.used", 409, "Detail.", "Next.")
    assert phone.users() == []


async def test_keys_that_are_not_those_of_the_qr_code_are_not_trusted(phone: SoftPhone, server: FakeServer) -> None:
    code = server.issue("anna")
    server.pin = keys.new_private()
    with pytest.raises(NotTrusted):
        await phone.claim(code.link.url(SERVER), PIN)
    assert phone.users() == []


async def test_an_answer_changed_on_the_way_is_not_trusted(server: FakeServer, new_phone: NewPhone) -> None:
    class Between(httpx.AsyncBaseTransport):
        """Somebody who renames the user in the server's answer."""

        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            reply = await server._handle(request)
            body = await reply.aread()
            return httpx.Response(reply.status_code, content=body.replace(b'"user":"anna"', b'"user":"bert"'))

    async with httpx.AsyncClient(transport=Between()) as http:
        phone = SoftPhone(MemoryStore(), http=http, server=SERVER, iterations=1)
        with pytest.raises(NotTrusted, match="not signed"):
            await phone.claim(server.issue("anna").link.url(SERVER), PIN)


@pytest.mark.parametrize("state", ["burned", "expired", "cancelled"])
async def test_an_activation_that_ends_leaves_nothing_on_the_phone(
    phone: SoftPhone, server: FakeServer, state: str
) -> None:
    shown = await phone.claim(server.issue("anna").link.url(SERVER), PIN)
    assert isinstance(shown, Shown)
    server.devices[shown.device].activation = state
    result = await phone.wait_active()
    assert isinstance(result, Refused)
    assert result.code == f"code.{state}"
    assert phone.users() == []


async def test_the_phone_waits_until_the_portal_confirms(phone: SoftPhone, server: FakeServer) -> None:
    shown = await phone.claim(server.issue("anna").link.url(SERVER), PIN)
    assert isinstance(shown, Shown)
    looks = []

    def third_look_confirms() -> None:
        looks.append(1)
        if len(looks) == 3:
            server.confirm(shown.six_digits)

    server.on_look = third_look_confirms
    assert isinstance(await phone.wait_active(), Activated)
    assert len(looks) == 4


async def test_the_stream_ends_the_wait_where_polling_would_take_an_hour(
    server: FakeServer, new_phone: NewPhone
) -> None:
    phone = new_phone(poll=3600.0)
    shown = await phone.claim(server.issue("anna").link.url(SERVER), PIN)
    assert isinstance(shown, Shown)
    server.stream_events = [b": still here\n\n", b'event: look\ndata: {"device": "x"}\n\n']
    server.on_look = lambda: None if len(server.streamed) < 2 else server.confirm(shown.six_digits) and None
    assert isinstance(await phone.wait_active(), Activated)
    assert shown.device in server.streamed


async def test_an_app_closed_before_the_confirmation_finishes_when_it_is_opened(
    server: FakeServer, new_phone: NewPhone
) -> None:
    store = MemoryStore()
    shown = await new_phone(store).claim(server.issue("anna").link.url(SERVER), PIN)
    assert isinstance(shown, Shown)
    assert await new_phone(store).resume() == []
    server.confirm(shown.six_digits)
    assert await new_phone(store).resume() == [Activated(shown.device, "anna", "Example")]


async def test_a_lost_reply_to_the_test_is_no_lost_activation(phone: SoftPhone, server: FakeServer) -> None:
    server.lose_replies["answers"] = 2
    await activated(phone, server)
    bodies = [body for _, name, body in server.seen if name == "answers"]
    assert len(bodies) == 3
    assert len(set(bodies)) == 1


async def test_an_app_that_crashed_before_the_reply_gets_the_epoch_later(
    server: FakeServer, new_phone: NewPhone
) -> None:
    store = MemoryStore()
    phone = new_phone(store)
    shown = await phone.claim(server.issue("anna").link.url(SERVER), PIN)
    assert isinstance(shown, Shown)
    server.confirm(shown.six_digits)
    server.lose_replies["answers"] = 3
    with pytest.raises(ServerAway):
        await phone.resume()
    assert server.devices[shown.device].activation == "active"
    assert await new_phone(store).resume() == [Activated(shown.device, "anna", "Example")]
    for _ in range(3):
        question = server.ask("anna")
        assert isinstance(await phone.answer(question.id, Decision.APPROVE, PIN), Answered)


async def test_a_server_that_is_away_for_a_moment_is_waited_for(phone: SoftPhone, server: FakeServer) -> None:
    shown = await phone.claim(server.issue("anna").link.url(SERVER), PIN)
    assert isinstance(shown, Shown)
    server.confirm(shown.six_digits)
    server.down = 5
    assert isinstance(await phone.wait_active(), Activated)


async def test_a_server_that_stays_away_ends_the_wait_and_keeps_the_claim(phone: SoftPhone, server: FakeServer) -> None:
    await phone.claim(server.issue("anna").link.url(SERVER), PIN)
    server.down = 10_000
    with pytest.raises(ServerAway):
        await phone.wait_active()
    assert [user.state for user in phone.users()] == ["claimed"]


@pytest.mark.parametrize("status", [429, 500, 502, 503])
async def test_a_busy_or_broken_server_does_not_end_an_activation(
    phone: SoftPhone, server: FakeServer, status: int
) -> None:
    shown = await phone.claim(server.issue("anna").link.url(SERVER), PIN)
    assert isinstance(shown, Shown)
    server.confirm(shown.six_digits)
    replies = [httpx.Response(status, content=b"<html>busy</html>"), None]
    server.before = lambda name: replies.pop(0) if name == "activations/current" and replies else None
    assert isinstance(await phone.wait_active(), Activated)


async def test_without_a_claim_there_is_nothing_to_wait_for(phone: SoftPhone) -> None:
    result = await phone.wait_active()
    assert isinstance(result, Refused)
    assert result.code == "phone.none"


async def test_bert_joins_anna_after_proving_her_pin(phone: SoftPhone, server: FakeServer) -> None:
    anna = await activated(phone, server)
    bert = await activated(phone, server, "bert")
    assert {user.user for user in phone.users()} == {"anna", "bert"}
    assert server.claims[1].holds == [anna.device]
    assert ("POST", "tests", b"") in server.seen
    for user in ("anna", "bert"):
        assert isinstance(await phone.answer(server.ask(user).id, Decision.APPROVE, PIN), Answered)
    assert server.devices[bert.device].secret != server.devices[anna.device].secret


async def test_bert_cannot_join_with_another_pin_and_keeps_his_code(phone: SoftPhone, server: FakeServer) -> None:
    anna = await activated(phone, server)
    code = server.issue("bert")
    result = await phone.claim(code.link.url(SERVER), "8264")
    assert isinstance(result, Refused)
    assert (result.code, result.tries_left) == ("answer.wrong", 4)
    assert code.state == "issued"
    assert server.devices[anna.device].wrong == 1
    assert isinstance(await phone.claim(code.link.url(SERVER), PIN), Shown)


async def test_nobody_joins_while_annas_phone_is_suspended(phone: SoftPhone, server: FakeServer) -> None:
    anna = await activated(phone, server)
    server.devices[anna.device].state = "suspended"
    code = server.issue("bert")
    result = await phone.claim(code.link.url(SERVER), PIN)
    assert isinstance(result, Refused)
    assert result.code == "phone.suspended"
    assert code.state == "issued"


async def test_a_removed_user_does_not_stand_in_the_way_of_the_next(phone: SoftPhone, server: FakeServer) -> None:
    anna = await activated(phone, server)
    server.devices[anna.device].state = "removed"
    assert isinstance(await phone.claim(server.issue("bert").link.url(SERVER), "8264"), Shown)
    assert {(user.user, user.state) for user in phone.users()} == {("anna", "removed"), ("bert", "claimed")}


async def test_a_server_cannot_turn_adding_a_user_into_the_approval_of_a_login(
    phone: SoftPhone, server: FakeServer
) -> None:
    await activated(phone, server)
    login = server.ask("anna")
    signed = {"bytes": b64u(login.bytes), "signature": b64u(login.signature)}
    server.before = lambda name: httpx.Response(200, json=signed) if name == "tests" else None
    with pytest.raises(NotTrusted):
        await phone.claim(server.issue("bert").link.url(SERVER), PIN)
    assert login.state == "pending"


async def test_a_nonce_that_grew_too_old_is_replaced_without_a_word(phone: SoftPhone, server: FakeServer) -> None:
    await activated(phone, server)
    server.nonces.clear()
    assert not (await phone.waiting()).refused


async def test_a_server_whose_nonces_serve_once_is_still_understood(phone: SoftPhone, server: FakeServer) -> None:
    server.strict_nonces = True
    await activated(phone, server)
    for _ in range(3):
        assert not (await phone.waiting()).refused


async def test_a_proxys_error_page_is_a_refusal_and_no_crash(phone: SoftPhone, server: FakeServer) -> None:
    page = httpx.Response(503, content=b"<h1>later</h1>", headers={"Retry-After": "7"})
    server.before = lambda name: page
    result = await phone.claim(server.issue("anna").link.url(SERVER), PIN)
    assert isinstance(result, Refused)
    assert (result.code, result.retry_after) == ("server.busy", 7)


async def test_a_refusal_of_the_claim_by_limit_tells_when_to_come_back(phone: SoftPhone, server: FakeServer) -> None:
    server.before = lambda name: refusal(429, "limit.activation")
    result = await phone.claim(server.issue("anna").link.url(SERVER), PIN)
    assert isinstance(result, Refused)
    assert result.status == 429
