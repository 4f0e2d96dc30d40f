"""Running a site: serve, migrate, ready, fence."""

import asyncio
import atexit
import os
import shutil
import socket
import sys
import tempfile
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from twolatch.faces.commands.inside import fail, in_house, settings_or_fail

if TYPE_CHECKING:
    import uvicorn

    from twolatch.house import House

LISTEN_BACKLOG = 2048
NOT_STARTED = 3  # the status with which the command ends, as of its worker processes
TAKEN_AT_ONCE = 8  # new connections in a turn of the event loop
FILES_WANTED = 65_536
# Bytes of an answer that the system takes from us for a line before the other side has room for them. By itself it
# takes three megabytes and more, of its own memory, for whoever asks and reads nothing.
UNSENT_MOST = 64 * 1024
LONGEST_LOOK = 4.0  # seconds
LONGEST_GOODBYE = 10  # seconds for what was begun; streams end by themselves, and a login waits for its hash for 2


def serve(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port to listen on.")] = 8080,
    workers: Annotated[int, typer.Option(min=1, max=64, help="Processes.")] = 1,
    certificate: Annotated[str, typer.Option(help="PEM file of the server's certificate chain.")] = "",
    key: Annotated[str, typer.Option(help="PEM file of its key.")] = "",
) -> None:
    """Serve portal, phone app and API. Settings come from TWOLATCH_* and the file TWOLATCH_CONFIG names."""
    settings = settings_or_fail()
    named = f"Portal {settings.portal_url}, phone app {settings.phone_url}"
    typer.echo(f"{named}; listening on {host}:{port}. Ctrl-C ends it.", err=True)
    run_server(host, port, workers, certificate, key)


def run_server(host: str, port: int, workers: int = 1, certificate: str = "", key: str = "") -> None:
    import uvicorn
    from uvicorn.supervisors import Multiprocess

    from twolatch.faces.logs import plain_logs

    plain_logs()
    allow_many_files()
    tell_metrics(settings_or_fail().metrics, workers)
    config = serving(workers, certificate, key)
    doors = listening(host, port)
    if workers > 1:
        Multiprocess(config, sockets=doors).run()
        return
    server = uvicorn.Server(config)
    with suppress(KeyboardInterrupt):
        server.run(doors)
    if not server.started:
        sys.exit(NOT_STARTED)


def serving(workers: int, certificate: str, key: str) -> "uvicorn.Config":
    import uvicorn

    from twolatch.faces.lines import Line

    return uvicorn.Config(
        "twolatch.app:application",
        factory=True,
        workers=workers,
        loop="uvloop",
        http=Line,  # which closes what is silent for too long, keep-alive included
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,  # the client's address is read by our own rule
        backlog=LISTEN_BACKLOG,
        timeout_graceful_shutdown=LONGEST_GOODBYE,
        timeout_worker_healthcheck=30,  # a machine that is out of breath has no dead workers yet
        ssl_certfile=certificate or None,
        ssl_keyfile=key or None,
    )


def listening(host: str, port: int) -> list[socket.socket]:
    """Where connections come in: the same socket several times. The event loop takes one of them from each in a turn,
    and turns are long when many lines have something to say: with one, whoever came stood for seconds behind a crowd.
    Ends the command where the address is taken."""
    try:
        found = socket.getaddrinfo(host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        bound = [socket.create_server(at, family=family, backlog=LISTEN_BACKLOG) for family, _, _, _, at in found]
    except OSError as fault:
        fail(f"Cannot listen on {host}:{port}: {fault.strerror}.")
    for each in bound:
        each.setsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, UNSENT_MOST)  # what is let in here inherits it
    return [door for each in bound for door in (each, *(each.dup() for _ in range(TAKEN_AT_ONCE - 1)))]


def tell_metrics(address: str, workers: int) -> None:
    """Figures on a port of their own, of all processes together. They share a folder that goes when this ends."""
    if not address:
        return
    from twolatch.wires import metrics

    shared = None
    if workers > 1:
        shared = Path(tempfile.mkdtemp(prefix="twolatch-metrics-"))
        atexit.register(shutil.rmtree, shared, ignore_errors=True)
        os.environ[metrics.SHARED] = str(shared)  # read by the library, in each process, when it is loaded
    try:
        metrics.tell(address, shared)
    except OSError as fault:
        fail(f"Cannot tell metrics on {address}: {fault.strerror} (TWOLATCH_METRICS).")


def allow_many_files() -> None:
    """As many open connections as the system lets us have without asking anybody."""
    import resource

    now, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = FILES_WANTED if most == resource.RLIM_INFINITY else min(most, FILES_WANTED)
    if now not in {resource.RLIM_INFINITY, wanted} and now < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, most))


def migrate() -> None:
    """Bring the database up to date; make the master key where there is none."""
    from twolatch.storage.db import StorageFault

    try:
        done = asyncio.run(migrated())
    except StorageFault as fault:
        fail(str(fault))
    typer.echo(f"Applied steps {done}." if done else "Up to date.")


async def migrated() -> list[int]:
    """Steps that were applied now. The master key is made only together with a new database."""
    from twolatch.house import Clock, WrongKey
    from twolatch.house.store import open_keys
    from twolatch.storage import db as storage
    from twolatch.wires.wrapping import keeper_of

    settings = settings_or_fail()
    if file := storage.file_of(settings.database):
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    db = await storage.open_database(settings.database)
    try:
        done = await storage.migrate(db)
        is_new = await db.row("SELECT name FROM server_keys LIMIT 1") is None
        try:
            await open_keys(db, keeper_of(settings, make=is_new), Clock().now())
        except WrongKey as fault:
            fail(str(fault))
        return done
    finally:
        await db.close()


def ready(
    port: Annotated[int, typer.Option(min=1, max=65535, help="Where the server listens.")] = 8080,
) -> None:
    """Whether the server on this machine can decide: ends with 0, or with 1. For what watches over containers."""
    import http.client
    from urllib.parse import urlsplit

    line = http.client.HTTPConnection("127.0.0.1", port, timeout=LONGEST_LOOK)
    try:
        line.request("GET", "/readyz", headers={"Host": urlsplit(settings_or_fail().portal_url).netloc})
        status = line.getresponse().status
    except (OSError, http.client.HTTPException) as fault:
        fail(f"It does not answer: {fault}.")
    finally:
        line.close()
    if status != 200:
        fail(f"It answers {status}.")
    typer.echo("ready")


def fence() -> None:
    """End every session and everything pending: after a restore, or in doubt."""
    from twolatch.fence import raise_fence

    async def wish(house: "House") -> None:
        await raise_fence(house, house.clock.latest(), "by hand")

    in_house(wish)
    typer.echo("Raised. Everybody logs in again.")


def is_free(host: str, port: int) -> bool:
    import socket

    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
        return True


def free_port(host: str, wanted: int, promised: Collection[int] = ()) -> int:  # noqa: RET503  fail() does not return
    """The wanted port, or the next free one, which is said. `promised`: free still, and somebody else's soon."""
    for port in range(wanted, min(wanted + 100, 65536)):
        if port not in promised and is_free(host, port):
            if port != wanted:
                typer.secho(f"Port {wanted} is taken; using {port}.", fg=typer.colors.YELLOW, err=True)
            return port
    fail(f"No port from {wanted} on is free.")
