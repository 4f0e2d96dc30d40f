"""Houses for tests of flows: opened on a copy of an empty site, with a clock that is moved by hand."""

import shutil
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from msgspec.structs import replace as changed

from tests.databases import Server, drop_database, fresh_database
from twolatch.activation import flows as activation
from twolatch.activation.claim import claim
from twolatch.activation.model import Offer
from twolatch.app import built_house
from twolatch.authenticators import gate, store
from twolatch.client import device
from twolatch.client.outcomes import Asked
from twolatch.client.store import Record
from twolatch.house import Clock, House
from twolatch.house.store import open_keys
from twolatch.kinds.phone import said, shown_bytes
from twolatch.login import flows as login
from twolatch.login.model import Collected, Proceed, Waits
from twolatch.people import store as people
from twolatch.people.model import User
from twolatch.protocol import pins
from twolatch.protocol.answer import Decision
from twolatch.protocol.codes import read_session_id
from twolatch.protocol.keys import PrivateKey
from twolatch.protocol.messages import Answer, Claimed, DeviceInfo, SignedBytes
from twolatch.protocol.octets import unb64u
from twolatch.sessions.flows import fingerprint, signed_in
from twolatch.sessions.model import SignedIn
from twolatch.settings import Settings
from twolatch.storage.db import migrate, open_database
from twolatch.wires.wrapping import KeyFile, read_master_key
from twolatch.words.refusals import Refusal
from twolatch.words.secret import Secret
from twolatch.words.visit import Visit

PASSWORD = "linden tree 42 kites"
RIGHT, WRONG = "7391", "2846"
INFO = DeviceInfo(platform="android", model="Pixel 8", browser="Chrome 140", app="twolatch-test/1")
ROUNDS = 1  # nobody's PIN is at stake


class Time:
    """Moved by hand; starts at a day of 2026. Seconds, as time.time tells them."""

    def __init__(self) -> None:
        self.seconds = 1_790_000_000.0

    def __call__(self) -> float:
        return self.seconds

    def pass_(self, seconds: float) -> None:
        self.seconds += seconds


class QuickHasher:
    """Where the hash is not what is tested: passwords as they are. Counts what it was asked."""

    def __init__(self) -> None:
        self.asked = 0

    def is_full_behind(self, many: int) -> bool:
        return False

    async def prepare(self) -> None:
        return None

    async def hash(self, password: Secret[str]) -> str:
        return f"plain:{password.reveal()}"

    async def is_right(self, stored: str | None, password: Secret[str]) -> bool:
        self.asked += 1
        return stored == f"plain:{password.reveal()}"

    def is_outdated(self, stored: str) -> bool:
        return False


@dataclass(frozen=True)
class Empty:
    """An empty site to copy: its key, and its migrated database as a file or as a template."""

    key_file: Path
    source: str

    @contextmanager
    def copy(self, folder: Path, server: Server | None) -> Iterator[Settings]:
        if server is None:
            shutil.copy(self.source, folder / "twolatch.db")
            yield settings_of(f"sqlite:///{folder}/twolatch.db", self.key_file)
            return
        url = fresh_database(server, self.source)
        yield settings_of(url, self.key_file)
        drop_database(server, url)


async def empty_site(url: str, key_file: Path) -> None:
    """Migrates a new database and makes its key."""
    db = await open_database(url)
    await migrate(db)
    await open_keys(db, KeyFile("file", read_master_key(key_file, make=True)), 0)
    await db.close()


def settings_of(url: str, key_file: Path) -> Settings:
    return Settings(
        database=url, key_file=key_file, mail=f"folder:{key_file.parent / 'mail'}", pin_iterations=1000
    )  # fmt: skip


@asynccontextmanager
async def open_house(settings: Settings, time: Time) -> AsyncIterator[House]:
    async with built_house(settings, alone=True, clock=Clock(time)) as house:
        quick: Any = QuickHasher()
        yield replace(house, hasher=quick)


# people


async def add_user(house: House, name: str) -> User:
    user = User(
        house.chance.id(), name, f"Client {name}", f"{name}@example.org", "en", f"plain:{PASSWORD}",
        False, False, False, 0, False, house.clock.now(), 0,
    )  # fmt: skip
    await house.db.write(lambda tx: people.add(tx, user, house.clock.now()))
    return user


@dataclass
class Seat:
    """A browser at the level of flows: what its cookies would hold."""

    house: House
    address: str = "192.0.2.1"
    pre: str = ""
    browser: str = ""
    token: str = ""

    def __post_init__(self) -> None:
        self.pre = self.pre or self.house.chance.token()

    @property
    def visit(self) -> Visit:
        now = self.house.clock.now()
        return Visit(fingerprint(self.pre), fingerprint(self.browser), self.address, "Firefox on Linux", "en", now)

    async def begin(self, name: str, password: str = PASSWORD) -> Proceed | Refusal:
        return await login.begin(self.house, self.visit, name, Secret(password))

    async def collect(self) -> Any:
        done = await login.collect(self.house, self.visit)
        if isinstance(done, Collected):
            self.token, self.browser = done.token, done.browser_token or self.browser
            self.pre = self.house.chance.token()
        return done

    async def who(self) -> SignedIn | None:
        return await signed_in(self.house, self.token, self.house.clock.now())

    async def log_in(self, name: str) -> SignedIn:
        assert isinstance(await self.begin(name), Proceed)
        assert isinstance(await self.collect(), Collected)
        who = await self.who()
        assert who
        return who


@dataclass
class Handset:
    """A phone at the level of flows: the client's own arithmetic, and answers handed over by hand."""

    house: House
    record: Record | None = None
    ready: Answer | None = None
    holds: list[str] = field(default_factory=list)  # other devices of the same app
    key: PrivateKey = field(init=False)
    test: Asked = field(init=False)

    def body(self, offer: Offer) -> device.Begun:
        code = read_session_id(offer.session_id)
        assert code
        return device.begin("", self.house.settings.phone_host, code, user_name="", info=INFO, holds=self.holds)

    async def claim(self, offer: Offer, address: str = "192.0.2.9") -> str | Refusal:
        """The six digits, or why not."""
        begun = self.body(offer)
        done = await claim(self.house, begun.body, address, self.house.clock.now())
        return done if isinstance(done, Refusal) else self.keep(begun, done)

    def keep(self, begun: device.Begun, claimed: Claimed) -> str:
        linked = device.link(begun, claimed, None)
        salt, mask = bytes(16), bytes(32)
        self.record = device.record(linked, pins.stretch(RIGHT, salt, ROUNDS), mask, salt, ROUNDS)
        self.key = begun.device_key
        asked = device.read_challenge(self.record, claimed.test)
        self.ready = self.made(asked)
        self.test = asked
        return linked.six_digits

    def made(
        self, asked: Asked, decision: Decision = Decision.APPROVE, *, pin: str = RIGHT, digits: str = "", ahead: int = 1
    ) -> Answer:
        of = self.record
        assert of
        secret = device.unmask(of, pins.stretch(pin, unb64u(of.salt, 16), ROUNDS))
        return device.make_answer(of, self.key, asked, decision, digits=digits, secret=secret, seq=of.seq + ahead)

    async def send(self, answer: Answer) -> gate.Answered | Refusal:
        """Hands an answer over and keeps the new epoch, as a phone does."""
        done = await gate.prove(self.house, said(answer), self.house.clock.now())
        assert self.record
        seq = max(self.record.seq, answer.seq)
        epoch = done.moving["epoch"] if isinstance(done, gate.Answered) else self.record.epoch
        self.record = changed(self.record, seq=seq, epoch=epoch)
        return done

    async def asked(self, challenge: str) -> Asked:
        """A challenge as this phone fetches it."""
        found = await store.find_challenge(self.house.db, self.house.keys, challenge)
        assert found
        assert self.record
        return device.read_challenge(self.record, SignedBytes(*shown_bytes(found.memory)))


async def confirmed(house: House, name: str) -> tuple[User, Seat, Handset]:
    """A client whose first phone has its six digits confirmed, and has its first answer ready."""
    user, seat, phone = await add_user(house, name), Seat(house), Handset(house)
    who = await seat.log_in(name)
    offer = await activation.begin(house, who, house.clock.now())
    assert isinstance(offer, Offer)
    digits = await phone.claim(offer)
    assert isinstance(digits, str)
    done = await activation.confirm(house, who, digits, house.clock.now())
    assert isinstance(done, activation.Confirmed)
    seat.token = done.token
    return user, seat, phone


async def activated(house: House, name: str) -> tuple[User, Seat, Handset]:
    """A client with a phone, signed in at a browser that is known."""
    user, seat, phone = await confirmed(house, name)
    assert phone.ready
    assert isinstance(await phone.send(phone.ready), gate.Answered)
    return user, seat, phone


async def waiting_at(seat: Seat) -> tuple[str, str]:
    """Challenge and digits this browser waits for."""
    view = await login.look(seat.house, seat.visit)
    assert isinstance(view, Waits), view
    return view.challenge, getattr(view.prompt, "digits", "")
