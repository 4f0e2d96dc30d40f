"""The whole life of an account, from open to the end of its papers; every step and every race in between."""

import asyncio
from dataclasses import replace

import pytest

from tests.flows.houses import PASSWORD, Handset, Seat, Time, activated, add_user, waiting_at
from tests.flows.test_accounts import NAME, made, opened
from twolatch.accounts import flows as accounts
from twolatch.accounts import store
from twolatch.accounts.flows import Paper
from twolatch.accounts.importing import take_in
from twolatch.accounts.model import NEXT, Account, State
from twolatch.authenticators.gate import Answered
from twolatch.closing import cards, flows
from twolatch.closing.effect import close_due
from twolatch.closing.model import Fault, How
from twolatch.house import House
from twolatch.login import flows as login
from twolatch.login import reading
from twolatch.login.model import Collected, MailSent, Proceed, StartOver
from twolatch.people import store as people
from twolatch.sessions import flows as sessions
from twolatch.sessions.model import FreshlySignedIn, ReadingOnly, SignedIn
from twolatch.words.limits import READINGS
from twolatch.words.refusals import Code, Refusal
from twolatch.words.secret import Secret

HOURS = 3600
DAY = 24 * HOURS


async def come_back(house: House, seat: Seat, phone: Handset, name: str) -> SignedIn:
    """Logs in again with the phone, in the browser that is known."""
    await seat.begin(name)
    challenge, digits = await waiting_at(seat)
    assert isinstance(await phone.send(phone.made(await phone.asked(challenge), digits=digits)), Answered)
    assert isinstance(await seat.collect(), Collected)
    who = await seat.who()
    assert who
    return who


async def holder(house: House, time: Time, *numbers: str) -> tuple[SignedIn, Seat, Handset]:
    """A client with a phone since two days, an account for each number and a paper in the first; freshly proved."""
    _, seat, phone = await activated(house, "anna")
    for number in numbers or ("A1001",):
        await opened(house, number)
    await take_in(house, NAME, made(), house.clock.now())
    time.pass_(2 * DAY)
    return await come_back(house, seat, phone, "anna"), seat, phone


async def of(house: House, number: str = "A1001") -> Account:
    found = await store.by_number(house.db, number)
    assert found
    return found


async def asked(house: House, who: SignedIn, number: str = "A1001", into: str = "") -> Account | Refusal:
    account = await flows.mine(house, who, (await of(house, number)).id)
    assert account
    target = (await of(house, into)).id if into else ""
    return await flows.ask(house, FreshlySignedIn(who), account, number, target, house.clock.now())


async def closed(house: House, time: Time, who: SignedIn, number: str = "A1001") -> None:
    assert isinstance(await asked(house, who, number), Account)
    time.pass_(DAY)
    assert await close_due(house, house.clock.now()) == 1
    time.pass_(1)


async def reader(seat: Seat, password: str = PASSWORD) -> ReadingOnly:
    assert await seat.begin("anna", password) == Proceed(is_ready=True)
    assert isinstance(await seat.collect(), Collected)
    found = await sessions.reading(seat.house, seat.token, seat.house.clock.now())
    assert found
    return found


async def told(house: House) -> set[str]:
    return {row["kind"] for row in await house.db.rows("SELECT kind FROM notices")}


async def events(house: House, event: str) -> int:
    return len(await house.db.rows("SELECT number FROM audit WHERE event = :event", event=event))


async def test_from_open_to_reading_to_the_end(house: House, time: Time) -> None:
    who, seat, _ = await holder(house, time)
    assert isinstance(await asked(house, who), Account)
    assert (await of(house)).state is State.ASKED
    assert "closing_asked" in await told(house)
    time.pass_(DAY - 1)
    assert await close_due(house, house.clock.now()) == 0, "nobody shortens the day"
    time.pass_(1)
    assert await close_due(house, house.clock.now()) == 1
    assert (await of(house)).state is State.CLOSED
    assert await close_due(house, house.clock.now()) == 0, "once"
    assert await seat.who() is None, "all sessions end"
    assert await events(house, "closing:user:closed") == 1
    time.pass_(1)
    read = await reader(Seat(house))
    [paper] = await accounts.papers(house, read.user, house.clock.now())
    assert isinstance(await accounts.read(house, read, paper.id, house.clock.now()), Paper)
    assert {"client_closed", "reading_login"} <= await told(house)
    account = await of(house)
    assert account.read_until == account.closed_at + house.settings.closed_years * 365 * DAY * 1000
    time.pass_(house.settings.closed_years * 365 * DAY)
    assert await Seat(house).begin("anna") == Refusal(Code.READING_OVER)
    assert await accounts.papers(house, read.user, house.clock.now()) == []
    assert await accounts.read(house, read, paper.id, house.clock.now()) == Refusal(Code.NOT_FOUND)


def test_every_state_can_be_reached_and_only_closed_is_the_end() -> None:
    assert {state for after in NEXT.values() for state in after} == set(State)
    assert [state for state, after in NEXT.items() if not after] == [State.CLOSED]
    assert State.OPEN not in NEXT[State.WAITING]


async def test_within_the_day_it_is_taken_back_and_later_not(house: House, time: Time) -> None:
    who, _, _ = await holder(house, time)
    await asked(house, who)
    time.pass_(DAY - 1)
    account = await flows.mine(house, who, (await of(house)).id)
    assert account
    assert await flows.cancel(house, who, account, house.clock.now()) is None
    assert (await of(house)).state is State.OPEN
    assert await flows.cancel(house, who, account, house.clock.now()) == Refusal(Code.CLOSING_LATE)
    assert "closing_cancelled" in await told(house)
    time.pass_(2 * DAY)
    assert await close_due(house, house.clock.now()) == 0


async def test_taking_back_and_the_effect_at_once_end_in_one_of_them(house: House, time: Time) -> None:
    who, _, _ = await holder(house, time)
    for turn in range(5):
        await opened(house, f"T100{turn}")
        await asked(house, replace(who, fresh_until=house.clock.now() + 1000), f"T100{turn}")
        account = await flows.mine(house, who, (await of(house, f"T100{turn}")).id)
        assert account
        edge = house.clock.now() + DAY * 1000
        back, done = await asyncio.gather(
            flows.cancel(house, who, account, edge - 1), close_due(house, edge), return_exceptions=False
        )
        state = (await of(house, f"T100{turn}")).state
        assert (back is None, done, state) in {(True, 0, State.OPEN), (False, 1, State.CLOSED)}


async def test_many_looks_at_once_close_once(house: House, time: Time) -> None:
    who, _, _ = await holder(house, time)
    await asked(house, who)
    time.pass_(DAY)
    assert sum(await asyncio.gather(*(close_due(house, house.clock.now()) for _ in range(6)))) == 1
    assert await events(house, "closing:account:closed") == 1
    assert await events(house, "closing:user:closed") == 1


@pytest.mark.parametrize("typed", ["", "A1002", "A100", "A1001; DROP"])
async def test_a_slip_closes_nothing(house: House, time: Time, typed: str) -> None:
    who, _, _ = await holder(house, time)
    account = await flows.mine(house, who, (await of(house)).id)
    assert account
    refused = await flows.ask(house, FreshlySignedIn(who), account, typed, "", house.clock.now())
    assert refused == Refusal(Code.CLOSING_NUMBER)
    assert (await of(house)).state is State.OPEN


async def test_a_password_or_a_new_phone_closes_nothing(house: House, time: Time) -> None:
    await add_user(house, "bram")
    await opened(house, "B2001", ("bram",))
    assert await asked(house, await Seat(house).log_in("bram"), "B2001") == Refusal(Code.CLOSING_NEEDS_SECOND)
    _, seat, phone = await activated(house, "anna")
    await opened(house)
    time.pass_(60)
    who = await come_back(house, seat, phone, "anna")
    assert await asked(house, who) == Refusal(Code.CLOSING_TOO_NEW)
    time.pass_(HOURS)
    assert await asked(house, who) == Refusal(Code.STEP_UP), "and an old proof neither"


async def test_who_only_sees_an_account_does_not_close_it(house: House, time: Time) -> None:
    who, _, _ = await holder(house, time)
    await add_user(house, "bram")
    await accounts.add(house, "J3001", "", ["bram"], ["anna"], house.clock.now())
    assert await asked(house, who, "J3001") == Refusal(Code.CLOSING_NOT_HOLDER)
    assert await flows.mine(house, who, "0" * 26) is None


async def test_one_of_two_accounts_closes_and_the_client_stays_in(house: House, time: Time) -> None:
    who, seat, phone = await holder(house, time, "A1001", "A1002")
    await closed(house, time, who)
    assert await seat.begin("anna") == Proceed(is_ready=False), "the phone is still asked"
    back = await come_back(house, seat, phone, "anna")
    [paper] = await accounts.papers(house, back.user, house.clock.now())
    assert isinstance(await accounts.read(house, back, paper.id, house.clock.now()), Paper)
    assert "account_closed" in await told(house)


async def test_of_several_clients_each_stays_or_goes_by_his_own_accounts(house: House, time: Time) -> None:
    who, _, _ = await holder(house, time)
    for name in ("bram", "carla"):
        await add_user(house, name)
    await accounts.add(house, "J3001", "", ["anna"], ["bram", "carla"], house.clock.now())
    await opened(house, "C4001", ("carla",))
    await closed(house, time, replace(who, fresh_until=house.clock.now() + 1000), "J3001")
    found = {name: await people.by_name(house.db, name) for name in ("anna", "bram", "carla")}
    assert {name: bool(user and user.closed_at) for name, user in found.items()} == {
        "anna": False, "bram": True, "carla": False,
    }  # fmt: skip


async def test_two_accounts_become_one(house: House, time: Time) -> None:
    who, _, _ = await holder(house, time, "A1001", "A1002")
    assert isinstance(await asked(house, who, "A1001", "A1002"), Account)
    assert await asked(house, who, "A1002") == Refusal(Code.CLOSING_ALREADY), "nothing closes under what comes in"
    assert await asked(house, who, "A1002", "A1001") == Refusal(Code.CLOSING_TARGET), "no circle"
    time.pass_(DAY)
    assert await close_due(house, house.clock.now()) == 1
    first, second = await of(house, "A1001"), await of(house, "A1002")
    assert (first.state, first.goes_into, second.state) == (State.CLOSED, second.id, State.OPEN)
    user = await people.by_name(house.db, "anna")
    assert user
    assert user.closed_at == 0
    assert len(await accounts.papers(house, user, house.clock.now())) == 1, "the papers stay in sight"


async def test_an_account_goes_into_an_open_one_of_ones_own_only(house: House, time: Time) -> None:
    who, _, _ = await holder(house, time)
    await add_user(house, "bram")
    await opened(house, "B2001", ("bram",))
    assert await asked(house, who, "A1001", "B2001") == Refusal(Code.CLOSING_TARGET)
    assert await asked(house, who, "A1001", "A1001") == Refusal(Code.CLOSING_TARGET)
    now = house.clock.now()
    assert await flows.ask_for(house, "A1001", "B2001", now) is Fault.TARGET
    assert await flows.ask_for(house, "NONE", "", now) is Fault.NO_ACCOUNT


async def test_the_desk_asks_for_a_client_and_waits_like_him(house: House, time: Time) -> None:
    await add_user(house, "anna")
    await opened(house)
    assert isinstance(await flows.ask_for(house, "A1001", "", house.clock.now()), Account)
    assert await flows.ask_for(house, "A1001", "", house.clock.now()) is Fault.NOT_NOW
    assert await close_due(house, house.clock.now()) == 0
    assert await flows.cancel_for(house, "A1001", house.clock.now()) is None
    assert await flows.cancel_for(house, "A1001", house.clock.now()) is Fault.NOT_NOW


async def with_cards(house: House, time: Time) -> tuple[SignedIn, Account]:
    """A challenge card in the client's hands, and the day is over."""
    who, _, _ = await holder(house, time)
    await house.db.write(
        lambda tx: tx.run(
            """INSERT INTO cards
                   (id, serial, kind, maker, model, sealed, key_mac, state, user_id, created_at, changed_at, shipped_at)
               VALUES ('c1', '730017742', 'card', 'M', 'X', :none, :mac, 'shipped', :user, 1, 1, 1)""",
            none=b"", mac=b"m", user=who.user.id,
        )
    )  # fmt: skip
    await asked(house, who)
    time.pass_(DAY)
    assert await close_due(house, house.clock.now()) == 1
    account = await flows.mine(house, who, (await of(house)).id)
    assert account
    assert account.state is State.WAITING
    return replace(who, fresh_until=house.clock.now() + 1000), account


async def test_the_account_waits_for_the_card_and_closes_when_it_arrives(house: House, time: Time) -> None:
    who, account = await with_cards(house, time)
    assert "closing_waits" in await told(house)
    assert await flows.cancel(house, who, account, house.clock.now()) == Refusal(Code.CLOSING_LATE)
    time.pass_(30 * DAY)
    assert await close_due(house, house.clock.now()) == 0
    [card] = await cards.of_account(house.db, house, account)
    assert (card.name, card.settled) == ("730017742", None)
    assert await flows.settle_for(house, "A1001", "730017742", How.SHREDDED, house.clock.now()) is Fault.NO_CARD
    assert await flows.settle_for(house, "A1001", "999", How.RETURNED, house.clock.now()) is Fault.NO_CARD
    assert await flows.settle_for(house, "A1001", "730017742", How.RETURNED, house.clock.now()) is None
    assert (await of(house)).state is State.CLOSED
    assert await flows.settle_for(house, "A1001", "730017742", How.RETURNED, house.clock.now()) is Fault.NO_CARD


async def test_a_client_declares_his_own_card_lost_and_the_stock_knows(house: House, time: Time) -> None:
    who, account = await with_cards(house, time)
    now = house.clock.now()
    assert await flows.declare(house, FreshlySignedIn(who), account, "nothing", now) == Refusal(Code.NOT_FOUND)
    assert await flows.declare(house, FreshlySignedIn(who), account, "c1", now) is None
    assert (await of(house)).state is State.CLOSED
    row = await house.db.row("SELECT state FROM cards WHERE id = 'c1'")
    assert row
    assert row["state"] == "lost"


async def test_a_login_that_began_before_ends_with_the_closing(house: House, time: Time) -> None:
    who, _, phone = await holder(house, time)
    await asked(house, who)
    time.pass_(DAY - 10)
    late = Seat(house)
    await late.begin("anna")
    challenge, digits = await waiting_at(late)
    answer = phone.made(await phone.asked(challenge), digits=digits)
    assert isinstance(await phone.send(answer), Answered)
    time.pass_(10)
    await close_due(house, house.clock.now())
    assert isinstance(await late.collect(), StartOver)
    assert await late.who() is None


async def test_a_password_given_before_collects_nothing_after(house: House, time: Time) -> None:
    """A client without a phone: his attempt is ready before, and a short password would need the link."""
    await add_user(house, "anna")
    await opened(house)
    await flows.ask_for(house, "A1001", "", house.clock.now())
    time.pass_(DAY - 10)
    late = Seat(house)
    await late.begin("anna")
    time.pass_(10)
    await close_due(house, house.clock.now())
    assert isinstance(await late.collect(), StartOver)


async def test_a_closed_client_opens_no_account_and_no_portal_again(house: House, time: Time) -> None:
    who, _, phone = await holder(house, time)
    await closed(house, time, who)
    assert await accounts.add(house, "A9999", "", ["anna"], [], house.clock.now()) is accounts.Fault.CLOSED
    seat = Seat(house)
    await reader(seat)
    assert await seat.who() is None
    row = await house.db.row("SELECT COUNT(*) AS many FROM authenticators WHERE state <> 'removed'")
    assert row
    assert row["many"] == 0, "nothing of his is asked any more"
    assert await phone.send(phone.made(phone.test)) == Refusal(Code.PHONE_REMOVED)


async def test_a_reading_session_is_short(house: House, time: Time) -> None:
    who, _, _ = await holder(house, time)
    await closed(house, time, who)
    seat = Seat(house)
    await reader(seat)
    time.pass_(10 * 60)
    assert await sessions.reading(house, seat.token, house.clock.now()) is None
    await reader(seat)
    for _ in range(7):
        time.pass_(9 * 60)
        found = await sessions.reading(house, seat.token, house.clock.now())
    assert found is None, "an hour, used or not"


async def test_so_many_readings_in_a_day(house: House, time: Time) -> None:
    who, _, _ = await holder(house, time)
    await closed(house, time, who)
    for _ in range(READINGS.allowance):
        assert isinstance(await Seat(house).begin("anna"), Proceed)
    late = await Seat(house).begin("anna")
    assert isinstance(late, Refusal)
    assert late.code is Code.READINGS


async def link_of(house: House) -> str:
    sql = "SELECT id, user_id, sealed FROM notices WHERE kind = 'reading_link' ORDER BY created_at DESC"
    row = await house.db.row(sql)
    assert row
    opened = house.keys.open("notices.sealed", row["id"], row["user_id"], bytes(row["sealed"])).decode()
    return opened.split("/login/link/")[1][:43]


@pytest.mark.parametrize("why", ["setting", "short", "must_change"])
async def test_a_link_by_mail_is_asked_where_the_password_is_not_enough(house: House, time: Time, why: str) -> None:
    who, _, _ = await holder(house, time)
    await closed(house, time, who)
    password = PASSWORD
    if why == "setting":
        house = replace(house, settings=house.settings.model_copy(update={"closed_access": "mail_link"}))
    elif why == "short":
        password = "fourteen signs"
        await house.db.write(lambda tx: tx.run("UPDATE users SET password = :p", p=f"plain:{password}"))
    else:
        await house.db.write(lambda tx: tx.run("UPDATE users SET must_change = 1"))
    seat, other = Seat(house), Seat(house)
    assert await seat.begin("anna", password) == Proceed(is_ready=False)
    assert await login.look(house, seat.visit) == MailSent()
    assert not isinstance(await seat.collect(), Collected)
    token = await link_of(house)
    assert await reading.follow(house, other.visit, token) == Refusal(Code.READING_LINK), "not in another browser"
    forged = token[:-1] + ("y" if token.endswith("x") else "x")
    assert await reading.follow(house, seat.visit, forged) == Refusal(Code.READING_LINK)
    both = await asyncio.gather(*(reading.follow(house, seat.visit, token) for _ in range(4)))
    assert both.count(Proceed(is_ready=True)) == 1, "once"
    assert isinstance(await seat.collect(), Collected)
    assert await sessions.reading(house, seat.token, house.clock.now())
    assert await reading.follow(house, seat.visit, token) == Refusal(Code.READING_LINK)


async def test_who_came_in_by_passkeys_alone_reads_by_password_and_link(house: House, time: Time) -> None:
    who, _, _ = await holder(house, time)
    await asked(house, who)
    await house.db.write(lambda tx: tx.run("UPDATE users SET keys_only = 1"))
    time.pass_(DAY)
    await close_due(house, house.clock.now())
    time.pass_(1)
    seat = Seat(house)
    assert await seat.begin("anna") == Proceed(is_ready=False)
    assert await reading.follow(house, seat.visit, await link_of(house)) == Proceed(is_ready=True)
    assert isinstance(await seat.collect(), Collected)


async def test_where_a_passkey_opens_the_papers_it_is_asked_for_before_the_closing(house: House, time: Time) -> None:
    who, _, _ = await holder(house, time, "A1001", "B2002")
    strict = replace(house, settings=house.settings.model_copy(update={"closed_access": "passkey"}))
    assert isinstance(await asked(strict, who, "A1001"), Account), "not for an account that leaves him another one"
    time.pass_(DAY)
    assert await close_due(strict, house.clock.now()) == 1
    who = FreshlySignedIn(replace(who, fresh_until=house.clock.now() + 1)).signed_in
    assert await asked(strict, who, "B2002") == Refusal(Code.CLOSING_NEEDS_KEY)
    assert isinstance(await asked(house, who, "B2002"), Account)
    time.pass_(DAY)
    assert await close_due(strict, house.clock.now()) == 1
    assert (await of(house, "B2002")).state is State.WAITING, "nobody is closed out of his papers"


async def test_an_old_link_and_a_client_without_mail_open_nothing(house: House, time: Time) -> None:
    who, _, _ = await holder(house, time)
    await closed(house, time, who)
    by_mail = replace(house, settings=house.settings.model_copy(update={"closed_access": "mail_link"}))
    seat = Seat(by_mail)
    await seat.begin("anna")
    time.pass_(15 * 60)
    assert await reading.follow(by_mail, seat.visit, await link_of(house)) == Refusal(Code.READING_LINK)
    await house.db.write(lambda tx: tx.run("UPDATE users SET email = ''"))
    assert await Seat(by_mail).begin("anna") == Refusal(Code.READING_NO_MAIL)


async def test_a_locked_client_reads_nothing(house: House, time: Time) -> None:
    who, _, _ = await holder(house, time)
    await closed(house, time, who)
    seat = Seat(house)
    await reader(seat)
    await house.db.write(lambda tx: people.set_off(tx, who.user.id, is_off=True))
    assert await sessions.reading(house, seat.token, house.clock.now()) is None
    assert await login.begin(house, seat.visit, "anna", Secret(PASSWORD)) == Refusal(Code.LOGIN_OFF)
