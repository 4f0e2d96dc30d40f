"""Moving to a new phone, by forms and signed requests at two processes, and what somebody else may try with it."""

import time
from collections import Counter

from tests.http.test_security_settings import make_stale, prove
from tests.people import INFO, PIN, Browser, Phone, Town, activate, at_once, code_of, some_address
from twolatch.client import device
from twolatch.client.outcomes import Activated, Answered, Refused, Shown
from twolatch.people.model import User
from twolatch.protocol.answer import Decision
from twolatch.protocol.codes import read_session_id
from twolatch.texts.catalogue import Texts


async def with_code(town: Town) -> tuple[User, Browser, Phone, str]:
    """A client with a phone, who has the code for a new one on his screen."""
    user, browser, phone = await town.with_phone()
    one = phone.record.device
    assert (await browser.get(f"/security/authenticators/{one}/move")).has_form("/step-up")
    await prove(browser, phone)
    await browser.send(f"/security/authenticators/{one}/move")
    assert browser.page.path == "/activate"
    return user, browser, phone, browser.page.session_id


async def active(town: Town, user: User) -> int:
    return await town.count("FROM authenticators WHERE user_id = :id AND state = 'active'", id=user.id)


async def test_a_client_moves_to_a_new_phone_in_under_a_minute(town: Town) -> None:
    began = time.monotonic()
    user, browser, old, code = await with_code(town)
    other = await town.stranger(user, old)
    new = town.phone()
    one = await activate(browser, new, code)
    assert await active(town, user) == 1
    page = await browser.get("/activate")
    assert Texts().say("en", "move.active.title") in page.text
    assert [refused.code for _, refused in (await old.look()).refused] == ["phone.removed"]
    assert (await browser.is_in(), await other.is_in()) == (True, False)
    assert (await town.notices(user))["phone_moved"] == 1
    await browser.log_out()
    await browser.log_in(user.name)
    assert isinstance(await new.approve(), Answered)
    assert (await browser.collect()).path == "/"
    assert new.record.device == one
    assert time.monotonic() - began < 60


async def test_the_code_over_the_shoulder_is_not_enough(town: Town) -> None:
    """A stranger reads the code off the screen and is faster; the six digits are on his phone, the question on hers."""
    user, browser, old, code = await with_code(town)
    thief, mine = town.phone(), town.phone()
    shown = await thief.soft.claim(code, PIN)
    assert isinstance(shown, Shown)
    refused = await mine.soft.claim(code, PIN)
    assert isinstance(refused, Refused)
    assert refused.code == "code.used"
    page = await browser.get("/activate")
    assert page.has_form("/activate/confirm"), "the portal shows a phone that is not hers"
    await browser.send("/activate/cancel")
    assert isinstance(await thief.soft.wait_active(shown.device), Refused)
    assert await active(town, user) == 1
    await browser.log_out()
    await browser.log_in(user.name)
    assert isinstance(await old.approve(), Answered)


async def test_one_code_moves_to_one_phone_whoever_claims_it(town: Town) -> None:
    user, _, phone, code = await with_code(town)
    typed = read_session_id(code)
    assert typed
    host = town.site.settings.phone_host
    claims = [device.begin("", host, typed, user_name="", info=INFO, holds=[]) for _ in range(60)]
    answers = await at_once(
        phone.call("POST", "activations/claim", each.body, x_forwarded_for=some_address()) for each in claims
    )
    assert Counter(code_of(answer) for answer in answers) == {"": 1, "code.used": 59}
    assert await active(town, user) == 1


async def test_the_old_phone_may_not_read_its_own_code(town: Town) -> None:
    _, _, old, code = await with_code(town)
    refused = await old.soft.claim(code, PIN)
    assert isinstance(refused, Refused)
    assert refused.code == "move.same_phone"


async def test_moves_begun_at_once_leave_one_code(town: Town) -> None:
    user, browser, old, _ = await with_code(town)
    path = f"/security/authenticators/{old.record.device}/move"
    form = (await browser.get(path)).form(path).fields
    pages = await at_once(browser.post(path, form) for _ in range(12))
    assert {page.status for page in pages} == {303}
    assert await town.count("FROM activations WHERE user_id = :id AND state IN ('issued', 'claimed')", id=user.id) == 1


async def test_a_stale_session_begins_no_move(town: Town) -> None:
    user, browser, old, _ = await with_code(town)
    page = await browser.get("/security")
    await make_stale(town, user)
    path = f"/security/authenticators/{old.record.device}/move"
    answer = await browser.post(path, {"csrf": page.csrf})
    assert answer.status == 303
    assert answer.answer.headers["location"].startswith("/step-up?to=move")


async def test_a_foreign_phone_and_a_forged_form_move_nothing(town: Town) -> None:
    _, browser, old, _ = await with_code(town)
    _, _, others = await town.with_phone()
    page = await browser.get("/security")
    foreign = f"/security/authenticators/{others.record.device}/move"
    assert (await browser.post(foreign, {"csrf": page.csrf})).status == 404
    path = f"/security/authenticators/{old.record.device}/move"
    assert (await browser.post(path, {"csrf": "x"})).status == 403
    assert (await browser.post(path, {"csrf": page.csrf}, origin="https://evil.example")).status == 403


async def test_the_finish_and_the_removal_of_the_old_phone_race_to_one_end(town: Town) -> None:
    for _ in range(4):
        user, browser, old, code = await with_code(town)
        new = town.phone()
        shown = await new.soft.claim(code, PIN)
        assert isinstance(shown, Shown)
        await browser.confirm(shown.six_digits)
        page = await browser.get("/security")
        path = f"/security/authenticators/{old.record.device}/remove"

        async def finish(new: Phone = new, shown: Shown = shown) -> bool:
            return isinstance(await new.soft.wait_active(shown.device), Activated)

        async def remove(browser: Browser = browser, path: str = path, csrf: str = page.csrf) -> bool:
            return (await browser.post(path, {"csrf": csrf})).status == 303

        moved, removed = await at_once([finish(), remove()])
        events = await town.events(user)
        assert moved != removed, "exactly one of them ended the old phone"
        assert await active(town, user) == int(moved)
        assert events["authenticators:authenticator:moved"] == int(moved)


async def test_what_waited_for_the_old_phone_is_over_and_its_answer_comes_too_late(town: Town) -> None:
    user, browser, old, code = await with_code(town)
    other = town.browser()
    page = await other.log_in(user.name)
    asked = await old.asked()
    late = old.made(asked, Decision.APPROVE, digits=page.digits)
    await activate(browser, town.phone(), code)
    assert code_of(await old.send(late)) == "phone.removed"
    assert (await other.get("/login/second")).says("login.cancelled")
    assert not await other.is_in()
