"""What may be done in a session: by what proved it, by what was spent, by what is confirmed; on both databases."""

import asyncio
from dataclasses import replace

from msgspec import structs

from tests.flows.asking import (
    BACK,
    DAY,
    MARKER,
    Asks,
    app_session,
    approve,
    by_password,
    by_phone,
    device_of,
    handed_over,
    registered,
    thousand,
)
from tests.flows.houses import Seat, Time, activated, waiting_at
from tests.flows.test_closing import come_back
from twolatch.applications import flows as applications
from twolatch.authenticators import store as authenticators
from twolatch.authenticators.gate import Answered
from twolatch.authenticators.model import State
from twolatch.authorizations import confirming, flows
from twolatch.authorizations.confirming import Led
from twolatch.authorizations.model import State as Stands
from twolatch.authorizations.store import by_id
from twolatch.house import House
from twolatch.login import flows as login
from twolatch.login import step_up
from twolatch.login.model import StartOver, Waits
from twolatch.people import store as people
from twolatch.protocol.answer import Decision
from twolatch.protocol.applications import Authorization
from twolatch.protocol.applications import KnownSession as Told
from twolatch.sessions import flows as sessions
from twolatch.words.limits import AUTHORIZATIONS
from twolatch.words.refusals import Code, Refusal


async def test_what_was_allowed_counts_until_it_is_given_back(house: House) -> None:
    asks, _ = await by_password(house)
    first = await asks.ask(thousand(30))
    assert (first.answer, first.left.day, first.left.five_days) == ("allow", "20000.00", "70000.00")
    assert await asks.says(thousand(21)) == ("refuse", "day_limit")
    given = await flows.release(house, asks.by, first.authorization, asks.now)
    assert isinstance(given, Authorization)
    assert (given.answer, given.reason, given.left and given.left.day) == ("refuse", "released", "50000.00")
    assert await flows.release(house, asks.by, first.authorization, asks.now) == given
    assert await asks.says(thousand(50)) == ("allow", "within_limits")


async def test_five_business_days_are_counted_and_pass(house: House, time: Time) -> None:
    asks, _ = await by_password(house)  # a Monday
    seat = Seat(house)

    async def next_days(days: int) -> Asks:
        time.pass_(days * DAY)
        return replace(asks, session=await handed_over(house, asks.by, await seat.log_in("anna")))

    assert await asks.says(thousand(50)) == ("allow", "within_limits")
    asks = await next_days(1)
    assert await asks.says(thousand(50)) == ("allow", "within_limits")
    assert await asks.says("0.01") == ("refuse", "five_day_limit")
    asks = await next_days(3)  # Friday
    assert await asks.says("0.01") == ("refuse", "five_day_limit")
    asks = await next_days(2)  # Sunday
    assert await asks.says("0.01") == ("refuse", "five_day_limit")
    asks = await next_days(1)  # Monday: the first one fell out
    assert await asks.says(thousand(50)) == ("allow", "within_limits")
    assert await asks.says("0.01") == ("refuse", "five_day_limit")


async def test_all_actions_and_all_applications_share_one_limit(house: House) -> None:
    asks, who = await by_password(house)
    other = await registered(house, "Bank")
    bank = Asks(house, other, await handed_over(house, other, who))
    assert await asks.says(thousand(25)) == ("allow", "within_limits")
    assert await bank.says(thousand(25), action="payment") == ("allow", "within_limits")
    assert await bank.says("1.00", action="transfer") == ("refuse", "day_limit")


async def test_of_many_at_once_no_two_take_the_same_room(house: House) -> None:
    asks, _ = await by_password(house)
    done = await asyncio.gather(*(asks.ask(thousand(20), f"key-{each:05d}") for each in range(12)))
    assert sum(each.answer == "allow" for each in done) == 2
    spent = await house.db.row("SELECT SUM(charged) AS sum FROM authorizations WHERE state = 'allowed'")
    assert spent
    assert int(spent["sum"]) == 4_000_000


async def test_the_same_key_gives_the_same_answer_and_takes_once(house: House) -> None:
    asks, who = await by_password(house)
    done = await asyncio.gather(*(asks.ask(thousand(30), "the-same-key") for _ in range(6)))
    assert len({each.authorization for each in done}) == 1
    assert {each.answer for each in done} == {"allow"}
    assert await asks.ask(thousand(31), "the-same-key") == Refusal(Code.KEY_AGAIN)
    assert await asks.ask(thousand(30), "the-same-key", payee="Somebody") == Refusal(Code.KEY_AGAIN)
    other = await registered(house, "Bank")
    bank = Asks(house, other, await handed_over(house, other, who))
    assert (await bank.ask(thousand(20), "the-same-key")).authorization != done[0].authorization
    # The answer that was given stays the answer, whatever became of it.
    await flows.release(house, asks.by, done[0].authorization, asks.now)
    assert await asks.ask(thousand(30), "the-same-key") == done[0]
    assert await asks.result(done[0].authorization) == ("refuse", "released")


async def test_what_another_application_asked_is_not_there(house: House) -> None:
    asks, _ = await by_password(house)
    first = await asks.ask("1.00")
    other = await registered(house, "Bank")
    bank = Asks(house, other, asks.session)
    assert await bank.ask("1.00") == Refusal(Code.NOT_FOUND)
    assert await flows.result(house, other, first.authorization, asks.now) == Refusal(Code.NOT_FOUND)
    assert await flows.release(house, other, first.authorization, asks.now) == Refusal(Code.NOT_FOUND)
    assert await flows.session(house, other, asks.session, asks.now) == Refusal(Code.NOT_FOUND)
    assert await applications.forget(house, other, asks.session, asks.now) == Refusal(Code.NOT_FOUND)
    assert await asks.result(first.authorization) == ("allow", "within_limits")


async def test_a_wish_that_cannot_be_read_is_refused_with_its_cause(house: House) -> None:
    asks, _ = await by_password(house)
    assert await asks.ask("0") == Refusal(Code.AMOUNT)
    assert await asks.ask("1.005") == Refusal(Code.AMOUNT)
    assert await asks.ask("1.00", currency="XXX") == Refusal(Code.CURRENCY)
    assert await asks.ask("1.00", return_to="https://evil.example/") == Refusal(Code.RETURN_UNKNOWN)


async def test_nobody_asks_without_end(house: House) -> None:
    asks, _ = await by_password(house)
    await house.db.write(
        lambda tx: tx.run(
            """INSERT INTO meters (key, count, since, wait_until)
               SELECT 'authorizations:' || id, :most, :now, 0 FROM users""",
            most=AUTHORIZATIONS.allowance,
            now=asks.now,
        )
    )
    done = await asks.ask("1.00")
    assert isinstance(done, Refusal)
    assert (done.code, done.retry_after) == (Code.AUTHORIZATIONS, 3600)


# sessions and what proves them


async def test_a_session_that_ended_or_was_forgotten_authorises_nothing(house: House, time: Time) -> None:
    asks, who = await by_password(house)
    time.pass_(14 * 60)
    assert await asks.says("1.00") == ("allow", "within_limits")
    time.pass_(14 * 60)  # who does something elsewhere is not away
    assert await asks.says("1.00") == ("allow", "within_limits")
    time.pass_(16 * 60)
    assert await asks.says("1.00") == ("refuse", "session_ended")
    assert await flows.session(house, asks.by, asks.session, asks.now) == Refusal(Code.SESSION_ENDED)
    again = await Seat(house).log_in("anna")
    asks = replace(asks, session=await handed_over(house, asks.by, again))
    assert await applications.forget(house, asks.by, asks.session, asks.now) is None
    assert await asks.ask("1.00") == Refusal(Code.NOT_FOUND)
    asks = replace(asks, session=await handed_over(house, asks.by, again))
    await sessions.end(house, again, again.session, asks.now)
    assert await asks.says("1.00") == ("refuse", "session_ended")
    assert who.session != again.session


async def test_who_has_to_change_his_password_first_may_do_nothing(house: House) -> None:
    asks, who = await by_password(house)
    await house.db.write(lambda tx: people.alarm(tx, who.user.id, 0))
    assert await asks.says("1.00") == ("refuse", "password_due")


async def test_a_client_who_is_switched_off_may_do_nothing(house: House) -> None:
    asks, who = await by_password(house)
    await house.db.write(lambda tx: people.set_off(tx, who.user.id, is_off=True))
    assert await asks.says("1.00") == ("refuse", "session_ended")


async def test_a_first_phone_is_good_for_no_more_than_the_password_for_a_day(house: House, time: Time) -> None:
    _, seat, phone = await activated(house, "anna")
    who, by = await come_back(house, seat, phone, "anna"), await registered(house)
    asks = Asks(house, by, await handed_over(house, by, who))
    assert await asks.says(thousand(51)) == ("refuse", "day_limit")
    time.pass_(DAY)
    who = await come_back(house, seat, phone, "anna")
    asks = replace(asks, session=await handed_over(house, by, who))
    assert await asks.says(thousand(51)) == ("allow", "within_limits")


async def test_what_proved_the_session_authorises_nothing_once_it_is_stopped(house: House, time: Time) -> None:
    asks, who, _, phone = await by_phone(house, time)
    assert await asks.says(thousand(600)) == ("allow", "within_limits")
    assert phone.record
    device = phone.record.device
    # Only the row is changed: the session stays, as one whose end was not heard of yet.
    one = await authenticators.find(house.db, house.keys, device)
    assert one
    await house.db.write(
        lambda tx: authenticators.advance(tx, house.keys, one, structs.replace(one, state=State.SUSPENDED))
    )
    assert await asks.says("1.00") == ("refuse", "proof_gone")
    seen = await flows.session(house, asks.by, asks.session, asks.now)
    assert isinstance(seen, Told)
    assert seen.used is None
    assert who.authenticator == device


# confirming


async def test_a_stronger_factor_confirms_one_amount_and_nothing_else(house: House, time: Time) -> None:
    asks, who, seat, phone, _ = await app_session(house, time)
    assert await asks.says(thousand(200)) == ("allow", "within_limits")
    first = await asks.ask(thousand(300), payee="NL00 BANK 0123", return_to=BACK, state=MARKER)
    assert (first.answer, first.reason) == ("step_up", "day_limit")
    assert first.confirm == f"{house.settings.portal_url}/confirm/{first.authorization}"
    assert await asks.result(first.authorization) == ("step_up", "day_limit")
    waits = await confirming.begin(house, who, seat.visit, first.authorization, "")
    assert isinstance(waits, Waits)
    asked = await phone.asked(waits.challenge)
    shown = asked.challenge.transaction
    assert shown
    assert (shown.action, shown.amount, shown.currency) == ("withdrawal", "300000.00", "USD")
    assert (shown.application, shown.payee) == ("Shop", "NL00 BANK 0123")
    assert await confirming.collect(house, who, first.authorization, asks.now) == Refusal(Code.LOGIN_START_OVER)
    assert isinstance(await phone.send(phone.made(asked)), Answered)
    led = await confirming.collect(house, who, first.authorization, asks.now)
    assert isinstance(led, Led)
    assert (led.entry.return_to, led.entry.marker) == (BACK, MARKER)
    done = await flows.result(house, asks.by, first.authorization, asks.now)
    assert isinstance(done, Authorization)
    assert (done.answer, done.reason, done.used and done.used.rank) == ("allow", "confirmed", "strong")
    # The session is what it was: another amount takes another proof.
    assert await asks.says(thousand(100)) == ("step_up", "day_limit")
    assert await confirming.look(house, who, first.authorization, asks.now) == Refusal(Code.CONFIRM_OVER)


async def test_a_confirmation_pressed_twice_counts_once(house: House, time: Time) -> None:
    asks, who, seat, phone, _ = await app_session(house, time)
    first = await asks.ask(thousand(300))
    waits = await confirming.begin(house, who, seat.visit, first.authorization, "")
    assert isinstance(waits, Waits)
    await approve(house, phone, waits.challenge)
    done = await asyncio.gather(
        *(confirming.collect(house, who, first.authorization, asks.now) for _ in range(5))
    )
    assert all(isinstance(each, Led) for each in done)
    assert await asks.says(thousand(701)) == ("refuse", "five_day_limit")


async def test_a_proof_made_for_something_else_confirms_nothing(house: House, time: Time) -> None:
    asks, who, seat, phone, _ = await app_session(house, time)
    first, second = await asks.ask(thousand(300)), await asks.ask(thousand(400))
    plain = await step_up.begin(house, who, seat.visit, device_of(phone))
    assert isinstance(plain, Waits)
    await approve(house, phone, plain.challenge)
    assert await confirming.collect(house, who, first.authorization, asks.now) == Refusal(Code.LOGIN_START_OVER)
    # And a confirmation makes no session fresh, nor does it confirm the other amount.
    waits = await confirming.begin(house, who, seat.visit, first.authorization, "")
    assert isinstance(waits, Waits)
    await approve(house, phone, waits.challenge)
    assert isinstance(await step_up.collect(house, who, waits.challenge, asks.now), StartOver)
    assert await confirming.collect(house, who, second.authorization, asks.now) == Refusal(Code.LOGIN_START_OVER)
    assert isinstance(await confirming.collect(house, who, first.authorization, asks.now), Led)


async def test_only_what_is_enough_is_asked_and_the_rest_is_explained(house: House, time: Time) -> None:
    asks, who, seat, phone, _ = await app_session(house, time)
    first = await asks.ask(thousand(300))
    wish = await confirming.look(house, who, first.authorization, asks.now)
    assert isinstance(wish, confirming.Wish)
    assert [(way.id == device_of(phone), way.why) for way, _ in wish.ways] == [(True, ""), (False, "weak")]
    weak = wish.ways[1][0].id
    refused = await confirming.begin(house, who, seat.visit, first.authorization, weak)
    assert refused == Refusal(Code.CONFIRM_WEAK)
    unknown = await confirming.begin(house, who, seat.visit, first.authorization, "0" * 26)
    assert unknown == Refusal(Code.LOGIN_NOT_THIS)


async def test_room_that_was_taken_meanwhile_is_gone_at_the_confirmation(house: House, time: Time) -> None:
    asks, who, seat, phone, _ = await app_session(house, time)
    first, second = await asks.ask(thousand(600)), await asks.ask(thousand(600))
    for one in (first, second):
        waits = await confirming.begin(house, who, seat.visit, one.authorization, "")
        assert isinstance(waits, Waits)
        await approve(house, phone, waits.challenge)
        assert isinstance(await confirming.collect(house, who, one.authorization, asks.now), Led)
        if one is first:
            break
    refused = await confirming.begin(house, who, seat.visit, second.authorization, "")
    assert refused == Refusal(Code.CONFIRM_WEAK)
    assert await asks.result(first.authorization) == ("allow", "confirmed")


async def test_two_confirmations_at_once_cannot_both_have_the_last_of_it(house: House, time: Time) -> None:
    asks, who, seat, phone, _ = await app_session(house, time)
    first, second = await asks.ask(thousand(600)), await asks.ask(thousand(600))
    entry = await by_id(house.db, second.authorization)
    assert entry
    waits = await confirming.begin(house, who, seat.visit, second.authorization, "")
    assert isinstance(waits, Waits)
    await approve(house, phone, waits.challenge)
    # The other one is allowed between the approval and its collection.
    await house.db.write(
        lambda tx: tx.run(
            "UPDATE authorizations SET state = 'allowed', decided_at = :now WHERE id = :id",
            now=asks.now,
            id=first.authorization,
        )
    )
    led = await confirming.collect(house, who, second.authorization, asks.now)
    assert isinstance(led, Led)
    assert led.entry.state is Stands.REFUSED
    assert await asks.result(second.authorization) == ("refuse", "five_day_limit")


async def test_a_client_who_says_no_ends_it(house: House, time: Time) -> None:
    asks, who, _, _, _ = await app_session(house, time)
    first = await asks.ask(thousand(300), return_to=BACK)
    assert isinstance(await confirming.decline(house, who, first.authorization, asks.now), Led)
    assert await confirming.decline(house, who, first.authorization, asks.now) == Refusal(Code.CONFIRM_OVER)
    assert await asks.result(first.authorization) == ("refuse", "declined")


async def test_a_denial_on_the_phone_allows_nothing_and_not_me_ends_the_session(house: House, time: Time) -> None:
    asks, who, seat, phone, _ = await app_session(house, time)
    first = await asks.ask(thousand(300))
    waits = await confirming.begin(house, who, seat.visit, first.authorization, "")
    assert isinstance(waits, Waits)
    await approve(house, phone, waits.challenge, decision=Decision.DENY)
    assert await confirming.collect(house, who, first.authorization, asks.now) == Refusal(Code.LOGIN_START_OVER)
    waits = await confirming.begin(house, who, seat.visit, first.authorization, "")
    assert isinstance(waits, Waits)
    await approve(house, phone, waits.challenge, decision=Decision.NOT_ME)
    assert await seat.who() is None
    assert await asks.says("1.00") == ("refuse", "session_ended")


async def test_nobody_confirms_in_another_session_or_too_late(house: House, time: Time) -> None:
    asks, who, seat, phone, _ = await app_session(house, time)
    first = await asks.ask(thousand(300))
    await seat.begin("anna")  # which asks the app, used last
    await login.again(house, seat.visit, device_of(phone))
    challenge, _ = await waiting_at(seat)
    await approve(house, phone, challenge)
    await seat.collect()
    other = await seat.who()
    assert other
    assert await confirming.look(house, other, first.authorization, asks.now) == Refusal(Code.NOT_FOUND)
    assert await confirming.collect(house, other, first.authorization, asks.now) == Refusal(Code.NOT_FOUND)
    assert await confirming.decline(house, other, first.authorization, asks.now) == Refusal(Code.NOT_FOUND)
    time.pass_(601)
    assert await confirming.look(house, who, first.authorization, asks.now) == Refusal(Code.CONFIRM_OVER)
    assert await asks.result(first.authorization) == ("refuse", "expired")


async def test_what_the_application_took_back_cannot_be_confirmed(house: House, time: Time) -> None:
    asks, who, seat, phone, _ = await app_session(house, time)
    first = await asks.ask(thousand(300))
    waits = await confirming.begin(house, who, seat.visit, first.authorization, "")
    assert isinstance(waits, Waits)
    await approve(house, phone, waits.challenge)
    await flows.release(house, asks.by, first.authorization, asks.now)
    assert await confirming.collect(house, who, first.authorization, asks.now) == Refusal(Code.CONFIRM_OVER)
    second = await asks.ask(thousand(300))
    waits = await confirming.begin(house, who, seat.visit, second.authorization, "")
    assert isinstance(waits, Waits)
    await approve(house, phone, waits.challenge)
    await applications.revoke(house, "Shop", asks.now)
    assert await confirming.collect(house, who, second.authorization, asks.now) == Refusal(Code.CONFIRM_OVER)


async def test_every_answer_is_in_the_audit_with_its_amount(house: House) -> None:
    asks, who = await by_password(house)
    first = await asks.ask(thousand(30))
    await asks.says(thousand(30))
    await flows.release(house, asks.by, first.authorization, asks.now)
    rows = await house.db.rows(
        "SELECT event, facts FROM audit WHERE user_id = :user AND event LIKE 'authorizations:%' ORDER BY number",
        user=who.user.id,
    )
    assert [row["event"].rpartition(":")[2] for row in rows] == ["allowed", "refused", "released"]
    assert '"amount":"30000.00 USD"' in rows[0]["facts"]
