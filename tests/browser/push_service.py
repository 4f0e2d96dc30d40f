"""The push service, played: it looks at the signature of every wake-up and opens it as a browser would.

RFC 8291 and 8292. The browser's own part (`PushManager.subscribe`) is played too, because a closed network has no push
service; the service worker, the notification and everything of ours are real.
"""

import asyncio
import base64
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import http_ece
import pytest
import pytest_asyncio
import uvicorn
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from joserfc import jwt
from joserfc.jwk import ECKey
from playwright.async_api import Browser

from tests.browser.examine import Examiner
from tests.browser.phone_app import PhoneApp
from tests.browser.street import Client, Street
from tests.people import Town, plain_wire
from tests.ports import free_port
from tests.site import Site, site_settings, until
from twolatch.app import Application, built_house
from twolatch.wires.public_http import Answer
from twolatch.wires.push import Push

LONG = 60.0  # seconds nobody waits unless something never comes
OPERATOR = "https://operator.example"
ENDPOINT = "https://fcm.googleapis.com/fcm/send/annas-phone"
# The browser's half of a push service, remembered over reloads. Each new subscription gets an address of its own.
SUBSCRIBE = """
if (self.PushManager && origin !== "null") {
  const plain = (text) => atob(text.replace(/-/g, "+").replace(/_/g, "/"));
  const bytes = (text) => Uint8Array.from(plain(text), (each) => each.charCodeAt(0)).buffer;
  const keys = { p256dh: bytes("%(p256dh)s"), auth: bytes("%(auth)s") };
  const kept = { made: 0, key: "" };
  const memory = self.localStorage ?? { getItem: () => null, setItem() {} };
  const read = () => Object.assign(kept, JSON.parse(memory.getItem("test-push") ?? "{}"));
  const keep = (change) => memory.setItem("test-push", JSON.stringify(Object.assign(read(), change)));
  const subscription = ({ made, key }) => ({
    endpoint: `%(endpoint)s-${made}`, getKey: (name) => keys[name], options: { applicationServerKey: bytes(key) },
    unsubscribe: async () => { keep({ key: "" }); return true; },
  });
  PushManager.prototype.getSubscription = async () => read().key ? subscription(read()) : null;
  PushManager.prototype.subscribe = async (wish) => {
    const key = new Uint8Array(wish.applicationServerKey);
    keep({ key: btoa(String.fromCharCode(...key)), made: read().made + 1 });
    return subscription(read());
  };
}
null;
"""
NOTICES = """
async (wanted) => {
  const registration = await navigator.serviceWorker.ready;
  for (const end = performance.now() + 45_000; ; ) {
    const shown = (await registration.getNotifications()).map((each) => `${each.title}: ${each.body}`);
    if (String(shown) === String(wanted) || performance.now() > end) return shown;
    await new Promise(requestAnimationFrame);
  }
}
"""
# Pressing a notification, or one of its buttons. A script's press is not trusted and may open no window, so where the
# worker would open or focus one, its wish is what is looked at.
PRESS = """
async ([title, action, isAlone]) => {
  const wishes = [];
  const { matchAll } = Clients.prototype;
  self.clients.matchAll = isAlone ? async () => [] : matchAll;
  WindowClient.prototype.focus = async function () { wishes.push("focus"); return this; };
  self.clients.openWindow = async (address) => { wishes.push(address); return null; };
  const shown = await self.registration.getNotifications();
  const notification = shown.find((each) => each.title === title);
  if (!notification) throw new Error(`no such notification among ${shown.map((each) => each.title)}`);
  const pressed = new NotificationEvent("notificationclick", { notification, action });
  const done = [];
  pressed.waitUntil = (promise) => done.push(promise);
  self.dispatchEvent(pressed);
  await Promise.all(done);
  return wishes;
}
"""


def b64u(octets: bytes) -> str:
    return base64.urlsafe_b64encode(octets).decode().rstrip("=")


def unb64u(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


@dataclass
class VapidChecked:
    """What every push service does first: looks who calls (RFC 8292)."""

    signers: set[str] = field(default_factory=set)

    def check(self, headers: dict[str, str], origin: str) -> None:
        scheme, given = headers["Authorization"].split(" ", 1)
        parts = dict(part.strip().split("=", 1) for part in given.split(","))
        point = unb64u(parts["k"])
        key = ECKey.import_key({"kty": "EC", "crv": "P-256", "x": b64u(point[1:33]), "y": b64u(point[33:])})
        claims = jwt.decode(parts["t"], key, algorithms=["ES256"]).claims
        assert (scheme, claims["aud"], claims["sub"]) == ("vapid", origin, OPERATOR)
        self.signers.add(parts["k"])


@dataclass
class PushService(VapidChecked):
    """Takes wake-ups for one browser. `opened` holds what that browser would read."""

    private: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    auth: bytes = b"0123456789abcdef"
    opened: "asyncio.Queue[bytes]" = field(default_factory=asyncio.Queue)
    called: list[str] = field(default_factory=list)
    gone: set[str] = field(default_factory=set)

    @property
    def script(self) -> str:
        point = self.private.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        return SUBSCRIBE % {"p256dh": b64u(point), "auth": b64u(self.auth), "endpoint": ENDPOINT}

    async def woken(self) -> str:
        """What the next wake-up says."""
        return (await asyncio.wait_for(self.opened.get(), LONG)).decode()

    async def post(self, url: str, headers: dict[str, str], body: bytes) -> Answer:
        assert url.startswith(ENDPOINT)
        self.called.append(url)
        if url in self.gone:
            return Answer(410, None)
        self.check(headers, "https://fcm.googleapis.com")
        opened = http_ece.decrypt(body, private_key=self.private, auth_secret=self.auth, version="aes128gcm")
        await self.opened.put(opened)
        return Answer(201, None)

    async def close(self) -> None:
        """Nothing to close."""


@pytest.fixture
def service() -> PushService:
    return PushService()


@pytest_asyncio.fixture(loop_scope="session")
async def pushing_town(tmp_path: Path, service: PushService, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Town]:
    """A site in this very process, whose wake-ups go to our push service."""
    monkeypatch.setattr("twolatch.app.Push", partial(Push, transport=service))
    port = free_port()
    settings = site_settings(tmp_path, f"sqlite:///{tmp_path}/twolatch.db", port, push_subject=OPERATOR)
    site = Site(tmp_path, settings, port)
    await asyncio.to_thread(site.run, "migrate")
    config = uvicorn.Config(
        Application(settings), port=port, lifespan="on", log_config=None, ws="none", timeout_graceful_shutdown=2
    )
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server._serve())  # without its own signal handlers: this process is pytest's
    async with plain_wire() as wire:
        await asyncio.to_thread(until, lambda: server.started, 120.0)
        async with built_house(settings, alone=True) as house:
            yield Town(site, house, wire)
    server.should_exit = True
    await serving


@pytest_asyncio.fixture(loop_scope="session")
async def pushing(pushing_town: Town, notifying: Browser, examiner: Examiner) -> AsyncIterator[Street]:
    street = Street(pushing_town, notifying, examiner, "push")
    yield street
    await street.close()


@dataclass
class Worker:
    """The service worker behind one page, as the browser's maker sees it."""

    wire: Any
    registration: str
    origin: str

    async def deliver(self, text: str) -> None:
        wish = {"origin": self.origin, "registrationId": self.registration, "data": text}
        await self.wire.send("ServiceWorker.deliverPushMessage", wish)


async def worker_of(street: Street, page: Any, origin: str) -> Worker:
    wire = await page.context.new_cdp_session(page)
    told: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    def heard(event: dict[str, Any]) -> None:
        for each in event["registrations"]:
            if each["scopeURL"].startswith(origin) and not told.done():
                told.set_result(each["registrationId"])

    wire.on("ServiceWorker.workerRegistrationUpdated", heard)
    await wire.send("ServiceWorker.enable")
    return Worker(wire, await asyncio.wait_for(told, LONG), origin)


async def expect_notices(page: Any, wanted: list[str]) -> None:
    """Until exactly these notifications are shown."""
    shown = await page.evaluate(NOTICES, wanted)
    assert shown == wanted, shown


async def script_of(app: PhoneApp) -> Any:
    """The service worker as a place to run a script in."""
    context = app.page.context
    [worker] = context.service_workers or [await context.wait_for_event("serviceworker")]
    return worker


async def press(app: PhoneApp, title: str, action: str = "", *, is_closed: bool = False) -> list[str]:
    """Presses a notification or one of its buttons; what the worker wished to open or focus. `is_closed`: as if the
    app had no window."""
    worker = await script_of(app)
    wishes: list[str] = await worker.evaluate(PRESS, [title, action, is_closed])
    return wishes


async def woken_client(street: Street, service: PushService, **more: Any) -> tuple[Client, "Worker"]:
    """A client whose phone has notifications on, with the overview open."""
    anna = await street.with_phone(worker=True, script=service.script, permissions=["notifications"], **more)
    await anna.app.page.locator("button.round").last.click()
    await anna.app.at("settings")
    await anna.app.page.locator("tl-notifications button.secondary").click()
    await anna.app.page.locator("[data-push=on]").wait_for()
    worker = await worker_of(street, anna.app.page, anna.app.origin)
    return anna, worker
