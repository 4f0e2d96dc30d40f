"""Traces: a real collector is told where the time of a login went, and nothing about who logged in."""

import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from tests.canaries import found
from tests.people import PASSWORD, Page, Town, plain_wire
from tests.ports import free_port
from tests.servers import collector
from tests.site import Site, until
from twolatch.app import built_house
from twolatch.wires.traces import NoTraces, Traces

LONG = 90.0
PARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


@dataclass
class Told:
    """A site that tells of itself, and what the collector heard."""

    site: Site
    came: list

    def spans(self) -> list[Span]:
        return [
            span
            for request in self.came
            for of in request.resource_spans
            for scope in of.scope_spans
            for span in scope.spans
        ]

    def of(self, page: Page) -> list[Span]:
        """The span of the request that this page answered, and all below it."""
        name = page.answer.headers["x-request-id"]
        own = [span for span in self.spans() if facts(span).get("twolatch.request") == name]
        return own + [span for span in self.spans() if own and span.trace_id == own[0].trace_id and span is not own[0]]


def facts(span: Span) -> dict[str, str]:
    return {
        fact.key: str(getattr(fact.value, str(fact.value.WhichOneof("value")))) for fact in span.attributes
    }


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Told]:
    folder: Path = tmp_path_factory.mktemp("traces")
    with collector() as (address, came):
        site = Site.on(folder, f"sqlite:///{folder}/twolatch.db", otlp=address)
        site.workers = 1
        site.run("migrate")
        site.start()
        yield Told(site, came)
        site.stop()


@pytest.fixture
async def town(told: Told) -> AsyncIterator[Town]:
    async with plain_wire() as wire, built_house(told.site.settings, alone=True) as house:
        yield Town(told.site, house, wire)


async def test_a_login_is_told_as_requests_with_their_transactions_and_hashes_below(town: Town, told: Told) -> None:
    user, browser = await town.person(), town.browser()
    await browser.get("/login")
    answer = await browser.try_password(user.name, PASSWORD)
    until(lambda: len(told.of(answer)) > 2, LONG)
    request, *below = told.of(answer)
    assert request.name == "POST /login"
    assert request.kind == Span.SpanKind.SPAN_KIND_SERVER
    seen = facts(request)
    assert {name: seen[name] for name in ("http.route", "http.response.status_code", "twolatch.face")} == {
        "http.route": "/login", "http.response.status_code": "303", "twolatch.face": "portal",
    }  # fmt: skip
    names = [span.name for span in below]
    assert names.count("password hash") == 1
    works = [facts(span)["code.function.name"] for span in below if span.name == "database transaction"]
    assert any(work.startswith("twolatch.login.flows.") for work in works), works
    assert {span.parent_span_id for span in below} == {request.span_id}


async def test_an_address_with_something_in_it_is_told_as_its_pattern(town: Town, told: Told) -> None:
    browser = town.browser()
    page = await browser.ask("GET", "/suspend/token-canary-9Xw4?query-canary-5Tz1=1")
    lost = await browser.ask("GET", "/no-such-place-canary-2Ld6")
    until(lambda: told.of(page) and told.of(lost), LONG)
    assert told.of(page)[0].name == "GET /suspend/{token}"
    assert told.of(lost)[0].name == "GET"
    typed = ("token-canary-9Xw4", "query-canary-5Tz1", "no-such-place-canary-2Ld6")
    words = {word: word.encode() for word in typed}
    assert found(words, [("traces", request.SerializeToString()) for request in told.came]) == []


async def test_nothing_of_a_person_leaves_with_the_traces(town: Town, told: Told) -> None:
    user, browser, phone = await town.with_phone()
    code = browser.page.answer.headers["x-request-id"]
    other = await town.stranger(user, phone)
    await town.browser().log_in(user.name, f"{PASSWORD}!")
    await town.do("ALTER TABLE attempts RENAME TO lost")
    fault = await town.browser().log_in(user.name)
    await town.do("ALTER TABLE lost RENAME TO attempts")
    assert fault.status == 500
    until(lambda: told.of(fault) and any(facts(span).get("twolatch.request") == code for span in told.spans()), LONG)
    [request, *_] = told.of(fault)
    assert request.status.code == 2
    assert {"error.type"} <= {name for span in told.of(fault) for name in facts(span)}
    secrets = {
        "password": PASSWORD.encode(), "name": user.name.encode(), "display": user.display.encode(),
        "address": browser.address.encode(), "mail": user.email.encode(), "user id": user.id.encode(),
        "authenticator": phone.record.device.encode(), "session": other.cookies["__Host-session"].encode(),
        "form token": (browser.page.csrf or "").encode(), "table of the fault": b"no such table",
    }  # fmt: skip
    assert found(secrets, [("traces", each.SerializeToString()) for each in told.came]) == []
    assert all(not span.events for span in told.spans()), "an exception's words would be an event"


async def test_a_proxy_of_ours_gives_the_trace(town: Town, told: Told) -> None:
    page = await town.browser().ask("GET", "/logged-out", traceparent=PARENT)
    odd = await town.browser().ask("GET", "/logged-out", traceparent="00-zz-'; DROP-01")
    until(lambda: told.of(page) and told.of(odd), LONG)
    [span, *_] = told.of(page)
    assert (span.trace_id.hex(), span.parent_span_id.hex()) == tuple(PARENT.split("-")[1:3])
    assert told.of(odd)[0].parent_span_id == b""


async def test_without_a_collector_people_get_in_and_the_process_ends_as_ever(tmp_path: Path) -> None:
    site = Site.on(tmp_path, f"sqlite:///{tmp_path}/twolatch.db", otlp=f"http://127.0.0.1:{free_port()}")
    site.workers = 1
    site.run("migrate")
    site.start()
    try:
        async with plain_wire() as wire, built_house(site.settings, alone=True) as house:
            _, browser, _ = await Town(site, house, wire).with_phone()
            assert await browser.is_in()
        until(lambda: "traces_not_delivered" in site.said(), LONG)
    finally:
        site.stop()
    assert site.process.returncode in {0, -signal.SIGTERM}, "nobody had to kill it"
    assert "Traceback" not in site.said()


def test_a_site_without_traces_does_not_even_load_them() -> None:
    look = "import sys, twolatch.app; sys.exit(any(name.startswith('opentelemetry') for name in sys.modules))"
    assert subprocess.run([sys.executable, "-c", look], check=False).returncode == 0


def test_without_the_extra_the_start_ends_with_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry.sdk.trace", None)
    with pytest.raises(NoTraces, match="pip install"):
        Traces("http://127.0.0.1:1")
