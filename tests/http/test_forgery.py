"""Other sites and planted cookies: nothing is changed by a request our own pages did not make."""

from urllib.parse import urlencode

from tests.http.raw import Reply, raw
from tests.people import PASSWORD, Browser, Town
from twolatch.client.outcomes import Answered
from twolatch.people.model import User

FORM = b"Content-Type: application/x-www-form-urlencoded"
EVIL = "https://evil.example"

FOREIGN: dict[str, dict[str, str | None]] = {
    "no sign of where it comes from": {"origin": None, "sec_fetch_site": None},
    "another origin": {"origin": EVIL},
    "another origin from an old browser": {"origin": EVIL, "sec_fetch_site": None},
    "a null origin": {"origin": "null"},
    "our name with another port": {"origin": "http://localhost:1"},
    "our name at the start of another": {"origin": "http://localhost.evil.example"},
    "the phone's own host": {"origin": "http://phone.localhost"},
    "cross-site by the browser's word": {"sec_fetch_site": "cross-site"},
    "same site, another host": {"sec_fetch_site": "same-site"},
    "typed into the address bar": {"sec_fetch_site": "none"},
    "an empty mark": {"sec_fetch_site": "SAME-ORIGIN"},
}


async def what_stands(town: Town, user: User) -> list[list[tuple[str, object]]]:
    """Everything this client owns, to compare before and after."""
    tables = ("users", "sessions", "authenticators", "challenges", "attempts", "activations", "browsers")
    found = []
    for table in tables:
        column = "id" if table == "users" else "user_id"
        rows = await town.house.db.rows(f"SELECT * FROM {table} WHERE {column} = :id ORDER BY 1, 2", id=user.id)
        found.append([sorted((str(name), value) for name, value in dict(row).items()) for row in rows])
    return found  # type: ignore[return-value]


async def forms_of_a_client(browser: Browser, device: str) -> list[tuple[str, dict[str, str]]]:
    """Every form a signed-in client can send, filled in rightly."""
    page = await browser.get("/security")
    csrf = {"csrf": page.csrf}
    return [
        ("/activate/begin", {**csrf, "place": "activate"}),
        ("/activate/confirm", {**csrf, "number": "123456"}),
        ("/activate/cancel", csrf),
        ("/banner/dismiss", {**csrf, "place": "home"}),
        ("/banner/show", {**csrf, "place": "home"}),
        (f"/security/authenticators/{device}/rename", {**csrf, "label": "Mine"}),
        (f"/security/authenticators/{device}/remove", csrf),
        (f"/security/authenticators/{device}/move", csrf),
        ("/lost", {**csrf, "name": "anna", "password": PASSWORD}),
        ("/security/sessions/end-others", csrf),
        ("/password", {**csrf, "new": "harbour stone 77 larks", "repeat": "harbour stone 77 larks"}),
        ("/step-up", {**csrf, "way": "phone", "to": "security"}),
        ("/step-up/collect", {**csrf, "ask": device}),
        ("/language", {**csrf, "language": "nl"}),
        ("/logout", csrf),
    ]


async def test_forms_from_elsewhere_change_nothing(town: Town) -> None:
    user, browser, phone = await town.with_phone()
    forms = await forms_of_a_client(browser, phone.record.device)
    before = await what_stands(town, user)
    for path, fields in forms:
        for why, marks in FOREIGN.items():
            page = await browser.post(path, fields, **marks)
            assert (page.status, page.says("request.forged")) == (403, True), f"{path}: {why}"
    assert await what_stands(town, user) == before


async def test_forms_without_the_token_of_this_very_session_change_nothing(town: Town) -> None:
    user, browser, phone = await town.with_phone()
    other, nobody = await town.person(), town.browser()
    theirs = town.browser()
    await theirs.log_in(other.name)
    await nobody.get("/login")
    tokens = {
        "none": None, "empty": "", "another client's": theirs.page.csrf, "a stranger's": nobody.page.csrf,
        "not ASCII": "\u00e9", "cut": browser.page.csrf[:-1], "twice": browser.page.csrf * 2,
    }  # fmt: skip
    forms = await forms_of_a_client(browser, phone.record.device)
    before = await what_stands(town, user)
    for path, fields in forms:
        for why, token in tokens.items():
            bare = {name: value for name, value in fields.items() if name != "csrf"}
            page = await browser.post(path, bare if token is None else {**bare, "csrf": token})
            assert (page.status, page.says("request.forged")) == (403, True), f"{path}: {why}"
    assert await what_stands(town, user) == before


async def test_nobody_is_logged_in_by_another_site(town: Town) -> None:
    """Else a client would sit in the attacker's account and scan *his* code."""
    user, victim, attacker = await town.person(), town.browser(), town.browser()
    await victim.get("/login")
    await attacker.get("/login")
    right = {"name": user.name, "password": PASSWORD}
    own, foreign = victim.page.csrf, attacker.page.csrf
    for why, marks in FOREIGN.items():
        page = await victim.post("/login", {**right, "csrf": own}, **marks)
        assert page.status == 403, why
    for token in ("", foreign):
        assert (await victim.post("/login", {**right, "csrf": token})).status == 403
    assert (await victim.post("/login", right)).status == 403
    assert "__Host-session" not in victim.cookies
    assert (await town.events(user)) == {"people:user:added": 1}
    # Without any cookie there is nothing a token could belong to.
    bare = town.browser()
    assert (await bare.post("/login", {**right, "csrf": own})).status == 403


async def test_reading_changes_nothing(town: Town) -> None:
    user, browser, phone = await town.with_phone()
    forms = await forms_of_a_client(browser, phone.record.device)
    before = await what_stands(town, user)
    for path, fields in forms:
        page = await browser.ask("GET", f"{path}?{urlencode(fields)}", sec_fetch_site="same-origin")
        assert page.status in {200, 303, 404, 405}, path
    for path in ("/login/collect", "/login/again", "/login/switch", "/login/cancel"):
        assert (await browser.ask("GET", path)).status == 405
    for path in ("/", "/login", "/login/second", "/activate", "/security", "/step-up", "/logged-out"):
        await browser.ask("GET", path)
        await browser.ask("HEAD", path)
    assert await what_stands(town, user) == before


async def test_a_form_of_another_content_type_is_refused(town: Town) -> None:
    user, browser = await town.person(), town.browser()
    await browser.get("/login")
    fields = {**browser.page.form("/login").fields, "name": user.name, "password": PASSWORD}
    for kind in (None, "text/plain", "application/json", "multipart/form-data; boundary=x"):
        assert (await browser.post("/login", fields, content_type=kind)).status == 400, kind
    assert "__Host-session" not in browser.cookies


# cookies


async def request_security(town: Town, cookie: bytes) -> Reply:
    host = f"Host: localhost:{town.site.port}".encode()
    return await raw(town.site, [b"GET /security HTTP/1.1", host, b"Cookie: " + cookie])


async def test_a_planted_look_alike_of_a_security_cookie_opens_nothing(town: Town) -> None:
    user, browser = await town.person(), town.browser()
    await browser.log_in(user.name)
    token = browser.cookies["__Host-session"].encode()
    assert (await request_security(town, b"__Host-session=" + token)).status == 200
    planted = {
        "a C1 space before": b"\x85__Host-session=" + token,
        "a Latin-1 space before": b"\xa0__Host-session=" + token,
        "a tab before": b"a=b;\t__Host-session=" + token,
        "two spaces before": b"a=b;  __Host-session=" + token,
        "a space behind": b"__Host-session =" + token,
        "other letters": b"__HOST-SESSION=" + token,
        "small letters": b"__host-session=" + token,
        "no name": b"=__Host-session=" + token,
        "no name, with spaces": b"= __Host-session=" + token,
        "no name and no sign": b"__Host-session",
        "twice": b"__Host-session=" + token + b"; __Host-session=" + token,
        "twice, the first wrong": b"__Host-session=x; __Host-session=" + token,
        "an odd byte in the value": b"__Host-session=" + token + b"\xa0",
        "a space in the value": b"__Host-session= " + token,
        "quoted": b'__Host-session="' + token + b'"',
        "far too long": b"__Host-session=" + token * 10,
        "a planted pre-session": b"__Host-session=" + token + b"; \x85__Host-pre=x",
        "a planted known browser": b"__Host-session=" + token + b"; __Host-dev=a; __Host-dev=b",
    }
    for why, cookie in planted.items():
        reply = await request_security(town, cookie)
        assert reply.status in {400, 303}, f"{why}: {reply.status}"
        assert user.display.encode() not in reply.body
        if why != "no name and no sign" and why != "quoted":
            assert reply.status == 400, why
    two_lines = await raw(
        town.site,
        [
            b"GET /security HTTP/1.1",
            f"Host: localhost:{town.site.port}".encode(),
            b"Cookie: __Host-session=" + token,
            b"Cookie: __Host-session=" + token,
        ],
    )
    assert two_lines.status == 400


async def test_cookies_of_others_on_this_host_do_no_harm(town: Town) -> None:
    user, browser = await town.person(), town.browser()
    await browser.log_in(user.name)
    token = browser.cookies["__Host-session"].encode()
    for cookie in (b"a=b; c", b"x=\xff\xfe", b"; ;;", b"theme=dark; x=__Host-session=nothing", b"language=<script>"):
        reply = await request_security(town, cookie + b"; __Host-session=" + token)
        assert reply.status == 200, cookie


async def test_a_planted_cookie_does_not_serve_a_form_either(town: Town) -> None:
    user, browser = await town.person(), town.browser()
    await browser.get("/login")
    body = urlencode({"csrf": browser.page.csrf, "name": user.name, "password": PASSWORD}).encode()
    pre = browser.cookies["__Host-pre"].encode()
    for cookie in (b"\x85__Host-pre=" + pre, b"__Host-pre=" + pre + b"; __Host-pre=" + pre, b"=__Host-pre=" + pre):
        reply = await raw(
            town.site,
            [
                b"POST /login HTTP/1.1",
                f"Host: localhost:{town.site.port}".encode(),
                f"Origin: {browser.origin}".encode(),
                FORM,
                b"Cookie: " + cookie,
                f"Content-Length: {len(body)}".encode(),
            ],
            body,
        )
        assert reply.status == 400
        assert reply.get("set-cookie") == []
    assert (await town.events(user)) == {"people:user:added": 1}


# fixation


async def test_the_token_changes_at_login_and_the_pre_session_is_used_up(town: Town) -> None:
    user, browser = await town.person(), town.browser()
    await browser.get("/login")
    pre, form = browser.cookies["__Host-pre"], browser.page.form("/login").fields
    await browser.send("/login", name=user.name, password=PASSWORD)
    assert "__Host-pre" not in browser.cookies
    assert browser.cookies["__Host-session"] != pre
    attacker = town.browser()  # who planted, or knows, the pre-session
    attacker.cookies["__Host-pre"] = pre
    assert (await attacker.post("/login/collect", form)).says("login.start_over")
    assert (await attacker.get("/login/second")).says("login.start_over")
    attacker.cookies["__Host-session"] = pre
    assert not await attacker.is_in()


async def test_a_session_chosen_by_an_attacker_is_not_taken_over_by_a_login(town: Town) -> None:
    user, victim = await town.person(), town.browser()
    victim.cookies["__Host-session"] = "A" * 43
    await victim.log_in(user.name)
    assert victim.cookies["__Host-session"] != "A" * 43
    attacker = town.browser()
    attacker.cookies["__Host-session"] = "A" * 43
    assert not await attacker.is_in()


async def test_logging_in_as_somebody_else_at_the_same_browser_leaves_no_session_of_the_first(town: Town) -> None:
    one, two, browser = await town.person(), await town.person(), town.browser()
    await browser.log_in(one.name)
    first = browser.cookies["__Host-session"]
    await browser.log_out()
    await browser.log_in(two.name)
    assert two.display in (await browser.get("/")).text
    copy = town.browser()
    copy.cookies["__Host-session"] = first
    assert not await copy.is_in()


async def test_a_step_up_leaves_the_old_token_dead(town: Town) -> None:
    _user, browser, phone = await town.with_phone()
    await browser.get("/step-up?to=password")
    await browser.send("/step-up", way="phone")
    assert isinstance(await phone.approve(), Answered)
    old = browser.cookies["__Host-session"]
    await browser.send("/step-up/collect")
    copy = town.browser()
    copy.cookies["__Host-session"] = old
    assert (await browser.is_in(), await copy.is_in()) == (True, False)


# headers


async def test_every_answer_carries_the_security_headers(town: Town) -> None:
    _user, browser, phone = await town.with_phone()
    nobody = town.browser()
    await nobody.get("/login")
    login = nobody.page.text
    static = [line.split('"')[1] for line in login.split("href=")[1:] if line.startswith('"/assets/')]
    portal = [
        "/",
        "/login",
        "/login/second",
        "/security",
        "/activate",
        "/password",
        "/step-up",
        "/nothing",
        "/suspend/x",
    ]
    answers = [(path, (await browser.ask("GET", path, keep=False)).answer) for path in (*portal, *static, "/readyz")]
    answers += [(f"stranger {path}", (await nobody.ask("GET", path, keep=False)).answer) for path in portal]
    answers.append(("wrong method", (await browser.ask("DELETE", "/login")).answer))
    answers.append(("forged", (await browser.post("/logout", {"csrf": "x"})).answer))
    answers.append(("planted", (await nobody.ask("GET", "/", cookie="__Host-pre=a; __Host-pre=b", keep=False)).answer))
    answers.append(("too large", (await browser.post("/logout", {"csrf": "x" * 70_000})).answer))
    for method, name in (
        ("GET", "site"),
        ("GET", "nonce"),
        ("GET", "challenges"),
        ("POST", "answers"),
        ("GET", "none"),
    ):
        answers.append((f"api {name}", await phone.call(method, name)))
    for path in ("/", "/a", "/sw.js", "/manifest.webmanifest", "/nothing"):
        answers.append((f"phone {path}", (await nobody.ask("GET", path, host=town.site.settings.phone_host)).answer))
    answers.append(("desk", (await nobody.ask("GET", "/", host=f"desk.localhost:{town.site.port}")).answer))
    for what, answer in answers:
        assert_dressed(what, answer.headers.multi_items())


async def test_an_unknown_host_learns_nothing(town: Town) -> None:
    for host in ("evil.example", f"LOCALHOST.evil:{town.site.port}", "localhost", f"127.0.0.1:{town.site.port}"):
        reply = await raw(town.site, [b"GET / HTTP/1.1", f"Host: {host}".encode()])
        assert (reply.status, reply.body) == (421, b"unknown host\n")
    own, foreign = f"Host: localhost:{town.site.port}".encode(), b"Host: evil.example"
    for hosts in ([own, foreign], [foreign, own], [own, own]):
        assert (await raw(town.site, [b"GET / HTTP/1.1", *hosts])).status in {400, 421}


async def test_the_answer_to_an_unknown_host_carries_the_security_headers(town: Town) -> None:
    reply = await raw(town.site, [b"GET / HTTP/1.1", b"Host: evil.example"])
    assert_dressed("unknown host", reply.headers)


def assert_dressed(what: str, pairs: list[tuple[str, str]]) -> None:
    given = dict(pairs)
    policy = given.get("content-security-policy", "")
    assert "default-src 'none'" in policy, what
    assert "unsafe-inline" not in policy, what
    assert "unsafe-eval" not in policy.replace("wasm-unsafe-eval", ""), what
    assert given["x-content-type-options"] == "nosniff", what
    assert given["referrer-policy"] in {"no-referrer", "same-origin"}, what  # a Referer never leaves the site
    assert given["cross-origin-opener-policy"] == "same-origin", what
    assert given["cross-origin-resource-policy"] == "same-origin", what
    assert given["x-frame-options"] == "DENY", what
    assert "camera=(self)" in given["permissions-policy"], what
    assert given["cache-control"], what
    assert "server" not in given, what
    assert "access-control-allow-origin" not in given, what
    names = [name for name, _ in pairs if name != "set-cookie"]
    assert len(names) == len(set(names)), f"{what}: a header twice"
