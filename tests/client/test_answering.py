"""Anna answers: approve, deny, "it was not me"; and lines break at the worst moment."""

import asyncio

import httpx
import pytest

from tests.client.conftest import NewPhone
from tests.client.fake_server import FakeServer
from tests.client.people import PIN, activated
from twolatch.client.outcomes import Answered, NotTrusted, Refused, ServerAway
from twolatch.client.phone import SoftPhone
from twolatch.client.store import MemoryStore
from twolatch.protocol import keys
from twolatch.protocol.answer import Decision
from twolatch.protocol.octets import b64u

YES, NO, NOT_ME = Decision.APPROVE, Decision.DENY, Decision.NOT_ME


async def test_anna_approves_what_waits(phone: SoftPhone, server: FakeServer) -> None:
    await activated(phone, server)
    question = server.ask("anna")
    [asked] = (await phone.waiting()).asked
    assert asked.challenge.context.browser == "Firefox on Linux"
    assert await phone.answer(asked, YES, PIN) == Answered(question.id, "approved")
    assert (await phone.waiting()).asked == ()


@pytest.mark.parametrize(("decision", "state"), [(NO, "denied"), (NOT_ME, "not_me")])
async def test_anna_refuses_without_a_pin(phone: SoftPhone, server: FakeServer, decision: Decision, state: str) -> None:
    await activated(phone, server)
    question = server.ask("anna", digits="042871")
    assert isinstance(await phone.answer(question.id, decision), Answered)
    assert question.state == state


async def test_a_new_browser_takes_the_portals_digits(phone: SoftPhone, server: FakeServer) -> None:
    await activated(phone, server)
    question = server.ask("anna", digits="042871")
    assert isinstance(await phone.answer(question.id, YES, PIN, "042 871"), Answered)


@pytest.mark.parametrize(("pin", "digits"), [("8264", "042871"), (PIN, "042872")])
async def test_a_wrong_pin_and_a_wrong_number_read_the_same(
    phone: SoftPhone, server: FakeServer, pin: str, digits: str
) -> None:
    await activated(phone, server)
    result = await phone.answer(server.ask("anna", digits="042871").id, YES, pin, digits)
    assert isinstance(result, Refused)
    assert (result.code, result.tries_left) == ("answer.wrong", 4)


async def test_the_right_pin_after_a_wrong_one_is_taken(phone: SoftPhone, server: FakeServer) -> None:
    await activated(phone, server)
    question = server.ask("anna")
    assert isinstance(await phone.answer(question.id, YES, "8264"), Refused)
    assert isinstance(await phone.answer(question.id, YES, PIN), Answered)


@pytest.mark.parametrize(
    ("pin", "digits", "code"),
    [
        (None, "042871", "pin.needed"),
        ("", "042871", "pin.needed"),
        (PIN, "", "digits.needed"),
        (PIN, "12x", "digits.needed"),
    ],
)
async def test_what_is_missing_costs_no_try(
    phone: SoftPhone, server: FakeServer, pin: str | None, digits: str, code: str
) -> None:
    done = await activated(phone, server)
    server.ask("anna", digits="042871")
    [asked] = (await phone.waiting()).asked
    server.seen.clear()
    result = await phone.answer(asked, YES, pin, digits)
    assert isinstance(result, Refused)
    assert result.code == code
    assert server.seen == []
    assert server.devices[done.device].wrong == 0


async def test_a_lost_reply_is_no_lost_login(phone: SoftPhone, server: FakeServer) -> None:
    await activated(phone, server)
    server.lose_replies["answers"] = 1
    server.seen.clear()
    assert isinstance(await phone.answer(server.ask("anna").id, YES, PIN), Answered)
    bodies = [body for _, name, body in server.seen if name == "answers"]
    assert len(bodies) == 2
    assert bodies[0] == bodies[1]


async def test_replies_lost_again_and_again_never_look_like_a_copied_phone(
    phone: SoftPhone, server: FakeServer
) -> None:
    """The server keeps two epochs; the third would be one too many if the phone did not clear up what was lost."""
    done = await activated(phone, server)
    for _ in range(4):
        server.lose_replies["answers"] = 3
        with pytest.raises(ServerAway):
            await phone.answer(server.ask("anna").id, YES, PIN)
    server.lose_replies.clear()
    assert isinstance(await phone.answer(server.ask("anna").id, YES, PIN), Answered)
    assert server.devices[done.device].state == "active"


async def test_the_same_call_after_a_lost_reply_gives_the_result(phone: SoftPhone, server: FakeServer) -> None:
    await activated(phone, server)
    question = server.ask("anna")
    [asked] = (await phone.waiting()).asked
    server.lose_replies["answers"] = 3
    with pytest.raises(ServerAway):
        await phone.answer(asked, YES, PIN)
    assert await phone.answer(asked, YES, PIN) == Answered(question.id, "approved")


async def test_an_approval_that_never_arrived_is_not_sent_after_anna_changed_her_mind(
    phone: SoftPhone, server: FakeServer
) -> None:
    await activated(phone, server)
    first, second = server.ask("anna"), server.ask("anna")
    asked = {one.challenge.challenge: one for one in (await phone.waiting()).asked}
    server.down = 3
    with pytest.raises(ServerAway):
        await phone.answer(asked[first.id], YES, PIN)
    assert isinstance(await phone.answer(asked[second.id], NO), Answered)
    assert first.state == "pending"
    assert isinstance(await phone.answer(asked[first.id], NOT_ME), Answered)
    assert first.state == "not_me"


async def test_a_phone_whose_counter_fell_behind_catches_up(phone: SoftPhone, server: FakeServer) -> None:
    done = await activated(phone, server)
    server.devices[done.device].seq += 50
    assert isinstance(await phone.answer(server.ask("anna").id, YES, PIN), Answered)
    assert server.devices[done.device].seq > 51


async def test_two_copies_of_one_phone_are_found_out(server: FakeServer, new_phone: NewPhone) -> None:
    original = MemoryStore()
    phone = new_phone(original)
    await activated(phone, server)
    copy = MemoryStore()
    copy.save(original.load())
    for _ in range(2):
        assert isinstance(await phone.answer(server.ask("anna").id, YES, PIN), Answered)
    result = await new_phone(copy).answer(server.ask("anna").id, YES, PIN)
    assert isinstance(result, Refused)
    assert result.code == "phone.copied"


@pytest.mark.parametrize("state", ["expired", "superseded", "locked"])
async def test_a_late_answer_is_told_so(phone: SoftPhone, server: FakeServer, state: str) -> None:
    await activated(phone, server)
    question = server.ask("anna")
    [asked] = (await phone.waiting()).asked
    question.state = state
    result = await phone.answer(asked, YES, PIN)
    assert isinstance(result, Refused)
    assert (result.code, result.status) == (f"challenge.{state}", 410)


async def test_what_ended_lately_is_told(phone: SoftPhone, server: FakeServer) -> None:
    await activated(phone, server)
    question = server.ask("anna")
    question.state = "superseded"
    [ended] = (await phone.waiting()).ended
    assert (ended.challenge, ended.state) == (question.id, "superseded")


async def test_a_removed_phone_remembers_it(phone: SoftPhone, server: FakeServer) -> None:
    done = await activated(phone, server)
    server.devices[done.device].state = "removed"
    [(device, refused)] = (await phone.waiting()).refused
    assert (device, refused.code) == (done.device, "phone.removed")
    assert [user.state for user in phone.users()] == ["removed"]


@pytest.mark.parametrize("changed", [{"host": "phone.example.org"}, {"user": "bert"}], ids=["host", "user"])
async def test_a_challenge_for_somebody_else_is_not_shown(
    phone: SoftPhone, server: FakeServer, changed: dict[str, str]
) -> None:
    done = await activated(phone, server)
    server.ask(changed.pop("user", "anna"), device=done.device, **changed)
    with pytest.raises(NotTrusted):
        await phone.waiting()


async def test_a_challenge_of_another_server_is_not_shown(phone: SoftPhone, server: FakeServer) -> None:
    await activated(phone, server)
    server.signing = keys.new_private()
    server.ask("anna")
    with pytest.raises(NotTrusted):
        await phone.waiting()


async def test_an_unknown_challenge_is_refused_here(phone: SoftPhone, server: FakeServer) -> None:
    await activated(phone, server)
    result = await phone.answer("0" * 26, NO)
    assert isinstance(result, Refused)
    assert result.code == "challenge.unknown"


async def test_two_answers_at_once_get_two_numbers(phone: SoftPhone, server: FakeServer) -> None:
    await activated(phone, server)
    for _ in range(5):
        server.ask("anna")
    asked = (await phone.waiting()).asked
    results = await asyncio.gather(*[phone.answer(one, YES, PIN) for one in asked])
    assert all(isinstance(result, Answered) for result in results)
    assert all(question.state == "approved" for question in server.questions.values())


async def test_the_phone_waits_for_a_question(phone: SoftPhone, server: FakeServer) -> None:
    await activated(phone, server)
    looks = []

    def third_look_finds_one() -> None:
        looks.append(1)
        if len(looks) == 3:
            server.ask("anna")

    server.on_look = third_look_finds_one
    look = await phone.wait_asked("anna")
    assert len(look.asked) == 1
    assert len(looks) == 4


async def test_a_fault_on_the_way_leaves_the_answer_to_be_cleared_up(phone: SoftPhone, server: FakeServer) -> None:
    """A proxy says 502 although the server took the answer: the login is done, and the epoch is not lost."""
    await activated(phone, server)
    server.ask("anna")
    [asked] = (await phone.waiting()).asked
    through = server._route

    def broken(request: httpx.Request, name: str) -> httpx.Response:
        reply = through(request, name)
        return httpx.Response(502) if name == "answers" else reply

    server._route = broken  # type: ignore[method-assign]
    assert isinstance(await phone.answer(asked, YES, PIN), Refused)
    server._route = through  # type: ignore[method-assign]
    assert isinstance(await phone.answer(asked, YES, PIN), Answered)


async def test_nothing_kept_tells_the_pin(server: FakeServer, new_phone: NewPhone) -> None:
    """Every PIN unmasks some secret of the right length; only the server can say which is right."""
    store = MemoryStore()
    done = await activated(new_phone(store), server)
    [record] = store.load().records
    assert PIN not in str(record)
    assert b64u(server.devices[done.device].secret) not in record.ms
    assert "PRIVATE" in record.key_pem
    assert "PRIVATE" not in repr(record)
