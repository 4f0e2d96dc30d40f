"""Under `strict` a typed code needs its client's name. A wrong one tells its typist nothing, and the client at once."""

import secrets
from collections.abc import Iterator

import pytest

from tests.http.conftest import served
from tests.people import PIN, Town
from tests.site import Site
from twolatch.client.outcomes import Activated, Refused, Shown
from twolatch.protocol.codes import session_id, show_session_id
from twolatch.texts.catalogue import Texts


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def site(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    yield from served(request, tmp_path_factory, assurance="strict")


def never_issued() -> str:
    return show_session_id(session_id(secrets.token_bytes(8)))


async def test_the_client_alone_hears_of_a_wrong_name_and_the_code_stays_good(town: Town) -> None:
    user, browser = await town.person(), town.browser()
    other, elsewhere = await town.person(), town.browser()
    page = await browser.log_in(user.name)
    await elsewhere.log_in(other.name)
    phone = town.phone()
    wrong = await phone.soft.claim(page.session_id, PIN, other.name)
    assert isinstance(wrong, Refused)
    assert wrong.code == "code.unknown"
    told = await browser.get("/")
    assert 'data-met="name.wrong"' in told.text
    assert Texts().say("en", "met.name.wrong.title") in told.text
    assert "data-met" not in (await elsewhere.get("/")).text, "whose name was typed hears nothing"
    assert (await town.events(user))["activation:code:refused"] == 1
    assert (await town.events(other))["activation:code:refused"] == 0
    shown = await phone.soft.claim(page.session_id, PIN, user.name.upper())
    assert isinstance(shown, Shown)
    await browser.confirm(shown.six_digits)
    assert isinstance(await phone.soft.wait_active(shown.device), Activated)


async def test_the_page_that_waits_learns_of_it_by_itself(town: Town) -> None:
    user, browser = await town.person(), town.browser()
    page = await browser.log_in(user.name)
    await town.phone().soft.claim(page.session_id, PIN, "somebody else")
    state = await browser.ask("GET", "/activate/wait?state", sec_fetch_site="same-origin")
    assert state.answer.json()["state"] == "issued:name.wrong"


async def test_a_wrong_name_and_an_unknown_code_read_the_same_and_cost_the_same(town: Town) -> None:
    """Or who guesses at codes would learn that he has hit one."""
    user, browser = await town.person(), town.browser()
    page = await browser.log_in(user.name)
    said, cost = [], []
    for code in (page.session_id, never_issued()):
        await town.forget_the_crowd()
        phone = town.phone()
        said.append(await phone.soft.claim(code, PIN, "nobody"))
        spent = "FROM meters WHERE (key LIKE 'claim-site:%' OR key = :key) AND count = 1"
        cost.append(await town.count(spent, key=f"claim-address:{phone.address}"))
    assert said[0] == said[1]
    assert cost == [2, 2]
