"""Each request has a name of its own: in its answer, on a page that says no, in the lines of the log, nowhere else."""

import asyncio
import io
import json
import logging
import re
import sys
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from typing import Any

import pytest
import structlog

from tests.flows.test_edge import client
from twolatch.faces import logs, request_ids
from twolatch.faces.edge import Edge
from twolatch.house import House
from twolatch.storage.db import Tx
from twolatch.wires.push import Delivered, Subscription
from twolatch.wires.push_worker import PushWorker

OURS = re.compile(r"[0-9a-f]{32}")
OF_NGINX = "4bf92f3577b34da6a3ce929d0e0e4736"
OF_CADDY = "f81d4fae-7dec-11d0-a765-00a0c91e6bf6"
STRANGE = ["x", OF_NGINX.upper(), OF_NGINX + "0", f"{OF_NGINX[:-1]}\u00e9", '","event":"fence', "0" * 31]


def behind(house: House, proxies: int) -> House:
    return replace(house, settings=house.settings.model_copy(update={"trusted_proxies": proxies}))


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    """What the log says, in the form of a server without a terminal; afterwards it is as it was."""
    heard, root = io.StringIO(), logging.getLogger()
    before, kept = structlog.get_config(), root.handlers[:]
    root.handlers[:] = []
    monkeypatch.setattr(sys, "stderr", heard)
    logs.plain_logs()
    yield heard
    root.handlers[:] = kept
    structlog.configure(**before)


def lines(said: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in said.getvalue().splitlines()]


async def named(house: House, **headers: str) -> str:
    async with client(house, house.settings.portal_url) as http:
        return (await http.get("/livez", headers=headers)).headers["x-request-id"]


async def test_every_answer_has_a_name_of_its_own_also_for_who_knocks_at_no_host_of_ours(house: House) -> None:
    async with client(house, house.settings.portal_url) as http:
        answers = [await http.get(path) for path in ("/livez", "/livez", "/nowhere", "/login")]
        answers.append(await http.get("/", headers={"host": "elsewhere.example"}))
    names = [answer.headers.get_list("x-request-id") for answer in answers]
    assert all(len(each) == 1 and OURS.fullmatch(each[0]) for each in names)
    assert len({each[0] for each in names}) == len(answers)


@pytest.mark.parametrize("given", [OF_NGINX, OF_CADDY])
async def test_a_name_is_taken_from_a_proxy_of_ours_and_from_nobody_else(house: House, given: str) -> None:
    assert await named(behind(house, 1), **{"x-request-id": given}) == given
    assert await named(behind(house, 0), **{"x-request-id": given}) != given


@pytest.mark.parametrize("given", STRANGE)
async def test_a_name_in_another_shape_is_not_taken_even_from_a_proxy(house: House, given: str) -> None:
    async with client(behind(house, 1), house.settings.portal_url) as http:
        name = (await http.get("/livez", headers=[(b"x-request-id", given.encode())])).headers["x-request-id"]
    assert OURS.fullmatch(name)
    assert name != given


async def test_two_names_at_once_are_none(house: House) -> None:
    async with client(behind(house, 1), house.settings.portal_url) as http:
        twice = [("x-request-id", OF_NGINX), ("x-request-id", OF_CADDY)]
        assert (await http.get("/livez", headers=twice)).headers["x-request-id"] not in {OF_NGINX, OF_CADDY}


async def test_a_refusal_can_be_read_out_to_support(house: House) -> None:
    async with client(house, house.settings.portal_url) as http:
        page = await http.get("/nowhere")
    assert f"<code>{page.headers['x-request-id']}</code>" in page.text
    async with client(house, house.settings.phone_url) as http:
        problem = await http.get("/api/phone/v1/nowhere")
    assert problem.json()["instance"] == f"urn:twolatch:request:{problem.headers['x-request-id']}"


class Breaks:
    """A database whose every look is a fault."""

    async def row(self, sql: str, **_values: Any) -> None:
        logging.getLogger("some.library").error("lost")
        raise RuntimeError("broken")


async def test_each_line_of_the_log_bears_its_requests_name_those_of_libraries_too(
    house: House, said: io.StringIO
) -> None:
    async with client(replace(house, db=Breaks()), house.settings.portal_url) as http:  # type: ignore[arg-type]
        answers = await asyncio.gather(*(http.get("/readyz") for _ in range(5)))
    structlog.get_logger().warning("beside all requests")
    names = sorted(answer.headers["x-request-id"] for answer in answers)
    told = lines(said)
    assert sorted(line["request"] for line in told if line["event"] == "fault") == names
    assert sorted(line["request"] for line in told if line.get("logger") == "some.library") == names
    assert all("Traceback" in line["exception"] for line in told if line["event"] == "fault")
    assert "request" not in told[-1]


async def test_works_that_are_committed_together_keep_each_its_own_name(house: House) -> None:
    seen: list[tuple[str, str, str]] = []

    async def one(name: str) -> None:
        request_ids.current.set(name)

        async def work(tx: Tx) -> str:
            tx.after(lambda: seen.append((name, inside, request_ids.current.get())))
            inside = request_ids.current.get()
            return inside

        await house.db.write(work)

    await asyncio.gather(*(asyncio.create_task(one(f"n{number}")) for number in range(20)))
    assert len(seen) == 20
    assert all(name == inside == after for name, inside, after in seen)
    assert request_ids.current.get() == ""


class Ear:
    """A push service that notes in whose name it is called."""

    def __init__(self) -> None:
        self.heard: asyncio.Queue[str] = asyncio.Queue()

    async def send(self, *_values: Any, **_more: Any) -> Delivered:
        self.heard.put_nowait(request_ids.current.get())
        return Delivered()

    def admits(self, _endpoint: str) -> bool:
        return True

    async def close(self) -> None:
        return None


@pytest.fixture
async def ear() -> AsyncIterator[tuple[Ear, PushWorker]]:
    async def gone(_subscription: Subscription) -> None:
        raise AssertionError

    ear = Ear()
    worker = PushWorker(ear, gone)
    await worker.start()
    yield ear, worker
    await worker.close()


async def test_what_goes_on_after_a_request_does_not_bear_its_name(ear: tuple[Ear, PushWorker]) -> None:
    """The first request that wakes a phone starts what later ones put into the queue."""
    heard, worker = ear
    request_ids.current.set(OF_NGINX)
    phone = Subscription("https://fcm.googleapis.com/x", b"point", b"secret")
    assert worker.wake(phone, b"", topic="look", ttl=60, now=0)
    assert await heard.heard.get() == ""


async def test_a_request_that_was_served_leaves_no_name_behind(house: House) -> None:
    sent: list[Any] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        sent.append(request_ids.current.get())

    scope = {"type": "http", "method": "GET", "path": "/", "headers": [(b"host", b"nobody.example")]}
    await Edge(house, None, {})(scope, receive, send)  # type: ignore[arg-type]
    assert sent
    assert all(OURS.fullmatch(name) for name in sent)
    assert request_ids.current.get() == ""
