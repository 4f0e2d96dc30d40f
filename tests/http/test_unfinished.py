"""A right password that no second step followed is told to the client: once, and to nobody who finished."""

from collections.abc import AsyncIterator

import pytest

from tests.people import Browser, Phone, Town, at_once
from twolatch.client.outcomes import Answered
from twolatch.login import store, unfinished
from twolatch.login.model import Attempt
from twolatch.people.model import User
from twolatch.protocol.answer import Decision
from twolatch.storage.db import Tx

NOW = 3 * 60_000  # the post office may hold it for two minutes while it posts it
LATER = 15 * 60_000


async def due(town: Town, user: User, ahead: int = NOW) -> int:
    """How many such letters are posted or to be posted by then (ms from now). Those that are still to be written are
    written for this look, and it is taken back."""
    until = town.house.clock.now() + ahead
    sql = "FROM notices WHERE user_id = :id AND kind = 'unfinished' AND due_at <= :until"

    async def look(tx: Tx) -> None:
        told = [
            attempt.user == user.id
            async for attempt in _untold(tx, until)
            if await unfinished.tell(tx, town.house, attempt, until)
        ]
        raise Looked(sum(told))

    with pytest.raises(Looked) as looked:
        await town.house.db.write(look)
    return await town.count(sql, id=user.id, until=until) + looked.value.many


async def _untold(tx: Tx, until: int) -> AsyncIterator[Attempt]:
    while attempt := await store.take_untold(tx, until):
        yield attempt


class Looked(Exception):
    def __init__(self, many: int) -> None:
        super().__init__(many)
        self.many = many


async def at_home(town: Town) -> tuple[User, Phone]:
    """A client with a phone, logged out everywhere."""
    user, browser, phone = await town.with_phone()
    await browser.log_out()
    await town.do("DELETE FROM notices WHERE user_id = :id", id=user.id)
    return user, phone


async def approve(browser: Browser, phone: Phone) -> None:
    assert isinstance(await phone.approve(browser.page.digits), Answered)
    assert (await browser.collect()).path == "/"


async def test_who_finishes_hears_nothing(town: Town) -> None:
    user, phone = await at_home(town)
    browser = town.browser()
    await browser.log_in(user.name)
    assert (await due(town, user), await due(town, user, LATER)) == (0, 1), "it waits as long as the login does"
    await approve(browser, phone)
    assert await due(town, user, LATER) == 0


async def test_a_client_without_a_second_latch_hears_nothing(town: Town) -> None:
    user, browser = await town.person(), town.browser()
    await browser.log_in(user.name)
    assert await due(town, user, LATER) == 0


async def test_whoever_stops_half_way_is_told_of_once_also_when_he_takes_it_back(town: Town) -> None:
    user, phone = await at_home(town)
    thief = town.browser()
    await thief.log_in(user.name)
    await thief.send("/login/cancel")
    assert await due(town, user) == 1, "at once: a thief would like to leave no trace"
    other = town.browser()
    await other.log_in(user.name)
    assert isinstance(await phone.say(Decision.DENY), Answered)
    assert await due(town, user, LATER) == 2


async def test_asking_again_puts_it_off_and_does_not_double_it(town: Town) -> None:
    user, _ = await at_home(town)
    browser = town.browser()
    await browser.log_in(user.name)
    waits = "SELECT tell_at AS due_at FROM attempts WHERE user_id = :id AND stage = 'open'"
    first = await town.house.db.row(waits, id=user.id)
    await browser.send("/login/again")
    await browser.send("/login/number")
    then = await town.house.db.row(waits, id=user.id)
    open_ = "SELECT expires_at FROM attempts WHERE user_id = :id AND stage = 'open'"
    attempt = await town.house.db.row(open_, id=user.id)
    assert first
    assert then
    assert attempt
    assert then["due_at"] == attempt["expires_at"] > first["due_at"]
    assert await due(town, user, LATER) == 1


async def test_who_begins_again_in_the_same_browser_is_told_of_once(town: Town) -> None:
    user, phone = await at_home(town)
    browser = town.browser()
    for _ in range(2):
        await browser.log_in(user.name)
    assert await due(town, user, LATER) == 1
    await approve(browser, phone)
    assert await due(town, user, LATER) == 0


async def test_beginning_again_and_again_or_in_another_name_hides_nothing(town: Town) -> None:
    user, _ = await at_home(town)
    thief, own = town.browser(), await town.person()
    await thief.log_in(user.name)
    await thief.log_in(own.name)
    assert await due(town, user, LATER) == 1, "his own login does not cover Anna's"
    await town.do("UPDATE attempts SET tell_at = 0 WHERE user_id = :id", id=user.id)
    await town.do("DELETE FROM challenges WHERE user_id = :id", id=user.id)
    again = town.browser()
    for _ in range(4):
        await again.log_in(user.name)
    assert await due(town, user, LATER) == 2, "after the second time the older one is told of all the same"


async def test_a_stranger_cannot_fill_the_mailbox(town: Town) -> None:
    user, phone = await at_home(town)
    for _ in range(6):
        thief = town.browser()
        await thief.log_in(user.name)
        await thief.send("/login/cancel")
    assert await due(town, user) == 3
    browser = town.browser()
    await browser.log_in(user.name)
    await approve(browser, phone)
    assert await due(town, user, LATER) == 3, "and finishing takes back none of what happened"


async def test_when_nothing_may_be_asked_the_client_hears_of_it_at_once(town: Town) -> None:
    user, phone = await at_home(town)
    await town.do("UPDATE authenticators SET state = 'suspended' WHERE id = :id", id=phone.record.device)
    assert (await town.browser().log_in(user.name)).says("login.phone_locked")
    assert await due(town, user) == 1


async def test_it_was_not_me_says_more_and_takes_its_place(town: Town) -> None:
    user, phone = await at_home(town)
    await town.browser().log_in(user.name)
    assert isinstance(await phone.say(Decision.NOT_ME), Answered)
    assert await due(town, user, LATER) == 0
    assert (await town.notices(user))["not_me"] == 1


async def test_many_collections_at_once_leave_neither_a_letter_nor_two_sessions(town: Town) -> None:
    user, phone = await at_home(town)
    browser = town.browser()
    page = await browser.log_in(user.name)
    assert isinstance(await phone.approve(page.digits), Answered)
    form = page.form("/login/collect")
    await at_once(browser.post(form.action, form.fields) for _ in range(6))
    assert await due(town, user, LATER) == 0
    charge = await town.house.db.row("SELECT count FROM meters WHERE key = :key", key=f"unfinished:{user.id}")
    assert charge is None or charge["count"] == 0


async def test_the_letter_is_written_when_its_time_has_come_and_once(town: Town) -> None:
    user, _ = await at_home(town)
    browser = town.browser()
    await browser.log_in(user.name)
    now = town.house.clock.now()
    await unfinished.tell_due(town.house, now)
    assert "unfinished" not in await town.notices(user)
    for _ in range(2):
        await unfinished.tell_due(town.house, now + LATER)
    assert (await town.notices(user))["unfinished"] == 1
