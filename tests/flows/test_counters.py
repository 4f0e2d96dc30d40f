"""What the counters must and must not do, step by step, where a race would need luck."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import pytest

from tests.flows.houses import WRONG, Handset, Seat, Time, activated, add_user, waiting_at
from tests.flows.overtaken import Overtaken
from twolatch.activation import flows as activation
from twolatch.activation.model import Offer
from twolatch.authenticators import flows, gate
from twolatch.authenticators.model import Stage
from twolatch.house import ClockBehind, House
from twolatch.kinds.phone import said
from twolatch.login import flows as login
from twolatch.login.model import Proceed, StartOver
from twolatch.notices import links
from twolatch.protocol.messages import Answer
from twolatch.storage.db import Tx
from twolatch.words.refusals import Code, Refusal


class Counting:
    """A database that writes down which statements were asked, inside transactions too."""

    def __init__(self, db: Any) -> None:
        self._db = db
        self.asked: list[str] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._db, name)

    async def row(self, sql: str, /, **values: Any) -> Any:
        self.asked.append(sql)
        return await self._db.row(sql, **values)

    async def rows(self, sql: str, /, **values: Any) -> Any:
        self.asked.append(sql)
        return await self._db.rows(sql, **values)

    async def write(self, work: Callable[[Tx], Awaitable[Any]]) -> Any:
        return await self._db.write(lambda tx: work(CountingTx(tx, self.asked)))


class CountingTx:
    def __init__(self, tx: Any, asked: list[str]) -> None:
        self._tx, self._asked = tx, asked
        self.after = tx.after

    async def row(self, sql: str, /, **values: Any) -> Any:
        self._asked.append(sql)
        return await self._tx.row(sql, **values)

    async def rows(self, sql: str, /, **values: Any) -> Any:
        self._asked.append(sql)
        return await self._tx.rows(sql, **values)

    async def run(self, sql: str, /, **values: Any) -> Any:
        self._asked.append(sql)
        return await self._tx.run(sql, **values)

    def later(self, sql: str, /, **values: Any) -> None:
        self._asked.append(sql)
        self._tx.later(sql, **values)


async def steps_of(house: House, seat: Seat, name: str) -> tuple[list[str], int]:
    """The statements and the number of hashes that one wrong password costs."""
    db: Any = Counting(house.db)
    hasher: Any = house.hasher
    before = hasher.asked
    seat = replace(seat, house=replace(house, db=db))
    refused = await seat.begin(name, "not this one")
    assert isinstance(refused, Refusal)
    return [" ".join(sql.split()) for sql in db.asked], hasher.asked - before


async def test_known_and_unknown_names_walk_the_same_steps(house: House) -> None:
    """No clock is needed to see a difference: every statement and every hash is counted."""
    plain, armed = await add_user(house, "plain"), (await activated(house, "armed"))[0]
    for _ in range(8):
        unknown = await steps_of(house, Seat(house), "nobody")
        for user in (plain, armed):
            assert await steps_of(house, Seat(house), user.name) == unknown


async def test_known_and_unknown_names_walk_the_same_steps_at_a_browser_with_a_cookie(house: House) -> None:
    plain = await add_user(house, "plain")
    unknown = await steps_of(house, Seat(house, browser="x" * 43), "nobody")
    assert await steps_of(house, Seat(house, browser="x" * 43), plain.name) == unknown


async def test_known_and_unknown_names_walk_the_same_steps_up_to_the_lock(house: House, time: Time) -> None:
    plain = await add_user(house, "plain")
    for _ in range(11):
        unknown = await steps_of(house, Seat(house), "nobody")
        assert await steps_of(house, Seat(house), plain.name) == unknown
        time.pass_(500)


async def meters(house: House, subject: str) -> dict[str, int]:
    rows = await house.db.rows("SELECT key, count FROM meters WHERE key LIKE :key", key=f"%:{subject}")
    return {row["key"].partition(":")[0]: row["count"] for row in rows if row["count"]}


async def asked_at(seat: Seat, phone: Handset, name: str) -> tuple[Any, str]:
    assert isinstance(await seat.begin(name), Proceed)
    challenge, digits = await waiting_at(seat)
    return await phone.asked(challenge), digits


async def test_a_right_pin_takes_every_charge_back(house: House) -> None:
    user, seat, phone = await activated(house, "anna")
    asked, _ = await asked_at(seat, phone, user.name)
    for _ in range(2):
        assert isinstance(await phone.send(phone.made(asked, pin=WRONG)), Refusal)
    assert isinstance(await phone.send(phone.made(asked)), gate.Answered)
    assert await meters(house, phone.record.device) == {"pin-month": 2}  # type: ignore[union-attr]


async def test_a_wrong_answer_sent_again_costs_one_try(house: House) -> None:
    """The soft phone sends up to three times when the reply is lost; nor may a recording lock a phone."""
    user, seat, phone = await activated(house, "anna")
    asked, _ = await asked_at(seat, phone, user.name)
    wrong = phone.made(asked, pin=WRONG)
    for _ in range(3):
        assert isinstance(await phone.send(wrong), Refusal)
    assert (await meters(house, wrong.device))["pin-row"] == 1


async def test_an_approval_sent_again_after_a_suspension_reads_as_the_protocol_says(house: House) -> None:
    user, seat, phone = await activated(house, "anna")
    asked, _ = await asked_at(seat, phone, user.name)
    answer = phone.made(asked)
    assert isinstance(await phone.send(answer), gate.Answered)
    [one] = await flows.mine(house, user)
    token = links.suspend_link(house, one.id, house.clock.now()).rpartition("/")[2]
    assert await flows.suspend_by_link(house, token, house.clock.now()) == one.name
    assert await flows.unlock_all(house, user.name, house.clock.now()) == 1
    done = await phone.send(answer)
    assert isinstance(done, Refusal) or done.stage in {Stage.APPROVED, Stage.DENIED, Stage.NOT_ME}


async def test_a_phone_that_never_proved_itself_does_not_become_active_by_an_unlock(house: House) -> None:
    user, seat, phone = await add_user(house, "anna"), Seat(house), Handset(house)
    who = await seat.log_in(user.name)
    offer = await activation.begin(house, who, house.clock.now())
    assert isinstance(offer, Offer)
    digits = await phone.claim(offer)
    assert isinstance(digits, str)
    assert isinstance(await activation.confirm(house, who, digits, house.clock.now()), activation.Confirmed)
    for _ in range(5):
        assert isinstance(await phone.send(phone.made(phone.test, pin=WRONG)), Refusal)
    await flows.unlock_all(house, user.name, house.clock.now())
    held = [one.state.value for one in await flows.mine(house, user)]
    row = await house.db.row("SELECT COUNT(*) AS many FROM notices WHERE kind = 'new_phone'")
    assert row
    assert ("active" in held) == (row["many"] == 1)


class Together:
    """A database at which the second write of each task waits until all tasks made their first one."""

    def __init__(self, db: Any, tasks: int) -> None:
        self._db, self._missing = db, tasks
        self._all, self._seen = asyncio.Event(), set[Any]()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._db, name)

    async def write(self, work: Callable[[Tx], Awaitable[Any]]) -> Any:
        task = asyncio.current_task()
        if task in self._seen:
            await self._all.wait()
            return await self._db.write(work)
        self._seen.add(task)
        try:
            return await self._db.write(work)
        finally:
            self._missing -= 1
            if not self._missing:
                self._all.set()


async def together(house: House, answers: list[Answer]) -> list[gate.Answered | Refusal]:
    """All have paid before one of them is decided: the worst order there is."""
    db: Any = Together(house.db, len(answers))
    at = replace(house, db=db)
    return list(await asyncio.gather(*(gate.prove(at, said(answer), house.clock.now()) for answer in answers)))


async def test_the_same_right_answer_twice_at_once_reads_the_same(house: House) -> None:
    user, seat, phone = await activated(house, "anna")
    asked, _ = await asked_at(seat, phone, user.name)
    answer = phone.made(asked)
    one, two = await together(house, [answer, answer])
    assert one == two
    assert isinstance(one, gate.Answered)
    assert one.stage is Stage.APPROVED


async def test_the_same_right_answer_twice_at_once_leaves_no_charge(house: House) -> None:
    user, seat, phone = await activated(house, "anna")
    asked, _ = await asked_at(seat, phone, user.name)
    answer = phone.made(asked)
    done = await together(house, [answer, answer])
    assert [each.stage for each in done if isinstance(each, gate.Answered)] == [Stage.APPROVED] * 2
    assert await meters(house, phone.record.device) == {}  # type: ignore[union-attr]


async def test_an_answer_overtaken_by_itself_is_told_the_epoch_of_now(house: House) -> None:
    user, seat, phone = await activated(house, "anna")
    asked, _ = await asked_at(seat, phone, user.name)
    answer, now = phone.made(asked), house.clock.now()
    db: Any = Overtaken(house.db, lambda: gate.prove(house, said(answer), now))
    assert await gate.prove(replace(house, db=db), said(answer), now) == db.heard


async def test_answers_that_were_never_compared_cost_nothing(house: House) -> None:
    user, seat, phone = await activated(house, "anna")
    asked, _ = await asked_at(seat, phone, user.name)
    wrong = [phone.made(asked, pin=WRONG, ahead=step) for step in range(1, 13)]
    await together(house, wrong)
    assert await meters(house, phone.record.device) == {"pin-row": 5, "pin-month": 5}  # type: ignore[union-attr]


async def test_a_phone_whose_tries_are_used_up_is_locked_and_its_client_is_told(house: House) -> None:
    user, _, phone = await activated(house, "anna")
    asked, digits = await asked_at(Seat(house), phone, user.name)
    wrong = f"{(int(digits) + 1) % 1_000_000:06d}"
    await together(house, [phone.made(asked, digits=wrong, ahead=step) for step in range(1, 8)])
    [one] = await flows.mine(house, user)
    used_up = (await meters(house, one.id)).get("pin-row", 0) >= 5
    assert used_up == (one.state.value == "locked")


async def test_the_operator_can_unlock_a_phone_locked_by_its_month(house: House) -> None:
    user, seat, phone = await activated(house, "anna")
    for _ in range(4):
        await flows.unlock_all(house, user.name, house.clock.now())
        asked, _ = await asked_at(seat, phone, user.name)
        for _ in range(5):
            await phone.send(phone.made(asked, pin=WRONG))
    await flows.unlock_all(house, user.name, house.clock.now())
    [one] = await flows.mine(house, user)
    assert one.state.value == "active"
    asked, _ = await asked_at(seat, phone, user.name)
    assert isinstance(await phone.send(phone.made(asked)), gate.Answered)


async def test_there_is_a_way_back_after_ten_wrong_numbers(house: House) -> None:
    user, seat, phone = await activated(house, "anna")
    for _ in range(5):
        asked, digits = await asked_at(Seat(house), phone, user.name)
        wrong = f"{(int(digits) + 1) % 1_000_000:06d}"
        for _ in range(2):
            await phone.send(phone.made(asked, digits=wrong))
        asked, _ = await asked_at(seat, phone, user.name)  # the known browser: no digits, the row starts anew
        assert isinstance(await phone.send(phone.made(asked)), gate.Answered)
        await seat.collect()
    await flows.unlock_all(house, user.name, house.clock.now())
    asked, digits = await asked_at(Seat(house), phone, user.name)
    assert isinstance(await phone.send(phone.made(asked, digits=digits)), gate.Answered)


async def test_a_login_that_took_too_long_says_so(house: House, time: Time) -> None:
    user, _, _phone = await activated(house, "anna")
    seat = Seat(house)
    await seat.begin(user.name)
    time.pass_(house.settings.challenge_seconds + 1)
    assert await login.look(house, seat.visit) == StartOver(Code.LOGIN_EXPIRED)


async def test_a_clock_that_was_set_back_decides_nothing_until_it_has_caught_up(house: House, time: Time) -> None:
    user, seat, phone = await activated(house, "anna")
    await seat.begin(user.name)
    challenge, _ = await waiting_at(seat)
    asked = await phone.asked(challenge)
    time.pass_(house.settings.challenge_seconds + 1)
    late = await phone.send(phone.made(asked))
    assert isinstance(late, Refusal)
    assert late.code is Code.CHALLENGE_EXPIRED
    time.pass_(-house.settings.challenge_seconds)
    with pytest.raises(ClockBehind):
        await seat.begin(user.name)
    with pytest.raises(ClockBehind):
        await phone.send(phone.made(asked))
    time.pass_(house.settings.challenge_seconds)
    assert isinstance(await seat.begin(user.name), Proceed)
