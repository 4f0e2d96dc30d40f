"""A phone that is refused with somebody's code: the portal tells him what it met, and nobody else."""

from collections.abc import Iterator

import pytest

from tests.http.conftest import served
from tests.people import PIN, Browser, Page, Phone, Town, activate, at_once, code_of
from tests.site import Site
from twolatch.client.outcomes import Activated, Refused, Shown
from twolatch.people.model import User
from twolatch.texts.catalogue import Texts


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def site(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A client of this site may hold two phones."""
    yield from served(request, tmp_path_factory, phones_per_user=2)


def tells(page: Page, code: str) -> bool:
    return f'data-met="{code}"' in page.text and Texts().say("en", f"met.{code}.title") in page.text


def tells_nothing(page: Page) -> bool:
    return "data-met" not in page.text


async def state(browser: Browser) -> str:
    page = await browser.ask("GET", "/activate/wait?state", sec_fetch_site="same-origin")
    return str(page.answer.json()["state"])


async def refused(phone: Phone, code: str) -> str:
    outcome = await phone.soft.claim(code, PIN)
    assert isinstance(outcome, Refused), outcome
    return outcome.code


async def a_second_code(town: Town) -> tuple[User, Browser, Phone, Page]:
    """A client with a phone, logged in by it, who asks for a code for another phone."""
    user, _, phone = await town.with_phone()
    browser = await town.stranger(user, phone)
    await browser.get("/activate")
    return user, browser, phone, await browser.send("/activate/begin")


async def test_the_same_phone_again_hears_that_it_is_set_up_and_the_code_stays_good(town: Town) -> None:
    user, browser, phone, page = await a_second_code(town)
    assert await refused(phone, page.link) == "phone.already_here"
    assert await state(browser) == "issued:phone.already_here"
    page = await browser.get("/activate")
    assert tells(page, "phone.already_here")
    assert (await town.events(user))["activation:code:claimed"] == 1, "only the first phone's"
    other = town.phone()
    shown = await other.soft.claim(page.session_id, PIN)
    assert isinstance(shown, Shown), "another phone may have the code"
    assert tells_nothing(await browser.get("/activate")), "what was told before is no news to this phone's page"
    await browser.confirm(shown.six_digits)
    assert isinstance(await other.soft.wait_active(shown.device), Activated)


async def test_a_phone_that_lies_about_what_it_holds_only_locks_itself_out(town: Town) -> None:
    user, _, _, page = await a_second_code(town)
    victim, _, foreign = await town.with_phone()
    liar = town.phone()
    liar.store.save(foreign.store.load())  # says that it holds another client's device
    assert isinstance(await liar.soft.claim(page.session_id, PIN), Shown)
    assert (await town.events(victim))["activation:code:refused"] == 0
    assert user.id != victim.id


async def test_a_second_phone_on_one_code_is_told_at_the_page_that_asks_for_the_digits(town: Town) -> None:
    user, browser = await town.person(), town.browser()
    page = await browser.log_in(user.name)
    assert isinstance(await town.phone().soft.claim(page.session_id, PIN), Shown)
    assert await state(browser) == "claimed"
    assert await refused(town.phone(), page.link) == "code.used"
    assert await state(browser) == "claimed:code.used"
    assert tells(await browser.get("/activate"), "code.used")


async def test_a_code_that_ran_out_is_told_and_a_fresh_one_needs_no_logging_out(town: Town) -> None:
    user, browser, phone = await town.person(), town.browser(), town.phone()
    old = (await browser.log_in(user.name)).session_id
    await town.do("UPDATE activations SET expires_at = created_at WHERE user_id = :id", id=user.id)
    assert await refused(phone, old) == "code.expired"
    assert await state(browser) == "over:code.expired"
    page = await browser.get("/activate")
    assert tells(page, "code.expired")
    session = browser.cookies["__Host-session"]
    page = await browser.send("/activate/begin")
    assert browser.cookies["__Host-session"] == session
    assert tells_nothing(page)
    await activate(browser, phone, page.session_id)


async def test_an_older_code_is_told_on_the_page_with_the_newest(town: Town) -> None:
    user, browser, phone = await town.person(), town.browser(), town.phone()
    first = (await browser.log_in(user.name)).session_id
    await browser.log_out()
    assert tells_nothing(await browser.log_in(user.name))
    assert await refused(phone, first) == "code.cancelled"
    assert tells(await browser.get("/"), "code.cancelled"), "the banner tells it too"
    await activate(browser, phone, (await browser.get("/activate")).session_id)


async def test_a_used_up_code_tells_the_same_phone_and_another_one_apart(town: Town) -> None:
    user, browser, phone = await town.person(), town.browser(), town.phone()
    code = (await browser.log_in(user.name)).session_id
    await activate(browser, phone, code)
    assert await refused(phone, code) == "phone.already_here"
    assert tells(await browser.get("/activate"), "phone.already_here")
    assert await refused(town.phone(), code) == "phone.already_elsewhere"
    assert tells(await browser.get("/activate"), "phone.already_elsewhere")


async def test_a_phone_that_is_too_old_is_told_and_pays_for_its_guess(town: Town) -> None:
    user, browser, phone = await town.person(), town.browser(), town.phone()
    code = (await browser.log_in(user.name)).session_id.replace("-", "")
    claim = {
        "version": 2, "code": code, "user_name": "", "public_key": "A" * 87, "ephemeral_key": "A" * 87,
        "device": {"platform": "android", "model": "", "browser": "", "app": ""}, "holds": [], "signature": "A" * 86,
    }  # fmt: skip
    assert code_of(await phone.call("POST", "activations/claim", claim)) == "phone.too_old"
    assert tells(await browser.get("/activate"), "phone.too_old")
    unknown = {**claim, "code": "0" * 12}
    answers = [code_of(await phone.call("POST", "activations/claim", unknown)) for _ in range(20)]
    assert answers[:19] == ["phone.too_old"] * 19, "a stranger hears the same for a code nobody issued"
    assert answers[19] == "limit.activation"


async def test_strangers_move_nothing_on_anybodys_page(town: Town) -> None:
    user, browser, phone = await town.person(), town.browser(), town.phone()
    page = await browser.log_in(user.name)
    code, _, rest = page.link.partition("#")[2].removeprefix("1.").partition(".")
    guessed = f"{page.link.partition('#')[0]}#1.{code}.{'A' * 22}.{rest.split('.')[1]}"
    assert await refused(phone, guessed) == "code.unknown"
    assert await refused(phone, "0000-0000-0000") == "code.unknown"
    assert await state(browser) == "issued"
    assert tells_nothing(await browser.get("/activate"))
    other = town.browser()
    await other.log_in((await town.person()).name)
    assert tells_nothing(await other.get("/activate"))


async def test_one_of_many_phones_at_once_wins_and_the_page_tells_of_the_others(town: Town) -> None:
    user, browser = await town.person(), town.browser()
    code = (await browser.log_in(user.name)).session_id
    outcomes = await at_once(town.phone().soft.claim(code, PIN) for _ in range(8))
    assert sum(isinstance(each, Shown) for each in outcomes) == 1
    assert {each.code for each in outcomes if isinstance(each, Refused)} == {"code.used"}
    assert await state(browser) == "claimed:code.used"
