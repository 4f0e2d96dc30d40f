"""The samples for proxies, before a real site: names, addresses and streams come through as they must."""

import asyncio
import socket
import ssl
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from tests.http.conftest import served
from tests.people import Phone, Town, some_address
from tests.ports import free_port
from tests.programs import program
from tests.site import COMMAND, Site, until
from twolatch.app import built_house

DEPLOY = Path(__file__).parents[2] / "deploy"
FOUND = {name: program(name) for name in ("nginx", "caddy")}
LONG = 60.0
NGINX = """
daemon off; master_process off; error_log stderr; pid {folder}/pid; events {{}}
http {{
  access_log off; client_body_temp_path {folder}/b; proxy_temp_path {folder}/p; fastcgi_temp_path {folder}/f;
  uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
  include {folder}/site.conf;
}}
"""


class Through(httpx.AsyncBaseTransport):
    """To the proxy instead of the server, by TLS; whose certificate it is does not matter here."""

    def __init__(self, port: int) -> None:
        trust = ssl.create_default_context()
        trust.check_hostname, trust.verify_mode = False, ssl.CERT_NONE
        self._wire, self._port = httpx.AsyncHTTPTransport(verify=trust), port

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        request.url = request.url.copy_with(scheme="https", port=self._port)
        request.extensions = {**request.extensions, "sni_hostname": "localhost"}
        return await self._wire.handle_async_request(request)

    async def aclose(self) -> None:
        await self._wire.aclose()


@dataclass(frozen=True)
class Proxied:
    site: Site
    port: int


@pytest.fixture(scope="module", params=["nginx", "caddy"])
def proxied(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxied]:
    program, name = FOUND[request.param], request.param
    if program is None:
        pytest.skip(f"no {name} on this machine")
    request.param, port = "sqlite", free_port()
    urls = {f"{who}_url": f"https://{host}localhost:{port}" for who, host in _HOSTS.items()}
    for site in served(request, tmp_path_factory, **urls):
        folder = tmp_path_factory.mktemp(name)
        _certificate(folder)
        with _running(name, program, folder, site.port, port):
            yield Proxied(site, port)


_HOSTS = {"portal": "", "phone": "phone.", "desk": "desk."}


def _certificate(folder: Path) -> None:
    names = ",".join(f"DNS:{host}localhost" for host in _HOSTS.values())
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
         "-subj", "/CN=localhost", "-addext", f"subjectAltName={names}", "-keyout", f"{folder}/key.pem",
         "-out", f"{folder}/chain.pem"],
        check=True, capture_output=True,
    )  # fmt: skip


@contextmanager
def _running(name: str, program: str, folder: Path, site: int, port: int) -> Iterator[None]:
    """The sample, with this machine's names, ports and certificate in it, and nothing else changed."""
    if name == "nginx":
        changes = {
            "127.0.0.1:8080": f"127.0.0.1:{site}", "listen 443 ssl http2": f"listen 127.0.0.1:{port} ssl http2",
            "listen 80": f"listen 127.0.0.1:{free_port()}", "/etc/ssl/example.com.pem": f"{folder}/chain.pem",
            "/etc/ssl/private/example.com.key": f"{folder}/key.pem", "Host $host": "Host $http_host",
            ".example.com": ".localhost", "portal.localhost": "localhost",
        }  # fmt: skip
        (folder / "site.conf").write_text(_changed("nginx.conf", changes))
        (folder / "nginx.conf").write_text(NGINX.format(folder=folder))
        command = [program, "-c", f"{folder}/nginx.conf"]
    else:
        all_ = ", ".join(f"https://{host}localhost:{port}" for host in _HOSTS.values())
        changes = {
            "portal.example.com, phone.example.com, desk.example.com {":
                f"{all_} {{\n\ttls {folder}/chain.pem {folder}/key.pem\n\tbind 127.0.0.1",
            "servers {": "servers {\n\t\tprotocols h1 h2",  # only a port of TCP is known to be free
            "{$TWOLATCH_NODES:127.0.0.1:8080}": f"127.0.0.1:{site}",
        }  # fmt: skip
        text = _changed("Caddyfile", changes).replace("{\n", "{\n\tadmin off\n\tauto_https disable_redirects\n", 1)
        (folder / "Caddyfile").write_text(text)
        command = [program, "run", "--adapter", "caddyfile", "--config", f"{folder}/Caddyfile"]
    with open(folder / "log", "wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, cwd=folder)
    try:
        until(lambda: _listens(port) or process.poll() is not None, LONG)
        assert process.poll() is None, (folder / "log").read_text()
        yield
    finally:
        process.terminate()
        process.wait(LONG)


def _changed(sample: str, changes: dict[str, str]) -> str:
    text = (DEPLOY / sample).read_text(encoding="utf-8")
    for old, new in changes.items():
        assert old in text, f"{sample} has no {old!r} any more"
        text = text.replace(old, new)
    return text


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@pytest.fixture
async def town(proxied: Proxied) -> AsyncIterator[Town]:
    async with Through(proxied.port) as wire, built_house(proxied.site.settings, alone=True) as house:
        yield Town(proxied.site, house, wire)


async def test_a_client_activates_a_phone_and_logs_in_through_the_proxy(town: Town) -> None:
    _, browser, phone = await town.with_phone()
    assert isinstance(phone, Phone)
    assert await browser.is_in()


async def test_a_stranger_does_not_choose_his_address(town: Town) -> None:
    user = await town.person()
    browser = town.browser(some_address())
    await browser.log_in(user.name)
    rows = await town.house.db.rows("SELECT address FROM sessions WHERE user_id = :id", id=user.id)
    assert {row["address"] for row in rows} == {"127.0.0.1"}


async def test_what_a_waiting_page_is_told_is_not_held_back(proxied: Proxied, town: Town) -> None:
    user, browser, phone = await town.with_phone()
    await browser.log_out()
    await browser.log_in(user.name)
    url = f"https://localhost:{proxied.port}/login/wait"
    cookies = "; ".join(f"{name}={value}" for name, value in browser.cookies.items())
    headers = {"host": f"localhost:{proxied.port}", "cookie": cookies, "accept": "text/event-stream"}
    async with (
        httpx.AsyncClient(transport=Through(proxied.port), timeout=LONG) as http,
        http.stream("GET", url, headers=headers) as stream,
        asyncio.timeout(LONG),
    ):
        assert stream.headers["content-type"].startswith("text/event-stream")
        told = stream.aiter_lines()
        await anext(told)  # the stream has begun
        await phone.approve(digits=browser.page.digits)
        while not (await anext(told)).startswith("data:"):
            pass


async def test_a_body_that_is_too_large_is_refused(proxied: Proxied) -> None:
    async with httpx.AsyncClient(transport=Through(proxied.port), timeout=LONG) as http:
        answer = await http.post(f"https://localhost:{proxied.port}/login", content=b"x" * 70_000)
    assert answer.status_code in {413, 403, 502}  # by the proxy; or the site answered, or hung up, unread


def test_the_site_behind_it_says_that_it_is_ready(proxied: Proxied) -> None:
    assert proxied.site.run("ready", "--port", str(proxied.site.port)) == "ready\n"
    dead = subprocess.run(
        [*COMMAND, "ready", "--port", str(free_port())], env=proxied.site.environment, capture_output=True, check=False
    )
    assert dead.returncode == 1
