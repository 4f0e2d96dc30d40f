"""The people of these tests and what they hold: browsers that walk the portal's own forms, and soft phones.

A browser here is stricter than a real one in one thing: a cookie of ours that is not exactly as it must be is a fault.
"""

import asyncio
import re
import secrets
import ssl
import time
from collections import Counter
from collections.abc import Coroutine, Iterable, Mapping
from dataclasses import dataclass, field
from html import unescape
from html.parser import HTMLParser
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any, TypeVar
from urllib.parse import unquote, urlencode, urlsplit

import httpx
import msgspec
import pyotp

from tests.qr_pictures import read_qr
from tests.site import Site
from twolatch.client import device
from twolatch.client.outcomes import Activated, Answered, Asked, Look, Refused, Shown
from twolatch.client.phone import SoftPhone
from twolatch.client.store import MemoryStore, Record
from twolatch.house import House
from twolatch.people import flows as people
from twolatch.people.model import User
from twolatch.protocol import pins
from twolatch.protocol.answer import Decision
from twolatch.protocol.keys import PrivateKey
from twolatch.protocol.messages import Answer, DeviceInfo, Problem
from twolatch.protocol.octets import unb64u
from twolatch.texts.catalogue import Texts
from twolatch.words.secret import Secret

T = TypeVar("T")

PASSWORD = "linden tree 42 kites"
PIN = "7391"
WRONG_PIN = "2846"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
INFO = DeviceInfo(platform="android", model="Pixel 8", browser="Chrome 140", app="twolatch-test/1")
API = "/api/phone/v1/"
SECURITY_COOKIES = ("__Host-session", "__Host-pre", "__Host-dev")
SECURITY_COOKIES += tuple(name.replace("__Host-", "__Host-desk-") for name in SECURITY_COOKIES)


def plain_wire(**more: Any) -> httpx.AsyncHTTPTransport:
    """For http on this machine. It trusts nobody, so it need not read the list of all authorities: that takes as long
    as a login."""
    return httpx.AsyncHTTPTransport(verify=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), **more)


def some_address() -> str:
    """An address nobody else in these tests has: limits that count addresses keep people apart."""
    return "10." + ".".join(str(1 + byte % 250) for byte in secrets.token_bytes(3))


# pages


@dataclass
class Form:
    action: str
    method: str
    fields: dict[str, str] = field(default_factory=dict)


class _Forms(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append(Form(given.get("action", ""), given.get("method", "get")))
        elif tag == "input" and given.get("type") == "hidden" and self.forms:
            self.forms[-1].fields[given["name"]] = given.get("value", "")


@dataclass
class Page:
    """An answer of the portal. `code` is a refusal's: `says(code)` looks for its title."""

    path: str
    answer: httpx.Response

    @property
    def status(self) -> int:
        return self.answer.status_code

    @property
    def text(self) -> str:
        return self.answer.text

    @property
    def forms(self) -> list[Form]:
        parser = _Forms()
        parser.feed(self.text)
        return parser.forms

    def form(self, action: str) -> Form:
        found = [form for form in self.forms if urlsplit(form.action).path == action]
        assert found, f"{self.path} ({self.status}) has no form {action}: {[form.action for form in self.forms]}"
        return found[0]

    def has_form(self, action: str) -> bool:
        return any(urlsplit(form.action).path == action for form in self.forms)

    def says(self, code: str, language: str = "en") -> bool:
        return Texts().say(language, f"refusal.{code}.title") in unescape(self.text)

    @property
    def csrf(self) -> str:
        return next((form.fields["csrf"] for form in self.forms if form.fields.get("csrf")), "")

    @property
    def digits(self) -> str:
        """The six digits to type on the phone; empty when none are asked."""
        found = re.search(
            r'number-digits"><span aria-hidden="true">(\d{3})<span class="number-gap"></span>(\d{3})<', self.text
        )
        return found[1] + found[2] if found else ""

    @property
    def session_id(self) -> str:
        """The code below the QR code."""
        found = re.search(r'<span aria-hidden="true">([0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4})</span>', self.text)
        assert found, f"{self.path} shows no session ID"
        return found[1]

    @property
    def link(self) -> str:
        """What a camera reads from the QR code."""
        found = re.search(r'src="data:image/svg\+xml[^,]*,([^"]+)"', self.text)
        assert found, f"{self.path} shows no QR code"
        return read_qr(unquote(unescape(found[1])))

    def ids(self, pattern: str) -> list[str]:
        """Ids in the addresses of this page's forms: `/security/sessions/{}/end`."""
        searched = re.escape(pattern).replace(r"\{\}", "([0-9a-z]{26})")
        return [found[1] for form in self.forms if (found := re.fullmatch(searched, form.action))]


# browsers


def no_jar() -> CookieJar:
    return CookieJar(DefaultCookiePolicy(allowed_domains=[]))


class Browser:
    """One browser of one person, with its own cookies and address."""

    def __init__(self, site: Site, wire: httpx.AsyncBaseTransport, address: str = "", agent: str = FIREFOX) -> None:
        self.site, self.address, self.agent = site, address or some_address(), agent
        self.language = "en"  # what the browser asks for
        self.cookies: dict[str, str] = {}
        self.page: Page
        self._http = httpx.AsyncClient(transport=wire, cookies=no_jar(), timeout=60)

    @property
    def origin(self) -> str:
        return self.site.settings.portal_url

    def headers(self, **more: str | None) -> dict[str, str]:
        given = {
            "host": urlsplit(self.origin).netloc,
            "user-agent": self.agent,
            "x-forwarded-for": self.address,
            "accept-language": self.language,
            "cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items()),
            **{name.replace("_", "-"): value for name, value in more.items()},
        }
        return {name: value for name, value in given.items() if value}

    async def ask(
        self, method: str, path: str, content: bytes | None = None, *, keep: bool = True, **more: str | None
    ) -> Page:
        """One request as it is, no redirect followed. A header given as None is left out."""
        url = f"http://127.0.0.1:{self.site.port}{path}"
        answer = await self._http.request(method, url, content=content, headers=self.headers(**more))
        if keep:
            self._keep(answer)
        return Page(path, answer)

    def _keep(self, answer: httpx.Response) -> None:
        for line in answer.headers.get_list("set-cookie"):
            pair, *attributes = [part.strip() for part in line.split(";")]
            name, _, value = pair.partition("=")
            given = {part.partition("=")[0].lower(): part.partition("=")[2] for part in attributes}
            if name in SECURITY_COOKIES:
                assert {"secure", "httponly"} <= set(given), line
                assert given["path"] == "/", line
                assert "domain" not in given, line
                assert given["samesite"] == "lax", line
            if given.get("max-age") == "0" or value in {"", '""'}:
                self.cookies.pop(name, None)
            else:
                self.cookies[name] = value

    async def get(self, path: str) -> Page:
        """Types an address or follows a link, and follows redirects."""
        return await self.land(await self.ask("GET", path, sec_fetch_site="same-origin", sec_fetch_mode="navigate"))

    async def post(self, path: str, fields: Mapping[str, str], **more: Any) -> Page:
        """A form as a browser of today sends it; no redirect followed."""
        marks: dict[str, Any] = {
            "origin": self.origin,
            "sec_fetch_site": "same-origin",
            "content_type": "application/x-www-form-urlencoded",
        }
        return await self.ask("POST", path, urlencode(fields).encode(), **{**marks, **more})

    async def send(self, action: str, **fields: str) -> Page:
        """Fills in the form of the open page that goes to `action`, and follows where it leads."""
        form = self.page.form(action)
        assert form.method == "post"
        return await self.land(await self.post(form.action, {**form.fields, **fields}))

    async def land(self, page: Page) -> Page:
        for _ in range(6):
            if page.status != 303:
                self.page = page
                return page
            page = await self.ask("GET", page.answer.headers["location"], sec_fetch_site="same-origin")
        raise AssertionError(f"redirects without end: {page.path}")

    # wishes

    async def log_in(self, name: str, password: str = PASSWORD) -> Page:
        """The first latch; the page behind it."""
        await self.get("/login")
        return await self.send("/login", name=name, password=password)

    async def try_password(self, name: str, password: str) -> Page:
        """Only the form's own request, from a login page opened before."""
        return await self.post("/login", {**self.page.form("/login").fields, "name": name, "password": password})

    async def collect(self) -> Page:
        return await self.send("/login/collect")

    async def confirm(self, digits: str) -> Page:
        await self.get("/activate")
        return await self.send("/activate/confirm", number=digits)

    async def log_out(self) -> Page:
        await self.get("/")
        return await self.send("/logout")

    async def is_in(self) -> bool:
        """Whether this browser's session lives."""
        page = await self.ask("GET", "/security", sec_fetch_site="same-origin", keep=False)
        return page.status == 200


class DeskBrowser(Browser):
    """A browser at the support desk's host."""

    @property
    def origin(self) -> str:
        return self.site.settings.desk_url

    async def is_in(self) -> bool:
        page = await self.ask("GET", "/", sec_fetch_site="same-origin", keep=False)
        return page.status == 200


# phones


class Phone:
    """A soft phone in memory, at an address of its own, with what an attacker could do with one."""

    def __init__(self, site: Site, wire: httpx.AsyncBaseTransport, address: str = "", info: DeviceInfo = INFO) -> None:
        self.site, self.address = site, address or some_address()
        self.store = MemoryStore()
        self.http = httpx.AsyncClient(
            transport=wire, cookies=no_jar(), headers={"x-forwarded-for": self.address}, timeout=60
        )
        self.soft = SoftPhone(
            self.store, http=self.http, server=site.settings.phone_url, iterations=1000, info=info, poll=0.05
        )

    @property
    def record(self) -> Record:
        """The newest user on this phone."""
        return self.store.load().records[-1]

    async def look(self) -> Look:
        return await self.soft.waiting()

    async def asked(self) -> Asked:
        """The one question that waits."""
        look = await self.look()
        assert len(look.asked) == 1, look
        return look.asked[0]

    async def approve(self, digits: str = "", pin: str = PIN) -> Answered | Refused:
        return await self.soft.answer(await self.asked(), Decision.APPROVE, pin, digits)

    async def say(self, decision: Decision) -> Answered | Refused:
        return await self.soft.answer(await self.asked(), decision)

    def key(self) -> PrivateKey:
        """K_dev of the newest user, as a thief of the whole phone has it."""
        return device.load_key(self.record)

    def secret(self, pin: str) -> bytes:
        """What this PIN unmasks; the phone cannot tell whether it is right."""
        of = self.record
        return device.unmask(of, pins.stretch(pin, unb64u(of.salt, 16), of.iterations))

    def made(
        self,
        asked: Asked,
        decision: Decision = Decision.APPROVE,
        *,
        secret: bytes | None = None,
        digits: str = "",
        key: PrivateKey | None = None,
        of: Record | None = None,
        ahead: int = 1,
    ) -> Answer:
        """An answer that nobody sent yet. `secret` as of the right PIN; `ahead` by how much `seq` grows."""
        of = of or self.record
        known = self.secret(PIN) if secret is None else secret
        return device.make_answer(
            of, key or self.key(), asked, decision, digits=digits, secret=known, seq=of.seq + ahead
        )

    async def send(self, answer: Any, address: str = "") -> httpx.Response:
        """An answer on its way, past the soft phone's own care."""
        return await self.call("POST", "answers", answer, **({"x_forwarded_for": address} if address else {}))

    async def call(self, method: str, name: str, body: Any = None, **headers: str) -> httpx.Response:
        """A request without any help from the soft phone. `body`: bytes, or what becomes JSON."""
        content = body if isinstance(body, bytes) else b"" if body is None else msgspec.json.encode(body)
        given = {"host": urlsplit(self.site.settings.phone_url).netloc, "accept-language": "en"}
        if content:
            given["content-type"] = "application/json"
        given |= {key.replace("_", "-"): value for key, value in headers.items()}
        url = f"http://127.0.0.1:{self.site.port}{API}{name}"
        return await self.http.request(method, url, content=content or None, headers=given)


def code_of(answer: httpx.Response) -> str:
    """The code of a refusal; "" for anything that was no refusal."""
    if answer.status_code < 400:
        return ""
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    problem = msgspec.json.decode(answer.content, type=Problem)
    assert problem.status == answer.status_code
    return problem.code


# everything together


@dataclass
class Town:
    """A running site, the way to it, and a look behind its walls."""

    site: Site
    house: House
    wire: httpx.AsyncBaseTransport

    async def forget_the_crowd(self) -> None:
        """What all clients together have used up: a shared site may not feel how many tests came before."""
        await self.do("DELETE FROM meters WHERE key LIKE '%-site:%'")

    async def person(self, *, email: str = "", language: str = "en") -> User:
        name = f"p{secrets.token_hex(5)}"
        new = people.NewUser(name, f"Person {name}", email or f"{name}@example.org", language, Secret(PASSWORD))
        user = await people.add(self.house, new, self.house.clock.now())
        assert isinstance(user, User)
        return user

    def browser(self, address: str = "") -> Browser:
        return Browser(self.site, self.wire, address)

    def phone(self, address: str = "", info: DeviceInfo = INFO) -> Phone:
        return Phone(self.site, self.wire, address, info)

    async def with_phone(self, *, email: str = "") -> tuple[User, Browser, Phone]:
        """A client who activated a phone and sits at the browser he did it with."""
        user, browser, phone = await self.person(email=email), self.browser(), self.phone()
        await browser.log_in(user.name)
        await activate(browser, phone, browser.page.session_id)
        return user, browser, phone

    async def stranger(self, user: User, phone: Phone) -> Browser:
        """Another browser of this client, logged in with the phone's digits."""
        browser = self.browser()
        page = await browser.log_in(user.name)
        assert isinstance(await phone.approve(page.digits), Answered)
        await browser.collect()
        return browser

    async def events(self, user: User | None) -> Counter[str]:
        """How often the audit tells what of this client."""
        rows = await self.house.db.rows("SELECT event FROM audit WHERE user_id = :user", user=user.id if user else None)
        return Counter(row["event"] for row in rows)

    async def count(self, sql: str, **values: Any) -> int:
        row = await self.house.db.row(f"SELECT COUNT(*) AS many {sql}", **values)
        return int(row["many"]) if row else 0

    async def notices(self, user: User) -> Counter[str]:
        rows = await self.house.db.rows("SELECT kind FROM notices WHERE user_id = :user", user=user.id)
        return Counter(row["kind"] for row in rows)

    async def do(self, sql: str, **values: Any) -> int:
        """What only somebody at the database could do."""
        return await self.house.db.write(lambda tx: tx.run(sql, **values))


async def at_once(wishes: Iterable[Coroutine[Any, Any, T]]) -> list[T]:
    """All together, as an attacker sends them."""
    return list(await asyncio.gather(*wishes))


async def activate(browser: Browser, phone: Phone, code: str, pin: str = PIN) -> str:
    """From a code on the screen to an authenticator; the device's id."""
    shown = await phone.soft.claim(code, pin)
    assert isinstance(shown, Shown), shown
    await browser.confirm(shown.six_digits)
    done = await phone.soft.wait_active(shown.device)
    assert isinstance(done, Activated), done
    return shown.device


# what a client types


@dataclass
class App:
    """An authenticator app that somebody else made. The step before, this one and the next are right at a time."""

    key: str

    def code(self, ahead: int = 0) -> str:
        return str(pyotp.TOTP(self.key).at(time.time() + 30 * ahead))


async def set_up_app(browser: Browser) -> App:
    """The app is active; the browser is at its security settings. The code of the step before is used: where the clock
    goes to the next step on the way, that one is too old, and the client types the next."""
    await browser.get("/security/add/totp")
    page = await browser.send("/security/add/totp")
    found = re.search(r'class="secret"[^>]*>([A-Z2-7 ]+)<', page.text)
    assert found, page.text
    app = App(found[1].replace(" ", ""))
    done = await browser.send(f"{page.path}/confirm", answer=app.code(-1))
    if done.says("typed.wrong"):
        await browser.send(f"{page.path}/confirm", answer=app.code(-1))
    return app


async def show_codes(browser: Browser) -> list[str]:
    """Ten codes on the page, not active yet."""
    await browser.get("/security/add/recovery")
    page = await browser.send("/security/add/recovery")
    return re.findall(r"<li><code>([0-9A-Z-]{15})</code></li>", page.text)


def confirmation(page: Page) -> str:
    """Where the page sends the first code."""
    [action] = [form.action for form in page.forms if form.action.endswith("/confirm")]
    return action


async def set_up_codes(browser: Browser) -> list[str]:
    codes = await show_codes(browser)
    await browser.send(confirmation(browser.page), answer=codes[0])
    return codes
