"""The recipe's kind at the real portal: no room but `kinds` and `texts` knows it, and a client logs in with it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from types import SimpleNamespace
from typing import Any

import httpx
import pytest

from tests.flows.houses import PASSWORD, Time, add_user
from tests.house.toy_kind import Paper, word_at
from tests.people import Browser, Page, at_once
from twolatch.app import built_edge
from twolatch.authenticators import store
from twolatch.authenticators.asking import record_of
from twolatch.authenticators.model import Authenticator, State
from twolatch.house import House
from twolatch.kinds.kind import Asked, Opening, Record
from twolatch.people.model import User
from twolatch.texts.catalogue import LANGUAGES, Texts, catalogue
from twolatch.words.shapes import TypeCode


@pytest.fixture(autouse=True)
def its_words() -> Iterator[None]:
    """What the recipe's step 6 writes into the catalogues."""
    for language in LANGUAGES:
        said: Any = catalogue(language).said
        said |= {"kind.paper": "A list of words", "kind.paper.short": "List"}
        said |= {"proof.paper": "Proved with password and list"}
    yield
    catalogue.cache_clear()


@dataclass(frozen=True)
class Stubborn(Paper):
    """Asks for the same word until it was answered: the record remembers its place, not the question."""

    def begin(self, record: Record, asked: Asked, now: int) -> Opening:
        if (place := record.moving.get("asked")) is None:
            opening = super().begin(record, asked, now)
            assert opening.moving is not None
            return replace(opening, moving={**opening.moving, "asked": opening.memory["place"]})
        return Opening(TypeCode(record.name, f"{place:03d}", asked.expires), {"place": place})


@pytest.fixture
def site(house: House) -> tuple[House, Browser]:
    house = replace(house, kinds=(*house.kinds, Paper()))
    edge = built_edge(house, Texts())
    stands: Any = SimpleNamespace(settings=house.settings, port=8080)
    return house, Browser(stands, httpx.ASGITransport(edge))


async def with_list(house: House) -> tuple[User, Authenticator]:
    user = await add_user(house, "anna")
    return user, await another_list(house, user)


async def another_list(house: House, user: User) -> Authenticator:
    one = house.chance.id()
    secret = house.keys.seal("authenticators.secret", one, user.id, bytes(range(32)))
    list_ = Authenticator(
        one, user.id, "paper", "Anna's list", State.ACTIVE, {}, secret, {"used": []}, 0, "", house.clock.now(), 0
    )
    await house.db.write(lambda tx: store.insert(tx, house.keys, list_))
    return list_


def place(page: Page) -> int:
    found = re.search(r'number-digits">(\d{3})<', page.text)
    assert found, page.text
    return int(found[1])


def word(house: House, one: Authenticator, page: Page) -> str:
    return word_at(record_of(house, one, "anna", with_secret=True), place(page))


async def events(house: House, user: User, event: str) -> int:
    row = await house.db.row(
        "SELECT COUNT(*) AS many FROM audit WHERE user_id = :user AND event = :event", user=user.id, event=event
    )
    assert row
    return int(row["many"])


async def test_anna_logs_in_with_a_word_of_her_list_and_is_never_asked_for_it_again(
    site: tuple[House, Browser],
) -> None:
    house, browser = site
    user, one = await with_list(house)
    page = await browser.log_in("anna", PASSWORD)
    assert "Anna&#39;s list" in page.text
    used = place(page)
    home = await browser.send("/login/answer", answer=f"  {word(house, one, page).upper()} ")
    assert home.path == "/"
    assert "Proved with password and list" in home.text
    session = await house.db.row("SELECT proved, authenticator_id FROM sessions WHERE user_id = :user", user=user.id)
    assert session
    assert dict(session) == {"proved": "paper", "authenticator_id": one.id}
    held = await store.find(house.db, house.keys, one.id)
    assert held
    assert held.moving == {"used": [used]}
    assert "A list of words" in (await browser.get("/security")).text


async def test_its_counters_are_its_own_and_hold_against_many_at_once(site: tuple[House, Browser]) -> None:
    house, browser = site
    user, one = await with_list(house)
    page = await browser.log_in("anna", PASSWORD)
    form = page.form("/login/answer")
    guesses = [browser.post(form.action, {**form.fields, "answer": f"{guess:06x}"}) for guess in range(40)]
    pages = await at_once(guesses)
    assert {page.status for page in pages} <= {403, 410, 503}
    assert await events(house, user, "authenticators:answer:refused") == 3, "three for one question"
    assert (await browser.get("/login/second")).says("login.challenge_locked")
    page = await browser.log_in("anna", PASSWORD)
    for guess in ("000000", "111111"):
        page = await browser.send("/login/answer", answer=guess)
    assert await events(house, user, "authenticators:answer:refused") == 5, "five in a row"
    assert (await browser.log_in("anna", PASSWORD)).says("login.phone_locked")
    held = await store.find(house.db, house.keys, one.id)
    assert held
    assert held.state is State.LOCKED
    pins = await house.db.rows("SELECT key FROM meters WHERE key LIKE 'pin%'")
    assert pins == []


async def test_one_right_word_sent_twenty_times_makes_one_session(site: tuple[House, Browser], time: Time) -> None:
    house, browser = site
    user, one = await with_list(house)
    page = await browser.log_in("anna", PASSWORD)
    form = page.form("/login/answer")
    fields = {**form.fields, "answer": word(house, one, page)}
    await at_once(browser.post(form.action, fields) for _ in range(20))
    row = await house.db.row("SELECT COUNT(*) AS many FROM sessions WHERE user_id = :user", user=user.id)
    assert row
    assert row["many"] == 1


async def test_a_word_too_late_is_nothing(site: tuple[House, Browser], time: Time) -> None:
    house, browser = site
    user, one = await with_list(house)
    page = await browser.log_in("anna", PASSWORD)
    time.pass_(181)
    assert (await browser.send("/login/answer", answer=word(house, one, page))).says("login.expired")
    assert await events(house, user, "authenticators:answer:refused") == 0


async def test_a_sensitive_step_asks_for_another_word(site: tuple[House, Browser], time: Time) -> None:
    house, browser = site
    user, one = await with_list(house)
    page = await browser.log_in("anna", PASSWORD)
    await browser.send("/login/answer", answer=word(house, one, page))
    for _ in range(2):
        time.pass_(200)
        await browser.get("/security")
    page = await browser.get(f"/security/authenticators/{one.id}/remove")
    page = await browser.send("/step-up")
    wrong = await browser.send("/step-up/answer", answer="nothing")
    assert wrong.says("typed.wrong")
    page = await browser.send("/step-up/answer", answer=word(house, one, wrong))
    assert page.has_form(f"/security/authenticators/{one.id}/remove")
    assert await events(house, user, "sessions:session:proved") == 1


async def test_switching_back_and_forth_draws_no_other_word(house: House) -> None:
    house = replace(house, kinds=(*house.kinds, Stubborn()))
    stands: Any = SimpleNamespace(settings=house.settings, port=8080)
    browser = Browser(stands, httpx.ASGITransport(built_edge(house, Texts())))
    user, first = await with_list(house)
    lists = [first, await another_list(house, user)]
    page, asked = await browser.log_in("anna", PASSWORD), set()
    for turn in range(8):
        form = page.form("/login/switch")  # the other of the two
        asked.add((form.fields["one"] == lists[0].id, place(page)))
        page = await browser.land(await browser.post("/login/switch", form.fields))
        assert page.path == "/login/second", turn
    assert len(asked) == 2, "one word of each, however often he changed his mind"
