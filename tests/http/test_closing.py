"""Closing over HTTP: two processes, and everybody who would like more than is his."""

import asyncio
from email import message_from_bytes, policy
from pathlib import Path

from tests.http.test_accounts import holder
from tests.http.test_strangers import bare, header_shape, same_as_missing
from tests.people import PASSWORD, Browser, Phone, Town, at_once, code_of
from tests.site import until
from twolatch.accounts import store
from twolatch.accounts.model import State
from twolatch.closing import flows
from twolatch.closing.effect import close_due
from twolatch.faces.api import phone as phone_api
from twolatch.faces.portal.routes import Portal
from twolatch.people.model import User
from twolatch.protocol import requests
from twolatch.protocol.codes import new_id
from twolatch.protocol.keys import sign
from twolatch.protocol.octets import b64u
from twolatch.texts.catalogue import Texts

# What a reading session opens, besides what is open to everybody and what leads to its own page or out.
ITS_OWN = {"/closed", "/documents/{id}", "/documents/{id}/download"}
EVERYBODYS = {
    "/", "/login", "/login/second", "/login/wait", "/login/collect", "/login/number", "/login/answer", "/login/again",
    "/login/switch", "/login/cancel", "/login/link/{token}", "/login/key", "/logout", "/logged-out", "/lost",
    "/lost/{token}", "/found", "/suspend/{token}", "/language", "/assets/{file}", "/healthz", "/readyz",
    "/contact", "/help/return", "/support",
}  # fmt: skip


async def rewind(town: Town, user: User) -> str:
    """The client's account, whose day is over now."""
    [account] = await store.of_user(town.house.db, user.id)
    now = town.house.clock.now()
    await town.do("UPDATE accounts SET cancel_until = :now WHERE id = :id AND state = 'asked'", id=account.id, now=now)
    return account.id


async def closed(town: Town, folder: Path) -> tuple[User, str]:
    """A client whose only account is closed, and the address of his paper."""
    user, browser, paper = await holder(town, folder)
    town.site.run("account", "close", user.name.upper())
    await rewind(town, user)
    await close_due(town.house, town.house.clock.now())
    assert not await browser.is_in(), "his old session is over"
    return user, paper


async def reader(town: Town, user: User) -> Browser:
    browser = town.browser()
    page = await browser.log_in(user.name)
    assert page.path == "/closed", page.text
    return browser


async def test_a_closed_client_reads_with_name_and_password_and_is_told(town: Town, tmp_path: Path) -> None:
    user, paper = await closed(town, tmp_path)
    browser = await reader(town, user)
    assert f'href="{paper}"' in browser.page.text
    assert "/security" not in browser.page.text
    assert (await browser.get(paper)).answer.headers["content-type"] == "application/pdf"
    assert (await browser.get(f"{paper}/download")).status == 200
    assert (await browser.get("/")).path == "/closed"
    assert (await browser.get("/login")).path == "/closed"
    assert (await town.notices(user))["reading_login"] == 1
    assert (await browser.send("/logout")).path == "/logged-out"
    assert (await browser.get(paper)).path == "/login"


async def test_a_reading_session_opens_its_papers_and_no_other_door(town: Town, tmp_path: Path) -> None:
    """Every route, by the list of routes itself: a new one is closed to readers until it says otherwise."""
    user, paper = await closed(town, tmp_path)
    browser = await reader(town, user)
    csrf, kept, refused = browser.page.csrf, dict(browser.cookies), 0
    for route in Portal(town.site.settings).routes():
        if route.path in ITS_OWN | EVERYBODYS:
            continue
        path = route.path.replace("{id}", paper.rpartition("/")[2]).replace("{kind}", "totp")
        for method in sorted(route.methods or ()):
            browser.cookies = dict(kept)
            if method == "POST":
                page = await browser.post(path, {"csrf": csrf, "number": user.name.upper(), "new": "x", "label": "x"})
            else:
                page = await browser.ask(method, path, keep=False)
            assert page.status == 403, f"{method} {path}: {page.status} {page.answer.headers.get('location')}"
            assert method == "HEAD" or page.says("reading.only"), f"{method} {path}"
            refused += 1
    assert refused > 40
    assert (await browser.get("/closed")).status == 200


async def test_a_reading_session_is_none_at_the_phones_doors(town: Town, tmp_path: Path) -> None:
    user, _ = await closed(town, tmp_path)
    browser = await reader(town, user)
    token = browser.cookies["__Host-session"]
    _, _, stranger = await town.with_phone()
    for route in phone_api.routes():
        name = route.path.removeprefix("/api/phone/v1/")
        if "{" in name or name in {"site", "nonce", "openapi.json", "stream"}:
            continue
        for method in sorted((route.methods or set()) - {"HEAD"}):
            reply = await stranger.call(method, name, cookie=f"__Host-session={token}", twolatch_session=token)
            assert reply.status_code in {400, 401}, f"{method} {name}: {reply.status_code}"
    signed = await _signed(town, stranger, "overview", token)
    assert (signed.status_code, code_of(signed)) == (401, "session.ended"), "also in a request signed by a phone"


async def _signed(town: Town, phone: Phone, name: str, token: str):  # type: ignore[no-untyped-def]
    nonce = (await phone.call("GET", "nonce")).json()["nonce"]
    device = phone.record.device
    text = requests.request_text(town.site.settings.phone_host, device, "GET", f"/api/phone/v1/{name}", nonce, b"")
    return await phone.call(
        "GET", name, twolatch_device=device, twolatch_nonce=nonce, twolatch_session=token,
        twolatch_signature=b64u(sign(phone.key(), text)),
    )  # fmt: skip


async def test_a_stranger_cannot_tell_a_closed_login_from_an_open_one(town: Town, tmp_path: Path) -> None:
    shut, _ = await closed(town, tmp_path)
    plain, unknown = await town.person(), f"p{b64u(new_id(bytes(16)).encode())[:10].lower()}"
    names = [shut.name, plain.name, unknown]
    browsers = [town.browser() for _ in names]
    for browser in browsers:
        await browser.get("/login")
    for step in range(5):
        pages = [await each.try_password(name, "wrong wrong") for each, name in zip(browsers, names, strict=True)]
        assert {page.status for page in pages} == {403}, step
        assert len({bare(page, name) for page, name in zip(pages, names, strict=True)}) == 1, step
        assert len({str(header_shape(page.answer)) for page in pages}) == 1, step
    pages = [await each.try_password(name, PASSWORD) for each, name in zip(browsers, names, strict=True)]
    assert {(page.status, page.says("login.wait")) for page in pages} == {(429, True)}, "the same wait for all"


async def test_guesses_at_once_share_the_tries_of_a_closed_login(town: Town, tmp_path: Path) -> None:
    user, _ = await closed(town, tmp_path)
    browsers = [town.browser() for _ in range(20)]
    for each in browsers:
        each.page = await each.ask("GET", "/login")
    pages = await at_once(each.try_password(user.name, f"guess {number}") for number, each in enumerate(browsers))
    assert sum(page.status == 403 for page in pages) <= 5
    assert {page.status for page in pages} <= {403, 429, 503}


async def test_somebody_elses_paper_and_account_read_like_missing_ones(town: Town, tmp_path: Path) -> None:
    user, _ = await closed(town, tmp_path)
    (tmp_path / "other").mkdir()
    other, _, foreign = await holder(town, tmp_path / "other")
    [account] = await store.of_user(town.house.db, other.id)
    browser = await reader(town, user)
    await same_as_missing(browser, "GET", "/documents/{}", foreign.rpartition("/")[2])
    _, inside, _ = await town.with_phone()
    await inside.get("/")
    await same_as_missing(inside, "GET", "/accounts/{}/close", account.id)
    await same_as_missing(inside, "GET", "/accounts/{}/closing", account.id)
    await same_as_missing(inside, "POST", "/accounts/{}/closing/cancel", account.id)
    await same_as_missing(inside, "POST", "/accounts/{}/close", account.id, number=account.number)


async def test_a_client_closes_his_account_in_the_portal_and_takes_it_back(town: Town) -> None:
    user, _, phone = await town.with_phone()
    browser = await town.stranger(user, phone)
    number = user.name.upper()
    town.site.run("account", "add", number, "--holder", user.name)
    [account] = await store.of_user(town.house.db, user.id)
    close = f"/accounts/{account.id}/close"
    assert (await browser.get(close)).says("closing.too_new")
    assert not browser.page.has_form(close)
    await town.do("UPDATE authenticators SET created_at = 1 WHERE user_id = :id", id=user.id)
    await town.do("UPDATE sessions SET fresh_at = 0 WHERE user_id = :id", id=user.id)
    assert (await browser.get(close)).path.startswith("/step-up?to=close")
    await town.do("UPDATE sessions SET fresh_at = seen_at WHERE user_id = :id", id=user.id)
    await browser.get(close)
    form = browser.page.form(close)
    assert (await browser.post(close, {**form.fields, "number": "A1"})).says("closing.number")
    pages = await at_once(browser.post(close, {**form.fields, "number": number}) for _ in range(4))
    assert {page.status for page in pages} <= {303, 409}
    assert (await town.events(user))["closing:account:asked"] == 1
    assert (await town.notices(user))["closing_asked"] == 1
    page = await browser.get(f"/accounts/{account.id}/closing")
    cancel = page.form(f"/accounts/{account.id}/closing/cancel")
    assert (await browser.post(cancel.action, {**cancel.fields, "csrf": "x"})).status == 403
    assert (await browser.send(cancel.action)).path == "/accounts?done=closing_cancelled"
    [account] = await store.of_user(town.house.db, user.id)
    assert account.state is State.OPEN


async def test_of_taking_back_and_closing_at_once_one_wins(town: Town) -> None:
    for _ in range(4):
        user, browser = await town.person(), town.browser()
        town.site.run("account", "add", user.name.upper(), "--holder", user.name)
        await browser.log_in(user.name)
        await flows.ask_for(town.house, user.name.upper(), "", town.house.clock.now())
        [account] = await store.of_user(town.house.db, user.id)
        page = await browser.get(f"/accounts/{account.id}/closing")
        form = page.form(f"/accounts/{account.id}/closing/cancel")
        edge = town.house.clock.now() + 24 * 3_600_000
        pages = await at_once([browser.post(form.action, form.fields), _close_at(town, edge)])
        [after] = await store.of_user(town.house.db, user.id)
        assert after.state in {State.OPEN, State.CLOSED}
        assert (await town.events(user))["closing:user:closed"] == (after.state is State.CLOSED)
        assert await browser.is_in() is (after.state is State.OPEN)
        assert pages


async def _close_at(town: Town, now: int):  # type: ignore[no-untyped-def]
    return await close_due(town.house, now)


async def test_a_page_left_open_opens_nothing_after_the_closing(town: Town, tmp_path: Path) -> None:
    """The forms of a session that ended with the closing."""
    user, browser, paper = await holder(town, tmp_path)
    await browser.get("/security")
    kept, csrf = dict(browser.cookies), browser.page.csrf
    town.site.run("account", "close", user.name.upper())
    await rewind(town, user)
    await close_due(town.house, town.house.clock.now())
    for path in ("/activate/begin", "/security/sessions/end-others", "/step-up"):
        browser.cookies = dict(kept)
        page = await browser.post(path, {"csrf": csrf, "place": "home", "way": "password", "password": PASSWORD})
        assert (page.status, page.answer.headers["location"].split("?")[0]) == (303, "/login"), path
    browser.cookies = dict(kept)
    assert (await browser.get(paper)).path.startswith("/login")


async def test_a_link_by_mail_opens_once_and_in_its_own_browser(town: Town, tmp_path: Path) -> None:
    user, _ = await closed(town, tmp_path)
    await town.do("UPDATE users SET must_change = 1 WHERE id = :id", id=user.id)
    browser, thief = town.browser(), town.browser()
    page = await browser.log_in(user.name)
    assert Texts().say("en", "reading.sent.title") in page.text
    assert (await browser.get("/closed")).path == "/login", "not before the link"
    path = await asyncio.to_thread(link_of, town, user)
    await thief.get(path)
    assert (await thief.send(path)).says("reading.link_over")
    await browser.get(path)
    assert (await browser.get("/closed")).path == "/login", "opening alone does nothing"
    await browser.get(path)
    forms = browser.page.form(path).fields
    pages = await at_once(browser.post(path, forms) for _ in range(4))
    assert [page.status for page in pages].count(303) == 1
    assert (await browser.get("/closed")).path == "/closed"


def link_of(town: Town, user: User) -> str:
    """The path of the link in the letter to this client, when it has come."""
    found: list[str] = []

    def is_there() -> bool:
        for file in (town.site.folder / "mail").glob("*.eml"):
            message = message_from_bytes(file.read_bytes(), policy=policy.default)
            text = str(message.get_body(("plain",)).get_content())  # type: ignore[union-attr]
            if user.email in str(message["to"]) and "/login/link/" in text:
                found.append("/login/link/" + text.split("/login/link/")[1].split(maxsplit=1)[0])
        return bool(found)

    until(is_there, 60)
    return found[0]
