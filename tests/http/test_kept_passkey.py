"""`closed_access=passkey`: after the closing the papers open by password and a passkey that the client kept, and by
nothing less; on two workers."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.authenticator import Key
from tests.http.conftest import served
from tests.http.test_accounts import holder
from tests.http.test_closing import rewind
from tests.http.test_passkeys import active, with_key
from tests.key_ring import add_key, options, touch
from tests.people import PASSWORD, Browser, Town, at_once
from tests.site import Site
from twolatch.accounts import store
from twolatch.accounts.model import State
from twolatch.closing.effect import close_due
from twolatch.people.model import User


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def site(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    yield from served(request, tmp_path_factory, closed_access="passkey")


async def state_of(town: Town, user: User) -> State:
    [account] = await store.of_user(town.house.db, user.id)
    return account.state


async def closed_with_key(town: Town) -> tuple[User, Key]:
    user, _, key = await with_key(town)
    town.site.run("account", "add", user.name.upper(), "--holder", user.name)
    town.site.run("account", "close", user.name.upper())
    await rewind(town, user)
    await close_due(town.house, town.house.clock.now())
    assert await state_of(town, user) is State.CLOSED
    return user, key


async def asked(town: Town, user: User) -> Browser:
    browser = town.browser()
    page = await browser.log_in(user.name)
    assert page.path == "/login/second", page.text
    return browser


async def test_a_passkey_that_was_kept_opens_the_papers_and_nothing_else(town: Town) -> None:
    user, key = await closed_with_key(town)
    assert await active(town, user) == 1, "the passkey stays"
    browser = await asked(town, user)
    assert (await touch(browser, key)).path == "/closed"
    assert (await browser.get("/security")).says("reading.only")
    assert (await town.notices(user))["reading_login"] == 1


async def test_the_password_alone_opens_nothing_however_it_is_sent(town: Town) -> None:
    user, _ = await closed_with_key(town)
    browser = await asked(town, user)
    pages = await at_once(browser.post("/login/collect", {"csrf": browser.page.csrf}) for _ in range(10))
    assert not any(page.answer.headers.get("location") == "/closed" for page in pages)
    assert not await town.count("FROM sessions WHERE user_id = :id AND scope = 'reading'", id=user.id)
    assert (await browser.get("/closed")).path == "/login"


async def test_a_foreign_key_opens_nothing(town: Town) -> None:
    user, _ = await closed_with_key(town)
    _, _, other = await with_key(town)
    browser = await asked(town, user)
    page = await touch(browser, other)
    assert page.path != "/closed"
    assert not await town.count("FROM sessions WHERE user_id = :id AND scope = 'reading'", id=user.id)


async def test_an_answer_of_before_the_closing_opens_no_papers_after_it(town: Town) -> None:
    """Whoever was half way in when the account closed was on his way to another door."""
    user, browser, key = await with_key(town)
    town.site.run("account", "add", user.name.upper(), "--holder", user.name)
    town.site.run("account", "close", user.name.upper())
    half = await asked(town, user)
    form, answer = half.page.form("/login/answer"), key.get(options(half.page))
    await rewind(town, user)
    await close_due(town.house, town.house.clock.now())
    await half.land(await half.post(form.action, {**form.fields, "answer": answer}))
    assert not await town.count("FROM sessions WHERE user_id = :id AND scope <> '' AND ended_at = 0", id=user.id)
    assert not await browser.is_in()


async def test_a_closing_waits_for_a_passkey_and_says_so(town: Town, tmp_path: Path) -> None:
    user, browser, _ = await holder(town, tmp_path)
    town.site.run("account", "close", user.name.upper())
    account = await rewind(town, user)
    await close_due(town.house, town.house.clock.now())
    assert await state_of(town, user) is State.WAITING
    page = await browser.get(f"/accounts/{account}/closing")
    assert 'href="/security/add/passkey"' in page.text
    await add_key(browser, Key(origin=browser.origin))
    assert 'href="/security/add/passkey"' not in (await browser.get(f"/accounts/{account}/closing")).text
    await close_due(town.house, town.house.clock.now())
    assert await state_of(town, user) is State.CLOSED


async def test_who_was_closed_without_a_passkey_takes_a_link_by_mail(town: Town, tmp_path: Path) -> None:
    """Closed while the site asked for less: the password alone is not enough any more."""
    user, _, _ = await holder(town, tmp_path)
    now = town.house.clock.now()
    await town.do("UPDATE users SET closed_at = :now, read_until = :until WHERE id = :id", id=user.id, now=now,
                  until=now + 10**9)  # fmt: skip
    await town.do("UPDATE authenticators SET state = 'removed' WHERE user_id = :id", id=user.id)
    browser = town.browser()
    await browser.get("/login")
    page = await browser.try_password(user.name, PASSWORD)
    assert "/closed" not in page.path
    assert (await town.notices(user))["reading_link"] == 1
