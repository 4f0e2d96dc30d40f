"""An application learns of a session, with its client's yes and in no other way; on both databases."""

import asyncio

from tests.flows.asking import ALL, BACK, MARKER, by_password, handed_over, registered, ticket_of
from tests.flows.houses import Seat, Time, add_user
from twolatch.applications import flows as applications
from twolatch.applications.model import Fault, Scope
from twolatch.authorizations import flows
from twolatch.house import House
from twolatch.protocol.applications import KnownSession as Told
from twolatch.words.refusals import Code, Refusal


async def test_an_application_learns_of_a_session_once_and_only_what_it_may(house: House) -> None:
    asks, who = await by_password(house)
    told = await flows.session(house, asks.by, asks.session, asks.now)
    assert isinstance(told, Told)
    assert (told.user, told.display, told.used and told.used.amr) == ("anna", "Client anna", ["pwd"])
    other = await registered(house, "Bank", ["sessions"])
    name = await handed_over(house, other, who)
    seen = await flows.session(house, other, name, asks.now)
    assert isinstance(seen, Told)
    assert (seen.user, seen.display) == ("", "")
    assert seen.subject != told.subject


async def test_a_ticket_serves_once_for_a_minute_and_for_nobody_else(house: House, time: Time) -> None:
    await add_user(house, "anna")
    who, by = await Seat(house).log_in("anna"), await registered(house)
    other = await registered(house, "Bank")
    now = house.clock.now()
    wish = await applications.ask_hand_over(house, by, BACK, MARKER, now)
    assert not isinstance(wish, Refusal)
    led = await applications.agree(house, who, wish.id, now)
    assert isinstance(led, str)
    ticket = ticket_of(led)
    assert await applications.agree(house, who, wish.id, now) == Refusal(Code.HAND_OVER_OVER)
    assert await applications.exchange(house, other, ticket, now) == Refusal(Code.TICKET_OVER)
    done = await asyncio.gather(*(applications.exchange(house, by, ticket, now) for _ in range(8)))
    assert sum(not isinstance(each, Refusal) for each in done) == 1
    late = await applications.ask_hand_over(house, by, BACK, MARKER, now)
    assert not isinstance(late, Refusal)
    led = await applications.agree(house, who, late.id, now)
    assert isinstance(led, str)
    time.pass_(61)
    assert await applications.exchange(house, by, ticket_of(led), house.clock.now()) == Refusal(Code.TICKET_OVER)


async def test_nobody_is_led_to_an_address_that_is_not_registered_sign_by_sign(house: House) -> None:
    by = await registered(house)
    for address in (
        "https://shop.example/back/", "https://shop.example/back?x=1", "https://shop.example/back#x",
        "HTTPS://shop.example/back",
        "https://shop.example:443/back", "https://shop.example@evil.example/back", "https://evil.example/back",
        "https://shop.example/back/../x", "https://shop.example/%62ack", "//shop.example/back",
        "javascript:alert(1)", "",
        "https://shop.example/back\r\nx: y", "https://shop.example/back ", "http://shop.example/back",
    ):  # fmt: skip
        assert await applications.ask_hand_over(house, by, address, MARKER, 1) == Refusal(Code.RETURN_UNKNOWN), address


async def test_a_hand_over_ends_with_its_time_its_answer_and_its_application(house: House, time: Time) -> None:
    await add_user(house, "anna")
    seat = Seat(house)
    who, by = await seat.log_in("anna"), await registered(house)
    wishes = [await applications.ask_hand_over(house, by, BACK, MARKER, house.clock.now()) for _ in range(3)]
    first, second, third = (each.id for each in wishes if not isinstance(each, Refusal))
    led = await applications.decline(house, who, first, house.clock.now())
    assert led == f"{BACK}?error=declined&state={MARKER}"
    assert await applications.agree(house, who, first, house.clock.now()) == Refusal(Code.HAND_OVER_OVER)
    assert await applications.decline(house, who, first, house.clock.now()) == Refusal(Code.HAND_OVER_OVER)
    time.pass_(601)
    assert await applications.agree(house, who, second, house.clock.now()) == Refusal(Code.HAND_OVER_OVER)
    assert await applications.revoke(house, "Shop", house.clock.now())
    assert not await applications.revoke(house, "Shop", house.clock.now())
    assert await applications.look(house, third, house.clock.now() - 600_000) is None


async def test_a_key_opens_until_it_is_renewed_or_revoked(house: House) -> None:
    done = await applications.add(house, "Shop", ["sessions"], [], house.clock.now())
    assert not isinstance(done, Fault)
    by, key = done
    now = house.clock.now()
    found = await applications.of_key(house, key.reveal(), now)
    assert found
    assert (found.id, found.scopes) == (by.id, {Scope.SESSIONS})
    newer = await applications.renew_key(house, "Shop", now)
    assert not isinstance(newer, Fault)
    assert await applications.of_key(house, key.reveal(), now) is None
    assert await applications.of_key(house, newer.reveal(), now)
    await applications.revoke(house, "Shop", now)
    assert await applications.of_key(house, newer.reveal(), now) is None
    assert await applications.renew_key(house, "Shop", now) is Fault.NONE
    assert await applications.add(house, "Shop", ["sessions"], [], now) is Fault.TAKEN
    stored = await house.db.row("SELECT * FROM applications")
    assert key.reveal() not in str(dict(stored or {}))


async def test_what_cannot_be_registered_is_told(house: House) -> None:
    now = house.clock.now()
    for name, scopes, returns, fault in (
        ("", ALL, [], Fault.NAME),
        (" Shop", ALL, [], Fault.NAME),
        ("Shop\u202e", ALL, [], Fault.NAME),
        ("Shop", ["everything"], [], Fault.SCOPE),
        ("Shop", [], [], Fault.SCOPE),
        ("Shop", ALL, [BACK] * 11, Fault.MANY),
        ("Shop", ALL, ["http://shop.example/"], Fault.ADDRESS),
        ("Shop", ALL, ["https://shop.example"], Fault.ADDRESS),
        ("Shop", ALL, ["https://shop.example/?a=b"], Fault.ADDRESS),
        ("Shop", ALL, ["https://a@shop.example/"], Fault.ADDRESS),
        ("Shop", ALL, ["https://shop.example/a/../b"], Fault.ADDRESS),
        ("Shop", ALL, ["https://shop.example:99999/"], Fault.ADDRESS),
        ("Shop", ALL, ["https://shop.example//x"], Fault.ADDRESS),
    ):
        assert await applications.add(house, name, scopes, returns, now) is fault, (name, scopes, returns)
    assert not isinstance(await applications.add(house, "Here", ALL, ["http://localhost:9000/x"], now), Fault)
