"""More people than a process can serve: who comes too many is told so at once, loses nothing, and holds nobody up."""

import asyncio
import re
import threading
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import httpx
import pytest

from tests.flows.houses import PASSWORD, Seat, activated
from tests.flows.test_edge import request
from tests.people import Browser, Page
from twolatch.app import built_edge
from twolatch.faces.admission import BEGINNINGS, HASHES, Admission, Overloaded
from twolatch.faces.edge import Edge
from twolatch.house import Hasher, HashingBusy, House, hasher
from twolatch.login.model import Proceed
from twolatch.people import flows as people
from twolatch.people.model import User
from twolatch.texts.catalogue import Texts
from twolatch.words.secret import Secret

LONG = 60.0
WAITING = 2  # beside the one that is hashed


class Hall:
    """A house whose password hash stands still until it is let go, and its edge."""

    def __init__(self, house: House, hashing: Hasher, **settings: Any) -> None:
        own: Any = house.settings.model_copy(update=settings)
        self.hasher, self.quick = hashing, house
        self.house = replace(house, hasher=hashing, settings=own)
        self.edge: Edge = built_edge(self.house, Texts())
        self._stands: Any = SimpleNamespace(settings=own, port=8080)

    def browser(self) -> Browser:
        return Browser(self._stands, httpx.ASGITransport(self.edge), address="192.0.2.1")

    async def person(self, name: str) -> User:
        new = people.NewUser(name, f"Client {name}", f"{name}@example.org", "en", Secret(PASSWORD))
        user = await people.add(self.house, new, self.house.clock.now())
        assert isinstance(user, User)
        return user

    async def charges(self) -> dict[str, tuple[int, int]]:
        """What stands in the ledger against passwords and addresses: charges, and until when one has to wait."""
        rows = await self.house.db.rows(
            "SELECT key, count, wait_until FROM meters WHERE key LIKE 'password%' AND (count > 0 OR wait_until > 0)"
        )
        return {row["key"]: (int(row["count"]), int(row["wait_until"])) for row in rows}


@contextmanager
def standing(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Inside, hashes begin and do not end."""
    let_go, real = threading.Event(), hasher._verify

    def held(stored: str, password: bytes) -> bool:
        assert let_go.wait(LONG)
        return real(stored, password)

    monkeypatch.setattr(hasher, "_verify", held)
    try:
        yield
    finally:
        let_go.set()


async def until(is_so: Callable[[], bool]) -> None:
    async with asyncio.timeout(LONG):
        while not is_so():  # noqa: ASYNC110  counters tell nobody that they changed
            await asyncio.sleep(0)


@pytest.fixture
async def hall(house: House) -> Any:
    """One core, and patience for as long as these tests take."""
    hashing = Hasher(2, 19, house.keys, queue_seconds=LONG, cores=1)
    await hashing.prepare()
    yield Hall(house, hashing)
    hashing.close()


@asynccontextmanager
async def full(hall: Hall, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[list["asyncio.Task[Page]"]]:
    """Inside: people whose passwords are being looked at, as many as may wait and not one more. They come in at the
    end."""
    names = [f"early{number}" for number in range(WAITING + 1)]
    for name in names:
        await hall.person(name)
    with standing(monkeypatch):
        hall.hasher.cost = LONG / (WAITING - 0.5)  # so many may wait
        logins = [asyncio.ensure_future(hall.browser().log_in(name)) for name in names]
        await until(lambda: hall.hasher.waiting == WAITING)
        assert hall.hasher.is_full
        yield logins
    pages = await asyncio.gather(*logins)
    assert [(page.status, page.path) for page in pages] == [(200, "/")] * (WAITING + 1)


async def test_one_too_many_is_refused_at_once_and_the_others_come_in(
    hall: Hall, monkeypatch: pytest.MonkeyPatch
) -> None:
    late, browser = await hall.person("late"), hall.browser()
    await browser.get("/login")
    async with full(hall, monkeypatch) as logins:
        before = await hall.charges()
        for language in ("en", "nl"):
            browser.language = language
            page = await browser.try_password(late.name, PASSWORD)
            assert (page.status, page.says("server.busy", language)) == (503, True)
            assert int(page.answer.headers["retry-after"]) >= 1
            assert f'href="/login">{Texts().say(language, "problem.again")}<' in page.text
        assert await hall.charges() == before, "nothing was done for him, and nothing counts against him"
        assert not any(login.done() for login in logins)
    browser.language = "en"
    assert (await browser.log_in(late.name)).path == "/"
    assert await hall.charges() == {}


async def test_meanwhile_whoever_needs_no_hash_is_served(hall: Hall, monkeypatch: pytest.MonkeyPatch) -> None:
    await hall.person("inside")
    inside = hall.browser()
    await inside.log_in("inside")
    async with full(hall, monkeypatch):
        assert (await inside.get("/security")).status == 200
        assert (await hall.browser().get("/login")).status == 200
        assert (await hall.browser().get("/readyz")).text == "ready\n", "a busy process is not taken out of the round"


async def test_phones_are_told_as_programs_are_and_do_not_all_come_back_together(
    hall: Hall, monkeypatch: pytest.MonkeyPatch
) -> None:
    wire = httpx.ASGITransport(hall.edge)
    async with (
        full(hall, monkeypatch),
        httpx.AsyncClient(transport=wire, base_url=hall.house.settings.phone_url) as phone,
    ):
        headers = {"accept-language": "nl"}
        replies = [await phone.post("/api/phone/v1/sign-in", json={}, headers=headers) for _ in range(40)]
    assert len({reply.headers["retry-after"] for reply in replies}) > 1
    reply, told = replies[0], replies[0].json()
    assert (reply.status_code, told["code"], reply.headers["content-type"]) == (
        503, "server.busy", "application/problem+json",
    )  # fmt: skip
    assert told["retry_after"] == int(reply.headers["retry-after"])
    assert told["title"] == Texts().say("nl", "refusal.server.busy.title")


@pytest.mark.parametrize("wrong", [0, 4, 8])
async def test_a_password_that_was_not_looked_at_costs_no_try(
    house: House, monkeypatch: pytest.MonkeyPatch, wrong: int
) -> None:
    """The queue was longer than it seemed: it was paid, and it waited in vain. After four wrong ones the fifth begins a
    wait, after nine the tenth locks for a day."""
    hashing = Hasher(2, 19, house.keys, queue_seconds=0.01, cores=1)
    hall = Hall(house, hashing)
    user = await hall.person("anna")
    await house.db.write(
        lambda tx: tx.run(
            "INSERT INTO meters (key, count, since, wait_until) VALUES (:key, :count, :now, 0)",
            key=f"password:{user.id}", count=wrong, now=house.clock.now(),
        )
    )  # fmt: skip
    before = await hall.charges()
    with standing(monkeypatch):
        blocking = asyncio.ensure_future(hashing.is_right(user.password, Secret("x")))
        await until(lambda: hashing._in_line == 1)
        hashing.cost = 0.0  # nothing is known yet of what a hash takes
        with pytest.raises(HashingBusy):
            await Seat(hall.house).begin(user.name)
        assert await hall.charges() == before
    await blocking


async def test_a_hash_of_other_rules_is_renewed_another_time(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """The password is right and the storm goes on: he comes in, with the hash he has."""
    hashing = Hasher(2, 19, house.keys, queue_seconds=LONG, cores=1)
    hall = Hall(house, hashing)
    user = await hall.person("anna")

    async def busy(_: Secret[str]) -> str:
        raise HashingBusy

    monkeypatch.setattr(hashing, "is_outdated", lambda stored: True)
    monkeypatch.setattr(hashing, "hash", busy)
    await Seat(hall.house).log_in(user.name)
    row = await house.db.row("SELECT password FROM users WHERE id = :id", id=user.id)
    assert row
    assert row["password"] == user.password
    hashing.close()


# places


class Never:
    def is_full_behind(self, many: int) -> bool:
        return False


def scope_of(method: str, path: str) -> dict[str, Any]:
    return request("localhost:8080", method, path)


def test_logins_begin_in_half_of_the_places_and_who_is_half_way_has_the_others() -> None:
    gate = Admission(8, Never())
    begun = [gate.place(scope_of("POST", "/login")) for _ in range(5)]
    for place in begun[:4]:
        place.take()
    with pytest.raises(Overloaded):
        begun[4].take()
    half_way = [gate.place(scope_of("POST", "/api/phone/v1/answers")) for _ in range(5)]
    for place in half_way[:4]:
        place.take()
    with pytest.raises(Overloaded):
        half_way[4].take()
    gate.place(scope_of("GET", "/readyz")).take()
    half_way[0].leave()
    half_way[4].take()


class Short:
    """A queue for three."""

    def is_full_behind(self, many: int) -> bool:
        return many >= 3


def test_who_is_on_the_way_to_the_hash_counts_before_he_pays_for_it() -> None:
    gate = Admission(100, Short())
    begun = [gate.place(scope_of("POST", "/login")) for _ in range(4)]
    for place in begun[:3]:
        place.take()
    with pytest.raises(Overloaded):
        begun[3].ask()
    gate.place(scope_of("GET", "/login")).take()
    gate.place(scope_of("POST", "/login/key")).take()
    begun[0].leave()
    begun[0].leave()
    begun[3].take()
    with pytest.raises(Overloaded):
        gate.place(scope_of("POST", "/lost")).take()


def test_a_place_is_taken_once_and_left_once_in_whatever_order() -> None:
    gate = Admission(8, Never())
    early, twice = gate.place(scope_of("GET", "/")), gate.place(scope_of("GET", "/"))
    early.leave()
    early.take()  # its body came after its answer
    for step in (twice.take, twice.take, twice.leave, twice.leave):
        step()
    assert gate.in_work == 0


def test_every_beginning_is_an_address_of_a_face(house: House) -> None:
    edge = built_edge(house, Texts())
    known = {wish for face, _ in edge._faces.values() for wish in face.rooms._fixed}  # type: ignore[attr-defined]
    assert known >= BEGINNINGS
    assert BEGINNINGS >= HASHES


Send = Callable[[Any], Coroutine[Any, Any, None]]


class Call:
    """One request to the edge that goes on until it is left."""

    def __init__(self, edge: Edge, scope: dict[str, Any], body: bytes | None = b"") -> None:
        self.sent: list[Any] = []
        self._body, self._left = body, asyncio.Event()
        self.task = asyncio.ensure_future(edge(scope, self._receive, self._send))

    async def _receive(self) -> Any:
        if self._body is None:
            await self._left.wait()
            return {"type": "http.disconnect"}
        said, self._body = self._body, None
        return {"type": "http.request", "body": said, "more_body": bool(said)}

    async def _send(self, message: Any) -> None:
        self.sent.append(message)

    @property
    def status(self) -> int | None:
        return next((message["status"] for message in self.sent if message["type"] == "http.response.start"), None)

    @property
    def is_whole(self) -> bool:
        return any(message["type"] == "http.response.body" and not message.get("more_body") for message in self.sent)

    async def leave(self) -> None:
        self._left.set()
        await asyncio.wait_for(self.task, LONG)


async def test_whoever_sends_slowly_or_waits_on_a_stream_takes_nobodys_place(hall: Hall) -> None:
    hall = Hall(hall.quick, hall.hasher, requests_most=8)
    stream = await waiting(hall)
    portal, phone = hall.house.settings.portal_host, hall.house.settings.phone_host
    length = (b"content-length", b"100")
    slow = [Call(hall.edge, request(phone, "POST", "/api/phone/v1/answers", length), b"{") for _ in range(20)]
    streams = []
    for _ in range(20):
        streams.append(Call(hall.edge, dict(stream)))
        await until(lambda: len(streams[-1].sent) >= 3)
    page = Call(hall.edge, request(portal, "GET", "/login"))
    await page.leave()
    assert page.status == 200
    assert {each.status for each in slow} == {None}
    for each in slow:
        await each.leave()
    hall.edge.leave()
    for each in streams:
        await each.leave()


@pytest.mark.parametrize(
    ("path", "back"),
    [
        ("/security", "/security"),
        ("//elsewhere.example/", "/"),
        ("/\\elsewhere.example", "/%5Celsewhere.example"),
        ('/a"b', "/a&#34;b"),
    ],
)
async def test_where_one_tries_again_is_where_one_was_and_never_another_site(
    house: House, path: str, back: str
) -> None:
    edge = built_edge(house, Texts())
    edge._admission.in_work = house.settings.requests_most
    call = Call(edge, request(house.settings.portal_host, "GET", path))
    await call.leave()
    text = b"".join(message.get("body", b"") for message in call.sent).decode()
    assert call.status == 503
    found = re.search(f'href="([^"]*)">{Texts().say("en", "problem.again")}<', text)
    assert found
    assert found[1] == back


async def waiting(hall: Hall) -> dict[str, Any]:
    """A request for the stream of somebody who is asked for his phone."""
    user, seat, _ = await activated(hall.quick, "waits")
    assert isinstance(await seat.begin(user.name), Proceed)
    cookie = (b"cookie", f"__Host-pre={seat.pre}; __Host-dev={seat.browser}".encode())
    return request(hall.house.settings.portal_host, "GET", "/login/wait", cookie)


async def test_a_process_that_leaves_says_so_first_and_ends_its_streams_as_they_should(hall: Hall) -> None:
    asks = await waiting(hall)
    streams = [Call(hall.edge, dict(asks)) for _ in range(2)]
    await until(lambda: all(len(each.sent) >= 3 for each in streams))
    assert not any(each.task.done() for each in streams)
    hall.edge.leave()
    async with asyncio.timeout(LONG):
        await asyncio.gather(*(each.task for each in streams))
    assert all(each.is_whole for each in streams), "a browser takes it for an end, and connects again"
    browser = hall.browser()
    ready = await browser.get("/readyz")
    assert (ready.status, ready.text) == (503, "leaving\n")
    page = await browser.get("/login")
    assert (page.status, page.answer.headers["connection"]) == (200, "close"), "and nobody is turned away meanwhile"
