"""Fills a site's database with clients, by the house's own store functions, so that MACs and seals are the real ones.

Everybody has the same password, hashed once; every phone that is used has a key of its own.
"""

import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import apsw
import asyncpg
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from bench.person import PASSWORD, Person, Town
from bench.site import Site
from twolatch.authenticators import store as authenticators
from twolatch.authenticators.model import Authenticator, Challenge, Purpose, State
from twolatch.authenticators.model import Stage as Asking
from twolatch.client.store import Record
from twolatch.house import Chance, Hasher, Keys
from twolatch.house.keys import PIN, SIGNING
from twolatch.house.store import open_keys
from twolatch.login import store as logins
from twolatch.login.model import Attempt, Stage
from twolatch.people import store as people
from twolatch.people.model import User
from twolatch.protocol import keys as curve
from twolatch.protocol.octets import b64u
from twolatch.rehearsal.phone import INFO, ITERATIONS, SALT, masked
from twolatch.sessions import store as sessions
from twolatch.sessions.flows import fingerprint
from twolatch.settings import Settings
from twolatch.storage.asyncpg_talk import prepared
from twolatch.storage.db import Database, Tx, file_of, open_database
from twolatch.wires.wrapping import keeper_of
from twolatch.words.limits import HOUR
from twolatch.words.secret import Secret

AT_ONCE = 20_000  # clients in one transaction


def settings_of(site: Site) -> Settings:
    """The very settings the server runs with."""
    own: dict[str, Any] = {name.removeprefix("TWOLATCH_").lower(): value for name, value in site.environment.items()}
    return Settings(**own)


async def fill(settings: Settings, port: int, size: int, active: int, without: int) -> Town:
    """`size` clients, of whom `active` are handed to the load with their keys; `without` more have no phone."""
    db = await open_database(settings.database)
    try:
        registry = await Registry.of(db, settings, port)
        await registry.add(range(size), active, has_phone=True)
        await registry.add(range(size, size + without), without, has_phone=False)
    finally:
        await db.close()
    return Town(port, registry.known[:active], registry.known[active:])


class Registry:
    def __init__(self, db: Database, settings: Settings, keys: Keys, password: str, port: int) -> None:
        self._db, self._settings, self._keys, self._password, self._port = db, settings, keys, password, port
        self._chance, self._now = Chance(), time.time_ns() // 1_000_000
        self._points = [b64u(curve.public_point(keys.private(name))) for name in (SIGNING, PIN)]
        self._nobodys = curve.new_private()  # of the phones of all who never log in
        self.known: list[Person] = []

    @classmethod
    async def of(cls, db: Database, settings: Settings, port: int) -> "Registry":
        keys = await open_keys(db, keeper_of(settings), time.time_ns() // 1_000_000)
        hasher = Hasher(settings.password_passes, settings.password_memory_mib, keys)
        password = await hasher.hash(Secret(PASSWORD))
        hasher.close()
        return cls(db, settings, keys, password, port)

    async def add(self, numbers: range, active: int, *, has_phone: bool) -> None:
        last = numbers.start + active
        for start in range(numbers.start, numbers.stop, AT_ONCE):
            some = range(start, min(start + AT_ONCE, numbers.stop))

            async def work(tx: Tx, some: Iterable[int] = some) -> None:
                for number in some:
                    person = await self._one(tx, number, has_phone=has_phone, is_known=number < last)
                    if person:
                        self.known.append(person)

            await self._write(work)

    async def add_waiting(self, numbers: range) -> list[str]:
        """Clients who have given their passwords and wait for their phones, each with a question of his own that lives
        for an hour; the cookies of their browsers."""
        marks = []
        for start in range(numbers.start, numbers.stop, AT_ONCE):
            some = range(start, min(start + AT_ONCE, numbers.stop))

            async def work(tx: Tx, some: Iterable[int] = some) -> None:
                for number in some:
                    marks.append(await self._waiting(tx, number))

            await self._write(work)
        return marks

    async def _waiting(self, tx: Tx, number: int) -> str:
        user = self._user(f"client{number}", number)
        await people.add(tx, user, self._now)
        phone = self._phone(user, curve.public_point(self._nobodys), self._chance.bytes(32))
        await authenticators.insert(tx, self._keys, phone)
        mark, until = self._chance.token(), self._now + HOUR
        asked = Challenge(
            self._chance.id(), user.id, phone.id, Purpose.LOGIN, fingerprint(mark), True, {}, {}, Asking.PENDING, 0,
            b"", self._now, until, 0,
        )  # fmt: skip
        await authenticators.insert_challenge(tx, self._keys, asked)
        attempt = Attempt(self._chance.id(), user.id, Stage.OPEN, asked.id, self._now, until)
        await logins.insert(tx, fingerprint(mark), attempt)
        return mark

    async def _write(self, work: Any) -> None:
        pile = Pile()
        await work(pile)
        await pile.send(self._settings.database)

    async def _one(self, tx: Tx, number: int, *, has_phone: bool, is_known: bool) -> Person | None:
        name, address = f"client{number}", f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"
        user = self._user(name, number)
        await people.add(tx, user, self._now)
        if not has_phone:
            return Person(name, address, "", None)
        browser, secret = self._chance.token(), self._chance.bytes(32)
        key = curve.new_private() if is_known else self._nobodys
        await sessions.know(tx, fingerprint(browser), user.id, self._now)
        phone = self._phone(user, curve.public_point(key), secret)
        await authenticators.insert(tx, self._keys, phone)
        return Person(name, address, browser, self._record(user, phone, key, secret)) if is_known else None

    def _user(self, name: str, number: int) -> User:
        return User(
            self._chance.id(), name, f"Client {number}", f"{name}@example.org", "en", self._password,
            False, False, False, 0, False, self._now, 0,
        )  # fmt: skip

    def _phone(self, user: User, public: bytes, secret: bytes) -> Authenticator:
        device, epoch = self._chance.id(), b64u(self._chance.bytes(16))
        return Authenticator(
            id=device,
            user=user.id,
            kind="phone",
            name=INFO.model,
            state=State.ACTIVE,
            enrolment={"public_key": b64u(public), "platform": "android", "activation": device, "scheme": "pin"},
            secret=self._keys.seal("authenticators.secret", device, user.id, secret),
            moving={"epoch": epoch, "previous": epoch, "seq": 0},
            version=0,
            push="",
            created_at=self._now,
            used_at=0,
        )

    def _record(self, user: User, phone: Authenticator, key: curve.PrivateKey, secret: bytes) -> Record:
        signing, pin = self._points
        return Record(
            device=phone.id,
            server=f"http://phone.localhost:{self._port}",
            host=self._settings.phone_host,
            user=user.name,
            display=user.display,
            site=self._settings.site_name,
            state="active",
            six_digits="",
            expires=0,
            key_pem=key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode(),
            k_mask=b64u(bytes(32)),
            salt=b64u(SALT),
            iterations=ITERATIONS,
            ms=masked(secret),
            signing_key=signing,
            pin_key=pin,
            epoch=phone.moving["epoch"],
            seq=0,
            scheme="pin",
        )


class Pile:
    """A transaction that only gathers its statements, to send each kind of them at once: PostgreSQL would otherwise
    be asked three times for each of 100,000 clients, and each value would go to SQLite's writer and back."""

    def __init__(self) -> None:
        self._given: dict[str, list[dict[str, Any]]] = {}

    async def run(self, sql: str, /, **values: Any) -> int:
        self.later(sql, **values)
        return 1

    async def row(self, sql: str, /, **values: Any) -> None:
        """Of an UPDATE that would tell what it changed: nothing, for everything here is new."""

    def later(self, sql: str, /, **values: Any) -> None:
        self._given.setdefault(sql, []).append(values)

    async def send(self, url: str) -> None:
        if file := file_of(url):
            self._into(file)
            return
        connection = await asyncpg.connect(url)
        try:
            async with connection.transaction():
                for sql, rows in self._given.items():
                    text, _ = prepared(sql, rows[0])
                    await connection.executemany(text, [prepared(sql, values)[1] for values in rows])
        finally:
            await connection.close()

    def _into(self, file: Path) -> None:
        connection = apsw.Connection(str(file))
        connection.set_busy_timeout(10_000)
        connection.pragma("synchronous", "OFF")  # of this connection alone; what a power cut takes is filled again
        connection.pragma("cache_size", -262_144)  # KiB: ids are random, so their indices are touched everywhere
        with connection:
            for sql, rows in self._given.items():
                connection.executemany(sql, rows)
        connection.close()
