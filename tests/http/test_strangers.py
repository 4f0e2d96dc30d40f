"""What a stranger can find out: which names exist, what others own, which doors stand open."""

import re

import httpx

from tests.http.raw import nameless
from tests.people import PASSWORD, Browser, Page, Town, code_of
from tests.workers import at_work
from twolatch.faces.api import phone as phone_api
from twolatch.faces.portal.routes import Portal
from twolatch.people.model import Role
from twolatch.protocol import keys, requests
from twolatch.protocol.codes import new_id
from twolatch.protocol.octets import b64u
from twolatch.words.refusals import Code, Told

# Doors that open without a session, each for a reason of its own.
OPEN = {
    "/login", "/login/second", "/login/answer", "/login/number", "/login/wait", "/login/collect", "/login/again",
    "/login/switch", "/login/cancel", "/logged-out", "/logout", "/suspend/{token}", "/language", "/assets/{file}",
    "/login/key",  # a passkey says whose it is
    "/login/link/{token}",  # a link by mail, after the password
    "/hand-over/{id}",  # whether an application's wish still stands; then the login page
    "/support",  # whether an agent is real; of clients it says nothing
    "/contact", "/help/return",  # where cards go back to, and whom to phone
    "/lost", "/lost/{token}", "/found",  # who lost the phone has no session; the password is asked, or a link of ours
}  # fmt: skip


def bare(page: Page, *own: str) -> str:
    """The page without what must differ between two browsers."""
    text = re.sub(r'name="csrf" value="[^"]*"', "", page.text)
    text = re.sub(r'data-now="\d+"', "", text)
    text = text.replace(page.answer.headers["x-request-id"], "")
    for word in own:
        text = text.replace(word, "X" * len(word))
    return text


def header_shape(answer: httpx.Response) -> list[tuple[str, str]]:
    """Names in order, and values but for the clock's and the request's own name."""
    clocks = {"date", "set-cookie", "retry-after", "x-request-id"}
    return [(name, "" if name in clocks else value) for name, value in answer.headers.multi_items()]


async def test_unknown_known_and_locked_names_get_the_same_answers_until_the_lock(town: Town) -> None:
    plain, off, (armed, *_) = await town.person(), await town.person(), await town.with_phone()
    await town.do("UPDATE users SET is_off = 1 WHERE id = :id", id=off.id)
    names = [f"p{b64u(bytes(8))[:10].lower()}", plain.name, off.name, armed.name]
    assert len({len(name) for name in names}) == 1
    browsers = [town.browser() for _ in names]
    for browser in browsers:
        await browser.get("/login")
    for step in range(7):
        if step == 5:  # from here on pages tell how long to wait: a wait may not end in another second than the next
            waits = "UPDATE meters SET wait_until = :until WHERE key LIKE 'password:%' AND wait_until > :now"
            now = town.house.clock.now()
            assert await town.do(waits, until=now + 1_000_000, now=now) >= len(names)
        pages = [await each.try_password(name, "wrong wrong") for each, name in zip(browsers, names, strict=True)]
        assert {page.status for page in pages} == {403 if step < 5 else 429}, step
        assert len({bare(page, name) for page, name in zip(pages, names, strict=True)}) == 1, step
        assert len({len(page.answer.content) for page in pages}) == 1, step
        shapes = [header_shape(page.answer) for page in pages]
        assert all(shape == shapes[0] for shape in shapes), step
    await town.do("UPDATE meters SET count = 10, wait_until = wait_until + 80000000 WHERE key LIKE 'password:%'")
    pages = [await each.try_password(name, PASSWORD) for each, name in zip(browsers, names, strict=True)]
    assert {(page.status, page.says("login.locked")) for page in pages} == {(429, True)}
    assert len({bare(page, name) for page, name in zip(pages, names, strict=True)}) == 1


async def test_a_name_that_is_none_is_refused_before_anything_is_counted(town: Town) -> None:
    browser = town.browser()
    await browser.get("/login")
    for name in ("", " ", "\u200b", "a\x00b", "a\nb", "x" * 129, "x" * 5000, "\ufdfa" * 60):
        page = await browser.try_password(name, "wrong wrong")
        assert (page.status, page.says("name.empty")) == (400, True), repr(name[:9])
    assert await town.count("FROM meters WHERE key LIKE :key", key=f"password-address:{browser.address}") == 0


async def test_a_strange_password_is_wrong_like_any_other(town: Town) -> None:
    for password in ("", " ", "\x00", "x" * 257, "x" * 60_000, "\u0430\u0308\ud7ff"):
        user, browser = await town.person(), town.browser()
        await browser.get("/login")
        page = await browser.try_password(user.name, password)
        assert (page.status, page.says("login.wrong")) == (403, True), repr(password[:9])


async def from_the_desk(town: Town, role: Role) -> tuple[Browser, str, dict[str, str]]:
    """Who is at work there, with what opens the desk under the names of both doors; a form's token, and all cookies."""
    browser, carried = town.browser(), (await at_work(town, role)).desk.cookies
    browser.cookies = carried | {name.replace("__Host-desk-", "__Host-"): each for name, each in carried.items()}
    csrf = (await browser.get("/login")).csrf
    return browser, csrf, dict(browser.cookies)


async def test_every_door_of_the_portal_but_the_open_ones_asks_for_a_session(town: Town) -> None:
    nobody, ended = town.browser(), town.browser()
    await nobody.get("/login")
    csrf = nobody.page.csrf
    user = await town.person()
    await ended.log_in(user.name)
    await town.do("UPDATE sessions SET ended_at = 1 WHERE user_id = :id", id=user.id)
    kinds = [(nobody, csrf, dict(nobody.cookies)), (ended, ended.page.csrf, dict(ended.cookies))]
    for role in Role:
        kinds.append(await from_the_desk(town, role))
    asked = 0
    for route in Portal(town.site.settings).routes():
        if route.path in OPEN:
            continue
        path = route.path.replace("{id}", new_id(bytes(16)))
        for method in sorted(route.methods or ()):
            for browser, token, kept in kinds:
                browser.cookies = dict(kept)
                if method == "POST":
                    page = await browser.post(path, {"csrf": token, "label": "x", "number": "1"})
                else:
                    page = await browser.ask(method, path, keep=False)
                assert page.status == 303, f"{method} {path}: {page.status}"
                assert page.answer.headers["location"].split("?")[0] == "/login", f"{method} {path}"
                assert page.answer.content == b"", f"{method} {path}"
                asked += 1
    assert asked > 50


def reasons(page: Page) -> list[str]:
    """The causes a page tells that only somebody may hear who has proved something."""
    return [code.code for code in Code if code.told is Told.ENTITLED and page.says(code.code)]


async def test_no_page_tells_a_stranger_what_only_the_entitled_may_hear(town: Town) -> None:
    user, _, phone = await town.with_phone()
    stranger = town.browser()
    await stranger.get("/login")
    fields = {
        "csrf": stranger.page.csrf, "name": user.name, "password": "not this one", "new": "short", "repeat": "other",
        "number": "123456", "answer": "123456", "label": "", "way": "phone", "to": "password",
        "ask": phone.record.device, "language": "en",
    }  # fmt: skip
    kept, seen = dict(stranger.cookies), 0
    for route in Portal(town.site.settings).routes():
        path = route.path.replace("{id}", phone.record.device).replace("{token}", "x" * 60).replace("{file}", "x")
        for method in sorted((route.methods or set()) - {"HEAD"}):
            stranger.cookies = dict(kept)
            page = await (stranger.post(path, fields) if method == "POST" else stranger.ask(method, path, keep=False))
            assert reasons(page) == [], f"{method} {path}"
            seen += page.status >= 400
    assert seen >= 5
    inside = town.browser()
    page = await inside.log_in(user.name)
    other = await town.browser().log_in(user.name)
    assert "login.another_waiting" in reasons(other), "and who has the password is told, by the same words"


async def test_every_signed_door_of_the_phone_refuses_who_cannot_sign(town: Town) -> None:
    _user, _browser, phone = await town.with_phone()
    nonce = (await phone.call("GET", "nonce")).json()["nonce"]
    device, own, foreign = phone.record.device, phone.key(), keys.new_private()
    host = town.site.settings.phone_host
    unsigned = {"site", "nonce", "activations/claim", "answers", "stream", "openapi.json"}
    doors = [
        (method, route.path.removeprefix("/api/phone/v1/"))
        for route in phone_api.routes()
        for method in sorted((route.methods or set()) - {"HEAD"})
        if route.path.startswith("/api/phone/v1/") and route.path.removeprefix("/api/phone/v1/") not in unsigned
    ]
    assert len(doors) >= 16

    def signed(key: keys.PrivateKey, who: str, method: str, name: str, at: str, host: str = host) -> dict[str, str]:
        text = requests.request_text(host, who, method, f"/api/phone/v1/{name}", at, b"")
        return {"twolatch_device": who, "twolatch_nonce": at, "twolatch_signature": b64u(keys.sign(key, text))}

    for method, name in doors:
        missing, good = new_id(bytes(16)), signed(own, device, method, name, nonce)
        bad = {
            "nothing": ({}, "request.nonce"),
            "a foreign key": (signed(foreign, device, method, name, nonce), "phone.unknown"),
            "a missing device": (signed(own, missing, method, name, nonce), "phone.unknown"),
            "another door's signature": (signed(own, device, method, "elsewhere", nonce), "phone.unknown"),
            "another method's": (signed(own, device, "PATCH", name, nonce), "phone.unknown"),
            "another host's": (signed(own, device, method, name, nonce, "phone.evil.example"), "phone.unknown"),
            "a made-up nonce": (signed(own, device, method, name, b64u(bytes(24))), "request.nonce"),
            "no nonce": (signed(own, device, method, name, ""), "request.nonce"),
            "an odd signature": ({**good, "twolatch_signature": "x"}, "phone.unknown"),
            "an odd device": ({**good, "twolatch_device": "'--"}, "phone.unknown"),
        }  # fmt: skip
        unknown = set()
        for why, (headers, code) in bad.items():
            reply = await phone.call(method, name, **headers)
            assert (reply.status_code, code_of(reply)) == (401, code), f"{method} {name}: {why}"
            if code == "phone.unknown":
                unknown.add(nameless(reply))
        assert len(unknown) == 1, "an unknown device and a wrong signature read the same"
    fine = await phone.call("GET", "challenges", **signed(own, device, "GET", "challenges", nonce))
    assert fine.status_code == 200


async def same_as_missing(browser: Browser, method: str, path: str, foreign: str, **fields: str) -> None:
    pages = []
    for one in (foreign, new_id(bytes(15) + b"\1")):
        where = path.format(one)
        if method == "POST":
            page = await browser.post(where, {"csrf": browser.page.csrf, **fields})
        else:
            page = await browser.ask("GET", where)
        pages.append((page.status, bare(page, one), header_shape(page.answer)))
    assert pages[0] == pages[1], path
    assert pages[0][0] in {303, 404, 410}, path


async def test_what_belongs_to_others_reads_like_what_is_not_there(town: Town) -> None:
    victim, theirs, phone = await town.with_phone()
    _, browser, own_phone = await town.with_phone()
    await browser.get("/security")
    device = phone.record.device
    row = await town.house.db.row("SELECT id FROM sessions WHERE user_id = :id AND ended_at = 0", id=victim.id)
    assert row
    await same_as_missing(browser, "POST", "/security/authenticators/{}/rename", device, label="Mine now")
    await same_as_missing(browser, "POST", "/security/authenticators/{}/rename", device, label="")
    await town.do("UPDATE sessions SET fresh_at = seen_at")
    await same_as_missing(browser, "GET", "/security/authenticators/{}/remove", device)
    await same_as_missing(browser, "POST", "/security/authenticators/{}/remove", device)
    await same_as_missing(browser, "POST", "/security/sessions/{}/end", row["id"])
    await theirs.get("/step-up?to=security")
    page = await theirs.send("/step-up", way="phone")
    ask = page.form("/step-up/collect").fields["ask"]
    await same_as_missing(browser, "GET", "/step-up?ask={}", ask)
    asked = await phone.asked()
    for made in (own_phone.made(asked), own_phone.made(asked, of=own_phone.record)):
        reply = await own_phone.send(made)
        assert (reply.status_code, code_of(reply)) == (404, "challenge.unknown")
    assert await theirs.is_in()
    assert await town.count("FROM authenticators WHERE user_id = :id AND state = 'active'", id=victim.id) == 1
    assert (await phone.asked()).challenge.challenge == asked.challenge.challenge
    row = await town.house.db.row("SELECT name FROM authenticators WHERE id = :id", id=device)
    assert row
    assert row["name"] == "Pixel 8"


async def test_a_phone_sees_and_answers_only_what_was_asked_of_it(town: Town) -> None:
    user, browser, phone = await town.with_phone()
    _, _, stranger = await town.with_phone()
    await browser.log_out()
    await browser.log_in(user.name)
    asked = await phone.asked()
    assert (await stranger.look()).asked == ()
    reply = await stranger.send(stranger.made(asked))
    assert code_of(reply) == "challenge.unknown"
    # The victim's device id under the stranger's signature is nobody.
    forged = phone.made(asked, key=stranger.key())
    assert code_of(await stranger.send(forged)) == "phone.unknown"
    assert (await browser.collect()).path == "/login/second"
