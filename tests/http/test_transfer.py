"""Moving begun on the old phone: signed requests and the command, at two processes, and attacks on every step."""

import asyncio
import json
from collections import Counter
from pathlib import Path

from tests.http.own_app import OwnApp
from tests.http.test_security_settings import prove
from tests.people import (
    API,
    INFO,
    PASSWORD,
    PIN,
    WRONG_PIN,
    Browser,
    Phone,
    Town,
    activate,
    at_once,
    code_of,
    some_address,
)
from tests.site import COMMAND
from twolatch.client import device
from twolatch.client.outcomes import Activated, Answered, Refused, Shown
from twolatch.client.phone import SoftPhone
from twolatch.client.store import FileStore
from twolatch.people.model import User
from twolatch.protocol.codes import read_session_id
from twolatch.protocol.keys import sign
from twolatch.protocol.messages import Transfer
from twolatch.protocol.octets import b64u, unb64u
from twolatch.protocol.requests import request_text


async def begun(town: Town) -> tuple[User, Phone, Transfer]:
    user, _, old = await town.with_phone()
    issued = await old.soft.move(PIN)
    assert isinstance(issued, Transfer), issued
    return user, old, issued


async def claimed(town: Town, issued: Transfer) -> tuple[Phone, Shown]:
    new = town.phone()
    shown = await new.soft.claim(issued.code, PIN)
    assert isinstance(shown, Shown), shown
    return new, shown


async def active(town: Town, user: User) -> int:
    return await town.count("FROM authenticators WHERE user_id = :id AND state = 'active'", id=user.id)


async def test_the_old_phone_hands_over_to_the_new_one(town: Town) -> None:
    user, browser, old = await town.with_phone()
    issued = await old.soft.move(PIN)
    assert isinstance(issued, Transfer)
    assert issued.state == "issued"
    assert len(unb64u(issued.picture)) == -(-issued.side * issued.side // 8)
    new, shown = await claimed(town, issued)
    seen = await old.soft.wait_moving("issued")
    assert isinstance(seen, Transfer)
    assert (seen.state, seen.claimant and seen.claimant.model, seen.tries_left) == ("claimed", INFO.model, 3)
    assert await active(town, user) == 1
    done = await old.soft.confirm_move(shown.six_digits)
    assert isinstance(done, Transfer)
    assert done.state == "confirmed"
    assert isinstance(await new.soft.wait_active(shown.device), Activated)
    told = await old.soft.wait_moving("confirmed")
    assert isinstance(told, Transfer)
    assert told.state == "moved"
    assert old.soft.users()[0].state == "removed"
    assert await active(town, user) == 1
    assert not await browser.is_in(), "no session moved, so all end"
    assert (await town.notices(user))["phone_moved"] == 1
    await browser.log_in(user.name)
    assert isinstance(await new.approve(browser.page.digits), Answered)
    assert (await browser.collect()).path == "/"


async def test_the_device_key_alone_gets_no_code(town: Town) -> None:
    """An unlocked phone in other hands, PIN unknown; or a thief of the storage."""
    user, _, phone = await town.with_phone()
    app = OwnApp(phone)
    assert code_of(await app.ask("PUT", "transfer")) == "session.step_up_needed"
    refused = await phone.soft.move(WRONG_PIN)
    assert isinstance(refused, Refused)
    assert (refused.code, refused.tries_left) == ("answer.wrong", 4)
    assert code_of(await app.ask("PUT", "transfer")) == "session.step_up_needed"
    assert await town.count("FROM activations WHERE user_id = :id AND replaces <> ''", id=user.id) == 0


async def test_one_approval_is_one_code_however_many_ask(town: Town) -> None:
    user, _, phone = await town.with_phone()
    app = OwnApp(phone)
    asked = await app.ask("POST", "transfer")
    assert isinstance(await app.approve(asked), Answered)
    answers = await at_once(app.ask("PUT", "transfer") for _ in range(10))
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.json()["code"] for answer in answers}) == 1, "a lost reply gets the same code again"
    assert await town.count("FROM activations WHERE user_id = :id AND replaces <> ''", id=user.id) == 1


async def test_an_approval_of_something_else_allows_no_move(town: Town) -> None:
    _, _, phone = await town.with_phone()
    app = OwnApp(phone)
    for name in ("tests", "device/leave"):
        assert isinstance(await app.approve(await app.ask("POST", name)), Answered)
        assert code_of(await app.ask("PUT", "transfer")) == "session.step_up_needed"


async def test_a_stranger_who_is_faster_is_seen_and_turned_away(town: Town) -> None:
    user, old, issued = await begun(town)
    thief, shown = await claimed(town, issued)
    mine = await town.phone().soft.claim(issued.code, PIN)
    assert isinstance(mine, Refused)
    assert mine.code == "code.used"
    assert await old.soft.stay() is None
    assert isinstance(await thief.soft.wait_active(shown.device), Refused)
    assert await active(town, user) == 1
    again = await old.soft.move(PIN)
    assert isinstance(again, Transfer)
    assert again.code != issued.code


async def test_three_wrong_numbers_burn_the_code_and_the_old_phone_goes_on(town: Town) -> None:
    user, old, issued = await begun(town)
    new, shown = await claimed(town, issued)
    wrong = f"{(int(shown.six_digits) + 1) % 1_000_000:06d}"
    answers = [await old.soft.confirm_move(wrong) for _ in range(4)]
    codes = [answer.code for answer in answers if isinstance(answer, Refused)]
    assert codes == ["activation.wrong_number", "activation.wrong_number", "code.burned", "activation.over"]
    assert isinstance(await old.soft.confirm_move(shown.six_digits), Refused)
    assert isinstance(await new.soft.wait_active(shown.device), Refused)
    assert await active(town, user) == 1


async def test_numbers_at_the_same_moment_share_three_tries(town: Town) -> None:
    user, old, issued = await begun(town)
    _, shown = await claimed(town, issued)
    app = OwnApp(old)
    guesses = [f"{(int(shown.six_digits) + step) % 1_000_000:06d}" for step in range(1, 31)]
    await at_once(app.ask("POST", "transfer/confirm", {"number": guess}) for guess in guesses)
    events = await town.events(user)
    assert (events["activation:number:wrong"], events["activation:code:burned"]) == (3, 1)


async def test_nobody_else_sees_or_confirms_this_move(town: Town) -> None:
    _, old, issued = await begun(town)
    _, shown = await claimed(town, issued)
    _, browser, other = await town.with_phone()
    stranger = OwnApp(other)
    assert (await stranger.ask("GET", "transfer")).json()["state"] == "none"
    assert code_of(await stranger.ask("POST", "transfer/confirm", {"number": shown.six_digits})) == "activation.over"
    for method, name in (("GET", "transfer"), ("PUT", "transfer"), ("DELETE", "transfer"), ("POST", "transfer")):
        answer = await stranger.ask(method, name, device=old.record.device)
        assert code_of(answer) == "phone.unknown", "signed by another key"
    await browser.get("/activate")
    assert not browser.page.has_form("/activate/confirm"), "nor is it the portal's"


async def test_the_new_phone_cannot_confirm_itself(town: Town) -> None:
    user, _, issued = await begun(town)
    new, shown = await claimed(town, issued)
    app = OwnApp(new)
    assert code_of(await app.ask("POST", "transfer/confirm", {"number": shown.six_digits})) == "activation.over"
    assert code_of(await app.ask("POST", "transfer")) in {"phone.removed", "phone.unconfirmed"}
    assert await active(town, user) == 1


async def test_a_move_in_the_portal_takes_the_place_of_one_on_the_phone(town: Town) -> None:
    """Begun on both sides: one code lives, and one phone in the end."""
    user, browser, old = await town.with_phone()
    first = await old.soft.move(PIN)
    assert isinstance(first, Transfer)
    new, shown = await claimed(town, first)
    one = old.record.device
    await browser.get(f"/security/authenticators/{one}/move")
    await prove(browser, old)
    await browser.send(f"/security/authenticators/{one}/move")
    assert isinstance(await new.soft.wait_active(shown.device), Refused)
    late = await old.soft.confirm_move(shown.six_digits)
    assert isinstance(late, Refused)
    assert late.code == "activation.over"
    await activate(browser, town.phone(), browser.page.session_id)
    assert await active(town, user) == 1


async def test_a_move_on_the_phone_takes_the_place_of_one_in_the_portal(town: Town) -> None:
    user, browser, old = await town.with_phone()
    await browser.get(f"/security/authenticators/{old.record.device}/move")
    await prove(browser, old)
    await browser.send(f"/security/authenticators/{old.record.device}/move")
    early = town.phone()
    shown = await early.soft.claim(browser.page.session_id, PIN)
    assert isinstance(shown, Shown)
    issued = await old.soft.move(PIN)
    assert isinstance(issued, Transfer)
    assert isinstance(await early.soft.wait_active(shown.device), Refused)
    assert not (await browser.get("/activate")).has_form("/activate/confirm")
    new, fresh = await claimed(town, issued)
    assert isinstance(await old.soft.confirm_move(fresh.six_digits), Transfer)
    assert isinstance(await new.soft.wait_active(fresh.device), Activated)
    assert await active(town, user) == 1


async def test_of_two_new_phones_one_gets_the_code_whoever_is_faster(town: Town) -> None:
    user, old, issued = await begun(town)
    typed = read_session_id(issued.code)
    assert typed
    host = town.site.settings.phone_host
    claims = [device.begin("", host, typed, user_name="", info=INFO, holds=[]) for _ in range(40)]
    answers = await at_once(
        old.call("POST", "activations/claim", each.body, x_forwarded_for=some_address()) for each in claims
    )
    assert Counter(code_of(answer) for answer in answers) == {"": 1, "code.used": 39}
    assert await active(town, user) == 1


async def test_the_old_phone_may_not_read_its_own_code(town: Town) -> None:
    _, old, issued = await begun(town)
    for code in (issued.code, issued.link):
        refused = await old.soft.claim(code, PIN)
        assert isinstance(refused, Refused)
        assert refused.code == "move.same_phone"


async def test_a_stolen_link_is_worth_nothing_after_the_move_nor_after_its_time(town: Town) -> None:
    user, old, issued = await begun(town)
    new, shown = await claimed(town, issued)
    await old.soft.confirm_move(shown.six_digits)
    assert isinstance(await new.soft.wait_active(shown.device), Activated)
    late = await town.phone().soft.claim(issued.link, PIN)
    assert isinstance(late, Refused)
    assert late.code == "phone.already_elsewhere"
    _, other, expired = await begun(town)
    await town.do("UPDATE activations SET expires_at = 1 WHERE state = 'issued'")
    late = await town.phone().soft.claim(expired.link, PIN)
    assert isinstance(late, Refused)
    assert late.code == "code.expired"
    assert (await OwnApp(other).ask("GET", "transfer")).json()["state"] == "over"
    assert await active(town, user) == 1


async def test_a_phone_reported_meanwhile_hands_nothing_over(town: Town) -> None:
    """A thief with phone and PIN has come as far as the digits; the client reports it from any browser."""
    user, old, issued = await begun(town)
    new, shown = await claimed(town, issued)
    assert isinstance(await old.soft.confirm_move(shown.six_digits), Transfer)
    reporter = town.browser()
    await reporter.get("/lost")
    await reporter.send("/lost", name=user.name, password=PASSWORD)
    assert isinstance(await new.soft.wait_active(shown.device), Refused)
    app = OwnApp(old)
    for method, name in (("POST", "transfer"), ("PUT", "transfer"), ("DELETE", "transfer")):
        assert code_of(await app.ask(method, name)) == "phone.reported"
    assert await town.count("FROM authenticators WHERE user_id = :id AND state = 'reported'", id=user.id) == 1
    assert await active(town, user) == 0


async def test_the_finish_and_a_report_race_to_one_end(town: Town) -> None:
    for _ in range(4):
        user, old, issued = await begun(town)
        new, shown = await claimed(town, issued)
        assert isinstance(await old.soft.confirm_move(shown.six_digits), Transfer)
        reporter = town.browser()
        form = (await reporter.get("/lost")).form("/lost").fields

        async def finish(new: Phone = new, shown: Shown = shown) -> bool:
            return isinstance(await new.soft.wait_active(shown.device), Activated)

        async def report(reporter: Browser = reporter, form: dict[str, str] = form, name: str = user.name) -> bool:
            return (await reporter.post("/lost", {**form, "name": name, "password": PASSWORD})).status < 400

        moved, _ = await at_once([finish(), report()])
        states = await town.house.db.rows("SELECT id, state FROM authenticators WHERE user_id = :id", id=user.id)
        told = {row["id"]: row["state"] for row in states}
        # Who reports a moment after the move stops the new phone: it is the one he has.
        assert told[old.record.device] == ("removed" if moved else "reported")
        assert told[shown.device] in ({"active", "reported"} if moved else {"removed"})


async def test_a_recorded_request_is_not_played_again(town: Town) -> None:
    """The line was listened to: what was said once, said again later or about another wish."""
    _, old, _ = await begun(town)
    nonce = (await old.call("GET", "nonce")).json()["nonce"]
    host, one = town.site.settings.phone_host, old.record.device
    text = request_text(host, one, "GET", API + "transfer", nonce, b"")
    said = {
        "twolatch_device": one,
        "twolatch_nonce": nonce,
        "twolatch_signature": b64u(sign(old.key(), text)),
    }
    for method, name in (("PUT", "transfer"), ("DELETE", "transfer"), ("POST", "transfer/confirm")):
        assert code_of(await old.call(method, name, b"", **said)) == "phone.unknown"
    old_nonce = {**said, "twolatch_nonce": "1." + nonce.partition(".")[2]}
    assert code_of(await old.call("GET", "transfer", b"", **old_nonce)) == "request.nonce"


async def test_digits_of_another_form_cost_no_try(town: Town) -> None:
    _, old, issued = await begun(town)
    await claimed(town, issued)
    app = OwnApp(old)
    numbers = ["", "12345", "1234567", "１２３４５６"]  # the last ones are digits elsewhere, not here
    for body in (*({"number": number} for number in numbers), {}, [], {"digits": "123456"}):
        assert code_of(await app.ask("POST", "transfer/confirm", body)) == "request.malformed"
    assert (await app.ask("GET", "transfer")).json()["tries_left"] == 3


async def test_what_was_replaced_asks_for_nothing_more(town: Town) -> None:
    _, old, issued = await begun(town)
    new, shown = await claimed(town, issued)
    assert isinstance(await old.soft.confirm_move(shown.six_digits), Transfer)
    assert isinstance(await new.soft.wait_active(shown.device), Activated)
    app = OwnApp(old)
    assert (await app.ask("GET", "transfer")).json()["state"] == "moved"
    for method, name in (("POST", "transfer"), ("PUT", "transfer"), ("DELETE", "transfer"), ("GET", "challenges")):
        assert code_of(await app.ask(method, name)) == "phone.removed"


async def test_the_command_moves_from_terminal_to_terminal(town: Town, tmp_path: Path) -> None:
    user, browser = await town.person(), town.browser()
    page = await browser.log_in(user.name)
    old = SoftPhone(FileStore(tmp_path / "old"), server=town.site.settings.phone_url, iterations=1000, poll=0.05)
    shown = await old.claim(page.session_id, PIN)
    assert isinstance(shown, Shown)
    await browser.confirm(shown.six_digits)
    assert isinstance(await old.wait_active(), Activated)
    await old.aclose()
    words = ["phone", "move", "--json", "--pin", PIN, "--store", str(tmp_path / "old")]
    command = await asyncio.create_subprocess_exec(
        *COMMAND, *words, env=town.site.environment, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert command.stdin and command.stdout and command.stderr  # noqa: PT018
    async with asyncio.timeout(60):
        told = json.loads(await command.stderr.readline())
        new = town.phone()
        fresh = await new.soft.claim(told["code"], PIN)
        assert isinstance(fresh, Shown)
        command.stdin.write(f"000000\n{fresh.six_digits}\n".encode() if fresh.six_digits != "000000" else b"")
        await command.stdin.drain()
        assert isinstance(await new.soft.wait_active(fresh.device), Activated)
        said = json.loads(await command.stdout.read())
        assert await command.wait() == 0
    assert said == {"ok": True, "state": "moved"}
    assert await active(town, user) == 1
