"""A program beside the portal, as it speaks over HTTP, and how a client lets it know his session."""

import re
import secrets
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
import msgspec

from tests.people import Browser, Page, Phone, Town, no_jar, set_up_app
from twolatch.applications import flows
from twolatch.applications.model import Fault

BACK = "https://shop.example/back"
ALL = ["sessions", "names", "authorizations"]
STATE = "0123456789abcdef0123"
LONG_AGO = 3 * 86_400_000


@dataclass
class Shop:
    """An application with its key; `ask` sends whatever an attacker likes."""

    town: Town
    id: str
    name: str
    key: str
    http: httpx.AsyncClient

    async def ask(
        self, method: str, path: str, body: Any = None, *, key: str | None = None, **more: str
    ) -> httpx.Response:
        given = {"host": urlsplit(self.town.site.settings.portal_url).netloc, "accept-language": "en"}
        if key != "":
            given["authorization"] = f"Bearer {key or self.key}"
        content = body if isinstance(body, bytes) else None if body is None else msgspec.json.encode(body)
        if content is not None:
            given["content-type"] = "application/json"
        given |= {name.replace("_", "-"): value for name, value in more.items()}
        url = f"http://127.0.0.1:{self.town.site.port}/api/v1/{path}"
        return await self.http.request(method, url, content=content, headers=given)

    async def begun(self, return_to: str = BACK, state: str = STATE) -> str:
        """The path in the portal to which a browser is sent."""
        reply = await self.ask("POST", "hand-overs", {"return_to": return_to, "state": state})
        assert reply.status_code == 200, reply.text
        return urlsplit(reply.json()["address"]).path

    async def authorize(self, session: str, amount: str, key: str = "", **more: Any) -> httpx.Response:
        wish = {"session": session, "action": "withdrawal", "amount": amount, "currency": "USD", **more}
        return await self.ask("POST", "authorizations", wish, idempotency_key=key or secrets.token_hex(8))

    async def says(self, session: str, amount: str, **more: Any) -> tuple[str, str]:
        told = (await self.authorize(session, amount, **more)).json()
        return told["answer"], told["reason"]


async def shop(town: Town, scopes: list[str] | None = None) -> Shop:
    name = f"Shop {secrets.token_hex(4)}"
    done = await flows.add(town.house, name, scopes or ALL, [BACK], town.house.clock.now())
    assert not isinstance(done, Fault)
    http = httpx.AsyncClient(transport=town.wire, cookies=no_jar(), timeout=60)
    return Shop(town, done[0].id, name, done[1].reveal(), http)


def brought(page: Page) -> dict[str, str]:
    """What a browser carries to the application."""
    where = page.answer.headers["location"]
    assert page.status == 303
    assert where.startswith(f"{BACK}?"), where
    return dict(parse_qsl(urlsplit(where).query))


async def say_yes(browser: Browser, path: str) -> dict[str, str]:
    page = await browser.get(path)
    form = page.form(path)
    return brought(await browser.post(form.action, form.fields))


async def known(shop: Shop, browser: Browser) -> str:
    """The name of this browser's session."""
    told = await say_yes(browser, await shop.begun())
    assert told["state"] == STATE
    reply = await shop.ask("POST", "sessions", {"ticket": told["ticket"]})
    assert reply.status_code == 200, reply.text
    return str(reply.json()["session"])


async def settled(town: Town, user: str) -> None:
    """As if what he holds had been his for days."""
    await town.do("UPDATE authenticators SET created_at = created_at - :ms WHERE user_id = :id", ms=LONG_AGO, id=user)


async def weak_session(town: Town) -> tuple[Browser, Phone]:
    """A client with a phone, in a session that an authenticator app proved."""
    user, browser, phone = await town.with_phone()
    await browser.log_out()
    await browser.log_in(user.name)
    await phone.approve()
    await browser.collect()
    app = await set_up_app(browser)
    await settled(town, user.id)
    page = await browser.get("/step-up?to=security")
    one = re.search(r'name="one" value="([0-9a-z]{26})"><button type="submit" class="way">', page.text)
    assert one, page.text
    form = page.form("/step-up")
    page = await browser.land(await browser.post("/step-up", {**form.fields, "one": one[1]}))
    await browser.send("/step-up/answer", answer=app.code(1))
    return browser, phone
