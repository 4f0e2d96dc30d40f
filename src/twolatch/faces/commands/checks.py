"""What `twolatch doctor` looks at. Each check returns the remedy, or None when all is well."""

import asyncio
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from twolatch.settings import Settings

Check = Callable[[], str | None]
SLOWEST_HASH = 0.5  # seconds


def all_checks(settings: Settings) -> Iterator[tuple[str, Check]]:
    yield "addresses", lambda: _addresses(settings)
    yield f"master key {settings.key_provider or settings.key_file}", lambda: _key(settings)
    yield "database", lambda: asyncio.run(_database(settings))
    yield "password hash", lambda: _hash(settings)
    yield f"mail {settings.mail.partition('@')[2] or settings.mail}", lambda: _mail(settings)
    yield f"regions {settings.regions or '(examples)'}", lambda: _regions(settings)
    yield "audit log", lambda: asyncio.run(_audit(settings))
    yield "portal's files", _portal
    yield "phone app's files", _phone_app


def _addresses(settings: Settings) -> str | None:
    hosts = {settings.portal_url, settings.phone_url, settings.desk_url}
    if len(hosts) < 3:
        return "Portal, phone app and desk need three different hosts: set TWOLATCH_PORTAL_URL, _PHONE_URL, _DESK_URL."
    return None


def _key(settings: Settings) -> str | None:
    from twolatch.wires.wrapping import WrongKey, keeper_of

    try:
        keeper_of(settings)
    except WrongKey as fault:
        return f"{fault}. `twolatch migrate` makes one together with a new database."
    return None


async def _database(settings: Settings) -> str | None:
    from twolatch.house import Clock, WrongKey
    from twolatch.house.store import open_keys
    from twolatch.storage.db import StorageFault, is_missing, open_database, pending_migrations
    from twolatch.wires.wrapping import keeper_of

    if is_missing(settings.database):
        return f"There is no {settings.database} yet. A new site begins with `twolatch migrate`."
    try:
        db = await open_database(settings.database)
    except StorageFault as fault:
        return f"{fault}."
    try:
        if waiting := await pending_migrations(db):
            return f"Steps {waiting} are missing: run `twolatch migrate`."
        await open_keys(db, keeper_of(settings), Clock().now())
    except (StorageFault, WrongKey) as fault:
        return str(fault)
    finally:
        await db.close()
    return None


def _hash(settings: Settings) -> str | None:
    from nacl import bindings

    begun = time.perf_counter()
    bindings.crypto_pwhash_str_alg(
        b"x", settings.password_passes, settings.password_memory_mib << 20, bindings.crypto_pwhash_ALG_ARGON2ID13
    )
    took = time.perf_counter() - begun
    if took > SLOWEST_HASH:
        return f"One hash takes {took * 1000:.0f} ms: lower TWOLATCH_PASSWORD_MEMORY_MIB or _PASSES."
    return None


def _mail(settings: Settings) -> str | None:
    from twolatch.app import mail_of

    try:
        mail_of(settings)
    except ValueError as fault:
        return str(fault)
    if settings.mail.startswith("folder:") and settings.portal_url.startswith("https:"):
        return f"Notices only go to the folder {Path(settings.mail.removeprefix('folder:'))}: set TWOLATCH_MAIL."
    return None


def _regions(settings: Settings) -> str | None:
    from twolatch.app import regions_of

    try:
        regions = regions_of(settings)
    except ValueError as fault:
        return str(fault)
    samples = [one.id for one in regions.every if one.is_sample]
    if samples and settings.portal_url.startswith("https:"):
        return f"Clients are shown made-up addresses ({', '.join(samples)}): set TWOLATCH_REGIONS to a folder of yours."
    return None


async def _audit(settings: Settings) -> str | None:
    from twolatch.audit import store
    from twolatch.storage.db import StorageFault, is_missing, open_database
    from twolatch.wires.sinks import sinks_of

    try:
        sinks = sinks_of(settings.audit_sinks)
    except ValueError as fault:
        return f"{fault} (TWOLATCH_AUDIT_SINKS)."
    if not sinks and settings.portal_url.startswith("https:"):
        return "Whoever owns the database could cut the log short unseen: set TWOLATCH_AUDIT_SINKS."
    if is_missing(settings.database):
        return None  # said above
    try:
        db = await open_database(settings.database)
    except StorageFault:
        return None  # said above
    try:
        went = [(sink.name, await store.delivery(db, sink.name)) for sink in sinks]
    except StorageFault:
        return None
    finally:
        await db.close()
    return next((f"{name} takes no checkpoints: {how.fault}." for name, how in went if how.failing_since), None)


def _portal() -> str | None:
    from twolatch.faces.portal.assets import AssetsMissing, load

    try:
        load("#2f5fd0")
    except AssetsMissing as fault:
        return str(fault)
    return None


def _phone_app() -> str | None:
    from twolatch.faces.phone_app.pages import AppNotBuilt, PhoneApp

    try:
        PhoneApp()
    except AppNotBuilt as fault:
        return str(fault)
    return None
