"""What a client does in the portal once he is in: sessions, step-up, phones, the password, the language."""

from tests.people import PASSWORD, Browser, Phone, Town
from twolatch.client.outcomes import Answered
from twolatch.people.model import User
from twolatch.protocol.answer import Decision
from twolatch.texts.catalogue import Texts

NEW = "harbour stone 77 larks"


async def make_stale(town: Town, user: User) -> None:
    """As if the login were long ago."""
    await town.do("UPDATE sessions SET fresh_at = 0 WHERE user_id = :id", id=user.id)


async def prove(browser: Browser, phone: Phone) -> None:
    """Step-up: on the open step-up page, ask the phone, tap, collect."""
    await browser.send("/step-up", way="phone")
    assert (await phone.asked()).challenge.type == "step_up"
    assert isinstance(await phone.approve(), Answered)
    await browser.send("/step-up/collect")


async def test_a_client_ends_one_of_his_sessions_and_then_all_others(town: Town) -> None:
    user, first, phone = await town.with_phone()
    second, third = await town.stranger(user, phone), await town.stranger(user, phone)
    await first.get("/security")
    ids = first.page.ids("/security/sessions/{}/end")
    assert len(ids) == 2, "this session has no such button"
    await first.send(f"/security/sessions/{ids[0]}/end")
    assert sorted([await second.is_in(), await third.is_in()]) == [False, True]
    await first.send("/security/sessions/end-others")
    assert (await first.is_in(), await second.is_in(), await third.is_in()) == (True, False, False)
    assert (await town.events(user))["sessions:session:ended"] == 2


async def test_logging_out_ends_the_session_on_every_worker(town: Town) -> None:
    user, browser = await town.person(), town.browser()
    await browser.log_in(user.name)
    token = browser.cookies["__Host-session"]
    page = await browser.log_out()
    assert page.path == "/logged-out"
    assert "__Host-session" not in browser.cookies
    copy = town.browser()
    copy.cookies["__Host-session"] = token
    assert [await copy.is_in() for _ in range(8)] == [False] * 8


async def test_removing_a_phone_asks_the_phone_first_and_gives_the_session_a_new_token(town: Town) -> None:
    user, browser, phone = await town.with_phone()
    await make_stale(town, user)
    device = phone.record.device
    page = await browser.get(f"/security/authenticators/{device}/remove")
    assert page.has_form("/step-up")
    before = browser.cookies["__Host-session"]
    await prove(browser, phone)
    assert browser.cookies["__Host-session"] != before
    assert browser.page.path == f"/security/authenticators/{device}/remove"
    await browser.send(f"/security/authenticators/{device}/remove")
    look = await phone.look()
    assert [refused.code for _, refused in look.refused] == ["phone.removed"]
    assert (await town.notices(user))["phone_removed"] == 1
    await browser.log_out()
    assert (await browser.log_in(user.name)).path == "/"


async def test_without_proof_a_phone_is_neither_removed_nor_the_password_changed(town: Town) -> None:
    user, browser, phone = await town.with_phone()
    page = await browser.get("/security")
    await make_stale(town, user)
    device = phone.record.device
    for path, fields in (
        (f"/security/authenticators/{device}/remove", {}),
        ("/password", {"new": NEW, "repeat": NEW}),
    ):
        answer = await browser.post(path, {"csrf": page.csrf, **fields})
        assert answer.status == 303
        assert answer.answer.headers["location"].startswith("/step-up?")
    assert await town.count("FROM authenticators WHERE user_id = :id AND state = 'active'", id=user.id) == 1
    assert (await town.events(user))["people:password:changed"] == 0


async def test_a_step_up_that_was_denied_proves_nothing(town: Town) -> None:
    user, browser, phone = await town.with_phone()
    await make_stale(town, user)
    await browser.get("/password")
    await browser.send("/step-up", way="phone")
    assert isinstance(await phone.say(Decision.DENY), Answered)
    page = await browser.send("/step-up/collect")
    assert (page.status, page.says("login.denied")) == (403, True)
    assert (await browser.get("/password")).has_form("/step-up")


async def test_the_approval_of_a_step_up_serves_its_own_session_only_and_once(town: Town) -> None:
    user, browser, phone = await town.with_phone()
    other = await town.stranger(user, phone)
    await make_stale(town, user)
    await browser.get("/password")
    page = await browser.send("/step-up", way="phone")
    ask = page.form("/step-up/collect").fields["ask"]
    assert isinstance(await phone.approve(), Answered)
    foreign = await other.post("/step-up/collect", {"csrf": (await other.get("/")).csrf, "to": "password", "ask": ask})
    assert foreign.says("login.start_over")
    fields = page.form("/step-up/collect").fields
    await browser.send("/step-up/collect")
    await make_stale(town, user)
    again = await browser.post("/step-up/collect", {**fields, "csrf": (await browser.get("/")).csrf})
    assert again.status == 410


async def test_it_was_not_me_said_to_a_step_up_ends_the_session_that_asked(town: Town) -> None:
    """Somebody sits in a session that is not his; as long as it is fresh he could even choose a new password."""
    _user, browser, phone = await town.with_phone()
    await browser.get("/step-up?to=password")
    await browser.send("/step-up", way="phone")
    assert isinstance(await phone.say(Decision.NOT_ME), Answered)
    page = await browser.get("/password")
    assert not page.has_form("/password"), "the thief may not choose the client's new password"


async def test_who_has_no_phone_proves_himself_with_the_password(town: Town) -> None:
    user, browser = await town.person(), town.browser()
    await browser.log_in(user.name)
    await make_stale(town, user)
    await browser.get("/password")
    page = await browser.send("/step-up", password="not this one")
    assert (page.status, page.says("login.wrong")) == (403, True)
    await browser.send("/step-up", password=PASSWORD)
    assert browser.page.has_form("/password")


async def test_a_new_password_ends_all_other_sessions_and_the_old_one_opens_nothing(town: Town) -> None:
    user, browser, phone = await town.with_phone()
    other = await town.stranger(user, phone)
    await browser.get("/password")
    before = browser.cookies["__Host-session"]
    await browser.send("/password", new=NEW, repeat=NEW)
    assert browser.cookies["__Host-session"] != before
    assert (await browser.is_in(), await other.is_in()) == (True, False)
    assert (await town.notices(user))["password_changed"] == 1
    assert (await town.browser().log_in(user.name)).says("login.wrong")
    assert (await town.browser().log_in(user.name, NEW)).digits


async def test_a_new_password_that_is_no_good_is_refused(town: Town) -> None:
    user, browser = await town.person(), town.browser()
    await browser.log_in(user.name)
    await browser.get("/password")
    for new, repeat, code in (
        ("short", "short", "password.too_short"),
        ("x" * 300, "x" * 300, "password.too_long"),
        ("password123", "password123", "password.common"),
        (f"{user.name}{user.name}", f"{user.name}{user.name}", "password.contains_name"),
        (PASSWORD, PASSWORD, "password.same"),
        (NEW, NEW + "!", "password.mismatch"),
    ):
        page = await browser.send("/password", new=new, repeat=repeat)
        assert (page.status, page.says(code)) == (400, True), code
    assert (await town.events(user))["people:password:changed"] == 0


async def test_a_phone_gets_another_name_and_no_hostile_one(town: Town) -> None:
    user, browser, phone = await town.with_phone()
    path = f"/security/authenticators/{phone.record.device}/rename"
    await browser.get("/security")
    page = await browser.send(path, label="My <b>phone</b>")
    assert "My &lt;b&gt;phone&lt;/b&gt;" in page.text
    page = await browser.send(path, label="evil\u202egnp.exe\x00\x1b[2J")
    row = await town.house.db.row("SELECT name FROM authenticators WHERE id = :id", id=phone.record.device)
    assert row
    assert not any(mark in row["name"] for mark in "\u202e\x00\x1b")
    page = await browser.send(path, label="   ")
    assert (page.status, page.says("name.empty")) == (400, True)
    assert (await town.events(user))["authenticators:authenticator:renamed"] == 2


async def test_the_portal_speaks_the_language_a_client_picks(town: Town) -> None:
    user, browser = await town.person(), town.browser()
    page = await browser.get("/login")
    assert 'lang="en"' in page.text
    page = await browser.send("/language", language="nl")
    assert (page.path, page.answer.headers["content-language"]) == ("/login", "nl")
    assert Texts().say("nl", "login.title") in page.text
    await browser.log_in(user.name)
    await browser.send("/language", language="en")
    row = await town.house.db.row("SELECT language FROM users WHERE id = :id", id=user.id)
    assert row
    assert row["language"] == "en"
    assert (await browser.post("/language", {"csrf": browser.page.csrf, "language": "xx"})).status == 400


async def test_the_banner_goes_when_it_is_not_wanted_and_comes_back(town: Town) -> None:
    user, browser = await town.person(), town.browser()
    page = await browser.log_in(user.name)
    assert "session-id" in page.text
    page = await browser.send("/banner/dismiss")
    assert "session-id" not in page.text
    await browser.log_out()
    page = await browser.log_in(user.name)
    assert "session-id" not in page.text
    page = await browser.send("/banner/show")
    assert page.session_id
