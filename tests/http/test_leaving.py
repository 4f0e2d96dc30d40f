"""What a phone does with itself: its name, and goodbye with and without proof."""

from collections import Counter

from tests.http.own_app import OwnApp
from tests.people import WRONG_PIN, Town, activate, at_once, code_of
from twolatch.client.outcomes import Answered, Gone, Refused
from twolatch.people.model import User
from twolatch.protocol.answer import Decision

REMOVED, LEFT = "authenticators:authenticator:removed", "authenticators:authenticator:left"


async def state_of(town: Town, device: str) -> str:
    row = await town.house.db.row("SELECT state FROM authenticators WHERE id = :id", id=device)
    assert row
    return str(row["state"])


async def told(town: Town, user: User) -> Counter[str]:
    return Counter({name: count for name, count in (await town.notices(user)).items() if name != "new_phone"})


async def test_goodbye_with_the_pin_removes_the_phone_and_tells_the_client(town: Town) -> None:
    user, browser, phone = await town.with_phone()
    app = OwnApp(phone)
    assert isinstance(await app.approve(await app.ask("POST", "device/leave")), Answered)
    assert (await app.ask("DELETE", "device")).json() == {"state": "removed"}
    assert (await app.ask("DELETE", "device")).json() == {"state": "removed"}, "twice is no fault"
    assert (await town.events(user))[REMOVED] == 1
    assert await told(town, user) == {"phone_removed": 1}
    assert [refused.code for _, refused in (await phone.look()).refused] == ["phone.removed"]
    await browser.log_out()
    page = await browser.log_in(user.name)
    await activate(browser, town.phone(), page.session_id)


async def test_the_python_phone_says_goodbye_for_one_user_and_keeps_the_other(town: Town) -> None:
    anna, _, phone = await town.with_phone()
    first = phone.record.device
    bram, portal = await town.person(), town.browser()
    await portal.log_in(bram.name)
    await activate(portal, phone, portal.page.session_id)
    nobody = await phone.soft.leave(None)
    assert isinstance(nobody, Refused)
    assert nobody.code == "user.needed"
    assert await phone.soft.leave("7391", anna.name) == Gone(first, anna.name, "removed")
    assert [each.user for each in phone.soft.users()] == [bram.name]
    assert (await state_of(town, first), await state_of(town, phone.record.device)) == ("removed", "active")


async def test_goodbye_without_the_pin_silences_the_phone_and_the_login_still_asks_for_one(town: Town) -> None:
    """A thief knows the password and holds the unlocked phone, but not its PIN. The key alone must not take the
    second latch off."""
    user, _, phone = await town.with_phone()
    app, thief = OwnApp(phone), town.browser()
    assert (await app.ask("DELETE", "device")).json() == {"state": "suspended"}
    assert (await app.ask("DELETE", "device")).json() == {"state": "suspended"}
    assert await state_of(town, app.device) == "suspended"
    assert ((await town.events(user))[LEFT], (await town.events(user))[REMOVED]) == (1, 0)
    assert await told(town, user) == {"phone_left": 1}
    page = await thief.log_in(user.name)
    assert page.says("login.phone_locked")
    assert not await thief.is_in()


async def test_neither_another_test_nor_a_denial_nor_an_old_approval_makes_goodbye_a_removal(town: Town) -> None:
    for way in ("test", "denied", "wrong pin", "late"):
        _, _, phone = await town.with_phone()
        app = OwnApp(phone)
        asked = await app.ask("POST", "tests" if way == "test" else "device/leave")
        if way == "denied":
            await phone.soft.answer(app.opened(asked), Decision.DENY)
        else:
            done = await app.approve(asked, WRONG_PIN) if way == "wrong pin" else await app.approve(asked)
            assert isinstance(done, Refused) == (way == "wrong pin")
        if way == "late":
            await town.do("UPDATE challenges SET expires_at = 0 WHERE authenticator_id = :id", id=app.device)
        assert (await app.ask("DELETE", "device")).json() == {"state": "suspended"}, way


async def test_many_goodbyes_at_once_are_one(town: Town) -> None:
    user, _, phone = await town.with_phone()
    app = OwnApp(phone)
    await app.approve(await app.ask("POST", "device/leave"))
    answers = await at_once(app.ask("DELETE", "device") for _ in range(20))
    assert {answer.json()["state"] for answer in answers} == {"removed"}
    assert (await town.events(user))[REMOVED] == 1
    assert await told(town, user) == {"phone_removed": 1}


async def test_a_locked_phone_may_still_say_goodbye_and_stays_shut(town: Town) -> None:
    user, _, phone = await town.with_phone()
    app = OwnApp(phone)
    for _ in range(5):
        await app.approve(await app.ask("POST", "device/leave"), WRONG_PIN)
    assert await state_of(town, app.device) == "locked"
    assert code_of(await app.ask("POST", "device/leave")) == "phone.locked"
    assert (await app.ask("DELETE", "device")).json() == {"state": "suspended"}
    assert (await told(town, user))["phone_left"] == 1


async def test_goodbye_of_one_user_leaves_the_others_of_the_app_alone(town: Town) -> None:
    _, _, phone = await town.with_phone()
    app, first = OwnApp(phone), phone.record.device
    bram, portal = await town.person(), town.browser()
    await portal.log_in(bram.name)
    await activate(portal, phone, portal.page.session_id)
    assert (await app.ask("DELETE", "device")).json() == {"state": "suspended"}
    assert await state_of(town, first) == "active"


async def test_only_the_phone_itself_says_goodbye(town: Town) -> None:
    _, _, phone = await town.with_phone()
    _, _, other = await town.with_phone()
    app, thief = OwnApp(phone), OwnApp(other)
    assert code_of(await thief.ask("DELETE", "device", device=app.device)) == "phone.unknown"
    assert code_of(await thief.ask("PUT", "device", {"name": "Mine"}, device=app.device)) == "phone.unknown"
    assert await state_of(town, app.device) == "active"


async def test_a_code_that_was_claimed_and_not_confirmed_has_nothing_to_leave(town: Town) -> None:
    user, browser, phone = await town.person(), town.browser(), town.phone()
    await browser.log_in(user.name)
    await phone.soft.claim(browser.page.session_id, "7391")
    app = OwnApp(phone)
    assert code_of(await app.ask("POST", "device/leave")) == "phone.unconfirmed"
    assert code_of(await app.ask("DELETE", "device")) == "phone.unconfirmed"


async def test_a_phone_gets_its_name_on_the_phone_and_the_portal_shows_the_same(town: Town) -> None:
    user, browser, phone = await town.with_phone()
    app = OwnApp(phone)
    assert (await app.ask("GET", "device")).json() == {"name": "Pixel 8"}
    assert (await app.ask("PUT", "device", {"name": "  Anna's <b>phone</b>\u202e "})).json() == {
        "name": "Anna's <b>phone</b>\ufffd"
    }, "what would turn the line around is shown as a hole"
    assert "Anna&#39;s &lt;b&gt;phone&lt;/b&gt;\ufffd" in (await browser.get("/security")).text
    assert code_of(await app.ask("PUT", "device", {"name": "   "})) == "name.empty"
    assert code_of(await app.ask("PUT", "device", {"name": "x", "more": 1})) == "request.malformed"
    assert (await town.events(user))["authenticators:authenticator:renamed"] == 1
