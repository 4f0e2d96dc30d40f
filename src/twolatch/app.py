"""The only place that builds things: from settings to one ASGI application."""

import asyncio
import gc
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from typing import Literal
from urllib.parse import unquote, urlsplit

import structlog
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from twolatch import fence, janitor, rotation, timekeeper
from twolatch.audit import sequencer
from twolatch.authenticators import waking
from twolatch.closing import effect as closing
from twolatch.custody.flows import Custodian
from twolatch.desk.proposals import ending as proposals
from twolatch.faces import health
from twolatch.faces.api import applications as applications_api
from twolatch.faces.api import phone as phone_api
from twolatch.faces.api.problems import problem
from twolatch.faces.desk.routes import Desk
from twolatch.faces.edge import Edge, Face
from twolatch.faces.leaving import leaves_politely
from twolatch.faces.logs import plain_logs
from twolatch.faces.phone_app.pages import POLICY as PHONE_POLICY
from twolatch.faces.phone_app.pages import AppNotBuilt, PhoneApp
from twolatch.faces.portal.assets import AssetsMissing
from twolatch.faces.portal.policy import POLICY
from twolatch.faces.portal.routes import Portal
from twolatch.faces.rooms import Rooms
from twolatch.house import Chance, Clock, Hasher, House, Keys, WrongKey
from twolatch.house.keys import PIN, SIGNING, VAPID
from twolatch.house.store import open_keys
from twolatch.house.traced import TracedDatabase, TracedHasher
from twolatch.kinds.kind import Site
from twolatch.kinds.phone import PhoneKeys
from twolatch.kinds.shelf import shelf
from twolatch.login import unfinished
from twolatch.notices.post import PostOffice
from twolatch.regions import BadRegions, Regions, days, shipped
from twolatch.regions import read as read_regions
from twolatch.settings import Settings, load
from twolatch.storage.db import (
    Database,
    StorageFault,
    file_of,
    is_missing,
    open_database,
    pending_migrations,
    server_of,
)
from twolatch.texts.catalogue import Texts
from twolatch.wires.mail import Mail, MailFolder, MailServer
from twolatch.wires.metrics import Metrics, Prometheus
from twolatch.wires.nats_relay import NatsRelay
from twolatch.wires.postgres_relay import PostgresRelay
from twolatch.wires.push import PUSH_HOSTS, Push, Subscription, VapidKeys
from twolatch.wires.push_worker import PushWorker
from twolatch.wires.signals import NoRelay, Signals
from twolatch.wires.sinks import sinks_of
from twolatch.wires.socket_relay import SocketRelay
from twolatch.wires.traces import Traces
from twolatch.wires.wrapping import keeper_of
from twolatch.words.refusals import Refusal
from twolatch.words.secret import Secret
from twolatch.words.visit import Door

log = structlog.get_logger("app")

_TLS: Mapping[str, Literal["none", "starttls", "tls"]] = {"smtp": "none", "smtp+starttls": "starttls", "smtps": "tls"}


class NotMigrated(Exception):
    """The database is older than this program: run `twolatch migrate`."""


async def _opened(url: str) -> Database:
    """Raises NotMigrated where a file would have to be made: an empty one passes for a site."""
    if is_missing(url):
        raise NotMigrated(f"there is no {url} yet: a new site begins with `twolatch migrate`")
    return await open_database(url)


@asynccontextmanager
async def built_house(
    settings: Settings, *, alone: bool = False, clock: Clock | None = None, traces: Traces | None = None
) -> AsyncIterator[House]:
    """A house with everything open; closed in reverse order. `alone`: no signals, no push, for one command."""
    async with AsyncExitStack() as stack:
        db = await _opened(settings.database)
        stack.push_async_callback(db.close)
        if waiting := await pending_migrations(db):
            raise NotMigrated(f"the database lacks steps {waiting}: run `twolatch migrate`")
        clock = clock or Clock()
        await timekeeper.look(db, clock, settings, asks_server=not alone)
        keys = await open_keys(db, keeper_of(settings), clock.latest())
        hasher = _hasher(settings, keys, traces)
        stack.callback(hasher.close)
        signals = Signals(NoRelay() if alone else _relay(settings))
        house = House(
            settings=settings,
            db=TracedDatabase(db, traces) if traces else db,
            keys=keys,
            clock=clock,
            chance=Chance(),
            hasher=hasher,
            kinds=shelf(
                phone_keys(settings, keys),
                settings.site_name,
                portal_site(settings),
                is_strict=settings.is_strict,
                has_legacy_cards=settings.legacy_cards,
            ),
            signals=signals,
            push=None if alone else _push(settings, keys, db),
            witnesses=(Custodian(),),
            regions=regions_of(settings),
        )
        if not alone:
            await _open_wires(stack, house)
        yield house


def _hasher(settings: Settings, keys: Keys, traces: Traces | None) -> Hasher:
    how = (settings.password_passes, settings.password_memory_mib, keys, settings.password_queue_seconds)
    if traces is None:
        return Hasher(*how)
    hasher = TracedHasher(*how)
    hasher.traces = traces
    return hasher


async def _open_wires(stack: AsyncExitStack, house: House) -> None:
    await house.signals.start()
    stack.push_async_callback(house.signals.close)
    if house.push:
        await house.push.start()
        stack.push_async_callback(house.push.close)
    await house.hasher.prepare()


def regions_of(settings: Settings) -> Regions:
    """The operator's folder, with calendars that exist; or the examples. Raises BadRegions with what to mend."""
    if settings.regions is None:
        return _counting(settings, shipped(settings.site_name))
    regions = read_regions(settings.regions, settings.site_name)
    for region in regions.every:
        try:
            days.check(region)
        except days.NoCalendar as fault:
            raise BadRegions(f"{settings.regions / region.id}.toml: {fault}") from None
    return _counting(settings, regions)


def _counting(settings: Settings, regions: Regions) -> Regions:
    """With the region by whose calendar limits count their days, read once: no question waits for a calendar."""
    if settings.business_region:
        region = regions.by_id(settings.business_region)
        if region is None:
            raise BadRegions(f"TWOLATCH_BUSINESS_REGION: there is no region {settings.business_region}")
        days.check(region)
    return regions


def portal_site(settings: Settings) -> Site:
    """Where the passkeys of clients belong."""
    return Site(settings.portal_rp_id, settings.portal_url)


def phone_keys(settings: Settings, keys: Keys) -> PhoneKeys:
    return PhoneKeys(
        host=settings.phone_host,
        origin=settings.phone_url,
        rp_id=settings.rp_id,
        portal_name=settings.portal_name,
        signing=keys.private(SIGNING),
        pin=keys.private(PIN),
        code_digits=settings.code_digits,
    )


def _relay(settings: Settings) -> NoRelay | NatsRelay | SocketRelay | PostgresRelay:
    """How the processes of one site hint to each other."""
    if settings.signals:
        return NatsRelay(settings.signals.split(","), settings.portal_url)
    if path := file_of(settings.database):
        return SocketRelay(path.parent / f"{path.name}.signals")
    return PostgresRelay(server_of(settings.database))


def _push(settings: Settings, keys: Keys, db: Database) -> PushWorker | None:
    if not settings.push_subject:
        return None
    hosts = frozenset(settings.push_hosts) or PUSH_HOSTS
    push = Push(VapidKeys(keys.private(VAPID)), settings.push_subject, hosts)

    async def gone(subscription: Subscription) -> None:
        await waking.drop_dead(db, subscription)

    return PushWorker(push, gone)


def mail_of(settings: Settings) -> Mail:
    """`folder:PATH`, `smtp://`, `smtp+starttls://`, `smtps://`. Raises ValueError for anything else."""
    if settings.mail.startswith("folder:"):
        return MailFolder(settings.mail.removeprefix("folder:"), settings.mail_sender)
    parts = urlsplit(settings.mail)
    tls = _TLS.get(parts.scheme)
    if tls is None or not parts.hostname:
        raise ValueError("TWOLATCH_MAIL is folder:PATH, smtp://HOST, smtp+starttls://HOST or smtps://HOST")
    port = parts.port or {"none": 25, "starttls": 587, "tls": 465}[tls]
    return MailServer(
        parts.hostname,
        port,
        username=unquote(parts.username) if parts.username else None,
        password=Secret(unquote(parts.password)) if parts.password else None,
        tls=tls,
        sender=settings.mail_sender,
    )


def built_edge(
    house: House, texts: Texts, metrics: Metrics | None = None, traces: Traces | None = None
) -> Edge:
    settings = house.settings
    portal, app, desk = Portal(settings), PhoneApp(), Desk(settings)
    phone_rooms = Rooms([*health.routes(), *phone_api.routes(), *app.routes()])
    portal_rooms = Rooms([*health.routes(), *applications_api.routes(), *portal.routes()])

    def refuse(request: Request, refusal: Refusal) -> Response:
        """A page for people, a problem for programs."""
        is_api = request.scope["path"].startswith(f"{applications_api.BASE}/")
        return problem(request, refusal) if is_api else portal.refuse(request, refusal)

    return Edge(
        house,
        texts,
        {
            urlsplit(settings.portal_url).netloc: Face("portal", portal_rooms, POLICY, refuse),
            urlsplit(settings.phone_url).netloc: Face("phone", phone_rooms, PHONE_POLICY, problem),
            urlsplit(settings.desk_url).netloc: Face(
                "desk", Rooms([*health.routes(), *desk.routes()]), POLICY, desk.refuse, Door.DESK
            ),
        },
        metrics,
        traces,
    )


# What an operator can mend: said in a sentence, without a traceback.
_MENDABLE = (NotMigrated, WrongKey, StorageFault, AssetsMissing, AppNotBuilt, ValueError)


class Application:
    """One process: opens the house when the server starts it, closes it when the server ends."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._edge: Edge | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif self._edge is not None:
            await self._edge(scope, receive, send)

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        try:
            metrics = Prometheus() if self._settings.metrics else None
            async with (
                _told(self._settings) as traces,
                built_house(self._settings, traces=traces) as house,
                _running(house, metrics),
            ):
                texts = Texts(house.settings.languages, house.settings.time_zone)
                self._edge = built_edge(house, texts, metrics, traces)
                _settle_memory()
                with leaves_politely(self._edge.leave, self._settings.leave_seconds):
                    await send({"type": "lifespan.startup.complete"})
                    await receive()
        except _MENDABLE as fault:
            await send({"type": "lifespan.startup.failed", "message": str(fault)})
            return
        except Exception as fault:
            log.error("start_failed", reason=str(fault), exc_info=fault)
            await send({"type": "lifespan.startup.failed", "message": f"{type(fault).__name__}: {fault}"})
            return
        await send({"type": "lifespan.shutdown.complete"})


@asynccontextmanager
async def _told(settings: Settings) -> AsyncIterator[Traces | None]:
    """Where traces go; closed last, when all spans have ended."""
    if not settings.otlp:
        yield None
        return
    traces = Traces(settings.otlp)
    try:
        yield traces
    finally:
        await traces.close()


def _settle_memory() -> None:
    """What is built now stays for good: the collector need not walk it again and again among the requests."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)


@asynccontextmanager
async def _running(house: House, metrics: Metrics | None) -> AsyncIterator[None]:
    """What goes on beside the requests."""
    await fence.check(house)
    texts = Texts(house.settings.languages, house.settings.time_zone)
    office = PostOffice(house, texts, mail_of(house.settings))
    sinks = sinks_of(house.settings.audit_sinks)
    jobs: list[Callable[[], Awaitable[None]]] = [
        lambda: timekeeper.run(house),
        office.run,
        lambda: janitor.run(house),
        lambda: unfinished.run(house),
        lambda: closing.run(house),
        lambda: proposals.run(house),
        lambda: sequencer.run(house, sinks, metrics),
        lambda: rotation.run(house, lambda: keeper_of(house.settings)),
        lambda: fence.run(house, lambda: _opened(house.settings.database)),
    ]
    tasks = [asyncio.ensure_future(job()) for job in jobs]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task


def application() -> Application:
    """For a server's `--factory`: settings from the environment. Logs are set here, for every worker process: a
    library's own default prints the locals of a traceback, passwords among them."""
    plain_logs()
    return Application(load())
