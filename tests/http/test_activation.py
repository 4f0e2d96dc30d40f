"""A phone becomes an authenticator: typed and scanned, and everything that ends it before."""

import re

from tests.people import PASSWORD, PIN, Town, activate
from tests.site import until
from twolatch.client.outcomes import Activated, Refused, Shown
from twolatch.protocol.messages import DeviceInfo


async def test_a_client_types_the_session_id(town: Town) -> None:
    user, browser, phone = await town.person(), town.browser(), town.phone()
    page = await browser.log_in(user.name)
    device = await activate(browser, phone, page.session_id.lower())
    [one] = phone.soft.users()
    assert (one.user, one.display, one.state) == (user.name, user.display, "active")
    events = await town.events(user)
    for event in ("code:issued", "code:claimed", "number:confirmed", "authenticator:activated"):
        assert events[f"activation:{event}"] == 1
    assert await town.count("FROM authenticators WHERE id = :id AND state = 'active'", id=device) == 1


async def test_a_client_scans_the_qr_code(town: Town) -> None:
    user, browser, phone = await town.person(), town.browser(), town.phone()
    page = await browser.log_in(user.name)
    await activate(browser, phone, page.link)
    page = await browser.get("/activate")
    assert "Pixel 8" in page.text
    assert (await browser.get("/security")).ids("/security/authenticators/{}/rename") == [phone.record.device]


async def test_the_portal_shows_which_phone_asks_and_the_session_gets_a_new_token(town: Town) -> None:
    user, browser, phone = await town.person(), town.browser(), town.phone()
    page = await browser.log_in(user.name)
    shown = await phone.soft.claim(page.session_id, PIN)
    assert isinstance(shown, Shown)
    page = await browser.get("/activate")
    assert "Pixel 8" in page.text
    assert "Chrome 140" in page.text
    assert phone.address in page.text
    before = browser.cookies["__Host-session"]
    await browser.confirm(shown.six_digits)
    assert browser.cookies["__Host-session"] != before
    old = town.browser()
    old.cookies["__Host-session"] = before
    assert not await old.is_in()


async def test_activation_ends_what_the_password_alone_had_opened_elsewhere(town: Town) -> None:
    """Otherwise a thief of the password who came first would stay in."""
    user, thief, browser, phone = await town.person(), town.browser(), town.browser(), town.phone()
    await thief.log_in(user.name)
    await browser.log_in(user.name)
    await activate(browser, phone, (await browser.get("/")).session_id)
    assert not await thief.is_in()
    assert (await thief.log_in(user.name)).digits, "and his browser is a stranger again"


async def test_a_wrong_number_is_counted_and_the_third_one_burns_the_code(town: Town) -> None:
    user, browser, phone = await town.person(), town.browser(), town.phone()
    page = await browser.log_in(user.name)
    shown = await phone.soft.claim(page.session_id, PIN)
    assert isinstance(shown, Shown)
    wrong = f"{(int(shown.six_digits) + 1) % 1_000_000:06d}"
    for left in (2, 1):
        page = await browser.confirm(wrong)
        assert (page.status, page.says("activation.wrong_number")) == (403, True)
        assert re.search(rf"\b{left}\b", page.text)
    page = await browser.confirm(wrong)
    assert "The code was stopped" in page.text
    await browser.get("/activate")
    assert not browser.page.has_form("/activate/confirm"), "no right number helps any more"
    done = await phone.soft.wait_active()
    assert isinstance(done, Refused)
    assert done.code == "code.burned"
    assert (await town.events(user))["activation:number:wrong"] == 3
    assert (await town.events(user))["activation:code:burned"] == 1


async def test_logging_out_kills_the_code_and_logging_in_gives_a_fresh_one(town: Town) -> None:
    user, browser, phone = await town.person(), town.browser(), town.phone()
    first = (await browser.log_in(user.name)).session_id
    await browser.log_out()
    second = (await browser.log_in(user.name)).session_id
    assert first != second
    refused = await phone.soft.claim(first, PIN)
    assert isinstance(refused, Refused)
    assert (refused.code, refused.status) == ("code.cancelled", 410)
    await activate(browser, phone, second)


async def test_a_fresh_code_kills_the_older_one_and_the_phone_that_claimed_it(town: Town) -> None:
    user, browser, phone = await town.person(), town.browser(), town.phone()
    page = await browser.log_in(user.name)
    assert isinstance(await phone.soft.claim(page.session_id, PIN), Shown)
    second = town.browser()
    await second.log_in(user.name)
    done = await phone.soft.wait_active()
    assert isinstance(done, Refused)
    assert done.code == "code.cancelled"
    assert await town.count("FROM activations WHERE user_id = :id AND state IN ('issued', 'claimed')", id=user.id) == 1


async def test_an_expired_code_says_so(town: Town) -> None:
    user, browser, phone = await town.person(), town.browser(), town.phone()
    page = await browser.log_in(user.name)
    await town.do("UPDATE activations SET expires_at = created_at WHERE user_id = :id", id=user.id)
    refused = await phone.soft.claim(page.session_id, PIN)
    assert isinstance(refused, Refused)
    assert (refused.code, refused.status) == ("code.expired", 410)
    page = await browser.get("/activate")
    assert "The code has run out" in page.text
    await browser.send("/activate/begin")
    await activate(browser, phone, browser.page.session_id)


async def test_not_my_phone_ends_the_code_and_its_claimant(town: Town) -> None:
    user, browser, phone = await town.person(), town.browser(), town.phone()
    page = await browser.log_in(user.name)
    assert isinstance(await phone.soft.claim(page.session_id, PIN), Shown)
    await browser.get("/activate")
    await browser.send("/activate/cancel")
    done = await phone.soft.wait_active()
    assert isinstance(done, Refused)
    assert done.code == "code.cancelled"


async def test_cancelling_while_the_phone_still_has_to_prove_itself_ends_that_phone_too(town: Town) -> None:
    user, browser, phone = await town.person(), town.browser(), town.phone()
    page = await browser.log_in(user.name)
    shown = await phone.soft.claim(page.session_id, PIN)
    assert isinstance(shown, Shown)
    await browser.confirm(shown.six_digits)
    assert browser.page.has_form("/activate/cancel"), "the page offers it"
    await browser.send("/activate/cancel")
    done = await phone.soft.wait_active()
    assert isinstance(done, Refused)


async def test_a_claimed_code_is_used_for_anybody_else(town: Town) -> None:
    user, browser, phone, other = await town.person(), town.browser(), town.phone(), town.phone()
    code = (await browser.log_in(user.name)).session_id
    assert isinstance(await phone.soft.claim(code, PIN), Shown)
    refused = await other.soft.claim(code, PIN)
    assert isinstance(refused, Refused)
    assert (refused.code, refused.status) == ("code.used", 409)


async def test_a_phone_learns_that_the_work_is_done_here_or_elsewhere(town: Town) -> None:
    user, browser, phone = await town.person(), town.browser(), town.phone()
    code = (await browser.log_in(user.name)).session_id
    await activate(browser, phone, code)
    here = await phone.soft.claim(code, PIN)
    assert isinstance(here, Refused)
    assert (here.code, here.status) == ("phone.already_here", 409)
    elsewhere = await town.phone().soft.claim(code, PIN)
    assert isinstance(elsewhere, Refused)
    assert (elsewhere.code, elsewhere.status) == ("phone.already_elsewhere", 409)


async def test_a_phone_closed_in_between_finishes_when_it_is_opened_again(town: Town) -> None:
    user, browser, phone = await town.person(), town.browser(), town.phone()
    shown = await phone.soft.claim((await browser.log_in(user.name)).session_id, PIN)
    assert isinstance(shown, Shown)
    assert await phone.soft.resume() == [], "nothing to do before the portal has confirmed"
    await browser.confirm(shown.six_digits)
    await browser.log_out()
    [done] = await phone.soft.resume()
    assert isinstance(done, Activated)
    assert (await browser.log_in(user.name)).path == "/login/second"


async def test_the_digits_on_the_wrong_screen_activate_nothing(town: Town) -> None:
    """Whoever talks a client into reading his code aloud has a claimed code and nothing else."""
    victim, thief = await town.person(), await town.person()
    browser, thiefs = town.browser(), town.browser()
    shown = await town.phone().soft.claim((await browser.log_in(victim.name)).session_id, PIN)
    assert isinstance(shown, Shown)
    await thiefs.log_in(thief.name)
    await thiefs.get("/activate")
    page = await thiefs.post("/activate/confirm", {"csrf": thiefs.page.csrf, "number": shown.six_digits})
    assert page.says("activation.over") or "/activate/begin" in page.text or page.has_form("/activate/cancel")
    assert await town.count("FROM authenticators WHERE user_id = :id AND state = 'claimed'", id=victim.id) == 1
    other = town.browser()  # nor does a second session of the victim confirm what the first one began
    await other.log_in(victim.name)
    assert await town.count("FROM authenticators WHERE user_id = :id AND state = 'removed'", id=victim.id) == 1


async def test_a_client_who_has_a_phone_gets_no_second_one_beyond_the_limit(town: Town) -> None:
    _, browser, _phone = await town.with_phone()
    page = await browser.get("/activate")
    page = await browser.post("/activate/begin", {"csrf": page.csrf, "place": "activate"})
    assert (page.status, page.says("activation.already")) == (409, True)


async def test_a_long_unused_password_binds_no_first_phone_by_itself(town: Town) -> None:
    user, browser = await town.person(), town.browser()
    await town.do("UPDATE users SET created_at = 1 WHERE id = :id", id=user.id)
    page = await browser.log_in(user.name)
    assert page.path == "/"
    assert "session-id" not in page.text
    page = await browser.post("/activate/begin", {"csrf": page.csrf, "place": "activate"})
    assert (page.status, page.says("activation.needs_desk")) == (403, True)


async def test_a_hostile_phone_name_is_refused_and_a_strange_one_is_shown_as_text(town: Town) -> None:
    user, browser = await town.person(), town.browser()
    code = (await browser.log_in(user.name)).session_id
    odd = DeviceInfo(platform="other", model="<b onclick=x>&\u202f\u00e9", browser="'\";--", app="a")
    phone = town.phone(info=odd)
    shown = await phone.soft.claim(code, PIN)
    assert isinstance(shown, Shown)
    page = await browser.get("/activate")
    assert "<b onclick" not in page.text
    assert "&lt;b onclick=x&gt;&amp;" in page.text


async def test_a_letter_tells_of_the_new_phone_and_its_link_can_only_suspend(town: Town) -> None:
    user, browser, phone = await town.with_phone()
    folder = town.site.folder / "mail"

    def letters() -> list[str]:
        read = [path.read_text(encoding="ascii") for path in folder.glob("*.eml")]
        return [text for text in read if f"To: {user.email}" in text or user.email in text]

    until(lambda: bool(letters()), 60)
    [letter] = letters()
    text = letter.replace("=\n", "").replace("=3D", "=")
    path = re.search(rf"{re.escape(town.site.settings.portal_url)}(/suspend/[\w.-]+)", text)
    assert path, text
    anybody = town.browser()
    page = await anybody.get(path[1])
    assert (page.status, "Pixel 8" in page.text) == (200, True)
    assert await town.count("FROM authenticators WHERE user_id = :id AND state = 'active'", id=user.id) == 1
    page = await anybody.send(path[1])
    assert page.status == 200
    assert "__Host-session" not in anybody.cookies
    assert await town.count("FROM authenticators WHERE user_id = :id AND state = 'suspended'", id=user.id) == 1
    assert (await anybody.send(path[1])).status == 200 if anybody.page.has_form(path[1]) else True
    await browser.log_out()
    page = await browser.log_in(user.name)
    assert (page.status, page.says("login.phone_locked")) == (403, True), "the password alone opens nothing meanwhile"
    look = await phone.look()
    assert [refused.code for _, refused in look.refused] == ["phone.suspended"]
    forged = path[1][:-1] + ("A" if path[1][-1] != "A" else "B")
    assert (await town.browser().get(forged)).status == 410


async def test_the_operator_locks_a_client_out_and_lets_him_in_again(town: Town) -> None:
    user, browser, _phone = await town.with_phone()
    town.site.run("user", "lock", user.name)
    assert not await browser.is_in()
    assert (await town.browser().log_in(user.name, PASSWORD)).says("login.off")
    town.site.run("user", "unlock", user.name)
    assert (await town.browser().log_in(user.name, PASSWORD)).digits
